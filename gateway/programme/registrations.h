#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"

namespace tsunagi::programme {

/// The doctors registered in one programme (R1-R3), from a file that the operator keeps: number,
/// validity, documents. Immutable. Thread rule: any thread.
class Registrations {
public:
    Registrations() = default;
    static Result<Registrations> load(json::Value file);

    struct Standing {
        bool registered =
            false;  ///< the number exists and `date` (YYYY-MM-DD) is within its validity
        bool complete =
            false;  ///< a member, or every document that a non-member must hand in is there (R3)
    };
    Standing find(std::string_view number, std::string_view date,
                  const std::vector<std::string>& needed_documents) const;

    const std::string& programme() const noexcept { return programme_; }

private:
    struct Row {
        std::string number, valid_from, valid_to;
        bool member = false;
        std::vector<std::string> documents;
    };
    std::string programme_;
    std::vector<Row> rows_;
};

}  // namespace tsunagi::programme
