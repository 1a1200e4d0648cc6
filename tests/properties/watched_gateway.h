#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "deliver/exchange_outbox.h"
#include "deliver/fhir_rest_channel.h"
#include "serve/gateway_routes.h"
#include "support/test_gateway.h"

/// A gateway with every way out of it watched: what goes to partners' servers (URL, header and
/// body), what its own server answers (header and body, errors too), its logs, metrics, lists for
/// operators, log for auditors, and its files.
namespace tsunagi::properties {

/// Bytes that left, and to whom.
struct Sink {
    std::string where;  ///< "POST to hp-tanashi", "GET /fhir/Task for hp-sassa", "event log" …
    std::string recipient;
    std::string bytes;
};

/// Partners by the digit of their certificates (support::directory_text).
inline constexpr char kClinic = '1', kOtherClinic = '2', kCareManager = '3', kHospital = 'a',
                      kOtherHospital = 'b', kNextHospital = 'c', kCity = '7', kOperator = '8',
                      kAuditor = '9', kStranger = '0';

class WatchedGateway final : private deliver::HttpClient {
public:
    explicit WatchedGateway(std::uint64_t seed,
                            const exchange::Artifacts& artifacts = support::artifacts());

    support::TestGateway& gateway() { return gateway_; }

    /// A request of a partner through the router; what it is answered is captured, unless it is
    /// good news to the clinic whose case it is.
    serve::Response call(char partner, std::string_view method, const std::string& target,
                         std::string body = {}, std::vector<serve::Field> fields = {});
    serve::Response submit(const std::string& packet, const std::string& key);
    /// Carries what is queued to the hospitals' servers.
    void carry();
    /// What every other partner gets when it asks for the case, and what operators and auditors
    /// see; then what was logged since the last time.
    void look_around(const store::CaseId& id);
    /// Every resource of the case as the hospital may read it.
    void read_through(const store::CaseId& id, json::Value resources);
    /// The bytes of all files.
    std::vector<Sink> files() const;

    /// What was captured since the last time.
    std::vector<Sink> take();

    /// Time passes, and what it alone does happens: `days` times a day, then what is queued goes.
    void pass_days(int days);
    /// An operator tries every parked message again; how many there were.
    std::size_t resume_all();

    /// The server of this hospital says 422 to everything.
    std::string refusing;
    /// A fault of the gateway that a test plants, by sink: "url", "field", "metrics" …: this text
    /// gets there.
    std::string planted_in, planted;

private:
    deliver::HttpOutcome send(const deliver::HttpRequest& request) override;

    support::TestGateway gateway_;
    SeededRandom random_{12};
    serve::Services services_;
    serve::Router router_;
    deliver::FhirRestChannel channel_;
    deliver::ExchangeOutbox outbox_;
    deliver::Worker worker_;
    std::size_t logged_ = 0;
    std::vector<Sink> sinks_;
};

/// One packet with a fault, so that errors are looked at too; the fault never removes an
/// identifier.
std::string broken(const std::string& packet, std::uint64_t number);
/// Whether a packet with a fault was refused, or held for its text.
bool is_stopped(const serve::Response& answer);

}  // namespace tsunagi::properties
