#include "privacy/egress.h"

#include <algorithm>
#include <utility>

#include "privacy/folded.h"

namespace tsunagi::privacy {
namespace {

/// Names the kinds of what was found, each once; never a value.
Error denied(const std::vector<Finding>& findings) {
    std::string kinds;
    for (const auto& finding : findings) {
        if (kinds.find(finding.kind) != std::string::npos) continue;
        kinds += (kinds.empty() ? "" : ", ") + finding.kind;
    }
    return Error{Code::Denied, "identifier in outbound bytes", std::move(kinds)};
}

}  // namespace

Result<Outbound> EgressDoor::clear(std::string_view recipient, std::string bytes,
                                   const LeakScanner& scanner) {
    if (recipient.empty()) return Error{Code::Denied, "no recipient", {}};
    if (const auto findings = scanner.scan(bytes); !findings.empty()) return denied(findings);
    const crypto::Digest digest = crypto::sha256(as_bytes(bytes));
    return Outbound{std::string{recipient}, std::move(bytes), digest};
}

Result<Outbound> EgressDoor::offer(std::string_view recipient, std::string bytes,
                                   const LeakScanner& known) {
    return clear(recipient, std::move(bytes), known);
}

Result<Outbound> EgressDoor::release(std::string_view recipient, std::string bytes,
                                     const Acceptance& acceptance, const LiveConsent& consent) {
    if (acceptance.hospital() != recipient)
        return Error{Code::Denied, "another hospital accepted", {}};
    if (consent.recipient() != recipient || consent.stage() != Stage::Release)
        return Error{Code::Denied, "the consent names another hospital", {}};
    return clear(recipient, std::move(bytes), LeakScanner{});
}

Result<Outbound> EgressDoor::notice(std::string_view recipient, std::string bytes,
                                    const LiveConsent& consent,
                                    std::span<const std::u32string> untold) {
    if (consent.recipient() != recipient || consent.stage() != Stage::Notice)
        return Error{Code::Denied, "the consent is for another recipient", {}};
    if (!untold.empty()) {
        const std::u32string letters = fold_letters(bytes).text;
        for (const std::u32string& name : untold) {
            if (letters.find(name) != std::u32string::npos)
                return Error{Code::Denied, "identifier in outbound bytes", "untold-diagnosis"};
        }
    }
    return clear(recipient, std::move(bytes), LeakScanner{});
}

Result<Outbound> EgressDoor::plain(std::string_view recipient, std::string bytes) {
    return clear(recipient, std::move(bytes), LeakScanner{});
}

Result<Outbound> EgressDoor::own_record(std::string_view clinic, std::string_view owner,
                                        std::string bytes) {
    const std::string named{owner};
    return own_records(clinic, {&named, 1}, std::move(bytes));
}

Result<Outbound> EgressDoor::own_records(std::string_view clinic,
                                         std::span<const std::string> owners, std::string bytes) {
    if (std::any_of(owners.begin(), owners.end(),
                    [&](const std::string& owner) { return owner != clinic; }))
        return Error{Code::Denied, "the record is another clinic's", {}};
    return clear(clinic, std::move(bytes), LeakScanner{});
}

}  // namespace tsunagi::privacy
