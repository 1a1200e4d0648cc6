#pragma once
#include <chrono>
#include <memory>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "fhir/issue.h"
#include "fhirpath/host.h"
#include "json/document.h"
#include "translate/map_library.h"
#include "translate/receipt.h"

namespace tsunagi::translate {

/// Time and chance of one translation: the same seed, clock and source give the same bytes.
struct Environment {
    Instant now{};
    std::chrono::minutes zone{0};  ///< civil zone of now() in a map
    Random& random;                ///< of uuid()
    fhirpath::Host* host = nullptr;
};

/// What one run may cost.
struct RunLimits {
    std::uint32_t max_rules = 2'000'000;  ///< rule executions
    std::uint32_t max_depth = 128;        ///< group calls and nested rules inside each other
    std::uint32_t max_nodes = 2'000'000;  ///< target nodes
};

/// The result of a run. `issues` holds what `check` clauses and cardinalities found.
struct Translation {
    json::Document output;
    std::vector<fhir::Issue> issues;
    Receipt receipt;
};

/// Runs the first group of the map `map_url` on `source`. Error NotFound: no such map. Error
/// Invalid: the data cannot be put where a rule says (`where` = map, line, column and the source
/// path; never a value). Error Unsupported: a limit.
Result<Translation> transform(const MapLibrary& library, std::string_view map_url,
                              json::Value source, const Environment& environment,
                              const RunLimits& limits = {});

/// The same, and every leaf cell must be accounted for: each that is not becomes an issue (error,
/// code "cell-not-carried", fault gateway) that names it. A value that a rule cannot take is no
/// Error here but an issue too (code "value-not-fit", fault sender) that names its cell. Output
/// counts only when `issues` has no error.
Result<Translation> translate(const MapLibrary& library, std::string_view map_url,
                              json::Value source, const Environment& environment);

}  // namespace tsunagi::translate
