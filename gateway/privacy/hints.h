#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "privacy/unknown_parts.h"

/// Words that may be names, each with the signs that speak for or against somebody: what the word
/// is, the letters beside it, the cues around it. The weights of the signs (profiles/people/
/// hints.txt) are fitted to labelled letters by tests/properties/weigh_hints.cpp, a logistic
/// regression; a sign that one author alone uses is left out. Not an interface of the module.
/// Thread rule: any thread.
namespace tsunagi::privacy {

/// A sign is a number: 6 bits say which, then three values of 17 bits (letters, classes).
struct Hint {
    std::size_t begin = 0, end = 0;  ///< in the aligned text
    std::size_t size = 0;
    std::array<std::uint64_t, 20> signs{};
};
using EachHint = std::function<void(const Hint&)>;

/// The words of a text that may be names, in the order of where they begin within a run of letters;
/// `all`: those that `marks` holds too.
void each_hint(const KnownWords& words, const std::vector<Mark>& marks, bool all,
               const EachHint& each);
/// Marks the words whose weights sum up to enough.
void find_name_hints(const KnownWords& words, std::vector<Mark>& marks);

}  // namespace tsunagi::privacy
