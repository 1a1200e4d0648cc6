#include "fhir/primitive.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "fhir/datetime.h"
#include "fhir/decimal.h"
#include "fhir/hash.h"
#include "fhir/temporal_text.h"

namespace tsunagi::fhir {
namespace {

constexpr std::size_t kMaxText = std::size_t{1} << 20;  // datatypes.html#string: 1 MB
constexpr std::size_t kMaxId = 64;

struct Named {
    std::string_view name;
    Primitive type;
    std::string_view example;
};

constexpr std::array kNamed = {
    Named{"boolean", Primitive::Boolean, "true"},
    Named{"integer", Primitive::Integer, "7"},
    Named{"unsignedInt", Primitive::UnsignedInt, "0"},
    Named{"positiveInt", Primitive::PositiveInt, "1"},
    Named{"decimal", Primitive::Decimal, "36.5"},
    Named{"string", Primitive::String, "\"text\""},
    Named{"markdown", Primitive::Markdown, "\"text\""},
    Named{"code", Primitive::Code, "\"final\""},
    Named{"id", Primitive::Id, "\"a-1.b\""},
    Named{"uri", Primitive::Uri, "\"urn:oid:1.2.392\""},
    Named{"url", Primitive::Url, "\"https://h.example/fhir\""},
    Named{"canonical", Primitive::Canonical, "\"https://h.example/ValueSet/a|1\""},
    Named{"oid", Primitive::Oid, "\"urn:oid:1.2.392\""},
    Named{"uuid", Primitive::Uuid, "\"urn:uuid:c757873d-ec9a-4326-a141-556f43239520\""},
    Named{"base64Binary", Primitive::Base64Binary, "\"dGV4dA==\""},
    Named{"date", Primitive::Date, "\"2026-11-20\""},
    Named{"dateTime", Primitive::DateTime, "\"2026-11-20T09:30:00+09:00\""},
    Named{"instant", Primitive::Instant, "\"2026-11-20T09:30:00.000+09:00\""},
    Named{"time", Primitive::Time, "\"09:30:00\""},
    Named{"xhtml", Primitive::Xhtml, "\"<div xmlns=…>…</div>\""},
};

constexpr bool is_space(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Eight bytes at a time: addresses are long and hold none.
bool has_space(std::string_view text) noexcept {
    constexpr std::uint64_t kOnes = 0x0101010101010101U;
    constexpr std::uint64_t kHigh = 0x80 * kOnes;
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
        const std::uint64_t word = load64(text.data() + at);
        // Sets the high bit of each byte below 0x21 and, by borrowing, sometimes of one above.
        if (((word - 0x21 * kOnes) & ~word & kHigh) != 0 &&
            std::ranges::any_of(text.substr(at, 8), is_space)) {
            return true;
        }
    }
    return std::ranges::any_of(text.substr(at), is_space);
}

PrimitiveFault format_unless(bool good) noexcept {
    return good ? PrimitiveFault::None : PrimitiveFault::Format;
}

PrimitiveFault check_integer(Primitive type, std::string_view text) noexcept {
    const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
    if (digits.empty() || !std::ranges::all_of(digits, is_digit) ||
        (digits.size() > 1 && digits.front() == '0')) {
        return PrimitiveFault::Format;
    }
    std::int32_t number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc{} || end != text.data() + text.size()) return PrimitiveFault::Range;
    if (type == Primitive::UnsignedInt && (number < 0 || text.starts_with('-')))
        return PrimitiveFault::Range;
    if (type == Primitive::PositiveInt && number < 1) return PrimitiveFault::Range;
    return PrimitiveFault::None;
}

/// [^\s]+(\s[^\s]+)*
bool is_code(std::string_view text) noexcept {
    if (is_space(text.front()) || is_space(text.back())) return false;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (is_space(text[i]) && is_space(text[i - 1])) return false;
    }
    return true;
}

PrimitiveFault check_id(std::string_view text) noexcept {
    const bool good = std::ranges::all_of(text, [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
               c == '.';
    });
    if (!good) return PrimitiveFault::Format;
    return text.size() > kMaxId ? PrimitiveFault::TooLong : PrimitiveFault::None;
}

constexpr std::string_view kOidPrefix = "urn:oid:";

/// urn:oid:[0-2](\.(0|[1-9][0-9]*))+
bool is_oid(std::string_view text) noexcept {
    if (!text.starts_with(kOidPrefix)) return false;
    text.remove_prefix(kOidPrefix.size());
    if (text.size() < 3 || text[0] < '0' || text[0] > '2') return false;
    text.remove_prefix(1);
    while (!text.empty()) {
        if (text.front() != '.') return false;
        text.remove_prefix(1);
        const std::size_t digits = std::min(text.find('.'), text.size());
        if (digits == 0 || (digits > 1 && text.front() == '0') ||
            !std::ranges::all_of(text.substr(0, digits), is_digit)) {
            return false;
        }
        text.remove_prefix(digits);
    }
    return true;
}

bool is_uuid(std::string_view text) noexcept {
    constexpr std::string_view kShape = "urn:uuid:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (text.size() != kShape.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool hex = is_digit(c) || (c >= 'a' && c <= 'f');
        if (i >= 9 && kShape[i] == 'x' ? !hex : c != kShape[i]) return false;
    }
    return true;
}

/// 1 for the 64 letters of RFC 4648 section 4.
constexpr auto kBase64Letters = [] {
    std::array<std::uint8_t, 256> letters{};
    for (unsigned char c = 'a'; c <= 'z'; ++c) letters[c] = 1;
    for (unsigned char c = 'A'; c <= 'Z'; ++c) letters[c] = 1;
    for (unsigned char c = '0'; c <= '9'; ++c) letters[c] = 1;
    letters['+'] = letters['/'] = 1;
    return letters;
}();

int is_base64_letter(char c) noexcept { return kBase64Letters[static_cast<unsigned char>(c)]; }

/// Groups of four with white space anywhere between, padding only at the end.
bool is_base64(std::string_view text) noexcept {
    std::size_t count = 0;
    std::size_t padding = 0;
    std::size_t at = 0;
    while (at < text.size()) {
        // Attachments are long runs of letters.
        for (; padding == 0 && at + 4 <= text.size(); at += 4, count += 4) {
            const char* next = text.data() + at;
            const int good = is_base64_letter(next[0]) & is_base64_letter(next[1]) &
                             is_base64_letter(next[2]) & is_base64_letter(next[3]);
            if (good == 0) break;
        }
        if (at == text.size()) break;
        const char c = text[at++];
        if (is_space(c)) continue;
        if (c == '=') {
            ++padding;
        } else if (padding != 0 || is_base64_letter(c) == 0) {
            return false;
        }
        ++count;
    }
    return count > 0 && count % 4 == 0 && padding <= 2;
}

/// The outer form alone: the whole content is one div (narrative.html).
bool is_xhtml_div(std::string_view text) noexcept {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text.size() > 5 && text.starts_with("<div") && (is_space(text[4]) || text[4] == '>') &&
           text.ends_with("</div>");
}

PrimitiveFault check_temporal(TemporalFault fault) noexcept {
    switch (fault) {
        case TemporalFault::None:
            return PrimitiveFault::None;
        case TemporalFault::Format:
            return PrimitiveFault::Format;
        case TemporalFault::Range:
            break;
    }
    return PrimitiveFault::Range;
}

PrimitiveFault check_text(Primitive type, std::string_view text) noexcept {
    DateTime ignored;
    switch (type) {
        case Primitive::String:
        case Primitive::Markdown:
            return text.size() > kMaxText ? PrimitiveFault::TooLong : PrimitiveFault::None;
        case Primitive::Code:
            return format_unless(is_code(text));
        case Primitive::Id:
            return check_id(text);
        case Primitive::Uri:
        case Primitive::Url:
            if (text.starts_with(kOidPrefix)) return format_unless(is_oid(text));
            return format_unless(!has_space(text));
        case Primitive::Canonical:
            return format_unless(!has_space(text));
        case Primitive::Oid:
            return format_unless(is_oid(text));
        case Primitive::Uuid:
            return format_unless(is_uuid(text));
        case Primitive::Base64Binary:
            return format_unless(is_base64(text));
        case Primitive::Date:
            return check_temporal(read_temporal(TemporalForm::Date, text, ignored));
        case Primitive::DateTime:
            return check_temporal(read_temporal(TemporalForm::DateTime, text, ignored));
        case Primitive::Instant:
            return check_temporal(read_temporal(TemporalForm::Instant, text, ignored));
        case Primitive::Time:
            return check_temporal(read_temporal(TemporalForm::Time, text, ignored));
        case Primitive::Xhtml:
            return format_unless(is_xhtml_div(text));
        case Primitive::None:
        case Primitive::Boolean:
        case Primitive::Integer:
        case Primitive::UnsignedInt:
        case Primitive::PositiveInt:
        case Primitive::Decimal:
            break;
    }
    return PrimitiveFault::WrongKind;
}

}  // namespace

Primitive primitive_named(std::string_view type_name) noexcept {
    for (const Named& each : kNamed) {
        if (each.name == type_name) return each.type;
    }
    return Primitive::None;
}

std::string_view example_of(Primitive type) noexcept {
    for (const Named& each : kNamed) {
        if (each.type == type) return each.example;
    }
    return {};
}

PrimitiveFault check_primitive(Primitive type, json::Value value) noexcept {
    switch (type) {
        case Primitive::Boolean:
            return value.is_bool() ? PrimitiveFault::None : PrimitiveFault::WrongKind;
        case Primitive::Integer:
        case Primitive::UnsignedInt:
        case Primitive::PositiveInt:
            return value.is_number() ? check_integer(type, value.text())
                                     : PrimitiveFault::WrongKind;
        case Primitive::Decimal:
            if (!value.is_number()) return PrimitiveFault::WrongKind;
            return format_unless(Decimal::is_decimal(value.text()));
        default:
            if (!value.is_string()) return PrimitiveFault::WrongKind;
            if (value.text().empty()) return PrimitiveFault::Empty;
            return check_text(type, value.text());
    }
}

}  // namespace tsunagi::fhir
