#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "privacy/name_book.h"

namespace tsunagi::support {

/// The names and words of this repository, read once per process.
inline const privacy::NameBook& name_book() {
    static const privacy::NameBook book = [] {
        privacy::NameBook read;
        const std::filesystem::path folder{TSUNAGI_SOURCE_DIR "/profiles/people"};
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            if (entry.path().extension() != ".txt") continue;
            std::ifstream in(entry.path(), std::ios::binary);
            std::ostringstream text;
            text << in.rdbuf();
            const Status added = read.add(text.str());
            EXPECT_TRUE(added) << entry.path();
        }
        EXPECT_TRUE(read.complete());
        return read;
    }();
    return book;
}

}  // namespace tsunagi::support
