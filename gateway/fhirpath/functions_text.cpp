#include <algorithm>

#include "base/bytes.h"
#include "fhirpath/evaluator.h"
#include "fhirpath/regex.h"
#include "json/reader.h"
#include "json/writer.h"
#include "text/case.h"

/// Strings (N1 section 5.6). Positions count characters (Unicode code points), not bytes.
namespace tsunagi::fhirpath {
namespace {

using Kind = Item::Kind;

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::int64_t count_characters(std::string_view text) {
    return std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); });
}

/// The byte where character `index` starts; npos beyond the end.
std::size_t byte_of(std::string_view text, std::int64_t index) {
    std::size_t at = 0;
    for (; index > 0 && at < text.size(); --index) {
        ++at;
        while (at < text.size() && continues(text[at])) ++at;
    }
    return index > 0 ? std::string_view::npos : at;
}

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
    std::string out;
    if (from.empty()) {
        // Every character is surrounded (N1 5.6.7).
        for (std::size_t at = 0; at < text.size(); ++at) {
            if (!continues(text[at])) out += to;
            out += text[at];
        }
        return out += to;
    }
    std::size_t at = 0;
    for (;;) {
        const auto found = text.find(from, at);
        if (found == std::string_view::npos) break;
        out.append(text.substr(at, found - at)).append(to);
        at = found + from.size();
    }
    return out.append(text.substr(at));
}

std::string url_safe(std::string text, bool to_url) {
    for (char& c : text) {
        if (to_url) c = c == '+' ? '-' : c == '/' ? '_' : c;
        if (!to_url) c = c == '-' ? '+' : c == '_' ? '/' : c;
    }
    return text;
}

struct Entity {
    char character;
    std::string_view text;
};
constexpr std::array<Entity, 5> kEntities{
    {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}}};

std::string escape_html(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto found =
            std::find_if(kEntities.begin(), kEntities.end(),
                         [&](const Entity& entity) { return entity.character == c; });
        if (found == kEntities.end()) {
            out.push_back(c);
        } else {
            out += found->text;
        }
    }
    return out;
}

std::string unescape_html(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto found =
            std::find_if(kEntities.begin(), kEntities.end(),
                         [&](const Entity& entity) { return text.starts_with(entity.text); });
        out.push_back(found == kEntities.end() ? text[0] : found->character);
        text.remove_prefix(found == kEntities.end() ? 1 : found->text.size());
    }
    return out;
}

std::optional<std::string> encode(std::string_view how, std::string_view text) {
    if (how == "hex") return to_hex(as_bytes(text));
    if (how == "base64") return to_base64(as_bytes(text));
    if (how == "urlbase64") return url_safe(to_base64(as_bytes(text)), true);
    return std::nullopt;
}

std::optional<std::string> decode(std::string_view how, std::string_view text) {
    if (how != "hex" && how != "base64" && how != "urlbase64") return std::nullopt;
    const auto bytes = how == "hex"      ? from_hex(text)
                       : how == "base64" ? from_base64(text)
                                         : from_base64(url_safe(std::string{text}, false));
    if (!bytes || !json::is_utf8(as_text(*bytes))) return std::nullopt;
    return std::string{as_text(*bytes)};
}

std::optional<std::string> escape(std::string_view how, std::string_view text) {
    if (how == "html") return escape_html(text);
    if (how != "json") return std::nullopt;
    std::string quoted;
    json::append_quoted(quoted, text);
    return quoted.substr(1, quoted.size() - 2);
}

std::optional<std::string> unescape(std::string_view how, std::string_view text) {
    if (how == "html") return unescape_html(text);
    if (how != "json") return std::nullopt;
    const auto document = json::read("\"" + std::string{text} + "\"");
    if (!document || !document->root().is_string()) return std::string{text};
    return std::string{document->root().text()};
}

}  // namespace

bool Evaluator::call_text(const Syntax& node, const Scope& scope, const Collection& in,
                          Collection& out) {
    if (node.function == Function::Join) {
        std::optional<std::string> separator;
        if (!text_argument(node, scope, 0, separator)) return false;
        std::string joined;
        bool first = true;
        for (const Item& item : in) {
            const Item value = system_value(item);
            if (value.kind() != Kind::String) return fail(node, "join() needs strings");
            if (!first && separator) joined += *separator;
            first = false;
            joined += value.text();
        }
        if (!first) out.push_back(Item::string(std::move(joined)));
        return true;
    }
    std::optional<Item> item;
    if (!single_input(node, in, item)) return false;
    if (!item) return true;
    if (item->kind() != Kind::String) return fail(node, "the function needs a string");
    const std::string_view text = item->text();
    const auto put = [&](std::string result) {
        out.push_back(Item::string(std::move(result)));
        return true;
    };
    const auto put_bool = [&](bool result) {
        out.push_back(Item::boolean(result));
        return true;
    };

    switch (node.function) {
        case Function::Length:
            out.push_back(Item::integer(count_characters(text)));
            return true;
        case Function::Upper:
            return put(text::to_upper(text));
        case Function::Lower:
            return put(text::to_lower(text));
        case Function::Trim: {
            constexpr std::string_view kBlank = " \t\r\n\f\v";
            const auto first = text.find_first_not_of(kBlank);
            if (first == std::string_view::npos) return put({});
            return put(std::string{text.substr(first, text.find_last_not_of(kBlank) - first + 1)});
        }
        case Function::ToChars:
            for (std::size_t at = 0; at < text.size();) {
                std::size_t next = at + 1;
                while (next < text.size() && continues(text[next])) ++next;
                out.push_back(Item::string(std::string{text.substr(at, next - at)}));
                at = next;
            }
            return true;
        case Function::Substring: {
            std::optional<std::int64_t> start;
            std::optional<std::int64_t> length;
            if (!whole_argument(node, scope, 0, start) || !whole_argument(node, scope, 1, length))
                return false;
            if (!start || *start < 0) return true;
            const auto from = byte_of(text, *start);
            if (from == std::string_view::npos || from >= text.size()) return true;
            if (node.args.size() < 2 || !length) return put(std::string{text.substr(from)});
            if (*length <= 0) return put({});
            const auto rest = text.substr(from);
            const auto size = byte_of(rest, *length);
            return put(std::string{rest.substr(0, size)});
        }
        default:
            break;
    }

    std::optional<std::string> first;
    if (!text_argument(node, scope, 0, first)) return false;
    if (!first) return true;
    switch (node.function) {
        case Function::IndexOf:
        case Function::LastIndexOf: {
            const auto found =
                node.function == Function::IndexOf ? text.find(*first) : text.rfind(*first);
            out.push_back(Item::integer(
                found == std::string_view::npos ? -1 : count_characters(text.substr(0, found))));
            return true;
        }
        case Function::StartsWith:
            return put_bool(text.starts_with(*first));
        case Function::EndsWith:
            return put_bool(text.ends_with(*first));
        case Function::ContainsText:
            return put_bool(text.find(*first) != std::string_view::npos);
        case Function::Split: {
            std::size_t at = 0;
            if (first->empty()) return put(std::string{text});
            for (;;) {
                const auto found = text.find(*first, at);
                put(std::string{
                    text.substr(at, found == std::string_view::npos ? found : found - at)});
                if (found == std::string_view::npos) return true;
                at = found + first->size();
            }
        }
        case Function::Replace: {
            std::optional<std::string> by;
            if (!text_argument(node, scope, 1, by)) return false;
            return !by || put(replace_all(text, *first, *by));
        }
        case Function::Encode:
        case Function::Decode:
        case Function::Escape:
        case Function::Unescape: {
            const auto result = node.function == Function::Encode   ? encode(*first, text)
                                : node.function == Function::Decode ? decode(*first, text)
                                : node.function == Function::Escape ? escape(*first, text)
                                                                    : unescape(*first, text);
            return !result || put(*result);
        }
        default:
            break;
    }
    // matches(), matchesFull(), replaceMatches()
    std::optional<std::string> by;
    if (node.function == Function::ReplaceMatches) {
        if (!text_argument(node, scope, 1, by)) return false;
        if (!by) return true;
        if (first->empty()) return put(std::string{text});
    }
    auto regex = node.regex;
    if (!regex) {
        auto compiled = compile_regex(*first);
        if (!compiled) return fail(node, compiled.error().message);
        regex = std::move(*compiled);
    }
    if (by) return put(regex_replace(*regex, text, *by));
    return put_bool(regex_matches(*regex, text, node.function == Function::MatchesFull));
}

}  // namespace tsunagi::fhirpath
