// The conditions that the walk judges without FHIRPath, against what their expressions say.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <set>
#include <string>

#include "fhirpath/expression.h"
#include "validate/invariants.h"
#include "validate/world.h"

namespace tsunagi::validate {
namespace {

using json::Value;
using Keys = std::set<std::string, std::less<>>;

/// Asks every native condition of every element by its expression.
class Asking {
public:
    explicit Asking(const fhir::Definitions& definitions) : definitions_(definitions) {}

    Keys resource(Value value) {
        resource_ = container_ = value;
        const fhir::TypeDef* type = definitions_.type(value["resourceType"].text());
        if (type) members(value, *type, fhirpath::Item::node(value, type));
        return std::move(broken_);
    }

private:
    void ask(std::span<const fhir::Constraint* const> constraints, const fhirpath::Item& focus) {
        for (const fhir::Constraint* each : constraints) {
            if (native_rule(*each) == NativeRule::None) continue;
            auto [at, fresh] = parsed_.try_emplace(each->expression);
            if (fresh) {
                // Without a reference the expression of ref-1 is empty, which is no fault; "#" is
                // the container (R5 says so in ref-1, R4 in references.html#contained).
                std::string text{each->expression};
                if (each->key == "ref-1")
                    text.insert(0, "reference.exists() implies (reference = '#' or ").append(")");
                auto parsed = fhirpath::Expression::parse(text);
                ASSERT_TRUE(parsed) << each->expression;
                at->second.emplace(std::move(*parsed));
            }
            fhirpath::Context context;
            context.definitions = &definitions_;
            context.focus = focus;
            context.resource = resource_;
            context.root_resource = container_;
            const auto holds = fhirpath::holds(*at->second, context);
            ASSERT_TRUE(holds) << each->key;
            if (!*holds) broken_.emplace(each->key == "txt-2" ? "txt-1" : each->key);
        }
    }
    void members(Value value, const fhir::TypeDef& type, const fhirpath::Item& whole) {
        if (type.root) ask(type.root->constraints, whole);
        std::set<std::string_view> seen;
        for (const Value child : value) {
            std::string_view name = child.key();
            if (name.starts_with('_')) name.remove_prefix(1);
            const fhir::Member* member = type.find(name);
            if (!member || !seen.insert(name).second) continue;
            const Value plain = value[name], beside = value["_" + std::string{name}];
            if (plain.is_array() || beside.is_array()) {
                for (std::size_t i = 0; i < std::max(plain.size(), beside.size()); ++i)
                    element(plain.at(i), beside.at(i), *member);
            } else {
                element(plain, beside, *member);
            }
        }
    }
    void element(Value value, Value beside, const fhir::Member& member) {
        const fhir::TypeDef* type = member.type->type;
        const bool is_resource = value.is_object() && value["resourceType"].is_string() &&
                                 type->kind == fhir::TypeKind::Resource;
        if (is_resource) type = definitions_.type(value["resourceType"].text());
        if (!type) return;
        const Value before = resource_, around = container_;
        if (is_resource) {
            resource_ = value;
            if (member.name != "contained") container_ = value;
        }
        if (type->kind == fhir::TypeKind::Primitive) {
            const Value shown = value && !value.is_null() ? value : beside;
            if (shown) {
                const auto whole = fhirpath::Item::node(value, type, beside);
                ask(member.element->constraints, whole);
                members(beside, *type, whole);
            }
        } else if (value.is_object()) {
            const auto whole = fhirpath::Item::node(value, type);
            ask(member.element->constraints, whole);
            members(value, *type, whole);
        }
        resource_ = before;
        container_ = around;
    }

    const fhir::Definitions& definitions_;
    Value resource_, container_;
    Keys broken_;
    std::map<std::string_view, std::optional<fhirpath::Expression>> parsed_;
};

/// txt-2 has the expression of txt-1 and is told with it.
const Keys& native_keys() {
    static const Keys kKeys{"ele-1", "ext-1", "dom-2", "dom-3", "dom-4",
                            "dom-5", "dom-6", "ref-1", "txt-1", "bdl-7"};
    return kKeys;
}

Keys found_in(Value resource) {
    Keys keys;
    for (const auto& issue : testing_world::World::get().validator.validate(resource)) {
        if (native_keys().contains(issue.rule)) keys.insert(issue.rule);
    }
    return keys;
}

std::string patient(const std::string& members) {
    return R"({"resourceType":"Patient","text":{"status":"generated",)"
           R"("div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"},)" +
           members + "}";
}

/// A sound instance of each condition and a broken one.
const std::pair<const char*, std::string> kInstances[] = {
    {"", patient(R"("active":true)")},
    {"ext-1", patient(R"("extension":[{"url":"https://h.example/e"}])")},
    {"ext-1", patient(R"("extension":[{"url":"https://h.example/e","valueString":"a",)"
                      R"("extension":[{"url":"b","valueString":"c"}]}])")},
    {"", patient(R"("extension":[{"url":"https://h.example/e","valueString":"a"}])")},
    {"ext-1", patient(R"("birthDate":"2000-01-01","_birthDate":{"extension":)"
                      R"([{"url":"https://h.example/e"}]})")},
    {"dom-2",
     patient(R"("contained":[{"resourceType":"Organization","id":"o","name":"a",)"
             R"("contained":[{"resourceType":"Organization","id":"p","name":"b"}],)"
             R"("partOf":{"reference":"#p"}}],"managingOrganization":{"reference":"#o"})")},
    {"dom-3", patient(R"("contained":[{"resourceType":"Organization","id":"o","name":"a"}])")},
    {"", patient(R"("contained":[{"resourceType":"Organization","id":"o","name":"a"}],)"
                 R"("managingOrganization":{"reference":"#o"})")},
    {"", patient(R"("contained":[{"resourceType":"Provenance","id":"o",)"
                 R"("target":[{"reference":"#"}],"recorded":"2026-01-01T00:00:00Z",)"
                 R"("agent":[{"who":{"display":"a"}}]}])")},
    {"dom-4", patient(R"("contained":[{"resourceType":"Organization","id":"o","name":"a",)"
                      R"("meta":{"versionId":"1"}}],"managingOrganization":{"reference":"#o"})")},
    {"dom-4", patient(R"("contained":[{"resourceType":"Organization","id":"o","name":"a","meta":)"
                      R"({"lastUpdated":"2026-01-01T00:00:00Z"}}],"managingOrganization":)"
                      R"({"reference":"#o"})")},
    {"dom-5", patient(R"("contained":[{"resourceType":"Organization","id":"o","name":"a","meta":)"
                      R"({"security":[{"code":"R"}]}}],"managingOrganization":)"
                      R"({"reference":"#o"})")},
    {"dom-6", R"({"resourceType":"Patient","active":true})"},
    {"ref-1", patient(R"("managingOrganization":{"reference":"#nobody"})")},
    {"ref-1", R"({"resourceType":"Bundle","type":"collection","entry":[{"resource":)" +
                  patient(R"("managingOrganization":{"reference":"#o"})") +
                  R"(},{"resource":{"resourceType":"Basic","code":{"text":"a"},"contained":)"
                  R"([{"resourceType":"Organization","id":"o","name":"a"}],"author":)"
                  R"({"reference":"#o"}}}]})"},
    {"txt-1", R"({"resourceType":"Patient","text":{"status":"generated","div":)"
              R"("<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>x</script></div>"}})"},
    {"txt-1", R"({"resourceType":"Patient","text":{"status":"generated","div":)"
              R"("<div xmlns=\"http://www.w3.org/1999/xhtml\"> </div>"}})"},
    {"bdl-7", R"({"resourceType":"Bundle","type":"collection","entry":[)"
              R"({"fullUrl":"https://h.example/Patient/1","resource":)" +
                  patient(R"("id":"1")") +
                  R"(},{"fullUrl":"https://h.example/Patient/1","resource":)" +
                  patient(R"("id":"1")") + "}]}"},
    {"", R"({"resourceType":"Bundle","type":"collection","entry":[)"
         R"({"fullUrl":"https://h.example/Patient/1","resource":)" +
             patient(R"("id":"1","meta":{"versionId":"1"})") +
             R"(},{"fullUrl":"https://h.example/Patient/1","resource":)" +
             patient(R"("id":"1","meta":{"versionId":"2"})") + "}]}"},
};

TEST(NativeRules, SayWhatTheirExpressionsSayOfEachInstance) {
    Keys broken;
    for (const auto& [rule, text] : kInstances) {
        const json::Document document = testing_world::parse(text);
        const Keys found = found_in(document.root());
        const Keys asked =
            Asking(testing_world::World::get().definitions).resource(document.root());
        EXPECT_EQ(found, asked) << text;
        EXPECT_EQ(asked.contains(rule), *rule != 0) << rule << " " << text;
        broken.insert(asked.begin(), asked.end());
    }
    // An element without content is no FHIR JSON: the walk tells it as its shape, before ele-1.
    EXPECT_EQ(broken.size() + 1, native_keys().size());
}

TEST(NativeRules, SayWhatTheirExpressionsSayOfTheOfficialExamples) {
    int met = 0, compared = 0;
    std::map<std::string, int> broken;
    const Status read = packages::for_each_resource(
        std::filesystem::path{TSUNAGI_DEFINITIONS_DIR} / "hl7.fhir.r4.examples-4.0.1.tgz",
        [&](std::string_view name, json::Document example) -> Status {
            // One in six, and none so large that its conditions take seconds in FHIRPath.
            if (++met % 6 != 0) return {};
            const std::string_view type = example.root()["resourceType"].text();
            if (type == "StructureDefinition" || type == "ValueSet" || type == "CodeSystem" ||
                type == "Bundle" || type == "ConceptMap")
                return {};
            ++compared;
            const Keys asked =
                Asking(testing_world::World::get().definitions).resource(example.root());
            EXPECT_EQ(found_in(example.root()), asked) << name;
            for (const auto& key : asked) ++broken[key];
            return {};
        });
    ASSERT_TRUE(read);
    std::printf("%d examples compared;", compared);
    for (const auto& [key, count] : broken) std::printf(" %s %d;", key.c_str(), count);
    std::printf("\n");
    EXPECT_GT(compared, 200);
}

}  // namespace
}  // namespace tsunagi::validate
