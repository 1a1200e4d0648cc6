#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "fhir/definitions.h"
#include "fhir/issue.h"
#include "fhirpath/expression.h"
#include "json/document.h"
#include "translate/map_library.h"

namespace tsunagi::exchange {

/// One kind of document that goes to a hospital with the release, as data
/// (profiles/documents/README.md). Immutable; any thread.
struct DocumentKind {
    /// What the document's guide requires and a packet may lack.
    struct Need {
        std::string key;   ///< issue code
        std::string cell;  ///< of the packet: where it is completed
        std::string ja, en;
        fhir::Fault fault = fhir::Fault::Sender;
        std::optional<fhirpath::Expression> when;  ///< asked only where this holds
        fhirpath::Expression holds;
    };

    std::string id;
    std::size_t number = 0;  ///< its place among the documents of a release, from 1
    std::string ja, en;      ///< title
    std::string type_system, type_code, type_display;
    fhirpath::Expression of;  ///< there is something to make it of
    std::string map;          ///< makes it when every need is met
    std::string otherwise;    ///< makes it when one is not; empty: then there is none
    std::vector<Need> needs;

    /// Error Invalid, at start-up: an expression that does not parse or cannot hold of a Bundle, a
    /// map that is not loaded. `where` names the key.
    static Result<DocumentKind> load(json::Value file, const fhir::Definitions& definitions,
                                     const translate::MapLibrary& maps);
};

}  // namespace tsunagi::exchange
