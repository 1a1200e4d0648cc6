#include "exchange/packet.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <string>
#include <utility>

#include "exchange/agreement.h"
#include "exchange/documents.h"
#include "json/builder.h"
#include "json/reader.h"
#include "privacy/leak_scan.h"
#include "privacy/unknown_people.h"
#include "text/date.h"
#include "translate/reading.h"
#include "translate/translator.h"

namespace tsunagi::exchange {
namespace {

using fhir::Issue;

void append(std::vector<Issue>& issues, std::vector<Issue> more) {
    std::move(more.begin(), more.end(), std::back_inserter(issues));
}

Refusal content(std::vector<Issue> issues) { return {Refused::Content, std::move(issues)}; }

/// The civil date of a cell, or empty when it is missing or partial.
std::string full_date(std::string_view cell) {
    const auto date = text::read_datetime(cell, std::chrono::minutes{0});
    return date && date->size() >= 10 ? date->substr(0, 10) : std::string{};
}

std::optional<int> days(const std::string& from, const std::string& to) {
    const auto between = text::days_between(from, to);
    return between ? std::optional{*between} : std::nullopt;
}

/// Age by law on the application date where a birth date is given, else as the clinic wrote it.
std::optional<int> age_of(json::Value packet, const std::string& application_date) {
    for (const std::string_view part : {"identity", "referralLetter", "patientSheet"}) {
        const std::string birth = full_date(packet[part]["birthDate"].text());
        if (const auto age = text::age_on(birth, application_date)) return *age;
    }
    const json::Value written = packet["bedRequest"]["age"];
    return written ? std::optional{static_cast<int>(written.integer())} : std::nullopt;
}

programme::Registrations::Standing standing_of(json::Value applicant, const Artifacts& artifacts,
                                               const programme::Programme& rules,
                                               const std::string& date) {
    for (const auto& registrations : artifacts.registrations) {
        if (registrations.programme() != rules.id()) continue;
        return registrations.find(applicant["registrationNumber"].text(), date,
                                  rules.non_member_documents());
    }
    return {};
}

programme::Facts facts_of(json::Value packet, const Artifacts& artifacts,
                          const programme::Programme& rules) {
    const json::Value request = packet["bedRequest"];
    programme::Facts facts;
    facts.application_date = full_date(request["appliedAt"].text());
    facts.age = age_of(packet, facts.application_date);
    facts.registration =
        standing_of(request["applicant"], artifacts, rules, facts.application_date);
    facts.admission_in_days = days(facts.application_date, full_date(request["neededBy"].text()));
    facts.certification_in_days =
        days(facts.application_date, full_date(request["careInsurance"]["validTo"].text()));
    if (request["plannedDays"])
        facts.planned_days = static_cast<int>(request["plannedDays"].integer());
    return facts;
}

/// The end of the day on which the bed is needed, in the programme's zone.
std::optional<Instant> needed_by(json::Value packet, const programme::Programme& rules) {
    const std::string date = full_date(packet["bedRequest"]["neededBy"].text());
    if (date.empty()) return {};
    const auto midnight = parse_instant(date + "T00:00:00Z");
    if (!midnight) return {};
    return *midnight - rules.zone() + std::chrono::days{1} - std::chrono::seconds{1};
}

std::vector<Issue> my_numbers(json::Value packet) {
    std::vector<Issue> issues;
    for (auto& cell : privacy::cells_with_my_number(packet)) {
        Issue issue;
        issue.type = "business-rule";
        issue.code = "my-number";
        issue.rule = "L9";
        issue.ja =
            "個人番号（マイナンバー）と思われる数字があります。個人番号は受け取れません。消して送り"
            "直してください。";
        issue.en =
            "There is a number that looks like an Individual Number (My Number). It must not be "
            "sent. Remove it and send again.";
        issue.expression = std::move(cell);
        issues.push_back(std::move(issue));
    }
    return issues;
}

/// More than a person can look at one by one.
std::vector<Issue> too_many(std::span<const Place> findings) {
    if (findings.size() <= kMostFindings) return {};
    return refuse(Refused::Content, "too-many-findings", findings.front().cell,
                  "氏名や番号と思われる記載が多すぎて、一つずつ確認できません。必要のない記載を除"
                  "いて送り直してください。",
                  "There are too many places that look like people or numbers to be looked at "
                  "one by one. Remove what is not needed and send again.",
                  "R18")
        .issues;
}

json::Document consent_of(json::Value bundle) {
    for (const json::Value entry : bundle["entry"]) {
        if (entry["resource"]["resourceType"].text() == "Consent")
            return json::clone(entry["resource"]);
    }
    return {};
}

/// What the city's own form of a packet asks beyond ours, where no rule of the programme has said
/// it in its own words.
std::vector<Issue> beyond_ours(json::Value packet, const Artifacts& artifacts,
                               const programme::Programme& rules, std::span<const Issue> said) {
    if (rules.model().empty()) return {};
    auto issues = artifacts.validator->validate(
        packet, {.profile = std::string{rules.model()}, .root_name = "Packet", .warnings = false});
    std::erase_if(issues, [&](const Issue& each) {
        return std::any_of(said.begin(), said.end(), [&](const Issue& rule) {
            return rule.expression.starts_with(each.expression) ||
                   each.expression.starts_with(rule.expression);
        });
    });
    return issues;
}

/// Nobody counted how many people there are with it: a person must judge (domain 5.13).
Issue rare_disease() {
    Issue issue;
    issue.severity = fhir::IssueSeverity::Warning;
    issue.type = "business-rule";
    issue.code = "rare-disease";
    issue.expression = "Packet.bedRequest.intractableDisease.name";
    issue.ja =
        "まれな病名と年齢・市区町村から本人が分かるおそれがあります。申込医師が確認してください。";
    issue.en =
        "A rare disease, the age band and the town together may tell who it is. The applying "
        "doctor should check.";
    return issue;
}

}  // namespace

Act<PreparedPacket> prepare_packet(const Parts& parts, std::string_view body, const Applicant& who,
                                   Recheck recheck) {
    auto document = json::read(body);
    if (!document) {
        return refuse(
            Refused::Malformed, "not-json", {},
            "JSONとして読めません（" + document.error().where + "）。送り直してください。",
            "Not readable as JSON (" + document.error().where + ": " + document.error().message +
                "). Send it again.");
    }
    const json::Value packet = document->root();
    if (packet["resourceType"].text() != "Packet") {
        return refuse(Refused::Malformed, "not-a-packet", "Packet",
                      "送付一式（Packet）ではありません。", "This is not a Packet.");
    }
    const Artifacts& artifacts = parts.artifacts;
    auto issues = artifacts.validator->validate(
        packet, {.profile = std::string{kPacketModel}, .root_name = "Packet"});
    const programme::Programme* rules = artifacts.programme(packet["programme"].text());
    if (!rules) {
        append(issues, refuse(Refused::Content, "unknown-programme", "Packet.programme",
                              "この事業は登録されていません。事業の名前を確認してください。",
                              "This programme is not known here. Check its name.")
                           .issues);
    }
    append(issues, my_numbers(packet));
    append(issues, check_agreement(packet));
    if (!rules) return content(std::move(issues));
    if (!rules->hospital(packet["destination"].text())) {
        append(issues,
               refuse(Refused::Content, "unknown-destination", "Packet.destination",
                      "申込先が事業の病院一覧にありません。一覧から選び直してください。",
                      "The destination is not in the programme's directory. Choose one that is.",
                      "R28")
                   .issues);
    }
    if (fhir::has_error(issues)) return content(std::move(issues));

    programme::Verdict verdict;
    if (recheck != Recheck::Identity) {
        programme::Facts facts = facts_of(packet, artifacts, *rules);
        facts.amendment = recheck == Recheck::Consent;
        const Status looked = parts.store.read([&](store::Reader& reader) -> Status {
            const auto another = is_form_of_another(reader, who, packet);
            if (!another) return another.error();
            facts.form_of_another = *another;
            return {};
        });
        if (!looked) return refuse(looked.error());
        auto checked = rules->check(packet, facts, parts.clock.now());
        if (!checked) return refuse(checked.error());
        verdict = std::move(*checked);
        // The programme says it in its own words where it has a rule.
        const bool said = std::any_of(
            verdict.issues.begin(), verdict.issues.end(),
            [](const Issue& each) { return each.expression == "Packet.consent.method"; });
        if (!said) append(issues, check_consent_mode(packet, rules->file()["consentMode"].text()));
    }
    std::vector<Issue> beyond;
    if (recheck == Recheck::Everything)
        beyond = beyond_ours(packet, artifacts, *rules, verdict.issues);
    if (!beyond.empty()) verdict.only_denied = false;
    append(issues, std::move(beyond));
    if (recheck == Recheck::Consent) {
        std::erase_if(verdict.issues, [](const Issue& each) {
            return !each.expression.starts_with("Packet.consent");
        });
    }
    const std::size_t before = issues.size();
    const json::Document readable =
        translate::read_cells(packet, *artifacts.definitions, kPacketModel, rules->zone(), issues);
    const bool unreadable = fhir::has_error(std::span{issues}.subspan(before));
    append(issues, std::move(verdict.issues));
    auto findings = places_of(privacy::find_unknown(*artifacts.names, packet));
    if (recheck == Recheck::Everything) append(issues, too_many(findings));
    if (fhir::has_error(issues)) {
        // A missing consent is 403, not a slip of the pen (contracts.md section 2).
        return Refusal{verdict.only_denied && !unreadable ? Refused::Denied : Refused::Content,
                       std::move(issues)};
    }

    const translate::Environment environment{parts.clock.now(), rules->zone(), parts.random};
    auto translation =
        translate::translate(*artifacts.maps, kPacketMap, readable.root(), environment);
    if (!translation) {
        parts.log.error("translate.failed", {{"code", translation.error().code}});
        return refuse(translation.error());
    }
    append(issues, std::move(translation->issues));
    if (fhir::has_error(issues)) return content(std::move(issues));
    const auto faults = artifacts.validator->validate(
        translation->output.root(), {.warnings = false, .now = parts.clock.now()});
    if (fhir::has_error(faults)) {
        // The maps made a Bundle that is not FHIR: our fault, and nothing of it may leave.
        for (const auto& fault : faults) {
            if (fault.severity > fhir::IssueSeverity::Error) continue;
            parts.log.error("bundle.invalid", {{"rule", LogField::Word{fault.code}},
                                               {"at", LogField::Word{fault.expression}}});
        }
        return refuse(Error{Code::Internal, "translated Bundle is not valid", {}});
    }
    json::Document known = json::clone(translation->output.root());
    add_directory(known, *rules);
    auto missing = missing_cells(known.root(), artifacts);
    if (!missing) return refuse(missing.error());
    append(issues, std::move(*missing));

    if (!artifacts.offer_rules->population() &&
        packet["bedRequest"]["intractableDisease"]["present"].truth())
        issues.push_back(rare_disease());
    PreparedPacket prepared;
    prepared.programme = rules;
    prepared.needed_by = needed_by(packet, *rules);
    prepared.consent = consent_of(translation->output.root());
    prepared.receipt = translate::to_json(translation->receipt);
    prepared.provenance =
        translate::provenance_of(translation->receipt, translation->output.root());
    prepared.bundle = std::move(translation->output);
    prepared.packet = std::move(*document);
    prepared.flags = std::move(issues);
    prepared.findings = std::move(findings);
    return prepared;
}

}  // namespace tsunagi::exchange
