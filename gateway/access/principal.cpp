#include "access/principal.h"

#include <array>
#include <utility>

namespace tsunagi::access {
namespace {

constexpr std::array<std::pair<Role, std::string_view>, 10> kRoles{{
    {Role::Clinic, "clinic"},
    {Role::HospitalDesk, "hospital-desk"},
    {Role::HospitalPhysician, "hospital-physician"},
    {Role::Coordinator, "coordinator"},
    {Role::City, "city"},
    {Role::Auditor, "auditor"},
    {Role::Operator, "operator"},
    {Role::PartnerSystem, "partner-system"},
    {Role::CareManager, "care-manager"},
    {Role::ServiceProvider, "service-provider"},
}};

}  // namespace

std::string_view name(Role role) {
    for (const auto& [candidate, text] : kRoles) {
        if (candidate == role) return text;
    }
    return "";
}

Result<Role> parse_role(std::string_view text) {
    for (const auto& [role, candidate] : kRoles) {
        if (candidate == text) return role;
    }
    return Error{Code::Invalid, "there is no such role", "role"};
}

}  // namespace tsunagi::access
