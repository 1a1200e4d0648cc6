#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace tsunagi::text {

/// A Japanese phone number as written, read (domain.md 5.10).
struct Phone {
    std::string digits;  ///< national digits: "0424617225"
    std::string e164;    ///< "+81424617225"
    std::string kind;    ///< 直通, 代表, 内線 … in brackets behind the number; may be empty
};

/// Reads `０４２－４６１－７２２５（直通）`, `04(2946)8425`, `09012345678`, `+81-42-461-7225`: 10
/// digits, or 11 for 050/070/080/090, or 0120/0800. Error Invalid ("not-a-phone") otherwise, for an
/// extension alone too; the text is not quoted.
Result<Phone> read_phone(std::string_view text);

/// "3501304", "〒350-1304", full width: gives "350-1304". Error Invalid ("not-a-postal-code").
Result<std::string> read_postal_code(std::string_view text);

}  // namespace tsunagi::text
