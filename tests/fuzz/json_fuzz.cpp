// What the strict reader accepts survives writing: both writers' texts are read again to the same
// compact text.
#include "fuzz/property.h"
#include "json/reader.h"
#include "json/writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using tsunagi::fuzz::require;
    const auto text = tsunagi::fuzz::as_text(data, size);
    const auto document = tsunagi::json::read(text);
    if (!document) return 0;
    require(tsunagi::json::is_utf8(text), "an accepted text is UTF-8");
    const auto compact = tsunagi::json::write(document->root());
    const auto again = tsunagi::json::read(compact);
    require(again.ok(), "the compact text is read again");
    require(tsunagi::json::write(again->root()) == compact, "compact -> read -> compact agrees");
    const auto pretty = tsunagi::json::read(tsunagi::json::write_pretty(document->root()));
    require(pretty.ok(), "the pretty text is read again");
    require(tsunagi::json::write(pretty->root()) == compact, "pretty -> read -> compact agrees");
    return 0;
}
