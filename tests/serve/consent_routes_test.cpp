// The consent routes case by case (fixtures/consents): captured, amended, withdrawn, read with its
// versions, and what was disclosed under it; each with its hostile twins.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "properties/watched_gateway.h"
#include "support/result_matchers.h"

namespace tsunagi::serve {
namespace {

const std::filesystem::path kFolder =
    std::filesystem::path{TSUNAGI_SOURCE_DIR} / "fixtures/consents";

std::vector<std::string> cases() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
        if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

char partner(std::string_view name) {
    static const std::map<std::string_view, char> kPartners{
        {"clinic", properties::kClinic},
        {"other clinic", properties::kOtherClinic},
        {"hospital", properties::kHospital},
        {"other hospital", properties::kOtherHospital},
        {"care manager", properties::kCareManager},
        {"city", properties::kCity},
        {"auditor", properties::kAuditor},
        {"operator", properties::kOperator},
        {"stranger", properties::kStranger}};
    return kPartners.at(name);
}

/// "versions.0.status": members and places.
json::Value at(json::Value value, std::string_view path) {
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('.'), path.size());
        const std::string name{path.substr(0, end)};
        const bool place = name.find_first_not_of("0123456789") == std::string::npos;
        value = place ? value.at(std::stoul(name)) : value[name];
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return value;
}

class ConsentRoutes : public testing::TestWithParam<std::string> {
protected:
    /// The packet's form with the changes of a step: a null takes a cell out.
    std::string body_of(json::Value step, const std::string& id) {
        if (step["body"]) return std::string{step["body"].text()};
        if (!step["consent"]) return {};
        const auto packet = json::read(support::packet_text("nishitokyo_full.in.json"));
        json::Document document;
        json::Builder builder(document);
        json::Node* root = builder.object();
        builder.set(root, "referral", step["referral"] ? step["referral"].text() : id);
        builder.set(root, "consent", packet->root()["consent"]);
        json::Node* form = json::Builder::find(root, "consent");
        for (const json::Value change : step["consent"]) {
            if (change.is_null())
                builder.remove(form, change.key());
            else
                builder.set(form, change.key(), change);
        }
        return json::write(document.root());
    }

    properties::WatchedGateway house_{7};
};

TEST_P(ConsentRoutes, AnswersAsTheCaseSays) {
    const auto script = json::read(support::read_text(kFolder / (GetParam() + ".json")));
    ASSERT_OK(script);
    const auto accepted =
        house_.submit(support::packet_text("nishitokyo_full.in.json"), "key-" + GetParam());
    ASSERT_EQ(accepted.status, 201);
    const auto answer = json::read(accepted.body);
    const std::string id{answer->root()["case"].text()};
    std::size_t number = 0;
    for (const json::Value step : script->root()["steps"]) {
        SCOPED_TRACE("step " + std::to_string(++number));
        if (step["carry"]) {
            house_.carry();
            continue;
        }
        std::string target{step["path"].text()};
        const std::size_t hole = target.find("{case}");
        if (hole != std::string::npos) target.replace(hole, 6, id);
        const std::size_t offer = target.find("{offer}");
        if (offer != std::string::npos)
            target.replace(offer, 7, house_.gateway().alias(store::CaseId{id}, "hp-tanashi"));
        const Response response = house_.call(partner(step["as"].text()), step["method"].text(),
                                              target, body_of(step, id));
        EXPECT_EQ(response.status, step["status"].integer()) << response.body.substr(0, 600);
        for (const json::Value absent : step["without"])
            EXPECT_EQ(response.body.find(absent.text()), std::string::npos) << absent.text();
        if (!step["has"]) continue;
        const auto shown = json::read(response.body);
        ASSERT_OK(shown);
        for (const json::Value expected : step["has"]) {
            const json::Value found = at(shown->root(), expected.key());
            EXPECT_EQ(json::write(found), json::write(expected)) << expected.key();
        }
        for (const json::Value path : step["present"])
            EXPECT_TRUE(at(shown->root(), path.text())) << path.text();
    }
    EXPECT_GE(number, 1U);
}

INSTANTIATE_TEST_SUITE_P(Fixtures, ConsentRoutes, testing::ValuesIn(cases()),
                         [](const auto& each) { return each.param; });

TEST(ConsentRoutesCases, ThereAreSome) { EXPECT_GE(cases().size(), 14U); }

}  // namespace
}  // namespace tsunagi::serve
