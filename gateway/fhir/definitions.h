#pragma once
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "fhir/element.h"
#include "fhir/search_parameter.h"
#include "fhir/terminology.h"
#include "json/document.h"

namespace tsunagi::fhir {

/// What the gateway knows of FHIR: types, resources, our logical models, and the code lists they
/// are bound to. A stack of packs: the mapped R4 pack, then what the gateway adds at start-up.
/// Thread rule: open and add on one thread; afterwards any number of readers. Pointers and views it
/// hands out live as long as it does (they survive a move).
class Definitions {
public:
    /// Views a pack made by PackWriter. The bytes must outlive it and be 8-byte aligned, as mapped
    /// memory is. Every offset is checked. Error Invalid: not a pack, damaged, or of another
    /// version.
    static Result<Definitions> open(BytesView pack);

    /// Adds conformance resources of our own; the order among them does not matter, so give
    /// everything that refers to each other in one call. StructureDefinition (logical models may be
    /// a differential alone: it is taken as the whole), ValueSet, CodeSystem, ConceptMap,
    /// SearchParameter; other resource types, and profiles without a snapshot, are passed over.
    /// Nothing keeps a view of `resources`. Error Invalid names the resource and the element:
    /// unknown type, bad path, more than 256 members; then the object is as before.
    Status add(std::span<const json::Value> resources);
    Status add(json::Value resource) { return add(std::span{&resource, 1}); }
    /// Adds what another pack holds. The bytes must outlive this, as in open(). On an Error the
    /// object is as before.
    Status add_pack(BytesView pack);
    /// A Questionnaire by its canonical URL, as JSON; empty if unknown.
    std::string_view resource(std::string_view url) const noexcept;

    /// What the writers of the packs had to say (PackWriter::add_note), in their order.
    std::span<const Note> notes() const noexcept;
    /// Tells these definitions from others: changes with every byte of the packs below.
    std::uint64_t fingerprint() const noexcept;

    /// "Patient", "HumanName", "BedRequest", or a canonical URL (a "|version" is passed over);
    /// profiles by URL only. Null if unknown.
    const TypeDef* type(std::string_view name_or_url) const noexcept;
    /// All types, models and profiles, in the order they were added.
    std::span<const TypeDef* const> types() const noexcept;

    /// The search parameter `code` of a resource type, its own or of a type it derives from: "name"
    /// of "Patient", "_id" of any. Null if unknown; of two the first counts.
    const SearchParameter* search_parameter(std::string_view type,
                                            std::string_view code) const noexcept;
    const SearchParameter* search_parameter_by_url(std::string_view url) const noexcept;
    /// All of them, in the order they were added.
    std::span<const SearchParameter* const> search_parameters() const noexcept;

    /// How many elements all types have together; ElementDef::ordinal is below it.
    std::uint32_t element_count() const noexcept;

    const ValueSet* value_set(std::string_view url) const noexcept;
    const CodeSystem* code_system(std::string_view url) const noexcept;
    const ConceptMap* concept_map(std::string_view url) const noexcept;

    /// Whether a code is in a value set; Unknown also for an unknown value set. `system` empty: by
    /// code alone.
    Membership contains(std::string_view value_set_url, std::string_view system,
                        std::string_view code) const noexcept;

    /// True if `type` is `ancestor` or derives from it. Groups derive from BackboneElement.
    static bool is_subtype(const TypeDef* type, const TypeDef* ancestor) noexcept;

    Definitions(Definitions&&) noexcept;
    Definitions& operator=(Definitions&&) noexcept;
    ~Definitions();

private:
    struct Impl;
    explicit Definitions(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tsunagi::fhir
