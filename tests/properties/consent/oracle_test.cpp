// security.md C1: the engine against an oracle that was written from the rules alone, over
// generated records and questions; and faults that the comparison must find.
#include "properties/consent/oracle.h"

#include <gtest/gtest.h>

#include <functional>
#include <iostream>

#include "support/campaign.h"

namespace tsunagi::consent {
namespace {

using Decider = std::function<privacy::Decision(const std::vector<Record>&, const Question&)>;

/// Empty when the two agree.
std::string difference(const privacy::Decision& decision, const Answer& answer) {
    if (decision.permit != answer.permit)
        return decision.permit ? "permitted what the rules deny" : "denied what the rules permit";
    if ((decision.code == "unreadable") != answer.unreadable)
        return "one of the two cannot read it";
    if (!decision.permit) return {};
    if (decision.consent_version != answer.version) return "another version decided";
    std::vector<std::string> withheld;
    for (const int each : answer.withheld)
        withheld.emplace_back(kClasses[static_cast<std::size_t>(each)]);
    return decision.withheld == withheld ? "" : "another obligation";
}

struct Tally {
    std::uint64_t permits = 0, denies = 0, unreadable = 0, different = 0;
};

TEST(ConsentOracle, AgreesWithTheEngine) {
    support::Campaign campaign("consent-oracle", 1'000'000, 50'000);
    Tally tally;
    for (std::uint64_t number = 0; campaign.next(number);) {
        Generator generator(number);
        const auto records = generator.records();
        const Question question = generator.question();
        const Answer answer = oracle(records, question);
        ASSERT_EQ(difference(decide(records, question), answer), "") << "case " << number << "\n"
                                                                     << describe(records, question);
        ++(answer.unreadable ? tally.unreadable : answer.permit ? tally.permits : tally.denies);
    }
    const std::uint64_t all = tally.permits + tally.denies + tally.unreadable;
    std::cout << all << " pairs: " << tally.permits << " permits, " << tally.denies << " denies, "
              << tally.unreadable << " unreadable, 0 disagreements\n";
    EXPECT_GT(tally.permits, all / 10);
    EXPECT_GT(tally.denies, all / 10);
    EXPECT_GT(tally.unreadable, all / 100);
}

/// The engine with a fault in front of it.
std::vector<std::pair<std::string, Decider>> planted_faults() {
    return {
        {"an ignored deny",
         [](std::vector<Record> records, const Question& question) {
             const auto strip = [](auto&& self, Provision& provision) -> void {
                 std::erase_if(provision.inside,
                               [](const Provision& each) { return each.permit && !*each.permit; });
                 for (Provision& each : provision.inside) self(self, each);
             };
             for (Record& each : records) {
                 if (each.root) strip(strip, *each.root);
             }
             return decide(records, question);
         }},
        {"the newest record wins",
         [](const std::vector<Record>& records, const Question& question) {
             if (records.empty()) return decide(records, question);
             return decide({records.back()}, question);
         }},
        {"an ignored withdrawal",
         [](std::vector<Record> records, const Question& question) {
             for (Record& each : records) each.withdrawn.reset();
             return decide(records, question);
         }},
        {"an unreadable record disappears",
         [](std::vector<Record> records, const Question& question) {
             std::erase_if(records, [](const Record& each) { return each.flaw != Flaw::None; });
             return decide(records, question);
         }},
        {"the last day does not count",
         [](const std::vector<Record>& records, Question question) {
             question.now += kDay;
             return decide(records, question);
         }},
        {"a class names every hospital",
         [](const std::vector<Record>& records, Question question) {
             question.of_programme = true;
             return decide(records, question);
         }},
        {"the first exception wins",
         [](std::vector<Record> records, const Question& question) {
             for (Record& each : records) {
                 if (each.root && each.root->inside.size() > 1) each.root->inside.resize(1);
             }
             return decide(records, question);
         }},
    };
}

TEST(ConsentOracle, FindsEveryPlantedFault) {
    for (const auto& [name, faulty] : planted_faults()) {
        int found = 0;
        for (std::uint64_t number = 0; number < 3000; ++number) {
            Generator generator(number);
            const auto records = generator.records();
            const Question question = generator.question();
            if (!difference(faulty(records, question), oracle(records, question)).empty()) ++found;
        }
        EXPECT_GT(found, 3) << name;
    }
}

}  // namespace
}  // namespace tsunagi::consent
