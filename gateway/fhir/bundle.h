#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "json/document.h"

namespace tsunagi::fhir {

/// The parts of "https://h/fhir/Patient/1/_history/2", "Patient/1", "urn:uuid:…" or "#p1". Views
/// into the text that was split.
struct ReferenceParts {
    enum class Form : std::uint8_t { Relative, Rest, Urn, Fragment, Other };
    Form form = Form::Other;       ///< Other: an absolute URL that is no RESTful address
    std::string_view base;         ///< Rest: "https://h/fhir"
    std::string_view type;         ///< Relative, Rest: "Patient"
    std::string_view id;           ///< Relative, Rest: "1"; Fragment: "p1", empty for "#"
    std::string_view unversioned;  ///< the text without "/_history/…"
};
ReferenceParts split_reference(std::string_view reference) noexcept;

/// One entry; every part may be absent.
struct Entry {
    json::Value entry;
    json::Value resource;
    std::string_view full_url;
};

/// Finds the entries of one Bundle by fullUrl, in constant time. Views into the Bundle, which must
/// outlive it. Thread rule: any number of readers.
class BundleIndex {
public:
    explicit BundleIndex(json::Value bundle);
    BundleIndex(BundleIndex&&) noexcept = default;
    BundleIndex& operator=(BundleIndex&&) noexcept = default;

    const std::vector<Entry>& entries() const noexcept { return entries_; }

    /// The entry a reference in the entry `from` means (hl7.org/fhir/R4/bundle.html#references):
    /// an absolute one by fullUrl, a relative one against the base of from's fullUrl; where that is
    /// no RESTful address, by type and id of the resource. Null when the Bundle does not hold it.
    const Entry* resolve(std::string_view reference, const Entry* from = nullptr) const;

    /// The first entry whose fullUrl (and meta.versionId) an earlier one has too; null if none.
    const Entry* duplicate_full_url() const noexcept { return duplicate_; }

private:
    struct Slot {
        std::uint64_t hash = 0;
        std::uint32_t entry = 0;  ///< index + 1; 0: free
        bool by_full_url = false;
    };
    const Entry* find_full_url(std::string_view base, std::string_view rest) const noexcept;
    const Entry* find_type_id(std::string_view type, std::string_view id) const noexcept;
    void insert(std::uint64_t hash, std::uint32_t entry, bool by_full_url) noexcept;
    std::uint64_t hash_of(std::string_view first, std::string_view second) const noexcept;
    static std::string_view rest_of(const ReferenceParts& parts) noexcept;

    std::vector<Entry> entries_;
    std::vector<Slot> slots_;
    std::uint64_t seed_ = 0;
    const Entry* duplicate_ = nullptr;
};

/// The entries that no chain of references, followed either way, joins with the first one
/// (hl7.org/fhir/R4/documents.html#content: a document holds its Composition and what belongs to
/// it; a Binary may be a stylesheet, which nothing refers to). In order.
std::vector<std::uint32_t> entries_apart(const BundleIndex& bundle);

/// The contained resource `id` of `container`, or absent.
json::Value contained(json::Value container, std::string_view id);

/// Every `Reference.reference` text below `value`, in document order.
std::vector<json::Value> references_of(json::Value value);

}  // namespace tsunagi::fhir
