// security.md C3: consents and questions as files. A line gives a record of the first lines, what
// is changed in it, what is asked, and the code of the decision.
#include <gtest/gtest.h>

#include <charconv>
#include <map>
#include <sstream>

#include "json/builder.h"
#include "json/writer.h"
#include "privacy/case.h"
#include "privacy/consent.h"

namespace tsunagi::privacy {
namespace {

using json::Builder;
using json::Node;
using json::Value;

/// "provision.actor[0].role" set to `value`, or removed where that is null.
void set_at(json::Document& document, std::string_view path, Value value) {
    Builder builder(document);
    Node* at = builder.root();
    while (true) {
        const std::size_t end = std::min(path.find('.'), path.size());
        const std::string_view step = path.substr(0, end);
        const std::size_t bracket = std::min(step.find('['), step.size());
        const std::string_view member = step.substr(0, bracket);
        const bool last = end == path.size();
        if (last && bracket == step.size()) {
            if (value.is_null())
                builder.remove(at, member);
            else
                builder.set(at, member, value);
            return;
        }
        Value inner = Value{at}[member];
        if (bracket < step.size()) {
            std::size_t place = 0;
            std::from_chars(step.data() + bracket + 1, step.data() + step.size() - 1, place);
            inner = inner.at(place);
        }
        at = builder.edit(inner);
        if (last) {
            builder.assign(at, value.text());
            return;
        }
        path.remove_prefix(end + 1);
    }
}

struct Lines {
    std::map<std::string, json::Document, std::less<>> records;
    std::vector<json::Document> cases;
};

Lines read_lines() {
    Lines lines;
    std::istringstream file{support::read_file(std::string{TSUNAGI_SOURCE_DIR} +
                                               "/tests/privacy/consent_cases.ndjson")};
    for (std::string line; std::getline(file, line);) {
        json::Document document = test::read_json(line);
        const Value root = document.root();
        if (root["consent"])
            lines.records.emplace(root["record"].text(), json::clone(root["consent"]));
        else
            lines.cases.push_back(std::move(document));
    }
    return lines;
}

json::Document record_of(const Lines& lines, Value line) {
    json::Document record = json::clone(lines.records.find(line["record"].text())->second.root());
    for (const Value change : line["change"]) set_at(record, change.key(), change);
    return record;
}

ConsentRequest request_of(Value ask) {
    ConsentRequest request;
    request.recipient = ask["hospital"] ? std::string{ask["hospital"].text()} : "hp-tanashi";
    request.of_programme = !ask["ofProgramme"] || ask["ofProgramme"].text() == "true";
    if (ask["purpose"]) request.purpose = std::string{ask["purpose"].text()};
    request.stage = ask["stage"].text() == "offer" ? Stage::Offer : Stage::Release;
    for (const Value each : ask["classes"]) request.data_classes.emplace_back(each.text());
    const std::string_view now = ask["now"].text();
    request.now = parse_instant(now.empty() ? "2026-11-20T12:00:00+09:00" : now).value();
    return request;
}

TEST(ConsentCases, AreDecidedAsTheirLineSays) {
    const Lines lines = read_lines();
    std::size_t negative = 0, by_programme = 0;
    for (const json::Document& document : lines.cases) {
        const Value line = document.root();
        std::vector<json::Document> documents;
        documents.push_back(record_of(lines, line));
        for (const Value more : line["more"]) documents.push_back(record_of(lines, more));
        std::vector<ConsentRecord> records;
        for (const auto& each : documents)
            records.push_back({each.root(), static_cast<std::int64_t>(records.size()) + 1});
        const Decision decision = decide(records, request_of(line["ask"]));
        EXPECT_EQ(decision.code, line["code"].text()) << line["name"].text();
        EXPECT_EQ(decision.permit, decision.code == "permit") << line["name"].text();
        EXPECT_FALSE(decision.ja.empty() || decision.en.empty()) << line["name"].text();
        if (const Value withheld = line["withheld"]) {
            std::vector<std::string> expected;
            for (const Value each : withheld) expected.emplace_back(each.text());
            EXPECT_EQ(decision.withheld, expected) << line["name"].text();
        }
        if (line["code"].text() != "permit") ++negative;
        if (line["name"].text().starts_with("PCF")) ++by_programme;
    }
    EXPECT_GE(negative, 200U);
    EXPECT_GE(by_programme, 15U);
    std::cout << lines.cases.size() << " cases, " << negative << " of them denied\n";
}

}  // namespace
}  // namespace tsunagi::privacy
