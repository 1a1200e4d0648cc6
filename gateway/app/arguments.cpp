#include "app/arguments.h"

#include <Poco/Util/Option.h>
#include <Poco/Util/OptionException.h>
#include <Poco/Util/OptionProcessor.h>
#include <Poco/Util/OptionSet.h>

#include <algorithm>

namespace tsunagi::app {
namespace {

using Poco::Util::Option;

Poco::Util::OptionSet option_set(std::span<const OptionSpec> specs) {
    Poco::Util::OptionSet set;
    for (const auto& spec : specs) {
        Option option{std::string{spec.name}, ""};
        option.required(spec.count == OptionSpec::Count::Required);
        option.repeatable(spec.count == OptionSpec::Count::Many);
        if (!spec.value.empty()) option.argument(std::string{spec.value});
        set.addOption(option);
    }
    return set;
}

/// "--name" of "--name=value"; empty for an operand.
std::string_view option_word(std::string_view word) {
    if (!word.starts_with('-') || word == "-" || word == "--") return {};
    return word.substr(0, word.find_first_of("=:"));
}

Message about(std::string_view ja, std::string_view en, std::string_view option) {
    return {std::string{ja} + ": " + std::string{option},
            std::string{en} + ": " + std::string{option}};
}

std::string missing(std::span<const OptionSpec> specs, const Arguments& arguments) {
    for (const auto& spec : specs) {
        if (spec.count == OptionSpec::Count::Required && !arguments.has(spec.name))
            return "--" + std::string{spec.name};
    }
    return {};
}

}  // namespace

std::variant<Arguments, Message> Arguments::parse(std::span<const OptionSpec> specs,
                                                  std::span<const std::string> words) {
    const Poco::Util::OptionSet set = option_set(specs);
    Poco::Util::OptionProcessor processor(set);
    processor.setUnixStyle(true);
    Arguments parsed;
    std::string current;  // the option that a fault is about
    bool only_operands = false, waits_for_value = false;
    try {
        for (const auto& word : words) {
            const std::string_view named =
                only_operands || waits_for_value ? std::string_view{} : option_word(word);
            if (!named.empty()) {
                current = named;
                // Poco takes abbreviations; a script that uses one would break with the next
                // option.
                const bool known = std::any_of(specs.begin(), specs.end(), [&](const auto& spec) {
                    return named == "--" + std::string{spec.name};
                });
                if (!known) return about("知らないオプションです", "unknown option", current);
            }
            only_operands = only_operands || (word == "--" && !waits_for_value);
            std::string name, value;
            if (!processor.process(word, name, value)) {
                parsed.operands_.push_back(word);
            } else if (!name.empty()) {
                parsed.options_[name].push_back(value);
            }
            waits_for_value = !named.empty() && name.empty();
        }
        processor.checkRequired();
    } catch (const Poco::Util::DuplicateOptionException&) {
        return about("オプションが重複しています", "option given twice", current);
    } catch (const Poco::Util::UnexpectedArgumentException&) {
        return about("このオプションは値を取りません", "this option takes no value", current);
    } catch (const Poco::Util::MissingArgumentException&) {
        return about("オプションの値がありません", "this option needs a value", current);
    } catch (const Poco::Util::MissingOptionException&) {
        return about("オプションが足りません", "missing option", missing(specs, parsed));
    } catch (const Poco::Util::OptionException&) {
        return about("オプションを解釈できません", "unreadable option", current);
    }
    return parsed;
}

bool Arguments::has(std::string_view option) const { return options_.contains(option); }

std::string Arguments::value(std::string_view option, std::string_view otherwise) const {
    const auto found = options_.find(option);
    return found == options_.end() ? std::string{otherwise} : found->second.back();
}

std::vector<std::string> Arguments::values(std::string_view option) const {
    const auto found = options_.find(option);
    return found == options_.end() ? std::vector<std::string>{} : found->second;
}

}  // namespace tsunagi::app
