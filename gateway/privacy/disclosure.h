#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fhir/definitions.h"
#include "json/document.h"
#include "privacy/consent.h"
#include "privacy/population.h"

namespace tsunagi::privacy {

/// How an element that may leave is written.
enum class Treatment {
    Keep,  ///< with what its data type has below it; extensions and attachments are listed apart
    Reference,         ///< only to a resource that leaves too, by the recipient's id; no display
    ReferenceAndName,  ///< the same, with its identifier and display, which may stand alone
    Initials,          ///< only when the text reads as initials (R18)
    PlainNarrative,    ///< only the div that the maps write: words without markup
    OwnId,             ///< one Identifier made for this recipient; what stood there does not leave
    OwnIdAndOthers,    ///< the same, followed by the identifiers of other systems than ours
};

struct CodingRule;  // shape.h
struct ResourceRule;

/// The elements that may leave at one stage, as reviewed data (profiles/disclosure/README.md):
/// everything that is not listed is dropped, unknown extensions, narrative, contained resources and
/// identifiers too. `stage`, `recipients` and `purpose` say when, to whom and what for. Immutable;
/// keeps nothing of `file` nor of the definitions. Thread rule: any thread.
class DisclosureRules {
public:
    struct Parts;

    /// Error Invalid, at start-up, with the row in `where` ("offer: Patient.nmae"): a type or path
    /// that R4 does not know, a required element of a listed resource that is not listed, or, in an
    /// offer or notice, a data type that holds names (HumanName, Address, …) listed as a whole.
    static Result<DisclosureRules> load(json::Value file, const fhir::Definitions& definitions);

    Stage stage() const noexcept;
    /// A notice's list is for these kinds of recipients (CodeSystem recipient-kind).
    bool is_for(std::string_view recipient_kind) const noexcept;
    /// Data classes without which a notice says nothing: the consent must permit each of them.
    const std::vector<std::string>& needs() const noexcept;
    /// What a notice is for: v3-ActReason.
    const std::string& purpose() const noexcept;
    /// How the element at `path` ("Patient.name.text", "Observation.valueQuantity") leaves as the
    /// file lists it; nullptr: the file has no row for it.
    const Treatment* find(std::string_view path) const noexcept;
    /// Resources of this type may leave at all.
    bool leaves(std::string_view type) const noexcept;
    /// Resources of this data class (Resource.meta.tag, CodeSystem information-kind) may leave at
    /// this stage.
    bool class_leaves(std::string_view data_class) const noexcept;
    /// Resources of this data class are the recipient's own (the stay): they leave to it whatever
    /// the consent says about passing them on.
    bool is_own(std::string_view data_class) const noexcept;

    /// The city's table, by which offers leave out what would tell of too few. Without one they
    /// show five-year bands.
    void set_population(Population table);
    const Population* population() const noexcept;

    DisclosureRules(DisclosureRules&&) noexcept;
    DisclosureRules& operator=(DisclosureRules&&) noexcept;
    ~DisclosureRules();

private:
    friend class Renderer;
    /// How resources of the type leave, compiled; nullptr: they do not.
    const ResourceRule* rule(std::string_view type) const noexcept;
    /// The profile that a whole rendition follows; empty: none.
    const std::string& bundle_claim() const noexcept;
    /// Labels that hold a resource back; the systems of meta.tag that leave with it.
    const std::vector<CodingRule>& held_back() const noexcept;
    bool tag_leaves(std::string_view system) const noexcept;
    explicit DisclosureRules(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace tsunagi::privacy
