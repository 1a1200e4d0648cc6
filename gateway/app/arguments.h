#pragma once
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tsunagi::app {

/// A sentence for a person, in both languages.
struct Message {
    std::string ja, en;
};

/// One option of a command, as `--help` shows it.
struct OptionSpec {
    std::string_view name;   ///< without the dashes
    std::string_view value;  ///< what it takes, "FILE"; empty: nothing
    std::string_view ja, en;
    enum class Count { Optional, Required, Many } count = Count::Optional;
};

/// The words of a command line behind the command: options in any order, operands in theirs, "--"
/// before operands that begin with a dash; "-" is an operand. A plain value.
class Arguments {
public:
    /// Or what is wrong: unknown, abbreviated, repeated or missing option, missing or unwanted
    /// value.
    static std::variant<Arguments, Message> parse(std::span<const OptionSpec> specs,
                                                  std::span<const std::string> words);

    bool has(std::string_view option) const;
    /// The value, or `otherwise` when the option was not given.
    std::string value(std::string_view option, std::string_view otherwise = {}) const;
    /// Every value of an option that may be repeated, in order.
    std::vector<std::string> values(std::string_view option) const;
    const std::vector<std::string>& operands() const& noexcept { return operands_; }

private:
    std::map<std::string, std::vector<std::string>, std::less<>> options_;
    std::vector<std::string> operands_;
};

}  // namespace tsunagi::app
