#pragma once
#include <string>

#include "json/document.h"

namespace tsunagi::json {

/// Compact UTF-8 text: members in order, numbers as they were written, only the escapes that RFC
/// 8259 requires.
std::string write(Value value);

/// The same with two-space indentation and a newline at the end, for people.
std::string write_pretty(Value value);

/// Appends `text` as a JSON string with quotes.
void append_quoted(std::string& out, std::string_view text);

}  // namespace tsunagi::json
