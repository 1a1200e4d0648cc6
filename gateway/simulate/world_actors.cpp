#include <algorithm>

#include "exchange/case_file.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "simulate/world_state.h"

/// Clinics that hand in and act, hospitals that decide and report, and those who pry.
namespace tsunagi::simulate {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using VerdictKind = Hospital::Verdict::Kind;

constexpr std::string_view kJson = "application/json";
/// Why a hospital declines: the form's three.
constexpr std::string_view kReasons[] = {"A", "B", "C"};

/// The packet without its consent record: the door must refuse it.
std::string without_consent(const std::string& packet) {
    auto document = json::read(packet).value();
    json::Builder builder(document);
    builder.remove(builder.root(), "consent");
    return json::write(document.root());
}

std::string object_of(std::initializer_list<std::pair<std::string_view, std::string>> members) {
    json::Document document;
    json::Builder builder(document);
    json::Node* root = builder.object();
    for (const auto& [key, value] : members) {
        if (!value.empty()) builder.set(root, key, value);
    }
    return json::write(document.root());
}

/// The packet with somebody's name in its text: a neighbour's, which no cell of the packet names,
/// or the patient's own.
std::string naming(const std::string& packet, const std::string& somebody) {
    auto document = json::read(packet).value();
    json::Builder builder(document);
    builder.set(builder.edit(document.root()["bedRequest"]), "remarks",
                "隣人が毎朝、" + somebody + "さんの様子を見る。");
    return json::write(document.root());
}

std::string with_destination(std::string packet, const std::string& from, const std::string& to) {
    for (std::size_t at = packet.find(from); at != std::string::npos;
         at = packet.find(from, at + to.size())) {
        packet.replace(at, from.size(), to);
    }
    return packet;
}

}  // namespace

std::string World::State::now_text() const { return format_instant(clock.now(), programme.zone()); }

deliver::HttpOutcome World::State::ask(Clinic& who, std::string method, const std::string& target,
                                       std::string body, std::vector<deliver::HttpField> fields) {
    return ask_at(any_origin(), who, std::move(method), target, std::move(body), std::move(fields));
}

deliver::HttpOutcome World::State::ask_at(std::string_view origin, Clinic& who, std::string method,
                                          const std::string& target, std::string body,
                                          std::vector<deliver::HttpField> fields) {
    deliver::HttpRequest request;
    request.method = std::move(method);
    request.url = std::string{origin} + target;
    request.fields = std::move(fields);
    if (!body.empty()) request.fields.push_back({"Content-Type", std::string{kJson}});
    request.body = std::move(body);
    request.reply_bytes = std::size_t{64} << 20;
    auto outcome = who.line->send(request);
    tell(who.id, outcome.reason.empty() ? std::to_string(outcome.reply.status) : outcome.reason);
    return outcome;
}

void World::State::submit() {
    const bool may_begin = submissions.size() < options.submissions;
    if (submissions.empty() || (may_begin && one_in(2))) {
        Submission fresh;
        fresh.clinic = chance.below(clinics.size());
        fresh.packet = packets.next();
        fresh.key = "key-" + std::to_string(submissions.size() + 1);
        fresh.sound = !one_in(5);
        const auto packet = json::read(fresh.packet.json).value();
        fresh.body =
            with_destination(fresh.packet.json, std::string{packet.root()["destination"].text()},
                             pick(hospitals).id);
        if (!fresh.sound) fresh.body = without_consent(fresh.body);
        fresh.named = fresh.sound && one_in(3);
        fresh.own = fresh.named && one_in(3);
        if (fresh.named)
            fresh.body = naming(fresh.body, fresh.own ? fresh.packet.full_name : "五十嵐");
        watch_for(fresh.packet, static_cast<std::uint32_t>(submissions.size()), watch);
        submissions.push_back(std::move(fresh));
        observed[submissions.size() - 1];
        send(submissions.size() - 1);
        return;
    }
    // Impatience: the same again, answered before or not; sometimes with another body.
    const std::size_t index = chance.below(submissions.size());
    if (!submissions[index].case_id.empty() && one_in(4)) {
        Clinic& clinic = clinics[submissions[index].clinic];
        const auto outcome =
            ask(clinic, "POST", "/clinic/v1/referrals", submissions[index].body + "\n",
                {{"Idempotency-Key", submissions[index].key}});
        if (outcome.reply.status != 0 && outcome.reply.status < 300)
            violate(invariant::kOneCase, "another body under a used key was taken");
        return;
    }
    send(index);
}

void World::State::send(std::size_t index) {
    Submission& one = submissions[index];
    one.sent = true;
    const auto outcome = ask(clinics[one.clinic], "POST", "/clinic/v1/referrals", one.body,
                             {{"Idempotency-Key", one.key}});
    const int status = outcome.reply.status;
    if (status == 0 || status >= 500) return;
    if (!one.sound) {
        ++report.counts["refused"];
        if (status < 400) violate(invariant::kOneCase, "a packet without consent was taken");
        return;
    }
    if (status != 201) {
        // Its needed-by time may have passed before it arrived; a first answer is not taken back
        // until its case is purged.
        ++report.counts["turned away"];
        if (!one.case_id.empty() && !is_purged(one.case_id))
            violate(invariant::kNothingLost, "repeated: " + std::to_string(status));
        return;
    }
    const auto answer = json::read(outcome.reply.body);
    const std::string id{answer ? answer->root()["case"].text() : std::string_view{}};
    if (id.empty()) violate(invariant::kNothingLost, "a 201 without a case");
    if (!one.case_id.empty() && one.case_id != id)
        violate(invariant::kOneCase, one.case_id + " and " + id);
    if (one.case_id.empty()) ++report.counts["submitted"];
    one.case_id = id;
    by_case[id] = index;
}

void World::State::act_as_clinic() {
    if (submissions.empty()) return;
    const Submission& one = pick(submissions);
    if (one.case_id.empty()) return;
    Clinic& clinic = clinics[one.clinic];
    const std::string target = "/clinic/v1/referrals/" + one.case_id;
    const auto seen = ask(clinic, "GET", target);
    if (seen.reply.status != 200) {
        if (seen.reply.status == 404) violate(invariant::kNothingLost, one.case_id);
        return;
    }
    const auto view = json::read(seen.reply.body);
    if (!view) return;
    const json::Value next = view->root()["nextActions"];
    if (next.empty()) return;
    // The required ones come first: mostly those, so that cases come to their end.
    std::size_t choice = one_in(3) ? chance.below(next.size()) : 0;
    const std::string action{next.at(choice)["action"].text()};
    const bool leaves =
        action == "withdraw" || action == "choose-emergency" || action == "stay-home";
    if (leaves && !one_in(12)) return;
    if (action == programme::action::kReleaseFinding ||
        action == programme::action::kCorrectFinding)
        return decide_finding(clinic, target, action);
    std::string hop;
    for (const json::Value duty : view->root()["openDuties"]) {
        if (hop.empty()) hop = duty["action"].text();
    }
    const std::string inputs =
        object_of({{"at", now_text()},
                   {"hospital", action == "redirect" ? pick(hospitals).id : ""},
                   {"hop", action == "resolve-hop" ? hop : ""},
                   {"reason", action == "resolve-hop" ? "no-answer" : ""}});
    const auto done = ask(clinic, "POST", target + "/actions/" + action, inputs);
    tell("clinic acts", action);
    if (done.reply.status == 200) ++report.counts["act:" + action];
}

/// The doctor looks at the first place that is open, and lets it stand or writes another text.
void World::State::decide_finding(Clinic& clinic, const std::string& target,
                                  const std::string& action) {
    const auto seen = ask(clinic, "GET", target + "/findings");
    const auto view = json::read(seen.reply.body);
    if (seen.reply.status != 200 || !view) return;
    const auto known = by_case.find(std::string{view->root()["case"].text()});
    for (const json::Value finding : view->root()["findings"]) {
        if (finding["status"].text() != "open" || known == by_case.end()) continue;
        // What cannot be released is mostly not tried.
        const bool corrects =
            action == programme::action::kCorrectFinding || (finding["known"] && !one_in(3));
        const bool never = finding["known"] && !corrects;
        if (corrects || !submissions[known->second].own) observed[known->second].looked = true;
        const auto done =
            ask(clinic, "POST", target + "/findings/" + std::to_string(finding["number"].integer()),
                object_of({{"decision", corrects ? "correct" : "release"},
                           {"reason", "確かめた"},
                           {"text", corrects ? "隣人が毎朝様子を見る。" : ""}}),
                {{"Idempotency-Key", "decision-" + std::to_string(step)}});
        const std::string act{corrects ? programme::action::kCorrectFinding
                                       : programme::action::kReleaseFinding};
        tell("clinic decides", act);
        if (done.reply.status == 200) ++report.counts["act:" + act];
        if (never && done.reply.status == 422) ++report.counts["release refused"];
        if (never && done.reply.status == 200) violate(invariant::kLooked, "a known name released");
        return;
    }
}

void World::State::withdraw_consent() {
    if (submissions.empty()) return;
    const std::size_t index = chance.below(submissions.size());
    if (!submissions[index].case_id.empty()) withdraw_consent(index, any_origin());
}

deliver::HttpOutcome World::State::withdraw_consent(std::size_t index, std::string_view origin) {
    const Submission& one = submissions[index];
    auto done = ask_at(origin, clinics[one.clinic], "POST",
                       "/clinic/v1/consents/" + one.case_id + "/withdraw", "{}");
    if (done.reply.status == 200) ++report.counts["consent withdrawn"];
    return done;
}

/// One gateway has taken its last look and not written the first byte; the other is asked to
/// withdraw. It cannot know whether anything leaves: then it has to say so.
void World::State::on_last_look(const deliver::HttpRequest& request) {
    possibly_sent.clear();
    cancelled_on_the_wire = false;
    const HospitalSeat* seat = hospital_at(request.url);
    if (!second || overtaking || request.method != "POST" || !seat || !one_in(6)) return;
    const std::string task = task_of(request.body);
    const auto known = by_alias.find(exchange::split_partner_id(task)
                                         ? exchange::split_partner_id(task)->alias.text()
                                         : std::string{});
    if (known == by_alias.end() || observed[known->second].withdrawn ||
        submissions[known->second].case_id.empty())
        return;
    overtaking = true;
    overtaken = seat->id;
    const bool others = at_work == second.get();
    withdraw_consent(known->second, others ? kGatewayOrigin : kSecondOrigin);
    overtaking = false;
}

/// One gateway has rendered what a hospital reads and not written the first byte; the other is
/// asked to withdraw. What is read is on record by then, so that the withdrawal has to say so.
void World::State::on_rendered(const serve::Handler& at, const serve::Request& request,
                               const serve::Response& response) {
    if (overtaking) return;
    listed_reader.clear();
    const HospitalSeat* seat = request.peer ? hospital_of(*request.peer) : nullptr;
    if (!second || !seat || request.method != "GET" || response.status != 200) return;
    const auto seen = watch.find(response.body);
    if (seen.empty() || !one_in(2)) return;
    const std::size_t owner = seen.front().owner;
    if (observed[owner].withdrawn || submissions[owner].case_id.empty()) return;
    overtaking = overtakes_reading = true;
    overtaken = seat->id;
    withdraw_consent(owner, &at == second_tap.get() ? kGatewayOrigin : kSecondOrigin);
    overtaking = overtakes_reading = false;
}

void World::State::act_as_hospital() {
    // What the desks have on their lists, from their own servers.
    std::vector<std::pair<HospitalSeat*, std::string>> open;
    for (auto& seat : hospitals) {
        seat.hospital->inspect([&](const HospitalRecords& records) {
            for (const auto* task : records.all("Task")) {
                const json::Value root = task->resource.root();
                const std::string_view status = root["status"].text();
                const bool over = status == "cancelled" || status == "rejected";
                if (!over || one_in(10)) open.emplace_back(&seat, root["id"].text());
            }
        });
    }
    if (one_in(3)) ask_for_tasks(pick(hospitals), open);
    if (open.empty()) return;
    auto& [seat, task] = pick(open);
    const auto seen = seat->hospital->read("Task", task);
    tell("hospital reads", seat->id + " " + std::to_string(seen.status));
    const auto document = json::read(seen.body);
    const auto partner = exchange::split_partner_id(task);
    if (seen.status != 200 || !document || !partner) return;
    const std::string status{document->root()["status"].text()};
    const int answer = one_in(4) ? report_in_json(*seat, partner->alias.text(), status)
                                 : report_in_fhir(*seat, task, status);
    tell("hospital acts", seat->id + " " + status + " " + std::to_string(answer));
    if (answer == 200) ++report.counts["hospital act from " + status];
}

/// What the gateway lists for `seat`, whether or not it was delivered there.
void World::State::ask_for_tasks(HospitalSeat& seat,
                                 std::vector<std::pair<HospitalSeat*, std::string>>& open) {
    deliver::HttpRequest search;
    search.url = any_origin() + "/fhir/Task?owner=Organization/" + seat.id;
    const auto outcome = seat.line->send(search);
    const auto found = json::read(outcome.reply.body);
    if (outcome.reply.status != 200 || !found) return;
    for (const json::Value entry : found->root()["entry"])
        open.emplace_back(&seat, entry["resource"]["id"].text());
}

/// The next thing to do in plain JSON, legal or not. Gives the status of the answer.
int World::State::report_in_json(HospitalSeat& seat, const std::string& alias,
                                 const std::string& status) {
    constexpr std::string_view kBefore[] = {"receive", "propose-dates", "accept", "decline"};
    constexpr std::string_view kStay[] = {"extend", "shorten", "discharge", "no-show"};
    const bool before = status == "requested" || status == "received";
    const std::string action{before ? pick(kBefore)
                             : status == "accepted"
                                 ? std::string_view{one_in(4) ? "no-show" : "admit"}
                                 : pick(kStay)};
    const auto later = [&](int days) {
        std::string at = format_instant(clock.now() + std::chrono::days{days}, programme.zone());
        will_say(seat, at);
        return at;
    };
    const std::string reason = before ? std::string{pick(kReasons)} : "B";
    if (action == "decline") reasons[alias].insert(reason);
    deliver::HttpRequest request;
    request.method = "POST";
    request.url = any_origin() + "/hospital/v1/offers/" + alias + "/actions/" + action;
    request.fields = {{"Content-Type", std::string{kJson}}};
    request.body = object_of({{"at", now_text()},
                              {"plannedAdmission", later(1)},
                              {"plannedDischarge", later(static_cast<int>(2 + chance.below(8)))},
                              {"decidedBy", seat.physician},
                              {"reason", reason},
                              {"note", seat.words}});
    return seat.line->send(request).reply.status;
}

/// The next thing to do by updating Task or Encounter. Gives the status of the answer.
int World::State::report_in_fhir(HospitalSeat& seat, const std::string& task,
                                 const std::string& status) {
    if (status == "requested" || status == "received") {
        Hospital::Verdict verdict;
        const std::uint64_t choice = chance.below(10);
        verdict.kind = choice < 2   ? VerdictKind::Receive
                       : choice < 4 ? VerdictKind::Propose
                       : choice < 8 ? VerdictKind::Accept
                                    : VerdictKind::Decline;
        if (verdict.kind == VerdictKind::Decline) {
            verdict.reason = pick(kReasons);
            reasons[exchange::split_partner_id(task)->alias.text()].insert(verdict.reason);
        } else if (verdict.kind != VerdictKind::Receive) {
            verdict.planned_admission =
                format_instant(clock.now() + std::chrono::days{1}, programme.zone());
            verdict.planned_discharge =
                format_instant(clock.now() + std::chrono::days{6}, programme.zone());
            verdict.decided_by = seat.physician;
            will_say(seat, verdict.planned_admission);
            will_say(seat, verdict.planned_discharge);
        }
        return seat.hospital->decide(task, verdict).status;
    }
    // The stay is the planned Encounter of the same request; the hospital looks in its own list.
    const auto alias = exchange::split_partner_id(task)->alias;
    std::string encounter;
    seat.hospital->inspect([&](const HospitalRecords& records) {
        for (const auto* stay : records.all("Encounter")) {
            const json::Value root = stay->resource.root();
            const auto other = exchange::split_partner_id(root["id"].text());
            if (other && other->alias == alias && root["class"]["code"].text() == "IMP")
                encounter = root["id"].text();
        }
    });
    if (second && (status == "accepted" || status == "in-progress") && one_in(2)) {
        deliver::HttpRequest request;
        request.url = any_origin() + "/fhir/Patient/" + alias.text() + "-1";
        const auto outcome = seat.line->send(request);
        tell("hospital reads the patient", std::to_string(outcome.reply.status));
    }
    if (encounter.empty()) return 0;
    if (status == "accepted") return seat.hospital->admit_patient(encounter, now_text()).status;
    if (status == "in-progress")
        return seat.hospital->discharge_patient(encounter, now_text(), one_in(8)).status;
    const std::string any = alias.text() + "-" + std::to_string(1 + chance.below(12));
    return seat.hospital->read(one_in(2) ? "Patient" : "ServiceRequest", any).status;
}

void World::State::change_mood() {
    using Kind = Behaviour::Kind;
    constexpr Kind kMoods[] = {Kind::CommitThenTimeout, Kind::Unavailable, Kind::Slow,
                               Kind::Duplicate};
    Behaviour mood;
    // A refusal parks the message until a person decides: seldom, or nothing would move.
    mood.kind = one_in(12) ? Kind::Refuse : kMoods[chance.below(std::size(kMoods))];
    mood.times = mood.kind == Kind::Refuse ? 1 : static_cast<int>(1 + chance.below(3));
    if (mood.kind == Kind::Slow || mood.kind == Kind::CommitThenTimeout)
        mood.delay = std::chrono::milliseconds{chance.below(20'000)};
    mood.retry_after = seconds{1 + chance.below(120)};
    pick(hospitals).hospital->behave(mood);
    tell("mood", std::to_string(static_cast<int>(mood.kind)));
}

/// Somebody asks for what is not theirs.
void World::State::pry() {
    const auto must_not = [&](const deliver::HttpOutcome& outcome, int expected,
                              std::string_view what) {
        const int status = outcome.reply.status;
        if (status != 0 && status < 500 && status != expected)
            violate(invariant::kNotYours, std::string{what} + ": " + std::to_string(status));
    };
    if (!by_case.empty()) {
        auto victim = by_case.begin();
        std::advance(victim, static_cast<std::ptrdiff_t>(chance.below(by_case.size())));
        const std::string target = "/clinic/v1/referrals/" + victim->first;
        Clinic& other = pick(clinics);
        if (&other != &clinics[submissions[victim->second].clinic])
            must_not(ask(other, "GET", target), 404, "another clinic");
        must_not(ask(stranger, "GET", target), 403, "a stranger");
    }
    if (by_alias.empty()) return;
    auto victim = by_alias.begin();
    std::advance(victim, static_cast<std::ptrdiff_t>(chance.below(by_alias.size())));
    HospitalSeat& other = pick(hospitals);
    if (other.id == alias_hospital[victim->first]) return;
    const std::string id = victim->first + "-" + std::to_string(1 + chance.below(4));
    for (const char* type : {"Task", "Patient", "ServiceRequest"}) {
        deliver::HttpRequest request;
        request.url = any_origin() + "/fhir/" + type + "/" + id;
        must_not(other.line->send(request), 404, "another hospital");
    }
}

}  // namespace tsunagi::simulate
