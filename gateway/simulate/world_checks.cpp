#include <algorithm>
#include <sstream>

#include "audit/entry.h"
#include "audit/verifier.h"
#include "exchange/case_file.h"
#include "exchange/render.h"
#include "json/reader.h"
#include "programme/state_machine.h"
#include "simulate/world_state.h"

/// What must hold, asked on the wire while things happen and of the whole world at its end.
namespace tsunagi::simulate {
namespace {

using programme::Actor;

constexpr std::size_t kMostViolations = 20;
constexpr std::size_t kUuid = 36;

/// Counts updates of Task and Encounter, which do not name the act they mean.
constexpr const char* kInFhir = "in-fhir";

/// How often each word comes.
using Tally = std::map<std::string, std::uint64_t>;

std::string in_words(const Tally& tally) {
    std::string text;
    for (const auto& [word, count] : tally) text += " " + word + "=" + std::to_string(count);
    return text;
}

/// The log entry that tells of an event of a case.
std::string entry_type(std::string_view action) {
    if (action == programme::action::kSubmit) return "referral-submitted";
    if (action == "identify") return "identity-added";
    return std::string{action};
}

bool tells_of_no_event(std::string_view type) {
    return type.ends_with("-delivered") || type.ends_with("-read") ||
           type.ends_with("-not-resolved");
}

}  // namespace

void World::State::violate(std::string_view which, std::string detail) {
    tell(which, detail);
    if (report.violations.size() < kMostViolations)
        report.violations.push_back({which, step, std::move(detail)});
}

void World::State::tell(std::string_view what, std::string_view detail) {
    std::string line = std::to_string(step) + " ";
    line += std::to_string(clock.now().time_since_epoch().count()) + " ";
    line.append(what).append(" ").append(detail).append("\n");
    trace.update(as_bytes(line));
    if (options.narrate) options.narrate(line);
}

void World::State::on_log(std::string_view line) {
    trace.update(as_bytes(line));
    if (options.narrate) options.narrate(line);
    for (const Seen& seen : watch.find(line)) violate(invariant::kNoTraces, "log: " + seen.kind);
}

void World::State::on_sent(const deliver::HttpRequest& request) {
    tell("sent " + request.method,
         request.url + " " + to_hex(crypto::sha256(as_bytes(request.body))));
    const HospitalSeat* seat = hospital_at(request.url);
    const std::string recipient = seat ? seat->id : std::string{};
    std::string everything = request.url + "\n";
    for (const auto& field : request.fields) everything += field.name + ": " + field.value + "\n";
    look_at(everything, recipient);
    look_at(request.body, recipient);
    look_for_others(everything, seat);
    look_for_others(request.body, seat);
    // Of what the withdrawal's answer lists as possibly sent, nothing is asked here.
    if (seat && possibly_sent != seat->id) look_for_illness(request.body, *seat);
    possibly_sent.clear();
    if (request.method != "POST") return;
    const auto document = json::read(request.body);
    if (!document) return;
    for (const json::Value entry : document->root()["entry"]) {
        const json::Value task = entry["resource"];
        if (task["resourceType"].text() != "Task") continue;
        newest_body[std::string{task["id"].text()}] = request.body;
        learn_alias(std::string{task["id"].text().substr(0, kUuid)});
    }
}

/// Bytes for `hospital`: nothing of a patient whom it did not accept, or who withdrew.
void World::State::look_at(std::string_view bytes, const std::string& hospital) {
    for (const Seen& seen : watch.find(bytes)) {
        const Observed& of = observed[seen.owner];
        const std::string detail = "submission " + std::to_string(seen.owner) + ", " + seen.kind +
                                   ", to " + (hospital.empty() ? "nobody known" : hospital);
        if (of.withdrawn && !hospital.empty() && hospital == possibly_sent) {
            ++report.counts["possibly sent"];
        } else if (of.withdrawn && !hospital.empty() && hospital == listed_reader) {
            ++report.counts["read and listed"];
        } else if (of.withdrawn) {
            violate(invariant::kWithdrawn, detail);
        } else if (!of.accepted.contains(hospital)) {
            violate(invariant::kNoIdentity, detail);
        }
    }
}

/// Words that only this hospital says, and nobody may tell another.
void World::State::will_say(const HospitalSeat& seat, std::string_view words) {
    decisions.add(static_cast<std::uint32_t>(&seat - hospitals.data()), "decision", words);
}

/// Bytes for the hospital of `seat`; nullptr: for nobody known.
void World::State::look_for_others(std::string_view bytes, const HospitalSeat* seat) {
    for (const Seen& seen : decisions.find(bytes)) {
        const HospitalSeat& of = hospitals[seen.owner];
        if (&of != seat)
            violate(invariant::kOwnDecisions,
                    seen.kind + " of " + of.id + ", to " + (seat ? seat->id : "nobody known"));
    }
}

/// A message, a resource or a searchset for a hospital. What is left of a request that is over for
/// it, or whose consent is withdrawn, are three resources without these members.
void World::State::look_for_illness(std::string_view body, const HospitalSeat& seat) {
    constexpr std::string_view kStatuses[] = {"Task", "ServiceRequest", "Encounter"};
    constexpr std::string_view kClinical[] = {
        "reasonCode", "reasonReference", "note",     "orderDetail", "diagnosis",
        "input",      "hospitalization", "bodySite", "description", "supportingInfo"};
    const auto among = [](std::string_view word, const auto& words) {
        return std::find(std::begin(words), std::end(words), word) != std::end(words);
    };
    const auto document = json::read(body);
    if (!document) return;
    std::vector<json::Value> resources;
    for (const json::Value entry : document->root()["entry"])
        resources.push_back(entry["resource"]);
    if (resources.empty()) resources.push_back(document->root());
    std::set<std::string> over;
    for (const json::Value resource : resources) {
        const std::string alias{resource["id"].text().substr(0, kUuid)};
        learn_alias(alias);
        const auto known = by_alias.find(alias);
        if (known == by_alias.end()) continue;
        const Observed& of = observed[known->second];
        const std::string_view status = resource["status"].text();
        const bool ended = resource["resourceType"].text() == "Task" &&
                           (status == "rejected" || status == "cancelled");
        if (of.withdrawn || (!of.accepted.contains(seat.id) && (ended || declined.contains(alias))))
            over.insert(alias);
        for (const json::Value coding : resource["statusReason"]["coding"]) {
            if (!reasons[alias].contains(std::string{coding["code"].text()}))
                violate(invariant::kOwnDecisions, "a reason to decline, to " + seat.id);
        }
    }
    if (!over.empty()) ++report.counts["statuses looked through"];
    for (const json::Value resource : resources) {
        if (!over.contains(std::string{resource["id"].text().substr(0, kUuid)})) continue;
        const std::string type{resource["resourceType"].text()};
        if (!among(type, kStatuses)) violate(invariant::kStatusesOnly, type + " to " + seat.id);
        for (const json::Value member : resource) {
            if (among(member.key(), kClinical))
                violate(invariant::kStatusesOnly,
                        type + "." + std::string{member.key()} + " to " + seat.id);
        }
    }
}

/// Which submission an alias stands for. Only the store knows: an alias says nothing.
void World::State::learn_alias(const std::string& alias) {
    if (alias.size() != kUuid || by_alias.contains(alias) || !gateway) return;
    const Status looked = gateway->store().read([&](store::Reader& reader) -> Status {
        const auto rendition = reader.find_rendition(store::Alias{alias});
        if (!rendition) return rendition.error();
        // As it was handed in: a correction makes later versions.
        const auto packet = reader.blob(rendition->case_id, exchange::blob::kPacket, 1);
        if (!packet) return packet.error();
        const auto known = by_case.find(rendition->case_id.text());
        for (std::size_t i = 0; i < submissions.size(); ++i) {
            const bool told = known != by_case.end() && known->second == i;
            if (!told && submissions[i].body != as_text(packet->bytes)) continue;
            by_alias[alias] = i;
            alias_hospital[alias] = rendition->hospital.text();
            for (const HospitalSeat& seat : hospitals) {
                if (seat.id == alias_hospital[alias]) will_say(seat, alias);
            }
            if (submissions[i].named && !observed[i].looked)
                violate(invariant::kLooked, alias_hospital[alias]);
        }
        return {};
    });
    if (!looked && looked.error().code != Code::NotFound) tell("alias not read");
}

/// Counts what the wire saw succeed, or end in a way that leaves it open, and learns acceptances
/// and withdrawals.
void World::State::note_act(const serve::Request& request, const serve::Response& response) {
    const int status = response.status;
    if (request.method == "GET" || status < 200 || (status >= 300 && status < 500)) return;
    const bool sure = status < 300;
    const auto count = [&](std::size_t submission, const std::string& what) {
        Acts& acts = observed[submission].acts[what];
        ++(sure ? acts.done : acts.unknown);
    };
    const auto& path = request.path;
    const HospitalSeat* seat = request.peer ? hospital_of(*request.peer) : nullptr;
    const auto at_hospital = [&](const std::string& alias) -> std::optional<std::size_t> {
        learn_alias(alias);
        const auto found = by_alias.find(alias);
        const bool theirs = found != by_alias.end() && seat && alias_hospital[alias] == seat->id;
        return theirs ? std::optional{found->second} : std::nullopt;
    };
    const auto accept = [&](std::size_t submission) {
        observed[submission].accepted.insert(seat->id);
    };
    const auto known = [&](std::size_t place) -> std::optional<std::size_t> {
        if (path.size() <= place) return std::nullopt;
        const auto found = by_case.find(path[place]);
        return found == by_case.end() ? std::nullopt : std::optional{found->second};
    };
    if (path.size() == 6 && path[0] == "clinic" && path[4] == "actions") {
        if (const auto submission = known(3)) count(*submission, path[5]);
    } else if (path.size() == 6 && path[0] == "clinic" && path[4] == "findings") {
        const auto submission = known(3);
        const auto body = json::read(request.body);
        if (!submission || !body) return;
        const bool corrects = body->root()["decision"].text() == "correct";
        Acts& acts = observed[*submission].acts[std::string{
            corrects ? programme::action::kCorrectFinding : programme::action::kReleaseFinding}];
        // The stored answer of a decision whose first answer the power cut off.
        const bool first = sure && response.field("idempotent-replayed").empty();
        ++(first ? acts.done : acts.unknown);
    } else if (path.size() == 5 && path[0] == "clinic" && path[4] == "withdraw") {
        if (const auto submission = known(3)) {
            count(*submission, "consent-withdrawn");
            if (sure) observed[*submission].withdrawn = true;
            if (sure && overtaking) note_overtaken(response);
        }
    } else if (path.size() == 6 && path[0] == "hospital" && path[4] == "actions") {
        if (const auto submission = at_hospital(path[3])) {
            count(*submission, path[5]);
            if (path[5] == programme::action::kAccept) accept(*submission);
            if (path[5] == programme::action::kDecline && sure) declined.insert(path[3]);
        }
    } else if (path.size() == 3 && path[0] == "fhir") {
        const auto submission = at_hospital(path[2].substr(0, kUuid));
        const auto body = json::read(request.body);
        if (!submission || !body) return;
        count(*submission, kInFhir);
        if (path[1] == "Task" && body->root()["status"].text() == "accepted") accept(*submission);
        if (path[1] == "Task" && body->root()["status"].text() == "rejected" && sure)
            declined.insert(path[2].substr(0, kUuid));
    }
}

/// What the withdrawal between last look and first byte says of that send or reading. The wire sees
/// the answer even where it is lost on its way to the clinic.
void World::State::note_overtaken(const serve::Response& response) {
    const auto answer = json::read(response.body);
    const json::Value affects = answer->root()["affects"];
    if (overtakes_reading) {
        ++report.counts["withdrawn while the other gateway answers"];
        for (const json::Value each : affects["disclosures"]) {
            if (each["recipient"].text() == overtaken && each["stage"].text() == "release")
                listed_reader = overtaken;
        }
        return;
    }
    cancelled_on_the_wire = true;
    ++report.counts["withdrawn at the other gateway"];
    for (const json::Value each : affects["possiblySent"]) {
        if (each["hospital"].text() == overtaken) possibly_sent = overtaken;
    }
}

void World::State::on_answered(const serve::Request& request, const serve::Response& response) {
    std::string where = request.method;
    for (const auto& segment : request.path) where += "/" + segment;
    tell("answered " + where,
         std::to_string(response.status) + " " + to_hex(crypto::sha256(as_bytes(response.body))));
    if (response.status == 500 && !disk.dead()) violate(invariant::kStarts, "500 on " + where);
    note_act(request, response);

    std::string fields;
    for (const auto& field : response.fields) fields += field.name + ": " + field.value + "\n";
    for (const Seen& seen : watch.find(fields))
        violate(invariant::kNoTraces, "header: " + seen.kind);
    if (response.status >= 400) {
        for (const Seen& seen : watch.find_in_every_form(response.body))
            violate(invariant::kNoTraces, std::to_string(response.status) + ": " + seen.kind);
        return;
    }
    if (!request.peer) return;
    if (const HospitalSeat* seat = hospital_of(*request.peer)) {
        look_at(response.body, seat->id);
        look_for_others(fields + response.body, seat);
        if (listed_reader != seat->id) look_for_illness(response.body, *seat);
    } else {
        const Clinic* clinic = clinic_of(*request.peer);
        for (const Seen& seen : watch.find(response.body)) {
            if (!clinic || clinic != &clinics[submissions[seen.owner].clinic])
                violate(invariant::kNotYours, "submission " + std::to_string(seen.owner));
        }
    }
}

/// Every acknowledged case is in the store; with `documents`, with every byte handed in.
void World::State::check_readable(bool documents) {
    for (const auto& submission : submissions) {
        if (submission.case_id.empty()) continue;
        const store::CaseId id{submission.case_id};
        const Status looked = gateway->store().read([&](store::Reader& reader) -> Status {
            const auto row = reader.find_case(id);
            if (!row) return row.error();
            if (row->erased) return {};  // LastLook asks whether it should be
            const auto packet = reader.blob(id, exchange::blob::kPacket, 1);
            if (!packet) return packet.error();
            if (documents && as_text(packet->bytes) != submission.body)
                return Error{Code::Internal, "other bytes than were handed in", {}};
            return {};
        });
        if (!looked && !disk.dead())
            violate(invariant::kNothingLost, submission.case_id + " " + to_string(looked.error()));
    }
}

bool World::State::is_purged(const std::string& case_id) {
    bool purged = false;
    const Status looked = gateway->store().read([&](store::Reader& reader) -> Status {
        const auto row = reader.find_case(store::CaseId{case_id});
        if (!row) return row.error();
        purged = row->erased.has_value();
        return {};
    });
    return looked && purged;
}

namespace {

/// Looks at everything when all has come to rest.
class LastLook {
public:
    explicit LastLook(World::State& world, store::Reader& reader)
        : world_(world), reader_(reader) {}

    Status look() {
        auto size = reader_.log_size();
        if (!size) return size.error();
        auto rows = reader_.log_entries(0, *size);
        if (!rows) return rows.error();
        for (const auto& row : *rows) {
            auto entry = audit::read_entry(row.bytes);
            if (!entry) return entry.error();
            ++entries_[entry->request][entry->type];
        }
        for (const auto& clinic : world_.clinics) {
            auto cases = reader_.cases_of_clinic(store::OrganisationId{clinic.id}, {});
            if (!cases) return cases.error();
            for (const auto& row : *cases) {
                if (auto looked = look_at_case(row); !looked) return looked;
            }
        }
        return {};
    }

private:
    Status look_at_case(const store::CaseRow& row) {
        const std::string& id = row.id.text();
        ++world_.report.counts["state:" + row.state];
        const auto known = world_.by_case.find(id);
        if (known == world_.by_case.end()) {
            world_.violate(invariant::kOneCase, "a case that no submission was told of: " + id);
            return {};
        }
        const Observed& observed = world_.observed[known->second];
        if (row.erased) return look_at_purged(row, observed);
        auto file = exchange::open_case(reader_, world_.artifacts, row.id);
        if (!file) return file.error();
        if (programme::is_final(row.state) && observed.accepted.empty())
            world_.violate(invariant::kForgotten, id + " is kept");
        look_at_turn(*file);
        auto events = reader_.events(row.id);
        if (!events) return events.error();
        auto deliveries = reader_.deliveries_of(row.id);
        if (!deliveries) return deliveries.error();
        look_at_log(id, *events, *deliveries, observed);
        auto renditions = reader_.renditions_of(row.id);
        if (!renditions) return renditions.error();
        for (const auto& rendition : *renditions) look_at_hospital(rendition, *deliveries);
        return {};
    }

    /// Nothing of the person is left, nothing is to be said any more, and the log still tells all.
    Status look_at_purged(const store::CaseRow& row, const Observed& observed) {
        const std::string& id = row.id.text();
        ++world_.report.counts["purged"];
        const Tally& entries = entries_[id];
        const auto times = [&](const std::string& type) {
            const auto found = entries.find(type);
            return found == entries.end() ? 0U : found->second;
        };
        if (!programme::is_final(row.state) || times("case-purged") != 1 ||
            times("release-delivered") + times("release-read") > 0)
            world_.violate(invariant::kForgotten, id + " is purged from " + row.state);
        for (const auto name : {exchange::blob::kPacket, exchange::blob::kBundle,
                                exchange::blob::kConsent, exchange::blob::kJourney}) {
            if (reader_.blob(row.id, name))
                world_.violate(invariant::kForgotten, id + " has its " + std::string{name});
        }
        auto deliveries = reader_.deliveries_of(row.id);
        if (!deliveries) return deliveries.error();
        for (const auto& each : *deliveries) {
            if (each.state != store::DeliveryState::Done &&
                each.state != store::DeliveryState::Cancelled)
                world_.violate(invariant::kForgotten, id + " has a message to send");
        }
        auto renditions = reader_.renditions_of(row.id);
        if (!renditions) return renditions.error();
        for (const auto& each : *renditions) {
            if (!each.destroyed) world_.violate(invariant::kForgotten, id + " has a rendition");
        }
        auto provided = reader_.provisions(row.id);
        if (!provided) return provided.error();
        if (provided->size() != times("offer-delivered") + times("offer-read"))
            world_.violate(invariant::kForgotten, id + " lost its register");
        for (const auto& [what, acts] : observed.acts) {
            if (what != kInFhir) look_at_acts(id, what, acts, observed, entries);
        }
        return {};
    }

    void look_at_turn(const exchange::CaseFile& file) {
        if (programme::is_final(file.journey.state)) return;
        const auto open = [&](Actor actor) {
            return !programme::next_actions(*file.programme, file.journey, actor).empty();
        };
        if (!open(Actor::Clinic) && !open(Actor::Hospital))
            world_.violate(invariant::kTurn, file.row.id.text() + " " + file.journey.state);
        if (file.row.state != file.journey.state)
            world_.violate(invariant::kTurn, file.row.id.text() + " row and journey differ");
    }

    void look_at_log(const std::string& id, const std::vector<store::EventRow>& events,
                     const std::vector<store::OutboxRow>& deliveries, const Observed& observed) {
        const Tally& entries = entries_[id];
        Tally expected, found;
        for (const auto& event : events) {
            const auto document = json::read(event.json);
            ++expected[entry_type(document ? document->root()["action"].text() : "unreadable")];
        }
        for (const auto& [type, count] : entries) {
            if (!tells_of_no_event(type)) found[type] = count;
        }
        if (expected != found) {
            world_.violate(invariant::kLog,
                           id + " events" + in_words(expected) + " but entries" + in_words(found));
        }
        Tally sent, told, recalled;
        for (const auto& row : deliveries) {
            if (row.state == store::DeliveryState::Done) ++sent[row.kind + "-delivered"];
            if (row.state == store::DeliveryState::Parked) ++sent[row.kind + "-not-delivered"];
            if (row.state == store::DeliveryState::Cancelled && row.attempts > 0)
                ++recalled[row.kind + "-delivered"];
        }
        for (const auto& [type, count] : entries) {
            if (type.ends_with("-delivered")) told[type] = count;
        }
        // A parked row that was cancelled later keeps its entry; one that was cancelled on the wire
        // may have arrived.
        for (const auto& [type, count] : sent) {
            if (told[type] < count ||
                (told[type] > count + recalled[type] && !type.ends_with("-not-delivered")))
                world_.violate(invariant::kLog, std::string{id}.append(" ").append(type));
        }
        for (const auto& [what, acts] : observed.acts) {
            if (what != kInFhir) look_at_acts(id, what, acts, observed, entries);
        }
    }

    /// As many entries as the wire saw acts succeed, and at most those of unknown end besides.
    void look_at_acts(const std::string& id, const std::string& what, const Acts& acts,
                      const Observed& observed, const Tally& entries) {
        const auto found = entries.find(what);
        const std::uint64_t count = found == entries.end() ? 0 : found->second;
        std::uint64_t most = acts.done + acts.unknown + withdrawn_too(what, entries);
        if (const auto in_fhir = observed.acts.find(kInFhir); in_fhir != observed.acts.end())
            most += in_fhir->second.done + in_fhir->second.unknown;
        // The withdrawal of a consent is recorded once, however often it is told.
        const std::uint64_t least = what == "consent-withdrawn" ? acts.done > 0 : acts.done;
        if (count < least || count > most) {
            world_.violate(invariant::kLog, id + " " + what + ": " + std::to_string(acts.done) +
                                                " answered, " + std::to_string(acts.unknown) +
                                                " open, " + std::to_string(count) + " entries");
        }
    }

    /// The withdrawal of a consent withdraws the request, too.
    static std::uint64_t withdrawn_too(std::string_view what, const Tally& entries) {
        return what == programme::action::kWithdraw && entries.contains("consent-withdrawn") ? 1
                                                                                             : 0;
    }

    void look_at_hospital(const store::RenditionRow& rendition,
                          const std::vector<store::OutboxRow>& deliveries) {
        const auto seat =
            std::find_if(world_.hospitals.begin(), world_.hospitals.end(),
                         [&](const auto& each) { return each.id == rendition.hospital.text(); });
        if (seat == world_.hospitals.end()) {
            world_.violate(invariant::kArrived, "no such hospital " + rendition.hospital.text());
            return;
        }
        const std::string& alias = rendition.alias.text();
        std::set<std::string> may_be_newest;
        std::vector<std::string> done;
        bool all_done = true, behind_parked = false;
        for (const auto& row : deliveries) {
            if (row.alias != rendition.alias) continue;
            const std::string tag = exchange::delivery_tag(row);
            using State = store::DeliveryState;
            if (row.state == State::Parked) {
                behind_parked = true;
                ++world_.report.counts["parked: " + row.kind + " " + row.outcome];
                constexpr std::string_view kOurOwn[] = {"no-longer-offered", "rendition-destroyed",
                                                        "accepted-by-another", "not-accepted",
                                                        "withdrawn"};
                if (std::find(std::begin(kOurOwn), std::end(kOurOwn), row.outcome) !=
                    std::end(kOurOwn))
                    world_.violate(invariant::kForAPerson, alias + " " + row.outcome);
            }
            if (row.state == State::Done) {
                done.push_back(tag);
                may_be_newest.clear();
            } else {
                all_done = false;
            }
            may_be_newest.insert(tag);
            if (row.state == State::Pending || (row.state == State::Waiting && !behind_parked))
                world_.violate(invariant::kDrained, alias + " " + row.kind);
        }
        seat->hospital->inspect([&](const HospitalRecords& records) {
            for (const auto& tag : done) {
                const auto& arrivals = records.arrivals();
                const bool arrived = std::any_of(arrivals.begin(), arrivals.end(),
                                                 [&](const auto& each) { return each.tag == tag; });
                if (!arrived) world_.violate(invariant::kArrived, alias + " never arrived");
            }
            std::size_t tasks = 0;
            for (const auto* task : records.all("Task")) {
                const json::Value root = task->resource.root();
                if (!root["id"].text().starts_with(alias)) continue;
                ++tasks;
                const std::string newest{root["meta"]["tag"].at(0)["code"].text()};
                if (!done.empty() && !may_be_newest.contains(newest))
                    world_.violate(invariant::kArrived, alias + " holds an older message");
                const auto status = programme::effect_of(rendition.state).task;
                if (all_done && !done.empty() && root["status"].text() != status)
                    world_.violate(invariant::kArrived, alias + " does not say " + rendition.state);
            }
            if (tasks > 1 || (!done.empty() && tasks == 0))
                world_.violate(invariant::kOneEffect,
                               alias + " " + std::to_string(tasks) + " Tasks");
        });
    }

    World::State& world_;
    store::Reader& reader_;
    std::map<std::string, Tally> entries_;
};

}  // namespace

void World::State::check_end() {
    if (!gateway) return;
    check_readable(true);
    for (const auto& submission : submissions) {
        if (submission.case_id.empty()) continue;
        const std::string target = "/clinic/v1/referrals/" + submission.case_id;
        const auto seen = ask(clinics[submission.clinic], "GET", target);
        if (seen.reply.status != 200)
            violate(invariant::kNothingLost,
                    submission.case_id + " reads as " + std::to_string(seen.reply.status));
    }
    const Status looked = gateway->store().read(
        [&](store::Reader& reader) { return LastLook(*this, reader).look(); });
    if (!looked) violate(invariant::kNothingLost, to_string(looked.error()));

    std::size_t tasks = 0;
    for (const auto& seat : hospitals) {
        seat.hospital->inspect([&](const HospitalRecords& records) {
            for (const auto& one : records.deliveries()) {
                if (one.effects > 1) violate(invariant::kOneEffect, seat.id + " " + one.tag);
            }
            for (const auto* task : records.all("Task")) {
                ++tasks;
                const std::string alias{task->resource.root()["id"].text().substr(0, kUuid)};
                learn_alias(alias);
                const auto known = alias_hospital.find(alias);
                if (known == alias_hospital.end() || known->second != seat.id)
                    violate(invariant::kOneEffect, seat.id + " holds a Task that was not for it");
            }
        });
    }
    report.counts["tasks at hospitals"] = tasks;

    const auto exported = ask(auditor, "GET", "/auditor/v1/log");
    std::istringstream in(exported.reply.body);
    const auto verdict = audit::verify_export(in, {gateway->log_key(), {}});
    if (exported.reply.status != 200 || !verdict || !verdict->ok) {
        violate(invariant::kLog, verdict && !verdict->fault.empty()
                                     ? verdict->fault
                                     : std::to_string(exported.reply.status));
    } else {
        report.counts["log entries"] = verdict->entries;
    }
}

}  // namespace tsunagi::simulate
