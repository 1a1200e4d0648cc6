// Each extension of ours stands in what we make only where its definition allows it.
#include <gtest/gtest.h>

#include <set>

#include "fhir/definitions.h"
#include "profiles/package.h"

namespace tsunagi::profiles {
namespace {

/// Where an extension stands: the element's path in its resource type, and its data type.
struct Place {
    std::string url, path, type;
    std::string value;  ///< member that holds the value: "valueCode"; empty for sub-extensions
};

void collect(json::Value object, const std::string& path, const fhir::TypeDef* type,
             std::vector<Place>& places) {
    const auto note = [&](json::Value extensions, const std::string& where,
                          std::string_view type_name) {
        for (const json::Value extension : extensions) {
            if (!extension["url"].text().starts_with(kBase)) continue;
            std::string value;
            for (const json::Value member : extension) {
                if (member.key().starts_with("value")) value = member.key();
            }
            places.push_back({std::string{extension["url"].text()}, where, std::string{type_name},
                              std::move(value)});
        }
    };
    for (const json::Value member : object) {
        const std::string_view key = member.key();
        if (key == "resourceType" || key == "entry") continue;
        if (key == "extension") {
            note(member, path, type ? type->name : "");
            continue;
        }
        const bool beside = key.starts_with("_");
        const auto known = type ? type->find(beside ? key.substr(1) : key) : nullptr;
        const std::string below =
            path + "." + std::string{known ? known->element->name : key.substr(beside ? 1 : 0)};
        const fhir::TypeDef* below_type = known ? known->type->type : nullptr;
        const auto step = [&](json::Value value) {
            if (beside)
                note(value["extension"], below, known ? known->type->code : "");
            else if (value.is_object())
                collect(value, below, below_type, places);
        };
        if (member.is_array()) {
            for (const json::Value item : member) step(item);
        } else {
            step(member);
        }
    }
}

bool allows(json::Value definition, const Place& place) {
    const json::Value contexts = definition["context"];
    return std::any_of(contexts.begin(), contexts.end(), [&](json::Value context) {
        const std::string_view where = context["expression"].text();
        return where == "Element" || where == place.path || where == place.type;
    });
}

TEST(Extensions, StandOnlyWhereTheirContextAllowsWithTheirValueType) {
    std::set<std::string> seen;
    for (const auto& file : files_below("fixtures/packets", {".json"})) {
        if (!file.filename().string().ends_with(".bundle.json")) continue;
        const auto bundle = json::read(support::read_file(file));
        ASSERT_TRUE(bundle) << file;
        std::vector<Place> places;
        for (const json::Value entry : bundle->root()["entry"]) {
            const std::string type{entry["resource"]["resourceType"].text()};
            collect(entry["resource"], type, support::definitions().type(type), places);
        }
        for (const Place& place : places) {
            const Definition* definition = find(place.url);
            ASSERT_TRUE(definition) << place.url;
            seen.insert(definition->id);
            EXPECT_TRUE(allows(definition->root(), place))
                << file.filename() << " " << place.url << " on " << place.path;
            bool typed = false;
            for (const json::Value element : definition->root()["differential"]["element"]) {
                if (element["path"].text() != "Extension.value[x]") continue;
                if (element["max"].text() == "0") typed = place.value.empty();
                for (const json::Value type : element["type"]) {
                    std::string member = "value" + std::string{type["code"].text()};
                    member[5] = static_cast<char>(member[5] - 'a' + 'A');
                    typed = typed || member == place.value;
                }
            }
            EXPECT_TRUE(typed) << place.url << " " << place.value;
        }
    }
    // Those that models carry, that stand in documents, or that no fixture needs, are not in the
    // Bundles.
    std::set<std::string> all;
    for (const auto& each : definitions()) {
        if (each.file.starts_with("extensions/")) all.insert(each.id);
    }
    for (const char* other : {"sensitivity", "reading", "electronic-signature"}) all.erase(other);
    for (const auto& id : seen) all.erase(id);
    EXPECT_LE(all.size(), 3U) << "too few extensions are seen in fixtures";
}

}  // namespace
}  // namespace tsunagi::profiles
