#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/directory.h"
#include "base/clock.h"
#include "privacy/egress.h"
#include "privacy/leak_scan.h"
#include "store/ids.h"

/// What the acts of exchange.h give, as plain values. `owner` of an answer: the clinic of the
/// case's row, which the egress door compares with the one that asked.
namespace tsunagi::exchange {

struct Submitted {
    store::CaseId case_id;
    std::string
        answer;  ///< JSON (README.md): case, state, resources, receipt, nextActions, flags, log
    bool repeated = false;  ///< the stored answer of an earlier request with the same key
    store::OrganisationId owner = {};
};

/// A version of the case's consent record and what it changed.
struct ConsentChange {
    store::CaseId case_id;
    std::int64_t version = 0;
    std::string answer;  ///< JSON (README.md): consent, decision, what it affects, state, log
    store::OrganisationId owner = {};
};

/// A resource that a hospital updated, as it may read it now.
struct Reviewed {
    std::int64_t version = 0;  ///< of the case; 0 when it is an earlier answer
    std::string answer;        ///< JSON (README.md): state, findings, log and, corrected, receipt
    bool repeated = false;
    store::OrganisationId owner = {};
};

struct Updated {
    privacy::Outbound resource;
    std::int64_t version = 0;
};

/// What a partner is about to read of a case, and as what: "offer", "release", or its kind.
struct Reading {
    store::Alias alias;
    std::string shown_as;
    std::int64_t consent_version = 0;  ///< under which it was rendered
};

/// A recipient other than a hospital was given a view of the case.
struct Notified {
    std::string organisation;
    std::string answer;  ///< JSON (README.md)
    store::OrganisationId owner = {};
};

/// One message as it leaves now.
struct Dispatch {
    privacy::Outbound body;     ///< a FHIR transaction Bundle
    access::Endpoint endpoint;  ///< frozen when the row was queued
    std::string probe;  ///< "Task/<id>?…": what to look at when the outcome of a send is unknown
    std::string delivery_tag;  ///< Task.meta.tag code that this message leaves there: equal means
                               ///< it arrived
    std::int64_t consent_version = 0;          ///< under which it was rendered
    std::optional<Instant> consent_ends = {};  ///< its period
    std::size_t entries = 0;                   ///< of the transaction: each must be answered for
    std::vector<std::string> items = {};  ///< "Patient.birthDate": what is in it, never a value
    std::string person = {};              ///< whose it is, for the register of provisions
    /// The packet's identifiers: nothing that goes on the wire besides `body` may hold one.
    std::shared_ptr<const privacy::LeakScanner> known = {};
};

}  // namespace tsunagi::exchange
