// security.md C2: what must hold for every record, whatever it says. Each law counts how often its
// change made a difference, so that a generator which cannot show one fails.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "properties/consent/model.h"
#include "support/campaign.h"
#include "support/volume.h"

namespace tsunagi::consent {
namespace {

constexpr std::uint64_t kFull = 100'000, kCi = 3'000;

/// Every provision of the record, the root first.
std::vector<Provision*> provisions(Record& record) {
    std::vector<Provision*> all;
    if (record.root) all.push_back(&*record.root);
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (Provision& each : all[i]->inside) all.push_back(&each);
    }
    return all;
}

bool objects(const Provision& provision) {
    return (provision.permit && !*provision.permit) ||
           std::any_of(provision.inside.begin(), provision.inside.end(), objects);
}

template <class T>
void shuffle(Generator& generator, std::vector<T>& list) {
    for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[generator.below(i)]);
}

/// No more than before: neither the permit nor any class.
bool widens(const privacy::Decision& before, const privacy::Decision& after) {
    if (!after.permit) return false;
    if (!before.permit) return true;
    return !std::includes(after.withheld.begin(), after.withheld.end(), before.withheld.begin(),
                          before.withheld.end(), [](const auto& left, const auto& right) {
                              const auto place = [](const auto& each) {
                                  return std::find(kClasses.begin(), kClasses.end(), each);
                              };
                              return place(left) < place(right);
                          });
}

/// Runs `change` on generated records; gives how often a permit was lost.
template <class Change>
std::uint64_t never_widens(std::string_view name, Change change, std::uint64_t full = kFull,
                           std::uint64_t ci = kCi) {
    support::Campaign campaign(name, full, ci);
    std::uint64_t lost = 0, cases = 0;
    for (std::uint64_t number = 0; campaign.next(number);) {
        Generator generator(number ^ 0x9e3779b97f4a7c15U);
        const auto records = generator.records();
        const Question question = generator.question();
        auto changed = records;
        if (!change(generator, changed, question)) continue;
        ++cases;
        const auto before = decide(records, question), after = decide(changed, question);
        if (widens(before, after)) {
            ADD_FAILURE() << name << ", case " << number << "\n"
                          << describe(records, question) << "\nbecame\n"
                          << describe(changed, question);
            return lost;
        }
        if (before.permit && !after.permit) ++lost;
    }
    std::cout << name << ": " << cases << " cases, " << lost << " permits lost\n";
    return lost;
}

Provision objection(Generator& generator) {
    Provision deny = generator.provision(6);
    deny.permit = false;
    deny.inside.clear();
    return deny;
}

bool add_deny(Generator& generator, std::vector<Record>& records, const Question&) {
    if (records.empty() || generator.one_in(4)) {
        Record record;
        record.root.emplace();
        record.root->inside.push_back(objection(generator));
        record.version = static_cast<std::int64_t>(records.size()) + 1;
        records.push_back(std::move(record));
        return true;
    }
    const auto all = provisions(records[generator.below(records.size())]);
    if (all.empty()) return false;
    all[generator.below(all.size())]->inside.push_back(objection(generator));
    return true;
}

TEST(ConsentLaws, AddingADenyNeverPermits) {
    EXPECT_GT(never_widens("consent-law-deny", add_deny), support::volume(50));
}

TEST(ConsentLaws, WithdrawingNeverPermits) {
    const auto withdraw = [](Generator& generator, std::vector<Record>& records,
                             const Question& question) {
        if (records.empty()) return false;
        Record& record = records[generator.below(records.size())];
        if (generator.one_in(2)) record.status = "inactive";
        record.withdrawn = question.now - static_cast<Moment>(generator.below(1000));
        return true;
    };
    EXPECT_GT(never_widens("consent-law-withdraw", withdraw), support::volume(100));
}

/// Cuts one limit of a provision to less than it was.
void narrow(Generator& generator, Provision& permit) {
    switch (generator.below(3)) {
        case 0:
            if (permit.actors.size() > 1)
                permit.actors.pop_back();
            else
                permit.actors = {{Actor::Kind::Hospital, std::string{kHospitals[2]}, 0}};
            break;
        case 1:
            permit.purposes = {"HRESCH"};
            break;
        default:
            permit.period = Period{{}, Written{"2026-11-17", 320 * kDay, 321 * kDay}};
    }
}

/// The reach of a permit. Objections that stand inside one are limited with it, so those permits
/// are left out: cutting them withdraws the objection too.
TEST(ConsentLaws, NarrowingAPermitNeverPermits) {
    const auto cut = [](Generator& generator, std::vector<Record>& records,
                        const Question& question) {
        if (records.empty() || question.purpose == "HRESCH" || question.hospital == kHospitals[2])
            return false;
        std::vector<Provision*> permits;
        for (Provision* each : provisions(records[generator.below(records.size())])) {
            if (each->permit && *each->permit && !objects(*each)) permits.push_back(each);
        }
        if (permits.empty()) return false;
        narrow(generator, *permits[generator.below(permits.size())]);
        return true;
    };
    EXPECT_GT(never_widens("consent-law-narrow", cut), support::volume(20));
}

TEST(ConsentLaws, NarrowingThePeriodOfARecordNeverPermits) {
    const auto cut = [](Generator& generator, std::vector<Record>& records, const Question&) {
        if (records.empty()) return false;
        Record& record = records[generator.below(records.size())];
        if (!record.root) record.root.emplace();
        record.root->period = generator.one_in(2)
                                  ? Period{{}, Written{"2026-11-17", 320 * kDay, 321 * kDay}}
                                  : Period{Written{"2026-12-01", 334 * kDay, 335 * kDay}, {}};
        return true;
    };
    EXPECT_GT(never_widens("consent-law-period", cut), support::volume(100));
}

TEST(ConsentLaws, TheOrderNeverMatters) {
    support::Campaign campaign("consent-law-order", kFull, kCi);
    for (std::uint64_t number = 0; campaign.next(number);) {
        Generator generator(number + 0x51ed2701U);
        auto records = generator.records();
        const Question question = generator.question();
        const auto before = decide(records, question);
        auto mixed = records;
        shuffle(generator, mixed);
        for (Record& record : mixed) {
            for (Provision* each : provisions(record)) {
                shuffle(generator, each->actors);
                shuffle(generator, each->purposes);
                shuffle(generator, each->classes);
            }
            // Last: it moves the provisions themselves.
            for (std::size_t i = 0; i < provisions(record).size(); ++i)
                shuffle(generator, provisions(record)[i]->inside);
        }
        const auto after = decide(mixed, question);
        ASSERT_EQ(before.permit, after.permit) << number << "\n" << describe(records, question);
        ASSERT_EQ(before.code, after.code) << number << "\n" << describe(records, question);
        ASSERT_EQ(before.withheld, after.withheld) << number;
        ASSERT_EQ(before.consent_version, after.consent_version) << number;
    }
}

TEST(ConsentLaws, APermitToOneHospitalSaysNothingAboutAnother) {
    support::Campaign campaign("consent-law-other", kFull, kCi);
    std::uint64_t helped = 0;
    for (std::uint64_t number = 0; campaign.next(number);) {
        Generator generator(number + 0x7a11cafeU);
        auto records = generator.records();
        Question question = generator.question();
        question.hospital = kHospitals[0];
        question.of_programme = true;
        const auto before = decide(records, question);
        Provision permit;
        permit.permit = true;
        permit.actors.push_back({Actor::Kind::Hospital, std::string{kHospitals[1]},
                                 static_cast<int>(generator.below(5))});
        Question other = question;
        other.hospital = kHospitals[1];
        const auto other_before = decide(records, other);
        if (records.empty() || generator.one_in(2)) {
            Record record;
            record.root.emplace();
            record.root->inside.push_back(permit);
            record.version = static_cast<std::int64_t>(records.size()) + 1;
            records.push_back(std::move(record));
        } else {
            const auto all = provisions(records[generator.below(records.size())]);
            if (all.empty()) continue;
            all[generator.below(all.size())]->inside.push_back(permit);
        }
        // An exception inside makes a provision that names nobody it can tell unreadable: a deny.
        const auto after = decide(records, question);
        if (after.code == "unreadable") continue;
        ASSERT_EQ(before.permit, after.permit) << number << "\n" << describe(records, question);
        ASSERT_EQ(before.withheld, after.withheld) << number;
        if (!other_before.permit && decide(records, other).permit) ++helped;
    }
    EXPECT_GT(helped, 50U) << "the permit must mean something to the hospital it names";
}

/// A law that cannot be broken proves nothing: the same checks with faults in front of the engine.
TEST(ConsentLaws, FindPlantedFaults) {
    int ignored_deny = 0, first_wins = 0, ignored_withdrawal = 0;
    for (std::uint64_t number = 0; number < 2000; ++number) {
        Generator generator(number ^ 0x9e3779b97f4a7c15U);
        const auto records = generator.records();
        const Question question = generator.question();
        if (records.empty()) continue;
        // Only the first record is asked: the order matters.
        auto mixed = records;
        std::reverse(mixed.begin(), mixed.end());
        if (decide({records.front()}, question).permit != decide({mixed.front()}, question).permit)
            ++first_wins;
        // Denies are dropped: a deny added to a permit changes nothing, and one that stood is lost.
        auto without = records;
        for (Record& record : without) {
            for (std::size_t i = 0; i < provisions(record).size(); ++i)
                std::erase_if(provisions(record)[i]->inside, objects);
        }
        if (widens(decide(records, question), decide(without, question))) ++ignored_deny;
        auto revived = records;
        for (Record& record : revived) {
            record.withdrawn.reset();
            if (record.status == "inactive") record.status = "active";
        }
        if (widens(decide(records, question), decide(revived, question))) ++ignored_withdrawal;
    }
    EXPECT_GT(first_wins, 50);
    EXPECT_GT(ignored_deny, 50);
    EXPECT_GT(ignored_withdrawal, 20);
}

}  // namespace
}  // namespace tsunagi::consent
