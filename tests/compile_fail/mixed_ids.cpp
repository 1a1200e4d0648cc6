// A case id is not an organisation id, whatever the text inside: no call can swap the two.
#include "base/id.h"

namespace {

using CaseId = tsunagi::Id<struct CaseIdTag>;
using OrganisationId = tsunagi::Id<struct OrganisationIdTag>;

void disclose(const CaseId&, const OrganisationId&) {}

}  // namespace

int main() {
    const CaseId case_id{"0190a1b2"};
    const OrganisationId hospital{"0190a1b2"};
#ifdef MUST_FAIL
    disclose(hospital, case_id);
#else
    disclose(case_id, hospital);
#endif
}
