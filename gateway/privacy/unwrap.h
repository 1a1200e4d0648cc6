#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Text out of the wrappings in which it may travel. Not an interface of the module.
namespace tsunagi::privacy {

/// Well-formed UTF-8 texts that `bytes` hold: the bytes with JSON escapes, percent escapes, numeric
/// character references and quoted-printable characters opened, and what runs of base64 and of
/// hexadecimal digits decode to, in UTF-8 at any offset, in UTF-16 and Shift_JIS from a beginning
/// on. gzip is inflated where it begins so, 1 MiB in all. A wrapping inside a wrapping is opened,
/// three deep.
std::vector<std::string> unwrapped(std::string_view bytes);

/// Whether `bytes`, or a run of base64 or hexadecimal digits in `texts` (which they unwrapped to),
/// begin as gzip does: that it was looked through to its end nobody can promise.
bool holds_compressed(std::string_view bytes, std::span<const std::string> texts);

}  // namespace tsunagi::privacy
