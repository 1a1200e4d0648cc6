#include "privacy/consent.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "fhir/bundle.h"
#include "fhir/datetime.h"

namespace tsunagi::privacy {
namespace {

using json::Value;

/// Civil dates of a consent are Japanese dates (domain.md 5.15).
constexpr std::chrono::minutes kJapan{9 * 60};
/// Provisions inside each other; deeper is not read.
constexpr int kMaxDepth = 16;

constexpr std::string_view kOwn = "https://tsunagi.example/fhir/";
constexpr std::string_view kPolicy = "https://tsunagi.example/fhir/CodeSystem/consent-policy";
constexpr std::string_view kRecipientKind =
    "https://tsunagi.example/fhir/CodeSystem/recipient-kind";
constexpr std::string_view kInformation =
    "https://tsunagi.example/fhir/CodeSystem/information-kind";
constexpr std::string_view kWithdrawnAt =
    "https://tsunagi.example/fhir/StructureDefinition/consent-withdrawn-at";
constexpr std::string_view kActCode = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
constexpr std::string_view kActReason = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
constexpr std::string_view kParticipation =
    "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
constexpr std::string_view kScope = "http://terminology.hl7.org/CodeSystem/consentscope";
constexpr std::string_view kAction = "http://terminology.hl7.org/CodeSystem/consentaction";

constexpr std::array<std::string_view, 5> kDataClasses{"identity", "bed-request", "referral-letter",
                                                       "patient-sheet", "stay"};
constexpr std::array<std::string_view, 10> kRecipientKinds{
    "programme-hospitals", "hospital", "family-doctor",       "care-manager", "visiting-nurse",
    "service-provider",    "pharmacy", "coordination-centre", "city",         "family"};
constexpr std::array<std::string_view, 6> kStatuses{"draft",    "proposed", "active",
                                                    "rejected", "inactive", "entered-in-error"};
constexpr std::array<std::string_view, 3> kOtherScopes{"adr", "research", "treatment"};
constexpr std::array<std::string_view, 5> kActions{"collect", "access", "use", "disclose",
                                                   "correct"};
/// Purposes of use that a referral serves, and those it does not: anything else is unknown.
constexpr std::array<std::string_view, 5> kCarePurposes{"TREAT", "ETREAT", "CAREMGT", "COC",
                                                        "CLINTRCH"};
constexpr std::array<std::string_view, 9> kOtherPurposes{"HMARKT",   "HOPERAT", "HPAYMT",
                                                         "HRESCH",   "PATRQT",  "PUBHLTH",
                                                         "PATADMIN", "HLEGAL",  "HSYSADMIN"};

constexpr std::array<std::string_view, 21> kConsentMembers{
    "resourceType",   "id",         "meta",         "language",  "text",
    "contained",      "extension",  "identifier",   "status",    "scope",
    "category",       "patient",    "dateTime",     "performer", "organization",
    "policy",         "policyRule", "verification", "provision", "sourceAttachment",
    "sourceReference"};
constexpr std::array<std::string_view, 10> kProvisionMembers{
    "id",     "extension", "type",    "period",     "actor",
    "action", "class",     "purpose", "dataPeriod", "provision"};

bool is_one_of(std::string_view text, std::span<const std::string_view> list) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

/// Every member is one that this file understands: a modifier we do not know changes the meaning
/// (R4 consent.html: isModifier; extensibility.html#modifierExtension).
bool only_members(Value object, std::span<const std::string_view> known) {
    return std::all_of(object.begin(), object.end(), [&](Value member) {
        const std::string_view key = member.key();
        return is_one_of(key, known) || (key.starts_with('_') && is_one_of(key.substr(1), known));
    });
}

struct Span {
    std::optional<Instant> from, until;  ///< until: the first instant outside
    bool holds(Instant now) const { return (!from || *from <= now) && (!until || now < *until); }
};

std::optional<Span> read_period(Value period) {
    constexpr std::array<std::string_view, 4> kMembers{"id", "extension", "start", "end"};
    if (!period.is_object() || !only_members(period, kMembers)) return {};
    Span span;
    if (const Value start = period["start"]) {
        const auto read = fhir::parse_date_time(start.text());
        if (!read) return {};
        span.from = read->earliest(kJapan);
    }
    if (const Value end = period["end"]) {
        const auto read = fhir::parse_date_time(end.text());
        if (!read) return {};
        span.until = read->end(kJapan);
    }
    if (!span.from && !span.until) return {};
    if (span.from && span.until && *span.until <= *span.from) return {};
    return span;
}

enum class Match : std::uint8_t { No, Yes, Unreadable };

/// One provision as far as a question about a hospital needs it.
struct Provision {
    std::optional<bool> permit;  ///< the root may have none
    std::optional<Span> period;
    bool recipient = true;    ///< no actor, or one of the actors is the hospital asked about
    bool discloses = true;    ///< the actions named, if any, include passing on
    bool for_care = true;     ///< the purposes named, if any, include care
    bool data_limit = false;  ///< dataPeriod: only a part of the records
    std::vector<std::string> classes;
    std::vector<Provision> nested;
};

/// Reads one record against one question. `ok()` false: something in it is not understood.
class Reading {
public:
    Reading(Value consent, const ConsentRequest& request) : consent_(consent), request_(request) {}

    std::optional<Provision> provision(Value value, int depth) {
        if (!value.is_object() || depth > kMaxDepth || !only_members(value, kProvisionMembers))
            return {};
        Provision read;
        if (const Value type = value["type"]) {
            if (type.text() != "permit" && type.text() != "deny") return {};
            read.permit = type.text() == "permit";
        } else if (depth > 0) {
            return {};  // nested: an exception that does not say which way
        }
        if (const Value period = value["period"]) {
            read.period = read_period(period);
            if (!read.period) return {};
        }
        if (const Value span = value["dataPeriod"]) {
            if (!read_period(span)) return {};
            read.data_limit = true;
        }
        const bool denies = read.permit && !*read.permit;
        if (!actors(value["actor"], denies, read) || !actions(value["action"], denies, read) ||
            !classes(value["class"], read) || !purposes(value["purpose"], read))
            return {};
        if (const Value nested = value["provision"]; nested && !nested.is_array()) return {};
        for (const Value child : value["provision"]) {
            auto inner = provision(child, depth + 1);
            if (!inner) return {};
            read.nested.push_back(std::move(*inner));
        }
        return read;
    }

private:
    /// An actor that cannot be told apart matters where it is denied: it may be this hospital.
    bool actors(Value list, bool denies, Provision& read) {
        if (!list) return true;
        if (!list.is_array() || list.empty()) return false;
        read.recipient = false;
        for (const Value actor : list) {
            constexpr std::array<std::string_view, 4> kMembers{"id", "extension", "role",
                                                               "reference"};
            if (!only_members(actor, kMembers)) return false;
            const Match match = is_recipient(actor);
            if (match == Match::Unreadable && (denies || role_of(actor).empty())) return false;
            if (match == Match::Yes) read.recipient = true;
        }
        return true;
    }

    /// The recipient kind, "named" when the role only says that this is a recipient; empty: not
    /// understood.
    static std::string_view role_of(Value actor) {
        std::string_view role;
        for (const Value coding : actor["role"]["coding"]) {
            const std::string_view system = coding["system"].text(), code = coding["code"].text();
            if (system == kRecipientKind && is_one_of(code, kRecipientKinds)) return code;
            if (system == kParticipation && (code == "PRCP" || code == "IRCP")) role = "named";
        }
        return role;
    }

    Match is_recipient(Value actor) const {
        std::string_view kind = role_of(actor);
        if (kind.empty()) return Match::Unreadable;
        const Value reference = actor["reference"];
        const Value identifier = reference["identifier"];
        if (kind == "named" && identifier["system"].text() == kRecipientKind) {
            kind = identifier["value"].text();
            if (!is_one_of(kind, kRecipientKinds)) return Match::Unreadable;
        }
        if (kind == "programme-hospitals") return Match::Yes;
        if (kind != "hospital" && kind != "named") return Match::No;
        return is_hospital(reference);
    }

    Match is_hospital(Value reference) const {
        const auto same = [&](Value identifier) {
            return identifier["system"].text().starts_with(kOwn) &&
                   identifier["value"].text() == request_.recipient;
        };
        if (const Value identifier = reference["identifier"]) {
            if (!identifier["system"].text().starts_with(kOwn) ||
                identifier["value"].text().empty())
                return Match::Unreadable;
            return same(identifier) ? Match::Yes : Match::No;
        }
        const std::string_view text = reference["reference"].text();
        const auto parts = fhir::split_reference(text);
        if (parts.form == fhir::ReferenceParts::Form::Relative && parts.type == "Organization")
            return parts.id == request_.recipient ? Match::Yes : Match::No;
        if (parts.form != fhir::ReferenceParts::Form::Fragment) return Match::Unreadable;
        const Value organization = fhir::contained(consent_, parts.id);
        if (organization["resourceType"].text() != "Organization" ||
            organization["identifier"].empty())
            return Match::Unreadable;
        const Value identifiers = organization["identifier"];
        return std::any_of(identifiers.begin(), identifiers.end(), same) ? Match::Yes : Match::No;
    }

    static bool actions(Value list, bool denies, Provision& read) {
        if (!list) return true;
        bool passes_on = false;
        for (const Value action : list) {
            if (action["coding"].empty()) return false;
            for (const Value coding : action["coding"]) {
                const std::string_view code = coding["code"].text();
                if (coding["system"].text() != kAction || !is_one_of(code, kActions)) return false;
                passes_on = passes_on || code == "disclose" || code == "access";
            }
        }
        read.discloses = denies || passes_on;
        return list.is_array() && !list.empty();
    }

    static bool classes(Value list, Provision& read) {
        if (!list) return true;
        for (const Value coding : list) {
            const std::string_view code = coding["code"].text();
            if (coding["system"].text() != kInformation || !is_one_of(code, kDataClasses))
                return false;
            read.classes.emplace_back(code);
        }
        return list.is_array() && !list.empty();
    }

    static bool purposes(Value list, Provision& read) {
        if (!list) return true;
        bool any_code = false, for_care = false;
        for (const Value coding : list) {
            const std::string_view system = coding["system"].text(), code = coding["code"].text();
            if (code.empty() && !coding["display"].text().empty()) continue;  // words for a person
            any_code = true;
            if (system == kActReason && is_one_of(code, kCarePurposes)) {
                for_care = true;
            } else if (system.starts_with(kOwn) && !code.empty()) {
                for_care = true;  // the programme's own purposes are all care
            } else if (system != kActReason || !is_one_of(code, kOtherPurposes)) {
                return false;
            }
        }
        read.for_care = !any_code || for_care;
        return list.is_array() && !list.empty();
    }

    Value consent_;
    const ConsentRequest& request_;
};

bool covers(const Provision& provision, std::string_view data_class) {
    const auto& classes = provision.classes;
    return classes.empty() ||
           std::find(classes.begin(), classes.end(), data_class) != classes.end();
}

/// What a provision says about the class: true permit, false deny, nothing when it does not apply.
/// What is inside are exceptions to it; among siblings deny wins.
std::optional<bool> opinion(const Provision& provision, std::string_view data_class, Instant now,
                            bool ignore_period) {
    if (!ignore_period && provision.period && !provision.period->holds(now)) return {};
    if (!provision.recipient || !provision.discloses || !provision.for_care ||
        !covers(provision, data_class))
        return {};
    std::optional<bool> own = provision.permit;
    // A permit for the records of some years is not one for all of them; an objection to some
    // years holds back all, since a rendition is not cut by date.
    if (provision.data_limit && own && *own) own.reset();
    std::optional<bool> exception;
    for (const Provision& nested : provision.nested) {
        const auto says = opinion(nested, data_class, now, false);
        if (says) exception = exception ? *exception && *says : *says;
    }
    return exception ? exception : own;
}

enum class Standing : std::uint8_t {
    Void,  ///< entered in error, or not about sharing: says nothing
    Unreadable,
    Withdrawn,
    Expired,
    NotYetValid,
    Inactive,
    Live,
};

/// One record judged for one question.
struct Judged {
    Standing standing = Standing::Void;
    std::int64_t version = 0;
    std::array<std::optional<bool>, kDataClasses.size()> says;
};

bool is_withdrawn(Value consent, Instant now, bool& readable) {
    for (const Value extension : consent["extension"]) {
        if (extension["url"].text() != kWithdrawnAt) continue;
        const auto at = fhir::parse_date_time(extension["valueDateTime"].text());
        if (!at) {
            readable = false;
            return true;
        }
        if (at->earliest(kJapan) <= now) return true;
    }
    return false;
}

/// opt-in or opt-out, in our words or HL7's; empty: neither, or both.
std::string_view policy_of(Value consent) {
    std::string_view policy;
    for (const Value coding : consent["policyRule"]["coding"]) {
        const std::string_view system = coding["system"].text(), code = coding["code"].text();
        std::string_view read;
        if (system == kPolicy) read = code;
        if (system == kActCode && code == "OPTIN") read = "opt-in";
        if (system == kActCode && code == "OPTOUT") read = "opt-out";
        if (read != "opt-in" && read != "opt-out") return {};
        if (!policy.empty() && policy != read) return {};
        policy = read;
    }
    return policy;
}

enum class Scope : std::uint8_t { Unknown, Sharing, Other };
Scope scope_of(Value consent) {
    Scope scope = Scope::Unknown;
    for (const Value coding : consent["scope"]["coding"]) {
        if (coding["system"].text() != kScope) continue;
        if (coding["code"].text() == "patient-privacy") return Scope::Sharing;
        if (is_one_of(coding["code"].text(), kOtherScopes)) scope = Scope::Other;
    }
    return scope;
}

Judged judge(const ConsentRecord& record, const ConsentRequest& request) {
    const Value consent = record.resource;
    Judged judged;
    judged.version = record.version;
    judged.standing = Standing::Unreadable;
    const std::string_view status = consent["status"].text();
    if (consent["resourceType"].text() != "Consent" || !is_one_of(status, kStatuses)) return judged;
    const Scope scope = scope_of(consent);
    if (status == "entered-in-error" || scope == Scope::Other) {
        judged.standing = Standing::Void;
        return judged;
    }
    const std::string_view policy = policy_of(consent);
    if (scope != Scope::Sharing || policy.empty() || !only_members(consent, kConsentMembers) ||
        !consent["patient"].is_object())
        return judged;
    std::optional<Instant> given;
    if (const Value at = consent["dateTime"]) {
        const auto read = fhir::parse_date_time(at.text());
        if (!read) return judged;
        given = read->earliest(kJapan);
    }
    bool readable = true;
    const bool withdrawn = is_withdrawn(consent, request.now, readable);
    if (!readable) return judged;

    Provision root;
    if (const Value provision = consent["provision"]) {
        auto read = Reading(consent, request).provision(provision, 0);
        if (!read) return judged;
        root = std::move(*read);
    }
    // A typed root restates the policy (Privacy Consent on FHIR); against it, it contradicts it.
    const bool opt_out = policy == "opt-out";
    if (root.permit && *root.permit == opt_out) return judged;
    if (!root.permit && opt_out) root.permit = true;

    if (withdrawn)
        judged.standing = Standing::Withdrawn;
    else if (status != "active")
        judged.standing = Standing::Inactive;
    else if ((given && *given > request.now) ||
             (root.period && root.period->from && *root.period->from > request.now))
        judged.standing = Standing::NotYetValid;
    else if (root.period && !root.period->holds(request.now))
        judged.standing = Standing::Expired;
    else
        judged.standing = Standing::Live;
    for (std::size_t i = 0; i < kDataClasses.size(); ++i)
        judged.says[i] = opinion(root, kDataClasses[i], request.now, true);
    return judged;
}

struct Reason {
    std::string_view code, ja, en;
};
constexpr std::array<Reason, 12> kReasons{{
    {"permit", "同意があります。", "There is consent."},
    {"no-consent", "同意の記録がありません。利用者と家族に説明し、同意を得て記録してください。",
     "There is no consent record. Explain, obtain consent and record it."},
    {"unreadable",
     "同意の記録に解釈できない内容があります。解釈できるまで何も送りません。記録を確認してください"
     "。",
     "The consent record holds something that cannot be interpreted. Nothing is sent until it can. "
     "Check the record."},
    {"recipient-excluded", "この提供先は、利用者が提供を望まない相手に挙げられています。",
     "The patient objects to telling this recipient."},
    {"documents-excluded", "必要な書類が、利用者が提供を望まない情報に挙げられています。",
     "The patient objects to sharing a document that is needed."},
    {"withdrawn", "同意は撤回されています。新たな送付はできません。",
     "The consent has been withdrawn. Nothing more is sent."},
    {"expired", "同意の有効期間が過ぎています。改めて同意を得てください。",
     "The consent has expired. Obtain it again."},
    {"not-yet-valid", "同意はまだ有効期間に入っていません。日付を確認してください。",
     "The consent is not valid yet. Check its dates."},
    {"inactive", "同意は有効な状態ではありません。", "The consent is not active."},
    {"recipient-not-named",
     "この提供先は同意に含まれていません。提供先を説明して同意を得てください。",
     "The consent does not name this recipient. Obtain consent that does."},
    {"documents-not-covered", "必要な書類の提供が同意に含まれていません。",
     "The consent does not cover a document that is needed."},
    {"unknown-documents", "求められた情報の種類が不明です。",
     "The kind of information is unknown."},
}};

Decision decided(std::string_view code, std::int64_t version) {
    Decision decision;
    const auto reason = std::find_if(kReasons.begin(), kReasons.end(),
                                     [&](const Reason& each) { return each.code == code; });
    decision.permit = code == "permit";
    decision.code = code;
    decision.ja = reason->ja;
    decision.en = reason->en;
    decision.consent_version = version;
    return decision;
}

/// What must be permitted when the question does not say: without the two forms no physician can
/// decide, and a release is the identity.
std::vector<std::string> needed(const ConsentRequest& request) {
    if (!request.data_classes.empty()) return request.data_classes;
    if (request.stage == Stage::Offer) return {"bed-request", "referral-letter"};
    return {"identity", "bed-request", "referral-letter"};
}

template <class Test>
std::int64_t newest(const std::vector<Judged>& records, Test test) {
    std::int64_t version = 0;
    for (const Judged& each : records) {
        if (test(each)) version = std::max(version, each.version);
    }
    return version;
}

}  // namespace

Decision decide(std::span<const ConsentRecord> consents, const ConsentRequest& request) {
    std::vector<Judged> records;
    for (const ConsentRecord& consent : consents) records.push_back(judge(consent, request));
    const auto any = [&](auto test) { return std::any_of(records.begin(), records.end(), test); };
    const auto stands = [](Standing standing) {
        return [standing](const Judged& each) { return each.standing == standing; };
    };
    if (request.recipient.empty() || any(stands(Standing::Unreadable)))
        return decided("unreadable", newest(records, stands(Standing::Unreadable)));

    // Permission ends with its record; an objection stands also in a record that has ended.
    const auto denies = [](std::size_t i) {
        return [i](const Judged& each) { return each.says[i] && !*each.says[i]; };
    };
    const auto permits = [](std::size_t i) {
        return [i](const Judged& each) {
            return each.standing == Standing::Live && each.says[i] && *each.says[i];
        };
    };
    std::size_t objections = 0;
    std::vector<std::string> withheld;
    std::int64_t permitting = 0;
    bool permits_any = false;
    for (std::size_t i = 0; i < kDataClasses.size(); ++i) {
        if (any(denies(i))) ++objections;
        if (any(denies(i)) || !any(permits(i))) {
            withheld.emplace_back(kDataClasses[i]);
        } else {
            permits_any = true;
            permitting = std::max(permitting, newest(records, permits(i)));
        }
    }
    const std::vector<std::string> classes = needed(request);
    bool all = true, excluded = false;
    for (const std::string& each : classes) {
        const auto known = std::find(kDataClasses.begin(), kDataClasses.end(), each);
        if (known == kDataClasses.end()) return decided("unknown-documents", 0);
        const auto i = static_cast<std::size_t>(known - kDataClasses.begin());
        excluded = excluded || any(denies(i));
        all = all && std::find(withheld.begin(), withheld.end(), each) == withheld.end();
    }
    if (all) {
        Decision decision = decided("permit", permitting);
        decision.withheld = std::move(withheld);
        return decision;
    }
    if (excluded) {
        const auto objects = [](const Judged& each) {
            return std::any_of(each.says.begin(), each.says.end(),
                               [](const auto& says) { return says && !*says; });
        };
        return decided(
            objections == kDataClasses.size() ? "recipient-excluded" : "documents-excluded",
            newest(records, objects));
    }
    if (permits_any) return decided("documents-not-covered", permitting);
    if (any(stands(Standing::Live)))
        return decided("recipient-not-named", newest(records, stands(Standing::Live)));
    constexpr std::array<std::pair<Standing, std::string_view>, 4> kEnded{
        {{Standing::Withdrawn, "withdrawn"},
         {Standing::Expired, "expired"},
         {Standing::NotYetValid, "not-yet-valid"},
         {Standing::Inactive, "inactive"}}};
    for (const auto& [standing, code] : kEnded) {
        if (any(stands(standing))) return decided(code, newest(records, stands(standing)));
    }
    return decided("no-consent", 0);
}

}  // namespace tsunagi::privacy
