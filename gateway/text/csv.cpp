#include "text/csv.h"

#include <algorithm>
#include <utility>

namespace tsunagi::text {
namespace {

class CsvReader {
public:
    CsvReader(std::string_view text, const CsvLimits& limits) : text_(text), limits_(limits) {
        const std::string_view first = text.substr(0, text.find_first_of("\r\n"));
        if (first.find('\t') != std::string_view::npos && first.find(',') == std::string_view::npos)
            separator_ = '\t';
    }

    Result<std::vector<CsvRow>> run() {
        std::vector<CsvRow> rows;
        while (at_ < text_.size()) {
            if (take_line_end()) continue;
            if (rows.size() == limits_.max_rows) return fault("too-many-rows", 1);
            CsvRow row;
            row.line = line_;
            do {
                if (row.fields.size() == limits_.max_columns || ++fields_ > limits_.max_fields)
                    return fault("too-many-fields", row.fields.size() + 1);
                auto field = take_field();
                if (!field) return fault(field.error().message.c_str(), row.fields.size() + 1);
                row.fields.push_back(std::move(*field));
            } while (take(separator_));
            take_line_end();
            rows.push_back(std::move(row));
        }
        return rows;
    }

private:
    Error fault(const char* what, std::size_t field) const {
        return Error{Code::Invalid, what,
                     "line " + std::to_string(line_) + " field " + std::to_string(field)};
    }
    bool take(char c) {
        if (at_ == text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    bool take_line_end() {
        const bool carriage_return = take('\r');
        if (!take('\n') && !carriage_return) return false;
        ++line_;
        return true;
    }
    Result<std::string> take_field() {
        if (!take('"')) {
            const char stops[] = {separator_, '\r', '\n'};
            const std::size_t end =
                std::min(text_.find_first_of(std::string_view{stops, 3}, at_), text_.size());
            const std::string_view field = text_.substr(at_, end - at_);
            at_ = end;
            return std::string{field};
        }
        std::string field;
        for (;;) {
            const std::size_t end = text_.find('"', at_);
            if (end == std::string_view::npos) return Error{Code::Invalid, "quote-not-closed", {}};
            for (const char c : text_.substr(at_, end - at_)) line_ += c == '\n' ? 1 : 0;
            field += text_.substr(at_, end - at_);
            at_ = end + 1;
            if (!take('"')) break;
            field += '"';
        }
        const bool ends = at_ == text_.size() || text_[at_] == separator_ || text_[at_] == '\r' ||
                          text_[at_] == '\n';
        if (!ends) return Error{Code::Invalid, "text-after-quote", {}};
        return field;
    }

    std::string_view text_;
    const CsvLimits& limits_;
    std::size_t at_ = 0, line_ = 1, fields_ = 0;
    char separator_ = ',';
};

}  // namespace

Result<std::vector<CsvRow>> read_csv(std::string_view text, const CsvLimits& limits) {
    return CsvReader(text, limits).run();
}

std::string write_csv_row(const std::vector<std::string>& fields) {
    std::string row;
    for (const auto& field : fields) {
        if (&field != &fields.front()) row += ',';
        // A lone empty field is quoted: an empty line would be no row.
        const bool quoted = field.find_first_of("\",\r\n\t") != std::string::npos ||
                            (fields.size() == 1 && field.empty());
        if (!quoted) {
            row += field;
            continue;
        }
        row += '"';
        for (const char c : field) {
            if (c == '"') row += '"';
            row += c;
        }
        row += '"';
    }
    return row + "\r\n";
}

}  // namespace tsunagi::text
