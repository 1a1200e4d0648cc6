#include "properties/spellings.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <functional>
#include <initializer_list>
#include <map>
#include <stdexcept>

#include "base/bytes.h"
#include "text/encoding.h"

namespace tsunagi::properties {
namespace {

using simulate::Canary;

std::u32string points_of(std::string_view text) {
    std::u32string points;
    for (std::size_t at = 0; at < text.size();) {
        const auto lead = static_cast<unsigned char>(text[at]);
        const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        char32_t point = size == 1 ? lead : lead & (0xFFU >> (size + 1));
        for (std::size_t i = 1; i < size; ++i)
            point = point << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
        points += point;
        at += size;
    }
    return points;
}

std::vector<std::string> letters_of(std::string_view text) {
    std::vector<std::string> letters;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at + 1;
        while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
        letters.emplace_back(text.substr(at, end - at));
        at = end;
    }
    return letters;
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
    std::string text;
    for (const auto& part : parts) text += (text.empty() ? "" : std::string{between}) + part;
    return text;
}

std::string together(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const std::string_view part : parts) text += part;
    return text;
}

/// Each letter of `text` that is in `from` becomes the one at its place in `to`.
std::string mapped(std::string_view text, std::string_view from, std::string_view to) {
    const auto before = letters_of(from), after = letters_of(to);
    std::string out;
    for (const auto& letter : letters_of(text)) {
        const auto at = std::find(before.begin(), before.end(), letter);
        out += at == before.end() ? letter : after[static_cast<std::size_t>(at - before.begin())];
    }
    return out;
}

constexpr std::string_view kAscii = "0123456789-", kWide = "０１２３４５６７８９－",
                           kKanjiDigits = "〇一二三四五六七八九－";
constexpr std::string_view kKatakana =
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワ";
constexpr std::string_view kHalf = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜ";
constexpr std::string_view kHiragana =
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわ";

std::string romaji(std::string_view katakana, bool hepburn) {
    constexpr std::array<std::string_view, 44> kKunrei{
        "a",  "i",  "u",  "e",  "o",  "ka", "ki", "ku", "ke", "ko", "sa", "si", "su", "se", "so",
        "ta", "ti", "tu", "te", "to", "na", "ni", "nu", "ne", "no", "ha", "hi", "hu", "he", "ho",
        "ma", "mi", "mu", "me", "mo", "ya", "yu", "yo", "ra", "ri", "ru", "re", "ro", "wa"};
    const std::map<std::string_view, std::string_view> otherwise{
        {"si", "shi"}, {"ti", "chi"}, {"tu", "tsu"}, {"hu", "fu"}};
    const auto morae = letters_of(kKatakana);
    std::string out;
    for (const auto& letter : letters_of(katakana)) {
        const auto at = std::find(morae.begin(), morae.end(), letter) - morae.begin();
        const auto sound = kKunrei.at(static_cast<std::size_t>(at));
        const auto other = otherwise.find(sound);
        out += hepburn && other != otherwise.end() ? other->second : sound;
    }
    return out;
}

std::string upper(std::string text) {
    for (char& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return text;
}
std::string capital(std::string text) {
    text.front() = upper(text.substr(0, 1)).front();
    return text;
}

/// 1 to 99 as one says it: 十三.
std::string spoken(unsigned number) {
    const auto digits = letters_of(kKanjiDigits);
    std::string text;
    if (number >= 20) text += digits[number / 10];
    if (number >= 10) text += "十";
    if (number % 10 != 0) text += digits[number % 10];
    return text;
}

struct Name {
    std::string family, given, family_kana, given_kana;
};

void add_name(std::vector<Spelling>& all, const Name& name) {
    const auto add = [&](std::string form, std::string text) {
        all.push_back({"name, " + std::move(form), std::move(text)});
    };
    add("family", name.family);
    add("given", name.given);
    for (const auto& [form, between] :
         std::map<std::string, std::string>{{"spaced", " "},
                                            {"wide space", "　"},
                                            {"line break", "\n"},
                                            {"DOS line break", "\r\n"},
                                            {"middle dot", "・"},
                                            {"comma", "、"},
                                            {"tabs", "\t"}}) {
        auto letters = letters_of(name.family + name.given);
        add("kanji, " + form + " inside", joined(letters, between));
        add("family, " + form + " inside", joined(letters_of(name.family), between));
    }
    const std::string kana = name.family_kana + name.given_kana;
    add("katakana, family", name.family_kana);
    add("katakana, given", name.given_kana);
    add("katakana, spaced inside", joined(letters_of(kana), " "));
    add("half-width, family", mapped(name.family_kana, kKatakana, kHalf));
    add("half-width, given", mapped(name.given_kana, kKatakana, kHalf));
    add("half-width, line break inside", joined(letters_of(mapped(kana, kKatakana, kHalf)), "\n"));
    for (const auto& [form, between] : std::map<std::string, std::string>{
             {"spaced", " "}, {"wide space", "　"}, {"together", ""}, {"middle dot", "・"}})
        add("hiragana, " + form, mapped(name.family_kana, kKatakana, kHiragana) + between +
                                     mapped(name.given_kana, kKatakana, kHiragana));
    for (const bool hepburn : {true, false}) {
        const std::string way = hepburn ? "Hepburn" : "Kunrei";
        const std::string family = romaji(name.family_kana, hepburn),
                          given = romaji(name.given_kana, hepburn);
        add(way + ", family first", together({capital(family), " ", capital(given)}));
        add(way + ", given first", together({capital(given), " ", capital(family)}));
        add(way + ", family in capitals", together({upper(family), " ", capital(given)}));
        add(way + ", capitals", together({upper(family), " ", upper(given)}));
        add(way + ", comma", together({upper(family), ", ", capital(given)}));
        add(way + ", small", together({family, " ", given}));
        add(way + ", together", family + given);
        add(way + ", hyphen", together({family, "-", given}));
        add(way + ", underline", together({family, "_", given}));
        add(way + ", dot", together({given, ".", family}));
    }
}

void add_date(std::vector<Spelling>& all, std::string_view iso) {
    const std::string year{iso.substr(0, 4)}, mm{iso.substr(5, 2)}, dd{iso.substr(8, 2)};
    const auto number = [](const std::string& text) {
        return static_cast<unsigned>(std::stoul(text));
    };
    const std::string m = std::to_string(number(mm)), d = std::to_string(number(dd));
    const unsigned showa = number(year) - 1925;
    const std::string era = std::to_string(showa);
    const auto add = [&](std::string form, std::string text) {
        all.push_back({"birth date, " + std::move(form), std::move(text)});
    };
    add("ISO", std::string{iso});
    add("digits", year + mm + dd);
    add("slashes", year + "/" + mm + "/" + dd);
    add("short slashes", year + "/" + m + "/" + d);
    add("dots", year + "." + mm + "." + dd);
    add("short dots", year + "." + m + "." + d);
    for (const auto& [form, era_name] :
         std::map<std::string, std::string>{{"era", "昭和"},
                                            {"short era", "昭"},
                                            {"letter era", "S"},
                                            {"small letter era", "s"}}) {
        if (era_name.size() > 1) add(form, together({era_name, era, "年", m, "月", d, "日"}));
        add(form + ", dots", together({era_name, era, ".", m, ".", d}));
        add(form + ", padded dots",
            together({era_name, showa < 10 ? "0" : "", era, ".", mm, ".", dd}));
        add(form + ", slashes", together({era_name, era, "/", m, "/", d}));
    }
    add("era, full-width", mapped("昭和" + era + "年" + m + "月" + d + "日", kAscii, kWide));
    add("era, full-width padded",
        mapped("昭和" + era + "年" + mm + "月" + dd + "日", kAscii, kWide));
    add("era, kanji digits",
        "昭和" + spoken(showa) + "年" + spoken(number(mm)) + "月" + spoken(number(dd)) + "日");
    add("western", year + "年" + m + "月" + d + "日");
    add("western, padded", year + "年" + mm + "月" + dd + "日");
    add("western, full-width", mapped(year + "年" + m + "月" + d + "日", kAscii, kWide));
    add("western, kanji digits", mapped(year, kAscii, kKanjiDigits) + "年" + spoken(number(mm)) +
                                     "月" + spoken(number(dd)) + "日");
    add("full-width ISO", mapped(iso, kAscii, kWide));
    constexpr std::array<std::string_view, 12> kMonths{
        "January", "February", "March",     "April",   "May",      "June",
        "July",    "August",   "September", "October", "November", "December"};
    const std::string month{kMonths.at(number(mm) - 1)};
    add("English", month + " " + d + ", " + year);
    add("British", d + " " + month + " " + year);
}

/// A number in groups, `written` as "042-011-0003" or without hyphens.
void add_number(std::vector<Spelling>& all, const std::string& kind, const std::string& written) {
    const auto add = [&](std::string form, std::string text) {
        all.push_back({kind + ", " + std::move(form), std::move(text)});
    };
    std::vector<std::string> groups{""};
    for (const char c : written) {
        if (c == '-')
            groups.emplace_back();
        else
            groups.back() += c;
    }
    const std::string digits = joined(groups, "");
    add("digits", digits);
    add("full-width", mapped(digits, kAscii, kWide));
    add("kanji digits", mapped(digits, kAscii, kKanjiDigits));
    add("spaced", joined(letters_of(digits), " "));
    add("full-width, spaced", joined(letters_of(mapped(digits, kAscii, kWide)), "　"));
    if (groups.size() == 1) {
        if (digits.size() >= 8) add("hyphen inside", digits.substr(0, 4) + "-" + digits.substr(4));
        return;
    }
    for (const auto& [form, between] : std::map<std::string, std::string>{{"hyphens", "-"},
                                                                          {"spaces", " "},
                                                                          {"dots", "."},
                                                                          {"line break", "-\n"},
                                                                          {"dashes", "‐"},
                                                                          {"long sounds", "ー"},
                                                                          {"minus signs", "−"}})
        add(form, joined(groups, between));
    add("full-width hyphens", mapped(written, kAscii, kWide));
    add("kanji hyphens", mapped(written, kAscii, kKanjiDigits));
    if (groups.size() != 3) return;
    add("brackets", "(" + groups[0] + ")" + groups[1] + "-" + groups[2]);
    add("inner brackets", groups[0] + "(" + groups[1] + ")" + groups[2]);
    add("abroad", "+81" + digits.substr(1));
    add("abroad, hyphens", "+81-" + groups[0].substr(1) + "-" + groups[1] + "-" + groups[2]);
    add("abroad, spaces", "+81 " + groups[0].substr(1) + " " + groups[1] + " " + groups[2]);
}

std::string encoded_each(std::string_view text, bool all,
                         const std::function<std::string(char32_t)>& write) {
    std::string out;
    for (const char32_t point : points_of(text)) {
        if (point < 0x80 && !all)
            out += static_cast<char>(point);
        else
            out += write(point);
    }
    return out;
}

std::string hex_of(char32_t value, std::size_t width, bool capitals) {
    const std::string_view digits = capitals ? "0123456789ABCDEF" : "0123456789abcdef";
    std::string text;
    for (; value != 0 || text.size() < width; value >>= 4) text.insert(0, 1, digits[value & 15U]);
    return text;
}

std::vector<std::string> base64_of(std::string_view text) {
    constexpr std::size_t kTooShort = 8;
    std::vector<std::string> found;
    for (std::size_t offset = 0; offset < 3; ++offset) {
        const std::string whole =
            to_base64(as_bytes(std::string(offset, '\0') + std::string{text}));
        // Letters that hold bits of nothing but the text.
        const std::size_t begin = (offset * 8 + 5) / 6, end = (offset + text.size()) * 8 / 6;
        if (end - begin < kTooShort) continue;
        found.push_back(whole.substr(begin, end - begin));
        std::string for_urls = found.back();
        std::replace(for_urls.begin(), for_urls.end(), '+', '-');
        std::replace(for_urls.begin(), for_urls.end(), '/', '_');
        if (for_urls != found.back()) found.push_back(for_urls);
    }
    return found;
}

std::string gzip_of(std::string_view text) {
    std::string out(text.size() + 1024, '\0');
    std::size_t used = 0;
    archive* writer = archive_write_new();
    archive_write_add_filter_gzip(writer);
    archive_write_set_format_raw(writer);
    archive_write_set_bytes_in_last_block(writer, 1);
    archive_write_open_memory(writer, out.data(), out.size(), &used);
    archive_entry* entry = archive_entry_new();
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_pathname(entry, "x");
    archive_write_header(writer, entry);
    archive_write_data(writer, text.data(), text.size());
    archive_entry_free(entry);
    archive_write_close(writer);
    archive_write_free(writer);
    out.resize(used);
    return out;
}

/// Empty: no gzip member.
std::string gunzip(std::string_view bytes) {
    constexpr std::size_t kMost = 16U << 20;
    std::string out;
    archive* reader = archive_read_new();
    archive_read_support_filter_gzip(reader);
    archive_read_support_format_raw(reader);
    archive_entry* entry = nullptr;
    if (archive_read_open_memory(reader, bytes.data(), bytes.size()) == ARCHIVE_OK &&
        archive_read_next_header(reader, &entry) == ARCHIVE_OK) {
        std::array<char, 1U << 14> piece{};
        for (;;) {
            const auto got = archive_read_data(reader, piece.data(), piece.size());
            if (got <= 0 || out.size() > kMost) break;
            out.append(piece.data(), static_cast<std::size_t>(got));
        }
    }
    archive_read_free(reader);
    return out;
}

bool is_base64(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
           c == '/' || c == '-' || c == '_';
}

void open_into(std::string_view bytes, int depth, std::vector<std::string>& all) {
    all.emplace_back(bytes);
    if (depth == 0) return;
    const std::string_view member = "\x1f\x8b\x08", in_base64 = "H4sI";
    for (auto at = bytes.find(member); at != std::string_view::npos;
         at = bytes.find(member, at + 1)) {
        const std::string inside = gunzip(bytes.substr(at));
        if (!inside.empty()) open_into(inside, depth - 1, all);
    }
    for (auto at = bytes.find(in_base64); at != std::string_view::npos;
         at = bytes.find(in_base64, at + 1)) {
        std::size_t end = at;
        while (end < bytes.size() && is_base64(bytes[end])) ++end;
        std::string run{bytes.substr(at, end - at)};
        std::replace(run.begin(), run.end(), '-', '+');
        std::replace(run.begin(), run.end(), '_', '/');
        run.resize(run.size() + (4 - run.size() % 4) % 4, '=');
        const auto packed = from_base64(run);
        if (!packed) continue;
        const std::string inside = gunzip(as_text(*packed));
        if (!inside.empty()) open_into(inside, depth - 1, all);
    }
}

}  // namespace

std::vector<Spelling> spellings_of(const simulate::GeneratedPacket& packet) {
    std::vector<Spelling> all;
    std::map<std::string, Name> names;
    for (const Canary& canary : packet.canaries) {
        const std::string& written = canary.spellings.front();
        if (canary.kind == "family-name")
            names[canary.whose].family = written;
        else if (canary.kind == "given-name")
            names[canary.whose].given = written;
        else if (canary.kind == "family-kana")
            names[canary.whose].family_kana = written;
        else if (canary.kind == "given-kana")
            names[canary.whose].given_kana = written;
        else if (canary.kind == "birth-date")
            add_date(all, packet.birth_date);
        else if (canary.kind == "address") {
            all.push_back({"address, town", written});
            all.push_back({"address, spaced", joined(letters_of(written), " ")});
            all.push_back({"address, line break", joined(letters_of(written), "\n")});
        } else if (canary.kind == "attachment") {
            for (const auto& each : canary.spellings) all.push_back({"attachment", each});
        } else if (canary.kind != "hiragana") {
            add_number(all, canary.kind, written);
        }
    }
    for (const auto& [whose, name] : names) add_name(all, name);
    return all;
}

std::vector<std::string> encoded(std::string_view text, Encoding encoding) {
    switch (encoding) {
        case Encoding::Utf8:
            return {std::string{text}};
        case Encoding::Utf16: {
            std::string little, big;
            for (const char32_t point : points_of(text)) {
                if (point > 0xFFFF) return {};
                const char low = static_cast<char>(point & 0xFFU),
                           high = static_cast<char>(point >> 8);
                (little += low) += high;
                (big += high) += low;
            }
            return {little, big};
        }
        case Encoding::ShiftJis: {
            const auto bytes = text::encode(text, text::Encoding::Cp932);
            return bytes && *bytes != text && bytes->size() > 4 ? std::vector{*bytes}
                                                                : std::vector<std::string>{};
        }
        case Encoding::Base64:
            return base64_of(text);
        case Encoding::Percent: {
            std::vector<std::string> found;
            for (const bool capitals : {true, false}) {
                for (const bool all : {true, false}) {
                    std::string out;
                    for (const char c : text) {
                        const auto byte = static_cast<unsigned char>(c);
                        const bool plain = byte > 0x20 && byte < 0x7F && !all;
                        if (plain)
                            out += c;
                        else
                            (out += '%') += hex_of(byte, 2, capitals);
                    }
                    found.push_back(out);
                }
            }
            return found;
        }
        case Encoding::Entity: {
            std::vector<std::string> found;
            for (const bool all : {true, false}) {
                found.push_back(encoded_each(text, all, [](char32_t point) {
                    return "&#" + std::to_string(static_cast<std::uint32_t>(point)) + ";";
                }));
                for (const bool capitals : {true, false})
                    found.push_back(encoded_each(text, all, [&](char32_t point) {
                        return "&#x" + hex_of(point, 1, capitals) + ";";
                    }));
            }
            return found;
        }
        case Encoding::JsonEscape: {
            std::vector<std::string> found;
            for (const bool all : {true, false})
                for (const bool capitals : {true, false})
                    found.push_back(encoded_each(text, all, [&](char32_t point) {
                        return "\\u" + hex_of(point, 4, capitals);
                    }));
            return found;
        }
        case Encoding::Gzip:
            return {gzip_of(text)};
    }
    return {};
}

std::vector<std::string> opened(std::string_view bytes) {
    std::vector<std::string> all;
    open_into(bytes, 3, all);
    return all;
}

simulate::Watch watch_of(const simulate::GeneratedPacket& packet) {
    simulate::Watch watch;
    const auto owner = static_cast<std::uint32_t>(packet.number);
    simulate::watch_for(packet, owner, watch);
    for (const Spelling& spelling : spellings_of(packet)) {
        for (int each = 0; each < kEncodings; ++each) {
            const auto encoding = static_cast<Encoding>(each);
            if (encoding == Encoding::Gzip) continue;
            for (const auto& bytes : encoded(spelling.text, encoding))
                watch.add(owner, spelling.form, bytes);
        }
    }
    return watch;
}

}  // namespace tsunagi::properties
