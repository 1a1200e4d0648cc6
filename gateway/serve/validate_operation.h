#pragma once
#include "inquire/inquire.h"
#include "serve/router.h"

namespace tsunagi::serve {

/// `POST /fhir/{type}/$validate` and `POST /fhir/$validate`
/// (hl7.org/fhir/R4/resource-operation-validate.html; ours is profiles/api/OperationDefinition-
/// validate.json): the body is the resource, or Parameters with `resource` and `profile`; profiles
/// may also stand in the query. 200 with an OperationOutcome whatever is found, 400 when the
/// request cannot be understood, 422 for a profile that is not known here. Nothing is kept.
/// Thread rule: any thread.
Response validate_operation(const inquire::Inquire& inquire, const Call& call);

}  // namespace tsunagi::serve
