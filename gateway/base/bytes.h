#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tsunagi {

using Bytes = std::vector<std::uint8_t>;
using BytesView = std::span<const std::uint8_t>;

BytesView as_bytes(std::string_view text);
std::string_view as_text(BytesView bytes);

std::string to_hex(BytesView bytes);            ///< lower case
Result<Bytes> from_hex(std::string_view text);  ///< either case; even length
std::string to_base64(BytesView bytes);         ///< RFC 4648 section 4, padded
Result<Bytes> from_base64(
    std::string_view text);  ///< canonical only: padding and zero tail bits required

/// Big-endian integers, as RFC 6962 and the log format write them.
void append_be16(std::string& out, std::uint16_t value);
void append_be64(std::string& out, std::uint64_t value);

}  // namespace tsunagi
