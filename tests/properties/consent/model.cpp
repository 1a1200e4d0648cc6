#include "properties/consent/model.h"

#include <algorithm>

#include "json/builder.h"
#include "json/writer.h"

namespace tsunagi::consent {
namespace {

using json::Builder;
using json::Node;

constexpr std::string_view kOwn = "https://tsunagi.example/fhir/";

std::string own(std::string_view rest) { return std::string{kOwn} + std::string{rest}; }

std::string digits(std::int64_t value, int width) {
    std::string text = std::to_string(value);
    return std::string(static_cast<std::size_t>(std::max(0, width - static_cast<int>(text.size()))),
                       '0') +
           text;
}

struct Civil {
    std::int64_t year, month, day;
};
/// The calendar by counting: days since 2026-01-01.
Civil civil(std::int64_t days) {
    constexpr std::array<int, 12> kMonths{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    Civil date{2026, 1, 1};
    const auto leap = [](std::int64_t year) { return year % 4 == 0; };  // holds from 1901 to 2099
    const auto in_month = [&] {
        return kMonths[static_cast<std::size_t>(date.month - 1)] +
               (date.month == 2 && leap(date.year) ? 1 : 0);
    };
    while (days < 0) {
        --date.year;
        days += leap(date.year) ? 366 : 365;
    }
    while (days >= in_month()) {
        days -= in_month();
        if (++date.month > 12) date = {date.year + 1, 1, 1};
    }
    date.day += days;
    return date;
}

std::int64_t day_of(Moment moment) {
    return moment >= 0 ? moment / kDay : (moment - kDay + 1) / kDay;
}

std::string date_text(Moment moment) {
    const Civil date = civil(day_of(moment));
    return digits(date.year, 4) + "-" + digits(date.month, 2) + "-" + digits(date.day, 2);
}

/// With the offset of Japan, or the same instant in UTC.
std::string time_text(Moment moment, bool utc) {
    const Moment shown = utc ? moment - Moment{9} * 3600 : moment;
    const Moment within = shown - day_of(shown) * kDay;
    return date_text(shown) + "T" + digits(within / 3600, 2) + ":" + digits(within / 60 % 60, 2) +
           ":" + digits(within % 60, 2) + (utc ? "Z" : "+09:00");
}

void code(Builder& builder, Node* into, std::string_view system, std::string_view value) {
    builder.set(into, "system", system);
    builder.set(into, "code", value);
}

void coded(Builder& builder, Node* object, std::string_view member, std::string_view system,
           std::string_view value) {
    Node* inner = builder.set_object(object, member);
    code(builder, builder.add_object(builder.set_array(inner, "coding")), system, value);
}

void write_period(Builder& builder, Node* object, std::string_view member, const Period& period) {
    Node* node = builder.set_object(object, member);
    if (period.start) builder.set(node, "start", period.start->text);
    if (period.end) builder.set(node, "end", period.end->text);
}

void write_actor(Builder& builder, Node* root, Node* actor, const Actor& said) {
    const std::string kinds = own("CodeSystem/recipient-kind");
    const bool by_participation = said.style % 2 == 1;
    const auto role = [&](std::string_view kind) {
        if (by_participation)
            coded(builder, actor, "role",
                  "http://terminology.hl7.org/CodeSystem/v3-ParticipationType",
                  said.style > 2 ? "PRCP" : "IRCP");
        else
            coded(builder, actor, "role", kinds, kind);
    };
    const auto identified = [&](const std::string& system, std::string_view value) {
        Node* identifier = builder.set_object(builder.set_object(actor, "reference"), "identifier");
        builder.set(identifier, "system", system);
        builder.set(identifier, "value", value);
    };
    switch (said.kind) {
        case Actor::Kind::ProgrammeHospitals:
            role("programme-hospitals");
            identified(kinds, "programme-hospitals");
            return;
        case Actor::Kind::Somebody:
            role(said.id);
            identified(kinds, said.id);
            return;
        case Actor::Kind::UntoldHospital:
            role("hospital");
            if (said.style == 0)
                builder.set(builder.set_object(actor, "reference"), "display", "近くの病院");
            else
                identified(kinds, "hospital");
            return;
        case Actor::Kind::Hospital:
            role("hospital");
            break;
    }
    if (said.style < 2) {
        identified(own("NamingSystem/organization"), said.id);
    } else if (said.style < 4) {
        builder.set(builder.set_object(actor, "reference"), "reference", "Organization/" + said.id);
    } else {
        builder.set(builder.set_object(actor, "reference"), "reference", "#" + said.id);
        Node* held = Builder::find(root, "contained");
        if (!held) held = builder.set_array(root, "contained");
        Node* organization = builder.add_object(held);
        builder.set(organization, "resourceType", "Organization");
        builder.set(organization, "id", said.id);
        Node* identifier = builder.add_object(builder.set_array(organization, "identifier"));
        builder.set(identifier, "system", own("NamingSystem/organization"));
        builder.set(identifier, "value", said.id);
    }
}

void write_provision(Builder& builder, Node* root, Node* node, const Provision& said) {
    if (said.permit) builder.set(node, "type", *said.permit ? "permit" : "deny");
    if (said.period) write_period(builder, node, "period", *said.period);
    if (!said.actors.empty()) {
        Node* list = builder.set_array(node, "actor");
        for (const Actor& each : said.actors)
            write_actor(builder, root, builder.add_object(list), each);
    }
    if (!said.actions.empty()) {
        Node* list = builder.set_array(node, "action");
        for (const auto& each : said.actions) {
            Node* coding =
                builder.add_object(builder.set_array(builder.add_object(list), "coding"));
            code(builder, coding, "http://terminology.hl7.org/CodeSystem/consentaction", each);
        }
    }
    if (!said.purposes.empty()) {
        Node* list = builder.set_array(node, "purpose");
        for (const auto& each : said.purposes)
            code(builder, builder.add_object(list),
                 each == "respite" ? own("CodeSystem/purpose")
                                   : "http://terminology.hl7.org/CodeSystem/v3-ActReason",
                 each);
    }
    if (!said.classes.empty()) {
        Node* list = builder.set_array(node, "class");
        for (const int each : said.classes)
            code(builder, builder.add_object(list), own("CodeSystem/information-kind"),
                 kClasses[static_cast<std::size_t>(each)]);
    }
    if (said.some_years) builder.set(builder.set_object(node, "dataPeriod"), "start", "2024");
    if (said.inside.empty()) return;
    Node* list = builder.set_array(node, "provision");
    for (const Provision& each : said.inside)
        write_provision(builder, root, builder.add_object(list), each);
}

/// Puts the flaw into the first exception, or the root where there is none.
void spoil(Builder& builder, Node* root, Flaw flaw) {
    Node* provision = Builder::find(root, "provision");
    if (!provision) provision = builder.set_object(root, "provision");
    if (flaw == Flaw::Modifier)
        builder.add_object(builder.set_array(provision, "modifierExtension"));
    if (flaw == Flaw::UnknownClass)
        code(builder, builder.add_object(builder.set_array(provision, "class")),
             own("CodeSystem/information-kind"), "diary");
    if (flaw == Flaw::UntypedException) {
        Node* list = Builder::find(provision, "provision");
        builder.add_object(list ? list : builder.set_array(provision, "provision"));
    }
    if (flaw == Flaw::BadPeriod)
        builder.set(builder.set_object(provision, "period"), "end", "2026-13");
}

}  // namespace

json::Document to_fhir(const Record& record) {
    json::Document document;
    Builder builder(document);
    Node* root = builder.object();
    builder.set(root, "resourceType", "Consent");
    builder.set(root, "status", record.status);
    coded(builder, root, "scope", "http://terminology.hl7.org/CodeSystem/consentscope",
          record.scope);
    Node* category = builder.add_object(builder.set_array(root, "category"));
    code(builder, builder.add_object(builder.set_array(category, "coding")), "http://loinc.org",
         "59284-0");
    builder.set(builder.set_object(root, "patient"), "reference", "urn:uuid:1");
    if (record.given) builder.set(root, "dateTime", record.given->text);
    coded(builder, root, "policyRule", "http://terminology.hl7.org/CodeSystem/v3-ActCode",
          record.opt_out ? "OPTOUT" : "OPTIN");
    if (record.withdrawn) {
        Node* extension = builder.add_object(builder.set_array(root, "extension"));
        builder.set(extension, "url", own("StructureDefinition/consent-withdrawn-at"));
        builder.set(extension, "valueDateTime", time_text(*record.withdrawn, false));
    }
    if (record.root)
        write_provision(builder, root, builder.set_object(root, "provision"), *record.root);
    if (record.flaw != Flaw::None) spoil(builder, root, record.flaw);
    return document;
}

privacy::ConsentRequest to_request(const Question& question) {
    privacy::ConsentRequest request;
    request.recipient = question.hospital;
    request.of_programme = question.of_programme;
    request.purpose = question.purpose;
    request.stage = question.release ? privacy::Stage::Release : privacy::Stage::Offer;
    for (const int each : question.classes)
        request.data_classes.emplace_back(kClasses[static_cast<std::size_t>(each)]);
    request.now = parse_instant(time_text(question.now, false)).value();
    return request;
}

privacy::Decision decide(const std::vector<Record>& records, const Question& question) {
    std::vector<json::Document> documents;
    std::vector<privacy::ConsentRecord> held;
    documents.reserve(records.size());
    for (const Record& each : records) {
        documents.push_back(to_fhir(each));
        held.push_back({documents.back().root(), each.version});
    }
    return privacy::decide(held, to_request(question));
}

Written Generator::written(Moment around) {
    const Moment day = day_of(around) * kDay;
    switch (below(5)) {
        case 0: {
            const Civil date = civil(day_of(around));
            Moment first = day, behind = day;
            while (civil(day_of(first - kDay)).month == date.month) first -= kDay;
            while (civil(day_of(behind)).month == date.month) behind += kDay;
            return {digits(date.year, 4) + "-" + digits(date.month, 2), first, behind};
        }
        case 1:
            return {time_text(around, false), around, around + 1};
        case 2:
            return {time_text(around, true), around, around + 1};
        default:
            return {date_text(around), day, day + kDay};
    }
}

/// Moments lie around day 324 (2026-11-21), close enough for bounds and questions to meet.
Period Generator::period() {
    constexpr Moment kMiddle = 324 * kDay;
    Period period;
    const auto moment = [&](int from, int to) {
        return kMiddle + Moment{from} * kDay +
               static_cast<Moment>(below(static_cast<std::size_t>((to - from) * kDay)));
    };
    const std::size_t form = below(3);
    if (form != 1) period.start = written(moment(-60, 2));
    if (form != 2) period.end = written(moment(-3, 60));
    if (period.start && period.end && period.end->behind <= period.start->first)
        period.start = written(period.end->first - 40 * kDay);
    return period;
}

Actor Generator::actor() {
    Actor actor;
    actor.style = static_cast<int>(below(5));
    const std::size_t kind = below(12);
    if (kind < 5) {
        actor.kind = Actor::Kind::ProgrammeHospitals;
    } else if (kind < 10) {
        actor.id = one_in(8) ? kElsewhere : kHospitals[below(kHospitals.size())];
    } else if (kind == 10) {
        actor.kind = Actor::Kind::Somebody;
        constexpr std::array<std::string_view, 4> kOthers{"care-manager", "family", "city",
                                                          "visiting-nurse"};
        actor.id = kOthers[below(kOthers.size())];
    } else if (one_in(4)) {
        actor.kind = Actor::Kind::UntoldHospital;
        actor.style = static_cast<int>(below(2)) * 2;
    } else {
        actor.id = kHospitals[0];
    }
    return actor;
}

std::vector<int> Generator::classes() {
    std::vector<int> chosen;
    for (int i = 0; i < static_cast<int>(kClasses.size()); ++i) {
        if (!one_in(3)) chosen.push_back(i);
    }
    return chosen;
}

Provision Generator::provision(int depth) {
    Provision said;
    said.permit = one_in(2);
    if (one_in(4)) said.period = period();
    if (one_in(2)) {
        for (std::size_t i = 1 + below(2); i > 0; --i) said.actors.push_back(actor());
    }
    if (one_in(8)) {
        for (const std::string_view each : {"collect", "access", "use", "disclose", "correct"}) {
            if (one_in(2)) said.actions.emplace_back(each);
        }
    }
    if (one_in(4)) {
        for (const std::string_view each : {"TREAT", "CAREMGT", "HRESCH", "HPAYMT", "respite"}) {
            if (one_in(2)) said.purposes.emplace_back(each);
        }
    }
    if (one_in(2)) said.classes = classes();
    said.some_years = one_in(20);
    if (depth < 5 && !one_in(3)) {
        for (std::size_t i = 1 + below(2); i > 0; --i) said.inside.push_back(provision(depth + 1));
    }
    return said;
}

Record Generator::record() {
    Record record;
    record.opt_out = one_in(3);
    if (one_in(8)) {
        constexpr std::array<std::string_view, 5> kStatuses{"draft", "proposed", "rejected",
                                                            "inactive", "entered-in-error"};
        record.status = kStatuses[below(kStatuses.size())];
    }
    if (one_in(25)) record.scope = one_in(2) ? "adr" : "research";
    if (one_in(2)) record.given = written(static_cast<Moment>(290 + below(35)) * kDay + 3600);
    if (one_in(10)) record.withdrawn = (322 * kDay) + static_cast<Moment>(below(4 * kDay));
    if (!one_in(20)) {
        Provision root;
        if (one_in(6)) root.permit = one_in(4) == record.opt_out;
        if (one_in(4)) root.period = period();
        if (one_in(6)) root.actors.push_back(actor());
        if (one_in(8)) root.classes = classes();
        root.some_years = one_in(40);
        if (!record.opt_out && one_in(2)) {
            // As the form writes it: one permit for the programme, exceptions inside.
            Provision permit;
            permit.permit = true;
            permit.actors.push_back({Actor::Kind::ProgrammeHospitals, {}, 0});
            permit.purposes.emplace_back("TREAT");
            if (one_in(3)) permit.inside.push_back(provision(3));
            root.inside.push_back(std::move(permit));
        }
        for (std::size_t i = below(3); i > 0; --i) root.inside.push_back(provision(2));
        record.root = std::move(root);
    }
    if (one_in(40)) record.flaw = static_cast<Flaw>(1 + below(4));
    return record;
}

std::vector<Record> Generator::records() {
    std::vector<Record> all;
    for (std::size_t i = one_in(30) ? 0 : 1 + below(3); i > 0; --i) {
        all.push_back(record());
        all.back().version = static_cast<std::int64_t>(all.size());
    }
    return all;
}

Question Generator::question() {
    Question question;
    question.hospital = one_in(8) ? kElsewhere : kHospitals[below(kHospitals.size())];
    question.of_programme = question.hospital != kElsewhere;
    if (one_in(10)) question.purpose = one_in(2) ? "CAREMGT" : "HRESCH";
    question.release = one_in(2);
    if (one_in(3)) question.classes = classes();
    question.now = 322 * kDay + static_cast<Moment>(below(4 * kDay));
    return question;
}

std::string describe(const std::vector<Record>& records, const Question& question) {
    std::string text = "hospital " + question.hospital + ", " + question.purpose + ", " +
                       (question.release ? "release" : "offer") + ", at " +
                       time_text(question.now, false) + ", classes";
    for (const int each : question.classes) text += " " + std::to_string(each);
    for (const Record& each : records) {
        const json::Document document = to_fhir(each);
        text += "\n" + std::to_string(each.version) + ": " + json::write(document.root());
    }
    return text;
}

}  // namespace tsunagi::consent
