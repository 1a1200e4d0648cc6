#include "privacy/leak_scan.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdlib>
#include <unordered_map>
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
    std::vector<bool> start;  ///< one more than digits
};

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
    constexpr auto kWithin = std::to_array<std::string_view>(
        {" ", "-", "(", ")", ".", "/", "\n", "\r", "\t", "ー", "・", "\u00A0", "〜", "~"});
    constexpr std::size_t kWidest = 6;
    DigitStream stream;
    for (std::size_t i = 0; i < numbers.numbers.size(); ++i) {
        const std::string_view gap = numbers.before(i);
        if (i > 0 && (gap.size() > kWidest || !only(gap, kWithin))) {
            stream.digits += '|';
            stream.start.push_back(true);
        }
        stream.start.push_back(true);
        stream.digits += numbers.numbers[i].digits;
        stream.start.resize(stream.digits.size(), false);
    }
    stream.start.push_back(true);
    return stream;
}

bool stands_in(const DigitStream& stream, const DigitNeedle& needle) {
    for (std::size_t at = stream.digits.find(needle.digits); at != std::string::npos;
         at = stream.digits.find(needle.digits, at + 1)) {
        if (!needle.whole || (stream.start[at] && stream.start[at + needle.digits.size()]))
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
    while (gap.ends_with('.') || gap.ends_with("・")) gap.remove_suffix(gap.ends_with('.') ? 1 : 3);
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
    if (i + 2 >= all.size()) return false;
    constexpr auto kBetween = std::to_array<std::string_view>({"/", ".", "-", "・", ",", "ー"});
    const std::string_view one = trimmed(numbers.before(i + 1)),
                           other = trimmed(numbers.before(i + 2));
    const bool named = one == "年" && other == "月";
    const bool marked =
        one == other && std::find(kBetween.begin(), kBetween.end(), one) != kBetween.end();
    if (!named && !marked) return false;
    const int second = as_int(all[i + 1].digits), third = as_int(all[i + 2].digits);
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
    return fold_letters(gap.substr(from)).text.ends_with(address.town);
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

void walk(json::Value at, const std::string& path, std::vector<std::string>& cells) {
    if (at.is_string()) {
        if (text::has_my_number(at.text())) cells.push_back(path);
        return;
    }
    std::size_t index = 0;
    for (const json::Value child : at) {
        if (at.is_array()) {
            walk(child, path + "[" + std::to_string(index++) + "]", cells);
        } else if (std::find(kNumberCells.begin(), kNumberCells.end(), child.key()) ==
                   kNumberCells.end()) {
            walk(child, path + "." + std::string{child.key()}, cells);
        }
    }
}

}  // namespace

struct LeakScanner::Parts {
    Needles needles;
    std::unordered_map<char32_t, std::vector<std::size_t>> by_first;  ///< into needles.letters
    std::bitset<4096> firsts;  ///< whether by_first may hold a letter: most are in none

    /// Which sources stand in one text.
    void search_letters(std::string_view text, std::vector<bool>& seen) const {
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
            if (!firsts.test(all[i] % firsts.size())) continue;
            const auto bucket = by_first.find(all[i]);
            if (bucket == by_first.end()) continue;
            for (const std::size_t n : bucket->second) {
                const LetterNeedle& needle = needles.letters[n];
                if (seen[needle.source] || !all.substr(i).starts_with(needle.text)) continue;
                if (counts(letters, {i, i + needle.text.size()}, needle.place, known_words))
                    seen[needle.source] = true;
            }
        }
    }

    void search_numbers(const Numbers& numbers, std::vector<bool>& seen) const {
        if (!needles.digits.empty()) {
            const DigitStream stream = stream_of(numbers);
            for (const DigitNeedle& needle : needles.digits) {
                if (!seen[needle.source] && stands_in(stream, needle)) seen[needle.source] = true;
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
};

LeakScanner::LeakScanner() : parts_(std::make_unique<Parts>()) {}
LeakScanner::LeakScanner(LeakScanner&&) noexcept = default;
LeakScanner& LeakScanner::operator=(LeakScanner&&) noexcept = default;
LeakScanner::~LeakScanner() = default;

LeakScanner LeakScanner::of_packet(json::Value packet) {
    LeakScanner scanner;
    Parts& parts = *scanner.parts_;
    parts.needles = needles_of(packet);
    for (std::size_t i = 0; i < parts.needles.letters.size(); ++i) {
        const char32_t first = parts.needles.letters[i].text.front();
        parts.by_first[first].push_back(i);
        parts.firsts.set(first % parts.firsts.size());
    }
    return scanner;
}

std::vector<Finding> LeakScanner::scan(std::string_view bytes) const {
    std::vector<bool> seen(parts_->needles.sources.size(), false);
    bool my_number = false;
    for (const std::string& text : unwrapped(bytes)) {
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
    return findings;
}

std::vector<std::string> cells_with_my_number(json::Value packet) {
    std::vector<std::string> cells;
    walk(packet, "Packet", cells);
    return cells;
}

}  // namespace tsunagi::privacy
