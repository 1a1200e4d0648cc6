#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "access/directory.h"
#include "access/principal.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "exchange/artifacts.h"
#include "exchange/kept_offers.h"
#include "exchange/refusal.h"
#include "exchange/results.h"
#include "exchange/sends.h"
#include "programme/journey.h"
#include "store/store.h"

/// Every write of the gateway: the story of a referral, one function for each act. An act that
/// returns a result is on the disk, with its log entry; an act that is refused changed nothing.
namespace tsunagi::exchange {

struct PreparedPacket;  // packet.h
struct TakenIn;         // intake.h

/// What the acts work with; all of it outlives the Exchange.
struct Parts {
    store::Store& store;
    const access::LiveDirectory& directory;
    const Artifacts& artifacts;
    const Clock& clock;
    Random& random;
    EventLog& log;
};

/// Thread rule: any thread, each act on the caller's thread.
class Exchange {
public:
    /// `patience`: how long a change of consent waits for messages that other gateways of the same
    /// store have on the wire.
    explicit Exchange(const Parts& parts, std::chrono::milliseconds patience = Sends::kPatience)
        : parts_(parts), patience_(patience) {}

    /// A clinic hands in a packet (contracts.md section 1), or what intake.h makes one of. The same
    /// key and body give the same answer and one effect.
    Act<Submitted> submit(const access::Principal& clinic, std::string_view key,
                          std::string_view body,
                          std::string_view content_type = "application/json");

    /// A clinic's action on its own case: a move of the state machine or a hop of the chain. Gives
    /// the new version.
    Act<std::int64_t> act(const access::Principal& clinic, const store::CaseId& id,
                          std::string_view action, const programme::Inputs& inputs);
    /// Identity that comes after the packet (contracts.md section 1). Gives the new version.
    Act<std::int64_t> identify(const access::Principal& clinic, const store::CaseId& id,
                               std::string_view body);
    /// A named person settles finding `number` (findings.h): `{"decision": "release", "reason": …}`
    /// or `{"decision": "correct", "reason": …, "text": the cell's new text}`. A correction makes
    /// the case again and looks at the new text. With the last one settled the case is sent.
    Act<Reviewed> review(const access::Principal& person, const store::CaseId& id,
                         std::int64_t number, std::string_view key, std::string_view body);
    /// Consent captured by itself, `{"referral": case, "consent": the form}`: the next version of
    /// the case's record, in force at once. What it no longer permits is not sent.
    Act<ConsentChange> record_consent(const access::Principal& clinic, std::string_view body);
    /// Consent is withdrawn: queued sends are cancelled, the case is withdrawn unless the stay has
    /// begun. Refused when the programme does not let `who` withdraw.
    Act<ConsentChange> withdraw_consent(const access::Principal& clinic, const store::CaseId& id,
                                        std::string_view who = "patient");

    /// Somebody other than a hospital is to be told of the stay, `{"recipient": kind,
    /// "organisation": id}`: opens that recipient's own view under the consent, and queues the
    /// notice when it has an endpoint. Again after each change of dates.
    Act<Notified> notify(const access::Principal& clinic, const store::CaseId& id,
                         std::string_view body);

    /// A hospital updates its Task: received, dates, accepted, rejected (contracts.md section 4).
    /// `if_match` is the version it read.
    Act<Updated> update_task(const access::Principal& hospital, std::string_view id,
                             std::int64_t if_match, std::string_view body);
    /// A hospital updates the stay: in-progress (admission), finished (discharge or death),
    /// cancelled (no-show).
    Act<Updated> update_encounter(const access::Principal& hospital, std::string_view id,
                                  std::int64_t if_match, std::string_view body);
    /// The same decisions in plain JSON (contracts.md section 2, /hospital/v1).
    Act<std::int64_t> act_as_hospital(const access::Principal& hospital, const store::Alias& alias,
                                      std::string_view action, const programme::Inputs& inputs);

    /// A leased row as it is to be sent, at the moment of sending: stage, consent and needed-by
    /// time are asked again. Rendered now, but for the offer that its submit rendered and that
    /// nothing has touched since. Error Denied: it must not be sent any more (message = code);
    /// Conflict: past its time.
    Result<Dispatch> prepare(const store::OutboxRow& row);
    /// The last look before the first byte: the row is still the caller's, the consent the one that
    /// `dispatch` was rendered under, and neither its period nor the needed-by time is over. While
    /// the result is held no change of consent commits (sends.h); empty: nothing may leave.
    Sends::Hold begin_send(const store::OutboxRow& row, const Dispatch& dispatch);
    /// The hospital has it: completes the row, writes log entry and provision record in one
    /// transaction.
    Status delivered(const store::OutboxRow& row, const Dispatch& dispatch,
                     std::string_view outcome);
    /// Before a partner's reading is rendered: no change of the case's consent commits while the
    /// result is held, so the consent it is rendered under is that of its first byte. Empty: one is
    /// being changed now. Error NotFound: not an id of this reader's.
    Result<Sends::Hold> begin_reading(const store::OrganisationId& who, const store::Alias& alias);
    /// A partner reads what no message brought it: the first reading at each stage goes on record
    /// like a message, before the bytes leave. Does nothing when that stage is on record. Error
    /// Busy: the consent is not the one that it was rendered under; nothing may leave.
    Status note_reading(const store::OrganisationId& reader, const Reading& reading,
                        const privacy::Outbound& body);
    Status postpone(const store::OutboxRow& row, Instant next_at, std::string_view reason);
    /// It will not be sent: parks or cancels the row and hands the case to consultation where the
    /// hospital never knew it.
    Status give_up(const store::OutboxRow& row, std::string_view reason);

    /// A person of the operator looked at a parked message: it may be tried again now. NotFound
    /// when it is not parked.
    Act<std::int64_t> resume_delivery(const access::Principal& person,
                                      store::DeliveryNumber number);

    /// A person of the operator asks to erase a case and its register. Refused, and logged, while
    /// the case goes on or its register must be kept (domain L7: the programme's
    /// retention, after the last provision). Again is the same and no second entry.
    Act<std::int64_t> erase(const access::Principal& person, const store::CaseId& id);

    /// What time alone does: needed-by passed, undelivered too long, consent expired, identity
    /// purged after an end without release. Gives when to call again, at the latest.
    Result<std::optional<Instant>> tick();

    const Parts& parts() const noexcept { return parts_; }

private:
    /// As a packet, every check passed; `taken` is what was handed in.
    Act<PreparedPacket> prepare(const access::Principal& clinic, std::string_view body,
                                std::string_view content_type, TakenIn& taken);

    Status await_others(const store::CaseId& id) const;

    Parts parts_;
    std::chrono::milliseconds patience_;
    Sends sends_;
    KeptOffers offers_;
};

}  // namespace tsunagi::exchange
