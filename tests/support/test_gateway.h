#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "access/directory.h"
#include "audit/note.h"
#include "base/clock.h"
#include "base/random.h"
#include "crypto/signature.h"
#include "exchange/exchange.h"
#include "exchange/load.h"
#include "inquire/inquire.h"
#include "json/document.h"
#include "packages/mapped_file.h"
#include "store/last_signed.h"
#include "store/sqlite/sqlite_store.h"
#include "support/temp_folder.h"

namespace tsunagi::support {

/// All data of this repository, loaded once per process.
const exchange::Artifacts& artifacts();

/// The programme's shipped file, to be changed.
json::Document programme_file(std::string_view id);
/// The same data, loaded anew, with this file in place of the programme that has its id.
exchange::Artifacts artifacts_with(json::Value programme);
/// The same data, loaded anew from a copy in which `change` has written one file of mappings/ or
/// profiles/ anew: a gateway with that fault.
exchange::Artifacts artifacts_with(std::string_view file,
                                   const std::function<std::string(std::string)>& change);

/// A fixture below fixtures/packets, e.g. "nishitokyo_full.in.json".
std::string packet_text(std::string_view file);

/// The directory of a TestGateway, as its file would be.
std::string directory_text();

/// Sends everything that is due, as deliver would to a hospital that answers 200. Gives the bodies
/// sent.
std::vector<std::string> deliver_all(exchange::Exchange& exchange);

/// The writes and reads of a gateway without sockets: a real store in a folder of its own, a clock
/// that stands at 2026-11-20T12:00+09:00 (the world's date of the fixtures), chance from a seed,
/// one clinic, the programme's hospitals, two care managers (one with an endpoint), a service
/// provider, the coordination centre, the city, an operator and an auditor.
class TestGateway {
public:
    /// Where the keys of the cases lie: only as long as the process, or in a file apart from the
    /// database.
    enum class Keys { InMemory, InFile };
    /// `artifacts` outlive the gateway.
    explicit TestGateway(std::uint64_t seed = 1, Keys keys = Keys::InMemory,
                         const exchange::Artifacts& artifacts = support::artifacts());

    exchange::Exchange& exchange() { return *exchange_; }
    inquire::Inquire& inquire() { return *inquire_; }
    store::Store& store() { return *store_; }
    exchange::Parts parts() { return {*store_, directory_, artifacts_, clock_, random_, log_}; }
    /// The data folder: the database and what SQLite keeps beside it.
    const std::filesystem::path& folder() const { return folder_.path(); }
    const std::filesystem::path& key_folder() const { return key_folder_.path(); }
    const crypto::DataKey& key_encryption_key() const { return kek_; }
    access::LiveDirectory& directory() { return directory_; }
    ManualClock& clock() { return clock_; }
    EventLog& log() { return log_; }
    const std::string& logged() const { return logged_; }
    /// The exchange log's key, and a checkpoint over all that is stored.
    const audit::NoteKey& log_key() const { return log_key_; }
    Status sign_log();
    /// The exchange log, signed, as the auditor gets it.
    std::string exported_log();

    access::Principal clinic() const { return principal("clinic-hibari", access::Role::Clinic); }
    /// A named person of that clinic, as the one who decides findings.
    access::Principal doctor() const {
        return {store::OrganisationId{"clinic-hibari"}, "doctor-hibari", access::Role::Clinic};
    }
    access::Principal other_clinic() const {
        return principal("clinic-other", access::Role::Clinic);
    }
    access::Principal hospital(std::string_view id) const {
        return principal(id, access::Role::PartnerSystem);
    }

    access::Principal partner(std::string_view id, access::Role role) const {
        return principal(id, role);
    }

    /// Submits a fixture; fails the test when it is refused. Gives the case.
    store::CaseId submit(std::string_view file, std::string_view key = "key-1");
    /// The hospital accepts the case, with dates and a physician; fails the test when it may not.
    /// The release is queued.
    void accept(const store::CaseId& id, std::string_view hospital);
    std::vector<std::string> deliver_all() { return support::deliver_all(*exchange_); }
    /// The alias of the case at the hospital where it stands.
    std::string alias(const store::CaseId& id, std::string_view hospital);
    std::string state(const store::CaseId& id);
    /// The resource as `hospital` may read it, parsed; empty document with a failed test when it
    /// may not.
    json::Document read(std::string_view hospital, std::string_view type, std::string_view id);
    /// The Task of the case at that hospital: id and version.
    struct Target {
        std::string id;
        std::int64_t version = 0;
    };
    Target task(const store::CaseId& id, std::string_view hospital);
    Target stay(const store::CaseId& id, std::string_view hospital);
    /// Entries of the exchange log, as their canonical text.
    std::vector<std::string> log_entries();

private:
    static access::Principal principal(std::string_view id, access::Role role);
    Target target(const store::CaseId& id, std::string_view hospital, bool want_task);

    const exchange::Artifacts& artifacts_;
    TempFolder folder_, key_folder_;
    ManualClock clock_;
    SeededRandom random_;
    SeededRandom key_random_;
    crypto::DataKey kek_;
    crypto::SigningKey signing_key_;
    audit::NoteKey log_key_;
    std::string logged_;
    EventLog log_;
    std::unique_ptr<crypto::CaseKeys> keys_;
    store::LastSignedMemory last_signed_;
    std::unique_ptr<store::Store> store_;
    access::LiveDirectory directory_;
    std::unique_ptr<exchange::Exchange> exchange_;
    std::unique_ptr<inquire::Inquire> inquire_;
};

}  // namespace tsunagi::support
