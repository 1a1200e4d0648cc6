#pragma once
#include <memory>
#include <string>
#include <vector>

#include "fhir/definitions.h"
#include "fhir/issue.h"
#include "json/document.h"

namespace tsunagi::validate {

struct Options {
    /// Canonical URL of the model or profile that the root must follow; empty: the type that
    /// `resourceType` names.
    std::string profile = {};
    /// First step of every expression, "Packet"; empty: the resourceType.
    std::string root_name = {};
};

/// Checks data against its definitions: unknown members, JSON shape, cardinality, choice types,
/// form and range of primitives, required bindings, references inside a resource or Bundle, and the
/// invariants of our logical models (hl7.org/fhir/R4/validation.html). Everything wrong is
/// reported, in document order, each with the expression and offset of its node; texts name the
/// cell by its label and never hold a value from the data.
/// Thread rule: immutable after construction; any number of threads.
class Validator {
public:
    /// `definitions` must outlive it and must not change any more.
    explicit Validator(const fhir::Definitions& definitions);
    Validator(Validator&&) noexcept;
    Validator& operator=(Validator&&) noexcept;
    ~Validator();

    /// No Error or Fatal among the issues: the data is valid. Information says what could not be
    /// checked (a code list that the gateway does not hold).
    std::vector<fhir::Issue> validate(json::Value resource, const Options& options = {}) const;

private:
    struct Rules;
    const fhir::Definitions* definitions_;
    std::unique_ptr<const Rules> rules_;
};

}  // namespace tsunagi::validate
