#pragma once
#include <string>
#include <string_view>

namespace tsunagi::text {

/// Upper and lower case of the whole of Unicode, without any language's own rules.
std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);

}  // namespace tsunagi::text
