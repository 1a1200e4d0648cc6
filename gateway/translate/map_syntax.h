#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

/// One FHIR Mapping Language text as a tree, exactly as written
/// (hl7.org/fhir/R4/mapping-language.html with the additions of the R5 grammar that R4 engines
/// take). Names are not resolved here; program.h, compile() does that. Thread rule: values.
namespace tsunagi::translate::syntax {

/// 1-based line and column (bytes) in the map text.
struct Place {
    std::uint32_t line = 1;
    std::uint32_t column = 1;
};

/// FHIRPath as it stands in the map.
struct Path {
    std::string text;
    Place place;
};

/// Date holds dates, times and both, without the @.
enum class ParameterKind : std::uint8_t { Variable, String, Integer, Decimal, Boolean, Date };
struct Parameter {
    ParameterKind kind = ParameterKind::Variable;
    std::string text;
    Place place;
};

enum class SourceList : std::uint8_t { All, First, NotFirst, Last, NotLast, OnlyOne };
enum class TargetList : std::uint8_t { Append, First, Last, Single, Share, Collate };

struct Cardinality {
    std::uint32_t min = 0;
    std::uint32_t max = 0xFFFFFFFF;
};

/// `src.element : Type 0..1 default 'x' first as name where … check … log …`
struct Source {
    std::string context, element, type, variable;
    std::optional<Cardinality> cardinality;
    std::optional<Path> otherwise;  ///< `default`
    SourceList list = SourceList::All;
    std::optional<Path> where, check, log;
    Place place;
};

/// `tgt.element = transform(…) as name share key`; without context: `uuid() as name`.
struct Target {
    std::string context, element, variable;
    std::string transform;  ///< "create", "copy", "evaluate", …; empty: none written
    std::vector<Parameter> parameters;
    std::optional<Path> path;  ///< of `( … )`; transform is then "evaluate"
    TargetList list = TargetList::Append;
    std::string share;
    Place place;
};

struct Call {
    std::string group;
    std::vector<Parameter> parameters;
    Place place;
};

struct Rule {
    std::string name;  ///< as written; may be empty
    std::vector<Source> sources;
    std::vector<Target> targets;
    std::vector<Call> calls;
    std::vector<Rule> rules;
    Place place;
};

struct Input {
    bool is_target = false;
    std::string name, type;
    Place place;
};

/// `<<types>>`: the default for its pair of types; `<<type+>>`: also for its source type alone.
enum class TypeMode : std::uint8_t { None, Types, TypeAndTypes };

struct Group {
    std::string name, extends;
    std::vector<Input> inputs;
    TypeMode mode = TypeMode::None;
    std::vector<Rule> rules;
    Place place;
};

struct Structure {
    std::string url, alias, mode;
    Place place;
};

struct ConceptMapRow {
    std::string source_system, source_code, relationship, target_system, target_code;
};
/// `unmapped for s = provided` (the code itself) or, here only, `= t:code` (that code); in a
/// StructureMap also a further map, by its url.
struct Unmapped {
    enum class Mode : std::uint8_t { Provided, Fixed, OtherMap } mode = Mode::Provided;
    std::string source_system, target_system, code, url;
};
struct ConceptMap {
    std::string id;  ///< without "#"
    std::vector<ConceptMapRow> rows;
    std::vector<Unmapped> unmapped;
    Place place;
};

struct Import {
    std::string url;
    Place place;
};
struct Constant {
    std::string name;
    Path value;
    Place place;
};

struct Map {
    std::string url, name, title;
    std::vector<std::pair<std::string, std::string>> metadata;
    std::vector<Structure> structures;
    std::vector<Import> imports;
    std::vector<Constant> constants;
    std::vector<ConceptMap> concept_maps;
    std::vector<Group> groups;
};

/// Error Invalid with what was expected; `where` = "FILE line L column C".
Result<Map> parse(std::string_view file, std::string_view text);

/// "FILE line L column C", as every error about a map carries it.
std::string at(std::string_view file, Place place);

}  // namespace tsunagi::translate::syntax
