#include "text/encoding.h"

#include <unicode/ucnv.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace tsunagi::text {
namespace {

using icu::UnicodeString;

struct CloseConverter {
    void operator()(UConverter* converter) const noexcept { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, CloseConverter>;

struct Known {
    Encoding encoding;
    std::string_view name;
    const char* icu;  ///< ibm-943_P15A-2003 is Microsoft's CP932 (ICU's alias windows-31j)
};
constexpr std::array<Known, 6> kKnown{{{Encoding::Utf8, "UTF-8", "UTF-8"},
                                       {Encoding::Utf16Le, "UTF-16LE", "UTF-16LE"},
                                       {Encoding::Utf16Be, "UTF-16BE", "UTF-16BE"},
                                       {Encoding::Iso2022Jp, "ISO-2022-JP", "ISO-2022-JP"},
                                       {Encoding::Cp932, "CP932", "ibm-943_P15A-2003"},
                                       {Encoding::EucJp, "EUC-JP", "euc-jp-2007"}}};

const Known& known(Encoding encoding) { return kKnown[static_cast<std::size_t>(encoding)]; }

Error at_byte(std::size_t offset) {
    return Error{Code::Invalid, "undecodable-byte", "byte " + std::to_string(offset)};
}
Error at_character(std::size_t index) {
    return Error{Code::Invalid, "unencodable-character", "character " + std::to_string(index)};
}

std::size_t offset_in(const Error& error) {
    return static_cast<std::size_t>(std::stoull(error.where.substr(error.where.find(' ') + 1)));
}

Converter open(Encoding encoding) {
    UErrorCode fault = U_ZERO_ERROR;
    Converter converter(ucnv_open(known(encoding).icu, &fault));
    if (U_FAILURE(fault)) return nullptr;
    ucnv_setFallback(converter.get(), false);
    ucnv_setToUCallBack(converter.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr,
                        &fault);
    ucnv_setFromUCallBack(converter.get(), UCNV_FROM_U_CALLBACK_STOP, nullptr, nullptr, nullptr,
                          &fault);
    return U_FAILURE(fault) ? nullptr : std::move(converter);
}

Result<std::string> check_utf8(std::string_view bytes) {
    const auto* const raw = reinterpret_cast<const std::uint8_t*>(bytes.data());
    for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t from = at;
        UChar32 character = 0;
        U8_NEXT(raw, at, bytes.size(), character);
        if (character <= 0) return at_byte(from);  // ill-formed, or NUL
    }
    return std::string{bytes};
}

/// A C1 control or an unassigned code says that the bytes are something else.
bool is_stray(char16_t unit) { return unit == 0 || (unit >= 0x80 && unit <= 0x9F); }

/// The first two bytes of a character in a two-byte set of ISO-2022-JP that is no row of JIS X 0208
/// (rows 9 to 15 and 85 up: circled digits and other vendors' characters).
bool has_vendor_row(std::string_view bytes) {
    bool wide = false;
    for (std::size_t at = 0; at < bytes.size();) {
        if (bytes[at] == '\x1b' && at + 2 < bytes.size()) {
            wide = bytes[at + 1] == '$';
            at += 3;
        } else if (wide) {
            const char lead = bytes[at];
            if ((lead >= 0x29 && lead <= 0x2F) || lead >= 0x75) return true;
            at += 2;
        } else {
            ++at;
        }
    }
    return false;
}

/// How much `text` does not read like Japanese: half-width kana and private use, by the character.
double strangeness(std::string_view text) {
    const UnicodeString units = UnicodeString::fromUTF8(
        icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
    double strange = 0;
    for (std::int32_t i = 0; i < units.length(); ++i) {
        const char16_t unit = units[i];
        if (unit >= 0xFF61 && unit <= 0xFF9F) strange += 1;
        if (unit >= 0xE000 && unit <= 0xF8FF) strange += 3;
    }
    return strange / std::max(1, units.countChar32());
}

}  // namespace

std::string_view name(Encoding encoding) { return known(encoding).name; }

std::optional<Encoding> encoding_named(std::string_view name) {
    std::string lower;
    for (const char c : name) {
        if (c == '-' || c == '_') continue;
        lower.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
    }
    static constexpr std::array<std::pair<std::string_view, Encoding>, 10> kNames{
        {{"utf8", Encoding::Utf8},
         {"utf16le", Encoding::Utf16Le},
         {"utf16be", Encoding::Utf16Be},
         {"iso2022jp", Encoding::Iso2022Jp},
         {"shiftjis", Encoding::Cp932},
         {"sjis", Encoding::Cp932},
         {"cp932", Encoding::Cp932},
         {"ms932", Encoding::Cp932},
         {"windows31j", Encoding::Cp932},
         {"eucjp", Encoding::EucJp}}};
    for (const auto& [each, encoding] : kNames) {
        if (lower == each) return encoding;
    }
    return std::nullopt;
}

Result<std::string> decode(std::string_view bytes, Encoding encoding) {
    if (encoding == Encoding::Utf8) return check_utf8(bytes);
    const Converter converter = open(encoding);
    if (!converter) return Error{Code::Internal, "no converter", std::string{name(encoding)}};
    UnicodeString text;
    const char* source = bytes.data();
    const char* const end = source + bytes.size();
    for (UErrorCode fault = U_BUFFER_OVERFLOW_ERROR; fault == U_BUFFER_OVERFLOW_ERROR;) {
        fault = U_ZERO_ERROR;
        std::array<char16_t, 512> units;
        std::array<std::int32_t, 512> from{};  // of each unit: its byte, counted from `before`
        char16_t* target = units.data();
        const char* const before = source;
        ucnv_toUnicode(converter.get(), &target, units.data() + units.size(), &source, end,
                       from.data(), true, &fault);
        const auto made = target - units.data();
        if (const auto* const stray = std::find_if(units.data(), target, is_stray);
            stray != target) {
            const std::int32_t offset =
                std::max(from[static_cast<std::size_t>(stray - units.data())], 0);
            return at_byte(static_cast<std::size_t>(before - bytes.data() + offset));
        }
        if (U_FAILURE(fault) && fault != U_BUFFER_OVERFLOW_ERROR) {
            std::array<char, 16> invalid;
            auto length = static_cast<std::int8_t>(invalid.size());
            UErrorCode ignored = U_ZERO_ERROR;
            ucnv_getInvalidChars(converter.get(), invalid.data(), &length, &ignored);
            const auto read = static_cast<std::size_t>(source - bytes.data());
            const auto back = static_cast<std::size_t>(std::max<std::int8_t>(length, 0));
            return at_byte(read >= back ? read - back : 0);
        }
        text.append(units.data(), static_cast<std::int32_t>(made));
    }
    std::string out;
    text.toUTF8String(out);
    return out;
}

std::string decode_for_search(std::string_view bytes, Encoding encoding) {
    const Converter converter = open(encoding);
    std::string out;
    if (!converter) return out;
    UErrorCode fault = U_ZERO_ERROR;
    ucnv_setToUCallBack(converter.get(), UCNV_TO_U_CALLBACK_SUBSTITUTE, nullptr, nullptr, nullptr,
                        &fault);
    UnicodeString(bytes.data(), static_cast<std::int32_t>(bytes.size()), converter.get(), fault)
        .toUTF8String(out);
    return out;
}

Result<Decoded> decode(std::string_view bytes) {
    using namespace std::string_view_literals;
    const auto as = [&](Encoding encoding, std::size_t mark) -> Result<Decoded> {
        auto text = decode(bytes.substr(mark), encoding);
        if (text) return Decoded{std::move(*text), encoding};
        if (mark == 0) return text.error();
        return at_byte(offset_in(text.error()) + mark);
    };
    if (bytes.starts_with("\xEF\xBB\xBF"sv)) return as(Encoding::Utf8, 3);
    if (bytes.starts_with("\xFF\xFE"sv)) return as(Encoding::Utf16Le, 2);
    if (bytes.starts_with("\xFE\xFF"sv)) return as(Encoding::Utf16Be, 2);
    const bool seven_bits =
        std::none_of(bytes.begin(), bytes.end(), [](char c) { return (c & '\x80') != 0; });
    if (seven_bits && bytes.find('\x1b') != std::string_view::npos)
        return as(Encoding::Iso2022Jp, 0);
    auto utf8 = as(Encoding::Utf8, 0);
    if (utf8) return utf8;
    // ASCII of a CSV (comma, quote, line end) has its NUL behind it in UTF-16LE, before it in BE.
    if (const std::size_t nul = bytes.find('\0'); nul != std::string_view::npos) {
        auto wide = as(nul % 2 == 1 ? Encoding::Utf16Le : Encoding::Utf16Be, 0);
        if (wide) return wide;
        return utf8;
    }
    auto cp932 = as(Encoding::Cp932, 0);
    auto euc = as(Encoding::EucJp, 0);
    if (cp932 && euc)
        return strangeness(euc->text) < strangeness(cp932->text) ? std::move(euc)
                                                                 : std::move(cp932);
    if (cp932) return cp932;
    if (euc) return euc;
    Result<Decoded>* furthest = &cp932;
    for (auto* each : {&utf8, &euc}) {
        if (offset_in(each->error()) > offset_in(furthest->error())) furthest = each;
    }
    return furthest->error();
}

Result<std::string> encode(std::string_view text, Encoding encoding) {
    if (auto checked = check_utf8(text); !checked) return checked.error();
    if (encoding == Encoding::Utf8) return std::string{text};
    const auto write = [&](const UnicodeString& units) -> std::optional<std::string> {
        const Converter converter = open(encoding);
        if (!converter) return std::nullopt;
        UErrorCode fault = U_ZERO_ERROR;
        std::string bytes(static_cast<std::size_t>(units.length()) * 8 + 16, '\0');
        const auto size =
            ucnv_fromUChars(converter.get(), bytes.data(), static_cast<std::int32_t>(bytes.size()),
                            units.getBuffer(), units.length(), &fault);
        if (U_FAILURE(fault)) return std::nullopt;
        bytes.resize(static_cast<std::size_t>(size));
        if (encoding == Encoding::Iso2022Jp && has_vendor_row(bytes)) return std::nullopt;
        const auto back = decode(bytes, encoding);
        std::string same;
        units.toUTF8String(same);
        return back && *back == same ? std::optional{std::move(bytes)} : std::nullopt;
    };
    const UnicodeString units = UnicodeString::fromUTF8(
        icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
    if (auto bytes = write(units)) return std::move(*bytes);
    std::size_t index = 0;
    for (std::int32_t at = 0; at < units.length(); at = units.moveIndex32(at, 1), ++index) {
        if (!write(UnicodeString(units.char32At(at)))) return at_character(index);
    }
    return at_character(0);
}

}  // namespace tsunagi::text
