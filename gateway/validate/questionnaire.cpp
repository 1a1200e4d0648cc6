#include "validate/questionnaire.h"

#include <algorithm>
#include <array>
#include <string>

#include "fhir/grammar.h"
#include "fhirpath/regex.h"
#include "validate/matching.h"

namespace tsunagi::validate {
namespace {

using json::Value;

constexpr std::string_view kExtensions = "http://hl7.org/fhir/StructureDefinition/";
constexpr std::uint32_t kMaxLevels = 32;

/// Item type of a question and the value types its answer may have.
struct AnswerTypes {
    std::string_view question;
    std::array<std::string_view, 2> members;  ///< "valueBoolean"
    std::string_view shown;
};

constexpr std::array kAnswerTypes = {
    AnswerTypes{"boolean", {"valueBoolean"}, "boolean"},
    AnswerTypes{"decimal", {"valueDecimal", "valueInteger"}, "decimal"},
    AnswerTypes{"integer", {"valueInteger"}, "integer"},
    AnswerTypes{"date", {"valueDate"}, "date"},
    AnswerTypes{"dateTime", {"valueDateTime", "valueDate"}, "dateTime"},
    AnswerTypes{"time", {"valueTime"}, "time"},
    AnswerTypes{"string", {"valueString"}, "string"},
    AnswerTypes{"text", {"valueString"}, "string"},
    AnswerTypes{"url", {"valueUri"}, "uri"},
    AnswerTypes{"choice", {"valueCoding"}, "Coding"},
    AnswerTypes{"open-choice", {"valueCoding", "valueString"}, "Coding, string"},
    AnswerTypes{"attachment", {"valueAttachment"}, "Attachment"},
    AnswerTypes{"reference", {"valueReference"}, "Reference"},
    AnswerTypes{"quantity", {"valueQuantity"}, "Quantity"},
};

Value member_with_prefix(Value object, std::string_view prefix) {
    for (const Value each : object) {
        if (each.key().starts_with(prefix)) return each;
    }
    return {};
}

/// The values of the extensions `name` of a question.
std::vector<Value> extensions_of(Value question, std::string_view name) {
    std::vector<Value> found;
    for (const Value each : question["extension"]) {
        const std::string_view url = each["url"].text();
        if (url.starts_with(kExtensions) && url.substr(kExtensions.size()) == name)
            found.push_back(member_with_prefix(each, "value"));
    }
    return found;
}

/// "valueInteger" → "integer", "answerCoding" → "Coding".
std::string type_of(std::string_view member, std::string_view prefix) {
    std::string type{member.substr(prefix.size())};
    constexpr std::array kComplex = {"Coding", "Quantity", "Reference", "Attachment"};
    if (!type.empty() && std::ranges::find(kComplex, type) == kComplex.end())
        type.front() = static_cast<char>(type.front() - 'A' + 'a');
    return type;
}

bool is_same_value(Value left, Value right) {
    if (right.is_object() && right["code"])
        return left["code"].text() == right["code"].text() &&
               left["system"].text() == right["system"].text();
    if (right.is_object() && right["reference"])
        return left["reference"].text() == right["reference"].text();
    if (right.is_object()) return left["display"].text() == right["display"].text();
    if (right.is_number()) return order_of(left, right, "decimal") == 0;
    return json::equal(left, right);
}

/// Whether a ValueSet that a Questionnaire carries itself has the code, from its expansion or,
/// where there is none, from its compose. Unknown where a part needs what is not here.
class ContainedSet {
public:
    explicit ContainedSet(const fhir::Definitions& definitions) : definitions_(definitions) {}

    Fit contains(Value set, std::string_view system, std::string_view code) const {
        if (const Value list = set["expansion"]["contains"]; !list.empty())
            return listed(list, system, code, 0) ? Fit::Yes : Fit::No;
        const Fit included = any(set["compose"]["include"], system, code);
        if (included == Fit::No) return Fit::No;
        const Fit excluded = any(set["compose"]["exclude"], system, code);
        if (excluded == Fit::Yes) return Fit::No;
        return excluded == Fit::Unknown ? Fit::Unknown : included;
    }

private:
    static bool listed(Value list, std::string_view system, std::string_view code,
                       std::uint32_t depth) {
        return depth <= kMaxLevels && std::ranges::any_of(list, [&](Value each) {
                   return (each["system"].text() == system && each["code"].text() == code &&
                           !each["abstract"].truth()) ||
                          listed(each["contains"], system, code, depth + 1);
               });
    }

    Fit any(Value parts, std::string_view system, std::string_view code) const {
        Fit best = Fit::No;
        for (const Value part : parts) {
            const Fit one = in_part(part, system, code);
            if (one == Fit::Yes) return one;
            if (one == Fit::Unknown) best = one;
        }
        return best;
    }

    /// All conditions of a part hold together.
    Fit in_part(Value part, std::string_view system, std::string_view code) const {
        Fit all = part["system"] ? in_system(part, system, code) : Fit::Yes;
        for (const Value each : part["valueSet"]) {
            const fhir::ValueSet* set = definitions_.value_set(each.text());
            const auto found = set ? set->contains(system, code) : fhir::Membership::Unknown;
            if (found == fhir::Membership::No) return Fit::No;
            if (found == fhir::Membership::Unknown && all == Fit::Yes) all = Fit::Unknown;
        }
        return all;
    }

    Fit in_system(Value part, std::string_view system, std::string_view code) const {
        if (part["system"].text() != system) return Fit::No;
        if (const Value concepts = part["concept"]; !concepts.empty()) {
            const bool found = std::ranges::any_of(
                concepts, [&](Value each) { return each["code"].text() == code; });
            return found ? Fit::Yes : Fit::No;
        }
        if (const auto fits = fhir::fits_grammar(system, code); fits && !*fits) return Fit::No;
        const fhir::CodeSystem* codes = definitions_.code_system(system);
        if (!codes) return Fit::Unknown;
        if (codes->find(code)) return part["filter"].empty() ? Fit::Yes : Fit::Unknown;
        return codes->is_complete() ? Fit::No : Fit::Unknown;
    }

    const fhir::Definitions& definitions_;
};

/// A linkId may stand in a text when it looks like a name.
std::string_view shown_id(Value question) {
    const std::string_view id = question["linkId"].text();
    const bool is_plain = id.size() <= 64 && std::ranges::all_of(id, [](char c) {
                              return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                                     (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '_' ||
                                     c == '/';
                          });
    return is_plain ? id : std::string_view{"?"};
}

Place item_at(const Place& parent, std::uint32_t index) {
    Place place{&parent, "item"};
    place.index = index;
    return place;
}

}  // namespace

Value QuestionnaireCheck::find(Value response) const {
    const Value canonical = response["questionnaire"];
    const std::string_view text = canonical.text();
    if (text.starts_with('#')) {
        for (const Value each : response["contained"]) {
            if (each["id"].text() == text.substr(1)) return each;
        }
        return {};
    }
    const std::string_view url = text.substr(0, text.find('|'));
    if (walk_.around_.bundle) {
        for (const fhir::Entry& each : walk_.around_.bundle->entries()) {
            if (each.resource["resourceType"].text() == "Questionnaire" &&
                each.resource["url"].text() == url)
                return each.resource;
        }
    }
    return walk_.options_.find ? walk_.options_.find(text) : Value{};
}

void QuestionnaireCheck::response(Value response, const Place& place) {
    const Value canonical = response["questionnaire"];
    if (!canonical.is_string()) return;
    response_ = response;
    questionnaire_ = find(response);
    if (questionnaire_["resourceType"].text() != "Questionnaire") {
        const Place here{&place, "questionnaire"};
        if (walk_.tell_once(canonical.text()))
            walk_.report(Finding::QuestionnaireUnknown, here, canonical.offset());
        return;
    }
    const std::string_view status = response["status"].text();
    is_complete_ = status == "completed" || status == "amended";
    index(response, 0);
    level(questionnaire_["item"], response, place, 0);
}

void QuestionnaireCheck::index(Value parent, std::uint32_t depth) {
    if (depth > kMaxLevels) return;
    for (const Value item : parent["item"]) {
        for (const Value answer : item["answer"]) {
            answers_.emplace(item["linkId"].text(), answer);
            index(answer, depth + 1);
        }
        index(item, depth + 1);
    }
}

/// The items of one level: `given` holds "item", as the response, a group or an answer does.
void QuestionnaireCheck::level(Value questions, Value given, const Place& place,
                               std::uint32_t depth) {
    if (depth > kMaxLevels) return;
    std::map<std::string_view, std::vector<std::pair<Value, Place>>> by_question;
    std::map<std::string_view, std::size_t> order;
    std::size_t count = 0;
    for (const Value question : questions) order.emplace(question["linkId"].text(), count++);
    std::uint32_t index = 0;
    std::size_t latest = 0;
    for (const Value item : given["item"]) {
        const Place here = item_at(place, index++);
        const auto at = order.find(item["linkId"].text());
        if (at == order.end()) {
            walk_.report(Finding::QuestionUnknown, here, item.offset());
            continue;
        }
        if (at->second < latest) walk_.report(Finding::AnswerOrder, here, item.offset());
        latest = std::max(latest, at->second);
        by_question[at->first].emplace_back(item, here);
    }
    static const std::vector<std::pair<Value, Place>> kNone;
    for (const Value each : questions) {
        const auto at = by_question.find(each["linkId"].text());
        question(each, at == by_question.end() ? kNone : at->second, place, given.offset(), depth);
    }
}

void QuestionnaireCheck::question(Value question, const std::vector<std::pair<Value, Place>>& given,
                                  const Place& parent, std::uint32_t offset, std::uint32_t depth) {
    const std::string_view type = question["type"].text();
    const bool is_group = type == "group";
    if (!is_enabled(question)) {
        for (const auto& [item, place] : given) {
            if (!item["answer"].empty() || !item["item"].empty())
                walk_.report(Finding::AnswerNotEnabled, place, item.offset());
        }
        return;
    }
    const bool has_answer = std::ranges::any_of(given, [&](const auto& each) {
        return is_group ? !each.first["item"].empty() : !each.first["answer"].empty();
    });
    if (!has_answer && question["required"].truth() && is_complete_ && type != "display") {
        const std::string_view id = shown_id(question);
        walk_.report(Finding::AnswerMissing, given.empty() ? parent : given.front().second,
                     given.empty() ? offset : given.front().first.offset(), {id});
    }
    // A group that repeats comes once per repetition, a question that repeats has many answers.
    if (given.size() > 1 && !(is_group && question["repeats"].truth()))
        walk_.report(Finding::AnswerTooMany, given[1].second, given[1].first.offset(), {"1"});
    for (const auto& [item, place] : given) {
        if (is_group || type == "display") {
            if (!item["answer"].empty())
                walk_.report(Finding::AnswerType, place, item.offset(),
                             {"項目（答えなし）", "items without an answer"});
            level(question["item"], item, place, depth + 1);
        } else {
            answers(question, item, place, depth);
        }
    }
}

void QuestionnaireCheck::answers(Value question, Value item, const Place& place,
                                 std::uint32_t depth) {
    const Value list = item["answer"];
    std::int64_t most = question["repeats"].truth() ? -1 : 1;
    for (const Value each : extensions_of(question, "questionnaire-maxOccurs"))
        most = each.integer(most);
    if (most >= 0 && static_cast<std::int64_t>(list.size()) > most) {
        const std::string limit = std::to_string(most);
        walk_.report(Finding::AnswerTooMany, place, item.offset(), {limit});
    }
    for (const Value each : extensions_of(question, "questionnaire-minOccurs")) {
        if (is_complete_ && static_cast<std::int64_t>(list.size()) < each.integer()) {
            const std::string_view id = shown_id(question);
            walk_.report(Finding::AnswerMissing, place, item.offset(), {id});
        }
    }
    if (!item["item"].empty()) {
        // Below a question items stand in its answers.
        Place here = item_at(place, 0);
        walk_.report(Finding::QuestionUnknown, here, item["item"].offset());
    }
    std::uint32_t index = 0;
    for (const Value each : list) {
        Place here{&place, "answer"};
        here.index = index++;
        answer(question, each, here);
        level(question["item"], each, here, depth + 1);
    }
}

void QuestionnaireCheck::answer(Value question, Value answer, const Place& place) {
    const Value value = member_with_prefix(answer, "value");
    if (!value) return;
    Place here{&place, "value"};
    const std::string type = type_of(value.key(), "value");
    // The type is part of the expression, as that of any choice.
    const fhir::TypeDef* known = walk_.definitions_.type(type);
    if (known) here.choice = known->name;
    const std::string_view asked = question["type"].text();
    const auto* row = std::ranges::find(kAnswerTypes, asked, &AnswerTypes::question);
    const bool by_option = (asked == "choice" || asked == "open-choice") &&
                           std::ranges::any_of(question["answerOption"], [&](Value option) {
                               return static_cast<bool>(option[value.key()]);
                           });
    if (row != kAnswerTypes.end() && !by_option &&
        std::ranges::find(row->members, value.key()) == row->members.end()) {
        walk_.report(Finding::AnswerType, here, value.offset(), {row->shown});
        return;
    }
    if (!is_choice(question, value, type))
        walk_.report(Finding::AnswerNotAllowed, here, value.offset());
    limits(question, value, type, here);
}

bool QuestionnaireCheck::is_choice(Value question, Value value, std::string_view type) const {
    const bool is_open = question["type"].text() == "open-choice" && value.is_string();
    if (const Value options = question["answerOption"]; !options.empty()) {
        return is_open || std::ranges::any_of(options, [&](Value option) {
                   const Value wanted = member_with_prefix(option, "value");
                   return wanted.key() == value.key() && is_same_value(value, wanted);
               });
    }
    const std::string_view url = question["answerValueSet"].text();
    if (url.empty() || is_open || type != "Coding") return true;
    if (url.starts_with('#')) {
        const Value set = contained(url.substr(1));
        return !set ||
               ContainedSet(walk_.definitions_)
                       .contains(set, value["system"].text(), value["code"].text()) != Fit::No;
    }
    const fhir::ValueSet* set = walk_.definitions_.value_set(url);
    bool has_code = false;
    return walk_.in_value_set({value, {}, walk_.known_.coding}, set, has_code) != Fit::No;
}

/// A resource that the Questionnaire carries; what is itself contained carries nothing, and points
/// to its neighbours.
Value QuestionnaireCheck::contained(std::string_view id) const {
    for (const Value holder : {questionnaire_, response_}) {
        for (const Value each : holder["contained"]) {
            if (each["id"].text() == id) return each;
        }
    }
    return {};
}

void QuestionnaireCheck::limits(Value question, Value value, std::string_view type,
                                const Place& place) {
    for (const Value least : extensions_of(question, "minValue")) {
        const auto order = order_of(value, least, type);
        if (order && *order < 0) {
            const std::string wanted = shown(least);
            walk_.report(Finding::BelowMinimum, place, value.offset(), {wanted});
        }
    }
    for (const Value most : extensions_of(question, "maxValue")) {
        const auto order = order_of(value, most, type);
        if (order && *order > 0) {
            const std::string wanted = shown(most);
            walk_.report(Finding::AboveMaximum, place, value.offset(), {wanted});
        }
    }
    const std::int64_t longest = question["maxLength"].integer(-1);
    if (longest >= 0 && value.is_string() &&
        count_characters(value.text()) > static_cast<std::size_t>(longest)) {
        const std::string limit = std::to_string(longest);
        walk_.report(Finding::LongerThanAllowed, place, value.offset(), {limit});
    }
    for (const Value pattern : extensions_of(question, "regex")) {
        // A pattern that cannot be read asks for nothing.
        const auto regex = fhirpath::compile_regex(pattern.text());
        if (regex && value.is_string() && !fhirpath::regex_matches(**regex, value.text(), true)) {
            const std::string wanted = shown(pattern);
            walk_.report(Finding::BadFormat, place, value.offset(), {wanted});
        }
    }
    for (const Value shortest : extensions_of(question, "minLength")) {
        if (value.is_string() &&
            static_cast<std::int64_t>(count_characters(value.text())) < shortest.integer()) {
            const std::string wanted = shown(shortest);
            walk_.report(Finding::BelowMinimum, place, value.offset(), {wanted});
        }
    }
    for (const Value places : extensions_of(question, "maxDecimalPlaces")) {
        const std::string_view text = value.text();
        const std::size_t dot = text.find('.');
        if (value.is_number() && dot != std::string_view::npos &&
            static_cast<std::int64_t>(text.size() - dot - 1) > places.integer()) {
            walk_.report(Finding::BadFormat, place, value.offset(), {shown(places)});
        }
    }
    const auto units = extensions_of(question, "questionnaire-unitOption");
    if (type == "Quantity" && !units.empty() &&
        std::ranges::none_of(units, [&](Value unit) { return is_same_value(value, unit); })) {
        walk_.report(Finding::AnswerNotAllowed, place, value.offset());
    }
    const auto types = extensions_of(question, "mimeType");
    const Value content = value["contentType"];
    if (type == "Attachment" && !types.empty() && content &&
        std::ranges::none_of(types, [&](Value each) { return each.text() == content.text(); })) {
        walk_.report(Finding::AnswerNotAllowed, place, value.offset());
    }
    const auto resources = extensions_of(question, "questionnaire-referenceResource");
    if (type == "Reference" && !resources.empty()) {
        const Target found = walk_.follow(value["reference"].text());
        if (!found.type_name.empty() && std::ranges::none_of(resources, [&](Value each) {
                return each.text() == found.type_name;
            })) {
            walk_.report(Finding::AnswerNotAllowed, place, value.offset());
        }
    }
}

bool QuestionnaireCheck::is_enabled(Value question) const {
    const Value conditions = question["enableWhen"];
    if (conditions.empty()) return true;
    const auto met = [&](Value each) { return is_met(each); };
    return question["enableBehavior"].text() == "all" ? std::ranges::all_of(conditions, met)
                                                      : std::ranges::any_of(conditions, met);
}

bool QuestionnaireCheck::is_met(Value condition) const {
    const auto [first, last] = answers_.equal_range(condition["question"].text());
    const std::string_view op = condition["operator"].text();
    const Value wanted = member_with_prefix(condition, "answer");
    if (!wanted) return false;
    if (op == "exists") return (first != last) == wanted.truth();
    const std::string type = type_of(wanted.key(), "answer");
    const auto holds = [&](Value answer) {
        const Value value = member_with_prefix(answer, "value");
        if (op == "=") return is_same_value(value, wanted);
        if (op == "!=") return !is_same_value(value, wanted);
        const auto order = order_of(value, wanted, type);
        if (!order) return false;
        return op == ">"    ? *order > 0
               : op == "<"  ? *order < 0
               : op == ">=" ? *order >= 0
                            : *order <= 0;
    };
    return std::any_of(first, last, [&](const auto& each) { return holds(each.second); });
}

}  // namespace tsunagi::validate
