#include <csignal>
#include <iostream>

#include "app/command.h"

int main(int argc, char** argv) {
    // A reader that went away ends a pipeline, not the gateway.
    std::signal(SIGPIPE, SIG_IGN);
    std::ios::sync_with_stdio(false);
    const std::vector<std::string> words(argv + 1, argv + argc);
    tsunagi::app::Io io{std::cin, std::cout, std::cerr};
    const int code = tsunagi::app::run_command_line(words, io);
    std::cout.flush();
    return std::cout ? code : tsunagi::app::kCouldNotRun;
}
