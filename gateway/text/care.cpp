#include "text/care.h"

#include <array>
#include <utility>
#include <vector>

#include "text/width.h"

namespace tsunagi::text {
namespace {

bool take(std::string_view& text, std::string_view word) {
    if (!text.starts_with(word)) return false;
    text.remove_prefix(word.size());
    return true;
}

/// 1-5 in ASCII, kanji or Roman letters; the whole of `text`. 0 when it is none.
int small_number(std::string_view text) {
    static constexpr std::array<std::array<std::string_view, 4>, 5> kForms{
        {{"1", "一", "i", "壱"},
         {"2", "二", "ii", "弐"},
         {"3", "三", "iii", "参"},
         {"4", "四", "iv", "肆"},
         {"5", "五", "v", "伍"}}};
    for (std::size_t i = 0; i < kForms.size(); ++i) {
        for (const auto form : kForms[i]) {
            if (text == form) return static_cast<int>(i) + 1;
        }
    }
    return 0;
}

/// Of ASCII, and wide ones: U+FF10 to U+FF19 are EF BC 90 to EF BC 99.
std::size_t count_digits(std::string_view text) {
    std::size_t count = 0;
    unsigned last = 0;  // the two bytes before
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool wide = last == 0xEFBC && byte >= 0x90 && byte <= 0x99;
        count += wide || (byte >= '0' && byte <= '9') ? 1 : 0;
        last = (last << 8 | byte) & 0xFFFF;
    }
    return count;
}

}  // namespace

Result<std::string> read_care_level(std::string_view text) {
    const std::string key = match_key(text);
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kWords{
        {{"非該当", "01"},
         {"自立", "01"},
         {"事業対象者", "06"},
         {"経過的要介護", "11"},
         {"申請中", "applying"},
         {"区分変更中", "changing"},
         {"区分変更申請中", "changing"},
         {"未申請", "not-applied"},
         {"なし", "not-applied"}}};
    for (const auto& [word, code] : kWords) {
        if (key == match_key(word)) return std::string{code};
    }
    std::string_view rest = key;
    take(rest, "要");
    const auto open_brackets = [&rest] {
        if (rest.starts_with('(') && rest.ends_with(')')) rest = rest.substr(1, rest.size() - 2);
    };
    if (take(rest, "支援") || take(rest, "支")) {
        open_brackets();
        const int level = small_number(rest);
        if (level >= 1 && level <= 2) return "1" + std::to_string(level + 1);
    } else if (take(rest, "介護") || take(rest, "介")) {
        take(rest, "度");
        open_brackets();
        const int level = small_number(rest);
        if (level >= 1) return "2" + std::to_string(level);
    }
    return Error{Code::Invalid, "not-a-care-level", {}};
}

Result<std::string> read_disability_grade(std::string_view text) {
    const std::string key = match_key(text);
    if (key == match_key("自立")) return std::string{"independent"};
    static constexpr std::array<std::string_view, 8> kGrades{"j1", "j2", "a1", "a2",
                                                             "b1", "b2", "c1", "c2"};
    for (const auto grade : kGrades) {
        if (key == grade) return std::string{static_cast<char>(grade[0] - 32), grade[1]};
    }
    return Error{Code::Invalid, "not-a-grade", {}};
}

Result<std::string> read_dementia_grade(std::string_view text) {
    const std::string key = match_key(text);
    if (key == match_key("自立")) return std::string{"independent"};
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kGrades{
        {{"i", "I"},
         {"1", "I"},
         {"iia", "IIa"},
         {"2a", "IIa"},
         {"iib", "IIb"},
         {"2b", "IIb"},
         {"iiia", "IIIa"},
         {"3a", "IIIa"},
         {"iiib", "IIIb"},
         {"3b", "IIIb"},
         {"iv", "IV"},
         {"4", "IV"},
         {"m", "M"},
         {"5", "M"}}};
    for (const auto& [form, grade] : kGrades) {
        if (key == form) return std::string{grade};
    }
    return Error{Code::Invalid, "not-a-grade", {}};
}

bool has_my_number(std::string_view text) {
    if (count_digits(text) < 12) return false;
    const std::string narrow = to_narrow(text);
    std::vector<int> run;
    const auto valid_window = [&run](std::size_t from) {
        int sum = 0;
        for (int n = 1; n <= 11; ++n) {
            const int digit = run[from + static_cast<std::size_t>(11 - n)];
            sum += digit * (n <= 6 ? n + 1 : n - 5);
        }
        const int rest = sum % 11;
        return run[from + 11] == (rest <= 1 ? 0 : 11 - rest);
    };
    // A run ends at anything but a digit, a hyphen or a space; only runs of exactly twelve digits
    // count.
    const auto run_is_number = [&] {
        const bool found = run.size() == 12 && valid_window(0);
        run.clear();
        return found;
    };
    for (const char c : narrow) {
        if (c >= '0' && c <= '9') {
            run.push_back(c - '0');
        } else if (c != '-' && c != ' ') {
            if (run_is_number()) return true;
        }
    }
    return run_is_number();
}

}  // namespace tsunagi::text
