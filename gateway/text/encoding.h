#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

/// Bytes of a clinic's file to UTF-8 and back, exactly or not at all: no replacement character, no
/// "?" (domain.md 5.7). Thread rule: any.
namespace tsunagi::text {

enum class Encoding : std::uint8_t { Utf8, Utf16Le, Utf16Be, Iso2022Jp, Cp932, EucJp };

std::string_view name(Encoding encoding);  ///< "UTF-8", "CP932", …
/// By the names that charset parameters use ("Shift_JIS", "windows-31j", "utf-8" …).
std::optional<Encoding> encoding_named(std::string_view name);

struct Decoded {
    std::string text;  ///< UTF-8, without byte order mark
    Encoding encoding = Encoding::Utf8;
};

/// Finds out how `bytes` are written: a byte order mark, escape sequences, well-formed UTF-8, the
/// NULs of UTF-16, and last CP932 against EUC-JP by what reads like Japanese. A text of nothing but
/// half-width kana can be both; say the encoding where it is known. Error Invalid
/// ("undecodable-byte"), `where` = "byte 17" (0-based), of the encoding that came furthest.
Result<Decoded> decode(std::string_view bytes);

/// Reads `bytes` as `encoding`. CP932 is Microsoft's: 81 60 is U+FF5E, NEC and IBM extensions are
/// read, user-defined characters become U+E000… so that a person can be asked. Error as above; a
/// NUL is an error in every encoding.
Result<std::string> decode(std::string_view bytes, Encoding encoding);

/// Reads `bytes` as `encoding` to look into them, never to keep: what cannot be read is
/// U+FFFD or U+001A.
std::string decode_for_search(std::string_view bytes, Encoding encoding);

/// Writes UTF-8 `text` as `encoding`, so that decode() gives it back; ISO-2022-JP with JIS X 0201
/// and JIS X 0208 only, in ASCII before each line end. Error Invalid ("unencodable-character"),
/// `where` = "character 5" (0-based, in code points).
Result<std::string> encode(std::string_view text, Encoding encoding);

}  // namespace tsunagi::text
