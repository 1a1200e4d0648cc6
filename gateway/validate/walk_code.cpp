#include <algorithm>
#include <string>

#include "validate/walk.h"

/// Required bindings (hl7.org/fhir/R4/terminologies.html#required).
namespace tsunagi::validate {
namespace {

using fhir::Binding;
using fhir::Membership;
using json::Value;

/// A list up to this length is spelled out in the message.
constexpr std::size_t kMaxListed = 16;

Membership look_up(const Binding& binding, std::string_view system,
                   std::string_view code) noexcept {
    return binding.set ? binding.set->contains(system, code) : Membership::Unknown;
}

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

void Walk::binding(Value value, const Binding& binding, const fhir::TypeDef& type,
                   const Place& place) {
    if (type.kind == fhir::TypeKind::Primitive) {
        code({}, value, binding, place);
    } else if (&type == known_.codeable_concept) {
        codeable_concept(value, binding, place);
    } else if (&type == known_.coding || &type == known_.quantity) {
        const Value given = value["code"];
        const Place here{&place, "code"};
        if (given) {
            code(value["system"].text(), given, binding, here);
        } else if (&type == known_.coding) {
            report_code(Finding::CodeMissing, binding, place, value.offset());
        }
    }
}

void Walk::code(std::string_view system, Value code, const Binding& binding, const Place& place) {
    switch (look_up(binding, system, code.text())) {
        case Membership::Yes:
            return;
        case Membership::No:
            return report_code(Finding::CodeNotInValueSet, binding, place, code.offset());
        case Membership::Unknown:
            return unknown_list(binding, place, code.offset());
    }
}

/// One of the codings must be from the list; text alone does not do.
void Walk::codeable_concept(Value value, const Binding& binding, const Place& place) {
    bool any = false;
    bool open = false;
    for (const Value coding : value["coding"]) {
        const std::string_view given = coding["code"].text();
        if (given.empty()) continue;
        any = true;
        const Membership found = look_up(binding, coding["system"].text(), given);
        if (found == Membership::Yes) return;
        open |= found == Membership::Unknown;
    }
    if (open) return unknown_list(binding, place, value.offset());
    report_code(any ? Finding::CodeNotInValueSet : Finding::CodeMissing, binding, place,
                value.offset());
}

void Walk::unknown_list(const Binding& binding, const Place& place, std::uint32_t offset) {
    if (std::ranges::find(unknown_lists_, binding.value_set) != unknown_lists_.end()) return;
    unknown_lists_.push_back(binding.value_set);
    report(Finding::CodeListUnknown, place, offset, {binding.value_set});
}

void Walk::report_code(Finding finding, const Binding& binding, const Place& place,
                       std::uint32_t offset) {
    if (stopped_) return;
    const std::string ja = choices(definitions_, binding, false);
    const std::string en = choices(definitions_, binding, true);
    report(finding, place, offset, {ja, en});
}

}  // namespace tsunagi::validate
