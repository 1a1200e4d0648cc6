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
    return std::nullopt;
}

}  // namespace tsunagi::fhir
