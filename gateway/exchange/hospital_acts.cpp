#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "exchange/advance.h"
#include "exchange/exchange.h"
#include "exchange/render.h"
#include "json/reader.h"
#include "json/writer.h"

namespace tsunagi::exchange {
namespace {

namespace action = programme::action;

/// What a hospital says with a Task or Encounter: the move it means, or nothing when it changes
/// nothing.
struct Intent {
    std::string_view action;
    programme::Inputs inputs;
};

std::string_view first_code(json::Value concept_value) {
    return concept_value["coding"].at(0)["code"].text();
}

/// The value of the output with this code, whatever its type (contracts.md section 4).
std::string output(json::Value task, std::string_view code) {
    for (const json::Value each : task["output"]) {
        if (first_code(each["type"]) != code) continue;
        for (const json::Value member : each) {
            if (!member.key().starts_with("value")) continue;
            if (member.is_string()) return std::string{member.text()};
            if (const auto display = member["display"]) return std::string{display.text()};
            return std::string{member["value"].text()};
        }
    }
    return {};
}

std::optional<Intent> intent_of_task(json::Value task, std::string_view status_now) {
    Intent intent;
    intent.inputs.planned_admission = output(task, "planned-admission");
    intent.inputs.planned_discharge = output(task, "planned-discharge");
    intent.inputs.decided_by = output(task, "decided-by");
    intent.inputs.reason = std::string{first_code(task["statusReason"])};
    const std::string_view status = task["status"].text();
    const bool proposes = status == "received" && !intent.inputs.planned_admission.empty();
    if (status == status_now && !proposes) return {};
    if (status == "received") {
        intent.action = proposes ? action::kPropose : action::kReceive;
    } else if (status == "accepted") {
        intent.action = action::kAccept;
    } else if (status == "rejected") {
        intent.action = action::kDecline;
    } else {
        intent.action = status;  // no move has the name of any other status: the state machine
                                 // refuses it by name
    }
    return intent;
}

std::optional<Intent> intent_of_encounter(json::Value encounter, std::string_view status_now) {
    const std::string_view status = encounter["status"].text();
    if (status == status_now) return {};
    Intent intent;
    if (status == "in-progress") {
        intent.action = action::kAdmit;
        intent.inputs.at = std::string{encounter["period"]["start"].text()};
    } else if (status == "finished") {
        const bool died = first_code(encounter["hospitalization"]["dischargeDisposition"]) == "exp";
        intent.action = died ? action::kDied : action::kDischarge;
        intent.inputs.at = std::string{encounter["period"]["end"].text()};
    } else if (status == "cancelled") {
        intent.action = action::kNoShow;
    } else {
        intent.action = status;
    }
    return intent;
}

/// The rendition this hospital may act on: its own, and still the one where the case stands.
Result<store::RenditionRow> own_rendition(store::Reader& reader, const access::Principal& hospital,
                                          const store::Alias& alias) {
    auto rendition = reader.find_rendition(alias);
    if (!rendition) return rendition;
    const bool hospitals = rendition->stage == "offer" || rendition->stage == "release";
    if (rendition->hospital != hospital.organisation || rendition->destroyed || !hospitals)
        return Error{Code::NotFound, "no such resource", {}};
    return rendition;
}

Refusal stale() {
    return refuse(Refused::Stale, "stale", {},
                  "If-Matchの版が最新ではありません。読み直してから更新してください。",
                  "If-Match names an older version. Read it again, then update.");
}

/// Acceptance is recorded only while the release it causes is allowed (contracts.md section 5).
std::optional<Refusal> refuse_acceptance(store::Reader& reader, const Parts& parts,
                                         const CaseFile& file) {
    auto consent = read_consent(reader, file.row.id);
    if (!consent) return refuse(consent.error());
    const auto decision =
        privacy::decide(consent->records(), release_request(file, parts.clock.now()));
    if (decision.permit) return {};
    return refuse(
        Refused::Denied, "consent-" + decision.code, "Task.status",
        "患者さんの同意が有効でないため、受入れを確定できません。かかりつけ医に連絡してください。" +
            decision.ja,
        "The patient's consent is not in force, so the acceptance cannot be recorded. Please call "
        "the family doctor. " +
            decision.en,
        "R5");
}

struct Moved {
    std::optional<Refusal> refusal;
    std::int64_t case_version = 0;
    std::int64_t rendition_version = 0;
};

/// The shared path of every hospital act: `intent_of` sees the case and says what is meant.
Result<Moved> move_case(
    store::Transaction& transaction, const Parts& parts, const access::Principal& hospital,
    const store::Alias& alias, std::optional<std::int64_t> if_match,
    const std::function<std::optional<Intent>(const programme::Effect&)>& intent_of) {
    auto rendition = own_rendition(transaction, hospital, alias);
    if (!rendition) return rendition.error();
    Moved moved;
    moved.rendition_version = rendition->version;
    if (if_match && *if_match != rendition->version) {
        moved.refusal = stale();
        return moved;
    }
    auto file = open_case(transaction, parts.artifacts, rendition->case_id);
    if (!file) return file.error();
    moved.case_version = file->row.version;
    const auto intent = intent_of(programme::effect_of(rendition->state));
    if (!intent) return moved;
    // A hospital that declined, or was left for another, has nothing to move any more.
    const bool current =
        file->row.hospital == hospital.organisation && rendition->state == file->journey.state;
    if (!current) {
        moved.refusal = refuse(Refused::IllegalMove, "illegal-move", {},
                               "この申込は終了しています。操作はできません。",
                               "This request has ended here. Nothing can be changed any more.");
        return moved;
    }
    if (intent->action == action::kAccept) {
        moved.refusal = refuse_acceptance(transaction, parts, *file);
        if (moved.refusal) return moved;
    }
    auto advanced = advance(
        transaction, parts, *file,
        {intent->action, programme::Actor::Hospital, hospital.organisation.text(), intent->inputs},
        hospital);
    if (!advanced) return advanced.error();
    if (!advanced->issues.empty()) moved.refusal = refuse_step(std::move(advanced->issues));
    moved.case_version = advanced->version;
    moved.rendition_version = advanced->rendition_version;
    return moved;
}

Act<Updated> update(const Parts& parts, const access::Principal& hospital, std::string_view type,
                    std::string_view id, std::int64_t if_match, std::string_view body,
                    std::optional<Intent> (*intent_of)(json::Value, std::string_view)) {
    auto document = json::read(body);
    if (!document || document->root()["resourceType"].text() != type ||
        document->root()["id"].text() != id) {
        return refuse(Refused::Malformed, "not-the-resource", std::string{type},
                      "本文がこのリソースではありません（種類とidを確認してください）。",
                      "The body is not this resource. Check its type and id.");
    }
    const json::Value resource = document->root();
    auto issues = parts.artifacts.validator->validate(
        resource, {.root_name = std::string{type}, .hints = false, .now = parts.clock.now()});
    if (fhir::has_error(issues)) return Refusal{Refused::Content, std::move(issues)};
    const auto partner = split_partner_id(id);
    if (!partner) return refuse(Error{Code::NotFound, "no such resource", {}});

    Moved moved;
    std::optional<privacy::Outbound> shown;
    const Status written = parts.store.write([&](store::Transaction& transaction) -> Status {
        auto result = move_case(transaction, parts, hospital, partner->alias, if_match,
                                [&](const programme::Effect& effect) {
                                    return intent_of(
                                        resource, type == "Task" ? effect.task : effect.encounter);
                                });
        if (!result) return result.error();
        moved = std::move(*result);
        if (moved.refusal) return {};
        // The id must be that resource of the case, not another that happens to exist.
        auto rendered = render_resource(transaction, parts, partner->alias, type, id);
        if (!rendered) return rendered.error();
        shown = std::move(rendered->body);
        return {};
    });
    if (!written) return refuse(written.error());
    if (moved.refusal) return std::move(*moved.refusal);
    return Updated{std::move(*shown), moved.rendition_version};
}

}  // namespace

Act<Updated> Exchange::update_task(const access::Principal& hospital, std::string_view id,
                                   std::int64_t if_match, std::string_view body) {
    return update(parts_, hospital, "Task", id, if_match, body, intent_of_task);
}

Act<Updated> Exchange::update_encounter(const access::Principal& hospital, std::string_view id,
                                        std::int64_t if_match, std::string_view body) {
    return update(parts_, hospital, "Encounter", id, if_match, body, intent_of_encounter);
}

Act<std::int64_t> Exchange::act_as_hospital(const access::Principal& hospital,
                                            const store::Alias& alias, std::string_view action_name,
                                            const programme::Inputs& inputs) {
    Moved moved;
    const Status written = parts_.store.write([&](store::Transaction& transaction) -> Status {
        auto result =
            move_case(transaction, parts_, hospital, alias, {}, [&](const programme::Effect&) {
                return std::optional{Intent{action_name, inputs}};
            });
        if (!result) return result.error();
        moved = std::move(*result);
        return {};
    });
    if (!written) return refuse(written.error());
    if (moved.refusal) return std::move(*moved.refusal);
    return moved.rendition_version;
}

}  // namespace tsunagi::exchange
