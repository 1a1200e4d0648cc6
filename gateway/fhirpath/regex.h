#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace re2 {
class RE2;
}

/// Regular expressions without backtracking: time grows with the text, whatever the pattern.
namespace tsunagi::fhirpath {

/// Compiles `pattern` (dot matches line ends, N1 section 5.6.8) within 1 MiB of automaton.
Result<std::shared_ptr<const re2::RE2>> compile_regex(std::string_view pattern);

/// True when some part of `text` matches; with `whole` the whole text must.
bool regex_matches(const re2::RE2& regex, std::string_view text, bool whole);

/// Every match replaced; "$1" and "${name}" in `substitution` name groups, "\$" is a dollar.
std::string regex_replace(const re2::RE2& regex, std::string_view text,
                          std::string_view substitution);

}  // namespace tsunagi::fhirpath
