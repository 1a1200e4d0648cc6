#pragma once
#include <string_view>
#include <vector>

#include "exchange/artifacts.h"
#include "fhir/issue.h"
#include "json/document.h"
#include "programme/programme.h"

/// The documents that a hospital gets with a release (contracts.md section 5). A document is made
/// of the release alone: it cannot hold what the disclosure list keeps back. Pure; any thread.
namespace tsunagi::exchange {

/// Numbers from here are documents of a release; the entries of a case's Bundle count from 1.
inline constexpr std::size_t kFirstDocument = 9900;
inline std::size_t reference_number(const DocumentKind& kind) {
    return kFirstDocument + 10 * kind.number;
}
inline std::size_t bundle_number(const DocumentKind& kind) { return reference_number(kind) + 1; }

/// One document: the Bundle, stored as one resource, and the DocumentReference that points to it.
struct ReleasedDocument {
    json::Document reference;
    json::Document bundle;
    bool complete = false;  ///< every need was met: it claims the profiles of its guide
};

/// Writes what the programme's directory knows of the hospital into the Bundle: its institution
/// code.
void add_directory(json::Document& bundle, const programme::Programme& programme);

/// The cells that a document of this Bundle lacks, each once, as information for the clinic: it may
/// complete them and need not.
Result<std::vector<fhir::Issue>> missing_cells(json::Value bundle, const Artifacts& artifacts);

/// All documents of `release` (a transaction Bundle as privacy::Release gives it). `made` is when
/// the packet was translated, so that the same release has the same bytes.
Result<std::vector<ReleasedDocument>> documents_of(json::Value release, std::string_view alias,
                                                   const Artifacts& artifacts, Instant made,
                                                   std::chrono::minutes zone);

/// Adds them to the transaction of the release.
void add_documents(json::Document& transaction, const std::vector<ReleasedDocument>& documents);

}  // namespace tsunagi::exchange
