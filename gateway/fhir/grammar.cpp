#include "fhir/grammar.h"

#include <algorithm>
#include <array>

namespace tsunagi::fhir {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool letters(std::string_view text, std::size_t least, std::size_t most) noexcept {
    return text.size() >= least && text.size() <= most && std::ranges::all_of(text, is_letter);
}

bool alphanumerals(std::string_view text, std::size_t least, std::size_t most) noexcept {
    return text.size() >= least && text.size() <= most &&
           std::ranges::all_of(text, [](char c) { return is_digit(c) || is_letter(c); });
}

bool digits(std::string_view text, std::size_t count) noexcept {
    return text.size() == count && std::ranges::all_of(text, is_digit);
}

/// The tags of RFC 5646 that were registered before its grammar and do not follow it.
constexpr std::array<std::string_view, 17> kIrregular = {
    "en-gb-oed", "i-ami", "i-bnn",     "i-default", "i-enochian", "i-hak",
    "i-klingon", "i-lux", "i-mingo",   "i-navajo",  "i-pwn",      "i-tao",
    "i-tay",     "i-tsu", "sgn-be-fr", "sgn-be-nl", "sgn-ch-de",
};

/// The parts between the hyphens, one after the other.
class Subtags {
public:
    explicit Subtags(std::string_view tag) noexcept : rest_(tag) { next(); }

    std::string_view part() const noexcept { return part_; }
    bool at_end() const noexcept { return at_end_; }
    void next() noexcept {
        if (is_last_) {
            at_end_ = true;
            part_ = {};
            return;
        }
        const std::size_t hyphen = rest_.find('-');
        part_ = rest_.substr(0, hyphen);
        is_last_ = hyphen == std::string_view::npos;
        if (!is_last_) rest_.remove_prefix(hyphen + 1);
    }
    template <class Fits>
    std::size_t take(Fits fits, std::size_t most) noexcept {
        std::size_t count = 0;
        while (!at_end_ && count < most && fits(part_)) {
            ++count;
            next();
        }
        return count;
    }

private:
    std::string_view rest_;
    std::string_view part_;
    bool is_last_ = false;
    bool at_end_ = false;
};

constexpr std::size_t kAny = 64;

/// What stands behind "x".
bool private_use(Subtags& tags) noexcept {
    tags.next();
    return tags.take([](std::string_view p) { return alphanumerals(p, 1, 8); }, kAny) > 0 &&
           tags.at_end();
}

bool is_private(std::string_view part) noexcept {
    return part.size() == 1 && lower(part.front()) == 'x';
}

bool is_variant(std::string_view part) noexcept {
    return alphanumerals(part, 5, 8) ||
           (part.size() == 4 && is_digit(part.front()) && alphanumerals(part, 4, 4));
}

bool same_letters(std::string_view left, std::string_view right) noexcept {
    return std::ranges::equal(left, right, {}, lower);
}

/// "8867-4", with the check digit of modulus 10; parts, answers and groups ("LP7839-6") by form.
bool is_loinc(std::string_view code) noexcept {
    const std::size_t hyphen = code.find('-');
    if (hyphen == std::string_view::npos || code.size() != hyphen + 2 || !is_digit(code.back()))
        return false;
    const std::string_view number = code.substr(0, hyphen);
    if (number.starts_with('L'))
        return number.size() > 2 && is_letter(number[1]) && digits(number.substr(2), hyphen - 2);
    if (hyphen == 0 || hyphen > 7 || !digits(number, hyphen)) return false;
    int sum = 0;
    bool is_doubled = true;
    for (std::size_t i = hyphen; i-- > 0; is_doubled = !is_doubled) {
        const int digit = (number[i] - '0') * (is_doubled ? 2 : 1);
        sum += digit > 9 ? digit - 9 : digit;
    }
    return (sum + (code.back() - '0')) % 10 == 0;
}

/// Release File Specification, section 6: partition, then the check digit of Verhoeff. Expressions
/// are not looked into.
bool is_snomed(std::string_view code) noexcept {
    if (code.find_first_of(":+|=<{") != std::string_view::npos) return true;
    constexpr std::size_t kLeast = 6, kMost = 18;
    if (code.size() < kLeast || code.size() > kMost || !digits(code, code.size()) ||
        code.front() == '0')
        return false;
    const std::string_view partition = code.substr(code.size() - 3, 2);
    if (partition.front() > '1' || partition.back() > '2') return false;
    // The multiplication of the dihedral group D5, and the permutation by place.
    static constexpr std::array<std::string_view, 10> kTimes = {
        "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
        "5987604321", "6598710432", "7659821043", "8765932104", "9876543210"};
    static constexpr std::array<std::string_view, 8> kMoved = {
        "0123456789", "1576283094", "5803796142", "8916043527",
        "9453126870", "4286573901", "2793806415", "7046913258"};
    std::size_t check = 0;
    for (std::size_t i = 0; i < code.size(); ++i) {
        const auto digit = static_cast<std::size_t>(code[code.size() - 1 - i] - '0');
        const auto moved = static_cast<std::size_t>(kMoved[i % kMoved.size()][digit] - '0');
        check = static_cast<std::size_t>(kTimes[check][moved] - '0');
    }
    return check == 0;
}

/// A letter and a digit to begin with; chapters are Roman numbers.
bool is_icd10(std::string_view code) noexcept {
    if (code.find_first_not_of("IVX") == std::string_view::npos) return true;
    return code.size() >= 2 && code[0] >= 'A' && code[0] <= 'Z' && is_digit(code[1]);
}

}  // namespace

bool is_media_type(std::string_view code) noexcept {
    const std::string_view essence = code.substr(0, code.find(';'));
    const std::size_t slash = essence.find('/');
    const auto restricted = [](std::string_view name) {
        return !name.empty() && name.size() <= 127 && std::ranges::all_of(name, [](char c) {
            return is_digit(c) || is_letter(c) ||
                   std::string_view{"!#$&-^_.+*"}.find(c) != std::string_view::npos;
        });
    };
    return slash != std::string_view::npos && restricted(essence.substr(0, slash)) &&
           restricted(essence.substr(slash + 1));
}

bool is_language_tag(std::string_view code) noexcept {
    if (std::ranges::any_of(kIrregular,
                            [&](std::string_view each) { return same_letters(code, each); }))
        return true;
    Subtags tags{code};
    if (is_private(tags.part())) return private_use(tags);
    const std::size_t size = tags.part().size();
    if (!letters(tags.part(), 2, 8)) return false;
    tags.next();
    const auto of_letters = [](std::size_t count) {
        return [count](std::string_view part) { return letters(part, count, count); };
    };
    if (size <= 3) tags.take(of_letters(3), 3);
    tags.take(of_letters(4), 1);
    tags.take([](std::string_view part) { return letters(part, 2, 2) || digits(part, 3); }, 1);
    tags.take(is_variant, kAny);
    while (!tags.at_end() && !is_private(tags.part())) {
        if (!alphanumerals(tags.part(), 1, 1)) return false;
        tags.next();
        if (tags.take([](std::string_view part) { return alphanumerals(part, 2, 8); }, kAny) == 0)
            return false;
    }
    return tags.at_end() || private_use(tags);
}

std::optional<bool> fits_grammar(std::string_view system, std::string_view code) noexcept {
    if (system == "urn:ietf:bcp:13") return is_media_type(code);
    if (system == "urn:ietf:bcp:47") return is_language_tag(code);
    if (system == "http://unitsofmeasure.org") return is_unit(code);
    return std::nullopt;
}

bool is_impossible(std::string_view system, std::string_view code) noexcept {
    if (const auto fits = fits_grammar(system, code)) return !*fits;
    if (system == "http://loinc.org") return !is_loinc(code);
    if (system == "http://snomed.info/sct") return !is_snomed(code);
    if (system == "http://hl7.org/fhir/sid/icd-10") return !is_icd10(code);
    return false;
}

}  // namespace tsunagi::fhir
