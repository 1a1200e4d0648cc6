#include "simulate/packet_generator.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <set>

#include "json/builder.h"
#include "json/reader.h"
#include "support/result_matchers.h"
#include "support/temp_folder.h"
#include "text/date.h"
#include "text/initials.h"
#include "text/phone.h"
#include "text/width.h"

namespace tsunagi::simulate {
namespace {

using ::testing::IsEmpty;

using support::read_text;

constexpr int kPackets = 300;

PacketGenerator generator_of(std::uint64_t seed, std::string_view application_date = {}) {
    auto made = PacketGenerator::open(
        read_text(TSUNAGI_SOURCE_DIR "/fixtures/packets/nishitokyo_full.in.json"), seed,
        application_date);
    if (!made) throw std::runtime_error(to_string(made.error()));
    return std::move(*made);
}

const std::vector<GeneratedPacket>& packets() {
    static const std::vector<GeneratedPacket> kMade = [] {
        std::vector<GeneratedPacket> made;
        PacketGenerator generator = generator_of(20261120);
        for (int i = 0; i < kPackets; ++i) made.push_back(generator.next());
        return made;
    }();
    return kMade;
}

/// Every text and number of a packet by its path.
void collect(json::Value value, const std::string& path, std::map<std::string, std::string>& into) {
    if (value.is_object()) {
        for (const json::Value member : value) {
            collect(member, path + "." + std::string{member.key()}, into);
        }
    } else if (value.is_array()) {
        std::size_t index = 0;
        for (const json::Value item : value) {
            collect(item, path + "[" + std::to_string(index++) + "]", into);
        }
    } else {
        into[path] = value.text();
    }
}

std::map<std::string, std::string> cells_of(const GeneratedPacket& packet) {
    std::map<std::string, std::string> cells;
    const auto document = json::read(packet.json);
    EXPECT_OK(document);
    if (document) collect(document->root(), "Packet", cells);
    return cells;
}

/// What of `packet` is seen in `output`: kinds.
std::vector<std::string> seen_of(const GeneratedPacket& packet, std::string_view output) {
    Watch watch;
    watch_for(packet, 0, watch);
    std::vector<std::string> kinds;
    for (const Seen& seen : watch.find_in_every_form(output)) kinds.push_back(seen.kind);
    return kinds;
}

std::string without_indices(std::string_view path) {
    std::string out;
    bool inside = false;
    for (const char c : path) {
        if (c == '[') inside = true;
        if (!inside) out += c;
        if (c == ']') inside = false;
    }
    return out;
}

/// Cells whose model says that they identify somebody directly: "Packet.identity.name".
std::set<std::string> direct_identifiers() {
    const std::map<std::string, std::string> forms = {{"BedRequest", "bedRequest"},
                                                      {"ReferralLetter", "referralLetter"},
                                                      {"PatientSheet", "patientSheet"},
                                                      {"ConsentRecord", "consent"},
                                                      {"Identity", "identity"}};
    std::set<std::string> found;
    for (const auto& [model, form] : forms) {
        const auto document = json::read(
            read_text(std::string{TSUNAGI_SOURCE_DIR "/profiles/models/"} + model + ".json"));
        EXPECT_OK(document);
        if (!document) continue;
        for (const json::Value element : document->root()["differential"]["element"]) {
            for (const json::Value extension : element["extension"]) {
                if (extension["valueCode"].text() != "direct-identifier") continue;
                const std::string path{element["path"].text()};
                found.insert("Packet." + form + path.substr(model.size()));
            }
        }
    }
    return found;
}

TEST(PacketGenerator, RepeatsItselfFromItsSeed) {
    PacketGenerator again = generator_of(20261120);
    PacketGenerator another = generator_of(20261121);
    for (int i = 0; i < 20; ++i) {
        const GeneratedPacket repeated = again.next();
        EXPECT_EQ(repeated.json, packets()[static_cast<std::size_t>(i)].json);
        EXPECT_NE(another.next().json, repeated.json);
    }
}

TEST(PacketGenerator, PutsEachCanaryWhereItSays) {
    for (const GeneratedPacket& packet : packets()) {
        const auto cells = cells_of(packet);
        for (const Canary& canary : packet.canaries) {
            EXPECT_TRUE(!canary.cells.empty() || canary.kind == "hiragana");
            for (const std::string& cell : canary.cells) {
                const auto found = cells.find(cell);
                ASSERT_NE(found, cells.end()) << cell;
                EXPECT_TRUE(std::any_of(canary.spellings.begin(), canary.spellings.end(),
                                        [&](const std::string& spelling) {
                                            return found->second.find(spelling) !=
                                                   std::string::npos;
                                        }))
                    << canary.kind << " is not in " << cell;
            }
        }
    }
}

// The closed set: a new identifier cell in a model that the base packet fills must become a canary.
TEST(PacketGenerator, LeavesNoDirectIdentifierWithoutACanary) {
    const std::set<std::string> direct = direct_identifiers();
    EXPECT_GT(direct.size(), 30U);
    std::set<std::string> filled;
    for (const GeneratedPacket& packet : packets()) {
        std::set<std::string> covered;
        for (const Canary& canary : packet.canaries) {
            covered.insert(canary.cells.begin(), canary.cells.end());
        }
        for (const auto& [path, text] : cells_of(packet)) {
            if (!direct.contains(without_indices(path))) continue;
            filled.insert(without_indices(path));
            EXPECT_TRUE(covered.contains(path)) << path;
        }
    }
    // The two cells of an insurance for employees, which this patient does not have, and whom the
    // patient does not want told: the fixture restricts nobody.
    std::set<std::string> never;
    std::set_difference(direct.begin(), direct.end(), filled.begin(), filled.end(),
                        std::inserter(never, never.end()));
    EXPECT_THAT(never, testing::ElementsAre("Packet.consent.contactRestrictions.name",
                                            "Packet.identity.insurance.subNumber",
                                            "Packet.identity.insurance.symbol"));
}

TEST(PacketGenerator, KeepsNothingOfThePersonOfTheFixture) {
    const auto base =
        json::read(read_text(TSUNAGI_SOURCE_DIR "/fixtures/packets/nishitokyo_full.in.json"));
    ASSERT_OK(base);
    std::map<std::string, std::string> before;
    collect(base->root(), "Packet", before);
    std::set<std::string> old;
    const std::set<std::string> direct = direct_identifiers();
    for (const auto& [path, text] : before) {
        if (direct.contains(without_indices(path))) old.insert(text);
    }
    // The clinic is in the patient's postal district: that text is its address, too.
    for (const auto& [path, text] : before) {
        if (!direct.contains(without_indices(path))) old.erase(text);
    }
    EXPECT_GT(old.size(), 15U);
    for (const char* part : {"田邉", "芳江", "相馬", "由紀子", "谷戸町９丁目"}) old.insert(part);
    for (const GeneratedPacket& packet : packets()) {
        for (const std::string& text : old) {
            EXPECT_EQ(packet.json.find(text), std::string::npos) << packet.number;
        }
    }
}

TEST(PacketGenerator, MakesEachCanaryUnique) {
    std::map<std::string, std::string> seen;
    for (const GeneratedPacket& packet : packets()) {
        for (const Canary& canary : packet.canaries) {
            // Two people may be born on one day.
            if (canary.kind == "birth-date") continue;
            for (const std::string& spelling : canary.spellings) {
                const std::string owner =
                    std::to_string(packet.number) + " " + canary.whose + " " + canary.kind;
                const auto [place, fresh] = seen.emplace(spelling, owner);
                EXPECT_TRUE(fresh || place->second == owner) << owner << " and " << place->second;
            }
        }
    }
    for (std::size_t i = 0; i + 1 < 40; ++i) {
        GeneratedPacket other = packets()[i];
        std::erase_if(other.canaries, [](const Canary& one) { return one.kind == "birth-date"; });
        EXPECT_THAT(seen_of(other, packets()[i + 1].json), IsEmpty());
    }
}

TEST(PacketGenerator, NoCanaryIsAWordOfTheProductsOwn) {
    std::size_t files = 0;
    std::string texts;
    for (const char* folder : {"fixtures/packets", "profiles", "mappings"}) {
        const auto root = std::filesystem::path{TSUNAGI_SOURCE_DIR} / folder;
        if (!std::filesystem::exists(root)) continue;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
            if (!entry.is_regular_file()) continue;
            texts += read_text(entry.path());
            ++files;
        }
    }
    EXPECT_GT(files, 50U);
    for (int i = 0; i < 40; ++i) {
        GeneratedPacket packet = packets()[static_cast<std::size_t>(i)];
        std::erase_if(packet.canaries, [](const Canary& one) { return one.kind == "birth-date"; });
        EXPECT_THAT(seen_of(packet, texts), IsEmpty()) << packet.number;
    }
}

TEST(PacketGenerator, WritesWhatTheGatewayReads) {
    for (const GeneratedPacket& packet : packets()) {
        const auto cells = cells_of(packet);
        const auto at = [&](const char* path) {
            const auto found = cells.find(std::string{"Packet."} + path);
            EXPECT_NE(found, cells.end()) << path;
            return found == cells.end() ? std::string{} : found->second;
        };
        for (const char* cell :
             {"referralLetter.birthDate", "patientSheet.birthDate", "identity.birthDate"}) {
            const auto date = text::read_date(at(cell));
            ASSERT_OK(date);
            EXPECT_EQ(*date, packet.birth_date);
        }
        EXPECT_EQ(std::to_string(*text::age_on(packet.birth_date, "2026-11-20")),
                  at("bedRequest.age"));
        EXPECT_EQ(*text::read_initials(at("bedRequest.patientInitials")), packet.initials);
        EXPECT_EQ(*text::initial_of_kana(at("identity.kana")), packet.initials[0]);
        EXPECT_EQ(text::match_key(at("referralLetter.patientKana")),
                  text::match_key(at("identity.kana")));
        EXPECT_EQ(text::match_key(at("patientSheet.patientKana")),
                  text::match_key(at("identity.kana")));
        for (const char* cell : {"identity.phones[0].number", "identity.phones[1].number",
                                 "bedRequest.keyPerson.phone", "patientSheet.contacts[1].phone"}) {
            EXPECT_OK(text::read_phone(at(cell)));
        }
        EXPECT_EQ(text::read_postal_code(at("identity.postalCode"))->size(), 8U);
    }
}

TEST(PacketGenerator, MovesTheWorldToAnotherDay) {
    PacketGenerator here = generator_of(7), later = generator_of(7, "2031-02-28");
    const auto before = cells_of(here.next()), after = cells_of(later.next());
    EXPECT_EQ(before.at("Packet.bedRequest.appliedAt"), "2026-11-20T10:42:00+09:00");
    EXPECT_EQ(after.at("Packet.bedRequest.appliedAt"), "2031-02-28T10:42:00+09:00");
    EXPECT_EQ(before.at("Packet.bedRequest.neededBy"), "令和８年１１月２２日");
    EXPECT_EQ(after.at("Packet.bedRequest.neededBy"), "令和13年3月2日");
    EXPECT_EQ(before.at("Packet.referralLetter.birthDate"),
              after.at("Packet.referralLetter.birthDate"));
    EXPECT_EQ(after.at("Packet.bedRequest.age"),
              std::to_string(*text::age_on(*text::read_date(after.at("Packet.identity.birthDate")),
                                           "2031-02-28")));
}

TEST(PacketGenerator, NamesTheCellThatABaseLacks) {
    const auto refused = PacketGenerator::open(R"({"bedRequest":{"appliedAt":"2026-11-20"}})", 1);
    ASSERT_FAILS(refused, Invalid);
    EXPECT_EQ(refused.error().where, "Packet.referralLetter");
}

TEST(WatchFor, SeesEverySpelling) {
    for (int i = 0; i < 20; ++i) {
        const GeneratedPacket& packet = packets()[static_cast<std::size_t>(i)];
        EXPECT_GE(packet.canaries.size(), 24U);
        Watch watch;
        watch_for(packet, 7, watch);
        for (const Canary& canary : packet.canaries) {
            for (const std::string& spelling : canary.spellings) {
                const auto seen = watch.find("{\"text\":\"" + spelling + "\"}");
                ASSERT_EQ(seen.size(), 1U) << canary.kind;
                EXPECT_EQ(seen[0].owner, 7U);
                EXPECT_EQ(seen[0].offset, 9U);
            }
        }
        EXPECT_FALSE(watch.find(packet.json).empty()) << "the packet itself gives everybody away";
    }
}

}  // namespace
}  // namespace tsunagi::simulate
