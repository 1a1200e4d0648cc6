#pragma once
#include <map>
#include <mutex>
#include <string_view>

#include "fhir/definitions.h"
#include "json/document.h"

namespace tsunagi::validate {

/// The Questionnaires of the packages, read when one is asked for: what `Options::find` hands to a
/// Validator. Thread rule: any number of threads.
class Questionnaires {
public:
    /// `definitions` must outlive it and must not change any more.
    explicit Questionnaires(const fhir::Definitions& definitions) : definitions_(definitions) {}

    /// Absent for a URL that no package has. The Value lives as long as the object.
    json::Value find(std::string_view url) const;

private:
    const fhir::Definitions& definitions_;
    mutable std::mutex mutex_;
    mutable std::map<const char*, json::Document> read_;  ///< by where the text lies
};

}  // namespace tsunagi::validate
