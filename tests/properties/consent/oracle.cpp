#include "properties/consent/oracle.h"

#include <algorithm>

namespace tsunagi::consent {
namespace {

bool contains(const std::vector<std::string>& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_care(std::string_view purpose) {
    return purpose == "TREAT" || purpose == "CAREMGT" || purpose == "respite";
}

bool within(const Period& period, Moment now) {
    if (period.start && now < period.start->first) return false;
    return !period.end || now < period.end->behind;
}

bool means(const Actor& actor, const Question& question) {
    if (actor.kind == Actor::Kind::ProgrammeHospitals) return question.of_programme;
    return actor.kind == Actor::Kind::Hospital && actor.id == question.hospital;
}

bool means_any(const std::vector<Actor>& actors, const Question& question) {
    return std::any_of(actors.begin(), actors.end(),
                       [&](const Actor& each) { return means(each, question); });
}

/// Each limit that is given must hold.
bool holds(const Provision& provision, const Question& question, int data_class, bool is_root) {
    if (!is_root && provision.period && !within(*provision.period, question.now)) return false;
    if (!provision.actors.empty() && !means_any(provision.actors, question)) return false;
    const bool objection = provision.permit && !*provision.permit;
    if (!provision.actions.empty() && !objection && !contains(provision.actions, "disclose") &&
        !contains(provision.actions, "access"))
        return false;
    if (!provision.purposes.empty() &&
        std::none_of(provision.purposes.begin(), provision.purposes.end(), [&](const auto& each) {
            return each == question.purpose || (is_care(each) && is_care(question.purpose));
        }))
        return false;
    return provision.classes.empty() ||
           std::find(provision.classes.begin(), provision.classes.end(), data_class) !=
               provision.classes.end();
}

/// A provision and all that it stands in, outermost first.
using Chain = std::vector<const Provision*>;

void list_chains(const Provision& provision, const Chain& above, std::vector<Chain>& all) {
    Chain chain = above;
    chain.push_back(&provision);
    all.push_back(chain);
    for (const Provision& each : provision.inside) list_chains(each, chain, all);
}

bool begins_with(const Chain& longer, const Chain& shorter) {
    return longer.size() > shorter.size() &&
           std::equal(shorter.begin(), shorter.end(), longer.begin());
}

enum class Word : std::uint8_t { Nothing, Permit, Deny };

/// What the end of a chain says by itself.
Word own_word(const Record& record, const Chain& chain) {
    const Provision& last = *chain.back();
    const bool base = chain.size() == 1 && !last.permit;
    if (base && !record.opt_out) return Word::Nothing;
    const bool permits = base || *last.permit;
    if (permits && last.some_years) return Word::Nothing;
    return permits ? Word::Permit : Word::Deny;
}

Word word_of(const Record& record, const Question& question, int data_class) {
    if (!record.root) return record.opt_out ? Word::Permit : Word::Nothing;
    std::vector<Chain> chains, speaking;
    list_chains(*record.root, {}, chains);
    for (const Chain& chain : chains) {
        bool all_hold = true;
        for (std::size_t i = 0; i < chain.size(); ++i)
            all_hold = all_hold && holds(*chain[i], question, data_class, i == 0);
        if (all_hold && own_word(record, chain) != Word::Nothing) speaking.push_back(chain);
    }
    Word word = Word::Nothing;
    for (const Chain& chain : speaking) {
        const bool has_exception =
            std::any_of(speaking.begin(), speaking.end(),
                        [&](const auto& other) { return begins_with(other, chain); });
        if (has_exception) continue;
        if (own_word(record, chain) == Word::Deny) return Word::Deny;
        word = Word::Permit;
    }
    return word;
}

bool objects(const Provision& provision) {
    return (provision.permit && !*provision.permit) ||
           std::any_of(provision.inside.begin(), provision.inside.end(), objects);
}

/// The record does not tell which hospital: where that decides over an objection, nobody knows.
bool leaves_open_whom_it_means(const Provision& provision, const Question& question) {
    const bool untold =
        std::any_of(provision.actors.begin(), provision.actors.end(),
                    [](const Actor& each) { return each.kind == Actor::Kind::UntoldHospital; });
    if (untold && !means_any(provision.actors, question) && objects(provision)) return true;
    return std::any_of(
        provision.inside.begin(), provision.inside.end(),
        [&](const Provision& each) { return leaves_open_whom_it_means(each, question); });
}

bool is_void(const Record& record) {
    return record.status == "entered-in-error" || record.scope != "patient-privacy";
}

bool is_unreadable(const Record& record, const Question& question) {
    if (is_void(record)) return false;
    if (record.flaw != Flaw::None) return true;
    if (!record.root) return false;
    if (record.root->permit && *record.root->permit == record.opt_out) return true;
    return leaves_open_whom_it_means(*record.root, question);
}

bool is_live(const Record& record, Moment now) {
    if (record.status != "active") return false;
    if (record.withdrawn && *record.withdrawn <= now) return false;
    if (record.given && record.given->first > now) return false;
    return !record.root || !record.root->period || within(*record.root->period, now);
}

}  // namespace

Answer oracle(const std::vector<Record>& records, const Question& question) {
    Answer answer;
    answer.unreadable = std::any_of(records.begin(), records.end(), [&](const Record& each) {
        return is_unreadable(each, question);
    });
    if (answer.unreadable) return answer;
    std::vector<int> granted;
    for (int data_class = 0; data_class < static_cast<int>(kClasses.size()); ++data_class) {
        bool permitted = false, objected = false;
        std::int64_t newest = 0;
        for (const Record& each : records) {
            if (is_void(each)) continue;
            const Word word = word_of(each, question, data_class);
            objected = objected || word == Word::Deny;
            if (word != Word::Permit || !is_live(each, question.now)) continue;
            permitted = true;
            newest = std::max(newest, each.version);
        }
        if (permitted && !objected) {
            granted.push_back(data_class);
            answer.version = std::max(answer.version, newest);
        } else {
            answer.withheld.push_back(data_class);
        }
    }
    // Nothing said: the two forms, and for a release the identity.
    std::vector<int> needed = question.classes;
    if (needed.empty()) needed = question.release ? std::vector{0, 1, 2} : std::vector{1, 2};
    answer.permit = std::all_of(needed.begin(), needed.end(), [&](int each) {
        return std::find(granted.begin(), granted.end(), each) != granted.end();
    });
    return answer;
}

}  // namespace tsunagi::consent
