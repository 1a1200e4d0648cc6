#pragma once
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "json/document.h"

namespace tsunagi::fhir {

class Definitions;

/// Compiles conformance resources into a pack (pack_format.h). Narratives, mappings and prose are
/// dropped; value sets are expanded, from their own expansion where it is whole, else from compose
/// with the code systems at hand. The same resources in the same order give the same bytes.
/// Thread rule: one thread.
class PackWriter {
public:
    /// `below`: definitions that are known already; what they hold is not defined again.
    explicit PackWriter(const Definitions* below = nullptr);
    ~PackWriter();

    /// StructureDefinition, ValueSet, CodeSystem, ConceptMap, SearchParameter, Questionnaire (kept
    /// as it is); anything else, a profile without snapshot, a search parameter of no type, and a
    /// canonical URL that came before, are passed over (of two value sets the one with an expansion
    /// is taken). A ValueSet must live until finish(). Error Invalid names resource and element.
    Status add(json::Value resource);

    /// Puts a remark into the pack, for whoever opens it (Definitions::notes).
    void add_note(std::string_view kind, std::string_view subject, std::string_view reason);

    /// The pack. Use the writer no more.
    Result<Bytes> finish();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tsunagi::fhir
