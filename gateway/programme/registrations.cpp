#include "programme/registrations.h"

#include <algorithm>

namespace tsunagi::programme {

Result<Registrations> Registrations::load(json::Value file) {
    Registrations registrations;
    registrations.programme_ = std::string{file["programme"].text()};
    if (registrations.programme_.empty() || !file["registrations"].is_array()) {
        return Error{Code::Invalid, "a registration file has programme and registrations",
                     "registrations"};
    }
    for (const json::Value each : file["registrations"]) {
        Row row;
        row.number = std::string{each["number"].text()};
        row.valid_from = std::string{each["validFrom"].text()};
        row.valid_to = std::string{each["validTo"].text()};
        row.member = each["member"].truth();
        for (const json::Value document : each["documents"])
            row.documents.emplace_back(document.text());
        if (row.number.empty() || row.valid_from.empty()) {
            return Error{Code::Invalid, "a registration has number and validFrom",
                         "registrations[" + std::to_string(registrations.rows_.size()) + "]"};
        }
        registrations.rows_.push_back(std::move(row));
    }
    return registrations;
}

Registrations::Standing Registrations::find(
    std::string_view number, std::string_view date,
    const std::vector<std::string>& needed_documents) const {
    for (const auto& row : rows_) {
        // ISO dates compare as text.
        if (row.number != number || date < row.valid_from ||
            (!row.valid_to.empty() && date > row.valid_to))
            continue;
        const bool complete =
            row.member ||
            std::all_of(needed_documents.begin(), needed_documents.end(), [&](const auto& needed) {
                return std::find(row.documents.begin(), row.documents.end(), needed) !=
                       row.documents.end();
            });
        return {true, complete};
    }
    return {};
}

}  // namespace tsunagi::programme
