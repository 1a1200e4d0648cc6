#include "text/initials.h"

#include <array>

#include "text/width.h"

namespace tsunagi::text {
namespace {

struct Row {
    std::string_view kana;
    char letter;
};

/// Hepburn letters of first sounds; a small kana after them (ジャ, ティ) changes the letter in the
/// first rows only.
constexpr std::array kRows{
    Row{"ウィ", 'W'}, Row{"ウェ", 'W'}, Row{"ウォ", 'W'}, Row{"イェ", 'Y'}, Row{"ア", 'A'},
    Row{"イ", 'I'},   Row{"ウ", 'U'},   Row{"エ", 'E'},   Row{"オ", 'O'},   Row{"ヴ", 'V'},
    Row{"カ", 'K'},   Row{"キ", 'K'},   Row{"ク", 'K'},   Row{"ケ", 'K'},   Row{"コ", 'K'},
    Row{"ガ", 'G'},   Row{"ギ", 'G'},   Row{"グ", 'G'},   Row{"ゲ", 'G'},   Row{"ゴ", 'G'},
    Row{"サ", 'S'},   Row{"シ", 'S'},   Row{"ス", 'S'},   Row{"セ", 'S'},   Row{"ソ", 'S'},
    Row{"ザ", 'Z'},   Row{"ジ", 'J'},   Row{"ズ", 'Z'},   Row{"ゼ", 'Z'},   Row{"ゾ", 'Z'},
    Row{"タ", 'T'},   Row{"チ", 'C'},   Row{"ツ", 'T'},   Row{"テ", 'T'},   Row{"ト", 'T'},
    Row{"ダ", 'D'},   Row{"ヂ", 'J'},   Row{"ヅ", 'Z'},   Row{"デ", 'D'},   Row{"ド", 'D'},
    Row{"ナ", 'N'},   Row{"ニ", 'N'},   Row{"ヌ", 'N'},   Row{"ネ", 'N'},   Row{"ノ", 'N'},
    Row{"ハ", 'H'},   Row{"ヒ", 'H'},   Row{"フ", 'F'},   Row{"ヘ", 'H'},   Row{"ホ", 'H'},
    Row{"バ", 'B'},   Row{"ビ", 'B'},   Row{"ブ", 'B'},   Row{"ベ", 'B'},   Row{"ボ", 'B'},
    Row{"パ", 'P'},   Row{"ピ", 'P'},   Row{"プ", 'P'},   Row{"ペ", 'P'},   Row{"ポ", 'P'},
    Row{"マ", 'M'},   Row{"ミ", 'M'},   Row{"ム", 'M'},   Row{"メ", 'M'},   Row{"モ", 'M'},
    Row{"ヤ", 'Y'},   Row{"ユ", 'Y'},   Row{"ヨ", 'Y'},   Row{"ラ", 'R'},   Row{"リ", 'R'},
    Row{"ル", 'R'},   Row{"レ", 'R'},   Row{"ロ", 'R'},   Row{"ワ", 'W'},   Row{"ヰ", 'I'},
    Row{"ヱ", 'E'},   Row{"ヲ", 'O'},   Row{"ン", 'N'},
};

}  // namespace

Result<std::string> read_initials(std::string_view text) {
    const std::string narrow = to_narrow(trim(text));
    std::string out;
    std::size_t letters_together = 0;
    for (std::size_t i = 0; i < narrow.size();) {
        const char c = narrow[i];
        const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        if (upper >= 'A' && upper <= 'Z') {
            out += upper;
            out += '.';
            // "Ta" is the beginning of a word, "TY" two initials.
            if (++letters_together > 1 && upper != c)
                return Error{Code::Invalid, "not-initials", {}};
            ++i;
            continue;
        }
        letters_together = 0;
        const std::string_view rest = std::string_view{narrow}.substr(i);
        const std::string_view separators[] = {".", " ", "・", "･", ",", "，"};
        std::size_t width = 0;
        for (const auto separator : separators) {
            if (rest.starts_with(separator)) width = separator.size();
        }
        if (width == 0) return Error{Code::Invalid, "not-initials", {}};
        i += width;
    }
    if (out.empty() || out.size() > 6) return Error{Code::Invalid, "not-initials", {}};
    return out;
}

Result<char> initial_of_kana(std::string_view kana) {
    const std::string wide = to_katakana(kana);
    for (const auto& row : kRows) {
        if (wide.starts_with(row.kana)) return row.letter;
    }
    return Error{Code::NotFound, "not-kana", {}};
}

Result<std::string> initials_of_kana(std::string_view kana, NameOrder order) {
    const std::string wide = to_katakana(trim(kana));
    const std::size_t space = wide.find(' ');
    if (space == std::string::npos) return Error{Code::Invalid, "not-two-names", {}};
    const auto family = initial_of_kana(wide);
    if (!family) return family.error();
    const auto given = initial_of_kana(std::string_view{wide}.substr(space + 1));
    if (!given) return given.error();
    const bool family_first = order == NameOrder::FamilyFirst;
    const char letters[] = {family_first ? *family : *given, '.', family_first ? *given : *family,
                            '.'};
    return std::string{letters, sizeof letters};
}

}  // namespace tsunagi::text
