#pragma once
#include <cstdint>
#include <string>

#include "base/id.h"

namespace tsunagi::store {

/// One request from a clinic until it is closed. UUID version 7; ours only, never sent to a
/// hospital.
using CaseId = Id<struct CaseIdTag>;

/// What one hospital calls a case: UUID version 4, drawn for that (case, hospital) alone. The n-th
/// resource of the case has the logical id "<alias>-<n>" there.
using Alias = Id<struct AliasTag>;

/// An organisation of the directory (access/directory.h).
using OrganisationId = Id<struct OrganisationIdTag>;

/// Rows of the outbox are numbered in the order in which they were queued.
using DeliveryNumber = std::int64_t;

/// Whose data key seals a blob: the case's own, or that of one hospital's rendition, which can be
/// destroyed alone.
class Owner {
public:
    Owner(const CaseId& id) : text_(id.text()) {}
    Owner(const Alias& alias) : text_(alias.text()) {}
    const std::string& text() const& noexcept { return text_; }

private:
    std::string text_;
};

}  // namespace tsunagi::store
