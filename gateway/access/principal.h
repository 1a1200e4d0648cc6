#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/ids.h"

namespace tsunagi::access {

using store::OrganisationId;

/// contracts.md section 2. The route table says which roles may use a route.
enum class Role {
    Clinic,
    HospitalDesk,
    HospitalPhysician,
    Coordinator,
    City,
    Auditor,
    Operator,
    PartnerSystem,
    CareManager,
    ServiceProvider
};

std::string_view name(Role role);  ///< "hospital-desk"
Result<Role> parse_role(std::string_view text);

/// Who asks: an organisation proven by its certificate, in one role. `person` is an id of ours,
/// never a name; empty: the organisation's system.
struct Principal {
    OrganisationId organisation;
    std::string person;
    Role role = Role::PartnerSystem;
};

}  // namespace tsunagi::access
