#include "text/width.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <array>

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

}  // namespace

std::string to_narrow(std::string_view text) {
    const UnicodeString source = decode(text);
    UnicodeString out;
    for (int32_t i = 0; i < source.length(); i = source.moveIndex32(i, 1)) {
        auto c = static_cast<char32_t>(source.char32At(i));
        if (is_dash(c)) c = U'-';
        if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;
        if (c == 0x3000) c = U' ';
        out.append(static_cast<UChar32>(c));
    }
    return encode(out);
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

std::string trim(std::string_view text) {
    static constexpr std::string_view kWide = "\u3000";
    static constexpr std::string_view kNarrow = " \t\r\n";
    for (bool again = true; again && !text.empty();) {
        again = true;
        if (kNarrow.find(text.front()) != std::string_view::npos)
            text.remove_prefix(1);
        else if (text.starts_with(kWide))
            text.remove_prefix(kWide.size());
        else if (kNarrow.find(text.back()) != std::string_view::npos)
            text.remove_suffix(1);
        else if (text.ends_with(kWide))
            text.remove_suffix(kWide.size());
        else
            again = false;
    }
    return std::string{text};
}

}  // namespace tsunagi::text
