#pragma once
#include <cstddef>
#include <string>
#include <string_view>

/// gzip (RFC 1952), to look into it. Thread rule: any.
namespace tsunagi::text {

/// The head of a member: magic, deflate, no reserved flag (section 2.3.1).
bool is_gzip(std::string_view bytes);

/// What the members one behind the other from the beginning of `bytes` on hold: up to the first
/// fault, and `limit` bytes at most. Empty for what is no gzip. Never to keep.
std::string inflate_for_search(std::string_view bytes, std::size_t limit);

}  // namespace tsunagi::text
