#include "text/case.h"

#include <unicode/locid.h>
#include <unicode/unistr.h>

namespace tsunagi::text {
namespace {

icu::UnicodeString decode(std::string_view text) {
    return icu::UnicodeString::fromUTF8(
        icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
}

}  // namespace

std::string to_upper(std::string_view text) {
    std::string out;
    decode(text).toUpper(icu::Locale::getRoot()).toUTF8String(out);
    return out;
}

std::string to_lower(std::string_view text) {
    std::string out;
    decode(text).toLower(icu::Locale::getRoot()).toUTF8String(out);
    return out;
}

}  // namespace tsunagi::text
