#pragma once
#include <span>

#include "fhir/issue.h"
#include "serve/http.h"

/// Every refusal is an OperationOutcome (contracts.md section 2). Here, and only here, a code of
/// ours becomes an HTTP status. Pure functions, any thread.
namespace tsunagi::serve {

/// Invalid 400, NotFound 404, Conflict 409, Denied 403, Unsupported 415, Busy 503, Unavailable 503,
/// Internal 500.
int status_of(Code code);

/// `status` with `issues` as OperationOutcome. 503 and 429 carry Retry-After.
Response outcome(int status, std::span<const fhir::Issue> issues);

/// An Error as an answer. The message is for the log and is not sent, since it speaks to operators;
/// `where` is sent as the expression of a 4xx: it is a path, never a value.
Response problem(const Error& error);

/// What the edge itself refuses, each with its one text: 400 framing, 401 no certificate, 403
/// unknown partner or role, 404, 405, 412, 413, 415, 417, 428, 429, 500, 503.
Response problem(int status);

}  // namespace tsunagi::serve
