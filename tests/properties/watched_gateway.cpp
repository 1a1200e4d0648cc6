#include "properties/watched_gateway.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "serve/http_writer.h"
#include "serve/metrics.h"

namespace tsunagi::properties {

WatchedGateway::WatchedGateway(std::uint64_t seed, const exchange::Artifacts& artifacts)
    : gateway_(seed, support::TestGateway::Keys::InMemory, artifacts),
      services_{gateway_.exchange(),
                gateway_.inquire(),
                gateway_.log_key(),
                [this] { return gateway_.sign_log(); },
                [] { return Status{}; },
                [this] {
                    return serve::metrics_text({}, gateway_.store()) +
                           (planted_in == "metrics" ? planted : "");
                }},
      router_(serve::gateway_routes(services_), gateway_.directory(), gateway_.clock(),
              gateway_.log()),
      channel_(*this),
      outbox_(gateway_.exchange()),
      worker_(outbox_, {{"fhir_rest", &channel_}}, gateway_.clock(), random_, gateway_.log()) {}

serve::Response WatchedGateway::call(char partner, std::string_view method,
                                     const std::string& target, std::string body,
                                     std::vector<serve::Field> fields) {
    if (!body.empty()) {
        fields.push_back({"Content-Type", "application/json"});
        fields.push_back({"Content-Length", std::to_string(body.size())});
    }
    auto request = serve::make_request(method, target, std::move(fields), std::move(body));
    if (!request) {
        ADD_FAILURE() << to_string(request.error());
        return {};
    }
    const auto pin = from_hex(std::string(64, partner));
    serve::Fingerprint print{};
    std::copy(pin->begin(), pin->end(), print.begin());
    request->peer = print;
    serve::Admission admission = router_.admit(*request);
    serve::Response response =
        admission.refusal ? std::move(*admission.refusal) : router_.handle(*request);
    if (planted_in == "answer" && partner != kClinic) response.body += planted;
    if (planted_in == "answer field") response.fields.push_back({"X-Case", planted});
    if (planted_in == "error" && response.status >= 400) response.body += planted;
    if (partner != kClinic || response.status >= 400) {
        const std::string who{partner == kClinic ? "the clinic" : std::string(1, partner)};
        sinks_.push_back({std::string{method} + " " + target + " by " + who, who,
                          serve::write_response(response, gateway_.clock().now(), {})});
    }
    return response;
}

serve::Response WatchedGateway::submit(const std::string& packet, const std::string& key) {
    return call(kClinic, "POST", "/clinic/v1/referrals", packet, {{"Idempotency-Key", key}});
}

deliver::HttpOutcome WatchedGateway::send(const deliver::HttpRequest& request) {
    deliver::HttpOutcome outcome;
    if (request.may_send && !request.may_send()) return outcome;
    std::string bytes = request.method + " " + request.url;
    if (planted_in == "url") bytes += "?name=" + planted;
    for (const auto& field : request.fields) bytes += "\r\n" + field.name + ": " + field.value;
    if (planted_in == "field") bytes += "\r\nX-Name: " + planted;
    bytes += "\r\n\r\n" + request.body;
    if (planted_in == "body") bytes.insert(bytes.size() - 1, planted);
    sinks_.push_back({request.method + " to " + request.peer.organisation,
                      request.peer.organisation, std::move(bytes)});
    outcome.kind = deliver::HttpOutcome::Kind::Replied;
    outcome.reply.status = request.peer.organisation == refusing ? 422 : 200;
    if (outcome.reply.status != 200) return outcome;
    json::Document reply;
    json::Builder builder(reply);
    json::Node* root = builder.object();
    builder.set(root, "resourceType", "Bundle");
    builder.set(root, "type", "transaction-response");
    const auto sent = json::read(request.body);
    json::Node* entries = builder.set_array(root, "entry");
    for (std::size_t i = 0; sent && i < sent->root()["entry"].size(); ++i) {
        json::Node* entry = builder.add_object(entries);
        builder.set(builder.set_object(entry, "response"), "status", "200");
    }
    outcome.reply.body = json::write(reply.root());
    return outcome;
}

void WatchedGateway::carry() {
    for (int bound = 0; bound < 100; ++bound) {
        if (worker_.step(gateway_.clock().now()) > gateway_.clock().now()) return;
    }
    ADD_FAILURE() << "the outbox never empties";
}

void WatchedGateway::pass_days(int days) {
    for (int day = 0; day < days; ++day) {
        gateway_.clock().advance(std::chrono::hours{24});
        const auto wake = gateway_.exchange().tick();
        EXPECT_TRUE(wake) << (wake ? "" : to_string(wake.error()));
        carry();
    }
}

std::size_t WatchedGateway::resume_all() {
    const auto listed = json::read(call(kOperator, "GET", "/operator/v1/deliveries").body);
    if (!listed) return 0;
    for (const json::Value each : listed->root()["parked"]) {
        const std::string number = std::to_string(each["delivery"].integer());
        EXPECT_EQ(
            call(kOperator, "POST", "/operator/v1/deliveries/" + number + "/actions/resume", "{}")
                .status,
            200);
    }
    return listed->root()["parked"].size();
}

void WatchedGateway::look_around(const store::CaseId& id) {
    const std::string patient = "/fhir/Patient/" + gateway_.alias(id, "hp-tanashi") + "-1";
    for (const char other : {kOtherHospital, kCareManager, kCity, kStranger}) {
        EXPECT_GE(call(other, "GET", patient).status, 400);
    }
    EXPECT_GE(call(kOtherClinic, "GET", "/clinic/v1/referrals/" + id.text()).status, 400);
    EXPECT_GE(call(kHospital, "GET", "/clinic/v1/referrals/" + id.text() + "/disclosures").status,
              400);
    call(kOtherHospital, "GET", "/hospital/v1/offers");
    call(kOtherHospital, "GET", "/fhir/Task");
    EXPECT_EQ(call(kOperator, "GET", "/operator/v1/deliveries").status, 200);
    EXPECT_EQ(call(kOperator, "GET", "/metrics").status, 200);
    EXPECT_EQ(call(kAuditor, "GET", "/auditor/v1/log").status, 200);
    EXPECT_EQ(call(kCity, "GET", "/city/v1/statistics").status, 200);
    if (planted_in == "log") {
        gateway_.log().info("planted", {{"word", LogField::Word{planted}}});
    }
    sinks_.push_back({"event log", "operator", gateway_.logged().substr(logged_)});
    logged_ = gateway_.logged().size();
}

void WatchedGateway::read_through(const store::CaseId& id, json::Value resources) {
    const std::string alias = gateway_.alias(id, "hp-tanashi");
    for (const json::Value each : resources) {
        const std::string_view own = each["id"].text();
        call(kHospital, "GET",
             "/fhir/" + std::string{each["type"].text()} + "/" + alias +
                 std::string{own.substr(own.rfind('-'))});
    }
    call(kHospital, "GET", "/hospital/v1/offers");
    call(kHospital, "GET", "/fhir/Task");
}

std::vector<Sink> WatchedGateway::files() const {
    std::vector<Sink> all;
    if (planted_in == "file") support::write_text(gateway_.folder() / "core", planted);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(gateway_.folder())) {
        if (entry.is_regular_file())
            all.push_back(
                {entry.path().filename().string(), "disk", support::read_text(entry.path())});
    }
    return all;
}

std::vector<Sink> WatchedGateway::take() { return std::exchange(sinks_, {}); }

std::string broken(const std::string& packet, std::uint64_t number) {
    auto document = json::read(packet);
    json::Builder builder(*document);
    json::Node* request = builder.edit(document->root()["bedRequest"]);
    const json::Value identity = document->root()["identity"];
    switch (number % 7) {
        case 0:
            builder.remove(request, "phoneContact");
            break;
        case 1:
            builder.set(request, "unknownCell", identity["name"]);
            break;
        case 2:
            builder.set(request, "patientInitials", identity["name"].text());
            break;
        case 3:
            builder.set(builder.edit(identity), "birthDate", "昭和99年99月99日");
            break;
        case 4:
            // A letter that tells the name and the telephone number is held.
            builder.set(builder.edit(document->root()["referralLetter"]), "course",
                        std::string{identity["name"].text()} + "様、電話は" +
                            std::string{identity["phones"].at(0)["number"].text()} + "です。");
            break;
        case 5:
            builder.set(builder.edit(document->root()["bedRequest"]), identity["name"].text(), "x");
            break;
        default:
            builder.remove(builder.root(), "consent");
    }
    return json::write(document->root());
}

bool is_stopped(const serve::Response& answer) {
    return answer.status >= 400 || answer.body.find(R"("state":"held")") != std::string::npos;
}

}  // namespace tsunagi::properties
