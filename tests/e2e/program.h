#pragma once
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "app/child_process.h"
#include "support/temp_folder.h"

namespace tsunagi::e2e {

/// A run under a sanitizer on a busy machine.
inline constexpr std::chrono::minutes kLong{10};

inline std::filesystem::path program() {
    return std::filesystem::path{TSUNAGI_BINARY_DIR} / "bin" / "tsunagi";
}

struct Ran {
    int code = -1;
    std::string out, err;
};

/// Runs the built program to its end; what it writes to standard error lies in `folder` meanwhile.
inline Ran run_program(const support::TempFolder& folder, const std::vector<std::string>& words) {
    const auto errors = folder / "standard_error";
    std::filesystem::remove(errors);
    Ran ran;
    auto process = app::ChildProcess::start(program(), words, errors);
    if (!process) {
        ADD_FAILURE() << to_string(process.error());
        return ran;
    }
    auto said = process->read_all(kLong);
    ran.out = said ? std::move(*said) : to_string(said.error());
    const auto code = process->wait(kLong);
    ran.code = code ? *code : -1;
    ran.err = support::read_text(errors);
    return ran;
}

}  // namespace tsunagi::e2e
