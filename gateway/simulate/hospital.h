#pragma once
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "deliver/http_client.h"
#include "serve/server.h"
#include "simulate/hospital_records.h"

/// A hospital to talk to: an EHR with a FHIR endpoint, staff that decide, and the faults that real
/// servers have. For the story of `./run`, tests and the simulated world; never for patients.
namespace tsunagi::simulate {

/// How the FHIR endpoint behaves. Everything but Correct holds for `times` transactions.
struct Behaviour {
    enum class Kind {
        Correct,
        CommitThenTimeout,  ///< takes it, then answers nothing useful and late
        Unavailable,        ///< 503 with Retry-After, takes nothing
        Slow,               ///< takes it and answers late
        Duplicate,          ///< takes it twice, as if the network had repeated it
        Refuse,             ///< 422, takes nothing
    };
    Kind kind = Kind::Correct;
    int times = 0;
    std::chrono::milliseconds delay{0};   ///< of CommitThenTimeout and Slow
    std::chrono::seconds retry_after{1};  ///< of Unavailable
};

struct HospitalOptions {
    std::string organisation;  ///< id in the gateway's directory
    std::string gateway_url;   ///< FHIR base of the gateway, "https://127.0.0.1:8443/fhir"
    crypto::ExpectedPeer gateway;
    /// The certificate the gateway sends with; others get 403 at /fhir. None: anybody of our
    /// authority.
    std::optional<serve::Fingerprint> gateway_client;
};

/// What a hospital does at the gateway, and what the gateway said.
struct GatewayReply {
    int status = 0;  ///< 0: no reply
    std::string body;
    std::string etag;
};

/// FHIR endpoint: `POST /fhir` (transaction of PUTs), `GET /fhir/{type}/{id}`, `GET
/// /fhir/{type}?identifier=`. Control surface for the story, JSON (README.md): `GET
/// /simulator/received`, `POST /simulator/decide`, `/admit`, `/discharge`, `/read`, `/mode`.
///
/// Thread rule: any thread. The gateway is called without holding a lock, so it may call back.
class Hospital final : public serve::Handler {
public:
    using Pause = std::function<void(std::chrono::milliseconds)>;

    /// All but `options` outlive the object. `gateway` is used by one thread at a time.
    Hospital(HospitalOptions options, const Clock& clock, deliver::HttpClient& gateway,
             Pause pause);

    serve::Admission admit(const serve::Request& head) override;
    serve::Response handle(const serve::Request& request) override;

    void behave(const Behaviour& behaviour);

    /// Runs `look` on the records while nothing changes them.
    void inspect(const std::function<void(const HospitalRecords&)>& look) const;

    /// What the staff decide about a Task; dates and the physician's name for Accept and Propose,
    /// the reason (A, B or C) for Decline.
    struct Verdict {
        enum class Kind { Receive, Propose, Accept, Decline };
        Kind kind = Kind::Accept;
        std::string planned_admission, planned_discharge;  ///< FHIR dateTime
        std::string decided_by;
        std::string reason;
    };
    GatewayReply decide(const std::string& task, const Verdict& verdict);
    /// The patient came: Encounter in-progress from `at`.
    GatewayReply admit_patient(const std::string& encounter, const std::string& at);
    /// The patient left, or died: Encounter finished at `at`.
    GatewayReply discharge_patient(const std::string& encounter, const std::string& at, bool died);
    /// What the gateway shows this hospital.
    GatewayReply read(const std::string& type, const std::string& id);

private:
    using Change = std::function<void(json::Document&)>;
    /// Reads the resource at the gateway, changes it, and writes it back under If-Match.
    GatewayReply update(const std::string& type, const std::string& id, const Change& change);
    GatewayReply call(const deliver::HttpRequest& request);

    serve::Response fhir(const serve::Request& request);
    serve::Response transaction(const serve::Request& request);
    serve::Response read_own(const serve::Request& request) const;
    serve::Response search(const serve::Request& request) const;
    serve::Response control(const serve::Request& request);
    serve::Response received(bool with_resources) const;

    const HospitalOptions options_;
    const Clock& clock_;
    deliver::HttpClient& gateway_;
    const Pause pause_;
    mutable std::mutex mutex_;  ///< records and behaviour
    HospitalRecords records_;
    Behaviour behaviour_;
    std::mutex calling_;  ///< one call to the gateway at a time
};

}  // namespace tsunagi::simulate
