// security.md C5: a record that says everything a record can say, broken at one place at a time.
// Each is denied, with a reason for a person and the place, alone and beside a record that permits.
#include <gtest/gtest.h>

#include <cctype>
#include <functional>
#include <iostream>
#include <set>

#include "json/builder.h"
#include "json/writer.h"
#include "privacy/case.h"
#include "privacy/consent.h"

namespace tsunagi::privacy {
namespace {

using json::Builder;
using json::Node;
using json::Value;

Decision ask(const std::vector<const json::Document*>& documents) {
    std::vector<ConsentRecord> records;
    for (const auto* each : documents)
        records.push_back({each->root(), static_cast<std::int64_t>(records.size()) + 1});
    ConsentRequest request;
    request.recipient = "hp-tanashi";
    request.of_programme = true;
    request.stage = Stage::Release;
    request.now = parse_instant("2026-11-20T12:00:00+09:00").value();
    return decide(records, request);
}

std::string at(const std::string& path, Value child, std::size_t place) {
    return child.key().empty() ? path + "[" + std::to_string(place) + "]"
                               : path + "." + std::string{child.key()};
}

/// Every place of the tree below `value`, as its path.
void list_places(Value value, const std::string& path,
                 std::vector<std::pair<std::string, Value>>& all) {
    all.emplace_back(path, value);
    if (!value.is_object() && !value.is_array()) return;
    std::size_t place = 0;
    for (const Value child : value) list_places(child, at(path, child, place++), all);
}

Value find(Value root, std::string_view path) {
    std::vector<std::pair<std::string, Value>> all;
    list_places(root, "", all);
    for (const auto& [each, value] : all) {
        if (each == path) return value;
    }
    return {};
}

bool ends_in(const std::string& path, std::initializer_list<std::string_view> names) {
    return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
        return path.ends_with("." + std::string{name});
    });
}

struct Broken {
    std::string name;
    json::Document document;
};

std::string parent_of(const std::string& path) { return path.substr(0, path.find_last_of(".[")); }

/// "treat" for "TREAT"; a day that is in no calendar where there are no letters.
std::string other_case(std::string_view text) {
    std::string other{text};
    for (char& each : other) {
        if (std::isupper(static_cast<unsigned char>(each)) != 0)
            each = static_cast<char>(std::tolower(static_cast<unsigned char>(each)));
        else
            each = static_cast<char>(std::toupper(static_cast<unsigned char>(each)));
    }
    return other == text ? "2026-02-30" : other;
}

class Breaker {
public:
    explicit Breaker(const json::Document& whole) : whole_(whole) {}

    std::vector<Broken> all() {
        std::vector<std::pair<std::string, Value>> places;
        list_places(whole_.root(), "", places);
        for (const auto& [path, value] : places) {
            if (value.is_array()) lists(path);
            if (value.is_object()) objects(path, value);
            if (value.is_string()) texts(path);
        }
        return std::move(broken_);
    }

private:
    void add(const std::string& name, const std::string& path,
             const std::function<void(Builder&, Node*)>& change) {
        json::Document copy = json::clone(whole_.root());
        Builder builder(copy);
        change(builder, path.empty() ? builder.root() : builder.edit(find(copy.root(), path)));
        broken_.push_back({path + ": " + name, std::move(copy)});
    }

    /// A list of limits that lost its items, or is no list.
    void lists(const std::string& path) {
        if (path.starts_with(".category") || path == ".extension") return;
        const std::string member = path.substr(path.find_last_of('.') + 1);
        const std::string parent = parent_of(path);
        add("empty", parent, [&](Builder& b, Node* node) { b.set_array(node, member); });
        add("a text", parent, [&](Builder& b, Node* node) { b.set(node, member, "all"); });
        add("an object", parent, [&](Builder& b, Node* node) { b.set_object(node, member); });
    }

    /// What we do not know beside what we know.
    void objects(const std::string& path, Value value) {
        const bool modifiable = path.empty() || value["type"] || value["role"];
        if (modifiable) {
            add("modifier", path, [](Builder& b, Node* node) {
                b.set(b.add_object(b.set_array(node, "modifierExtension")), "url", "urn:not");
            });
            add("implicit rules", path,
                [](Builder& b, Node* node) { b.set(node, "implicitRules", "urn:rules"); });
        }
        if (!modifiable && !ends_in(path, {"period", "dataPeriod", "provision"})) return;
        add("unknown member", path, [](Builder& b, Node* node) { b.set(node, "except", "me"); });
        add("unknown list", path, [](Builder& b, Node* node) { b.set_array(node, "unless"); });
        add("said to be absent", path, [](Builder& b, Node* node) {
            b.add_object(b.set_array(b.set_object(node, "_limit"), "extension"));
        });
    }

    void texts(const std::string& path) {
        if (path.starts_with(".category")) return;
        const std::string member = path.substr(path.find_last_of('.') + 1);
        const std::string parent = parent_of(path);
        const bool free = ends_in(path, {"value", "reference", "id", "url"});
        if (!free) {
            add("unknown", path,
                [](Builder& b, Node* node) { b.assign(node, std::string_view{"???"}); });
            add("another case", path,
                [](Builder& b, Node* node) { b.assign(node, other_case(Value{node}.text())); });
        }
        if (ends_in(path, {"id", "url"})) return;
        add("empty", path, [](Builder& b, Node* node) { b.assign(node, std::string_view{}); });
        add("a number", path, [](Builder& b, Node* node) { b.assign_number(node, "7"); });
        add("a truth", path, [](Builder& b, Node* node) { b.assign(node, true); });
        add("an object", parent, [&](Builder& b, Node* node) { b.set_object(node, member); });
        if (!ends_in(path, {"start", "end", "dateTime"}))
            add("missing", parent, [&](Builder& b, Node* node) { b.remove(node, member); });
        else
            add("said to be absent", parent, [&](Builder& b, Node* node) {
                b.remove(node, member);
                b.add_object(b.set_array(b.set_object(node, "_" + member), "extension"));
            });
    }

    const json::Document& whole_;
    std::vector<Broken> broken_;
};

TEST(ConsentBroken, IsDeniedWithAReasonAndNeverDisappears) {
    const json::Document whole = test::read_file("tests/privacy/consent_whole.json");
    ASSERT_TRUE(ask({&whole}).permit) << ask({&whole}).code << " " << ask({&whole}).where;
    const json::Document friendly = test::read_file("tests/privacy/consent_friendly.json");
    ASSERT_TRUE(ask({&friendly}).permit);
    ASSERT_TRUE(ask({&friendly, &whole}).permit);
    const std::vector<Broken> all = Breaker(whole).all();
    std::set<std::string> places;
    for (const Broken& each : all) {
        for (const auto& documents :
             {std::vector{&each.document}, std::vector{&friendly, &each.document},
              std::vector{&each.document, &friendly}}) {
            const Decision decision = ask(documents);
            EXPECT_FALSE(decision.permit) << each.name;
            EXPECT_EQ(decision.code, "unreadable") << each.name;
            EXPECT_FALSE(decision.ja.empty() || decision.en.empty()) << each.name;
            EXPECT_TRUE(decision.where.starts_with("Consent.")) << each.name << decision.where;
            EXPECT_NE(decision.consent_version, 0) << each.name;
            places.insert(decision.where);
        }
    }
    EXPECT_GE(all.size(), 500U);
    std::cout << all.size() << " broken records, " << places.size() << " places named\n";
}

TEST(ConsentBroken, TwoLiveRecordsThatContradictEachOtherDeny) {
    const json::Document friendly = test::read_file("tests/privacy/consent_friendly.json");
    json::Document against = json::clone(friendly.root());
    Builder builder(against);
    builder.set(builder.edit(against.root()["provision"]["provision"].at(0)), "type", "deny");
    EXPECT_EQ(ask({&friendly, &against}).code, "recipient-excluded");
    EXPECT_EQ(ask({&against, &friendly}).code, "recipient-excluded");
}

}  // namespace
}  // namespace tsunagi::privacy
