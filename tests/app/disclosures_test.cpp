// `tsunagi audit disclosures`: whom what of a person was disclosed to, from the register.
#include <gmock/gmock.h>

#include "app/installation.h"
#include "app/opened_store.h"
#include "app/run_words.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "support/result_matchers.h"
#include "support/test_gateway.h"

namespace tsunagi::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kName = "田邉 芳江";

Ran run(std::vector<std::string> words, const std::string& input) {
    words.insert(words.begin(), {"audit", "disclosures"});
    return run_words(words, input);
}

std::size_t count(const std::string& text, std::string_view part) {
    std::size_t times = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++times;
    return times;
}

/// Every text of the packet's forms that a person could be known or judged by.
void values_of(json::Value value, std::vector<std::string>& texts) {
    if (!value.is_string()) {
        for (const json::Value child : value) values_of(child, texts);
        return;
    }
    constexpr std::size_t kTwoKanji = 6;
    const bool ascii_code =
        value.text().find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos;
    if (value.text().size() > kTwoKanji && !ascii_code) texts.emplace_back(value.text());
}

class Disclosures : public ::testing::Test {
protected:
    Disclosures()
        : made_(
              Installation::create(folder_ / "new", std::vector<std::string>{}, clock_, random_)) {
        EXPECT_OK(made_);
        config_ = made_->configuration_file().string();
        support::write_text(made_->configuration().directory, support::directory_text());
    }

    /// Plays on the installation's store, and closes it.
    template <class Play>
    void on_the_store(Play play) {
        auto stored = open_store(made_->configuration(), clock_, random_);
        ASSERT_OK(stored);
        auto directory = access::LiveDirectory::open(made_->configuration().directory);
        ASSERT_OK(directory);
        EventLog log(clock_, [](std::string_view) {});
        exchange::Exchange exchange(
            {*(*stored)->store, **directory, support::artifacts(), clock_, random_, log},
            std::chrono::milliseconds{0});
        play(exchange);
    }
    static access::Principal clinic() {
        return {store::OrganisationId{"clinic-hibari"}, {}, access::Role::Clinic};
    }
    static store::CaseId submit(exchange::Exchange& exchange, const std::string& packet,
                                const std::string& key) {
        auto act = exchange.submit(clinic(), key, packet);
        EXPECT_TRUE(exchange::done(act));
        return exchange::done(act) ? std::get<exchange::Submitted>(act).case_id : store::CaseId{};
    }
    static std::string full() { return support::packet_text("nishitokyo_full.in.json"); }
    std::vector<std::string> config() const { return {"--config", config_}; }

    support::TempFolder folder_;
    ManualClock clock_{*parse_instant("2026-11-20T12:00:00+09:00")};
    SeededRandom random_{7};
    Result<Installation> made_;
    std::string config_;
};

TEST_F(Disclosures, TellsDateRecipientPersonItemsConsentAndPurpose) {
    on_the_store([](exchange::Exchange& exchange) {
        submit(exchange, full(), "one");
        EXPECT_EQ(support::deliver_all(exchange).size(), 1U);
    });
    const Ran ran = run(config(), std::string{kName} + "\n");
    EXPECT_EQ(ran.code, kDone) << ran.err;
    EXPECT_THAT(ran.out, AllOf(HasSubstr("提供日 / date: 2026-11-20T12:00:00.000+09:00\n"),
                               HasSubstr("提供元 / provider: clinic-hibari 試験 / Test\n"),
                               HasSubstr("提供先 / recipient: hp-tanashi 試験 / Test\n"),
                               HasSubstr("本人 / person: 田邉"), HasSubstr("段階 / stage: offer\n"),
                               HasSubstr("目的 / purpose: TREAT 診療 / treatment\n")));
    EXPECT_THAT(ran.out,
                AllOf(HasSubstr("同意の版 / consent version: 1\n"), HasSubstr("Condition.code, "),
                      HasSubstr("提供 / disclosures: 1, 申込 / cases: 1\n")));
    EXPECT_THAT(ran.out, Not(HasSubstr("Patient.birthDate")));
}

TEST_F(Disclosures, NamesElementsAndNoValueOfThem) {
    on_the_store([](exchange::Exchange& exchange) {
        submit(exchange, full(), "one");
        support::deliver_all(exchange);
    });
    Ran ran = run(config(), std::string{kName});
    ASSERT_EQ(ran.code, kDone);
    const auto packet = json::read(full());
    std::vector<std::string> values;
    values_of(packet->root(), values);
    ASSERT_GE(values.size(), 60U);
    const auto found = [&](const std::string& text) {
        std::vector<std::string> seen;
        for (const auto& each : values) {
            // The recipient, and the name that was asked for as the register has it.
            if (each == "hp-tanashi" || each == packet->root()["identity"]["name"].text()) continue;
            if (text.find(each) != std::string::npos) seen.push_back(each);
        }
        return seen;
    };
    EXPECT_THAT(found(ran.out), IsEmpty());
    EXPECT_THAT(found(ran.out + std::string{packet->root()["identity"]["address"].text()}),
                Not(IsEmpty()))
        << "the look sees a value";
}

TEST_F(Disclosures, KnowsTheNameInOtherWritings) {
    on_the_store([](exchange::Exchange& exchange) {
        submit(exchange, full(), "one");
        support::deliver_all(exchange);
    });
    for (const char* written : {"田邉芳江", "田邉　芳江\r\n", "  田邉 芳江  \n\n"}) {
        auto words = config();
        words.insert(words.end(), {"--patient", "-"});
        EXPECT_THAT(run(words, written).out, HasSubstr("disclosures: 1,")) << written;
    }
}

TEST_F(Disclosures, SaysThatNothingIsOnRecord) {
    for (const char* name : {"田邉 芳江", "山田 太郎", "田邉"}) {
        const Ran ran = run(config(), name);
        EXPECT_EQ(ran.code, kDone) << ran.err;
        EXPECT_EQ(ran.out, "提供 / disclosures: 0, 申込 / cases: 0\n");
    }
}

TEST_F(Disclosures, ListsEveryDisclosureAndTellsPeopleOfOneNameApart) {
    on_the_store([](exchange::Exchange& exchange) {
        const auto first = submit(exchange, full(), "one");
        submit(exchange, full(), "two");
        EXPECT_EQ(support::deliver_all(exchange).size(), 2U);
        EXPECT_TRUE(exchange::done(exchange.withdraw_consent(clinic(), first)));
        support::deliver_all(exchange);
    });
    const Ran ran = run(config(), std::string{kName});
    EXPECT_EQ(ran.code, kDone);
    EXPECT_GE(count(ran.out, "提供日 / date: "), 2U);
    EXPECT_THAT(ran.out, AllOf(HasSubstr("申込 / cases: 2\n"), HasSubstr("people of one name")));
}

TEST_F(Disclosures, FindsWhatWentOutUnderInitialsBeforeTheIdentityCame) {
    const auto whole = json::read(full());
    auto without = json::read(full());
    json::Builder builder(*without);
    builder.remove(builder.root(), "identity");
    const std::string packet = json::write(without->root());
    const std::string identity = json::write(whole->root()["identity"]);
    on_the_store([&](exchange::Exchange& exchange) {
        const auto id = submit(exchange, packet, "one");
        support::deliver_all(exchange);
        EXPECT_TRUE(exchange::done(exchange.identify(clinic(), id, identity)));
    });
    const Ran ran = run(config(), std::string{kName});
    EXPECT_THAT(ran.out, AllOf(HasSubstr("本人 / person: Ｔ"), HasSubstr("disclosures: 1,")))
        << ran.err;
    EXPECT_THAT(run(config(), "田邉 芳子").out, HasSubstr("disclosures: 0,"));
}

TEST_F(Disclosures, RefusesANameAmongTheArgumentsAndDoesNotRepeatIt) {
    auto words = config();
    words.insert(words.end(), {"--patient", std::string{kName}});
    const Ran ran = run(words, std::string{kName});
    EXPECT_EQ(ran.code, kCouldNotRun);
    EXPECT_THAT(ran.out, IsEmpty());
    EXPECT_THAT(ran.err,
                AllOf(HasSubstr("標準入力"), HasSubstr("standard input"), Not(HasSubstr("田邉"))));
    auto operand = config();
    operand.emplace_back(kName);
    const Ran surplus = run(operand, std::string{kName});
    EXPECT_EQ(surplus.code, kCouldNotRun);
    EXPECT_THAT(surplus.err, Not(HasSubstr("田邉")));
}

TEST_F(Disclosures, NeedsOneNameOnStandardInput) {
    for (const std::string& input :
         {std::string{}, std::string{"\n\n"}, std::string{"田邉\n芳江\n"}, std::string(300, 'x')}) {
        const Ran ran = run(config(), input);
        EXPECT_EQ(ran.code, kCouldNotRun);
        EXPECT_THAT(ran.err, HasSubstr("one line"));
    }
}

TEST_F(Disclosures, SaysWhyItCannotReadAnInstallation) {
    const std::string name{kName};
    const Ran absent = run({"--config", (folder_ / "absent.json").string()}, name);
    EXPECT_EQ(absent.code, kCouldNotRun);
    EXPECT_THAT(absent.err, AllOf(HasSubstr("提供の記録"), Not(HasSubstr("田邉"))));
    support::write_text(folder_ / "broken.json", "{");
    EXPECT_EQ(run({"--config", (folder_ / "broken.json").string()}, name).code, kCouldNotRun);
    EXPECT_EQ(run({}, name).code, kCouldNotRun) << "--config is required";
    on_the_store([&](exchange::Exchange&) {
        const Ran busy = run(config(), name);
        EXPECT_EQ(busy.code, kCouldNotRun);
        EXPECT_THAT(busy.err, HasSubstr("the gateway is running"));
    });
}

TEST_F(Disclosures, ExplainsItself) {
    const Ran ran = run({"--help"}, {});
    EXPECT_EQ(ran.code, kDone);
    EXPECT_THAT(ran.out, AllOf(HasSubstr("標準入力"), HasSubstr("standard input"),
                               HasSubstr("--config FILE")));
}

}  // namespace
}  // namespace tsunagi::app
