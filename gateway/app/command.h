#pragma once
#include <cstddef>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/arguments.h"
#include "base/result.h"

/// The command line: one table, one function a command. Every word for a person is Japanese and
/// English.
namespace tsunagi::app {

/// Exit codes of every command.
inline constexpr int kDone = 0;         ///< done, and what was asked holds
inline constexpr int kDoesNotHold = 1;  ///< done, but the data is wrong or the proof fails
inline constexpr int kCouldNotRun = 2;  ///< wrong usage, unreadable file, no room

/// What a command talks to.
struct Io {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
};

struct Command {
    std::string_view name;      ///< "audit verify"
    std::string_view operands;  ///< "EXPORT"
    std::size_t least = 0, most = 0;
    std::string_view ja, en;
    std::vector<OptionSpec> options;
    int (*run)(const Arguments&, Io&) = nullptr;
};

Command init_command();
Command serve_command();
Command translate_command();
Command validate_command();
Command fhirpath_command();
Command transform_command();
Command snapshot_command();
Command audit_verify_command();
Command audit_export_command();
Command audit_disclosures_command();
Command audit_show_command();
Command simulate_hospital_command();
Command simulate_story_command();
Command simulate_world_command();

/// Every command, in the order in which `--help` lists them.
const std::vector<Command>& commands();

/// Runs `words` (without the program's name): a command, `--help` or `--version`.
int run_command_line(std::span<const std::string> words, Io& io);

/// Prints why a command could not run; returns kCouldNotRun.
int could_not_run(Io& io, const Message& why);
int could_not_run(Io& io, const Message& why, const Error& error);

}  // namespace tsunagi::app
