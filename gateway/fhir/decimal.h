#pragma once
#include <compare>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tsunagi::fhir {

/// A decimal that keeps its spelling: 1.10 is not rewritten to 1.1, for its zero tells the
/// precision (hl7.org/fhir/R4/datatypes.html#decimal). Compared exactly, never as a double.
class Decimal {
public:
    /// The lexical form of FHIR (= of a JSON number). Error Invalid otherwise, or when the exponent
    /// is beyond +-1000.
    static Result<Decimal> parse(std::string_view text);
    static bool is_decimal(std::string_view text) noexcept;

    std::string_view text() const& noexcept { return text_; }
    std::string_view text() const&& = delete;

    /// Digits after the decimal point as written, exponent taken into account: "1.10" has 2, "1e3"
    /// has 0.
    int decimal_places() const noexcept;
    bool is_negative() const noexcept;
    bool is_integer() const noexcept;  ///< by value: "2.0" is

    /// By value: 1.0 and 1.00 are equivalent.
    friend std::weak_ordering operator<=>(const Decimal& left, const Decimal& right);
    friend bool operator==(const Decimal& left, const Decimal& right) {
        return (left <=> right) == 0;
    }

private:
    std::string text_;
    std::string digits_;  ///< significant digits without leading or trailing zeros; empty is zero
    long point_ = 0;      ///< value = 0.digits x 10^point
    bool negative_ = false;
};

}  // namespace tsunagi::fhir
