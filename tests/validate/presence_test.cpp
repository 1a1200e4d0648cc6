// Conditions that are told by the members that are there, against what their expressions say.
#include "validate/presence.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <set>
#include <string>

#include "base/random.h"
#include "fhirpath/expression.h"
#include "validate/world.h"

namespace tsunagi::validate {
namespace {

constexpr std::uint64_t kSeed = 20261121;

/// An object of `type` with a random choice of its members, `depth` levels deep; one in eight has
/// an unusual shape.
std::string random_object(const fhir::TypeDef& type, SeededRandom& random, int depth) {
    const auto chance = [&](std::uint64_t of) { return random.below(of) == 0; };
    std::string out = "{";
    for (const fhir::Member& member : type.members) {
        if (!chance(2)) continue;
        if (out.size() > 1) out += ',';
        out += '"';
        if (member.type->type->kind == fhir::TypeKind::Primitive && chance(16)) {
            out += "_" + std::string{member.name} + R"(":{"id":"a"})";
            continue;
        }
        out += std::string{member.name} + "\":";
        const auto value = [&] {
            const fhir::TypeDef& its = *member.type->type;
            if (chance(32)) return std::string{"null"};
            if (its.kind == fhir::TypeKind::Primitive) {
                constexpr const char* kTexts[] = {"\"document\"", "\"message\"", "\"x\"",
                                                  "\"searchset\"", "\"home\""};
                return std::string{kTexts[random.below(std::size(kTexts))]};
            }
            if (depth == 0 || its.kind == fhir::TypeKind::Resource)
                return std::string{R"({"id":"a"})"};
            return random_object(its, random, depth - 1);
        };
        if (member.element->is_array) {
            out += '[';
            for (std::uint64_t i = 0, count = chance(16) ? 0 : 1 + random.below(2); i < count; ++i)
                out += (i > 0 ? "," : "") + value();
            out += ']';
        } else {
            out += value();
        }
    }
    return out + "}";
}

class Comparison {
public:
    void element(const fhir::ElementDef& element, const fhir::TypeDef& type) {
        for (const fhir::Constraint* constraint : element.constraints) {
            const auto presence = Presence::parse(constraint->expression);
            if (!presence || !seen_.emplace(constraint->key, type.name).second) continue;
            const auto expression = fhirpath::Expression::parse(constraint->expression);
            ASSERT_TRUE(expression) << constraint->expression;
            ++conditions;
            for (int round = 0; round < 40; ++round) compare(*presence, *expression, type);
        }
    }
    std::size_t conditions = 0, decided = 0, holding = 0;

private:
    void compare(const Presence& presence, const fhirpath::Expression& expression,
                 const fhir::TypeDef& type) {
        const json::Document document = testing_world::parse(random_object(type, random_, 2));
        const auto said = presence.judge(document.root());
        if (!said) return;
        ++decided;
        holding += *said ? 1 : 0;
        fhirpath::Context context;
        context.definitions = &testing_world::World::get().definitions;
        context.focus = fhirpath::Item::node(document.root(), &type);
        context.resource = document.root();
        const auto verdict = fhirpath::verdict(expression, context);
        ASSERT_TRUE(verdict) << expression.text();
        EXPECT_EQ(said, *verdict) << expression.text() << "\n" << type.name << ", seed " << kSeed;
    }

    SeededRandom random_{kSeed};
    std::set<std::pair<std::string_view, std::string_view>> seen_;
};

TEST(Presence, SaysWhatTheExpressionsOfR4Say) {
    const fhir::Definitions& definitions = testing_world::World::get().definitions;
    Comparison comparison;
    for (const fhir::TypeDef* type : definitions.types()) {
        if (type->is_profile || type->kind == fhir::TypeKind::Primitive) continue;
        comparison.element(*type->root, *type);
        for (const fhir::ElementDef& each : type->all_elements) {
            if (each.types.size() != 1 || !each.types[0].type) continue;
            const fhir::TypeDef& its = *each.types[0].type;
            if (its.kind != fhir::TypeKind::Primitive) comparison.element(each, its);
        }
    }
    std::printf("%zu conditions, %zu answers compared, %zu of them yes\n", comparison.conditions,
                comparison.decided, comparison.holding);
    EXPECT_GT(comparison.conditions, 100U);
    EXPECT_GT(comparison.decided, 2000U);
    EXPECT_GT(comparison.holding, 500U);
    EXPECT_LT(comparison.holding, comparison.decided - 300);
}

TEST(Presence, LeavesOtherFormsToFhirPath) {
    for (const char* expression :
         {"a", "a.count() > 1", "a.exists() = b.exists()", "a.exists() and b.count() > 1",
          "a.exists() or b implies c.exists()", "a.exists() implies b.exists() implies c.exists()",
          "%resource.a.exists()", "a.first().exists()", "a.exists(b = 'c')", "(a or b).exists()",
          "a = 'b\\'c'", "a.b = 'c'", "A.exists()", "a.exists() xor b.exists()", "", "(", "a."}) {
        EXPECT_FALSE(Presence::parse(expression)) << expression;
    }
}

TEST(Presence, AsksTheExpressionAboutUnusualShapes) {
    const auto presence = Presence::parse("a.exists()");
    ASSERT_TRUE(presence);
    const auto judged = [&](const char* text) {
        const json::Document document = testing_world::parse(text);
        return presence->judge(document.root());
    };
    for (const char* text : {R"({"a":null})", R"({"a":[]})", R"({"a":[null]})",
                             R"({"_a":{"id":"x"}})", R"({"aString":"x"})", "[]", "3"}) {
        EXPECT_FALSE(judged(text)) << text;
    }
    EXPECT_EQ(judged(R"({"a":1})"), true);
    EXPECT_EQ(judged(R"({"ab":1})"), false);
}

}  // namespace
}  // namespace tsunagi::validate
