// A case that ends without a release is forgotten within a day (security.md I9): nothing of the
// person is left in database, write-ahead log, free pages, key file or logs, and what a backup
// holds cannot be opened any more. The register of what was provided stays for its term; earlier
// erasure is refused and logged. 1,000 patients in full, 10 with every landing.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <vector>

#include "audit/verifier.h"
#include "base/bytes.h"
#include "exchange/case_file.h"
#include "json/builder.h"
#include "json/reader.h"
#include "simulate/packet_generator.h"
#include "support/result_matchers.h"
#include "support/test_gateway.h"
#include "text/encoding.h"

namespace tsunagi::exchange {
namespace {

using support::TestGateway;

constexpr std::string_view kHospital = "hp-tanashi", kNextHospital = "hp-sassa";

/// How a text may lie in bytes that nobody means to be read: UTF-8, UTF-16, Shift_JIS, hexadecimal,
/// percent and JSON escapes, and the middle of base64 at each of its three offsets.
std::vector<std::string> forms_of(const std::string& text) {
    std::vector<std::string> forms{text, to_hex(as_bytes(text))};
    std::string percent, escaped;
    for (const char c : text) percent += "%" + to_hex(as_bytes(std::string{c}));
    forms.push_back(percent);
    for (const auto encoding :
         {text::Encoding::Utf16Le, text::Encoding::Utf16Be, text::Encoding::Cp932}) {
        if (const auto encoded = text::encode(text, encoding)) forms.push_back(*encoded);
    }
    if (const auto units = text::encode(text, text::Encoding::Utf16Be)) {
        for (std::size_t i = 0; i + 1 < units->size(); i += 2)
            escaped += "\\u" + to_hex(as_bytes(units->substr(i, 2)));
        forms.push_back(escaped);
    }
    for (std::size_t offset = 0; offset < 3; ++offset) {
        const std::string base64 = to_base64(as_bytes(std::string(offset, 'x') + text + "xxx"));
        // What stands before and behind changes the first and last characters.
        const std::size_t from = offset == 0 ? 0 : 4;
        const std::size_t whole = (offset + text.size()) / 3 * 4;
        if (whole > from) forms.push_back(base64.substr(from, whole - from));
    }
    return forms;
}

/// Shorter ones would be found in noise: in 200 MB, one of a million texts of 8 bytes once in 10^5.
constexpr std::size_t kShortest = 8;

void watch_every_form(const simulate::GeneratedPacket& packet, std::uint32_t owner,
                      simulate::Watch& watch) {
    const auto add = [&](const std::string& kind, const std::string& spelling) {
        for (const auto& form : forms_of(spelling)) {
            if (form.size() >= kShortest) watch.add(owner, kind, form);
        }
    };
    for (const auto& canary : packet.canaries) {
        for (const auto& spelling : canary.spellings) add(canary.kind, spelling);
    }
    // A part of a name may be too short in two-byte forms.
    std::string joined = packet.full_name;
    joined.erase(joined.find(' '), 1);
    add("full-name", packet.full_name);
    add("full-name", joined);
}

/// Something to search: a file, or what was printed.
struct Bytes {
    std::string name, bytes;
};

std::vector<Bytes> files_below(const std::filesystem::path& folder) {
    std::vector<Bytes> files;
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
        if (file.is_regular_file())
            files.push_back({file.path().filename().string(), support::read_text(file.path())});
    }
    return files;
}

void copy_files(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::filesystem::copy(
        from, to,
        std::filesystem::copy_options::recursive | std::filesystem::copy_options::update_existing);
}

class Erasure : public testing::Test {
protected:
    store::CaseId submit(const std::string& packet, const std::string& key) {
        auto act = gateway_.exchange().submit(gateway_.clinic(), key, packet);
        EXPECT_TRUE(done(act));
        return done(act) ? std::get<Submitted>(act).case_id : store::CaseId{};
    }
    void decide(const store::CaseId& id, std::string_view action) {
        programme::Inputs inputs;
        if (action == "decline") {
            inputs.reason = "B";
        } else {
            inputs.planned_admission = "2026-11-21T10:00:00+09:00";
            inputs.planned_discharge = "2026-11-28T10:00:00+09:00";
        }
        inputs.decided_by = "病院医師";
        EXPECT_TRUE(done(gateway_.exchange().act_as_hospital(
            gateway_.hospital(kHospital), store::Alias{gateway_.alias(id, kHospital)}, action,
            inputs)));
    }
    void withdraw(const store::CaseId& id) {
        EXPECT_TRUE(done(gateway_.exchange().withdraw_consent(gateway_.clinic(), id)));
    }
    void hours_pass(int hours) {
        for (int hour = 0; hour < hours; ++hour) {
            gateway_.clock().advance(std::chrono::hours{1});
            constexpr int kEnough = 100;
            for (int i = 0; i < kEnough; ++i) {
                const auto next = gateway_.exchange().tick();
                ASSERT_OK(next);
                if (!*next || **next > gateway_.clock().now()) break;
            }
        }
    }
    bool has_packet(const store::CaseId& id) {
        bool there = false;
        EXPECT_OK(gateway_.store().read([&](store::Reader& reader) -> Status {
            there = static_cast<bool>(reader.blob(id, blob::kPacket));
            return {};
        }));
        return there;
    }
    std::size_t provisions(const store::CaseId& id) {
        auto shown = gateway_.inquire().disclosures(gateway_.clinic(), id);
        EXPECT_OK(shown);
        if (!shown) return 0;
        const auto list = json::read(shown->bytes());
        for (const json::Value row : list->root()["disclosures"])
            EXPECT_FALSE(row["person"].text().empty());
        return list->root()["disclosures"].size();
    }
    /// The version of the consent that stays with the register; 0: none.
    std::int64_t kept_consent(const store::CaseId& id) {
        std::int64_t version = 0;
        EXPECT_OK(gateway_.store().read([&](store::Reader& reader) -> Status {
            auto consent = reader.blob(store::Owner::register_of(id), blob::kConsent);
            if (consent) version = consent->version;
            return {};
        }));
        return version;
    }
    std::size_t logged(std::string_view what) {
        std::size_t found = 0;
        for (const auto& entry : gateway_.log_entries())
            found += entry.find(what) != std::string::npos ? 1U : 0U;
        return found;
    }
    /// How many of the cases somebody opens who has this copy of the data folder, this file of case
    /// keys, and the key-encryption key.
    std::size_t opened_with(const std::filesystem::path& data, const std::filesystem::path& keys,
                            const std::vector<store::CaseId>& cases) {
        support::TempFolder thief;
        copy_files(data, thief.path());
        std::filesystem::copy_file(keys, thief / "keys");
        SeededRandom random(1);
        auto opened = crypto::CaseKeys::open(thief / "keys", gateway_.key_encryption_key(), random);
        EXPECT_OK(opened);
        if (!opened) return 0;
        store::LastSignedMemory last_signed;
        store::SqliteOptions options;
        options.path = (thief / "gateway.db").string();
        auto store = store::open_sqlite(
            options, {**opened, gateway_.clock(), random, last_signed, gateway_.log_key()});
        EXPECT_OK(store);
        if (!store) return 0;
        std::size_t found = 0;
        EXPECT_OK((*store)->read([&](store::Reader& reader) -> Status {
            for (const auto& id : cases) found += reader.blob(id, blob::kPacket) ? 1U : 0U;
            return {};
        }));
        return found;
    }
    std::filesystem::path key_file() const { return gateway_.key_folder() / "case_keys"; }

    TestGateway gateway_{21, TestGateway::Keys::InFile};
};

std::size_t seen_in(const std::vector<Bytes>& all, const simulate::Watch& watch) {
    std::size_t found = 0;
    for (const auto& each : all) {
        for (const auto& seen : watch.find(each.bytes)) {
            ++found;
            std::cout << seen.kind << " of packet " << seen.owner << " in " << each.name << " at "
                      << seen.offset << "\n";
        }
    }
    return found;
}

TEST_F(Erasure, WhatEndedWithoutAReleaseIsForgottenWithinADay) {
    const std::size_t patients = std::getenv("TSUNAGI_FULL") != nullptr ? 1'000 : 10;
    auto generator = simulate::PacketGenerator::open(
        support::packet_text("nishitokyo_full.in.json"), 9, "2026-11-20");
    ASSERT_OK(generator);
    std::vector<simulate::GeneratedPacket> packets;
    std::vector<store::CaseId> cases;
    for (std::size_t i = 0; i < patients; ++i) {
        packets.push_back(generator->next());
        cases.push_back(submit(packets.back().json, "key-" + std::to_string(i)));
        gateway_.deliver_all();
        if (i % 2 == 0) decide(cases[i], "decline");
        gateway_.deliver_all();
    }
    for (const auto& id : cases) {
        withdraw(id);
        gateway_.deliver_all();
        EXPECT_TRUE(has_packet(id));
    }
    // A backup of the night before: the database without the keys, and, against the rules, with.
    support::TempFolder backup, kept_keys;
    copy_files(gateway_.folder(), backup.path());
    std::filesystem::copy_file(key_file(), kept_keys / "case_keys");
    EXPECT_EQ(opened_with(backup.path(), key_file(), cases), patients) << "else nothing is proven";

    hours_pass(24);
    for (const auto& id : cases) {
        EXPECT_FALSE(has_packet(id)) << id.text();
        EXPECT_EQ(provisions(id), 1U) << "the register of what was provided stays";
        EXPECT_EQ(kept_consent(id), 2) << "and the consent it names, with its withdrawal";
    }
    EXPECT_EQ(logged("case-purged"), patients);

    const std::string log = gateway_.exported_log();
    std::istringstream in(log);
    const auto verdict = audit::verify_export(in, {gateway_.log_key(), {}});
    ASSERT_OK(verdict);
    EXPECT_TRUE(verdict->ok) << verdict->fault;

    auto everything = files_below(gateway_.folder());
    for (const auto* folder : {&gateway_.key_folder(), &backup.path()}) {
        for (auto& file : files_below(*folder)) everything.push_back(std::move(file));
    }
    everything.push_back({"exchange log", log});
    everything.push_back({"event log", gateway_.logged()});
    std::size_t bytes = 0, texts = 0;
    for (const auto& each : everything) bytes += each.bytes.size();
    constexpr std::size_t kAtOnce = 50;
    for (std::size_t from = 0; from < patients; from += kAtOnce) {
        simulate::Watch watch;
        for (std::size_t i = from; i < std::min(patients, from + kAtOnce); ++i)
            watch_every_form(packets[i], static_cast<std::uint32_t>(i), watch);
        texts += watch.size();
        EXPECT_EQ(seen_in(everything, watch), 0U);
    }
    EXPECT_EQ(opened_with(backup.path(), key_file(), cases), 0U);
    EXPECT_EQ(opened_with(gateway_.folder(), key_file(), cases), 0U);
    // The planted key that was not destroyed.
    EXPECT_EQ(opened_with(backup.path(), kept_keys / "case_keys", cases), patients);
    std::cout << patients << " patients, " << everything.size() << " files, " << bytes << " bytes, "
              << texts << " texts searched; " << verdict->entries << " entries verify\n";
}

TEST_F(Erasure, ThePlantedPlainCopyIsFoundInEveryForm) {
    auto generator = simulate::PacketGenerator::open(
        support::packet_text("nishitokyo_full.in.json"), 9, "2026-11-20");
    ASSERT_OK(generator);
    auto packet = generator->next();
    // Three characters and a space are too short a text in Shift_JIS and UTF-16.
    while (packet.full_name.size() < 13) packet = generator->next();
    submit(packet.json, "key");
    simulate::Watch watch;
    watch_every_form(packet, 0, watch);
    EXPECT_EQ(seen_in(files_below(gateway_.folder()), watch), 0U);
    support::write_text(gateway_.folder() / "gateway.db-journal", packet.json);
    std::size_t found = 0;
    for (const auto& file : files_below(gateway_.folder())) found += watch.find(file.bytes).size();
    EXPECT_GT(found, 0U);
    std::size_t planted = 0;
    for (const auto& form : forms_of(packet.full_name)) {
        std::string page(33, '\0');
        page.append(form).append(33, '\0');
        support::write_text(gateway_.folder() / "gateway.db-journal", page);
        found = 0;
        for (const auto& file : files_below(gateway_.folder()))
            found += watch.find(file.bytes).size();
        EXPECT_GT(found, 0U) << "form " << planted;
        ++planted;
    }
    EXPECT_EQ(planted, 10U);
}

TEST_F(Erasure, AnAcceptanceWithoutAReleaseIsForgottenToo) {
    const auto id = gateway_.submit("nishitokyo_full.in.json");
    gateway_.deliver_all();
    decide(id, "accept");
    withdraw(id);  // before a worker took the release
    gateway_.deliver_all();
    hours_pass(24);
    EXPECT_FALSE(has_packet(id));
}

TEST_F(Erasure, WhatWasReleasedIsKept) {
    const auto id = gateway_.submit("nishitokyo_full.in.json");
    gateway_.deliver_all();
    decide(id, "accept");
    gateway_.deliver_all();
    withdraw(id);
    hours_pass(48);
    EXPECT_TRUE(has_packet(id));
    EXPECT_EQ(logged("case-purged"), 0U);
}

/// The hospital may have what a worker had begun to send: then there is a person to answer to.
TEST_F(Erasure, WhatMayHaveBeenReleasedIsKept) {
    const auto id = gateway_.submit("nishitokyo_full.in.json");
    gateway_.deliver_all();
    decide(id, "accept");
    EXPECT_OK(gateway_.store().write([&](store::Transaction& transaction) -> Status {
        auto row = transaction.lease_next(gateway_.clock().now(), std::chrono::seconds{30}, "w");
        return row ? Status{} : Status{row.error()};
    }));
    withdraw(id);
    hours_pass(48);
    EXPECT_TRUE(has_packet(id));
}

TEST_F(Erasure, WhatGoesOnIsKept) {
    const auto id = gateway_.submit("nishitokyo_full.in.json");
    gateway_.deliver_all();
    decide(id, "decline");
    gateway_.deliver_all();
    hours_pass(48);
    EXPECT_TRUE(has_packet(id)) << "the clinic may still redirect";
}

TEST_F(Erasure, ADeclineDestroysOnlyThatHospitalsView) {
    const auto id = gateway_.submit("nishitokyo_full.in.json");
    gateway_.deliver_all();
    const std::string alias = gateway_.alias(id, kHospital);
    decide(id, "decline");
    EXPECT_EQ(support::read_text(key_file()).find("- " + alias), std::string::npos)
        << "it is still to hear that its answer was noted";
    gateway_.deliver_all();
    EXPECT_NE(support::read_text(key_file()).find("- " + alias + "\n"), std::string::npos);
    for (int number = 1; number <= 20; ++number) {
        for (const char* type : {"Patient", "Task", "ServiceRequest", "Encounter"})
            EXPECT_FALSE(gateway_.inquire().resource(gateway_.hospital(kHospital), type,
                                                     alias + "-" + std::to_string(number)));
    }
    programme::Inputs inputs;
    inputs.hospital = kNextHospital;
    ASSERT_TRUE(done(gateway_.exchange().act(gateway_.clinic(), id, "redirect", inputs)));
    gateway_.deliver_all();
    const std::string next = gateway_.alias(id, kNextHospital);
    EXPECT_NE(next, alias);
    EXPECT_OK(gateway_.inquire().resource(gateway_.hospital(kNextHospital), "Task",
                                          gateway_.task(id, kNextHospital).id));
}

TEST_F(Erasure, TheLastWordIsWaitedForButNotForever) {
    const auto id = gateway_.submit("nishitokyo_full.in.json");
    gateway_.deliver_all();
    withdraw(id);  // the hospital is to hear of it, and is down
    hours_pass(15);
    EXPECT_TRUE(has_packet(id));
    hours_pass(9);
    EXPECT_FALSE(has_packet(id));
    EXPECT_TRUE(gateway_.deliver_all().empty());
}

/// What a clinic does with a case that is over puts nothing off.
TEST_F(Erasure, TheDayBeginsWithTheEnd) {
    const auto id = gateway_.submit("nishitokyo_full.in.json");
    gateway_.deliver_all();
    ASSERT_TRUE(done(gateway_.exchange().act(gateway_.clinic(), id, "withdraw", {})));
    gateway_.deliver_all();
    hours_pass(11);
    withdraw(id);
    gateway_.deliver_all();
    hours_pass(13);
    EXPECT_FALSE(has_packet(id));
}

TEST_F(Erasure, NothingProvidedNothingKept) {
    const auto id = gateway_.submit("nishitokyo_full.in.json");
    withdraw(id);  // before the offer went out
    hours_pass(24);
    EXPECT_FALSE(has_packet(id));
    EXPECT_EQ(kept_consent(id), 0);
    EXPECT_EQ(provisions(id), 0U);
}

TEST_F(Erasure, APurgedCaseSaysSoToItsClinicAndToNobodyElse) {
    const auto id = gateway_.submit("nishitokyo_full.in.json");
    gateway_.deliver_all();
    withdraw(id);
    gateway_.deliver_all();
    hours_pass(24);
    const auto shown = gateway_.inquire().referral(gateway_.clinic(), id);
    ASSERT_OK(shown);
    const auto view = json::read(shown->body.bytes());
    EXPECT_EQ(view->root()["state"].text(), "withdrawn");
    EXPECT_FALSE(view->root()["purged"].text().empty());
    EXPECT_EQ(view->root()["nextActions"].size(), 0U);
    EXPECT_FALSE(gateway_.inquire().referral(gateway_.other_clinic(), id));
    EXPECT_FALSE(gateway_.inquire().consent(gateway_.clinic(), id));

    const auto refused = [](const auto& act) {
        return done(act) ? std::string{} : std::get<Refusal>(act).issues.front().code;
    };
    auto& exchange = gateway_.exchange();
    EXPECT_EQ(refused(exchange.withdraw_consent(gateway_.clinic(), id)), "case-purged");
    EXPECT_EQ(refused(exchange.act(gateway_.clinic(), id, "withdraw", {})), "case-purged");
    EXPECT_EQ(refused(exchange.submit(gateway_.clinic(), "key-1",
                                      support::packet_text("nishitokyo_full.in.json"))),
              "case-purged")
        << "the same request again makes no second case";
    for (const auto& code : {refused(exchange.withdraw_consent(gateway_.other_clinic(), id)),
                             refused(exchange.act(gateway_.other_clinic(), id, "withdraw", {}))})
        EXPECT_EQ(code, "not-found");
    const std::string alias = gateway_.alias(id, kHospital);
    EXPECT_FALSE(gateway_.inquire().resource(gateway_.hospital(kHospital), "Task", alias + "-1"));
}

TEST_F(Erasure, TheRegisterIsErasedOnlyAfterItsTerm) {
    const auto id = gateway_.submit("nishitokyo_full.in.json");
    gateway_.deliver_all();
    const auto person = gateway_.partner("operator", access::Role::Operator);
    const auto code_of = [&] {
        const auto act = gateway_.exchange().erase(person, id);
        return done(act) ? std::string{} : std::get<Refusal>(act).issues.front().code;
    };
    withdraw(id);
    gateway_.deliver_all();
    hours_pass(24);
    EXPECT_EQ(code_of(), "register-kept");
    EXPECT_EQ(logged("erasure-refused"), 1U);
    gateway_.clock().advance(std::chrono::hours{24 * 3 * 365 - 1});
    EXPECT_EQ(code_of(), "register-kept") << "an hour before";
    EXPECT_EQ(provisions(id), 1U);
    gateway_.clock().advance(std::chrono::hours{1});
    EXPECT_EQ(code_of(), "");
    EXPECT_EQ(logged("case-erased"), 1U);
    EXPECT_EQ(provisions(id), 0U);
    EXPECT_EQ(kept_consent(id), 0);
    const std::string keys = support::read_text(key_file());
    EXPECT_NE(keys.find("- " + id.text() + "-register\n"), std::string::npos);
    std::istringstream in(gateway_.exported_log());
    const auto verdict = audit::verify_export(in, {gateway_.log_key(), {}});
    ASSERT_OK(verdict);
    EXPECT_TRUE(verdict->ok) << verdict->fault;
}

/// A city that keeps longer and purges sooner than the shipped file.
TEST_F(Erasure, TheProgrammesOwnTermsHold) {
    json::Document file = support::programme_file("nishitokyo");
    json::Builder edit(file);
    json::Node* retention = edit.edit(file.root()["retention"]);
    edit.set_number(retention, "registerYears", std::int64_t{5});
    edit.set_number(retention, "purgeAfterHours", std::int64_t{2});
    edit.set_number(retention, "purgeByHours", std::int64_t{4});
    const Artifacts artifacts = support::artifacts_with(file.root());
    const Parts shipped = gateway_.parts();
    Exchange exchange(
        {shipped.store, shipped.directory, artifacts, shipped.clock, shipped.random, shipped.log});
    const auto pass = [&](int hours) {
        for (int hour = 0; hour < hours; ++hour) {
            gateway_.clock().advance(std::chrono::hours{1});
            EXPECT_OK(exchange.tick());
        }
    };
    const auto withdrawn = [&](std::string_view packet, std::string_view key) {
        auto id = gateway_.submit(packet, key);
        gateway_.deliver_all();
        EXPECT_TRUE(done(exchange.withdraw_consent(gateway_.clinic(), id)));
        return id;
    };
    const auto heard = withdrawn("nishitokyo_full.in.json", "one");
    gateway_.deliver_all();
    const auto unheard = withdrawn("identity_later.in.json", "two");
    pass(1);
    EXPECT_TRUE(has_packet(heard));
    pass(2);
    EXPECT_FALSE(has_packet(heard));
    EXPECT_TRUE(has_packet(unheard)) << "its last word is not delivered";
    pass(2);
    EXPECT_FALSE(has_packet(unheard));

    const auto person = gateway_.partner("operator", access::Role::Operator);
    gateway_.clock().advance(std::chrono::hours{24 * (4 * 365 + 1)});
    const auto early = exchange.erase(person, heard);
    ASSERT_FALSE(done(early));
    EXPECT_NE(std::get<Refusal>(early).issues.front().ja.find("5年"), std::string::npos);
    EXPECT_NE(std::get<Refusal>(early).issues.front().en.find("5 years"), std::string::npos);
    gateway_.clock().advance(std::chrono::hours{24 * 366});
    EXPECT_TRUE(done(exchange.erase(person, heard)));
    EXPECT_EQ(provisions(heard), 0U);
}

TEST_F(Erasure, ErasingAgainChangesNothing) {
    const auto id = gateway_.submit("nishitokyo_full.in.json");
    gateway_.deliver_all();
    withdraw(id);
    gateway_.deliver_all();
    hours_pass(24);
    gateway_.clock().advance(std::chrono::hours{24 * 366 * 3});
    const auto person = gateway_.partner("operator", access::Role::Operator);
    ASSERT_TRUE(done(gateway_.exchange().erase(person, id)));
    const std::size_t entries = gateway_.log_entries().size();
    EXPECT_TRUE(done(gateway_.exchange().erase(person, id)));
    EXPECT_EQ(gateway_.log_entries().size(), entries);
    EXPECT_EQ(logged("case-erased"), 1U);
}

TEST_F(Erasure, WhatIsNotOverIsNotErased) {
    const auto id = gateway_.submit("nishitokyo_full.in.json");
    const auto person = gateway_.partner("operator", access::Role::Operator);
    const auto early = gateway_.exchange().erase(person, id);
    ASSERT_FALSE(done(early));
    EXPECT_EQ(std::get<Refusal>(early).issues.front().code, "case-open");
    EXPECT_EQ(logged("erasure-refused"), 1U);
    EXPECT_TRUE(has_packet(id));
    const auto nobody = gateway_.exchange().erase(person, store::CaseId{"no-such-case"});
    ASSERT_FALSE(done(nobody));
    EXPECT_EQ(std::get<Refusal>(nobody).kind, Refused::NotFound);
}

}  // namespace
}  // namespace tsunagi::exchange
