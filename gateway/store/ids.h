#pragma once
#include <cstdint>
#include <string>
#include <utility>

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

/// Whose data key seals a blob: the case's own, that of one recipient's rendition, which can be
/// destroyed alone, or that of the case's register of provisions, which outlives the case (L6, L7).
class Owner {
public:
    Owner(const CaseId& id) : text_(id.text()) {}
    Owner(const Alias& alias) : text_(alias.text()) {}
    static Owner register_of(const CaseId& id) { return Owner(id.text() + "-register"); }
    const std::string& text() const& noexcept { return text_; }

private:
    explicit Owner(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

}  // namespace tsunagi::store
