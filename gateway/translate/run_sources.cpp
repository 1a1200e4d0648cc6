#include <algorithm>
#include <string>

#include "json/same_bytes.h"
#include "translate/run.h"

namespace tsunagi::translate {

using fhir::TypeDef;
using json::Kind;
using json::Node;
using json::Value;

bool Run::gather(const SourceStep& step) {
    const std::size_t begin = pool_.size();
    const Slot& context = slot(step.context);
    switch (step.access) {
        case Access::Self:
            if (!context.empty()) pool_.push_back(context);
            break;
        case Access::Members:
            for (const SourceMember& member : step.members)
                gather_member(member.key, member.type, context);
            break;
        case Access::Value:
            if (context.node && context.node->kind != Kind::Null) {
                pool_.push_back(context);
                pool_.back().companion = nullptr;
            }
            break;
        case Access::Companion:
            gather_companion(step, context);
            break;
        case Access::Dynamic:
            gather_dynamic(step, context);
            break;
    }
    if (step.filter) {
        const auto wrong = [&](const Slot& each) {
            return each.type && !fhir::Definitions::is_subtype(each.type, step.filter);
        };
        pool_.erase(
            std::remove_if(pool_.begin() + static_cast<std::ptrdiff_t>(begin), pool_.end(), wrong),
            pool_.end());
    }
    if (pool_.size() == begin && step.otherwise) {
        fhirpath::Collection found;
        const Slot focus = context;
        if (!evaluate(*step.otherwise, focus, found)) return false;
        for (const auto& item : found) pool_.push_back(slot_of(item));
    }
    const std::size_t count = pool_.size() - begin;
    if (step.cardinality && (count < step.cardinality->min || count > step.cardinality->max)) {
        slot(step.slot) = {};
        report(step, "map-cardinality", "変換に必要なセルの数が合いません。",
               "The map needs another number of values in this cell.");
        if (!step.element.empty()) issues_.back().expression += "." + step.element;
    }
    return true;
}

/// List mode.
bool Run::pick(const SourceStep& step, std::size_t begin) {
    const std::size_t count = pool_.size() - begin;
    const auto first = pool_.begin() + static_cast<std::ptrdiff_t>(begin);
    switch (step.list) {
        case syntax::SourceList::All:
            break;
        case syntax::SourceList::First:
            if (count > 1) pool_.resize(begin + 1);
            break;
        case syntax::SourceList::NotFirst:
            if (count > 0) pool_.erase(first);
            break;
        case syntax::SourceList::Last:
            if (count > 1) pool_.erase(first, pool_.end() - 1);
            break;
        case syntax::SourceList::NotLast:
            if (count > 0) pool_.pop_back();
            break;
        case syntax::SourceList::OnlyOne:
            if (count > 1) {
                if (first->node && first->home.path == 0) at_ = first->node;
                return refuse({"値は一つだけ書いてください。",
                               "one value is expected where there are several"},
                              *first, step.spot);
            }
    }
    return true;
}

void Run::gather_member(std::string_view key, const TypeDef* type, const Slot& context) {
    if (!context.node || context.node->kind != Kind::Object) return;
    const Node* value = nullptr;
    const Node* companion = nullptr;
    for (const Node* each = context.node->first; each; each = each->next) {
        const std::size_t longer = each->key_size - key.size();  // huge where it is shorter
        if (longer > 1 || (longer == 1 && each->key[0] != '_')) continue;
        if (json::same_bytes(each->key + longer, key.data(), key.size()))
            (longer == 1 ? companion : value) = each;
    }
    if (value || companion) push_values(value, companion, type, context, key);
}

void Run::gather_dynamic(const SourceStep& step, const Slot& context) {
    if (context.type && context.type->kind == fhir::TypeKind::Primitive) {
        if (step.element != "value") return gather_companion(step, context);
        pool_.push_back(context);
        pool_.back().companion = nullptr;
        return;
    }
    if (context.type) {
        const auto members = source_members(*context.type, step.element);
        for (const SourceMember& member : members) gather_member(member.key, member.type, context);
        if (!members.empty()) return;
    }
    gather_member(step.element, nullptr, context);
}

void Run::gather_companion(const SourceStep& step, const Slot& context) {
    if (!context.companion) return;
    Slot companion = context;
    companion.node = context.companion;
    companion.companion = nullptr;
    gather_member(step.element, step.members.empty() ? nullptr : step.members[0].type, companion);
}

void Run::push_values(const Node* value, const Node* companion, const TypeDef* type,
                      const Slot& context, std::string_view key) {
    if (value ? value->kind != Kind::Array : companion->kind != Kind::Array)
        return push(value, companion, type, context, key);
    const Node* item = value ? value->first : nullptr;
    const Node* beside = companion ? companion->first : nullptr;
    while (item || beside) {
        push(item && item->kind != Kind::Null ? item : nullptr,
             beside && beside->kind != Kind::Null ? beside : nullptr, type, context, key);
        if (item) item = item->next;
        if (beside) beside = beside->next;
    }
}

void Run::push(const Node* value, const Node* companion, const TypeDef* type, const Slot& context,
               std::string_view key) {
    if (!value && !companion) return;
    Slot made;
    made.node = value;
    made.companion = companion;
    made.type = type;
    if (value && value->kind == Kind::Object && (!type || is_open(type))) {
        if (const Value name = Value{value}["resourceType"])
            made.type = program_.definitions->type(name.text());
    }
    if (context.home.path != 0) {  // read back from the output
        made.parent = const_cast<Node*>(context.node);
        made.key = key;
        made.home = paths_.child(context.home, key);
    } else if (!value || (value->kind != Kind::Object && value->kind != Kind::Array)) {
        made.cells = cells_.find(value ? value : companion);
    }
    pool_.push_back(made);
}

// ---- FHIRPath --------------------------------------------------------------------------------

namespace {

fhirpath::Item item_of(const Slot& slot) {
    if (slot.empty()) return {};
    const Node* node = slot.node && slot.node->kind != Kind::Null ? slot.node : nullptr;
    return fhirpath::Item::node(Value{node}, slot.type, Value{slot.companion});
}

}  // namespace

template <class Use>
bool Run::with_context(const Expr& expr, const Slot& focus, Use&& use) {
    std::vector<fhirpath::Variable> variables;
    variables.reserve(expr.variables.size());
    for (const auto& [name, at] : expr.variables) {
        fhirpath::Variable& variable = variables.emplace_back(fhirpath::Variable{name, {}});
        if (!slot(at).empty()) variable.value.push_back(item_of(slot(at)));
    }
    fhirpath::Context context;
    context.definitions = program_.definitions;
    context.focus = item_of(focus);
    context.resource = source_;
    context.root_resource = source_;
    context.variables = variables;
    context.host = environment_.host;
    context.now = environment_.now;
    context.zone = environment_.zone;
    auto result = use(context);
    if (!result) return fail(result.error().code, result.error().message, expr.spot);
    return true;
}

bool Run::condition(const Expr& expr, const Slot& focus, bool& holds) {
    const json::Kind kind = focus.node ? focus.node->kind : Kind::Null;
    if (!expr.one_of.empty() && (kind == Kind::String || kind == Kind::Bool)) {
        holds = std::any_of(expr.one_of.begin(), expr.one_of.end(), [&](const auto& literal) {
            return literal.kind == kind && literal.text == focus.text();
        });
        return true;
    }
    if (const Presence& presence = expr.presence; !presence.terms.empty()) {
        const auto is_met = [&](const Presence::Term& term) {
            return is_there(term.slot ? slot(*term.slot) : focus, term.steps) == term.there;
        };
        const auto& terms = presence.terms;
        holds = presence.all ? std::all_of(terms.begin(), terms.end(), is_met)
                             : std::any_of(terms.begin(), terms.end(), is_met);
        return true;
    }
    return with_context(expr, focus, [&](const fhirpath::Context& context) {
        auto result = fhirpath::holds(expr.expression, context);
        if (result) holds = *result;
        return result;
    });
}

bool Run::evaluate(const Expr& expr, const Slot& focus, fhirpath::Collection& found) {
    return with_context(expr, focus, [&](const fhirpath::Context& context) {
        auto result = fhirpath::evaluate(expr.expression, context);
        if (result) found = std::move(*result);
        return result;
    });
}

/// A result of an expression as a value of our own.
Slot Run::slot_of(const fhirpath::Item& item) {
    using ItemKind = fhirpath::Item::Kind;
    Slot made;
    switch (item.kind()) {
        case ItemKind::None:
        case ItemKind::TypeInfo:
            return made;
        case ItemKind::Node:
            made.node = item.node().node();
            made.companion = item.companion().node();
            made.type = item.type();
            if (!made.node || made.node->kind != Kind::Object)
                made.cells = cells_.find(made.node ? made.node : made.companion);
            return made;
        case ItemKind::Boolean: {
            Node* node = tree_.detached(Kind::Bool);
            node->truth = item.truth();
            made.node = node;
            made.type = program_.boolean;
            return made;
        }
        case ItemKind::Integer:
            return made_text(std::to_string(item.number()), program_.integer, Kind::Number);
        case ItemKind::Decimal:
            return made_text(item.text(), program_.decimal, Kind::Number);
        case ItemKind::String:
            return made_text(item.text(), program_.string);
        case ItemKind::Date:
            return made_text(item.text(), program_.date);
        case ItemKind::DateTime:
            return made_text(item.text(), program_.date_time);
        case ItemKind::Time:
            return made_text(item.text(), program_.time);
        case ItemKind::Quantity: {
            Node* node = tree_.detached(Kind::Object);
            tree_.say(tree_.add(node, "value", Kind::Number), item.text(), Kind::Number);
            tree_.add_text(node, "unit", item.unit(), false);
            if (!item.calendar_unit()) {
                tree_.add_text(node, "system", "http://unitsofmeasure.org", true);
                tree_.add_text(node, "code", item.unit(), false);
            }
            made.node = node;
            made.type = program_.quantity;
            made.detached = true;
            return made;
        }
    }
    return made;
}

}  // namespace tsunagi::translate
