#pragma once
#include <string>
#include <string_view>
#include <vector>

/// Text out of the wrappings in which it may travel. Not an interface of the module.
namespace tsunagi::privacy {

/// Well-formed UTF-8 texts that `bytes` hold: the bytes with JSON escapes, percent escapes and
/// numeric character references opened, and what runs of base64 decode to, a name starting at any
/// of the four offsets. A wrapping inside a wrapping is opened, three deep.
std::vector<std::string> unwrapped(std::string_view bytes);

}  // namespace tsunagi::privacy
