#pragma once
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "audit/entry.h"
#include "exchange/findings.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "support/test_gateway.h"

/// A gateway with one packet whose text tells of somebody, and the decisions about it.
namespace tsunagi::exchange {

inline constexpr std::string_view kHospital = "hp-tanashi";
inline constexpr std::string_view kRemarks = "Packet.bedRequest.remarks";

inline std::string with_remarks(std::string_view text, std::string_view file = "minimal.in.json") {
    json::Document packet = json::read(support::packet_text(file)).value();
    json::Builder builder(packet);
    builder.set(builder.edit(packet.root()["bedRequest"]), "remarks", text);
    return json::write(packet.root());
}

inline std::string release(std::string_view reason = "本人の了解のある見守りの方") {
    return R"({"decision":"release","reason":")" + std::string{reason} + R"("})";
}

inline std::string correction(std::string_view text,
                              std::string_view reason = "隣人の名は要らない") {
    json::Document document;
    json::Builder builder(document);
    json::Node* root = builder.object();
    builder.set(root, "decision", "correct");
    builder.set(root, "reason", reason);
    builder.set(root, "text", text);
    return json::write(document.root());
}

class FindingsTest : public testing::Test {
protected:
    store::CaseId submit(const std::string& packet) {
        auto act = gateway_.exchange().submit(gateway_.clinic(), "k", packet);
        if (done(act)) return std::get<Submitted>(act).case_id;
        for (const auto& issue : std::get<Refusal>(act).issues)
            ADD_FAILURE() << issue.code << " " << issue.expression;
        return {};
    }
    Act<Reviewed> review(std::int64_t number, std::string_view body, std::string_view key = {}) {
        const std::string fresh = "review-" + std::to_string(++keys_);
        return gateway_.exchange().review(gateway_.doctor(), id_, number, key.empty() ? fresh : key,
                                          body);
    }
    static std::string why(const Act<Reviewed>& act) {
        return done(act) ? "" : std::get<Refusal>(act).issues.front().code;
    }
    json::Document view() {
        auto shown = gateway_.inquire().findings(gateway_.clinic(), id_);
        EXPECT_TRUE(shown);
        return shown ? json::read(shown->body.bytes()).value() : json::Document{};
    }
    std::size_t renditions() {
        std::size_t count = 0;
        EXPECT_TRUE(gateway_.store().read([&](store::Reader& reader) -> Status {
            auto rows = reader.renditions_of(id_);
            if (!rows) return rows.error();
            auto queued = reader.deliveries_of(id_);
            if (!queued) return queued.error();
            count = rows->size() + queued->size();
            return {};
        }));
        return count;
    }
    /// No hospital is sent, may read or finds anything.
    void expect_nothing_left() {
        EXPECT_EQ(gateway_.state(id_), "held");
        EXPECT_EQ(renditions(), 0U);
        EXPECT_TRUE(gateway_.deliver_all().empty());
        for (const char* hospital : {"hp-tanashi", "hp-sassa", "hp-nishitokyo-chuo"}) {
            const auto who = gateway_.hospital(hospital);
            EXPECT_EQ(gateway_.inquire().offers(who)->bytes(), R"({"offers":[]})");
            const auto found =
                json::read(gateway_.inquire().search_tasks(who, {}, 50)->bytes()).value();
            EXPECT_EQ(found.root()["total"].integer(), 0);
            // Not under the ids that the clinic has of its own case either.
            for (const char* type : {"Task", "Patient", "ServiceRequest"}) {
                for (int number = 1; number <= 12; ++number) {
                    EXPECT_FALSE(gateway_.inquire().resource(
                        who, type, partner_id(id_.text(), static_cast<std::size_t>(number))));
                }
            }
        }
    }
    void expect_not_logged(std::string_view text) {
        EXPECT_EQ(gateway_.logged().find(text), std::string::npos);
        for (const auto& entry : gateway_.log_entries())
            EXPECT_EQ(entry.find(text), std::string::npos);
    }
    /// The log entry before the last `back` ones.
    audit::Entry entry(std::size_t back = 0) {
        const auto entries = gateway_.log_entries();
        EXPECT_GT(entries.size(), back);
        return audit::read_entry(entries[entries.size() - 1 - back]).value();
    }
    bool decline() {
        programme::Inputs inputs;
        inputs.reason = "B";
        return done(gateway_.exchange().act_as_hospital(
            gateway_.hospital(kHospital), store::Alias{gateway_.alias(id_, kHospital)}, "decline",
            inputs));
    }
    bool redirect() {
        programme::Inputs to;
        to.hospital = "hp-sassa";
        return done(gateway_.exchange().act(gateway_.clinic(), id_, "redirect", to));
    }

    support::TestGateway gateway_;
    store::CaseId id_;
    int keys_ = 0;
};

}  // namespace tsunagi::exchange
