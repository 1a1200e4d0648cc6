#include "fhirpath/expression.h"

#include <gtest/gtest.h>

#include <thread>

#include "fhirpath/render.h"
#include "json/reader.h"

namespace tsunagi::fhirpath {
namespace {

Result<Collection> run(std::string_view text, json::Value input = {}, Context context = {}) {
    const auto expression = Expression::parse(text);
    if (!expression) return expression.error();
    context.focus = item_of(input, nullptr);
    return evaluate(*expression, context);
}

TEST(Expression, NamesTheColumnOfASyntaxError) {
    const auto expression = Expression::parse("name.where(use = )");
    ASSERT_FALSE(expression);
    EXPECT_EQ(expression.error().where, "column 18");
    EXPECT_EQ(fault_of(expression.error()), Fault::Syntax);
}

TEST(Expression, RefusesAnUnknownFunctionBeforeItSeesData) {
    const auto expression = Expression::parse("name.frobnicate()");
    ASSERT_FALSE(expression);
    EXPECT_EQ(fault_of(expression.error()), Fault::Semantic);
    EXPECT_EQ(expression.error().where, "column 6");
}

TEST(Expression, RefusesTextBehindTheExpression) {
    EXPECT_FALSE(Expression::parse("a b"));
    EXPECT_FALSE(Expression::parse("a 'b"));
    EXPECT_FALSE(Expression::parse(""));
}

TEST(Expression, ParsesTheLongestPrefixForLanguagesThatEmbedIt) {
    std::size_t used = 0;
    const auto expression = Expression::parse_prefix("use = 'home' check name.exists()", used);
    ASSERT_TRUE(expression);
    EXPECT_EQ(expression->text(), "use = 'home'");
    EXPECT_EQ(used, 12U);
}

TEST(Expression, RefusesEndlessNestingInsteadOfOverflowingTheStack) {
    const std::string deep = std::string(100'000, '(') + "1" + std::string(100'000, ')');
    EXPECT_FALSE(Expression::parse(deep));
    std::string minus(50'000, '-');
    EXPECT_FALSE(Expression::parse(minus + "1"));
    std::string chain = "a";
    for (int i = 0; i < 20'000; ++i) chain += ".a";
    EXPECT_FALSE(Expression::parse(chain));
    std::string sum = "1";
    for (int i = 0; i < 20'000; ++i) sum += " + 1";
    EXPECT_FALSE(Expression::parse(sum));
    std::string list = "1";
    for (int i = 0; i < 300; ++i) list += " or 1";
    EXPECT_TRUE(run(list));
}

TEST(Evaluation, StopsWhenItTakesTooManySteps) {
    Context context;
    context.limits.max_steps = 300;
    const auto result =
        run("(1|2|3|4|5|6|7|8|9).select((1|2|3|4|5|6|7|8|9).select((1|2|3).count()))", {}, context);
    ASSERT_FALSE(result);
    EXPECT_EQ(fault_of(result.error()), Fault::Execution);
}

TEST(Evaluation, StopsWhenACollectionGrowsTooLarge) {
    Context context;
    context.limits.max_items = 100;
    EXPECT_FALSE(run("(1).repeat($this + 1)", {}, context));
    EXPECT_TRUE(run("(1|2).repeat(1)", {}, context));
}

TEST(Evaluation, NeverQuotesDataInAnError) {
    const auto input = json::read(R"({"name":"山田太郎"})");
    const auto result = run("name > 5", input->root());
    ASSERT_FALSE(result);
    EXPECT_EQ(to_string(result.error()).find("山田"), std::string::npos);
}

TEST(Evaluation, KeepsResultsAliveAfterTheExpression) {
    Collection kept;
    {
        const auto expression =
            Expression::parse("'a literal long enough to lie on the heap' | 1.10");
        kept = *evaluate(*expression, {});
    }
    ASSERT_EQ(kept.size(), 2U);
    EXPECT_EQ(kept[0].text(), "a literal long enough to lie on the heap");
    EXPECT_EQ(kept[1].text(), "1.10");
}

TEST(Evaluation, GivesEmptyAsFalseAndOneItemAsTrueToAWhoAsksACondition) {
    const auto input = json::read(R"({"a":"x","list":[1,2]})");
    const auto ask = [&](std::string_view text) {
        Context context;
        context.focus = item_of(input->root(), nullptr);
        return holds(*Expression::parse(text), context);
    };
    EXPECT_TRUE(*ask("a"));
    EXPECT_FALSE(*ask("b"));
    EXPECT_FALSE(*ask("a = 'y'"));
    EXPECT_FALSE(ask("list"));
}

TEST(Evaluation, TakesVariablesByName) {
    const std::vector<Variable> variables{{"age", {Item::integer(72)}}, {"none", {}}};
    Context context;
    context.variables = variables;
    EXPECT_EQ(render((*run("%age >= 65", {}, context))[0]), "boolean true");
    EXPECT_TRUE(run("%none >= 65", {}, context)->empty());
    EXPECT_EQ(fault_of(run("%nobody", {}, context).error()), Fault::Semantic);
}

class FixedHost final : public Host {
public:
    explicit FixedHost(json::Value target) : target_(target) {}
    Result<Item> resolve(std::string_view reference, json::Value) override {
        return reference == "Patient/1" ? item_of(target_, nullptr) : Item{};
    }
    Result<std::optional<bool>> member_of(const Item& item, std::string_view value_set) override {
        if (value_set == "broken") return Error{Code::Unavailable, "no terminology", {}};
        if (value_set != "letters") return std::optional<bool>{};
        return std::optional{item.text() == "a"};
    }
    Result<std::optional<bool>> conforms_to(const Item&, std::string_view) override {
        return std::optional{true};
    }

private:
    json::Value target_;
};

TEST(Evaluation, AsksItsHostAboutReferencesAndValueSets) {
    const auto target = json::read(R"({"resourceType":"Patient","id":"1"})");
    const auto input = json::read(
        R"({"subject":{"reference":"Patient/1"},"other":{"reference":"Patient/2"},"code":"a"})");
    FixedHost host{target->root()};
    Context context;
    context.host = &host;
    EXPECT_EQ(render((*run("subject.resolve().id", input->root(), context))[0]), "string 1");
    EXPECT_TRUE(run("other.resolve()", input->root(), context)->empty());
    EXPECT_EQ(render((*run("code.memberOf('letters')", input->root(), context))[0]),
              "boolean true");
    EXPECT_TRUE(run("code.memberOf('unknown')", input->root(), context)->empty());
    const auto broken = run("code.memberOf('broken')", input->root(), context);
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, Code::Unavailable);
}

TEST(Evaluation, TellsTheTimeOfTheContextInItsZone) {
    Context context;
    context.now = *parse_instant("2026-11-20T16:30:00Z");
    context.zone = std::chrono::minutes{540};
    EXPECT_EQ(render((*run("today()", {}, context))[0]), "date @2026-11-21");
    EXPECT_EQ(render((*run("now()", {}, context))[0]), "dateTime @2026-11-21T01:30:00.000+09:00");
    EXPECT_EQ(render((*run("timeOfDay()", {}, context))[0]), "time @T01:30:00.000");
}

TEST(Evaluation, SharesOneExpressionBetweenThreads) {
    const auto expression =
        Expression::parse("list.where($this > 1).count() = 2 and 'x' & 'y' = 'xy'");
    ASSERT_TRUE(expression);
    const auto input = json::read(R"({"list":[1,2,3]})");
    std::vector<std::thread> threads;
    std::atomic<int> wrong = 0;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            Context context;
            context.focus = item_of(input->root(), nullptr);
            for (int round = 0; round < 500; ++round) {
                const auto answer = holds(*expression, context);
                if (!answer || !*answer) ++wrong;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace tsunagi::fhirpath
