#include "app/command.h"

#include <algorithm>
#include <ostream>
#include <string>

namespace tsunagi::app {
namespace {

constexpr std::string_view kVersion = TSUNAGI_VERSION;

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.resize(width, ' ');
    return text + " ";
}

void print_help(std::ostream& out) {
    out << "つなぎ Tsunagi " << kVersion << "\n\n  tsunagi COMMAND [OPTIONS]\n\n";
    std::size_t width = 0;
    for (const auto& command : commands()) width = std::max(width, command.name.size());
    for (const auto& command : commands()) {
        out << "  " << padded(std::string{command.name}, width) << command.ja << "\n"
            << "  " << padded("", width) << command.en << "\n";
    }
    out << "\n  tsunagi COMMAND --help    くわしく / more about one command\n"
        << "  tsunagi --version         版 / the version\n\n"
        << "終了コード / exit code: 0 できた・成り立つ / done and holds, 1 成り立たない / does not "
           "hold, 2 実行できない / could not run\n";
}

std::string usage(const Command& command) {
    std::string line = "tsunagi " + std::string{command.name};
    for (const auto& option : command.options) {
        std::string word = "--" + std::string{option.name};
        if (!option.value.empty()) word.append(" ").append(option.value);
        if (option.count != OptionSpec::Count::Required) word.insert(0, 1, '[').append("]");
        if (option.count == OptionSpec::Count::Many) word += "...";
        line.append(" ").append(word);
    }
    if (!command.operands.empty()) line += " " + std::string{command.operands};
    return line;
}

void print_help(std::ostream& out, const Command& command) {
    out << usage(command) << "\n\n" << command.ja << "\n" << command.en << "\n";
    if (command.options.empty()) return;
    out << "\n";
    std::size_t width = 0;
    for (const auto& option : command.options)
        width = std::max(width, option.name.size() + option.value.size() + 3);
    for (const auto& option : command.options) {
        const std::string word = "--" + std::string{option.name} + " " + std::string{option.value};
        out << "  " << padded(word, width) << option.ja << "\n"
            << "  " << padded("", width) << option.en << "\n";
    }
}

/// The command that the first words name, and how many words that took.
const Command* find(std::span<const std::string> words, std::size_t& used) {
    for (used = std::min<std::size_t>(2, words.size()); used > 0; --used) {
        std::string name = words[0];
        if (used == 2) name += " " + words[1];
        for (const auto& command : commands()) {
            if (command.name == name) return &command;
        }
    }
    return nullptr;
}

int wrong_usage(Io& io, const Message& why, std::string_view help) {
    could_not_run(io, why);
    io.err << "tsunagi " << help << (help.empty() ? "" : " ") << "--help\n";
    return kCouldNotRun;
}

bool is_family(std::string_view word) {
    return std::any_of(commands().begin(), commands().end(), [&](const Command& command) {
        return command.name.starts_with(std::string{word} + " ");
    });
}

/// "x.map line 5 column 3" as "x.map 5行 3桁".
std::string place_in_japanese(std::string_view where) {
    std::string place;
    const auto number_behind = [&](std::string_view word) -> std::string_view {
        if (!where.starts_with(word)) return {};
        const std::size_t end =
            std::min(where.find_first_not_of("0123456789", word.size()), where.size());
        return where.substr(word.size(), end - word.size());
    };
    while (!where.empty()) {
        const std::string_view line = number_behind("line "), column = number_behind("column ");
        if (line.empty() && column.empty()) {
            place.push_back(where.front());
            where.remove_prefix(1);
            continue;
        }
        const bool is_line = !line.empty();
        place.append(is_line ? line : column).append(is_line ? "行" : "桁");
        where.remove_prefix(is_line ? line.size() + 5 : column.size() + 7);
    }
    return place;
}

}  // namespace

const std::vector<Command>& commands() {
    static const std::vector<Command> kCommands{init_command(),
                                                serve_command(),
                                                translate_command(),
                                                validate_command(),
                                                fhirpath_command(),
                                                transform_command(),
                                                snapshot_command(),
                                                audit_verify_command(),
                                                audit_export_command(),
                                                audit_show_command(),
                                                audit_disclosures_command(),
                                                simulate_hospital_command(),
                                                simulate_story_command(),
                                                simulate_world_command()};
    return kCommands;
}

int run_command_line(std::span<const std::string> words, Io& io) {
    if (words.empty()) {
        print_help(io.err);
        return kCouldNotRun;
    }
    if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
        print_help(io.out);
        return kDone;
    }
    if (words[0] == "--version") {
        io.out << "tsunagi " << kVersion << "\n";
        return kDone;
    }
    std::size_t used = 0;
    const Command* command = find(words, used);
    if (!command) {
        if (is_family(words[0]) && words.size() < 2) {
            return wrong_usage(
                io, {words[0] + " の後に操作が要ります。", words[0] + " needs a second word."}, "");
        }
        const std::string name = is_family(words[0]) ? words[0] + " " + words[1] : words[0];
        return wrong_usage(io, {"知らないコマンドです: " + name, "unknown command: " + name}, "");
    }
    const auto rest = words.subspan(used);
    if (std::any_of(rest.begin(), rest.end(), [](const auto& word) { return word == "--help"; })) {
        print_help(io.out, *command);
        return kDone;
    }
    const auto parsed = Arguments::parse(command->options, rest);
    if (const auto* wrong = std::get_if<Message>(&parsed))
        return wrong_usage(io, *wrong, command->name);
    const auto& arguments = std::get<Arguments>(parsed);
    const std::size_t count = arguments.operands().size();
    if (count < command->least || count > command->most) {
        return wrong_usage(io,
                           {"引数の数が違います: " + usage(*command),
                            "wrong number of operands: " + usage(*command)},
                           command->name);
    }
    return command->run(arguments, io);
}

int could_not_run(Io& io, const Message& why) {
    io.err << "【エラー】" << why.ja << "\n[error] " << why.en << "\n";
    return kCouldNotRun;
}

int could_not_run(Io& io, const Message& why, const Error& error) {
    io.err << "【エラー】" << why.ja;
    if (!error.where.empty()) io.err << "（" << place_in_japanese(error.where) << "）";
    io.err << "\n[error] " << why.en << ": " << to_string(error) << "\n";
    return kCouldNotRun;
}

}  // namespace tsunagi::app
