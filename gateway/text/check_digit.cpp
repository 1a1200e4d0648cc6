#include "text/check_digit.h"

#include <string>

#include "text/width.h"

namespace tsunagi::text {
namespace {

bool holds(std::string_view digits) {
    int sum = 0;
    for (std::size_t at = 0; at + 1 < digits.size(); ++at) {
        const bool doubled = (digits.size() - at) % 2 == 0;
        const int value = (digits[at] - '0') * (doubled ? 2 : 1);
        sum += value / 10 + value % 10;
    }
    return (10 - sum % 10) % 10 == digits.back() - '0';
}

bool is_digits(std::string_view text) {
    return text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

bool is_insurer_number(std::string_view text) {
    const std::string digits = to_narrow(trim(text));
    return is_digits(digits) && (digits.size() == 8 || digits.size() == 6) && holds(digits);
}

bool is_institution_number(std::string_view text) {
    const std::string digits = to_narrow(trim(text));
    if (!is_digits(digits) || digits.size() != 10) return false;
    return holds(digits) || holds(std::string_view{digits}.substr(3));
}

}  // namespace tsunagi::text
