#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "privacy/folded.h"
#include "privacy/leak_scan.h"
#include "privacy/needles.h"

/// The leak scan one character at a time and one needle after the other, with no short cut: what
/// the scanner of the gateway has to find, step by step.
namespace tsunagi::privacy::plain {

struct Number {
    std::string digits;
    std::size_t begin = 0, end = 0;
};
struct Numbers {
    std::string text;
    std::vector<Number> numbers;
    std::string_view before(std::size_t i) const;
    std::string_view after_last() const;
};

std::vector<std::string> unwrapped(std::string_view bytes);
Letters fold_letters(std::string_view utf8);
Numbers find_numbers(std::string_view utf8);
std::vector<Finding> scan(const Needles& needles, std::string_view bytes);

}  // namespace tsunagi::privacy::plain
