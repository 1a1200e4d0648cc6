#pragma once
#include <cstdint>
#include <string_view>

#include "base/limits.h"
#include "base/result.h"
#include "json/document.h"

namespace tsunagi::json {

/// 1-based line and column (in bytes) of `offset` in `source`.
struct Position {
    std::size_t line = 1;
    std::size_t column = 1;
};
Position position(std::string_view source, std::size_t offset);

/// Reads one JSON text strictly (RFC 8259): valid UTF-8, no byte order mark, no duplicate keys at
/// any depth, no NUL raw or escaped, no lone surrogate, no trailing bytes, depth and size within
/// `limits`. Numbers keep their text. Error Invalid, `where` = "line L, column C"; the message
/// names the fault and never quotes the text.
Result<Document> read(std::string_view text, const JsonLimits& limits = {});

/// True when `text` is well-formed UTF-8 (no overlong form, no surrogate, at most U+10FFFF).
bool is_utf8(std::string_view text);

}  // namespace tsunagi::json
