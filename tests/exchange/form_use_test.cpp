// One scanned consent form for two patients of a clinic: a warning, or a refusal where the city
// says so; no clinic is told of another's forms.
#include "exchange/form_use.h"

#include <gtest/gtest.h>

#include <functional>

#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "support/result_matchers.h"
#include "support/test_gateway.h"

namespace tsunagi::exchange {
namespace {

using support::TestGateway;

constexpr std::string_view kCode = "consent-form-used-before";
const std::string kForm(64, 'a');
const std::string kOtherForm(64, 'b');

using Edit = std::function<void(json::Builder&, json::Value)>;

/// The packet of 和田稔, with his consent in writing on `form`.
std::string packet_on(const std::string& form, const Edit& edit = {}) {
    json::Document packet = json::read(support::packet_text("minimal.in.json")).value();
    json::Builder builder(packet);
    json::Node* consent = builder.edit(packet.root()["consent"]);
    builder.set(consent, "method", "explicit-written");
    if (!form.empty()) builder.set(consent, "formSha256", form);
    if (edit) edit(builder, packet.root());
    return json::write(packet.root());
}

/// Another patient of the same initials, age and sex.
void somebody_else(json::Builder& builder, json::Value packet) {
    json::Node* identity = builder.edit(packet["identity"]);
    builder.set(identity, "name", "渡部　実");
    builder.set(identity, "kana", "ワタベ　ミノル");
}

class FormUse : public testing::Test {
protected:
    Act<Submitted> submit(const std::string& packet, const access::Principal& clinic) {
        return gateway_.exchange().submit(clinic, "key-" + std::to_string(++keys_), packet);
    }
    Act<Submitted> submit(const std::string& packet) { return submit(packet, gateway_.clinic()); }
    static bool flagged(json::Value answer) {
        for (const json::Value issue : answer["flags"]["issue"]) {
            if (issue["details"]["coding"].at(0)["code"].text() != kCode) continue;
            EXPECT_EQ(issue["severity"].text(), "warning");
            EXPECT_EQ(issue["details"]["coding"].at(1)["code"].text(), "R5");
            EXPECT_EQ(issue["expression"].at(0).text(), "Packet.consent.formSha256");
            EXPECT_NE(issue["details"]["text"].text().find("別の方"), std::string_view::npos);
            return true;
        }
        return false;
    }
    template <class T>
    static bool flagged(const Act<T>& act) {
        EXPECT_TRUE(done(act)) << std::get<Refusal>(act).issues.front().code;
        if (!done(act)) return false;
        const json::Document answer = json::read(std::get<T>(act).answer).value();
        return flagged(answer.root());
    }
    Act<ConsentChange> amend(const store::CaseId& id, const std::string& packet) {
        const auto document = json::read(packet).value();
        return gateway_.exchange().record_consent(
            gateway_.clinic(), R"({"referral":")" + id.text() + R"(","consent":)" +
                                   json::write(document.root()["consent"]) + "}");
    }

    TestGateway gateway_;
    int keys_ = 0;
};

TEST_F(FormUse, OfAnotherPatientIsFlagged) {
    EXPECT_FALSE(flagged(submit(packet_on(kForm))));
    EXPECT_TRUE(flagged(submit(packet_on(kForm, somebody_else))));
    EXPECT_EQ(gateway_.logged().find(kForm), std::string::npos);
}

TEST_F(FormUse, OfTheSamePatientOrAnotherFormIsNot) {
    EXPECT_FALSE(flagged(submit(packet_on(kForm))));
    EXPECT_FALSE(flagged(submit(packet_on(kForm)))) << "he applies again";
    EXPECT_FALSE(flagged(
        submit(packet_on(kForm,
                         [](json::Builder& builder, json::Value packet) {
                             builder.set(builder.edit(packet["identity"]), "name", "和田 稔");
                             builder.set(builder.edit(packet["identity"]), "kana", "ﾜﾀﾞ ﾐﾉﾙ");
                         }))))
        << "in another spelling";
    EXPECT_FALSE(flagged(submit(packet_on(kOtherForm, somebody_else))));
    EXPECT_FALSE(flagged(submit(packet_on("", somebody_else))));
}

TEST_F(FormUse, IsNeverToldToAnotherClinic) {
    EXPECT_FALSE(flagged(submit(packet_on(kForm))));
    EXPECT_FALSE(flagged(submit(packet_on(kForm, somebody_else), gateway_.other_clinic())));
    EXPECT_TRUE(flagged(submit(packet_on(kForm), gateway_.other_clinic()))) << "its own it is";
}

TEST_F(FormUse, IsAskedOfAnAmendmentTooAndNeverOfTheCaseItself) {
    EXPECT_FALSE(flagged(submit(packet_on(kForm))));
    const auto act = submit(packet_on(kOtherForm, somebody_else));
    ASSERT_FALSE(flagged(act));
    const auto& id = std::get<Submitted>(act).case_id;
    EXPECT_FALSE(flagged(amend(id, packet_on(kOtherForm)))) << "its own form again";
    EXPECT_TRUE(flagged(amend(id, packet_on(kForm))));
    const auto shown = json::read(gateway_.inquire().referral(gateway_.clinic(), id)->body.bytes());
    EXPECT_TRUE(flagged(shown->root()));
    EXPECT_TRUE(flagged(submit(packet_on(kOtherForm))))
        << "the form that was replaced had been used all the same";
}

TEST_F(FormUse, MayBeRefusedByACity) {
    json::Document file = support::programme_file("nishitokyo");
    json::Builder edit(file);
    for (const json::Value rule : file.root()["rules"]) {
        if (rule["key"].text() == kCode) edit.set(edit.edit(rule), "severity", "refuse");
    }
    const Artifacts strict = support::artifacts_with(file.root());
    const Parts shipped = gateway_.parts();
    Exchange exchange(
        {shipped.store, shipped.directory, strict, shipped.clock, shipped.random, shipped.log});
    ASSERT_TRUE(done(exchange.submit(gateway_.clinic(), "one", packet_on(kForm))));
    const auto act = exchange.submit(gateway_.clinic(), "two", packet_on(kForm, somebody_else));
    ASSERT_FALSE(done(act));
    EXPECT_EQ(std::get<Refusal>(act).kind, Refused::Content);
    EXPECT_TRUE(
        done(exchange.submit(gateway_.clinic(), "three", packet_on(kOtherForm, somebody_else))))
        << "a refused packet left nothing behind";
    EXPECT_TRUE(
        done(exchange.submit(gateway_.clinic(), "four", packet_on(kOtherForm, somebody_else))));
}

TEST_F(FormUse, IsForgottenWithThePurgeOfItsCase) {
    const auto act = submit(packet_on(kForm));
    ASSERT_FALSE(flagged(act));
    ASSERT_TRUE(done(
        gateway_.exchange().withdraw_consent(gateway_.clinic(), std::get<Submitted>(act).case_id)));
    EXPECT_TRUE(flagged(submit(packet_on(kForm, somebody_else)))) << "ended, not yet purged";
    gateway_.deliver_all();
    gateway_.clock().advance(std::chrono::hours{13});
    ASSERT_TRUE(gateway_.exchange().tick());
    EXPECT_TRUE(gateway_.store().read([&](store::Reader& reader) -> Status {
        const auto row = reader.find_case(std::get<Submitted>(act).case_id);
        if (!row) return row.error();
        EXPECT_TRUE(row->erased);
        const std::string clinic = "clinic-hibari\n";
        const auto left =
            reader.cases_with_form(crypto::sha256({as_bytes(clinic), as_bytes(kForm)}));
        if (!left) return left.error();
        EXPECT_EQ(left->size(), 1U) << "the other patient's own row alone";
        return {};
    }));
}

}  // namespace
}  // namespace tsunagi::exchange
