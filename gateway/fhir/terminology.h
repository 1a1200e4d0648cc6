#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "fhir/pack_format.h"

/// Views of the code lists of a pack. Nothing is copied: they live as long as the pack.
namespace tsunagi::fhir {

/// Unknown: the set holds a part that no loaded code system spells out, and the code may be there.
enum class Membership : std::uint8_t { No, Yes, Unknown };

/// The expansion of a value set, sorted for binary search, and the systems whose codes it takes
/// without their being listed here (LOINC, SNOMED CT, media types).
class ValueSet {
public:
    ValueSet(const pack::View& view, const pack::ValueSetRow& row) : view_(&view), row_(&row) {}

    std::string_view url() const noexcept { return view_->text(row_->url); }
    /// `system` may be empty: then by code alone (elements of type code). Codes
    /// of open systems that `grammar.h` knows are judged by their form.
    Membership contains(std::string_view system, std::string_view code) const noexcept;
    std::size_t size() const noexcept { return row_->codes.count; }
    struct Code {
        std::string_view system, code;
    };
    Code at(std::size_t index) const noexcept;
    std::vector<std::string_view> open_systems() const;
    bool has_unknown_part() const noexcept { return row_->has_unknown_part != 0; }

private:
    const pack::View* view_;
    const pack::ValueSetRow* row_;
};

struct Concept {
    std::string_view code;
    std::string_view display;
    std::string_view english;  ///< the designation in English, where the display is Japanese
    std::string_view parent;   ///< code of the broader concept; empty at the top
};

class CodeSystem {
public:
    CodeSystem(const pack::View& view, const pack::CodeSystemRow& row) : view_(&view), row_(&row) {}

    std::string_view url() const noexcept { return view_->text(row_->url); }
    /// All codes are listed; else absence says nothing.
    bool is_complete() const noexcept { return row_->is_complete != 0; }
    std::optional<Concept> find(std::string_view code) const noexcept;
    std::size_t size() const noexcept { return row_->concepts.count; }
    Concept at(std::size_t index) const noexcept;  ///< sorted by length, then text, of the code
    /// True if `code` is `ancestor` or below it.
    bool subsumes(std::string_view ancestor, std::string_view code) const noexcept;

private:
    const pack::View* view_;
    const pack::CodeSystemRow* row_;
};

struct Mapping {
    std::string_view target_system, target_code, target_display;
    std::string_view equivalence;  ///< "equivalent", "wider", …; "unmatched" has no target code
};

class ConceptMap {
public:
    ConceptMap(const pack::View& view, const pack::ConceptMapRow& row) : view_(&view), row_(&row) {}

    std::string_view url() const noexcept { return view_->text(row_->url); }
    /// Targets of a code in the order of the map; `system` may be empty: any. The unmapped rule of
    /// the group (fixed or provided) applies when the code is not listed.
    std::vector<Mapping> translate(std::string_view system, std::string_view code) const;

private:
    const pack::View* view_;
    const pack::ConceptMapRow* row_;
};

}  // namespace tsunagi::fhir
