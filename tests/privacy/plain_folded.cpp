// What privacy/folded.h does, character by character.
#include "privacy/plain_scan.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "privacy/characters.h"
#include "text/width.h"

namespace tsunagi::privacy::plain {
namespace {

/// Decodes one character of well-formed UTF-8.
char32_t next_character(std::string_view text, std::size_t& at) {
    const auto byte = [&](std::size_t i) {
        return static_cast<char32_t>(static_cast<unsigned char>(text[i]));
    };
    const char32_t lead = byte(at);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t c = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length && at + k < text.size(); ++k)
        c = (c << 6) | (byte(at + k) & 0x3F);
    at = std::min(at + length, text.size());
    return c;
}

}  // namespace

Letters fold_letters(std::string_view utf8) {
    Letters letters;
    letters.text.reserve(utf8.size() / 2);
    letters.marks.reserve(utf8.size() / 2 + 1);
    std::uint8_t mark = Letters::Apart;
    std::string word;  // characters beyond ASCII, to be normalised together
    const auto add = [&](char32_t c) {
        letters.text += c;
        letters.marks.push_back(std::exchange(mark, std::uint8_t{0}));
    };
    const auto flush = [&] {
        if (word.empty()) return;
        for (const char32_t c : to_utf32(text::match_key(word))) add(usual_form(c));
        word.clear();
    };
    for (std::size_t i = 0; i < utf8.size();) {
        const auto byte = static_cast<unsigned char>(utf8[i]);
        if (byte < 0x80) {
            ++i;
            flush();
            const auto letter = static_cast<unsigned char>(byte | 0x20);
            if ((byte >= '0' && byte <= '9') || (letter >= 'a' && letter <= 'z'))
                add(byte >= 'A' ? letter : byte);
            else
                mark |= Letters::Apart;
            continue;
        }
        const std::size_t from = i;
        const char32_t c = next_character(utf8, i);
        if (is_unseen(c)) continue;
        if (!parts_words(c)) {
            word += utf8.substr(from, i - from);
            continue;
        }
        flush();
        mark |= Letters::Apart;
        if (c == U'「' || c == U'｢') mark |= Letters::AfterOpen;
        if (c == U'」' || c == U'｣') mark |= Letters::AfterClose;
    }
    flush();
    letters.marks.push_back(mark | Letters::Apart);
    return letters;
}

namespace {

constexpr std::u32string_view kNumerals = U"〇一二三四五六七八九";

int numeral(char32_t c) {
    if (c == U'零') return 0;
    constexpr std::u32string_view kOfDocuments = U"壱弐参壹貳參";
    if (const std::size_t at = kOfDocuments.find(c); at != std::u32string_view::npos)
        return static_cast<int>(at % 3) + 1;
    const std::size_t at = kNumerals.find(c);
    return at == std::u32string_view::npos ? -1 : static_cast<int>(at);
}

bool is_kanji_number(char32_t c) {
    return numeral(c) >= 0 || c == U'十' || c == U'百' || c == U'拾';
}

/// 十三 → 13, 二十 → 20, 〇九〇 → 090. Empty when it reads as no number.
std::string read_kanji_number(std::u32string text) {
    std::replace(text.begin(), text.end(), U'拾', U'十');
    const bool positional = text.find(U'十') != std::u32string_view::npos ||
                            text.find(U'百') != std::u32string_view::npos;
    if (!positional) {
        std::string digits;
        for (const char32_t c : text) digits += static_cast<char>('0' + numeral(c));
        return digits;
    }
    if (text.size() > 5) return {};
    int sum = 0, held = 0;
    bool any = false;
    for (const char32_t c : text) {
        if (c == U'十' || c == U'百') {
            sum += (any ? held : 1) * (c == U'十' ? 10 : 100);
            held = 0;
            any = false;
        } else {
            held = numeral(c);
            any = true;
        }
    }
    return std::to_string(sum + held);
}

}  // namespace

std::string_view Numbers::before(std::size_t i) const {
    const std::size_t from = i == 0 ? 0 : numbers[i - 1].end;
    return std::string_view{text}.substr(from, numbers[i].begin - from);
}

std::string_view Numbers::after_last() const {
    return std::string_view{text}.substr(numbers.empty() ? 0 : numbers.back().end);
}

/// text::to_narrow of well-formed text.
std::string to_narrow(std::string_view utf8) {
    constexpr std::u32string_view kDashes = U"\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500";
    std::string out;
    for (const char32_t c : to_utf32(utf8)) {
        if (kDashes.find(c) != std::u32string_view::npos)
            out += '-';
        else if (c >= 0xFF01 && c <= 0xFF5E)
            out += static_cast<char>(c - 0xFEE0);
        else
            append_utf8(out, c == 0x3000 ? ' ' : c);
    }
    return out;
}

Numbers find_numbers(std::string_view utf8) {
    Numbers found;
    found.text = to_narrow(utf8);
    const std::string_view text = found.text;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t from = i;
        if (text[i] >= '0' && text[i] <= '9') {
            const auto is = [&](std::size_t at, std::string_view letters) {
                return at < text.size() && letters.find(text[at]) != std::string_view::npos;
            };
            const auto letter = [&](std::size_t at) {
                return at < text.size() && (text[at] | 0x20) >= 'a' && (text[at] | 0x20) <= 'z';
            };
            while (is(i, "0123456789")) ++i;
            // 042-OOO-2OO1: the letter O for zeros, with a hyphen beside the group.
            std::size_t begin = from, end = i;
            const std::size_t floor = found.numbers.empty() ? 0 : found.numbers.back().end;
            while (begin > floor && is(begin - 1, "Oo")) --begin;
            while (is(end, "0123456789Oo")) ++end;
            const bool hyphen = is(end, "-") || (begin > 0 && is(begin - 1, "-"));
            if (!hyphen || letter(end) || (begin > 0 && letter(begin - 1))) {
                begin = from;
                end = i;
            }
            const auto add = [&] {
                std::string digits{text.substr(begin, end - begin)};
                for (char& c : digits)
                    if (c == 'O' || c == 'o') c = '0';
                found.numbers.push_back({std::move(digits), begin, end});
                i = end;
            };
            add();
            begin = end + 1;
            if (!is(end, "-")) continue;
            for (++end; is(end, "Oo");) ++end;
            if (end - begin >= 2 && is(end, "-")) add();
            continue;
        }
        if (static_cast<unsigned char>(text[i]) < 0xE3) {
            ++i;  // no kanji begins below E3; the middle of a character is passed over too
            continue;
        }
        std::u32string kanji;
        std::size_t end = i;
        for (std::size_t at = i; at < text.size(); end = at) {
            const char32_t c = next_character(text, at);
            if (!is_kanji_number(c)) break;
            kanji += c;
        }
        if (kanji.empty()) {
            const char32_t c = next_character(text, i);
            constexpr std::string_view kYear = "年";
            if (c == U'元' && text.substr(i, kYear.size()) == kYear)
                found.numbers.push_back({"1", from, i});
            continue;
        }
        i = end;
        std::string digits = read_kanji_number(kanji);
        if (!digits.empty()) found.numbers.push_back({std::move(digits), from, end});
    }
    return found;
}

}  // namespace tsunagi::privacy::plain
