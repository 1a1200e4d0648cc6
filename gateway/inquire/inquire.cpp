#include "inquire/inquire.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "audit/exporter.h"
#include "exchange/answer.h"
#include "exchange/case_file.h"
#include "exchange/findings.h"
#include "exchange/notice_rendering.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"

namespace tsunagi::inquire {
namespace {

using exchange::CaseFile;
using json::Builder;
using json::Node;
using privacy::EgressDoor;
using privacy::Outbound;

constexpr std::size_t kPage = 50;
constexpr std::uint64_t kLogPage = 1000;

Error absent() { return Error{Code::NotFound, "nothing of yours has this id", {}}; }

std::string utc(Instant instant) { return format_instant(instant, std::chrono::minutes{0}); }

std::string_view name(store::DeliveryState state) {
    switch (state) {
        case store::DeliveryState::Waiting:
            return "waiting";
        case store::DeliveryState::Pending:
            return "pending";
        case store::DeliveryState::Done:
            return "delivered";
        case store::DeliveryState::Parked:
            return "needs-a-person";
        case store::DeliveryState::Cancelled:
            return "cancelled";
    }
    return "pending";
}

Result<CaseFile> own_case(store::Reader& reader, const exchange::Parts& parts,
                          const access::Principal& clinic, const store::CaseId& id) {
    auto row = reader.find_case(id);
    if (!row) return row.error().code == Code::NotFound ? absent() : row.error();
    if (row->clinic != clinic.organisation) return absent();
    auto file = exchange::open_case(reader, parts.artifacts, id);
    if (!file && file.error().code == Code::NotFound) return absent();
    return file;
}

Result<store::RenditionRow> own_rendition(store::Reader& reader, const access::Principal& hospital,
                                          const store::Alias& alias) {
    auto rendition = reader.find_rendition(alias);
    if (!rendition) return rendition.error().code == Code::NotFound ? absent() : rendition.error();
    if (rendition->hospital != hospital.organisation || rendition->destroyed) return absent();
    // Each role sees its own view: a hospital is no care manager, even in one organisation.
    const bool notice = rendition->stage != "offer" && rendition->stage != "release";
    const bool told = hospital.role == access::Role::CareManager ||
                      hospital.role == access::Role::ServiceProvider ||
                      hospital.role == access::Role::Coordinator;
    if (notice != told) return absent();
    return rendition;
}

/// Runs `read` on a snapshot and gives what it made.
template <class T, class Read>
Result<T> with_reader(const exchange::Parts& parts, Read read) {
    std::optional<T> made;
    const Status looked = parts.store.read([&](store::Reader& reader) -> Status {
        Result<T> result = read(reader);
        if (!result) return std::move(result).error();
        made = std::move(*result);
        return {};
    });
    if (!looked) return looked.error();
    return std::move(*made);
}

/// Counts that say nothing about few people: what is below the floor is added up, and the next
/// smallest joins it until the sum is not below it either, so that no difference tells it.
struct StateCounts {
    std::int64_t total = 0, other = 0;
    std::vector<std::pair<std::string, std::int64_t>> shown;  ///< by name
};
StateCounts above_floor(const std::vector<store::CaseCount>& rows, std::int64_t floor) {
    StateCounts counts;
    for (const auto& row : rows) {
        counts.total += row.cases;
        counts.shown.emplace_back(row.state, row.cases);
    }
    std::sort(counts.shown.begin(), counts.shown.end(), [](const auto& left, const auto& right) {
        return std::tie(right.second, left.first) < std::tie(left.second, right.first);
    });
    while (!counts.shown.empty() &&
           (counts.shown.back().second < floor || (counts.other > 0 && counts.other < floor))) {
        counts.other += counts.shown.back().second;
        counts.shown.pop_back();
    }
    if (counts.total < floor) counts = {};  // so few that the sum itself tells of them
    std::sort(counts.shown.begin(), counts.shown.end());
    return counts;
}

void add_deliveries(Builder& builder, Node* root, const std::vector<store::OutboxRow>& rows,
                    Instant now, std::chrono::minutes undelivered_after) {
    Node* list = builder.set_array(root, "messages");
    bool telephone = false;
    for (const auto& row : rows) {
        Node* object = builder.add_object(list);
        builder.set(object, "kind", row.kind);
        builder.set(object, "hospital", row.hospital.text());
        builder.set(object, "state", name(row.state));
        builder.set(object, "queued", utc(row.queued));
        builder.set_number(object, "attempts", row.attempts);
        if (!row.outcome.empty()) builder.set(object, "outcome", row.outcome);
        const bool open =
            row.state == store::DeliveryState::Pending || row.state == store::DeliveryState::Parked;
        telephone =
            telephone || (row.kind == "offer" && open && now - row.queued >= undelivered_after);
    }
    if (!telephone) return;
    exchange::set_label(builder, root, "warning",
                        "申込がまだ病院に届いていません。電話とFAXで連絡してください。",
                        "The request has not reached the hospital yet. Please telephone and fax.");
}

Status add_events(Builder& builder, Node* root, store::Reader& reader, const store::CaseId& id) {
    auto events = reader.events(id);
    if (!events) return events.error();
    Node* list = builder.set_array(root, "events");
    for (const auto& event : *events) {
        auto document = json::read(event.json);
        if (!document) return document.error();
        builder.add(list, document->root());
    }
    return {};
}

void add_row(Builder& builder, Node* root, const store::CaseRow& row) {
    builder.set(root, "case", row.id.text());
    builder.set(root, "programme", row.programme);
    builder.set(root, "hospital", row.hospital.text());
    builder.set(root, "created", utc(row.created));
    builder.set(root, "updated", utc(row.updated));
}

/// What its clinic sees of a case that was purged: that it was, and how it ended.
Result<Shown> what_is_left(const access::Principal& clinic, const store::CaseRow& row) {
    json::Document document;
    Builder builder(document);
    Node* root = builder.object();
    add_row(builder, root, row);
    const programme::Label label = programme::state_label(row.state);
    builder.set(root, "state", row.state);
    exchange::set_label(builder, root, "stateText", label.ja, label.en);
    builder.set_array(root, "nextActions");
    builder.set_array(root, "openDuties");
    builder.set(root, "purged", utc(*row.erased));
    exchange::set_label(builder, root, "purgedText",
                        "この申込は終わり、個人情報は消去されています。提供の記録は残っています。",
                        "This case is over and what told of the person is erased. The record of "
                        "what was provided is kept.");
    auto out = EgressDoor::own_record(clinic.organisation.text(), row.clinic.text(),
                                      json::write(document.root()));
    if (!out) return out.error();
    return Shown{std::move(*out), row.version};
}

/// The clinic's own copy of one resource: ids and references as `Type/<case>-<n>`.
Result<json::Document> clinic_resource(json::Value bundle, std::string_view case_id,
                                       std::string_view type, std::size_t number) {
    const json::Value wanted = bundle["entry"].at(number - 1)["resource"];
    if (wanted["resourceType"].text() != type) return absent();
    std::map<std::string_view, std::string> local;
    std::size_t place = 0;
    for (const json::Value entry : bundle["entry"]) {
        ++place;
        local[entry["fullUrl"].text()] = std::string{entry["resource"]["resourceType"].text()} +
                                         "/" + exchange::partner_id(case_id, place);
    }
    json::Document copy;
    Builder builder(copy);
    Node* root = builder.object();
    builder.set(root, "resourceType", type);
    builder.set(root, "id", exchange::partner_id(case_id, number));
    for (const json::Value member : wanted) {
        if (member.key() != "resourceType" && member.key() != "id")
            builder.set(root, member.key(), member);
    }
    const auto rewrite = [&](const auto& self, json::Value at) -> void {
        for (const json::Value child : at) {
            if (child.is_string() && child.key() == "reference") {
                const auto target = local.find(child.text());
                if (target != local.end()) builder.assign(builder.edit(child), target->second);
            }
            self(self, child);
        }
    };
    rewrite(rewrite, copy.root());
    return copy;
}

}  // namespace

Result<Shown> Inquire::referral(const access::Principal& clinic, const store::CaseId& id) const {
    return with_reader<Shown>(parts_, [&](store::Reader& reader) -> Result<Shown> {
        const auto row = reader.find_case(id);
        if (row && row->erased && row->clinic == clinic.organisation)
            return what_is_left(clinic, *row);
        auto file = own_case(reader, parts_, clinic, id);
        if (!file) return file.error();
        json::Document document;
        Builder builder(document);
        Node* root = builder.object();
        add_row(builder, root, file->row);
        if (file->row.needed_by)
            builder.set(root, "neededBy",
                        format_instant(*file->row.needed_by, file->programme->zone()));
        exchange::set_state(builder, root, *file, programme::Actor::Clinic);
        const json::Document journey = file->journey.to_json();
        builder.set(root, "journey", journey.root());
        auto deliveries = reader.deliveries_of(id);
        if (!deliveries) return deliveries.error();
        add_deliveries(builder, root, *deliveries, parts_.clock.now(),
                       file->programme->undelivered_after());
        if (auto added = add_events(builder, root, reader, id); !added) return added.error();
        auto flags = exchange::read_blob(reader, id, exchange::blob::kFlags);
        if (flags) builder.set(root, "flags", flags->root());
        auto out = EgressDoor::own_record(clinic.organisation.text(), file->row.clinic.text(),
                                          json::write(document.root()));
        if (!out) return out.error();
        return Shown{std::move(*out), file->row.version};
    });
}

Result<Outbound> Inquire::referrals(const access::Principal& clinic,
                                    const store::CaseId& after) const {
    return with_reader<Outbound>(parts_, [&](store::Reader& reader) -> Result<Outbound> {
        auto rows = reader.cases_of_clinic(clinic.organisation, {after, kPage});
        if (!rows) return rows.error();
        json::Document document;
        Builder builder(document);
        Node* root = builder.object();
        Node* list = builder.set_array(root, "referrals");
        std::vector<std::string> owners;
        for (const auto& row : *rows) {
            owners.push_back(row.clinic.text());
            Node* object = builder.add_object(list);
            const programme::Label label = programme::state_label(row.state);
            builder.set(object, "case", row.id.text());
            builder.set(object, "hospital", row.hospital.text());
            builder.set(object, "state", row.state);
            exchange::set_label(builder, object, "stateText", label.ja, label.en);
            builder.set(object, "updated", utc(row.updated));
        }
        if (rows->size() == kPage) builder.set(root, "after", rows->back().id.text());
        return EgressDoor::own_records(clinic.organisation.text(), owners,
                                       json::write(document.root()));
    });
}

Result<Shown> Inquire::consent(const access::Principal& clinic, const store::CaseId& id) const {
    return with_reader<Shown>(parts_, [&](store::Reader& reader) -> Result<Shown> {
        auto file = own_case(reader, parts_, clinic, id);
        if (!file) return file.error();
        auto newest = exchange::read_consent(reader, id);
        if (!newest) return newest.error();
        json::Document document;
        Builder builder(document);
        Node* root = builder.object();
        builder.set(root, "case", id.text());
        builder.set_number(root, "version", newest->version);
        const auto decision = privacy::decide(newest->records(),
                                              exchange::release_request(*file, parts_.clock.now()));
        Node* decided = builder.set_object(root, "decision");
        builder.set(decided, "hospital", file->row.hospital.text());
        builder.set(decided, "permit", decision.permit);
        builder.set(decided, "code", decision.code);
        exchange::set_label(builder, decided, "text", decision.ja, decision.en);
        if (const auto end = privacy::expires(newest->resource.root()))
            builder.set(root, "ends", format_instant(*end, file->programme->zone()));
        Node* versions = builder.set_array(root, "versions");
        for (std::int64_t version = newest->version; version > 0; --version) {
            auto held = reader.blob(id, exchange::blob::kConsent, version);
            if (!held) return held.error();
            auto record = json::read(as_text(held->bytes));
            if (!record) return record.error();
            Node* row = builder.add_object(versions);
            builder.set_number(row, "version", version);
            builder.set(row, "status", record->root()["status"].text());
            builder.set(row, "consent", record->root());
        }
        auto out = EgressDoor::own_record(clinic.organisation.text(), file->row.clinic.text(),
                                          json::write(document.root()));
        if (!out) return out.error();
        return Shown{std::move(*out), newest->version};
    });
}

Result<Shown> Inquire::findings(const access::Principal& clinic, const store::CaseId& id) const {
    return with_reader<Shown>(parts_, [&](store::Reader& reader) -> Result<Shown> {
        auto file = own_case(reader, parts_, clinic, id);
        if (!file) return file.error();
        auto view = exchange::findings_view(reader, *file);
        if (!view) return view.error();
        auto out = EgressDoor::own_record(clinic.organisation.text(), file->row.clinic.text(),
                                          json::write(view->root()));
        if (!out) return out.error();
        return Shown{std::move(*out), file->row.version};
    });
}

Result<Outbound> Inquire::disclosures(const access::Principal& clinic,
                                      const store::CaseId& id) const {
    return with_reader<Outbound>(parts_, [&](store::Reader& reader) -> Result<Outbound> {
        // By the row alone: the register outlives a case that is purged.
        auto row_of_case = reader.find_case(id);
        if (!row_of_case) return absent();
        if (row_of_case->clinic != clinic.organisation) return absent();
        auto rows = reader.provisions(id);
        if (!rows) return rows.error();
        json::Document document;
        Builder builder(document);
        Node* list = builder.set_array(builder.object(), "disclosures");
        for (const auto& row : *rows) {
            if (row.record.empty()) continue;  // erased after its term: the log alone tells of it
            auto record = json::read(row.record);
            if (!record) return record.error();
            Node* object = builder.add_object(list);
            for (const json::Value member : record->root())
                builder.set(object, member.key(), member);
            builder.set_number(object, "logIndex", static_cast<std::int64_t>(row.log_index));
            builder.set(object, "salt", to_hex(row.salt));
            builder.set(object, "commitment", to_hex(row.commitment));
        }
        return EgressDoor::own_record(clinic.organisation.text(), row_of_case->clinic.text(),
                                      json::write(document.root()));
    });
}

Result<Outbound> Inquire::offers(const access::Principal& hospital) const {
    return with_reader<Outbound>(parts_, [&](store::Reader& reader) -> Result<Outbound> {
        auto rows = reader.renditions_at(hospital.organisation, {}, {{}, kPage});
        if (!rows) return rows.error();
        json::Document document;
        Builder builder(document);
        Node* list = builder.set_array(builder.object(), "offers");
        for (const auto& row : *rows) {
            if (row.destroyed) continue;
            Node* object = builder.add_object(list);
            const programme::Label label = programme::state_label(row.state);
            builder.set(object, "offer", row.alias.text());
            builder.set(object, "state", row.state);
            exchange::set_label(builder, object, "stateText", label.ja, label.en);
            builder.set(object, "stage", row.stage);
        }
        return EgressDoor::plain(hospital.organisation.text(), json::write(document.root()));
    });
}

Result<Shown> Inquire::offer(const access::Principal& hospital, const store::Alias& alias) const {
    return with_reader<Shown>(parts_, [&](store::Reader& reader) -> Result<Shown> {
        auto rendition = own_rendition(reader, hospital, alias);
        if (!rendition) return rendition.error();
        auto file = exchange::open_case(reader, parts_.artifacts, rendition->case_id);
        if (!file) return file.error();
        auto bundle = exchange::read_blob(reader, rendition->case_id, exchange::blob::kBundle);
        if (!bundle) return bundle.error();
        json::Document document;
        Builder builder(document);
        Node* root = builder.object();
        builder.set(root, "offer", alias.text());
        builder.set(root, "stage", rendition->stage);
        const bool current =
            file->row.hospital == hospital.organisation && file->journey.state == rendition->state;
        if (current) {
            exchange::set_state(builder, root, *file, programme::Actor::Hospital);
        } else {
            const programme::Label label = programme::state_label(rendition->state);
            builder.set(root, "state", rendition->state);
            exchange::set_label(builder, root, "stateText", label.ja, label.en);
        }
        builder.set(
            root, "task",
            "Task/" + exchange::partner_id(alias.text(), exchange::task_number(bundle->root())));
        builder.set(root, "encounter",
                    "Encounter/" +
                        exchange::partner_id(alias.text(), exchange::stay_number(bundle->root())));
        auto out = EgressDoor::plain(hospital.organisation.text(), json::write(document.root()));
        if (!out) return out.error();
        return Shown{std::move(*out), rendition->version};
    });
}

Result<Shown> Inquire::resource(const access::Principal& who, std::string_view type,
                                std::string_view id) const {
    const auto partner = exchange::split_partner_id(id);
    if (!partner) return absent();
    return with_reader<Shown>(parts_, [&](store::Reader& reader) -> Result<Shown> {
        if (who.role == access::Role::Clinic) {
            const store::CaseId case_id{partner->alias.text()};
            auto file = own_case(reader, parts_, who, case_id);
            if (!file) return file.error();
            auto bundle = exchange::read_blob(reader, case_id, exchange::blob::kBundle);
            if (!bundle) return bundle.error();
            auto consent = exchange::read_consent(reader, case_id);
            if (!consent) return consent.error();
            const json::Document current = exchange::bundle_in_state(
                bundle->root(), consent->resource.root(), file->journey, file->journey.state);
            // Before it is sent there is no stay yet (contracts.md section 4).
            const bool no_stay = programme::effect_of(file->journey.state).encounter.empty();
            if (no_stay && partner->number == exchange::stay_number(current.root()))
                return absent();
            auto resource = clinic_resource(current.root(), case_id.text(), type, partner->number);
            if (!resource) return resource.error();
            auto out = EgressDoor::own_record(who.organisation.text(), file->row.clinic.text(),
                                              json::write(resource->root()));
            if (!out) return out.error();
            return Shown{std::move(*out), file->row.version};
        }
        auto rendition = own_rendition(reader, who, partner->alias);
        if (!rendition) return rendition.error();
        auto out = exchange::render_resource(reader, parts_, partner->alias, type, id);
        if (!out) return out.error().code == Code::NotFound ? absent() : out.error();
        std::optional<exchange::Reading> reading;
        if (type != "Task" && out->reading.shown_as != "status") reading = std::move(out->reading);
        return Shown{std::move(out->body), rendition->version, reading};
    });
}

Result<Outbound> Inquire::search_tasks(const access::Principal& hospital,
                                       const std::vector<std::string>& statuses,
                                       std::size_t count) const {
    return with_reader<Outbound>(parts_, [&](store::Reader& reader) -> Result<Outbound> {
        auto rows = reader.renditions_at(hospital.organisation, {}, {{}, std::min(count, kPage)});
        if (!rows) return rows.error();
        std::vector<exchange::Hit> hits;
        for (const auto& row : *rows) {
            const std::string_view status = programme::effect_of(row.state).task;
            const bool wanted = statuses.empty() || std::find(statuses.begin(), statuses.end(),
                                                              status) != statuses.end();
            if (row.destroyed || !wanted) continue;
            auto bundle = exchange::read_blob(reader, row.case_id, exchange::blob::kBundle);
            if (!bundle) return bundle.error();
            hits.push_back(
                {row.alias,
                 exchange::partner_id(row.alias.text(), exchange::task_number(bundle->root()))});
        }
        auto found =
            exchange::render_searchset(reader, parts_, hospital.organisation, "Task", hits);
        if (!found) return found.error();
        return std::move(found->bundle);
    });
}

Result<exchange::Searchset> Inquire::search_notices(const access::Principal& who) const {
    using exchange::Searchset;
    return with_reader<Searchset>(parts_, [&](store::Reader& reader) -> Result<Searchset> {
        auto rows = reader.renditions_at(who.organisation, {}, {{}, kPage});
        if (!rows) return rows.error();
        std::vector<exchange::Hit> hits;
        for (const auto& row : *rows) {
            if (row.destroyed || !parts_.artifacts.notice_rules_for(row.stage)) continue;
            hits.push_back(
                {row.alias, exchange::partner_id(row.alias.text(), exchange::kNoticeNumber)});
        }
        return exchange::render_searchset(reader, parts_, who.organisation, "Communication", hits);
    });
}

Result<exchange::Rendered> Inquire::notice(const access::Principal& clinic, const store::CaseId& id,
                                           const store::OrganisationId& recipient,
                                           std::string_view channel) const {
    return with_reader<exchange::Rendered>(
        parts_, [&](store::Reader& reader) -> Result<exchange::Rendered> {
            auto file = own_case(reader, parts_, clinic, id);
            if (!file) return file.error();
            auto rendition = reader.find_rendition(id, recipient);
            if (!rendition) return absent();
            auto rendered = exchange::render_notice(reader, parts_, *file, recipient, channel);
            if (!rendered)
                return rendered.error().code == Code::NotFound ? absent() : rendered.error();
            return std::move(*rendered);
        });
}

Result<Outbound> Inquire::statistics(const access::Principal& city) const {
    return with_reader<Outbound>(parts_, [&](store::Reader& reader) -> Result<Outbound> {
        auto rows = reader.count_cases();
        if (!rows) return rows.error();
        std::map<std::string, std::vector<store::CaseCount>> programmes;
        for (auto& row : *rows) programmes[row.programme].push_back(std::move(row));
        const exchange::CountRules& rules = parts_.artifacts.count_rules;
        const auto has = [&](std::string_view name) {
            return std::find(rules.counts.begin(), rules.counts.end(), name) != rules.counts.end();
        };
        json::Document document;
        Builder builder(document);
        Node* root = builder.object();
        builder.set(root, "asOf", utc(parts_.clock.now()));
        builder.set_number(root, "floor", rules.floor);
        Node* list = builder.set_array(root, "programmes");
        for (const auto& [programme, states] : programmes) {
            Node* object = builder.add_object(list);
            builder.set(object, "programme", programme);
            const StateCounts counts = above_floor(states, rules.floor);
            if (has("cases")) builder.set_number(object, "cases", counts.total);
            if (!has("state")) continue;
            Node* by_state = builder.set_object(object, "states");
            for (const auto& [state, cases] : counts.shown)
                builder.set_number(by_state, state, cases);
            if (counts.other > 0) builder.set_number(by_state, "other", counts.other);
        }
        return EgressDoor::plain(city.organisation.text(), json::write(document.root()));
    });
}

Result<Outbound> Inquire::parked(const access::Principal& operator_principal) const {
    return with_reader<Outbound>(parts_, [&](store::Reader& reader) -> Result<Outbound> {
        auto rows = reader.parked(kPage);
        if (!rows) return rows.error();
        json::Document document;
        Builder builder(document);
        Node* list = builder.set_array(builder.object(), "parked");
        for (const auto& row : *rows) {
            Node* object = builder.add_object(list);
            builder.set_number(object, "delivery", row.number);
            builder.set(object, "kind", row.kind);
            builder.set(object, "hospital", row.hospital.text());
            builder.set(object, "reason", row.outcome);
            builder.set(object, "queued", utc(row.queued));
            builder.set_number(object, "attempts", row.attempts);
        }
        return EgressDoor::plain(operator_principal.organisation.text(),
                                 json::write(document.root()));
    });
}

Status Inquire::export_log(std::ostream& out, const audit::NoteKey& key) const {
    return parts_.store.read([&](store::Reader& reader) -> Status {
        auto checkpoint = reader.checkpoint();
        if (!checkpoint) return checkpoint.error();
        if (!*checkpoint) return Error{Code::NotFound, "no checkpoint is signed yet", {}};
        const auto opened = audit::open_checkpoint((*checkpoint)->note, std::span{&key, 1});
        if (!opened) return opened.error();
        audit::Exporter exporter(out, key);
        for (std::uint64_t begin = 0; begin < opened->size;) {
            auto rows = reader.log_entries(begin, std::min(opened->size, begin + kLogPage));
            if (!rows) return rows.error();
            if (rows->empty())
                return Error{Code::Internal, "the log ends before its checkpoint", {}};
            for (const auto& row : *rows) {
                if (auto written = exporter.entry(row.bytes); !written) return written;
            }
            begin += rows->size();
        }
        if (auto written = exporter.checkpoint((*checkpoint)->note); !written) return written;
        return exporter.finish();
    });
}

Result<Outbound> Inquire::validate(const access::Principal& who, std::string_view text,
                                   json::Value resource,
                                   const std::vector<std::string>& profiles) const {
    const exchange::Artifacts& data = parts_.artifacts;
    validate::Options options;
    options.now = parts_.clock.now();
    options.find = [&](std::string_view url) { return data.questionnaires->find(url); };
    for (const std::string& each : profiles) {
        const fhir::TypeDef* type = data.definitions->type(each);
        if (!type) return Error{Code::Invalid, "profile is not known here", "profile"};
        // A form is known by its model, a resource by its resourceType as well.
        if (type->kind == fhir::TypeKind::Logical && profiles.size() == 1) {
            options.profile = each;
        } else {
            options.profiles.push_back(each);
        }
    }
    const auto issues = data.validator->validate(resource, options);
    const json::Document outcome = fhir::operation_outcome(issues, text);
    return EgressDoor::plain(who.organisation.text(), json::write(outcome.root()));
}

}  // namespace tsunagi::inquire
