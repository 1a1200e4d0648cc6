#include "fhirpath/evaluator.h"
#include "fhirpath/html.h"

/// What FHIR adds to FHIRPath (hl7.org/fhir/R4/fhirpath.html, section 2.9.1.2), with type() and
/// trace().
namespace tsunagi::fhirpath {
namespace {

using Kind = Item::Kind;

constexpr std::string_view kStructures = "http://hl7.org/fhir/StructureDefinition/";

std::optional<bool> in_value_set(const fhir::Definitions& definitions, const Item& item,
                                 std::string_view value_set) {
    const auto ask = [&](std::string_view system, std::string_view code) -> std::optional<bool> {
        switch (definitions.contains(value_set, system, code)) {
            case fhir::Membership::Yes:
                return true;
            case fhir::Membership::No:
                return false;
            default:
                return std::nullopt;
        }
    };
    const Item system = system_value(item);
    if (system.kind() == Kind::String) return ask({}, system.text());
    const json::Value node = item.node();
    if (const json::Value codings = node["coding"]; codings.is_array()) {
        std::optional<bool> result = false;
        for (const json::Value coding : codings) {
            const auto one = ask(coding["system"].text(), coding["code"].text());
            if (one == true) return true;
            if (!one) result.reset();
        }
        return result;
    }
    if (node["code"].is_string()) return ask(node["system"].text(), node["code"].text());
    return std::nullopt;
}

}  // namespace

bool Evaluator::call_fhir(const Syntax& node, const Scope& scope, const Collection& in,
                          Collection& out) {
    switch (node.function) {
        case Function::Trace: {
            // The name is checked and the input passed on; nothing is printed: it may be patient
            // data.
            std::optional<std::string> name;
            if (!text_argument(node, scope, 0, name)) return false;
            out.insert(out.end(), in.begin(), in.end());
            return true;
        }
        case Function::Type:
            for (const Item& item : in) {
                out.push_back(Item::type_info(
                    item.is_node() ? "FHIR." + type_name(item)
                                   : "System." + std::string{system_type_name(item.kind())}));
            }
            return true;
        case Function::GetValue: {
            if (in.size() != 1) return true;
            const Item value = system_value(in[0]);
            if (!value.is_node() && value.kind() != Kind::Quantity) out.push_back(value);
            return true;
        }
        case Function::Resolve:
            for (const Item& item : in) {
                const auto reference =
                    item.node().is_object() ? item.node()["reference"].text() : item.text();
                if (reference.empty() || context_.host == nullptr) continue;
                const json::Value from = context_.resource ? context_.resource : focus_.node();
                auto found = context_.host->resolve(reference, from);
                if (!found) {
                    fault_ = found.error();
                    return false;
                }
                if (found->kind() != Kind::None) out.push_back(std::move(*found));
            }
            return true;
        case Function::MemberOf:
        case Function::ConformsTo: {
            std::optional<std::string> url;
            if (!text_argument(node, scope, 0, url)) return false;
            if (!url || in.empty()) return true;
            if (in.size() > 1) return fail(node, "the function needs a single item");
            const bool member = node.function == Function::MemberOf;
            std::optional<bool> answer;
            if (context_.host != nullptr) {
                auto asked = member ? context_.host->member_of(in[0], *url)
                                    : context_.host->conforms_to(in[0], *url);
                if (!asked) {
                    fault_ = asked.error();
                    return false;
                }
                answer = *asked;
            } else if (member && context_.definitions != nullptr) {
                answer = in_value_set(*context_.definitions, in[0], *url);
            } else if (!member && url->starts_with(kStructures) &&
                       context_.definitions != nullptr) {
                // Without a validator only the base types can be judged.
                const fhir::TypeDef* type = context_.definitions->type(*url);
                if (type == nullptr) return fail(node, "unknown profile");
                if (!type->is_profile) answer = has_type(in[0], {}, type->name);
            }
            if (answer) out.push_back(Item::boolean(*answer));
            return true;
        }
        default:  // htmlChecks()
            if (in.size() != 1) return true;
            out.push_back(Item::boolean(is_safe_narrative(in[0].text())));
            return true;
    }
}

}  // namespace tsunagi::fhirpath
