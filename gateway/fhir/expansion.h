#pragma once
#include <compare>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "json/document.h"

/// Value sets worked out into code lists (hl7.org/fhir/R4/valueset.html#compositions). Used while a
/// pack is written, never while data is checked.
namespace tsunagi::fhir {

class Definitions;

struct ConceptOf {
    std::string_view code, display, english, parent;
};
/// The concepts of a CodeSystem and everything nested in them; views into the resource.
void collect_concepts(json::Value list, std::string_view parent, std::vector<ConceptOf>& into);

/// Codes with their parent, as far as a system is spelled out here.
struct SystemCodes {
    bool is_complete = false;
    std::vector<std::pair<std::string, std::string>> codes;
    /// By code and name of the property. A system of a pack below comes without.
    std::multimap<std::pair<std::string, std::string>, std::string> properties = {};
    bool has_properties = false;
};
/// The properties of the concepts of a CodeSystem and of everything nested in them.
void collect_properties(json::Value list, SystemCodes& into);
using CodeListsOfSystems = std::unordered_map<std::string, SystemCodes>;

struct SystemCode {
    std::string code, system;
    /// The order of pack::CodeRow.
    std::strong_ordering operator<=>(const SystemCode& other) const noexcept;
    bool operator==(const SystemCode&) const = default;
};

struct CodeList {
    std::set<SystemCode> codes;
    std::set<std::string> open_systems;  ///< taken whole, or by a rule that needs their tables
    bool has_unknown_part = false;
};

/// Works out value sets among `sets` and `below`, each once. An import circle ends as unknown part.
class Expander {
public:
    Expander(const std::vector<std::pair<std::string, json::Value>>& sets,
             const CodeListsOfSystems& systems, const Definitions* below);

    const CodeList& expand(const std::string& url);

private:
    CodeList from_compose(json::Value compose);
    CodeList include(json::Value part);
    void add_system(json::Value part, CodeList& list);
    const SystemCodes* system(const std::string& url);

    std::unordered_map<std::string, json::Value> sets_;
    const CodeListsOfSystems& systems_;
    const Definitions* below_;
    CodeListsOfSystems from_below_;
    std::map<std::string, CodeList> done_;
    std::set<std::string> under_way_;
};

}  // namespace tsunagi::fhir
