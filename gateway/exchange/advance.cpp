#include "exchange/advance.h"

#include <algorithm>
#include <utility>

#include "base/uuid.h"
#include "exchange/answer.h"
#include "exchange/erasure.h"
#include "exchange/sends.h"

namespace tsunagi::exchange {
namespace {

namespace action = programme::action;
namespace state = programme::state;

bool same_effect(std::string_view left, std::string_view right) {
    const programme::Effect a = programme::effect_of(left), b = programme::effect_of(right);
    return a.task == b.task && a.service_request == b.service_request &&
           a.encounter == b.encounter && a.care_plan == b.care_plan;
}

/// What this hospital's rendition is in after the step: consultation is the clinic's business, the
/// hospital declined or its time ran out.
std::string state_at_hospital(const programme::Journey& journey, std::string_view step) {
    if (step == action::kDecline) return std::string{state::kDeclined};
    if (step == action::kExpire) return std::string{state::kExpired};
    return journey.state;
}

/// The hospital holds something of this case already, or may.
Result<bool> hospital_knows(store::Transaction& transaction, const CaseFile& file) {
    auto rows = transaction.deliveries_of(file.row.id);
    if (!rows) return rows.error();
    return std::any_of(rows->begin(), rows->end(), [&](const store::OutboxRow& row) {
        // A row parked at its first attempt was refused or never written to a socket; later ones
        // may have arrived.
        const bool open = row.state == store::DeliveryState::Pending && row.attempts > 0;
        const bool tried = row.state == store::DeliveryState::Done || open || row.attempts > 1;
        return row.hospital == file.row.hospital && tried;
    });
}

/// The case is over for this hospital: what was still to be sent must not go out any more.
bool ends_at_hospital(std::string_view rendition_state) {
    return rendition_state == state::kDeclined || rendition_state == state::kExpired ||
           programme::is_final(rendition_state);
}

Status follow_up(store::Transaction& transaction, const Parts& parts, const CaseFile& file,
                 const store::RenditionRow& rendition, std::string_view before,
                 std::string_view step) {
    if (step == action::kAccept) return queue(transaction, parts, file, rendition, "release");
    if (same_effect(before, rendition.state)) return {};
    auto knows = hospital_knows(transaction, file);
    if (!knows) return knows.error();
    if (ends_at_hospital(rendition.state) && rendition.state != state::kClosed &&
        rendition.state != state::kDied) {
        const auto cancelled =
            transaction.cancel_lane(file.row.id, rendition.hospital, rendition.state);
        if (!cancelled) return cancelled.error();
    }
    if (!*knows)
        return ends_at_hospital(rendition.state) ? transaction.destroy_rendition(rendition.alias)
                                                 : Status{};
    return queue(transaction, parts, file, rendition, "status");
}

/// What the current hospital holds follows the case; gives the version of its rendition, 0 where it
/// holds nothing.
Result<std::int64_t> move_rendition(store::Transaction& transaction, const Parts& parts,
                                    const CaseFile& file, std::string_view step) {
    auto rendition = transaction.find_rendition(file.row.id, file.row.hospital);
    // A case that is held was offered to nobody yet.
    if (!rendition && rendition.error().code == Code::NotFound) return std::int64_t{0};
    if (!rendition) return rendition.error();
    // A hospital that declined, or whose time ran out, has heard its last word: what the clinic
    // decides in consultation is nothing to it.
    const std::string before = rendition->state;
    if (before == state::kDeclined || before == state::kExpired) return std::int64_t{0};
    rendition->state = state_at_hospital(file.journey, step);
    if (step == action::kAccept) rendition->stage = "release";
    auto version = transaction.update_rendition(*rendition);
    if (!version) return version;
    if (auto followed = follow_up(transaction, parts, file, *rendition, before, step); !followed)
        return followed.error();
    return version;
}

/// When nothing of the lane can be on the wire any more. A message that was cancelled while a
/// worker held it may still arrive, and an older one must not come over a newer; a later `due` than
/// a lease is the wait between two attempts.
Result<Instant> lane_is_free(store::Transaction& transaction, const store::CaseId& id,
                             const store::OrganisationId& hospital, Instant now) {
    auto rows = transaction.deliveries_of(id);
    if (!rows) return rows.error();
    Instant free = now;
    for (const auto& row : *rows) {
        const bool held = row.hospital == hospital &&
                          row.state == store::DeliveryState::Cancelled && row.attempts > 0 &&
                          row.due <= now + kSendLease;
        if (held) free = std::max(free, row.due);
    }
    return free;
}

}  // namespace

Status queue(store::Transaction& transaction, const Parts& parts, const CaseFile& file,
             const store::RenditionRow& rendition, std::string_view kind) {
    const Instant now = parts.clock.now();
    auto endpoint = parts.directory.current()->endpoint(rendition.hospital, now);
    if (!endpoint) return endpoint.error();
    store::OutboxRow row;
    row.case_id = file.row.id;
    row.alias = rendition.alias;
    row.hospital = rendition.hospital;
    row.kind = std::string{kind};
    row.destination = access::freeze(*endpoint);
    auto free = lane_is_free(transaction, row.case_id, row.hospital, now);
    if (!free) return free.error();
    row.due = *free;
    if (kind == "offer") row.not_after = file.row.needed_by;
    auto number = transaction.enqueue(row);
    return number ? Status{} : Status{number.error()};
}

Refusal refuse_step(std::vector<fhir::Issue> issues) {
    const bool illegal = std::any_of(issues.begin(), issues.end(), [](const auto& issue) {
        return issue.code == "illegal-move";
    });
    return {illegal ? Refused::IllegalMove : Refused::Content, std::move(issues)};
}

Status open_rendition(store::Transaction& transaction, const Parts& parts, const CaseFile& file,
                      const store::OrganisationId& hospital, const std::string& alias) {
    if (file.journey.state != state::kSent || file.journey.open_findings > 0)
        return Error{Code::Denied, "held: a finding is open", {}};
    store::RenditionRow rendition;
    rendition.alias = store::Alias{alias};
    rendition.case_id = file.row.id;
    rendition.hospital = hospital;
    rendition.stage = "offer";
    rendition.state = file.journey.state;
    rendition.created = parts.clock.now();
    if (auto inserted = transaction.insert_rendition(rendition); !inserted) return inserted;
    return queue(transaction, parts, file, rendition, "offer");
}

std::optional<Refusal> refuse_unreachable(const Parts& parts,
                                          const store::OrganisationId& hospital) {
    if (parts.directory.current()->endpoint(hospital, parts.clock.now())) return {};
    return refuse(Refused::Content, "no-endpoint", "Packet.destination",
                  "この病院にはまだ電子的に送れません。電話とFAXで申し込んでください。",
                  "This hospital cannot be reached electronically yet. Please telephone and fax.",
                  "R28");
}

Status stop_disclosure(store::Transaction& transaction, const Parts& parts, const CaseFile& file) {
    const auto rendition = transaction.find_rendition(file.row.id, file.row.hospital);
    if (!rendition && rendition.error().code == Code::NotFound) return {};  // held: told nobody
    if (!rendition) return rendition.error();
    if (rendition->destroyed) return {};
    const auto cancelled =
        transaction.cancel_lane(file.row.id, rendition->hospital, "consent-withdrawn");
    if (!cancelled) return cancelled.error();
    return *cancelled == 0 ? Status{} : queue(transaction, parts, file, *rendition, "status");
}

Result<Advance> advance(store::Transaction& transaction, const Parts& parts, CaseFile& file,
                        const programme::Step& step, const access::Principal& who,
                        const std::optional<crypto::Digest>& evidence) {
    Advance done;
    const std::string before = file.journey.state;
    done.issues = programme::apply(*file.programme, file.journey, step);
    if (!done.issues.empty()) return done;
    const Instant now = parts.clock.now();

    if (step.action == action::kRedirect)
        file.row.hospital = store::OrganisationId{step.inputs.hospital};
    const bool sent = file.journey.state == state::kSent && before != state::kSent;
    if (sent || step.action == action::kRedirect)
        file.row.wake_at = now + file.programme->undelivered_after();
    if (sent) {
        if (auto opened =
                open_rendition(transaction, parts, file, file.row.hospital, uuid_v4(parts.random));
            !opened) {
            return opened.error();
        }
    } else if (auto moved = move_rendition(transaction, parts, file, step.action); moved) {
        done.rendition_version = *moved;
    } else {
        return moved.error();
    }
    if (auto forgotten = forget_left_hospitals(transaction, file); !forgotten)
        return forgotten.error();
    auto over = ended_without_release(transaction, file);
    if (!over) return over.error();
    if (*over) file.row.wake_at = now + file.programme->retention().purge_after;
    if (auto saved = save(transaction, file, now); !saved) return saved.error();
    done.version = file.row.version;
    if (auto event =
            transaction.append_event(file.row.id, event_json(step.action, who, now, step.inputs));
        !event) {
        return event.error();
    }
    audit::Entry entry = entry_for(step.action, file.row.id, who.organisation.text());
    entry.recipient = file.row.hospital.text();
    entry.decision = file.journey.state;
    if (!step.inputs.finding.empty()) entry.policy = "finding-" + step.inputs.finding;
    entry.commit = evidence;
    const auto position = transaction.append(std::move(entry));
    if (!position) return position.error();
    return done;
}

}  // namespace tsunagi::exchange
