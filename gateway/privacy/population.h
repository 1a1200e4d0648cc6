#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"

/// Before acceptance nobody is one of too few: age, sex, municipality and care level together fit
/// at least kAnonymous people of the city's table, or less is shown (security.md I8).
namespace tsunagi::privacy {

inline constexpr std::int64_t kAnonymous = 11;

/// What an offer shows of a person that others share. Unset: not shown.
struct Shown {
    struct Ages {
        int from = 0;
        std::optional<int> to;  ///< included; open: "75 and over"
    };
    std::optional<Ages> ages;
    std::string sex;  ///< AdministrativeGender
    std::string municipality, care_level;
};

/// What is known of a person before anything is left out.
struct Known {
    std::optional<int> age;
    std::string sex, municipality, care_level;  ///< care_level: CodeSystem care-level; empty: none
};

/// How many people there are of which age, sex, municipality and care level. Immutable. Thread
/// rule: any thread.
class Population {
public:
    /// A CSV with `# source: …` and `# date: …` above the columns municipality, sex, age_from,
    /// age_to (empty: open), care_level (empty: none), people. Error Invalid, where = the line.
    static Result<Population> load(std::string_view csv);

    /// People that what is shown may be.
    std::int64_t people(const Shown& shown) const;
    /// The most that may be shown: five-year band and care level; coarser bands; no care level; no
    /// age; no municipality.
    Shown coarsen(const Known& known) const;
    const std::string& source() const noexcept { return source_; }
    const std::string& date() const noexcept { return date_; }

private:
    struct Row {
        std::string municipality, sex;
        Shown::Ages ages;
        std::string care_level;
        std::int64_t people = 0;
    };
    std::vector<Row> rows_;
    std::string source_, date_;
};

/// Without a table: the five-year band, nothing else left out.
Shown coarsen_unknown(const Known& known);

/// The case's Bundle with age, care level and municipality as an offer may show them; `table` may
/// be null.
json::Document coarsened(json::Value bundle, const Population* table);

}  // namespace tsunagi::privacy
