// security.md I1: a unique canary in every identifier cell of generated packets, from the day the
// clinic hands one in to its acceptance or refusal. No spelling of one, in no encoding, in any way
// out of the gateway before acceptance; after it only in what the accepting hospital is sent.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "exchange/packet.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "privacy/rendition.h"
#include "programme/state_machine.h"
#include "properties/spellings.h"
#include "properties/watched_gateway.h"
#include "simulate/packet_generator.h"
#include "support/campaign.h"
#include "support/result_matchers.h"

namespace tsunagi::properties {
namespace {

using simulate::GeneratedPacket;
using simulate::PacketGenerator;
using simulate::Watch;

constexpr std::uint64_t kSeed = 20261120;
constexpr std::string_view kDay = "2026-11-20";

PacketGenerator generator() {
    auto opened =
        PacketGenerator::open(support::packet_text("nishitokyo_full.in.json"), kSeed, kDay);
    if (!opened) throw std::runtime_error(to_string(opened.error()));
    return std::move(*opened);
}

/// The packet with an objection to telling its second contact anything (R44): a name in a cell that
/// the fixture leaves empty.
GeneratedPacket with_restriction(GeneratedPacket packet) {
    auto document = json::read(packet.json);
    const json::Value contact = document->root()["patientSheet"]["contacts"].at(1);
    json::Builder builder(*document);
    json::Node* consent = builder.edit(document->root()["consent"]);
    json::Node* one = builder.add_object(builder.set_array(consent, "contactRestrictions"));
    builder.set(one, "relation", contact["relation"].text());
    builder.set(one, "name", contact["name"].text());
    builder.set(one, "rule", "tell-nothing");
    packet.json = json::write(document->root());
    return packet;
}

/// Where something was seen: "birth date, ISO in GET /fhir/Task".
std::vector<std::string> seen_in(const std::vector<Sink>& sinks, const Watch& watch) {
    std::vector<std::string> all;
    for (const Sink& sink : sinks) {
        for (const std::string& bytes : opened(sink.bytes)) {
            for (const auto& seen : watch.find_in_every_form(bytes))
                all.push_back(seen.kind + " of packet " + std::to_string(seen.owner) + " in " +
                              sink.where);
        }
    }
    return all;
}

void expect_none(const std::vector<Sink>& sinks, const Watch& watch) {
    for (const auto& seen : seen_in(sinks, watch)) ADD_FAILURE() << seen;
}

/// A hospital by its id and by the digit of its certificate.
struct Bed {
    std::string id;
    char digit;
};
const Bed kFirst{"hp-tanashi", kHospital}, kNext{"hp-sassa", kNextHospital};

constexpr std::string_view kAccept =
    R"({"plannedAdmission":"2026-11-21T10:00:00+09:00",)"
    R"("plannedDischarge":"2026-12-04T10:00:00+09:00","decidedBy":"内科医長"})";
constexpr std::string_view kDecline = R"({"reason":"B","decidedBy":"内科医長"})";
constexpr std::string_view kToNext = R"({"hospital":"hp-sassa"})";
constexpr std::string_view kNow = R"({"at":"2026-11-20T12:00:00+09:00"})";

/// What becomes of a packet: by its number, each as often as the others.
enum class Course {
    Accepted,
    AcceptedAndTold,       ///< then a care manager and the family are told
    AcceptedByNext,        ///< the first hospital declined
    AcceptedLastWordLate,  ///< the same; the last word to the first hospital was parked meanwhile
    AcceptedWithdrawn,
    AcceptedAfterDeadLetter,  ///< the server of the first hospital refused the offer
    Resumed,  ///< an operator sends the release again, which the hospital's server refused
    Declined,
    DeclinedTwice,
    Withdrawn,
    DeadLetter,
    Undecided,
};
constexpr std::uint64_t kCourses = 12;

bool is_released(Course course) { return course <= Course::Resumed; }

/// The watch without the patient's own names, which whoever is told of a stay may know.
Watch watch_beyond_the_name(GeneratedPacket packet) {
    std::erase_if(packet.canaries, [](const simulate::Canary& canary) {
        const std::string& kind = canary.kind;
        return canary.whose == "patient" &&
               (kind.find("name") != std::string::npos || kind.find("kana") != std::string::npos ||
                kind == "hiragana");
    });
    return watch_of(packet);
}

/// The life of one packet, watched.
class Life {
public:
    Life(WatchedGateway& house, const GeneratedPacket& packet)
        : house_(house),
          packet_(packet),
          course_(static_cast<Course>(packet.number % kCourses)),
          watch_(watch_of(packet)) {}

    /// Up to the end of the day.
    void live() {
        hand_in();
        if (testing::Test::HasFatalFailure()) return;
        switch (course_) {
            case Course::Accepted:
                return accept(kFirst);
            case Course::Resumed:
                house_.refusing = kFirst.id;
                accept(kFirst);
                house_.refusing.clear();
                return resume(kFirst);
            case Course::AcceptedAfterDeadLetter:
                redirect();
                return accept(kNext);
            case Course::AcceptedAndTold:
                accept(kFirst);
                return tell_others();
            case Course::AcceptedByNext:
                decline(kFirst);
                redirect();
                return accept(kNext);
            case Course::AcceptedLastWordLate:
                house_.refusing = kFirst.id;
                decline(kFirst);
                redirect();
                accept(kNext);
                house_.refusing.clear();
                return resume(kNext);
            case Course::AcceptedWithdrawn:
                accept(kFirst);
                return withdraw();
            case Course::Declined:
                return decline(kFirst);
            case Course::DeclinedTwice:
                decline(kFirst);
                redirect();
                return decline(kNext);
            case Course::Withdrawn:
                return withdraw();
            case Course::DeadLetter:
            case Course::Undecided:
                return;
        }
    }

    const store::CaseId& id() const { return id_; }
    const Watch& watch() const { return watch_; }
    /// Messages that took the identity to the hospital that accepted.
    std::size_t released = 0;

private:
    void hand_in() {
        const std::string key = std::to_string(packet_.number);
        EXPECT_TRUE(
            is_stopped(house_.submit(broken(packet_.json, packet_.number), "broken-" + key)));
        const auto accepted = house_.submit(packet_.json, "key-" + key);
        ASSERT_EQ(accepted.status, 201) << accepted.body.substr(0, 400);
        const auto answer = json::read(accepted.body);
        id_ = store::CaseId{std::string{answer->root()["case"].text()}};
        if (course_ == Course::DeadLetter || course_ == Course::AcceptedAfterDeadLetter)
            house_.refusing = kFirst.id;
        house_.carry();
        house_.refusing.clear();
        // Reading every resource of a case is slow: a sample of the cases is read through.
        if (packet_.number % 40 == 0) house_.read_through(id_, answer->root()["resources"]);
        read_as(kFirst);
        house_.call(kHospital, "PUT", "/fhir/Task/" + alias(kFirst) + "-8", "{}",
                    {{"If-Match", "W/\"1\""}});
        house_.look_around(id_);
        expect_only_at(nullptr);
    }
    std::string alias(const Bed& bed) { return house_.gateway().alias(id_, bed.id); }
    void read_as(const Bed& bed) {
        const std::string own = alias(bed);
        house_.call(bed.digit, "GET", "/fhir/Patient/" + own + "-1");
        house_.call(bed.digit, "GET", "/fhir/ServiceRequest/" + own + "-7");
        house_.call(bed.digit, "GET", "/fhir/Task/" + own + "-8");
        house_.call(bed.digit, "GET", "/fhir/Encounter/" + own + "-9");
    }
    void decide(const Bed& bed, const std::string& action, std::string_view inputs) {
        const auto decided = house_.call(bed.digit, "POST",
                                         "/hospital/v1/offers/" + alias(bed) + "/actions/" + action,
                                         std::string{inputs});
        EXPECT_EQ(decided.status, 200) << action << " " << decided.body;
        expect_only_at(nullptr);
    }
    void accept(const Bed& bed) {
        decide(bed, "accept", kAccept);
        house_.carry();
        released += expect_only_at(&bed);
        read_as(bed);
        house_.call(bed.digit, "GET", "/hospital/v1/offers");
        EXPECT_GT(expect_only_at(&bed), 0U) << "it may read what it was sent";
        if (&bed != &kFirst) read_as(kFirst);
        house_.look_around(id_);
        expect_only_at(nullptr);
    }
    void decline(const Bed& bed) {
        decide(bed, "decline", kDecline);
        read_as(bed);
        house_.carry();
        read_as(bed);
        house_.look_around(id_);
        expect_only_at(nullptr);
    }
    void redirect() {
        act("redirect", kToNext);
        house_.carry();
        read_as(kNext);
        expect_only_at(nullptr);
    }
    /// With everything else that is parked; `bed` accepted.
    void resume(const Bed& bed) {
        EXPECT_GE(house_.resume_all(), 1U);
        house_.carry();
        expect_only_at(&bed);
    }
    void act(const std::string& action, std::string_view inputs) {
        const auto done = house_.call(kClinic, "POST",
                                      "/clinic/v1/referrals/" + id_.text() + "/actions/" + action,
                                      std::string{inputs});
        EXPECT_EQ(done.status, 200) << action << " " << done.body;
    }
    void withdraw() {
        EXPECT_EQ(
            house_.call(kClinic, "POST", "/clinic/v1/consents/" + id_.text() + "/withdraw", "{}")
                .status,
            200);
        read_as(kFirst);
        house_.carry();
        read_as(kFirst);
        house_.look_around(id_);
        expect_only_at(nullptr);
    }
    void tell_others() {
        const std::string notices = "/clinic/v1/referrals/" + id_.text() + "/notices";
        act("doctor-told", kNow);
        const auto told = [&](const std::string& body) {
            const auto response = house_.call(kClinic, "POST", notices, body);
            EXPECT_EQ(response.status, 201) << response.body;
        };
        told(R"({"recipient":"care-manager","organisation":"cm-yatonomori"})");
        told(R"({"recipient":"family","contact":1})");
        house_.carry();
        std::vector<Sink> to_manager, others;
        for (Sink& sink : house_.take()) {
            const bool theirs = sink.recipient == "cm-yatonomori";
            // What the accepting hospital is sent on the way is its own.
            if (sink.recipient != kFirst.id)
                (theirs ? to_manager : others).push_back(std::move(sink));
        }
        to_manager.push_back({"the family's paper", "family",
                              house_.call(kClinic, "GET", notices + "/family-1").body});
        EXPECT_EQ(to_manager.size(), 2U);
        for (const Sink& sink : to_manager)
            EXPECT_FALSE(seen_in({sink}, watch_).empty()) << sink.where << ": whose stay it is";
        expect_none(to_manager, watch_beyond_the_name(packet_));
        expect_none(others, watch_);
        house_.look_around(id_);
        expect_only_at(nullptr);
    }

    /// What left since the last time shows the packet to this hospital alone, nullptr: to nobody;
    /// and never in the head of a message. Gives how often it did.
    std::size_t expect_only_at(const Bed* bed) {
        std::size_t shown = 0;
        std::vector<Sink> others;
        for (Sink& sink : house_.take()) {
            const bool sent = bed && sink.recipient == bed->id;
            const bool read = bed && sink.recipient == std::string(1, bed->digit);
            if (!sent && !read) {
                others.push_back(std::move(sink));
                continue;
            }
            const std::size_t head = sink.bytes.find("\r\n\r\n");
            others.push_back({"the head of a release", {}, sink.bytes.substr(0, head)});
            shown += seen_in({sink}, watch_).empty() ? 0U : 1U;
        }
        expect_none(others, watch_);
        return shown;
    }

    WatchedGateway& house_;
    const GeneratedPacket& packet_;
    Course course_;
    Watch watch_;
    store::CaseId id_;
};

/// A gateway and those whose packets it had: what it does when time passes, and what lies in its
/// files, is looked through for all of them at once.
class House {
public:
    explicit House(std::uint64_t seed) : gateway(seed) {}

    void add(const GeneratedPacket& packet, const Life& life, bool released) {
        if (!released) left_.push_back(life.id());
        for (const auto& spelling : spellings_of(packet)) {
            for (const auto encoding : {Encoding::Utf8, Encoding::Utf16}) {
                for (const auto& bytes : encoded(spelling.text, encoding))
                    watch_.add(static_cast<std::uint32_t>(packet.number), spelling.form, bytes);
            }
        }
    }
    /// Needed-by times pass, clinics end what nobody took, what ended without a release is purged.
    /// What the hospitals that accepted are sent meanwhile is about their own patients.
    void grow_old() {
        gateway.pass_days(4);
        const std::string now =
            format_instant(gateway.gateway().clock().now(), std::chrono::hours{9});
        for (const store::CaseId& id : left_) {
            if (gateway.gateway().state(id) != programme::state::kConsulting) continue;
            EXPECT_EQ(gateway
                          .call(kClinic, "POST",
                                "/clinic/v1/referrals/" + id.text() + "/actions/withdraw",
                                R"({"at":")" + now + "\"}")
                          .status,
                      200);
        }
        gateway.pass_days(2);
        std::vector<Sink> others;
        for (Sink& sink : gateway.take()) {
            if (sink.bytes.find("\"accepted\"") == std::string::npos)
                others.push_back(std::move(sink));
        }
        expect_none(others, watch_);
        expect_none(gateway.files(), watch_);
        EXPECT_OK(gateway.gateway().store().read([&](store::Reader& reader) -> Status {
            for (const store::CaseId& id : left_) {
                const auto row = reader.find_case(id);
                if (!row) return row.error();
                EXPECT_TRUE(row->erased) << "a case in " << row->state << " is kept";
                ++purged;
            }
            return {};
        }));
    }

    WatchedGateway gateway;
    std::size_t purged = 0;

private:
    std::vector<store::CaseId> left_;
    Watch watch_;
};

TEST(Leak, NoIdentifierLeavesBeforeAcceptanceNorToAnyoneElseAfterIt) {
    constexpr std::uint64_t kFull = 10'000, kHere = 500;
    support::Campaign campaign("taint", kFull, kHere);
    std::cout << "seed " << kSeed << "\n";
    const PacketGenerator packets = generator();
    // A gateway of its own for every fifty packets: looking through its files takes its time.
    constexpr std::uint64_t kLives = 50;
    std::unique_ptr<House> house;
    std::size_t lives = 0, expected = 0, released = 0, purged = 0;
    const auto leave = [&] {
        if (!house) return;
        house->grow_old();
        purged += house->purged;
    };
    for (std::uint64_t number = 0; campaign.next(number); ++lives) {
        if (lives % kLives == 0) {
            leave();
            house = std::make_unique<House>(number + 1);
        }
        const GeneratedPacket packet =
            with_restriction(packets.at(number % PacketGenerator::kMaxPackets));
        Life life(house->gateway, packet);
        life.live();
        const bool goes = is_released(static_cast<Course>(packet.number % kCourses));
        expected += goes ? 1U : 0U;
        released += life.released;
        house->add(packet, life, goes);
        if (testing::Test::HasFailure()) FAIL() << "seed " << kSeed << " packet " << number;
    }
    leave();
    EXPECT_EQ(released, expected) << "the release carries the identity: the watch can see it";
    std::cout << lives << " packets, " << released << " released, " << purged << " purged\n";
}

/// The offer that these data make of one packet, with nobody at the door.
Sink made_with(const exchange::Artifacts& artifacts, const GeneratedPacket& packet) {
    support::TestGateway gateway(8, support::TestGateway::Keys::InMemory, artifacts);
    const auto made = exchange::prepare_packet(gateway.parts(), packet.json, {});
    if (!exchange::done(made)) return {"no Bundle", {}, {}};
    auto offer =
        privacy::Offer::build(std::get<exchange::PreparedPacket>(made).bundle.root(),
                              "7d9f0c52-4a0e-4f7c-9a35-0d9f7a1b2c3d", *artifacts.offer_rules, {});
    if (!offer) return {"no offer", {}, {}};
    const json::Document transaction = offer->transaction();
    return {"an offer", "hp-tanashi", json::write(transaction.root())};
}

/// What the property says of a gateway with these data: what is in an offer as it is made, then
/// whether the offer leaves. The door holds what it finds, so that nothing is seen outside: then
/// the life of a packet ends before its offer.
void expect_caught(const exchange::Artifacts& artifacts, bool caught) {
    const PacketGenerator packets = generator();
    const GeneratedPacket packet = packets.at(0);
    const Watch watch = watch_of(packet);
    const Sink made = made_with(artifacts, packet);
    ASSERT_FALSE(made.bytes.empty()) << made.where;
    EXPECT_EQ(!seen_in({made}, watch).empty(), caught);
    WatchedGateway house(7, artifacts);
    const auto answered = house.submit(packet.json, "key");
    house.carry();
    const std::vector<Sink> sinks = house.take();
    expect_none(sinks, watch);
    const bool left =
        std::ranges::any_of(sinks, [](const Sink& sink) { return sink.recipient == "hp-tanashi"; });
    EXPECT_EQ(!left, caught) << answered.status;
}

std::string with_one_more(std::string text, std::string_view after, std::string_view more) {
    const std::size_t at = text.find(after);
    EXPECT_NE(at, std::string::npos) << after;
    return at == std::string::npos ? text : text.insert(at + after.size(), more);
}

TEST(Leak, TheWatchKnowsFortySpellingsInEightEncodings) {
    const PacketGenerator packets = generator();
    const GeneratedPacket packet = packets.at(0);
    const Watch watch = watch_of(packet);
    std::set<std::string> forms;
    std::set<int> encodings;
    std::size_t planted = 0;
    const std::string around(300, ' ');
    for (const Spelling& spelling : spellings_of(packet)) {
        for (int each = 0; each < kEncodings; ++each) {
            for (const auto& bytes : encoded(spelling.text, static_cast<Encoding>(each))) {
                std::string text = around;
                text.append(bytes).append(around);
                EXPECT_FALSE(seen_in({{"planted", {}, std::move(text)}}, watch).empty())
                    << spelling.form << " in " << each;
                forms.insert(spelling.form);
                encodings.insert(each);
                ++planted;
            }
        }
        // Compressed and then written as base64, as attachments are.
        const std::string wrapped =
            to_base64(as_bytes(encoded(spelling.text, Encoding::Gzip).front()));
        EXPECT_FALSE(seen_in({{"planted", {}, "\"" + wrapped + "\""}}, watch).empty())
            << spelling.form;
    }
    EXPECT_GE(forms.size(), 40U);
    EXPECT_EQ(encodings.size(), std::size_t{kEncodings});
    std::cout << forms.size() << " spellings, " << planted << " of them planted in "
              << encodings.size() << " encodings\n";
}

TEST(Leak, TheWatchSeesNothingInAnotherPersonsWritings) {
    const PacketGenerator packets = generator();
    const Watch watch = watch_of(packets.at(0));
    for (std::uint64_t other = 1; other < 60; ++other) {
        std::vector<Sink> sinks{{"another packet", {}, packets.at(other).json}};
        for (const auto& spelling : spellings_of(packets.at(other)))
            sinks.push_back({spelling.form, {}, spelling.text});
        for (const auto& seen : seen_in(sinks, watch)) {
            // People are born on one day, and longer numbers may begin with a shorter one.
            const bool shared = seen.find("birth date") != std::string::npos ||
                                seen.find("birth-date") != std::string::npos ||
                                seen.find("-number") != std::string::npos;
            EXPECT_TRUE(shared) << seen;
        }
    }
}

TEST(Leak, AFaultAtAnyWayOutIsCaught) {
    const PacketGenerator packets = generator();
    for (const char* way :
         {"url", "field", "body", "answer", "answer field", "error", "metrics", "log", "file"}) {
        const GeneratedPacket packet = packets.at(3);
        const Watch watch = watch_of(packet);
        WatchedGateway house(5);
        house.planted_in = way;
        // Its Hepburn reading: a leak that no comparison with the packet's own text would find.
        for (const auto& spelling : spellings_of(packet)) {
            if (spelling.form == "name, Hepburn, family first") house.planted = spelling.text;
        }
        ASSERT_FALSE(house.planted.empty());
        EXPECT_TRUE(is_stopped(house.submit(broken(packet.json, 0), "broken")));
        const auto accepted = house.submit(packet.json, "key");
        ASSERT_EQ(accepted.status, 201);
        house.carry();
        const auto answer = json::read(accepted.body);
        house.look_around(store::CaseId{std::string{answer->root()["case"].text()}});
        auto sinks = house.take();
        for (auto& file : house.files()) sinks.push_back(std::move(file));
        EXPECT_FALSE(seen_in(sinks, watch).empty()) << way;
        house.planted.clear();
        std::vector<Sink> clean;
        for (auto& sink : sinks) {
            if (seen_in({sink}, watch).empty()) clean.push_back(std::move(sink));
        }
        EXPECT_GE(clean.size(), 1U) << way;
    }
}

TEST(Leak, TheReleaseInPlaceOfTheOfferIsCaught) {
    const PacketGenerator packets = generator();
    const GeneratedPacket packet = packets.at(0);
    const Watch watch = watch_of(packet);
    WatchedGateway house(6);
    const auto accepted = house.submit(packet.json, "key");
    ASSERT_EQ(accepted.status, 201);
    const auto answer = json::read(accepted.body);
    // A list that lets everything out: the clinic's own view of the case.
    std::vector<Sink> sinks;
    for (const json::Value each : answer->root()["resources"]) {
        const std::string target =
            "/fhir/" + std::string{each["type"].text()} + "/" + std::string{each["id"].text()};
        sinks.push_back({target, {}, house.call(kClinic, "GET", target).body});
    }
    std::set<std::string> kinds;
    for (const auto& seen : seen_in(sinks, watch)) kinds.insert(seen.substr(0, seen.find(" of ")));
    EXPECT_GE(kinds.size(), 3U) << "one look tells one kind for each resource";
}

TEST(Leak, AMapThatPutsANameIntoAListedElementIsCaught) {
    expect_caught(support::artifacts(), false);  // the data as they are shipped
    const auto leaking = support::artifacts_with("mappings/packet.map", [](std::string text) {
        return with_one_more(
            std::move(text), "\"programme\";\n",
            "    packet.identity as person then {\n"
            "      person.name as v -> order.note as told, told.text = v \"told-name\";\n"
            "    } \"told\";\n");
    });
    expect_caught(leaking, true);
}

TEST(Leak, ADisclosureListWithALineTooManyIsCaught) {
    const auto wide =
        support::artifacts_with("profiles/disclosure/offer.json", [](std::string text) {
            const std::size_t patient = text.find("\"type\": \"Patient\"");
            const std::size_t list = text.find("\"elements\": [", patient);
            return text.insert(list + std::string_view{"\"elements\": ["}.size(), "\"birthDate\",");
        });
    expect_caught(wide, true);
}

}  // namespace
}  // namespace tsunagi::properties
