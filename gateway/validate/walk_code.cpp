#include <string>

#include "fhir/grammar.h"
#include "validate/walk.h"

/// Bindings (hl7.org/fhir/R4/terminologies.html#strength) and codes of the systems that we hold.
namespace tsunagi::validate {
namespace {

using fhir::Binding;
using fhir::Membership;
using json::Value;

/// A list up to this length is spelled out in the message.
constexpr std::size_t kMaxListed = 16;

std::string display_of(const fhir::Definitions& definitions, const fhir::ValueSet::Code& code,
                       bool english) {
    const fhir::CodeSystem* system = definitions.code_system(code.system);
    const auto found = system ? system->find(code.code) : std::nullopt;
    if (!found) return {};
    return std::string{english && !found->english.empty() ? found->english : found->display};
}

/// "present（あり）, none（なし）", or the address of a long list.
std::string choices(const fhir::Definitions& definitions, const Binding& binding, bool english) {
    if (!binding.set || binding.set->size() == 0 || binding.set->size() > kMaxListed ||
        !binding.set->open_systems().empty()) {
        return std::string{binding.value_set};
    }
    std::string out;
    for (std::size_t i = 0; i < binding.set->size(); ++i) {
        const fhir::ValueSet::Code code = binding.set->at(i);
        if (!out.empty()) out += ", ";
        out += code.code;
        const std::string display = display_of(definitions, code, english);
        if (display.empty()) continue;
        out += english ? " (" : "（";
        out += display;
        out += english ? ")" : "）";
    }
    return out;
}

}  // namespace

/// Whether one of its codes is in the list. Unknown when none is, but one might be.
Fit Walk::in_value_set(const Spot& spot, const fhir::ValueSet* set, bool& has_code) const {
    const auto ask = [&](std::string_view system, std::string_view code) {
        if (code.empty()) return Fit::No;
        has_code = true;
        if (!set) return Fit::Unknown;
        switch (set->contains(system, code)) {
            case Membership::Yes:
                return Fit::Yes;
            case Membership::No:
                return Fit::No;
            case Membership::Unknown:
                break;
        }
        return Fit::Unknown;
    };
    if (!spot.value || !spot.type) return Fit::No;
    if (spot.type->kind == fhir::TypeKind::Primitive) return ask({}, spot.value.text());
    if (spot.type != known_.codeable_concept)
        return ask(spot.value["system"].text(), spot.value["code"].text());
    Fit best = Fit::No;
    for (const Value coding : spot.value["coding"]) {
        const Fit one = ask(coding["system"].text(), coding["code"].text());
        if (one == Fit::Yes) return one;
        if (one == Fit::Unknown) best = one;
    }
    return best;
}

/// One of the codings must be from the list. Under a required binding text alone does not do; under
/// an extensible one it may stand where no code fits.
void Walk::binding(const Spot& spot, const Binding& binding, const Place& place) {
    const bool is_required = binding.strength == fhir::BindingStrength::Required;
    if (!is_required && (silent_ > 0 || !options_.warnings)) return;
    const fhir::TypeDef* type = spot.type;
    const bool is_primitive = type->kind == fhir::TypeKind::Primitive;
    const bool has_coding = type == known_.codeable_concept || type == known_.coding;
    // The URIs under an extensible binding are free.
    if (!is_primitive && !has_coding && type != known_.quantity) return;
    bool has_code = false;
    const Fit found = in_value_set(spot, binding.set, has_code);
    if (found == Fit::Yes) return;
    if (found == Fit::Unknown) return unknown_list(binding.value_set, place, spot.offset());
    if (!has_code) {
        if (is_required && has_coding)
            report_code(Finding::CodeMissing, binding, place, spot.offset());
        return;
    }
    Place code{&place, "code"};
    const bool is_flat = is_primitive || type == known_.codeable_concept;
    const std::uint32_t at = is_flat ? spot.offset() : spot.value["code"].offset();
    report_code(is_required ? Finding::CodeNotInValueSet : Finding::CodeShouldBeInValueSet, binding,
                is_flat ? place : code, at);
}

void Walk::max_value_set(const Spot& spot, const fhir::Binding& bound, const Place& place) {
    if (!spot.value) return;
    fhir::Binding most;
    most.strength = fhir::BindingStrength::Required;
    most.value_set = bound.max_value_set;
    most.set = bound.max_set;
    bool has_code = false;
    const Fit found = in_value_set(spot, most.set, has_code);
    if (found == Fit::Unknown) return unknown_list(most.value_set, place, spot.offset());
    if (found == Fit::No)
        report_code(has_code ? Finding::CodeNotInValueSet : Finding::CodeMissing, most, place,
                    spot.offset());
}

/// A code means nothing unless its system defines it. Systems that are not all here say nothing.
void Walk::known_code(Value coding, const Place& place) {
    const Value code = coding["code"];
    const std::string_view url = coding["system"].text();
    if (url.empty() || !code.is_string()) return;
    // A required binding says more: which codes do.
    const auto is_bound = [](const Place* at) {
        return at && at->element && at->element->binding &&
               at->element->binding->strength == fhir::BindingStrength::Required;
    };
    if (is_bound(&place) || is_bound(place.up)) return;
    const fhir::CodeSystem* system = definitions_.code_system(url);
    const bool is_here = system && system->is_complete();
    if (is_here ? system->find(code.text()).has_value() : !fhir::is_impossible(url, code.text()))
        return;
    // Who holds the list, or the grammar that is the list, can say that there is no such code.
    const bool is_certain = is_here || fhir::fits_grammar(url, code.text()).has_value();
    const Place here{&place, "code"};
    report(is_certain ? Finding::UnknownCode : Finding::ImpossibleCode, here, code.offset(), {url});
}

void Walk::unknown_list(std::string_view value_set, const Place& place, std::uint32_t offset) {
    if (tell_once(value_set)) report(Finding::CodeListUnknown, place, offset, {value_set});
}

void Walk::report_code(Finding finding, const Binding& binding, const Place& place,
                       std::uint32_t offset) {
    if (stopped_) return;
    if (silent_ > 0) return report(finding, place, offset);
    const std::string ja = choices(definitions_, binding, false);
    const std::string en = choices(definitions_, binding, true);
    report(finding, place, offset, {ja, en});
}

}  // namespace tsunagi::validate
