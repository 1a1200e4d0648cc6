#pragma once
#include <memory>
#include <string_view>

#include "base/result.h"
#include "fhir/definitions.h"
#include "json/document.h"

namespace tsunagi::validate {

/// Works out the snapshots of StructureDefinitions from their differentials
/// (hl7.org/fhir/R4/profiling.html#snapshot): resources, data types, extensions and logical models;
/// slicing, slicing by type, reslicing, choices named by type, content references, profiles on
/// types. Where the specification leaves a choice it is made as the published HL7 tools make it.
/// Elements of a differential may come in any order among their siblings. Thread rule: one thread.
class Snapshots {
public:
    /// `definitions` answers for every URL that nobody offered; it must live longer.
    explicit Snapshots(const fhir::Definitions& definitions);
    ~Snapshots();
    Snapshots(Snapshots&&) noexcept;
    Snapshots& operator=(Snapshots&&) noexcept;

    /// A StructureDefinition that others may build on, with or without a snapshot. It is not copied
    /// and must live as long as this. Of one URL the first counts.
    void offer(json::Value structure_definition);

    /// `structure_definition` with its snapshot worked out anew; as it is when it has only a
    /// snapshot. Error Invalid, `where` = URL and path: base definition unknown or circular, path
    /// that is not in the base, type the base does not allow, cardinality beyond the base, slice
    /// without slicing, two required types of one choice, more than 100,000 elements.
    Result<json::Document> generate(json::Value structure_definition);

    struct Impl;

private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace tsunagi::validate
