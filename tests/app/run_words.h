#pragma once
#include <sstream>
#include <string>
#include <vector>

#include "app/command.h"

namespace tsunagi::app {

/// What a command line did within this process.
struct Ran {
    int code = -1;
    std::string out, err;
};

inline Ran run_words(const std::vector<std::string>& words, const std::string& input = {}) {
    std::istringstream in(input);
    std::ostringstream out, err;
    Io io{in, out, err};
    Ran ran;
    ran.code = run_command_line(words, io);
    ran.out = out.str();
    ran.err = err.str();
    return ran;
}

}  // namespace tsunagi::app
