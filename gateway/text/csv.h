#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tsunagi::text {

/// What one table may cost.
struct CsvLimits {
    std::size_t max_rows = 10'000;
    std::size_t max_columns = 2'000;
    std::size_t max_fields = 200'000;
};

struct CsvRow {
    std::size_t line = 1;  ///< of the text, 1-based: where the row begins
    std::vector<std::string> fields;
};

/// Reads comma-separated values in UTF-8 (RFC 4180): fields in double quotes may hold commas, line
/// ends and doubled quotes; rows end with CR LF, LF or CR; an empty line is no row. Tabs separate
/// instead when the first line has a tab and no comma (what Excel calls Unicode text). Error
/// Invalid: "quote-not-closed", "text-after-quote", "too-many-rows", "too-many-fields"; `where` =
/// "line 3 field 5" (1-based), never the text. Thread rule: any.
Result<std::vector<CsvRow>> read_csv(std::string_view text, const CsvLimits& limits = {});

/// The row as read_csv() reads it, with its line end.
std::string write_csv_row(const std::vector<std::string>& fields);

}  // namespace tsunagi::text
