#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "base/bytes.h"
#include "base/result.h"

/// The file format of a definitions pack: a header, a directory of sections, and per section an
/// array of fixed-size rows. Little-endian; every reference is an index or an offset, so the file
/// works wherever it is mapped. A reader passes over sections it does not know. Changing a row
/// needs a new version, and so does a new kind of row: a pack without it would look like one in
/// which there are none, and compiled packages would stay in the cache without theirs.
namespace tsunagi::fhir::pack {

inline constexpr std::array<char, 8> kMagic = {'T', 'S', 'U', 'N', 'P', 'A', 'C', 'K'};
inline constexpr std::uint32_t kVersion = 4;  // 4: versioning of references
inline constexpr std::uint32_t kNone = 0xFFFFFFFF;

struct Header {
    std::array<char, 8> magic;
    std::uint32_t version;
    std::uint32_t section_count;
    std::uint64_t size;          ///< of the whole file
    std::uint64_t content_hash;  ///< of everything after the header
};

/// Do not renumber.
enum class SectionId : std::uint32_t {
    Strings = 1,
    Texts = 2,
    Types = 3,
    Elements = 4,
    TypeRefs = 5,
    Constraints = 6,
    ConstraintIds = 7,
    Facets = 8,
    ValueSets = 9,
    Codes = 10,
    CodeSystems = 11,
    Concepts = 12,
    ConceptMaps = 13,
    Mappings = 14,
    Contexts = 15,
    Notes = 16,
    Resources = 17,
    SearchParameters = 18,
    SearchComponents = 19,
};
inline constexpr std::size_t kSectionIds = 20;

struct Section {
    SectionId id;
    std::uint32_t row_size;
    std::uint64_t offset;  ///< from the start of the file, multiple of 8
    std::uint64_t count;   ///< rows
};

/// Text in the Strings section.
struct Text {
    std::uint32_t at;
    std::uint32_t size;
};

/// Rows [first, first + count) of another section.
struct Range {
    std::uint32_t first;
    std::uint32_t count;
};

struct TypeRow {
    Text name, url, version, base;
    std::uint32_t kind;  ///< TypeKind
    std::uint32_t flags;
    Range elements;            ///< Elements
    Range contexts;            ///< Contexts
    Range context_invariants;  ///< Texts
};
/// Bits of TypeRow::flags.
inline constexpr std::uint32_t kAbstract = 1;
inline constexpr std::uint32_t kProfile = 2;
inline constexpr std::uint32_t kDifferentialOnly = 4;

struct ElementRow {
    Text id, path, name, label, definition;
    Text value_set;         ///< canonical as written, with "|version"
    Text max_value_set;     ///< only beside value_set
    std::uint32_t parent;   ///< index among the type's elements; kNone for the root
    std::uint32_t content;  ///< contentReference: the same; else kNone
    std::uint32_t min, max;
    std::uint32_t flags;
    std::uint32_t strength;  ///< BindingStrength, when value_set is not empty
    Range types;             ///< TypeRefs
    Range constraints;       ///< ConstraintIds
    Range conditions;        ///< Texts
    Range facets;            ///< Facets
};
/// Bits of ElementRow::flags.
inline constexpr std::uint32_t kArray = 1;
inline constexpr std::uint32_t kChoice = 2;
inline constexpr std::uint32_t kModifier = 4;
inline constexpr std::uint32_t kSummary = 8;
inline constexpr std::uint32_t kMustSupport = 16;
inline constexpr std::uint32_t kSlice = 32;
inline constexpr std::uint32_t kLimits = 64;

struct TypeRefRow {
    Text code, member;
    Range targets, profiles;  ///< Texts
    std::uint32_t flags;      ///< the bits of TypeRef::aggregation, and kSystemType
};
inline constexpr std::uint32_t kSystemType = 8;

struct ConstraintRow {
    Text key, expression, human, source;
    std::uint32_t flags;
};
/// Bits of ConstraintRow::flags.
inline constexpr std::uint32_t kError = 1;
inline constexpr std::uint32_t kBestPractice = 2;

struct ContextRow {
    Text type, expression;
};

struct FacetRow {
    Text name, value;
};

struct ValueSetRow {
    Text url;
    Range codes;                     ///< Codes, sorted by length and text of the code, then system
    Range open;                      ///< Texts: systems whose codes are not listed
    std::uint32_t has_unknown_part;  ///< an import or a rule that could not be worked out
};

struct CodeRow {
    Text code;
    std::uint32_t system;  ///< Texts
};

struct CodeSystemRow {
    Text url;
    Range concepts;  ///< Concepts, sorted by length and text of the code
    std::uint32_t is_complete;
};

struct ConceptRow {
    Text code, display, english;
    std::uint32_t parent;  ///< Concepts (absolute); kNone at the top
};

struct ConceptMapRow {
    Text url;
    Range mappings;  ///< Mappings, in the order of the map
};

/// A resource that instances name by its URL, kept as it is: JSON.
struct ResourceRow {
    Text url, json;
};

struct SearchParameterRow {
    Text url, code, expression;
    std::uint32_t kind;    ///< SearchKind
    Range bases, targets;  ///< Texts
    Range components;      ///< SearchComponents
};

struct SearchComponentRow {
    Text definition, expression;
};

/// What whoever wrote the pack had to say about it.
struct NoteRow {
    Text kind, subject, reason;
};

/// A row with an empty source code is its group's rule for unmapped codes: fixed with a target
/// code, "provided" without.
struct MappingRow {
    Text source_system, source_code, target_system, target_code, target_display, equivalence;
};

/// Length first, then bytes: the order of Codes and Concepts.
int compare_codes(std::string_view left, std::string_view right) noexcept;

/// Hash of the bytes after the header: finds damage, is no signature.
std::uint64_t content_hash(BytesView bytes) noexcept;

/// Typed access to the sections of a checked pack.
class View {
public:
    View() = default;
    /// Checks header, hash, directory, row sizes, and every text, range and index of every row.
    static Result<View> open(BytesView bytes);

    template <class Row>
    std::span<const Row> rows(SectionId id) const noexcept {
        static_assert(std::is_trivially_copyable_v<Row>);
        const Found& found = sections_[static_cast<std::size_t>(id)];
        return {reinterpret_cast<const Row*>(found.data), found.count};
    }
    std::string_view text(Text text) const noexcept { return {strings_ + text.at, text.size}; }

private:
    struct Found {
        const std::uint8_t* data = nullptr;
        std::size_t count = 0;
    };
    std::array<Found, kSectionIds> sections_{};
    const char* strings_ = nullptr;
};

}  // namespace tsunagi::fhir::pack
