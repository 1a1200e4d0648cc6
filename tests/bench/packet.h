#pragma once
#include <string>
#include <string_view>

namespace tsunagi::bench {

/// The story's packet as a clinic sends it, 22 KB.
const std::string& packet();

/// Its Bundle, written: read, cells read, translated with receipt. The same each time.
std::string translated(std::string_view text);

}  // namespace tsunagi::bench
