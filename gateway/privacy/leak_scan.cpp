#include "privacy/leak_scan.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "privacy/folded.h"
#include "privacy/needles.h"
#include "privacy/unwrap.h"
#include "text/care.h"

namespace tsunagi::privacy {
namespace {

// ---- letters ------------------------------------------------------------------------------------

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

/// Whether one of the words stands around the match.
bool stands_within(std::u32string_view text, const Match& match,
                   std::span<const std::u32string> words) {
    return std::any_of(words.begin(), words.end(), [&](std::u32string_view word) {
        const std::size_t before = word.size() - std::min(word.size(), match.end - match.begin);
        for (std::size_t at = match.begin - std::min(match.begin, before); at <= match.begin;
             ++at) {
            if (at + word.size() >= match.end && text.substr(at).starts_with(word)) return true;
        }
        return false;
    });
}

/// Letters that lie beside each other in a text; the marks as in Letters.
struct Stretch {
    std::u32string_view text;
    const std::uint8_t* marks;
};

/// The match counts at its place.
bool counts(const Stretch& letters, const Match& match, Place place,
            std::span<const std::u32string> known_words) {
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
                   !stands_within(text, match, known_words);
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

constexpr std::string_view kSeparators = " -()./~#,\n\r\t";
constexpr auto kLongSeparators =
    std::to_array<std::string_view>({"ー", "・", "\u00A0", "〜", "、"});
/// Bytes that a separator begins with.
constexpr auto kBeginsSeparator = [] {
    std::array<bool, 256> begins{};
    for (const char c : kSeparators) begins[static_cast<unsigned char>(c)] = true;
    for (const std::string_view word : kLongSeparators)
        begins[static_cast<unsigned char>(word.front())] = true;
    return begins;
}();
bool begins_separator(char c) { return kBeginsSeparator.data()[static_cast<unsigned char>(c)]; }

/// Whether a number may go on behind `gap`: nothing stands in it but separators, and few.
bool joins_numbers(std::string_view gap) {
    constexpr std::size_t kWidest = 6;
    if (gap.size() > kWidest) return false;
    while (!gap.empty()) {
        if (!begins_separator(gap.front())) return false;
        std::size_t size = 1;
        if (static_cast<unsigned char>(gap.front()) >= 0x80) {
            const auto* const word =
                std::find_if(kLongSeparators.begin(), kLongSeparators.end(),
                             [&](std::string_view each) { return gap.starts_with(each); });
            if (word == kLongSeparators.end()) return false;
            size = word->size();
        }
        gap.remove_prefix(size);
    }
    return true;
}

/// Codes and systems with six digits that the maps write into every offer. A test compares.
constexpr auto kInEveryOffer =
    std::to_array<std::string_view>({"ICD10-2013-full", "30525-0", "57133-1"});

/// What lies from `begin` to before `end` is part of one of these.
bool is_in_every_offer(std::string_view text, std::size_t begin, std::size_t end) {
    const std::string_view found = text.substr(begin, end - begin);
    return std::any_of(kInEveryOffer.begin(), kInEveryOffer.end(), [&](std::string_view constant) {
        const std::size_t at = constant.find(found);
        return at != std::string_view::npos && at <= begin &&
               text.substr(begin - at).starts_with(constant);
    });
}

/// 2026-11-20, 2026/11/20, 2026-11: the numbers from `first` to before `last` are a day or month.
bool is_calendar_date(const Numbers& numbers, std::size_t first, std::size_t last) {
    const auto between = [&](std::size_t i, std::size_t size, int from, int to) {
        const Number& number = numbers.numbers[i];
        return std::string_view{numbers.text}.substr(number.begin, size) == numbers.digits(i) &&
               number.value >= from && number.value <= to;
    };
    if (last - first < 2 || last - first > 3) return false;
    const std::string_view gap = numbers.before(first + 1);
    if (gap != "-" && gap != "/") return false;
    if (!between(first, 4, 1800, 2199) || !between(first + 1, 2, 1, 12)) return false;
    return last - first == 2 || (numbers.before(first + 2) == gap && between(first + 2, 2, 1, 31));
}

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

/// 13 for a day of 1938; 15 and 1 for one of 1926, which had two eras.
bool is_year_of_its_era(int year, const DateNeedle& date) {
    for (std::size_t k = 0; k < kEras.size(); ++k) {
        const bool lies_in = date.year >= kEras[k].first &&
                             (k + 1 == kEras.size() || date.year <= kEras[k + 1].first);
        if (lies_in && year == date.year - kEras[k].first + 1) return true;
    }
    return false;
}

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

/// 19380402, S130402.
bool is_date_in_one_piece(const Numbers& numbers, std::size_t i, const DateNeedle& date) {
    if (numbers.numbers[i].value >= 0) return false;
    const auto two = [](int n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    std::string_view year = numbers.digits(i);
    const std::string_view month_day = year.substr(year.size() - 4);
    year.remove_suffix(4);
    if (small_value(month_day) != date.month * 100 + date.day) return false;
    if (year == std::to_string(date.year)) return true;
    const Era* era = era_before(numbers.before(i));
    return era && year == two(date.year - era->first + 1);
}

bool is_year(const Numbers& numbers, std::size_t i, bool named, int wanted) {
    const int year = numbers.numbers[i].value;
    if (year == wanted) return true;
    if (const Era* era = era_before(numbers.before(i))) return year + era->first - 1 == wanted;
    // 13年4月2日 without its era: 昭和 in one form is 平成 in another, so any era counts.
    return named && std::any_of(kEras.begin(), kEras.end(),
                                [&](const Era& each) { return year + each.first - 1 == wanted; });
}

/// What stands between two parts of a date, without what may stand there besides: spaces, commas,
/// の, and the brackets around a year of the other calendar.
std::string bare(std::string_view gap) {
    static constexpr auto kBesides = std::to_array<std::string_view>(
        {" ", "\t", "\r", "\n", ",", "(", ")", "、", "，", "の", "[", "]", "〔", "〕"});
    constexpr std::size_t kWidest = 24;
    if (gap.size() > kWidest) return std::string{gap};
    std::string left;
    while (!gap.empty()) {
        const auto word =
            std::find_if(kBesides.begin(), kBesides.end(),
                         [&](std::string_view each) { return gap.starts_with(each); });
        if (word == kBesides.end()) left += gap.front();
        gap.remove_prefix(word == kBesides.end() ? 1 : word->size());
    }
    return left;
}

/// 1938-04-02, 昭和13年4月2日, 昭和13年(1938年)4月2日; 04/02/1938 and 2.4.1938.
bool is_date_in_three(const Numbers& numbers, std::size_t i, const DateNeedle& date) {
    static constexpr auto kBetween =
        std::to_array<std::string_view>({"/", ".", "-", "・", "ー", "_", "~"});
    if (i + 2 >= numbers.numbers.size()) return false;
    const Number* const at = &numbers.numbers[i];
    const int first = at[0].value, second = at[1].value, third = at[2].value;
    const bool year_first = second == date.month && third == date.day;
    const bool year_last = third == date.year && ((first == date.month && second == date.day) ||
                                                  (first == date.day && second == date.month));
    if (!year_first && !year_last) return false;
    const std::string one = bare(numbers.before(i + 1)), other = bare(numbers.before(i + 2));
    const auto is_mark = [](std::string_view gap) {
        return std::find(kBetween.begin(), kBetween.end(), gap) != kBetween.end();
    };
    // 1938 4 2 has nothing between its parts; behind a year in brackets stands no 年 of its own.
    const bool marked = one == other && (one.empty() || is_mark(one));
    const bool named = one == "年" && other == "月";
    const bool mixed = (one == "年" && is_mark(other)) || (one.empty() && other == "月");
    return (year_last && marked) ||
           (year_first && (named || marked || mixed) && is_year(numbers, i, named, date.year));
}

/// The month whose English name stands at the end of `gap`, whole or by its first three letters; 0:
/// none. `gap` may have a comma, a point or "of" behind it, "nd" before.
int english_month(std::string_view gap) {
    static constexpr auto kMonths = std::to_array<std::string_view>(
        {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"});
    const auto is_letter = [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; };
    while (!gap.empty() && !is_letter(gap.back())) gap.remove_suffix(1);
    std::size_t begin = gap.size();
    while (begin > 0 && is_letter(gap[begin - 1])) --begin;
    std::string word;
    for (const char c : gap.substr(begin)) word += static_cast<char>(c | 0x20);
    for (std::size_t month = 0; month < kMonths.size(); ++month) {
        if (word.starts_with(kMonths[month])) return static_cast<int>(month) + 1;
    }
    return 0;
}

/// April 2, 1938; 2nd April 1938; 1938 Apr 2.
bool is_date_in_english(const Numbers& numbers, std::size_t i, const DateNeedle& date) {
    if (i + 1 >= numbers.numbers.size()) return false;
    const int first = numbers.numbers[i].value, second = numbers.numbers[i + 1].value;
    const bool year_last = first == date.day && second == date.year;
    if (!year_last && (first != date.year || second != date.day)) return false;
    return english_month(numbers.before(i + 1)) == date.month ||
           (year_last && english_month(numbers.before(i)) == date.month);
}

/// 13.4.2, 38/4/2 and 4/2/38: the very year, in two digits or of the era that the day lies in, and
/// nothing that makes it a part of something longer (an object identifier, a version, an address).
bool is_date_in_brief(const Numbers& numbers, std::size_t i, const DateNeedle& date) {
    static constexpr auto kBetween = std::to_array<std::string_view>({"/", ".", "・"});
    static constexpr std::string_view kJoins = "./-_:+%";
    const std::size_t count = numbers.numbers.size();
    if (i + 2 >= count) return false;
    const Number* const at = &numbers.numbers[i];
    const int first = at[0].value, second = at[1].value, third = at[2].value;
    const auto is_western = [&](std::size_t which) {
        return numbers.digits(which).size() == 2 && numbers.numbers[which].value == date.year % 100;
    };
    const bool year_first = second == date.month && third == date.day &&
                            (is_western(i) || is_year_of_its_era(first, date));
    const bool year_last = is_western(i + 2) && ((first == date.month && second == date.day) ||
                                                 (first == date.day && second == date.month));
    if (!year_first && !year_last) return false;
    const std::string_view between = numbers.before(i + 1);
    if (between != numbers.before(i + 2) ||
        std::find(kBetween.begin(), kBetween.end(), between) == kBetween.end())
        return false;
    const std::string_view before = numbers.before(i),
                           behind = i + 3 < count ? numbers.before(i + 3) : numbers.after_last();
    const auto joins = [](char c) {
        return kJoins.find(c) != std::string_view::npos ||
               is_latin(static_cast<char32_t>(static_cast<unsigned char>(c) | 0x20U));
    };
    // A full stop may end the sentence; one with a number behind goes on.
    const bool goes_on = !behind.empty() && joins(behind.front()) &&
                         (behind.front() != '.' || (behind.size() == 1 && i + 3 < count));
    return !goes_on && (before.empty() || !joins(before.back()));
}

bool is_date(const Numbers& numbers, std::size_t i, const DateNeedle& date) {
    return is_date_in_one_piece(numbers, i, date) || is_date_in_three(numbers, i, date) ||
           is_date_in_english(numbers, i, date) || is_date_in_brief(numbers, i, date);
}

/// やとちょう9-99-12: no cell says how the town is read, but all its numbers stand right behind a
/// word in kana. A dose of three numbers (1-0-1) has none of two digits.
bool is_town_in_kana(std::string_view gap, std::u32string_view tail, const AddressNeedle& address) {
    constexpr std::size_t kShortestTown = 3;
    if (gap.empty() || static_cast<unsigned char>(gap.back()) < 0x80) return false;
    if (tail.size() < kShortestTown) return false;
    const std::u32string_view word = tail.substr(tail.size() - kShortestTown);
    if (!std::all_of(word.begin(), word.end(), is_kana)) return false;
    const bool says_town =
        tail.ends_with(U"チョウ") || tail.ends_with(U"マチ") || tail.ends_with(U"ムラ");
    const bool of_two_digits =
        std::any_of(address.numbers.begin(), address.numbers.end(),
                    [](const std::string& each) { return each.size() >= 2; });
    return of_two_digits && (says_town || address.numbers.size() >= 3);
}

bool is_address(const Numbers& numbers, std::size_t i, const AddressNeedle& address) {
    if (numbers.numbers[i].value != address.first ||
        i + address.numbers.size() > numbers.numbers.size())
        return false;
    for (std::size_t k = 0; k < address.numbers.size(); ++k) {
        if (numbers.digits(i + k) != address.numbers[k]) return false;
        if (k > 0 && !is_address_gap(numbers.before(i + k))) return false;
    }
    // Enough bytes for three letters and the spaces among them.
    constexpr std::size_t kTail = 24;
    const std::string_view gap = numbers.before(i);
    std::size_t from = gap.size() - std::min(gap.size(), kTail);
    while (from < gap.size() && (static_cast<unsigned char>(gap[from]) & 0xC0) == 0x80) ++from;
    const std::u32string tail = fold_letters(gap.substr(from)).text;
    return tail.ends_with(address.town) || is_town_in_kana(gap, tail, address);
}

/// Twelve digits, or three groups of four, standing alone: not inside an id, a date or a phone.
bool holds_my_number(const Numbers& numbers) {
    const auto joins = [](std::string_view gap, bool at_end) {
        if (gap.empty()) return false;
        const char c = at_end ? gap.back() : gap.front();
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               c == '-' || c == '.' || c == '+' || c == ':' || c == '/' || c == '_';
    };
    const std::size_t count = numbers.numbers.size();
    const auto alone = [&](std::size_t first, std::size_t last) {
        return !joins(numbers.before(first), true) &&
               !joins(last + 1 < count ? numbers.before(last + 1) : numbers.after_last(), false);
    };
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t size = numbers.size(i);
        if (size == 12 && alone(i, i) && text::has_my_number(numbers.digits(i))) return true;
        if (size != 4 || i + 2 >= count || numbers.size(i + 1) != 4 || numbers.size(i + 2) != 4)
            continue;
        const std::string_view gap = numbers.before(i + 1);
        if ((gap != " " && gap != "-") || numbers.before(i + 2) != gap || !alone(i, i + 2))
            continue;
        std::string whole{numbers.digits(i)};
        whole += numbers.digits(i + 1);
        whole += numbers.digits(i + 2);
        if (text::has_my_number(whole)) return true;
    }
    return false;
}

// ---- My Number in a packet ----------------------------------------------------------------------

/// Cells that hold a number or code of another kind by their definition: a run of twelve digits in
/// them is that number, and about one in ten would pass the check digit by chance.
constexpr auto kNumberCells = std::to_array<std::string_view>({"code",
                                                               "fax",
                                                               "hot9",
                                                               "icd10",
                                                               "insuredNumber",
                                                               "insurerNumber",
                                                               "jlac10",
                                                               "data",
                                                               "medicalLicenceNumber",
                                                               "medisCode",
                                                               "nightPhone",
                                                               "number",
                                                               "officeNumber",
                                                               "organisationNumber",
                                                               "patientPhone",
                                                               "patientPostalCode",
                                                               "payerNumber",
                                                               "phone",
                                                               "postalCode",
                                                               "recipientNumber",
                                                               "registrationNumber",
                                                               "subNumber",
                                                               "symbol",
                                                               "yj",
                                                               "clinicPatientNumber"});

void walk(json::Value packet, json::Value at, std::vector<std::string>& cells) {
    if (at.is_string()) {
        if (text::has_my_number(at.text())) cells.push_back(json::path_of(packet, at, "Packet"));
        return;
    }
    for (const json::Value child : at) {
        const bool is_number_cell =
            at.is_object() &&
            std::find(kNumberCells.begin(), kNumberCells.end(), child.key()) != kNumberCells.end();
        if (!is_number_cell) walk(packet, child, cells);
    }
}

}  // namespace

struct LeakScanner::Parts {
    // Which needles may begin with two letters.
    static constexpr std::uint8_t kWords = 1;  // Place::LatinWord: not within a Latin word
    static constexpr std::uint8_t kOthers = 2;
    static constexpr std::size_t kSlots = 4096;
    /// Every digit needle is longer: what all of them begin with.
    static constexpr std::size_t kHead = 4;

    Needles needles;
    std::array<std::uint8_t, kSlots> begins{};  ///< by slot_of() its first two letters
    /// Letters to both sides of where a match begins that decide about it: the longest needle, the
    /// longest known word, and what may stand behind a name.
    std::size_t context = 0;
    std::bitset<10000> digit_heads;  ///< first four digits of the digit needles
    std::size_t shortest_digits = static_cast<std::size_t>(-1);
    // What a number of four digits at most may be.
    static constexpr std::uint8_t kYear = 1;  // of a date, in four digits or two
    static constexpr std::uint8_t kMonth = 2;
    static constexpr std::uint8_t kDay = 4;
    static constexpr std::uint8_t kAddress = 8;  // the first of an address
    std::array<std::uint8_t, 10000> roles{};     ///< by the number

    explicit Parts(Needles sought = {}) : needles(std::move(sought)) {
        const auto by_first = [](const LetterNeedle& left, const LetterNeedle& right) {
            return left.text.front() < right.text.front();
        };
        std::stable_sort(needles.letters.begin(), needles.letters.end(), by_first);
        for (const LetterNeedle& needle : needles.letters) {
            const char32_t first = needle.text.front();
            context = std::max(context, needle.text.size());
            const std::uint8_t kind = needle.place == Place::LatinWord ? kWords : kOthers;
            if (needle.text.size() > 1) {
                begins[slot_of(first, needle.text[1])] |= kind;
            } else if (needle.place == Place::WithHonorific) {
                for (const std::u32string_view word : kHonorifics)
                    begins[slot_of(first, word.front())] |= kind;
            } else {
                for (std::uint8_t& each : begins) each |= kind;
            }
        }
        std::size_t longest_word = 0;
        for (const std::u32string& word : needles.known_words)
            longest_word = std::max(longest_word, word.size());
        constexpr std::size_t kLongestBehind = 8;
        context += longest_word + kLongestBehind;
        for (const DigitNeedle& needle : needles.digits) {
            digit_heads.set(head_of(needle.digits));
            shortest_digits = std::min(shortest_digits, needle.digits.size());
        }
        const auto give = [&](int number, std::uint8_t role) {
            if (number >= 0) roles[static_cast<std::size_t>(number)] |= role;
        };
        for (const DateNeedle& date : needles.dates) {
            give(date.year, kYear);
            give(date.year % 100, kYear);
            give(date.month, kMonth);
            give(date.day, kDay);
        }
        for (const AddressNeedle& address : needles.addresses) give(address.first, kAddress);
    }

    static std::size_t slot_of(char32_t one, char32_t two) { return (one * 64 + two) % kSlots; }

    /// Which sources stand in one text.
    void search_letters(std::string_view text, std::vector<bool>& seen) const {
        if (needles.letters.empty()) return;
        constexpr std::size_t kStretch = 4096;
        const std::uint8_t* const kinds = begins.data();
        LetterFolder folder(text);
        std::size_t from = 0;  // what stands before is searched
        for (bool more = true; more;) {
            more = folder.fold(kStretch);
            const Stretch letters{folder.text(), folder.marks()};
            // What decides about a match lies within `context` letters of where it begins.
            const std::size_t end =
                letters.text.size() - (more ? std::min(letters.text.size(), context) : 0);
            if (end <= from) continue;
            const char32_t* const all = letters.text.data();  // no check of every index
            for (std::size_t i = from; i < end; ++i) {
                // Behind the last letter stands anything: no needle is found there.
                const std::uint8_t may_begin = kinds[slot_of(all[i], all[i + 1])];
                if (may_begin == 0) continue;
                const bool within_word = is_latin(all[i]) && !(letters.marks[i] & Letters::Apart) &&
                                         is_latin(all[i - 1]);
                if (!within_word || (may_begin & kOthers)) search_letters_at(letters, i, seen);
            }
            from = std::min(end, context);
            folder.forget(end - from);
        }
    }

    void search_letters_at(const Stretch& letters, std::size_t at, std::vector<bool>& seen) const {
        const std::u32string_view rest = letters.text.substr(at);
        auto needle = std::partition_point(
            needles.letters.begin(), needles.letters.end(),
            [&](const LetterNeedle& each) { return each.text.front() < rest.front(); });
        for (; needle != needles.letters.end() && needle->text.front() == rest.front(); ++needle) {
            if (seen[needle->source] || !rest.starts_with(needle->text)) continue;
            if (counts(letters, {at, at + needle->text.size()}, needle->place, needles.known_words))
                seen[needle->source] = true;
        }
    }

    static std::size_t head_of(std::string_view digits) {
        return static_cast<std::size_t>(small_value(digits.substr(0, kHead)));
    }

    /// The digits of the numbers from `first` to before `last`, which may be one number.
    void search_digits(const Numbers& numbers, std::size_t first, std::size_t last,
                       std::vector<bool>& seen) const {
        std::string digits;
        std::vector<std::size_t> starts;  // of the numbers as written, and the end
        for (std::size_t i = first; i < last; ++i) {
            starts.push_back(digits.size());
            digits += numbers.digits(i);
        }
        starts.push_back(digits.size());
        /// Of the number that begins there, counted from `first`; none within a number.
        const auto index_at = [&](std::size_t at) -> std::optional<std::size_t> {
            const auto found = std::lower_bound(starts.begin(), starts.end(), at);
            if (found == starts.end() || *found != at) return std::nullopt;
            return static_cast<std::size_t>(found - starts.begin());
        };
        const auto stands_whole = [&](std::size_t at, std::size_t size) {
            const auto begin = index_at(at), end = index_at(at + size);
            if (!begin || !end) return false;
            // A patient who came on 20261120 is not named by the dates of that day.
            if (is_calendar_date(numbers, first + *begin, first + *end)) return false;
            return !is_in_every_offer(numbers.text, numbers.numbers[first + *begin].begin,
                                      numbers.numbers[first + *end - 1].end);
        };
        for (std::size_t at = 0; at + shortest_digits <= digits.size(); ++at) {
            const std::string_view rest = std::string_view{digits}.substr(at);
            if (!digit_heads.test(head_of(rest))) continue;
            for (const DigitNeedle& needle : needles.digits) {
                if (!rest.starts_with(needle.digits)) continue;
                if (!needle.whole || stands_whole(at, needle.digits.size()))
                    seen[needle.source] = true;
            }
        }
    }

    /// Numbers with nothing but separators between them are taken together.
    void search_digit_runs(const Numbers& numbers, std::vector<bool>& seen) const {
        if (needles.digits.empty()) return;
        const std::size_t count = numbers.numbers.size();
        for (std::size_t first = 0, last = 0; first < count; first = last) {
            std::size_t size = 0;
            do {
                size += numbers.size(last++);
            } while (last < count && joins_numbers(numbers.before(last)));
            if (size >= shortest_digits) search_digits(numbers, first, last, seen);
        }
    }

    void search_numbers(const Numbers& numbers, std::vector<bool>& seen) const {
        search_digit_runs(numbers, seen);
        const std::span<const Number> all = numbers.numbers;
        const Number* const data = all.data();  // no check of every index
        const auto role = [&](std::size_t i) {
            const bool is_short = i < all.size() && data[i].value >= 0;
            return is_short ? roles.data()[data[i].value] : std::uint8_t{0};
        };
        std::uint8_t one = role(0), two = role(1), three = role(2);
        for (std::size_t i = 0; i < all.size(); ++i) {
            const bool is_long = data[i].value < 0;
            // Every form of a date but that in one piece has one of these.
            const bool may_be_date = ((two & kMonth) && (three & kDay)) || (three & kYear) ||
                                     (two & kYear) || ((one & kYear) && (two & kDay));
            if (is_long || may_be_date) {
                for (const DateNeedle& date : needles.dates) {
                    if (is_date(numbers, i, date)) seen[date.source] = true;
                }
            }
            if (is_long || (one & kAddress)) {
                for (const AddressNeedle& address : needles.addresses) {
                    if (is_address(numbers, i, address)) seen[address.source] = true;
                }
            }
            one = std::exchange(two, std::exchange(three, role(i + 3)));
        }
    }
};

LeakScanner::LeakScanner() : parts_(std::make_unique<Parts>()) {}
LeakScanner::LeakScanner(LeakScanner&&) noexcept = default;
LeakScanner& LeakScanner::operator=(LeakScanner&&) noexcept = default;
LeakScanner::~LeakScanner() = default;

LeakScanner LeakScanner::of_packet(json::Value packet) {
    LeakScanner scanner;
    scanner.parts_ = std::make_unique<Parts>(needles_of(packet));
    return scanner;
}

std::vector<Finding> LeakScanner::scan(std::string_view bytes) const {
    std::vector<bool> seen(parts_->needles.sources.size(), false);
    bool my_number = false;
    const std::vector<std::string> texts = unwrapped(bytes);
    for (const std::string& text : texts) {
        parts_->search_letters(text, seen);
        const Numbers numbers = find_numbers(text);
        parts_->search_numbers(numbers, seen);
        my_number = my_number || holds_my_number(numbers);
    }
    std::vector<Finding> findings;
    for (std::size_t i = 0; i < seen.size(); ++i) {
        if (!seen[i]) continue;
        const auto& source = parts_->needles.sources[i];
        findings.push_back({source.kind, source.cell});
    }
    if (my_number) findings.push_back({"my-number", {}});
    // Where identifiers must not be, nothing leaves that cannot be looked through.
    if (!seen.empty() && holds_compressed(bytes, texts)) findings.push_back({"compressed", {}});
    return findings;
}

namespace {

/// Every string of the packet with its path.
void add_texts(json::Value packet, json::Value at,
               std::vector<std::pair<std::string, std::string_view>>& texts) {
    if (at.is_string()) texts.emplace_back(json::path_of(packet, at, "Packet"), at.text());
    for (const json::Value child : at) add_texts(packet, child, texts);
}

/// Where each character begins, and the end.
std::vector<std::size_t> starts_of(std::string_view utf8) {
    std::vector<std::size_t> starts;
    for (std::size_t at = 0; at < utf8.size(); ++at) {
        if ((static_cast<unsigned char>(utf8[at]) & 0xC0U) != 0x80U) starts.push_back(at);
    }
    starts.push_back(utf8.size());
    return starts;
}

}  // namespace

std::vector<KnownPlace> LeakScanner::places_in(json::Value packet) const {
    std::vector<KnownPlace> places;
    std::vector<std::pair<std::string, std::string_view>> texts;
    add_texts(packet, packet, texts);
    const auto& sources = parts_->needles.sources;
    for (const auto& [cell, text] : texts) {
        const bool is_source = std::any_of(sources.begin(), sources.end(),
                                           [&](const auto& each) { return each.cell == cell; });
        if (is_source) continue;
        for (const Finding& finding : scan(text)) {
            if (finding.cell.empty()) continue;
            if (places.size() == kMostPlaces) return places;
            const std::vector<std::size_t> starts = starts_of(text);
            const auto holds = [&](std::size_t begin, std::size_t end) {
                const auto found = scan(text.substr(starts[begin], starts[end] - starts[begin]));
                return std::any_of(found.begin(), found.end(),
                                   [&](const Finding& each) { return each.cell == finding.cell; });
            };
            // The shortest beginning of the text that holds it, and of that the shortest end.
            std::size_t end = starts.size() - 1, without = 0;
            while (end - without > 1) {
                const std::size_t middle = without + (end - without) / 2;
                (holds(0, middle) ? end : without) = middle;
            }
            std::size_t begin = 0, beyond = end;
            while (beyond - begin > 1) {
                const std::size_t middle = begin + (beyond - begin) / 2;
                (holds(middle, end) ? begin : beyond) = middle;
            }
            places.push_back({finding, cell, static_cast<std::uint32_t>(begin),
                              static_cast<std::uint32_t>(end)});
        }
    }
    return places;
}

std::vector<std::string> cells_with_my_number(json::Value packet) {
    std::vector<std::string> cells;
    walk(packet, packet, cells);
    return cells;
}

}  // namespace tsunagi::privacy
