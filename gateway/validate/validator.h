#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "fhir/definitions.h"
#include "fhir/issue.h"
#include "json/document.h"

namespace tsunagi::validate {

struct Options {
    /// Canonical URL of the model or profile that the root must follow; empty: the type that
    /// `resourceType` names, with what `meta.profile` says.
    std::string profile = {};
    /// Further profiles for the root.
    std::vector<std::string> profiles = {};
    /// First step of every expression, "Packet"; empty: the resourceType.
    std::string root_name = {};
    /// Best practice, as Information.
    bool hints = true;
    /// False: only errors are looked for, for those who read nothing else. What could not be
    /// checked is still told.
    bool warnings = true;
    /// Absolute references are addresses of RESTful servers: what stands where the type does must
    /// be a resource type.
    bool rest_references = false;
    /// What limits relative to the clock (minValueDuration) count from; at 0 they are passed over.
    Instant now{};
    /// Where resources that an instance names by canonical URL are found (the Questionnaire of a
    /// response); absent or an absent Value: only inside the instance.
    std::function<json::Value(std::string_view canonical)> find = {};
};

/// Checks data against its definitions (hl7.org/fhir/R4/validation.html): members, JSON shape,
/// cardinality, choice types, form and range of primitives, bindings, references, invariants,
/// narratives, extensions and their context, contained resources, Bundles, and the profiles that
/// are given or that `meta.profile` names, with slicing. Everything wrong is reported, in document
/// order, each with the expression and offset of its node, the rule and the profile; texts name the
/// cell by its label and never hold a value from the data.
/// Thread rule: any number of threads; what is compiled on first use is guarded.
class Validator {
public:
    /// `definitions` must outlive it and must not change any more.
    explicit Validator(const fhir::Definitions& definitions);
    Validator(Validator&&) noexcept;
    Validator& operator=(Validator&&) noexcept;
    ~Validator();

    /// No Error or Fatal among the issues: the data is valid. Warning or Information says, once
    /// each, what could not be checked (a code list, profile or extension that is not held here).
    std::vector<fhir::Issue> validate(json::Value resource, const Options& options = {}) const;

private:
    std::unique_ptr<const struct Rulebook> rules_;
};

}  // namespace tsunagi::validate
