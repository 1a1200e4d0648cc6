// Whatever the bytes are: what is decoded is UTF-8 and decoded again the same way, a refusal names
// a byte inside the input, and what an encoding writes it reads back exactly.
#include <charconv>
#include <string>

#include "fuzz/property.h"
#include "text/encoding.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using tsunagi::fuzz::require;
    namespace text = tsunagi::text;
    const auto bytes = tsunagi::fuzz::as_text(data, size);
    const auto names_byte = [&](const tsunagi::Error& error) {
        require(error.where.starts_with("byte "), "a refusal names the byte");
        std::size_t at = 0;
        std::from_chars(error.where.data() + 5, error.where.data() + error.where.size(), at);
        require(at < size, "of the input");
    };
    const auto decoded = text::decode(bytes);
    if (!decoded) names_byte(decoded.error());
    if (decoded)
        require(text::decode(decoded->text, text::Encoding::Utf8).ok(), "decoded text is UTF-8");
    for (const auto encoding :
         {text::Encoding::Utf8, text::Encoding::Utf16Le, text::Encoding::Utf16Be,
          text::Encoding::Iso2022Jp, text::Encoding::Cp932, text::Encoding::EucJp}) {
        const auto as = text::decode(bytes, encoding);
        if (!as) {
            names_byte(as.error());
            continue;
        }
        require(text::decode(*as, text::Encoding::Utf8).ok(), "decoded text is UTF-8");
        if (const auto written = text::encode(*as, encoding)) {
            const auto again = text::decode(*written, encoding);
            require(again.ok() && *again == *as, "what is written is read back");
        }
    }
    return 0;
}
