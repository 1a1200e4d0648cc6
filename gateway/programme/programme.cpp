#include "programme/programme.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "fhirpath/expression.h"
#include "json/builder.h"

namespace tsunagi::programme {
namespace {

enum class RuleEffect { Refuse, Flag, Emergency };

struct Rule {
    std::string key, id, cell, ja, en;
    RuleEffect effect = RuleEffect::Refuse;
    bool denied = false;
    fhir::Fault fault = fhir::Fault::Sender;
    std::optional<fhirpath::Expression> when;
    std::optional<fhirpath::Expression> assertion;
};

constexpr std::string_view kPacketModel = "https://tsunagi.example/fhir/StructureDefinition/Packet";

/// `at`: what is broken in the file; absent where the fault shows only on a packet.
Error broken(std::string what, std::string_view programme, std::string_view where,
             json::Value at = {}) {
    std::string place = at ? "byte " + std::to_string(at.offset()) + ": " : std::string{};
    place.append(programme).append(": ").append(where);
    return Error{Code::Invalid, std::move(what), std::move(place)};
}

Result<RuleEffect> effect_of_text(std::string_view text) {
    if (text == "refuse") return RuleEffect::Refuse;
    if (text == "flag") return RuleEffect::Flag;
    if (text == "route-emergency") return RuleEffect::Emergency;
    return Error{Code::Invalid, "severity is refuse, flag or route-emergency", {}};
}

Result<fhir::Fault> fault_of_text(std::string_view text) {
    for (const auto fault :
         {fhir::Fault::Sender, fhir::Fault::Gateway, fhir::Fault::Receiver, fhir::Fault::Rule}) {
        if (fhir::name(fault) == text) return fault;
    }
    return Error{Code::Invalid, "fault is sender, gateway, receiver or rule", {}};
}

/// FHIRPath over a packet: parsed, and every step one that a packet can take.
Result<fhirpath::Expression> read_condition(json::Value text,
                                            const fhir::Definitions& definitions) {
    auto parsed = fhirpath::Expression::parse(text.text());
    if (!parsed) return parsed;
    const Status fits = fhirpath::check(*parsed, definitions, definitions.type(kPacketModel));
    if (!fits) return fits.error();
    return parsed;
}

Result<Rule> read_rule(json::Value row, std::string_view programme,
                       const fhir::Definitions& definitions) {
    Rule rule;
    rule.key = std::string{row["key"].text()};
    rule.id = std::string{row["id"].text()};
    rule.cell = std::string{row["expression"].text()};
    rule.ja = std::string{row["message"]["ja"].text()};
    rule.en = std::string{row["message"]["en"].text()};
    rule.denied = row["status"].integer(422) == 403;
    const std::string where = "rule " + rule.id + " (" + rule.key + ")";
    if (rule.key.empty() || rule.id.empty() || rule.cell.empty() || rule.ja.empty() ||
        rule.en.empty()) {
        return broken("a rule has key, id, expression and a message in both languages", programme,
                      where, row);
    }
    const auto effect = effect_of_text(row["severity"].text());
    if (!effect) return broken(effect.error().message, programme, where, row["severity"]);
    rule.effect = *effect;
    const auto fault = fault_of_text(row["fault"].text());
    if (!fault) return broken(fault.error().message, programme, where, row["fault"]);
    rule.fault = *fault;
    auto assertion = read_condition(row["assert"], definitions);
    if (!assertion)
        return broken(to_string(assertion.error()), programme, where + ", assert",
                      row["assert"] ? row["assert"] : row);
    rule.assertion = std::move(*assertion);
    if (row["when"]) {
        auto when = read_condition(row["when"], definitions);
        if (!when) return broken(to_string(when.error()), programme, where + ", when", row["when"]);
        rule.when = std::move(*when);
    }
    return rule;
}

/// Domain L7 and contracts.md section 5 are the bounds: a city keeps the register longer or purges
/// sooner, never the other way round.
Result<Retention> read_retention(json::Value file, std::string_view programme) {
    const auto whole = [](json::Value number, std::chrono::hours::rep otherwise) {
        return number ? number.integer(-1) : otherwise;
    };
    const json::Value said = file["retention"];
    Retention retention;
    // A longer term is a person's whole life: more is a slip of the pen.
    constexpr int kLongest = 100;
    const auto years = whole(said["registerYears"], retention.register_kept.count());
    if (years < retention.register_kept.count() || years > kLongest)
        return broken("the register is kept 3 years and more (at most 100)", programme,
                      "retention.registerYears", said["registerYears"]);
    retention.register_kept = std::chrono::years{years};
    const auto after = whole(said["purgeAfterHours"], retention.purge_after.count());
    const auto by = whole(said["purgeByHours"], retention.purge_by.count());
    constexpr int kDay = 24;
    if (by < 1 || by > kDay)
        return broken("a case without a release is purged within 24 hours", programme,
                      "retention.purgeByHours", said["purgeByHours"]);
    if (after < 1 || after > by)
        return broken("purgeAfterHours is 1 and more, and not later than purgeByHours", programme,
                      "retention.purgeAfterHours",
                      said["purgeAfterHours"] ? said["purgeAfterHours"] : said["purgeByHours"]);
    retention.purge_after = std::chrono::hours{after};
    retention.purge_by = std::chrono::hours{by};
    return retention;
}

fhirpath::Collection optional_integer(std::optional<int> number) {
    return number ? fhirpath::Collection{fhirpath::Item::integer(*number)} : fhirpath::Collection{};
}

/// The value at "Packet.bedRequest.age", for the place in the source; absent when a step is.
json::Value at_path(json::Value packet, std::string_view path) {
    path.remove_prefix(std::min(path.find('.'), path.size()));
    while (path.starts_with('.')) {
        path.remove_prefix(1);
        const std::size_t end = std::min(path.find('.'), path.size());
        const json::Value next = packet[path.substr(0, end)];
        if (!next) break;  // the cell is missing: point at the part that should hold it
        packet = next;
        path.remove_prefix(end);
    }
    return packet;
}

}  // namespace

std::chrono::days Retention::register_days() const noexcept {
    constexpr int kYear = 365, kLeap = 4;
    const auto years = static_cast<int>(register_kept.count());
    return std::chrono::days{years * kYear + (years + kLeap - 1) / kLeap};
}

struct Programme::Parts {
    json::Document file;
    std::string id, version;
    std::chrono::minutes zone{0};
    std::chrono::minutes undelivered_after{15};
    Retention retention;
    std::vector<Hop> chain;
    std::vector<Hospital> hospitals;
    std::vector<std::string> decline_reasons;
    std::vector<std::string> withdrawers;
    std::vector<std::string> reviewers;
    std::vector<std::string> non_member_documents;
    bool needs_discharge_record = false;
    std::vector<Rule> rules;
    const fhir::Definitions* definitions = nullptr;
};

Programme::Programme(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Programme::Programme(Programme&&) noexcept = default;
Programme& Programme::operator=(Programme&&) noexcept = default;
Programme::~Programme() = default;

Result<Programme> Programme::load(json::Value file, const fhir::Definitions& definitions) {
    auto parts = std::make_unique<Parts>();
    parts->file = json::clone(file);
    parts->definitions = &definitions;
    parts->id = std::string{file["id"].text()};
    parts->version = std::string{file["version"].text()};
    if (parts->id.empty() || parts->version.empty())
        return broken("a programme has id and version", "programme", "id", file);
    const auto zone = parse_offset(file["timeZone"].text());
    if (!zone)
        return broken("timeZone is an offset such as +09:00", parts->id, "timeZone",
                      file["timeZone"] ? file["timeZone"] : file);
    parts->zone = *zone;
    parts->undelivered_after = std::chrono::minutes{file["undeliveredAfterMinutes"].integer(15)};
    const auto retention = read_retention(file, parts->id);
    if (!retention) return retention.error();
    parts->retention = *retention;
    parts->needs_discharge_record = !file["dischargeGate"]["anyOf"].empty();
    for (const json::Value code : file["declineReasons"]["codes"])
        parts->decline_reasons.emplace_back(code.text());
    for (const json::Value who : file["consentWithdrawal"]["by"])
        parts->withdrawers.emplace_back(who.text());
    for (const json::Value role : file["findings"]["review"])
        parts->reviewers.emplace_back(role.text());
    if (parts->reviewers.empty()) parts->reviewers.emplace_back("clinic");
    for (const json::Value document : file["registration"]["documents"]["nonMember"]) {
        parts->non_member_documents.emplace_back(document.text());
    }
    for (const json::Value row : file["hospitals"]) {
        parts->hospitals.push_back(
            {std::string{row["id"].text()}, std::string{row["name"]["ja"].text()},
             std::string{row["name"]["en"].text()}, std::string{row["department"]["ja"].text()},
             std::string{row["institutionCode"].text()}});
    }
    for (const json::Value row : file["chain"]) {
        Hop hop;
        hop.id = std::string{row["id"].text()};
        hop.ja = std::string{row["title"]["ja"].text()};
        hop.en = std::string{row["title"]["en"].text()};
        for (const json::Value before : row["after"]) {
            // A hop waits only for hops that stand before it: the chain cannot wait for itself.
            const bool known =
                std::any_of(parts->chain.begin(), parts->chain.end(),
                            [&](const Hop& each) { return each.id == before.text(); });
            if (!known)
                return broken("a hop waits for a hop that does not stand before it", parts->id,
                              "chain " + hop.id, before);
            hop.after.emplace_back(before.text());
        }
        if (hop.id.empty() || hop.ja.empty() || hop.en.empty())
            return broken("a hop has id and title", parts->id, "chain", row);
        parts->chain.push_back(std::move(hop));
    }
    if (parts->hospitals.empty() || parts->decline_reasons.empty()) {
        return broken("a programme has hospitals and decline reasons", parts->id, "hospitals",
                      file);
    }
    for (const json::Value row : file["rules"]) {
        auto rule = read_rule(row, parts->id, definitions);
        if (!rule) return rule.error();
        parts->rules.push_back(std::move(*rule));
    }
    return Programme{std::move(parts)};
}

const std::string& Programme::id() const noexcept { return parts_->id; }
const std::string& Programme::version() const noexcept { return parts_->version; }
std::string_view Programme::model() const noexcept { return file()["model"].text(); }
std::chrono::minutes Programme::zone() const noexcept { return parts_->zone; }
std::chrono::minutes Programme::undelivered_after() const noexcept {
    return parts_->undelivered_after;
}
const Retention& Programme::retention() const noexcept { return parts_->retention; }
const std::vector<Hop>& Programme::chain() const noexcept { return parts_->chain; }
bool Programme::needs_discharge_record() const noexcept { return parts_->needs_discharge_record; }
const std::vector<Hospital>& Programme::hospitals() const noexcept { return parts_->hospitals; }
const std::vector<std::string>& Programme::non_member_documents() const noexcept {
    return parts_->non_member_documents;
}
json::Value Programme::file() const noexcept { return parts_->file.root(); }

bool Programme::is_decline_reason(std::string_view code) const noexcept {
    return std::find(parts_->decline_reasons.begin(), parts_->decline_reasons.end(), code) !=
           parts_->decline_reasons.end();
}

bool Programme::may_withdraw_consent(std::string_view who) const noexcept {
    // The patient may at any time (domain.md 2.4), whatever the file says.
    return who == "patient" || std::find(parts_->withdrawers.begin(), parts_->withdrawers.end(),
                                         who) != parts_->withdrawers.end();
}

bool Programme::may_review_findings(std::string_view role) const noexcept {
    return std::find(parts_->reviewers.begin(), parts_->reviewers.end(), role) !=
           parts_->reviewers.end();
}

const Hospital* Programme::hospital(std::string_view id) const noexcept {
    const auto at = std::find_if(parts_->hospitals.begin(), parts_->hospitals.end(),
                                 [&](const auto& each) { return each.id == id; });
    return at == parts_->hospitals.end() ? nullptr : &*at;
}

Result<Verdict> Programme::check(json::Value packet, const Facts& facts, Instant now) const {
    using fhirpath::Item;
    const std::array variables{
        fhirpath::Variable{"applicationDate", facts.application_date.empty()
                                                  ? fhirpath::Collection{}
                                                  : fhirpath::Collection{Item::temporal(
                                                        Item::Kind::Date, facts.application_date)}},
        fhirpath::Variable{"age", optional_integer(facts.age)},
        fhirpath::Variable{"registered", {Item::boolean(facts.registration.registered)}},
        fhirpath::Variable{"registrationComplete", {Item::boolean(facts.registration.complete)}},
        fhirpath::Variable{"admissionInDays", optional_integer(facts.admission_in_days)},
        fhirpath::Variable{"amendment", {Item::boolean(facts.amendment)}},
        fhirpath::Variable{"formOfAnother", {Item::boolean(facts.form_of_another)}},
        fhirpath::Variable{"plannedDays", optional_integer(facts.planned_days)},
        fhirpath::Variable{"certificationInDays", optional_integer(facts.certification_in_days)},
    };
    fhirpath::Context context;
    context.definitions = parts_->definitions;
    context.focus = fhirpath::item_of(packet, parts_->definitions);
    context.resource = packet;
    context.variables = variables;
    context.now = now;
    context.zone = parts_->zone;

    Verdict verdict;
    bool denied = false, refused = false;
    for (const auto& rule : parts_->rules) {
        if (rule.when) {
            const auto applies = fhirpath::holds(*rule.when, context);
            if (!applies)
                return broken(applies.error().message, parts_->id,
                              "rule " + rule.id + " (" + rule.key + "), when");
            if (!*applies) continue;
        }
        const auto kept = fhirpath::holds(*rule.assertion, context);
        if (!kept)
            return broken(kept.error().message, parts_->id,
                          "rule " + rule.id + " (" + rule.key + "), assert");
        if (*kept) continue;
        fhir::Issue issue;
        issue.severity = rule.effect == RuleEffect::Flag ? fhir::IssueSeverity::Warning
                                                         : fhir::IssueSeverity::Error;
        issue.type = rule.denied ? "forbidden" : "business-rule";
        issue.code = rule.key;
        issue.rule = rule.id;
        issue.fault = rule.fault;
        issue.expression = rule.cell;
        issue.ja = rule.ja;
        issue.en = rule.en;
        issue.offset = at_path(packet, rule.cell).offset();
        verdict.issues.push_back(std::move(issue));
        if (rule.effect == RuleEffect::Flag) continue;
        (rule.denied ? denied : refused) = true;
    }
    verdict.only_denied = denied && !refused;
    return verdict;
}

}  // namespace tsunagi::programme
