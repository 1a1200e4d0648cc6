#include "privacy/consent.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "fhir/bundle.h"
#include "fhir/datetime.h"
#include "text/width.h"

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
constexpr std::string_view kOrganization = "https://tsunagi.example/fhir/NamingSystem/organization";
constexpr std::string_view kWithdrawnAt =
    "https://tsunagi.example/fhir/StructureDefinition/consent-withdrawn-at";
constexpr std::string_view kRelation = "https://tsunagi.example/fhir/CodeSystem/relation";
constexpr std::string_view kContactRestriction =
    "https://tsunagi.example/fhir/StructureDefinition/contact-restriction";
constexpr std::string_view kDetail =
    "https://tsunagi.example/fhir/StructureDefinition/consent-detail";
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
/// Places in kProvisionMembers.
enum class At : std::uint8_t {
    Type,
    Period,
    Actor,
    Action,
    Purpose,
    Class,
    DataPeriod,
    Inside,
    Extension
};
constexpr std::array<std::string_view, 10> kProvisionMembers{
    "type",  "period",     "actor",     "action",    "purpose",
    "class", "dataPeriod", "provision", "extension", "id"};

bool is_one_of(std::string_view text, std::span<const std::string_view> list) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

/// The members of an object by their place in `names`, and the first that is not among them: a
/// modifier we do not know changes the meaning (R4 consent.html: isModifier;
/// extensibility.html#modifierExtension). What stands beside a primitive says no more than the
/// primitive; in its place it says why there is none.
template <std::size_t N>
struct Members {
    std::array<Value, N> values;
    std::string_view unknown;

    Members(Value object, const std::array<std::string_view, N>& names) {
        std::size_t place = 0;  // members mostly come in the order of `names`
        for (const Value member : object) {
            std::string_view key = member.key();
            const bool beside = key.starts_with('_') && object[key.substr(1)];
            if (beside) key.remove_prefix(1);
            std::size_t tried = 0;
            while (tried < N && names[place] != key) {
                place = (place + 1) % N;
                ++tried;
            }
            if (tried == N) {
                unknown = member.key();
                return;
            }
            if (!beside) values[place] = member;
        }
    }
};

struct Span {
    std::optional<Instant> from, until;  ///< until: the first instant outside
    bool holds(Instant now) const { return (!from || *from <= now) && (!until || now < *until); }
};

std::optional<Span> read_period(Value period) {
    constexpr std::array<std::string_view, 4> kMembers{"start", "end", "id", "extension"};
    const Members members(period, kMembers);
    if (!period.is_object() || !members.unknown.empty()) return {};
    Span span;
    if (const Value start = members.values[0]) {
        const auto read = fhir::parse_date_time(start.text());
        if (!read) return {};
        span.from = read->earliest(kJapan);
    }
    if (const Value end = members.values[1]) {
        const auto read = fhir::parse_date_time(end.text());
        if (!read) return {};
        span.until = read->end(kJapan);
    }
    if (!span.from && !span.until) return {};
    if (span.from && span.until && *span.until <= *span.from) return {};
    return span;
}

enum class Match : std::uint8_t { No, Yes, Unreadable };

/// A set of data classes: bit i is kDataClasses[i].
using Classes = std::uint8_t;
constexpr Classes kAllClasses = (1U << kDataClasses.size()) - 1;

/// What a provision says about the question: the classes it permits and those it denies.
struct Says {
    Classes permit = 0, deny = 0;
    bool objects = false;  ///< denies something to somebody, here or inside
};

/// What limits a provision, as far as a question about a hospital needs it.
struct Limits {
    bool recipient = true;    ///< no actor, or one of the actors is the hospital asked about
    bool discloses = true;    ///< the actions named, if any, include passing on
    bool purpose = true;      ///< the purposes named, if any, include the one asked for
    bool by_this_way = true;  ///< not only about the telephone, or that is how they are told
    bool data_limit = false;  ///< dataPeriod: only a part of the records
    Classes classes = kAllClasses;
    std::optional<std::size_t> untold;  ///< an actor that may be this hospital or another
    bool reached() const { return recipient && discloses && purpose && by_this_way; }
};

/// Reads one record against one question. A `false` means that something in it is not understood;
/// fault() then names the place.
class Reading {
public:
    Reading(Value consent, const ConsentRequest& request)
        : consent_(consent),
          request_(request),
          for_care_(is_one_of(request.purpose, kCarePurposes)) {}

    /// `opt_out`: the base rule. Without a root provision the base rule is all there is.
    bool root(bool opt_out) {
        const Value root = consent_["provision"];
        if (!root) {
            if (opt_out) says.permit = kAllClasses;
            return true;
        }
        if (!root.is_object()) return fail("provision");
        // A typed root restates how the record departs from nothing said (Privacy Consent on FHIR):
        // permit under opt-in, deny under opt-out. The other way round it contradicts the policy.
        const std::string_view type = root["type"].text();
        if (type == (opt_out ? "permit" : "deny")) return fail("type");
        const bool permits = type.empty() ? opt_out : type == "permit";
        const bool denies = type == "deny";
        if (read(root, 0, permits, denies, says)) return true;
        fault_.insert(0, "provision.");
        return false;
    }

    Says says;
    std::optional<Span> period;  ///< of the root: of the record as a whole
    const std::string& fault() const { return fault_; }

private:
    bool fail(std::string_view where) {
        fault_ = where;
        return false;
    }

    bool read(Value value, int depth, bool permits, bool denies, Says& result) {
        if (depth > kMaxDepth) return fail("provision");
        const Members members(value, kProvisionMembers);
        if (!members.unknown.empty()) return fail(members.unknown);
        const auto at = [&](At place) { return members.values[static_cast<std::size_t>(place)]; };
        if (at(At::Type) && at(At::Type).text() != "permit" && at(At::Type).text() != "deny")
            return fail("type");
        bool in_time = true;
        if (const Value given = at(At::Period)) {
            const auto span = read_period(given);
            if (!span) return fail("period");
            if (depth == 0)
                period = span;  // judged for the record as a whole
            else
                in_time = span->holds(request_.now);
        }
        Limits limits;
        if (const Value span = at(At::DataPeriod)) {
            if (!read_period(span)) return fail("dataPeriod");
            limits.data_limit = true;
        }
        if (!ways(at(At::Extension), denies, limits)) return fail("extension");
        if (!actors(at(At::Actor), denies, limits) || !actions(at(At::Action), denies, limits) ||
            !classes(at(At::Class), limits) || !purposes(at(At::Purpose), limits))
            return false;
        Says inside;
        if (!nested(at(At::Inside), depth, inside)) return false;
        result.objects = denies || inside.objects;
        // An actor that cannot be told apart may be this hospital: that matters where something is
        // denied and no other actor of the list says that this provision holds.
        if (limits.untold && !limits.recipient && result.objects)
            return fail("actor[" + std::to_string(*limits.untold) + "].reference");
        if (!in_time || !limits.reached()) return true;
        // What is inside are exceptions; among siblings deny wins. A permit for the records of some
        // years is not one for all of them; an objection to some years holds back all, since a
        // rendition is not cut by date.
        result.deny = inside.deny;
        result.permit = inside.permit & static_cast<Classes>(~inside.deny);
        const auto silent = static_cast<Classes>(~(result.permit | result.deny));
        if (denies) result.deny |= silent;
        if (permits && !limits.data_limit) result.permit |= silent;
        result.deny &= limits.classes;
        result.permit &= limits.classes;
        return true;
    }

    bool nested(Value list, int depth, Says& inside) {
        if (!list) return true;
        if (!list.is_array() || list.empty()) return fail("provision");
        std::size_t place = 0;
        for (const Value child : list) {
            // An exception that does not say which way is none that can be followed.
            const std::string_view type = child["type"].text();
            Says says_child;
            const bool readable =
                (type == "permit" || type == "deny")
                    ? read(child, depth + 1, type == "permit", type == "deny", says_child)
                    : fail("type");
            if (!readable) {
                fault_.insert(0, "provision[" + std::to_string(place) + "].");
                return false;
            }
            inside.permit |= says_child.permit;
            inside.deny |= says_child.deny;
            inside.objects = inside.objects || says_child.objects;
            ++place;
        }
        return true;
    }

    /// R44: an objection to telling one contact may be to the telephone alone. On a permit the
    /// words would have no meaning.
    bool ways(Value extensions, bool denies, Limits& limits) const {
        for (const Value extension : extensions) {
            if (extension["url"].text() != kContactRestriction) continue;
            if (!denies) return false;
            if (extension["valueCode"].text() == "not-by-phone")
                limits.by_this_way = request_.by_phone;
        }
        return true;
    }

    bool actors(Value list, bool denies, Limits& limits) {
        if (!list) return true;
        if (!list.is_array() || list.empty()) return fail("actor");
        limits.recipient = false;
        std::size_t place = 0;
        for (const Value actor : list) {
            constexpr std::array<std::string_view, 4> kMembers{"role", "reference", "id",
                                                               "extension"};
            const Members members(actor, kMembers);
            const std::string_view role = role_of(members.values[0]);
            if (role.empty() || !members.unknown.empty())
                return fail("actor[" + std::to_string(place) + "]");
            Match match = is_recipient(role, members.values[1], denies);
            if (match == Match::Yes && request_.recipient_kind == "family")
                match = is_relative(members.values[0], members.values[1], denies);
            if (match == Match::Unreadable && !limits.untold) limits.untold = place;
            if (match == Match::Yes) limits.recipient = true;
            ++place;
        }
        return true;
    }

    /// The recipient kind, "named" when the role only says that this is a recipient; empty: not
    /// understood, or two kinds.
    static std::string_view role_of(Value concept_value) {
        std::string_view kind, role;
        for (const Value coding : concept_value["coding"]) {
            const std::string_view system = coding["system"].text(), code = coding["code"].text();
            if (system == kRecipientKind) {
                if (!is_one_of(code, kRecipientKinds) || (!kind.empty() && kind != code)) return {};
                kind = code;
            } else if (system == kParticipation && (code == "PRCP" || code == "IRCP")) {
                role = "named";
            }
        }
        return kind.empty() ? role : kind;
    }

    Match is_recipient(std::string_view kind, Value reference, bool denies) const {
        const Value identifier = reference["identifier"];
        const bool of_class = identifier["system"].text() == kRecipientKind;
        if (of_class) {
            const std::string_view named = identifier["value"].text();
            if (!is_one_of(named, kRecipientKinds) || (kind != "named" && kind != named))
                return Match::Unreadable;
            kind = named;
        }
        if (identifier && !of_class && is_same(identifier) == Match::Unreadable)
            return Match::Unreadable;
        if (request_.recipient_kind != "hospital") return is_other(kind, reference, denies);
        if (kind == "programme-hospitals") {
            // The class and one organisation at once: which of the two is meant?
            if ((identifier && !of_class) || reference["reference"]) return Match::Unreadable;
            return request_.of_programme ? Match::Yes : Match::No;
        }
        if (kind != "hospital" && kind != "named") return Match::No;
        // "A hospital" that is not told may be any.
        return of_class ? Match::Unreadable : is_hospital(reference);
    }

    /// Care manager, family, service providers …: a class, or one organisation by id or name. An
    /// objection to one office of a class that is only named is one to the class.
    Match is_other(std::string_view kind, Value reference, bool denies) const {
        const bool named = kind == "named";
        if (!named && kind != request_.recipient_kind) return Match::No;
        const Value identifier = reference["identifier"], display = reference["display"];
        if (identifier && identifier["system"].text() != kRecipientKind) return is_same(identifier);
        if (reference["reference"]) return is_hospital(reference);
        if (named && !identifier) return Match::Unreadable;
        if (!display.is_string() || denies) return Match::Yes;
        return text::match_key(display.text()) == text::match_key(request_.recipient_name)
                   ? Match::Yes
                   : Match::No;
    }

    /// One of the family, by relation and name (R44). What is not told on either side is no
    /// difference to an objection, and no likeness to a permit.
    Match is_relative(Value role, Value reference, bool denies) const {
        std::string_view relation;
        for (const Value coding : role["coding"]) {
            if (coding["system"].text() != kRelation) continue;
            if (!relation.empty() && relation != coding["code"].text()) return Match::Unreadable;
            relation = coding["code"].text();
        }
        const Value name = reference["display"];
        const Match untold = denies ? Match::Yes : Match::No;
        if (!relation.empty()) {
            if (request_.relation.empty()) return untold;
            if (request_.relation != relation) return Match::No;
        }
        if (!name.is_string() || relation.empty()) return Match::Yes;
        if (request_.recipient_name.empty()) return untold;
        const bool same = text::match_key(name.text()) == text::match_key(request_.recipient_name);
        return same ? Match::Yes : Match::No;
    }

    Match is_hospital(Value reference) const {
        const Value identifier = reference["identifier"], text = reference["reference"];
        if (identifier && text) return Match::Unreadable;
        if (identifier) return is_same(identifier);
        const auto parts = fhir::split_reference(text.text());
        if (parts.form == fhir::ReferenceParts::Form::Relative && parts.type == "Organization")
            return parts.id == request_.recipient ? Match::Yes : Match::No;
        if (parts.form != fhir::ReferenceParts::Form::Fragment) return Match::Unreadable;
        const Value organization = fhir::contained(consent_, parts.id);
        if (organization["resourceType"].text() != "Organization") return Match::Unreadable;
        Match match = Match::Unreadable;
        for (const Value each : organization["identifier"]) {
            const Match one = is_same(each);
            if (one == Match::Unreadable) continue;  // its number in another register
            if (match != Match::Unreadable && match != one) return Match::Unreadable;
            match = one;
        }
        return match;
    }

    Match is_same(Value identifier) const {
        const Value value = identifier["value"];
        if (identifier["system"].text() != kOrganization || !value.is_string() ||
            value.text().empty())
            return Match::Unreadable;
        return value.text() == request_.recipient ? Match::Yes : Match::No;
    }

    bool actions(Value list, bool denies, Limits& limits) {
        if (!list) return true;
        if (!list.is_array() || list.empty()) return fail("action");
        bool passes_on = false;
        for (const Value action : list) {
            if (action["coding"].empty()) return fail("action");
            for (const Value coding : action["coding"]) {
                const std::string_view code = coding["code"].text();
                if (coding["system"].text() != kAction || !is_one_of(code, kActions))
                    return fail("action");
                passes_on = passes_on || code == "disclose" || code == "access";
            }
        }
        limits.discloses = denies || passes_on;
        return true;
    }

    bool classes(Value list, Limits& limits) {
        if (!list) return true;
        if (!list.is_array() || list.empty()) return fail("class");
        limits.classes = 0;
        for (const Value coding : list) {
            const auto known =
                std::find(kDataClasses.begin(), kDataClasses.end(), coding["code"].text());
            if (coding["system"].text() != kInformation || known == kDataClasses.end())
                return fail("class");
            limits.classes |= static_cast<Classes>(1U << (known - kDataClasses.begin()));
        }
        return true;
    }

    bool purposes(Value list, Limits& limits) {
        if (!list) return true;
        if (!list.is_array() || list.empty()) return fail("purpose");
        limits.purpose = false;
        for (const Value coding : list) {
            const std::string_view system = coding["system"].text(), code = coding["code"].text();
            const bool care = system == kActReason && is_one_of(code, kCarePurposes);
            // The programme's own purposes are all care.
            const bool own = system.starts_with(kOwn) && !code.empty();
            if (!care && !own && (system != kActReason || !is_one_of(code, kOtherPurposes)))
                return fail("purpose");
            if (care || own ? for_care_ : code == request_.purpose) limits.purpose = true;
        }
        return true;
    }

    Value consent_;
    const ConsentRequest& request_;
    bool for_care_;
    std::string fault_;
};

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
    Standing standing = Standing::Unreadable;
    std::int64_t version = 0;
    Says says;
    std::string fault;  ///< of an unreadable record: the place below Consent
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

/// The form's 家族への連絡を望まない (domain L5).
bool objects_to_family_notice(Value consent) {
    for (const Value extension : consent["extension"]) {
        if (extension["url"].text() != kDetail) continue;
        bool asked = false, objects = false;
        for (const Value part : extension["extension"]) {
            asked = asked || part["valueCode"].text() == "family-notice-objection";
            objects = objects || part["valueBoolean"].truth();
        }
        if (asked && objects) return true;
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

bool names_somebody(Value reference) {
    const Value text = reference["reference"], value = reference["identifier"]["value"];
    return (text.is_string() && !text.text().empty()) ||
           (value.is_string() && !value.text().empty());
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
    const auto unreadable = [&](std::string_view where) {
        judged.fault = where;
        return judged;
    };
    if (consent["resourceType"].text() != "Consent") return unreadable("resourceType");
    if (const Members members(consent, kConsentMembers); !members.unknown.empty())
        return unreadable(members.unknown);
    const std::string_view status = consent["status"].text();
    if (!is_one_of(status, kStatuses)) return unreadable("status");
    const Scope scope = scope_of(consent);
    if (status == "entered-in-error" || scope == Scope::Other) {
        judged.standing = Standing::Void;
        return judged;
    }
    if (scope != Scope::Sharing) return unreadable("scope");
    const std::string_view policy = policy_of(consent);
    if (policy.empty()) return unreadable("policyRule");
    if (!names_somebody(consent["patient"])) return unreadable("patient");
    std::optional<Instant> given;
    if (const Value at = consent["dateTime"]) {
        const auto read = fhir::parse_date_time(at.text());
        if (!read) return unreadable("dateTime");
        given = read->earliest(kJapan);
    }
    bool readable = true;
    const bool withdrawn = is_withdrawn(consent, request.now, readable);
    if (!readable) return unreadable("extension");
    Reading reading(consent, request);
    if (!reading.root(policy == "opt-out")) return unreadable(reading.fault());

    const auto& period = reading.period;
    judged.says = reading.says;
    if (request.recipient_kind == "family" && objects_to_family_notice(consent))
        judged.says.deny = kAllClasses;
    if (withdrawn)
        judged.standing = Standing::Withdrawn;
    else if (status != "active")
        judged.standing = Standing::Inactive;
    else if ((given && *given > request.now) ||
             (period && period->from && *period->from > request.now))
        judged.standing = Standing::NotYetValid;
    else if (period && !period->holds(request.now))
        judged.standing = Standing::Expired;
    else
        judged.standing = Standing::Live;
    return judged;
}

struct Reason {
    std::string_view code, ja, en;
};
constexpr std::array<Reason, 13> kReasons{{
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
    {"unknown-purpose", "提供の目的が不明です。", "The purpose is unknown."},
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

/// What must be permitted; nothing when a class is unknown. Without the two forms no physician can
/// decide, and a release is the identity.
std::optional<Classes> needed(const ConsentRequest& request) {
    constexpr Classes kIdentity = 1, kForms = 2 | 4;
    if (request.data_classes.empty())
        return request.stage == Stage::Offer ? kForms : Classes{kIdentity | kForms};
    Classes classes = 0;
    for (const std::string& each : request.data_classes) {
        const auto known = std::find(kDataClasses.begin(), kDataClasses.end(), each);
        if (known == kDataClasses.end()) return {};
        classes |= static_cast<Classes>(1U << (known - kDataClasses.begin()));
    }
    return classes;
}

/// Where the unreadable record of this version cannot be read; of several the first by name, so
/// that their order does not matter.
std::string first_fault(const std::vector<Judged>& records, std::int64_t version) {
    std::optional<std::string> first;
    for (const Judged& each : records) {
        if (each.standing != Standing::Unreadable || each.version != version) continue;
        if (!first || each.fault < *first) first = each.fault;
    }
    return "Consent." + first.value_or("");
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

std::optional<Instant> expires(json::Value consent) {
    const auto period = read_period(consent["provision"]["period"]);
    return period ? period->until : std::optional<Instant>{};
}

Decision decide(std::span<const ConsentRecord> consents, const ConsentRequest& request) {
    std::vector<Judged> records;
    records.reserve(consents.size());
    for (const ConsentRecord& consent : consents) records.push_back(judge(consent, request));
    const auto stands = [](Standing standing) {
        return [standing](const Judged& each) { return each.standing == standing; };
    };
    const auto any = [&](auto test) { return std::any_of(records.begin(), records.end(), test); };
    if (request.recipient.empty() || !is_one_of(request.recipient_kind, kRecipientKinds))
        return decided("unreadable", 0);
    if (any(stands(Standing::Unreadable))) {
        Decision decision = decided("unreadable", newest(records, stands(Standing::Unreadable)));
        decision.where = first_fault(records, decision.consent_version);
        return decision;
    }
    if (!is_one_of(request.purpose, kCarePurposes) && !is_one_of(request.purpose, kOtherPurposes))
        return decided("unknown-purpose", 0);

    // Permission ends with its record; an objection stands also in a record that has ended.
    Says all;
    for (const Judged& each : records) {
        if (each.standing == Standing::Void) continue;
        all.deny |= each.says.deny;
        if (each.standing == Standing::Live) all.permit |= each.says.permit;
    }
    const Classes granted = all.permit & static_cast<Classes>(~all.deny);
    const auto permitting = [&](const Judged& each) {
        return each.standing == Standing::Live && (each.says.permit & granted) != 0;
    };
    const std::optional<Classes> asked = needed(request);
    if (!asked) return decided("unknown-documents", 0);
    if ((*asked & static_cast<Classes>(~granted)) == 0) {
        Decision decision = decided("permit", newest(records, permitting));
        for (std::size_t i = 0; i < kDataClasses.size(); ++i) {
            if ((granted >> i & 1U) == 0) decision.withheld.emplace_back(kDataClasses[i]);
        }
        if (request.stage == Stage::Offer) decision.masked.emplace_back("identity");
        return decision;
    }
    if ((*asked & all.deny) != 0) {
        const auto objects = [](const Judged& each) {
            return each.standing != Standing::Void && each.says.deny != 0;
        };
        return decided(all.deny == kAllClasses ? "recipient-excluded" : "documents-excluded",
                       newest(records, objects));
    }
    if (granted != 0) return decided("documents-not-covered", newest(records, permitting));
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
