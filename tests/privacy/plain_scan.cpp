// What privacy/leak_scan.h does, needle by needle.
#include "privacy/plain_scan.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <regex>
#include <span>
#include <utility>

#include "text/care.h"

namespace tsunagi::privacy::plain {
namespace {

/// Folded as letters are: hiragana as katakana.
constexpr auto kHonorifics = std::to_array<std::u32string_view>(
    {U"サン", U"サマ", U"様", U"氏", U"殿", U"君", U"クン", U"チャン", U"翁", U"媼"});
constexpr std::u32string_view kParticles = U"ハガヲノニトモヘデヤ";
/// What makes the name before it that of a place, an institution or a doctor.
constexpr auto kNotThePatient = std::to_array<std::u32string_view>(
    {U"県",   U"市",   U"区",         U"町",     U"村",   U"駅",   U"郡",
     U"病院", U"医院", U"クリニック", U"診療所", U"薬局", U"歯科", U"内科",
     U"外科", U"整形", U"製薬",       U"薬品",   U"先生", U"医師", U"dr"});

bool follows(std::u32string_view text, std::size_t at, std::span<const std::u32string_view> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::u32string_view word) { return text.substr(at).starts_with(word); });
}

struct Match {
    std::size_t begin, end;
};

/// The match counts at its place.
bool counts(const Letters& letters, const Match& match, Place place,
            const std::vector<Match>& known_words) {
    const std::u32string_view text = letters.text;
    const auto apart = [&](std::size_t at) {
        return at >= text.size() || (letters.marks[at] & Letters::Apart);
    };
    const bool honorific = follows(text, match.end, kHonorifics);
    switch (place) {
        case Place::Anywhere:
            return true;
        case Place::WithHonorific:
            return honorific;
        case Place::PartOfName:
            return !follows(text, match.end, kNotThePatient) &&
                   std::none_of(known_words.begin(), known_words.end(), [&](const Match& word) {
                       return word.begin <= match.begin && match.end <= word.end;
                   });
        case Place::KanaWord: {
            // 「タナベ」 behind the name of a drug is its maker.
            const bool quoted = (letters.marks[match.begin] & Letters::AfterOpen) &&
                                (letters.marks[match.end] & Letters::AfterClose);
            if (quoted ||
                !(apart(match.begin) || match.begin == 0 || !is_kana(text[match.begin - 1])))
                return false;
            return honorific || apart(match.end) || !is_kana(text[match.end]) ||
                   kParticles.find(text[match.end]) != std::u32string_view::npos;
        }
        case Place::LatinWord:
            return (apart(match.begin) || !is_latin(text[match.begin - 1])) &&
                   (apart(match.end) || !is_latin(text[match.end]));
    }
    return true;
}

// ---- numbers ------------------------------------------------------------------------------------

/// Digits of a text where they may form one number, "|" where something else parts them. `start`
/// says where a number as written begins in it.
struct DigitStream {
    std::string digits;
    std::vector<bool> start;          ///< one more than digits
    std::vector<std::size_t> number;  ///< to which a digit belongs
};

/// A day or month, or a part of what every offer holds.
bool stands_by_right(const Numbers& numbers, std::size_t first, std::size_t last) {
    static const std::regex kDate{
        "(1[89]|2[01])[0-9]{2}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?|"
        "/(0[1-9]|1[0-2])(/(0[1-9]|[12][0-9]|3[01]))?)"};
    static const std::regex kConstant{"ICD10-2013-full|30525-0|57133-1"};
    const std::size_t begin = numbers.numbers[first].begin, end = numbers.numbers[last].end;
    const std::string& text = numbers.text;
    if (std::regex_match(text.begin() + static_cast<std::ptrdiff_t>(begin),
                         text.begin() + static_cast<std::ptrdiff_t>(end), kDate))
        return true;
    for (std::sregex_iterator at(text.begin(), text.end(), kConstant), none; at != none; ++at) {
        const auto from = static_cast<std::size_t>(at->position());
        if (from <= begin && end <= from + static_cast<std::size_t>(at->length())) return true;
    }
    return false;
}

bool only(std::string_view gap, std::span<const std::string_view> words) {
    while (!gap.empty()) {
        const auto word = std::find_if(words.begin(), words.end(),
                                       [&](auto each) { return gap.starts_with(each); });
        if (word == words.end()) return false;
        gap.remove_prefix(word->size());
    }
    return true;
}

DigitStream stream_of(const Numbers& numbers) {
    constexpr auto kWithin =
        std::to_array<std::string_view>({" ", "-", "(", ")", ".", "/", "\n", "\r", "\t", "ー", "・",
                                         "\u00A0", "〜", "~", "#", ",", "、"});
    constexpr std::size_t kWidest = 6;
    DigitStream stream;
    for (std::size_t i = 0; i < numbers.numbers.size(); ++i) {
        const std::string_view gap = numbers.before(i);
        if (i > 0 && (gap.size() > kWidest || !only(gap, kWithin))) {
            stream.digits += '|';
            stream.start.push_back(true);
            stream.number.push_back(i);
        }
        stream.start.push_back(true);
        stream.digits += numbers.numbers[i].digits;
        stream.start.resize(stream.digits.size(), false);
        stream.number.resize(stream.digits.size(), i);
    }
    stream.start.push_back(true);
    return stream;
}

bool stands_in(const Numbers& numbers, const DigitStream& stream, const DigitNeedle& needle) {
    for (std::size_t at = stream.digits.find(needle.digits); at != std::string::npos;
         at = stream.digits.find(needle.digits, at + 1)) {
        if (!needle.whole) return true;
        const std::size_t end = at + needle.digits.size();
        if (stream.start[at] && stream.start[end] &&
            !stands_by_right(numbers, stream.number[at], stream.number[end - 1]))
            return true;
    }
    return false;
}

int as_int(const std::string& digits) { return digits.size() > 4 ? -1 : std::atoi(digits.c_str()); }

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t from = text.find_first_not_of(kSpace);
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(kSpace) - from + 1);
}

struct Era {
    std::string_view name, brief, square;
    char letter;
    int first;  ///< western year of year 1
};
constexpr std::array kEras{Era{"明治", "明", "㍾", 'm', 1868}, Era{"大正", "大", "㍽", 't', 1912},
                           Era{"昭和", "昭", "㍼", 's', 1926}, Era{"平成", "平", "㍻", 'h', 1989},
                           Era{"令和", "令", "㋿", 'r', 2019}};

/// The era written before a year; nullptr: none.
const Era* era_before(std::string_view gap) {
    gap = trimmed(gap);
    while (gap.ends_with('.') || gap.ends_with(')') || gap.ends_with("・"))
        gap.remove_suffix(gap.ends_with("・") ? 3 : 1);
    for (const Era& era : kEras) {
        if (gap.ends_with(era.name) || gap.ends_with(era.brief) || gap.ends_with(era.square))
            return &era;
        if (gap.empty()) continue;
        const char last = static_cast<char>(gap.back() | 0x20);
        const bool alone =
            gap.size() == 1 || !is_latin(static_cast<char32_t>(gap[gap.size() - 2] | 0x20));
        if (last == era.letter && alone) return &era;
    }
    return nullptr;
}

/// Without what may stand between the parts of a date besides.
std::string bare(std::string_view gap) {
    std::string left{gap};
    if (left.size() > 24) return left;
    for (const std::string_view word :
         {" ", "\t", "\r", "\n", ",", "(", ")", "、", "，", "の", "[", "]", "〔", "〕"}) {
        for (std::size_t at = left.find(word); at != std::string::npos; at = left.find(word))
            left.erase(at, word.size());
    }
    return left;
}

/// The month whose English name, or its first three letters, is the last word of `gap`; 0: none.
int english_month(std::string_view gap) {
    constexpr std::string_view kMonths = "janfebmaraprmayjunjulaugsepoctnovdec";
    std::string word;
    for (const char c : gap) {
        const char small = static_cast<char>(c | 0x20);
        const bool letter = small >= 'a' && small <= 'z';
        if (letter && !word.empty() && word.back() == ' ') word.clear();
        if (letter) word += small;
        if (!letter && !word.empty() && word.back() != ' ') word += ' ';
    }
    if (word.size() < 3) return 0;
    const std::size_t at = kMonths.find(std::string_view{word}.substr(0, 3));
    return at == std::string::npos || at % 3 != 0 ? 0 : static_cast<int>(at / 3) + 1;
}

/// 13.4.2, 38/4/2, 4/2/38 by themselves.
bool is_brief(const Numbers& numbers, std::size_t i, const DateNeedle& date) {
    const auto& all = numbers.numbers;
    const std::string_view mark = numbers.before(i + 1);
    if ((mark != "." && mark != "/" && mark != "・") || numbers.before(i + 2) != mark) return false;
    const int first = as_int(all[i].digits), second = as_int(all[i + 1].digits),
              third = as_int(all[i + 2].digits);
    const auto short_year = [&](const std::string& digits) {
        return digits.size() == 2 && as_int(digits) == date.year % 100;
    };
    const int begins[] = {1868, 1912, 1926, 1989, 2019, 9999};
    bool of_era = false;
    for (int k = 0; k < 5; ++k)
        of_era = of_era || (begins[k] <= date.year && date.year <= begins[k + 1] &&
                            first == date.year - begins[k] + 1);
    const bool year_first =
        (of_era || short_year(all[i].digits)) && second == date.month && third == date.day;
    const bool year_last =
        short_year(all[i + 2].digits) && ((first == date.month && second == date.day) ||
                                          (first == date.day && second == date.month));
    const auto joins = [](char c) {
        return std::string_view{"./-_:+%"}.find(c) != std::string_view::npos ||
               is_latin(static_cast<char32_t>(static_cast<unsigned char>(c) | 0x20U));
    };
    const std::string_view before = numbers.before(i);
    const bool last = i + 3 == all.size();
    const std::string_view behind = last ? numbers.after_last() : numbers.before(i + 3);
    if (!before.empty() && joins(before.back())) return false;
    const bool stop = !behind.empty() && behind.front() == '.' && (last || behind.size() > 1);
    if (!behind.empty() && joins(behind.front()) && !stop) return false;
    return year_first || year_last;
}

bool is_date(const Numbers& numbers, std::size_t i, const DateNeedle& date) {
    const auto& all = numbers.numbers;
    const Era* era = era_before(numbers.before(i));
    const int first = as_int(all[i].digits);
    const auto is_year = [&](int year, bool named) {
        if (year == date.year) return true;
        if (era) return year + era->first - 1 == date.year;
        // 13年4月2日 without its era: 昭和 in one form is 平成 in another, so any era counts.
        return named && std::any_of(kEras.begin(), kEras.end(), [&](const Era& each) {
                   return year + each.first - 1 == date.year;
               });
    };
    // In one piece: 19380402, S130402.
    const std::string& whole = all[i].digits;
    const auto two = [](int n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    const std::string month_day = two(date.month) + two(date.day);
    if (whole == std::to_string(date.year) + month_day) return true;
    if (era && whole == two(date.year - era->first + 1) + month_day) return true;
    if (i + 1 >= all.size()) return false;
    const int second = as_int(all[i + 1].digits);
    // April 2, 1938; 2 April 1938; 1938 Apr 2.
    const bool day_first = first == date.day && second == date.year;
    const bool between = english_month(numbers.before(i + 1)) == date.month;
    if ((day_first && (between || english_month(numbers.before(i)) == date.month)) ||
        (first == date.year && second == date.day && between))
        return true;
    if (i + 2 >= all.size()) return false;
    if (is_brief(numbers, i, date)) return true;
    constexpr auto kBetween =
        std::to_array<std::string_view>({"/", ".", "-", "・", "ー", "_", "~"});
    const std::string one = bare(numbers.before(i + 1)), other = bare(numbers.before(i + 2));
    const auto is_mark = [&](std::string_view gap) {
        return std::find(kBetween.begin(), kBetween.end(), gap) != kBetween.end();
    };
    const bool named = one == "年" && other == "月";
    const bool marked = one == other && (one.empty() || is_mark(one));
    const bool mixed = (one == "年" && is_mark(other)) || (one.empty() && other == "月");
    if (!named && !marked && !mixed) return false;
    const int third = as_int(all[i + 2].digits);
    if (second == date.month && third == date.day && is_year(first, named)) return true;
    // 04/02/1938 and 2.4.1938
    return marked && third == date.year &&
           ((first == date.month && second == date.day) ||
            (first == date.day && second == date.month));
}

bool is_address(const Numbers& numbers, std::size_t i, const AddressNeedle& address) {
    const auto& all = numbers.numbers;
    if (i + address.numbers.size() > all.size()) return false;
    for (std::size_t k = 0; k < address.numbers.size(); ++k) {
        if (all[i + k].digits != address.numbers[k]) return false;
        if (k > 0 && !is_address_gap(numbers.before(i + k))) return false;
    }
    // Enough bytes for three letters and the spaces among them.
    constexpr std::size_t kTail = 24;
    const std::string_view gap = numbers.before(i);
    std::size_t from = gap.size() - std::min(gap.size(), kTail);
    while (from < gap.size() && (static_cast<unsigned char>(gap[from]) & 0xC0) == 0x80) ++from;
    const std::u32string tail = fold_letters(gap.substr(from)).text;
    if (tail.ends_with(address.town)) return true;
    // The town in kana: every number right behind it, one of them of two digits.
    const bool two_digits = std::any_of(address.numbers.begin(), address.numbers.end(),
                                        [](const auto& each) { return each.size() > 1; });
    if (gap.empty() || static_cast<unsigned char>(gap.back()) < 0x80 || tail.size() < 3 ||
        !two_digits || !is_kana(tail.end()[-1]) || !is_kana(tail.end()[-2]) ||
        !is_kana(tail.end()[-3]))
        return false;
    return address.numbers.size() > 2 || tail.ends_with(U"チョウ") || tail.ends_with(U"マチ") ||
           tail.ends_with(U"ムラ");
}

/// Twelve digits, or three groups of four, standing alone: not inside an id, a date or a phone.
bool holds_my_number(const Numbers& numbers) {
    const auto joins = [](std::string_view gap, bool at_end) {
        if (gap.empty()) return false;
        const char c = at_end ? gap.back() : gap.front();
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '-' || c == '.' || c == '+' || c == ':' || c == '/' || c == '_';
    };
    const auto& all = numbers.numbers;
    const auto behind = [&](std::size_t last) {
        return last + 1 < all.size() ? numbers.before(last + 1) : numbers.after_last();
    };
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (joins(numbers.before(i), true)) continue;
        if (all[i].digits.size() == 12) {
            if (!joins(behind(i), false) && text::has_my_number(all[i].digits)) return true;
            continue;
        }
        if (i + 2 >= all.size() || all[i].digits.size() != 4 || all[i + 1].digits.size() != 4 ||
            all[i + 2].digits.size() != 4 || joins(behind(i + 2), false))
            continue;
        const std::string_view gap = numbers.before(i + 1);
        if ((gap == " " || gap == "-") && numbers.before(i + 2) == gap &&
            text::has_my_number(all[i].digits + all[i + 1].digits + all[i + 2].digits))
            return true;
    }
    return false;
}

/// Which sources stand in one text.
void search_letters(const Needles& needles, std::string_view text, std::vector<bool>& seen) {
    if (needles.letters.empty()) return;
    const Letters letters = fold_letters(text);
    const std::u32string_view all = letters.text;
    std::vector<Match> known_words;
    for (const std::u32string& word : needles.known_words) {
        for (std::size_t at = all.find(word); at != std::u32string_view::npos;
             at = all.find(word, at + 1))
            known_words.push_back({at, at + word.size()});
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (const LetterNeedle& needle : needles.letters) {
            if (seen[needle.source] || !all.substr(i).starts_with(needle.text)) continue;
            if (counts(letters, {i, i + needle.text.size()}, needle.place, known_words))
                seen[needle.source] = true;
        }
    }
}

void search_numbers(const Needles& needles, const Numbers& numbers, std::vector<bool>& seen) {
    if (!needles.digits.empty()) {
        const DigitStream stream = stream_of(numbers);
        for (const DigitNeedle& needle : needles.digits) {
            if (!seen[needle.source] && stands_in(numbers, stream, needle))
                seen[needle.source] = true;
        }
    }
    for (std::size_t i = 0; i < numbers.numbers.size(); ++i) {
        for (const DateNeedle& date : needles.dates) {
            if (is_date(numbers, i, date)) seen[date.source] = true;
        }
        for (const AddressNeedle& address : needles.addresses) {
            if (is_address(numbers, i, address)) seen[address.source] = true;
        }
    }
}

}  // namespace

std::vector<Finding> scan(const Needles& needles, std::string_view bytes) {
    std::vector<bool> seen(needles.sources.size(), false);
    bool my_number = false;
    for (const std::string& text : unwrapped(bytes)) {
        search_letters(needles, text, seen);
        const Numbers numbers = find_numbers(text);
        search_numbers(needles, numbers, seen);
        my_number = my_number || holds_my_number(numbers);
    }
    std::vector<Finding> findings;
    for (std::size_t i = 0; i < seen.size(); ++i) {
        if (seen[i]) findings.push_back({needles.sources[i].kind, needles.sources[i].cell});
    }
    if (my_number) findings.push_back({"my-number", {}});
    return findings;
}

}  // namespace tsunagi::privacy::plain
