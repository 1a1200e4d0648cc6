// A table that was read is read again to itself after it is written; a refusal names a line and a
// field.
#include <string>

#include "fuzz/property.h"
#include "text/csv.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using tsunagi::fuzz::require;
    namespace text = tsunagi::text;
    const auto rows = text::read_csv(tsunagi::fuzz::as_text(data, size));
    if (!rows) {
        require(rows.error().where.starts_with("line "), "a refusal names the line");
        require(rows.error().where.find(" field ") != std::string::npos, "and the field");
        return 0;
    }
    std::string written;
    for (const auto& row : *rows) {
        require(!row.fields.empty(), "a row has a field");
        written += text::write_csv_row(row.fields);
    }
    // A first row without a comma but with a tab inside would be taken for tab-separated: a row in
    // front that has a comma says what separates.
    const auto again = text::read_csv("a,b\r\n" + written);
    require(again.ok() && again->size() == rows->size() + 1, "a written table is read again");
    for (std::size_t row = 0; row < rows->size(); ++row)
        require((*again)[row + 1].fields == (*rows)[row].fields, "with the same fields");
    return 0;
}
