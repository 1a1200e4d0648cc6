#include "text/width.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace tsunagi::text {
namespace {

using icu::UnicodeString;

UnicodeString decode(std::string_view text) {
    return UnicodeString::fromUTF8(
        icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
}

std::string encode(const UnicodeString& text) {
    std::string out;
    text.toUTF8String(out);
    return out;
}

const icu::Normalizer2& nfkc() {
    UErrorCode fault = U_ZERO_ERROR;
    const icu::Normalizer2* normalizer = icu::Normalizer2::getNFKCInstance(fault);
    return *normalizer;  // compiled into ICU's data: it cannot be absent
}

bool is_dash(char32_t c) {
    switch (c) {
        case 0x2010:
        case 0x2011:
        case 0x2012:
        case 0x2013:
        case 0x2014:
        case 0x2015:
        case 0x2212:
        case 0xFF0D:
        case 0x2500:
            return true;
        default:
            return false;
    }
}

bool is_narrow_kana(char32_t c) { return c >= 0xFF61 && c <= 0xFF9F; }

bool is_space(char32_t c) { return c == 0x3000 || u_isUWhiteSpace(static_cast<UChar32>(c)); }

/// The character at `at` when it is ASCII or three well-formed bytes of the blocks that Japanese
/// text is made of (U+3000-9FFF, U+F000-FFFF), else 0: the caller asks ICU.
char32_t usual_character(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    if (byte(0) < 0x80) return byte(0);
    if ((byte(0) < 0xE3 || byte(0) > 0xE9) && byte(0) != 0xEF) return 0;
    if (text.size() - at < 3 || (byte(1) & 0xC0) != 0x80 || (byte(2) & 0xC0) != 0x80) return 0;
    return static_cast<char32_t>((byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F));
}

constexpr char32_t kUnusual = 0xFFFFFFFF, kNothing = 0;

/// What match_key makes of one character by itself; kUnusual where ICU has to say. None of the
/// others combines with what stands before it.
constexpr char32_t key_of(char32_t c) {
    if (c < 0x80) {
        if (c >= 'A' && c <= 'Z') return c + ('a' - 'A');
        if (c == ' ' || c == '-' || (c >= 0x09 && c <= 0x0D)) return kNothing;
        return c;
    }
    if (c >= 0x4E00 && c <= 0x9FFF) return c;         // kanji
    if (c >= 0x3041 && c <= 0x3096) return c + 0x60;  // hiragana as katakana
    if (c >= 0x30A1 && c <= 0x30FA) return c;         // katakana
    if (c == 0x30FB || c == 0x30FC || c == 0x3000) return kNothing;
    if (c == 0x3001 || c == 0x3002 || (c >= 0x3005 && c <= 0x3007)) return c;
    if (c >= 0x300C && c <= 0x3011) return c;
    if (c >= 0xFF01 && c <= 0xFF5E) return key_of(c - 0xFEE0);  // full-width ASCII
    return kUnusual;
}

/// Writes a character of the usual blocks; how many bytes it took.
std::size_t put_utf8(char* to, char32_t c) {
    if (c < 0x80) {
        *to = static_cast<char>(c);
        return 1;
    }
    to[0] = static_cast<char>(0xE0 | c >> 12);
    to[1] = static_cast<char>(0x80 | (c >> 6 & 0x3F));
    to[2] = static_cast<char>(0x80 | (c & 0x3F));
    return 3;
}

/// Where the next byte beyond ASCII stands, from `at` on.
std::size_t ascii_end(std::string_view text, std::size_t at) {
    constexpr std::uint64_t kHighBits = 0x8080808080808080;
    std::uint64_t eight = 0;
    for (; at + sizeof eight <= text.size(); at += sizeof eight) {
        std::memcpy(&eight, text.data() + at, sizeof eight);
        if ((eight & kHighBits) != 0) break;
    }
    while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
    return at;
}

char32_t narrow_form(char32_t c) {
    if (c >= 0x3001 && c <= 0x9FFF) return c;
    if (is_dash(c)) return U'-';
    if (c >= 0xFF01 && c <= 0xFF5E) return c - 0xFEE0;
    return c == 0x3000 ? U' ' : c;
}

std::string icu_to_narrow(std::string_view text) {
    const UnicodeString source = decode(text);
    UnicodeString out;
    for (int32_t i = 0; i < source.length(); i = source.moveIndex32(i, 1))
        out.append(static_cast<UChar32>(narrow_form(static_cast<char32_t>(source.char32At(i)))));
    return encode(out);
}

/// match_key of any text: NFKC composes across characters, so a part of a text may be given only
/// from a character that combines with nothing before it to another such.
std::string icu_match_key(std::string_view text) {
    UErrorCode fault = U_ZERO_ERROR;
    UnicodeString folded = nfkc().normalize(decode(text), fault);
    folded.foldCase();
    UnicodeString out;
    for (int32_t i = 0; i < folded.length(); i = folded.moveIndex32(i, 1)) {
        auto c = static_cast<char32_t>(folded.char32At(i));
        const bool variation_selector =
            (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF);
        if (is_space(c) || is_dash(c) || variation_selector || c == U'-' || c == U'・' ||
            c == U'ー' || c == 0x200B)
            continue;
        if (c >= 0x3041 && c <= 0x3096) c += 0x60;
        out.append(static_cast<UChar32>(c));
    }
    return encode(out);
}

}  // namespace

std::string to_narrow(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    const std::size_t size = text.size();
    std::size_t same_from = 0;  // characters from here on stay as they are
    for (std::size_t at = 0; at < size;) {
        at = ascii_end(text, at);
        if (at == size) break;
        // Kana and kanji stay.
        const auto is_more = [&](std::size_t i) { return (bytes[i] & 0xC0) == 0x80; };
        while (size - at >= 3 && bytes[at] >= 0xE3 && bytes[at] <= 0xE9 && is_more(at + 1) &&
               is_more(at + 2) && (bytes[at] != 0xE3 || bytes[at + 1] != 0x80))
            at += 3;
        if (at == size || bytes[at] < 0x80) continue;
        const std::size_t from = at;
        UChar32 decoded = 0;
        U8_NEXT(bytes, at, size, decoded);
        if (decoded < 0) return icu_to_narrow(text);  // ill-formed: ICU puts U+FFFD in
        const auto c = static_cast<char32_t>(decoded);
        const char32_t narrow = narrow_form(c);
        if (narrow == c) continue;
        out += text.substr(same_from, from - same_from);
        out += static_cast<char>(narrow);  // every other form is ASCII
        same_from = at;
    }
    out += text.substr(same_from);
    return out;
}

std::string to_wide_kana(std::string_view text) {
    const UnicodeString source = decode(text);
    UnicodeString out, run;
    const auto flush = [&] {
        if (run.isEmpty()) return;
        UErrorCode fault = U_ZERO_ERROR;
        out.append(nfkc().normalize(run, fault));
        run.remove();
    };
    for (int32_t i = 0; i < source.length(); i = source.moveIndex32(i, 1)) {
        const UChar32 c = source.char32At(i);
        if (is_narrow_kana(static_cast<char32_t>(c))) {
            run.append(c);
        } else {
            flush();
            out.append(c);
        }
    }
    flush();
    return encode(out);
}

std::string to_katakana(std::string_view text) {
    const UnicodeString source = decode(to_wide_kana(text));
    UnicodeString out;
    bool space_before = true;
    for (int32_t i = 0; i < source.length(); i = source.moveIndex32(i, 1)) {
        auto c = static_cast<char32_t>(source.char32At(i));
        if (is_space(c)) {
            if (!space_before) out.append(static_cast<UChar32>(U' '));
            space_before = true;
            continue;
        }
        space_before = false;
        if ((c >= 0x3041 && c <= 0x3096) || c == 0x309D || c == 0x309E) c += 0x60;
        out.append(static_cast<UChar32>(c));
    }
    if (out.endsWith(UnicodeString(u' '))) out.truncate(out.length() - 1);
    return encode(out);
}

std::string match_key(std::string_view text) {
    static constexpr auto kAscii = [] {
        std::array<char, 128> keys{};
        for (std::size_t c = 0; c < keys.size(); ++c)
            keys[c] = static_cast<char>(key_of(static_cast<char32_t>(c)));
        return keys;
    }();
    std::string out(text.size(), '\0');  // no usual character has a longer key
    std::size_t size = 0;
    std::size_t last = 0;         // where the last character stands,
    std::size_t before_last = 0;  // and how long the key was before it
    for (std::size_t at = 0; at < text.size();) {
        if (const auto byte = static_cast<unsigned char>(text[at]); byte < 0x80 && byte != 0) {
            last = at++;
            before_last = size;
            out[size] = kAscii[byte];
            size += kAscii[byte] != 0 ? 1 : 0;
            continue;
        }
        const char32_t c = usual_character(text, at);
        const char32_t key = c == 0 ? kUnusual : key_of(c);
        if (key != kUnusual) {
            last = at;
            before_last = size;
            at += 3;
            if (key != kNothing) size += put_utf8(out.data() + size, key);
            continue;
        }
        // The run of unusual ones, with the character before it: a mark may join that one.
        std::size_t end = at + 1;
        while (end < text.size()) {
            const char32_t next = usual_character(text, end);
            if (next != 0 && key_of(next) != kUnusual) break;
            ++end;
        }
        const std::string part = icu_match_key(text.substr(last, end - last));
        size = before_last + part.size();
        if (out.size() < size + text.size() - end) out.resize(size + text.size() - end);
        part.copy(out.data() + before_last, part.size());
        last = at = end;
        before_last = size;
    }
    out.resize(size);
    return out;
}

std::optional<char32_t> match_key_of(char32_t c) {
    if (const char32_t key = key_of(c); key != kUnusual) return key;
    if (!nfkc().hasBoundaryBefore(static_cast<UChar32>(c))) return {};
    const std::string key = icu_match_key(encode(UnicodeString(static_cast<UChar32>(c))));
    const UnicodeString letters = decode(key);
    if (letters.isEmpty()) return kNothing;
    if (letters.countChar32() > 1) return {};
    return static_cast<char32_t>(letters.char32At(0));
}

std::string trim(std::string_view text) {
    static constexpr std::string_view kWide = "\u3000";
    const auto is_narrow = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    for (bool again = true; again && !text.empty();) {
        again = true;
        if (is_narrow(text.front()))
            text.remove_prefix(1);
        else if (text.front() == kWide[0] && text.starts_with(kWide))
            text.remove_prefix(kWide.size());
        else if (is_narrow(text.back()))
            text.remove_suffix(1);
        else if (text.back() == kWide[2] && text.ends_with(kWide))
            text.remove_suffix(kWide.size());
        else
            again = false;
    }
    return std::string{text};
}

}  // namespace tsunagi::text
