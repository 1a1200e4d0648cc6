// A unique canary in every identifier cell of 200 generated packets (security.md I1, CI figure for
// the whole life): no byte of one in anything sent or served before acceptance, nor in logs or
// error bodies; after it only at the accepting hospital.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "serve/gateway_routes.h"
#include "simulate/packet_generator.h"
#include "support/result_matchers.h"
#include "support/test_gateway.h"
#include "support/volume.h"

namespace tsunagi {
namespace {

using support::TestGateway;

constexpr std::string_view kHospital = "hp-tanashi";
constexpr char kClinic = '1', kOtherClinic = '2', kHospitalPin = 'a', kOtherHospitalPin = 'b';

/// Everything that left the gateway towards anybody but the clinic that wrote the packet.
struct Captured {
    std::string where, bytes;
};

class Leak : public testing::Test {
protected:
    Leak()
        : key_{"tsunagi.example/test", crypto::SigningKey::generate(random_).verify_key()},
          services_{gateway_.exchange(),     gateway_.inquire(),      key_,
                    [] { return Status{}; }, [] { return Status{}; }, [] { return std::string{}; }},
          router_(serve::gateway_routes(services_), gateway_.directory(), gateway_.clock(),
                  gateway_.log()) {}

    serve::Response call(char partner, std::string_view method, const std::string& target,
                         std::string body = {}, std::vector<serve::Field> fields = {}) {
        if (!body.empty()) {
            fields.push_back({"Content-Type", "application/json"});
            fields.push_back({"Content-Length", std::to_string(body.size())});
        }
        auto request = serve::make_request(method, target, std::move(fields), std::move(body));
        EXPECT_OK(request);
        const auto pin = from_hex(std::string(64, partner));
        serve::Fingerprint print{};
        std::copy(pin->begin(), pin->end(), print.begin());
        request->peer = print;
        serve::Admission admission = router_.admit(*request);
        return admission.refusal ? std::move(*admission.refusal) : router_.handle(*request);
    }
    serve::Response submit(const std::string& packet, const std::string& key) {
        return call(kClinic, "POST", "/clinic/v1/referrals", packet, {{"Idempotency-Key", key}});
    }

    /// All that a hospital may read of the case, and what others get when they try.
    void read_everything(const store::CaseId& id, json::Value resources,
                         std::vector<Captured>& captured) {
        const std::string alias = gateway_.alias(id, kHospital);
        for (const json::Value each : resources) {
            const std::string_view own = each["id"].text();
            const std::string target = "/fhir/" + std::string{each["type"].text()} + "/" + alias +
                                       std::string{own.substr(own.rfind('-'))};
            const auto response = call(kHospitalPin, "GET", target);
            captured.push_back({target, response.body});
        }
        for (const char* path : {"/hospital/v1/offers", "/fhir/Task"}) {
            captured.push_back({path, call(kHospitalPin, "GET", path).body});
            captured.push_back({path, call(kOtherHospitalPin, "GET", path).body});
        }
        captured.push_back({"other hospital",
                            call(kOtherHospitalPin, "GET", "/fhir/Patient/" + alias + "-1").body});
        captured.push_back(
            {"other clinic", call(kOtherClinic, "GET", "/clinic/v1/referrals/" + id.text()).body});
    }

    /// One packet with a fault, so that errors are looked at too; the fault never removes an
    /// identifier.
    static std::string broken(const std::string& packet, std::uint64_t number) {
        auto document = json::read(packet);
        json::Builder builder(*document);
        json::Node* request = builder.edit(document->root()["bedRequest"]);
        switch (number % 5) {
            case 0:
                builder.remove(request, "phoneContact");
                break;
            case 1:
                builder.set(request, "unknownCell", document->root()["identity"]["name"]);
                break;
            case 2:
                builder.set(request, "patientInitials",
                            document->root()["identity"]["name"].text());
                break;
            case 3:
                builder.set(builder.edit(document->root()["identity"]), "birthDate",
                            "昭和99年99月99日");
                break;
            default:
                builder.remove(builder.root(), "consent");
        }
        return json::write(document->root());
    }

    static void expect_none(const std::vector<Captured>& captured, const simulate::Watch& watch) {
        for (const auto& each : captured) {
            for (const auto& seen : watch.find_in_every_form(each.bytes)) {
                ADD_FAILURE() << seen.kind << " of packet " << seen.owner << " in " << each.where;
            }
        }
    }

    TestGateway gateway_{11};
    SeededRandom random_{12};
    audit::NoteKey key_;
    serve::Services services_;
    serve::Router router_;
};

TEST_F(Leak, NoIdentifierLeavesBeforeAcceptanceNorInLogsOrErrors) {
    const std::size_t packets =
        support::volume(std::getenv("TSUNAGI_LONG") != nullptr ? 10'000 : 200);
    constexpr std::uint64_t kSeed = 20261120;
    std::cout << "seed " << kSeed << ", " << packets << " packets\n";
    auto generator = simulate::PacketGenerator::open(
        support::packet_text("nishitokyo_full.in.json"), kSeed, "2026-11-20");
    ASSERT_OK(generator);
    std::size_t released = 0;
    for (std::size_t i = 0; i < packets; ++i) {
        const auto packet = generator->next();
        simulate::Watch watch;
        simulate::watch_for(packet, static_cast<std::uint32_t>(packet.number), watch);
        const std::size_t logged_before = gateway_.logged().size();
        std::vector<Captured> captured;

        const auto refused =
            submit(broken(packet.json, packet.number), "broken-" + std::to_string(i));
        EXPECT_GE(refused.status, 400) << packet.number;
        captured.push_back({"refusal", refused.body});
        const auto accepted = submit(packet.json, "key-" + std::to_string(i));
        ASSERT_EQ(accepted.status, 201) << "seed " << kSeed << " packet " << packet.number << ": "
                                        << accepted.body.substr(0, 400);
        const auto answer = json::read(accepted.body);
        const store::CaseId id{std::string{answer->root()["case"].text()}};
        for (auto& body : gateway_.deliver_all()) captured.push_back({"offer", std::move(body)});
        // Reading every resource of a case is slow: a sample of the cases is read through.
        if (i % 40 == 0) read_everything(id, answer->root()["resources"], captured);
        const auto task = gateway_.task(id, kHospital);
        captured.push_back({"Task", call(kHospitalPin, "GET", "/fhir/Task/" + task.id).body});
        captured.push_back({"Patient", call(kHospitalPin, "GET",
                                            "/fhir/Patient/" + gateway_.alias(id, kHospital) + "-1")
                                           .body});
        captured.push_back({"bad update", call(kHospitalPin, "PUT", "/fhir/Task/" + task.id, "{}",
                                               {{"If-Match", "W/\"1\""}})
                                              .body});
        expect_none(captured, watch);

        const auto decided =
            call(kHospitalPin, "POST",
                 "/hospital/v1/offers/" + gateway_.alias(id, kHospital) + "/actions/accept",
                 R"({"plannedAdmission":"2026-11-21T10:00:00+09:00",)"
                 R"("plannedDischarge":"2026-12-04T10:00:00+09:00","decidedBy":"内科医長"})");
        ASSERT_EQ(decided.status, 200) << decided.body;
        for (const auto& body : gateway_.deliver_all()) {
            if (!watch.find_in_every_form(body).empty()) ++released;
        }
        const std::vector<Captured> afterwards{
            {"other hospital",
             call(kOtherHospitalPin, "GET", "/fhir/Patient/" + gateway_.alias(id, kHospital) + "-1")
                 .body},
            {"other clinic", call(kOtherClinic, "GET", "/clinic/v1/referrals/" + id.text()).body},
            {"event log", gateway_.logged().substr(logged_before)}};
        expect_none(afterwards, watch);
        if (HasFailure()) FAIL() << "seed " << kSeed << " packet " << packet.number;
    }
    EXPECT_EQ(released, packets) << "the release carries the identity: the watch can see it";
    const auto entries = gateway_.log_entries();
    EXPECT_EQ(entries.size(), packets * 5) << "refused, submitted, offer, accepted, release";
}

TEST_F(Leak, ThePlantedLeakIsCaught) {
    auto generator = simulate::PacketGenerator::open(
        support::packet_text("nishitokyo_full.in.json"), 3, "2026-11-20");
    ASSERT_OK(generator);
    const auto packet = generator->next();
    simulate::Watch watch;
    simulate::watch_for(packet, 0, watch);
    ASSERT_EQ(submit(packet.json, "k").status, 201);
    auto offers = gateway_.deliver_all();
    ASSERT_EQ(offers.size(), 1U);
    EXPECT_TRUE(watch.find_in_every_form(offers[0]).empty());
    for (const auto& canary : packet.canaries) {
        for (const auto& spelling : canary.spellings) {
            if (spelling.size() < simulate::Watch::kShortest) continue;
            std::string leaking = offers[0];
            std::string quoted;
            json::append_quoted(quoted, spelling);
            leaking.insert(leaking.size() / 2, " " + quoted + " ");
            EXPECT_FALSE(watch.find_in_every_form(leaking).empty()) << canary.kind;
        }
    }
}

}  // namespace
}  // namespace tsunagi
