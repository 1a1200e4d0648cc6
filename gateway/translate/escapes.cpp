#include "translate/escapes.h"

#include <array>
#include <charconv>
#include <utility>

#include "base/limits.h"
#include "base/utf8.h"
#include "json/reader.h"
#include "json/writer.h"

namespace tsunagi::translate {
namespace {

/// Empty: the character stays.
std::string_view xml_escape(char c) {
    switch (c) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '"':
            return "&quot;";
        case '\'':
            return "&#39;";
        default:
            return {};
    }
}

/// The five named escapes of XML and numbers of characters (&#x30a2;).
std::string from_xml(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text[at] == '&' ? text.find(';', at) : std::string_view::npos;
        const std::string_view name = end == std::string_view::npos || end - at > 10
                                          ? std::string_view{}
                                          : text.substr(at + 1, end - at - 1);
        char32_t c = 0;
        if (name == "amp") c = U'&';
        if (name == "lt") c = U'<';
        if (name == "gt") c = U'>';
        if (name == "quot") c = U'"';
        if (name == "apos") c = U'\'';
        if (name.starts_with('#')) {
            const bool hex = name.size() > 1 && name[1] == 'x';
            const std::string_view digits = name.substr(hex ? 2 : 1);
            std::uint32_t number = 0;
            const auto [rest, fault] = std::from_chars(digits.data(), digits.data() + digits.size(),
                                                       number, hex ? 16 : 10);
            const bool is_character = fault == std::errc{} &&
                                      rest == digits.data() + digits.size() && number > 0 &&
                                      number <= 0x10FFFF && (number < 0xD800 || number > 0xDFFF);
            c = is_character ? char32_t{number} : U'\0';
        }
        if (c == 0) {
            out += text[at++];
            continue;
        }
        append_utf8(out, c);
        at = end + 1;
    }
    return out;
}

std::string to_xml(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 16);
    std::size_t plain_from = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const std::string_view escape = xml_escape(text[at]);
        if (escape.empty()) continue;
        out += text.substr(plain_from, at - plain_from);
        out += escape;
        plain_from = at + 1;
    }
    out += text.substr(plain_from);
    return out;
}

std::string from_json(std::string_view text) {
    std::string quoted = "\"";
    quoted.append(text).append("\"");
    const auto read = json::read(quoted);
    return std::string{read && read->root().is_string() ? read->root().text() : text};
}

std::string to_json(std::string_view text) {
    std::string out;
    json::append_quoted(out, text);
    return out.substr(1, out.size() - 2);
}

}  // namespace

std::optional<Escaping> escaping_of(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, Escaping>, 4> kNames{
        {{"plain", Escaping::Plain},
         {"java", Escaping::Java},
         {"xml", Escaping::Xml},
         {"json", Escaping::Json}}};
    for (const auto& [each, escaping] : kNames) {
        if (each == name) return escaping;
    }
    return std::nullopt;
}

std::string escaped(std::string_view text, Escaping from, Escaping to) {
    std::string plain{text};
    if (from == Escaping::Xml) plain = from_xml(text);
    if (from == Escaping::Json || from == Escaping::Java) plain = from_json(text);
    if (to == Escaping::Plain) return plain;
    return to == Escaping::Xml ? to_xml(plain) : to_json(plain);
}

}  // namespace tsunagi::translate
