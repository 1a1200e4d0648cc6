#pragma once
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "fhir/issue.h"

namespace tsunagi::exchange {

/// Why an act was not done; serve/problem.cpp gives each its HTTP status.
enum class Refused {
    Malformed,    ///< not JSON, not the resource that was asked for
    Content,      ///< a cell or a rule
    Denied,       ///< no consent, or not this partner's business
    NotFound,     ///< also: exists, but even that is secret from the asker
    IllegalMove,  ///< not from this state
    KeyReused,    ///< the Idempotency-Key came with another body
    InFlight,     ///< the first request with this key is not answered yet
    Stale,        ///< If-Match names an older version
    Unavailable,  ///< our disk or a stopped store: try again
    Broken,       ///< our own fault
};

/// Nothing was stored but, where it matters, the log entry. Issues are bilingual and name the cell,
/// never a value.
struct Refusal {
    Refused kind = Refused::Broken;
    std::vector<fhir::Issue> issues;
};

/// What an act gives: its result, or a refusal.
template <class T>
using Act = std::variant<T, Refusal>;

template <class T>
bool done(const Act<T>& act) {
    return std::holds_alternative<T>(act);
}

/// One issue as a refusal.
Refusal refuse(Refused kind, std::string code, std::string expression, std::string ja,
               std::string en, std::string rule = {});

/// The refusal of a request whose Idempotency-Key came before: in flight, or with another body. Any
/// other Error as below.
Refusal refuse_key(const Error& error);

/// An Error of a lower module as a refusal: Unavailable and Busy mean "try again", NotFound stays,
/// the rest is ours.
Refusal refuse(const Error& error);

/// The case is over and nothing of the person is kept (erasure.h).
Refusal refuse_purged();

}  // namespace tsunagi::exchange
