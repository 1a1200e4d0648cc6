#include "translate/translator.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/uuid.h"
#include "fhirpath/expression.h"
#include "json/builder.h"
#include "json/writer.h"
#include "translate/program.h"
#include "translate/tracks.h"

namespace tsunagi::translate {
namespace {

using fhir::TypeDef;
using json::Kind;
using json::Node;
using json::Value;

/// What a variable holds: a node of the source, of the output, or one made for the variable alone.
struct Slot {
    const Node* node = nullptr;
    const Node* companion = nullptr;  ///< `_name` of a source primitive
    const TypeDef* type = nullptr;    ///< null: unknown
    Node* parent = nullptr;           ///< in the output: the object that holds it, as member `key`
    std::string_view key;
    std::uint32_t path = 0;   ///< TargetPaths
    std::int32_t cell = -1;   ///< the source leaf it is
    std::int32_t cells = -1;  ///< or the list of leaves it was made of
    bool detached = false;    ///< in the output, without a parent yet

    bool empty() const noexcept { return !companion && (!node || node->kind == Kind::Null); }
};

std::string_view key_of(const Node& node) { return {node.key, node.key_size}; }

bool is_json_number(std::string_view text) {
    std::size_t at = text.starts_with('-') ? 1 : 0;
    const auto digits = [&] {
        const std::size_t start = at;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
        return at - start;
    };
    const std::size_t start = at;
    const std::size_t whole = digits();
    if (whole == 0 || (whole > 1 && text[start] == '0')) return false;
    if (at < text.size() && text[at] == '.') {
        ++at;
        if (digits() == 0) return false;
    }
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
        if (digits() == 0) return false;
    }
    return at == text.size();
}

std::string escaped(std::string_view text, std::string_view form) {
    std::string out;
    out.reserve(text.size() + 16);
    if (form == "json") {
        json::append_quoted(out, text);
        return out.substr(1, out.size() - 2);
    }
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out.push_back(c);
        }
    }
    return out;
}

/// The first `count` characters of UTF-8 text.
std::string_view first_characters(std::string_view text, std::int64_t count) {
    std::size_t at = 0;
    while (at < text.size() && count > 0) {
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
        --count;
    }
    return text.substr(0, at);
}

/// One run of one map. Functions return false once a fault is set; nothing goes on after it.
class Run {
public:
    Run(const Program& program, const Environment& environment, const RunLimits& limits,
        Value source, const TypeDef* source_type)
        : program_(program),
          environment_(environment),
          limits_(limits),
          source_(source),
          source_name_(source_type ? source_type->name : source["resourceType"].text()),
          builder_(output_),
          cells_(source, source_name_) {
        stack_.resize(256);
    }

    Result<Translation> run(const Entry& entry) {
        const Instance& instance = program_.instances[entry.instance];
        if (instance.group->inputs.size() != 2 || instance.group->inputs[0].is_target ||
            !instance.group->inputs[1].is_target || !entry.target) {
            return Error{Code::Unsupported,
                         "the first group must have one source and one typed target",
                         to_string(instance.spot)};
        }
        Slot from;
        from.node = source_.node();
        from.type = entry.source ? entry.source
                                 : program_.definitions->type(source_["resourceType"].text());
        Node* root = builder_.object();
        Slot into;
        into.node = root;
        into.type = entry.target;
        into.path = paths_.child(0, entry.target->name);
        if (entry.target->kind == fhir::TypeKind::Resource ||
            entry.target->kind == fhir::TypeKind::Logical)
            builder_.set(root, "resourceType", entry.target->name);
        const std::array<Slot, 2> arguments{from, into};
        if (!call(entry.instance, arguments, instance.spot)) return std::move(*error_);
        prune(root);
        Translation made;
        made.receipt = make_receipt(cells_, paths_, tracks_);
        made.issues = std::move(issues_);
        made.output = std::move(output_);
        return made;
    }

private:
    // ---- faults ------------------------------------------------------------------------------

    bool fail(Code code, std::string message, const Spot& spot) {
        if (!error_) {
            std::string where = to_string(spot);
            if (at_) where += ", source " + json::path_of(source_, Value{at_}, source_name_);
            error_ = Error{code, std::move(message), std::move(where)};
        }
        return false;
    }

    bool new_node(const Spot& spot) {
        return ++nodes_ <= limits_.max_nodes ||
               fail(Code::Unsupported, "the output has too many nodes", spot);
    }

    // ---- groups and rules --------------------------------------------------------------------

    Slot& slot(std::uint32_t at) { return stack_[frame_ + at]; }

    bool call(std::uint32_t index, std::span<const Slot> arguments, const Spot& spot) {
        const Instance& instance = program_.instances[index];
        if (++depth_ > limits_.max_depth)
            return fail(Code::Unsupported, "groups call each other too deeply", spot);
        const std::size_t caller = frame_;
        const std::size_t fresh = top_;
        if (stack_.size() < fresh + instance.slots) stack_.resize((fresh + instance.slots) * 2);
        top_ = fresh + instance.slots;
        std::copy(arguments.begin(), arguments.end(),
                  stack_.begin() + static_cast<std::ptrdiff_t>(fresh));
        bool fine = true;
        if (instance.base != kNoSlot) fine = call(instance.base, arguments, spot);
        frame_ = fresh;
        fine = fine && run_rules(instance.rules);
        frame_ = caller;
        top_ = fresh;
        --depth_;
        return fine;
    }

    bool run_rules(const std::vector<Rule>& rules) {
        for (const Rule& rule : rules) {
            if (!run_source(rule, 0)) return false;
        }
        return true;
    }

    /// Binds source `at` of the rule to each of its items in turn, then the next one.
    bool run_source(const Rule& rule, std::size_t at) {
        if (at == rule.sources.size()) return run_body(rule);
        if (++rules_run_ > limits_.max_rules)
            return fail(Code::Unsupported, "the maps run too many rules", rule.spot);
        const SourceStep& step = rule.sources[at];
        const std::size_t begin = pool_.size();
        if (!gather(step)) return false;
        bool fine = true;
        for (std::size_t item = begin; item < pool_.size() && fine; ++item) {
            slot(step.slot) = pool_[item];
            const Slot& bound = slot(step.slot);
            const Node* const outer = at_;
            if (bound.node && !bound.parent) at_ = bound.node;
            fine = run_item(rule, step, at);
            at_ = outer;
        }
        pool_.resize(begin);
        return fine;
    }

    bool run_item(const Rule& rule, const SourceStep& step, std::size_t at) {
        bool holds = true;
        if (step.where && !condition(*step.where, slot(step.slot), holds)) return false;
        if (!holds) return true;
        if (step.check) {
            if (!condition(*step.check, slot(step.slot), holds)) return false;
            if (!holds) {
                report(step, "map-check", "セルの値が変換の条件を満たしていません。",
                       "The value of this cell does not meet a condition of the map.");
                return true;
            }
        }
        if (!step.dropped.empty()) drop(slot(step.slot), step);
        return run_source(rule, at + 1);
    }

    bool run_body(const Rule& rule) {
        const std::size_t outer_begin = active_begin_;
        const std::uint32_t outer_focus = focus_;
        focus_ = rule.sources[0].slot;
        const std::size_t begin = active_.size();
        for (const SourceStep& step : rule.sources) {
            const Slot& bound = slot(step.slot);
            if (bound.cell >= 0) active_.push_back(static_cast<std::uint32_t>(bound.cell));
        }
        active_begin_ = begin;
        bool fine = true;
        for (const TargetStep& step : rule.targets) {
            fine = run_target(step);
            if (!fine) break;
        }
        for (const CallStep& step : rule.calls) {
            if (!fine) break;
            std::vector<Slot> arguments;
            arguments.reserve(step.arguments.size());
            for (const Operand& each : step.arguments) arguments.push_back(value_of(each));
            fine = call(step.instance, arguments, step.spot);
        }
        if (fine && !rule.rules.empty()) {
            fine = ++depth_ <= limits_.max_depth
                       ? run_rules(rule.rules)
                       : fail(Code::Unsupported, "rules are nested too deeply", rule.spot);
            --depth_;
        }
        active_.resize(begin);
        active_begin_ = outer_begin;
        focus_ = outer_focus;
        return fine;
    }

    // ---- sources -----------------------------------------------------------------------------

    bool gather(const SourceStep& step) {
        const std::size_t begin = pool_.size();
        const Slot context = slot(step.context);
        switch (step.access) {
            case Access::Self:
                if (!context.empty()) pool_.push_back(context);
                break;
            case Access::Members:
                gather_members(step.members, context);
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
            pool_.erase(std::remove_if(pool_.begin() + static_cast<std::ptrdiff_t>(begin),
                                       pool_.end(), wrong),
                        pool_.end());
        }
        if (!pick(step, begin)) return false;
        if (pool_.size() == begin && step.otherwise) {
            fhirpath::Collection found;
            if (!evaluate(*step.otherwise, context, found)) return false;
            for (const auto& item : found) pool_.push_back(slot_of(item));
        }
        return true;
    }

    /// List mode and cardinality.
    bool pick(const SourceStep& step, std::size_t begin) {
        const std::size_t count = pool_.size() - begin;
        if (step.cardinality && (count < step.cardinality->min || count > step.cardinality->max)) {
            report(step, "map-cardinality", "変換に必要なセルの数が合いません。",
                   "The map needs another number of values in this cell.");
        }
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
                    return fail(Code::Invalid, "one value is expected where there are several",
                                step.spot);
                }
        }
        return true;
    }

    void gather_members(const std::vector<SourceMember>& members, const Slot& context) {
        if (!context.node || context.node->kind != Kind::Object) return;
        for (const SourceMember& member : members) {
            const Node* value = nullptr;
            const Node* companion = nullptr;
            for (const Node* each = context.node->first; each; each = each->next) {
                const std::string_view key = key_of(*each);
                if (key.size() == member.key.size()) {
                    if (key == member.key) value = each;
                } else if (key.size() == member.key.size() + 1 && key[0] == '_') {
                    if (key.substr(1) == member.key) companion = each;
                }
            }
            if (value || companion) push_values(value, companion, member.type, context, member.key);
        }
    }

    void gather_dynamic(const SourceStep& step, const Slot& context) {
        if (context.type && context.type->kind == fhir::TypeKind::Primitive) {
            if (step.element == "value") {
                pool_.push_back(context);
                pool_.back().companion = nullptr;
            } else {
                gather_companion(step, context);
            }
            return;
        }
        if (context.type) {
            const auto members = source_members(*context.type, step.element);
            if (!members.empty()) return gather_members(members, context);
        }
        gather_members({{step.element, nullptr}}, context);
    }

    void gather_companion(const SourceStep& step, const Slot& context) {
        if (!context.companion) return;
        Slot companion = context;
        companion.node = context.companion;
        companion.companion = nullptr;
        const TypeDef* type = nullptr;
        if (!step.members.empty()) type = step.members[0].type;
        gather_members({{step.element, type}}, companion);
    }

    void push_values(const Node* value, const Node* companion, const TypeDef* type,
                     const Slot& context, std::string_view key) {
        if (value && value->kind != Kind::Array) return push(value, companion, type, context, key);
        if (!value && companion->kind != Kind::Array)
            return push(nullptr, companion, type, context, key);
        const Node* item = value ? value->first : nullptr;
        const Node* beside = companion ? companion->first : nullptr;
        while (item || beside) {
            push(item && item->kind != Kind::Null ? item : nullptr,
                 beside && beside->kind != Kind::Null ? beside : nullptr, type, context, key);
            if (item) item = item->next;
            if (beside) beside = beside->next;
        }
    }

    void push(const Node* value, const Node* companion, const TypeDef* type, const Slot& context,
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
        if (context.parent || context.path != 0) {  // read back from the output
            made.parent = const_cast<Node*>(context.node);
            made.key = key;
            made.path = paths_.child(context.path, key);
        } else if (!value || (value->kind != Kind::Object && value->kind != Kind::Array)) {
            made.cell = cells_.find(value ? value : companion);
        }
        pool_.push_back(made);
    }

    // ---- FHIRPath ----------------------------------------------------------------------------

    static fhirpath::Item item_of(const Slot& slot) {
        if (slot.empty()) return {};
        const Node* node = slot.node && slot.node->kind != Kind::Null ? slot.node : nullptr;
        return fhirpath::Item::node(Value{node}, slot.type, Value{slot.companion});
    }

    template <class Use>
    bool with_context(const Expr& expr, const Slot& focus, Use&& use) {
        std::vector<fhirpath::Variable> variables;
        variables.reserve(expr.variables.size());
        for (const auto& [name, at] : expr.variables) {
            fhirpath::Variable variable{name, {}};
            if (!slot(at).empty()) variable.value.push_back(item_of(slot(at)));
            variables.push_back(std::move(variable));
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

    bool condition(const Expr& expr, const Slot& focus, bool& holds) {
        return with_context(expr, focus, [&](const fhirpath::Context& context) {
            auto result = fhirpath::holds(expr.expression, context);
            if (result) holds = *result;
            return result;
        });
    }

    bool evaluate(const Expr& expr, const Slot& focus, fhirpath::Collection& found) {
        return with_context(expr, focus, [&](const fhirpath::Context& context) {
            auto result = fhirpath::evaluate(expr.expression, context);
            if (result) found = std::move(*result);
            return result;
        });
    }

    /// A result of an expression as a value of our own.
    Slot slot_of(const fhirpath::Item& item) {
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
                if (!made.node || (made.node->kind != Kind::Object))
                    made.cell = cells_.find(made.node ? made.node : made.companion);
                return made;
            case ItemKind::Boolean: {
                Node* node = builder_.detached(Kind::Bool);
                node->truth = item.truth();
                made.node = node;
                made.type = program_.boolean;
                return made;
            }
            case ItemKind::Integer:
                return scratch_number(std::to_string(item.number()), program_.integer);
            case ItemKind::Decimal:
                return scratch_number(item.text(), program_.decimal);
            case ItemKind::String:
                return scratch_text(item.text(), program_.string);
            case ItemKind::Date:
                return scratch_text(item.text(), program_.date);
            case ItemKind::DateTime:
                return scratch_text(item.text(), program_.date_time);
            case ItemKind::Time:
                return scratch_text(item.text(), program_.time);
            case ItemKind::Quantity: {
                Node* node = builder_.detached(Kind::Object);
                builder_.set_number(node, "value", item.text());
                builder_.set(node, "unit", item.unit());
                if (!item.calendar_unit()) {
                    builder_.set(node, "system", "http://unitsofmeasure.org");
                    builder_.set(node, "code", item.unit());
                }
                made.node = node;
                made.type = program_.quantity;
                made.detached = true;
                return made;
            }
        }
        return made;
    }

    Slot scratch_text(std::string_view text, const TypeDef* type) {
        Node* node = builder_.detached(Kind::String);
        builder_.assign(node, text);
        Slot made;
        made.node = node;
        made.type = type;
        return made;
    }

    Slot scratch_number(std::string_view text, const TypeDef* type) {
        Slot made = scratch_text(text, type);
        const_cast<Node*>(made.node)->kind = Kind::Number;
        return made;
    }

    // ---- the receipt -------------------------------------------------------------------------

    /// Notes that a value landed at `path`: the cells it was made of, and the cells of the rule
    /// that decided on it.
    void note(const TargetStep& step, std::uint32_t path, const Slot& value) {
        if (value.cell >= 0)
            tracks_.uses.push_back({static_cast<std::uint32_t>(value.cell), path, true});
        if (value.cells >= 0) {
            for (const auto cell : cell_lists_[static_cast<std::size_t>(value.cells)])
                tracks_.uses.push_back({cell, path, true});
        }
        if (!is_constant(step)) return;
        for (std::size_t at = active_begin_; at < active_.size(); ++at) {
            if (static_cast<std::int32_t>(active_[at]) != value.cell)
                tracks_.uses.push_back({active_[at], path, false});
        }
    }

    /// A fixed value that the map writes because of the cell: `src.a where $this -> tgt.b = 'x'`.
    static bool is_constant(const TargetStep& step) {
        switch (step.transform) {
            case Transform::Copy:
            case Transform::Cc:
            case Transform::C:
            case Transform::Qty:
            case Transform::Id:
            case Transform::Cp:
                return std::all_of(step.operands.begin(), step.operands.end(),
                                   [](const Operand& each) { return each.slot == kNoSlot; });
            default:
                return false;
        }
    }

    void add_cells(const Slot& from, std::vector<std::uint32_t>& into) const {
        if (from.cell >= 0) into.push_back(static_cast<std::uint32_t>(from.cell));
        if (from.cells < 0) return;
        const auto& list = cell_lists_[static_cast<std::size_t>(from.cells)];
        into.insert(into.end(), list.begin(), list.end());
    }

    /// Marks `made` as made of what `from` was made of.
    void credit(Slot& made, std::vector<std::uint32_t> from) {
        if (from.size() == 1 && made.cell < 0) {
            made.cell = static_cast<std::int32_t>(from[0]);
        } else if (!from.empty()) {
            cell_lists_.push_back(std::move(from));
            made.cells = static_cast<std::int32_t>(cell_lists_.size() - 1);
        }
    }

    void drop(const Slot& slot, const SourceStep& step) {
        if (slot.cell >= 0) {
            tracks_.drops.push_back({static_cast<std::uint32_t>(slot.cell), &step});
            return;
        }
        if (slot.node) drop_below(Value{slot.node}, step);
    }

    void drop_below(Value value, const SourceStep& step) {
        const std::int32_t cell = cells_.find(value.node());
        if (cell >= 0) tracks_.drops.push_back({static_cast<std::uint32_t>(cell), &step});
        for (const Value child : value) drop_below(child, step);
    }

    void report(const SourceStep& step, std::string code, std::string ja, std::string en) {
        fhir::Issue issue;
        issue.type = "processing";
        issue.code = std::move(code);
        issue.fault = fhir::Fault::Sender;
        const Slot& bound = slot(step.slot);
        const Node* node = bound.node ? bound.node : at_;
        issue.expression =
            json::path_of(source_, Value{node ? node : source_.node()}, source_name_);
        issue.ja = std::move(ja) + "（" + to_string(step.spot) + "）";
        issue.en = std::move(en) + " (" + to_string(step.spot) + ")";
        issue.offset = node ? node->offset : 0;
        issues_.push_back(std::move(issue));
    }

    // ---- targets -----------------------------------------------------------------------------

    Slot value_of(const Operand& operand) {
        if (operand.slot != kNoSlot) return slot(operand.slot);
        Slot made;
        made.node = operand.literal.node();
        made.type = operand.literal_type;
        return made;
    }

    static std::string_view text_of(const Slot& slot) {
        return slot.node ? Value{slot.node}.text() : std::string_view{};
    }

    bool run_target(const TargetStep& step) {
        if (step.transform == Transform::Alias) {
            if (step.slot != kNoSlot) slot(step.slot) = slot(step.context);
            return true;
        }
        if (step.transform == Transform::Evaluate) return run_evaluate(step);
        if (step.transform == Transform::Create && step.type &&
            step.type->kind == fhir::TypeKind::Primitive)
            return create_primitive(step);
        Slot value;
        if (step.transform == Transform::Create && !step.type)
            return create_in_place(step, step.slot == kNoSlot ? unnamed_ : slot(step.slot));
        if (step.transform == Transform::Default && step.instance != kNoSlot) {
            Slot made;
            if (!create_in_place(step, made)) return false;
            if (step.slot != kNoSlot) slot(step.slot) = made;
            const std::array<Slot, 2> arguments{slot(step.operands[0].slot), made};
            return call(step.instance, arguments, step.spot);
        }
        if (!produce(step, value)) return false;
        if (value.empty()) {
            if (step.slot != kNoSlot) slot(step.slot) = {};
            return true;
        }
        return place(step, value);
    }

    bool run_evaluate(const TargetStep& step) {
        // Without an own focus the expression stands on the first source of the rule.
        const Slot focus = step.operands.empty() ? slot(focus_) : value_of(step.operands[0]);
        fhirpath::Collection found;
        if (!evaluate(*step.expression, focus, found)) return false;
        if (step.slot != kNoSlot) slot(step.slot) = {};
        std::vector<std::uint32_t> cells;
        for (const auto& [name, at] : step.expression->variables) add_cells(slot(at), cells);
        if (!step.operands.empty() || cells.empty()) add_cells(focus, cells);
        for (const auto& item : found) {
            Slot value = slot_of(item);
            if (value.empty()) continue;
            if (value.cell < 0) credit(value, cells);
            if (found.size() > 1 && step.member && !step.member->is_array) {
                return fail(Code::Invalid,
                            "the expression has several results and the element takes one",
                            step.spot);
            }
            if (!place(step, value)) return false;
        }
        return true;
    }

    bool produce(const TargetStep& step, Slot& value) {
        switch (step.transform) {
            case Transform::Create: {
                value.type = step.type;
                Node* node = builder_.detached(Kind::Object);
                if (step.type->kind == fhir::TypeKind::Resource)
                    builder_.set(node, "resourceType", step.type->name);
                value.node = node;
                value.detached = true;
                value.path = paths_.child(0, step.type->name);
                return new_node(step.spot);
            }
            case Transform::Copy:
            case Transform::Default:
                value = value_of(step.operands[0]);
                return true;
            case Transform::Uuid:
                value = scratch_text(uuid_v4(environment_.random), program_.string);
                return true;
            case Transform::Reference:
            case Transform::Pointer:
                return produce_reference(step, value);
            case Transform::Translate:
                return produce_translation(step, value);
            case Transform::Cc:
            case Transform::C:
            case Transform::Qty:
            case Transform::Id:
            case Transform::Cp:
                return produce_datatype(step, value);
            default:
                return produce_text(step, value);
        }
    }

    bool produce_text(const TargetStep& step, Slot& value) {
        std::vector<std::uint32_t> cells;
        std::string text;
        bool any = false;
        for (const Operand& operand : step.operands) {
            const Slot from = value_of(operand);
            if (operand.slot != kNoSlot && !text_of(from).empty()) any = true;
            add_cells(from, cells);
        }
        const Slot first = value_of(step.operands[0]);
        const TypeDef* type = program_.string;
        switch (step.transform) {
            case Transform::Append:
                for (const Operand& operand : step.operands) text += text_of(value_of(operand));
                break;
            case Transform::Truncate:
                text = first_characters(text_of(first),
                                        Value{value_of(step.operands[1]).node}.integer(-1));
                break;
            case Transform::Escape:
                text = escaped(text_of(first), text_of(value_of(step.operands.back())));
                break;
            default:  // Cast
                text = text_of(first);
                if (step.type) type = step.type;
        }
        if (!any || text.empty()) return true;  // nothing to say
        value = scratch_text(text, type);
        credit(value, std::move(cells));
        return true;
    }

    bool produce_reference(const TargetStep& step, Slot& value) {
        const Slot to = value_of(step.operands[0]);
        const Value resource{to.node};
        if (!resource.is_object() || !resource["resourceType"])
            return fail(Code::Invalid, "a reference needs a resource", step.spot);
        // Inside a Bundle the entry's fullUrl is what others refer by (R4 bundle.html#references).
        if (to.parent && to.key == "resource") {
            const Value full_url = Value{to.parent}["fullUrl"];
            if (full_url) {
                value = scratch_text(full_url.text(), program_.string);
                return true;
            }
        }
        const std::string_view id = resource["id"].text();
        if (id.empty()) {
            return fail(Code::Invalid, "a reference needs a resource with an id or a fullUrl",
                        step.spot);
        }
        value = scratch_text(std::string{resource["resourceType"].text()} + "/" + std::string{id},
                             program_.string);
        return true;
    }

    // ---- translate ---------------------------------------------------------------------------

    struct Translated {
        std::string_view system, code, display;
    };

    std::optional<Translated> look_up(const TargetStep& step, std::string_view system,
                                      std::string_view code) {
        if (step.table) {
            const auto& rows = step.table->rows;
            auto row =
                std::lower_bound(rows.begin(), rows.end(), code,
                                 [](const syntax::ConceptMapRow& each, std::string_view wanted) {
                                     return each.source_code < wanted;
                                 });
            for (; row != rows.end() && row->source_code == code; ++row) {
                if (row->relationship == "!=" || row->relationship == "-") continue;
                if (system.empty() || row->source_system == system)
                    return Translated{row->target_system, row->target_code, {}};
            }
            return std::nullopt;
        }
        const fhir::ConceptMap* map = program_.definitions->concept_map(step.map_url);
        for (const auto& each : map ? map->translate(system, code) : std::vector<fhir::Mapping>{}) {
            if (!each.target_code.empty())
                return Translated{each.target_system, each.target_code, each.target_display};
        }
        return std::nullopt;
    }

    bool produce_translation(const TargetStep& step, Slot& value) {
        const Slot from = value_of(step.operands[0]);
        std::optional<Translated> found;
        const Value node{from.node};
        if (node.is_object()) {
            const Value codings = node["coding"];
            for (const Value coding : codings) {
                if (!found) found = look_up(step, coding["system"].text(), coding["code"].text());
            }
            if (!codings) found = look_up(step, node["system"].text(), node["code"].text());
        } else if (node) {
            found = look_up(step, {}, node.text());
        }
        if (!found) return true;
        const std::string_view display =
            found->display.empty() ? display_of(found->system, found->code) : found->display;
        const std::string_view output =
            step.operands.size() > 2 ? text_of(value_of(step.operands[2])) : "code";
        if (output == "code") {
            value = scratch_text(found->code, program_.code);
        } else if (output == "system") {
            value = scratch_text(found->system, program_.uri);
        } else if (output == "display") {
            value = scratch_text(display, program_.string);
        } else {
            Node* coding = new_coding(found->system, found->code, display);
            value.node = coding;
            value.type = program_.coding;
            if (output == "CodeableConcept") wrap_coding(value);
            value.detached = true;
        }
        std::vector<std::uint32_t> cells;
        add_cells(from, cells);
        credit(value, std::move(cells));
        return true;
    }

    /// As the code system says it, where the gateway holds the system.
    std::string_view display_of(std::string_view system, std::string_view code) const {
        const fhir::CodeSystem* known = program_.definitions->code_system(system);
        const auto found = known ? known->find(code) : std::nullopt;
        return found ? found->display : std::string_view{};
    }

    Node* new_coding(std::string_view system, std::string_view code, std::string_view display) {
        if (display.empty()) display = display_of(system, code);
        Node* coding = builder_.detached(Kind::Object);
        if (!system.empty()) builder_.set(coding, "system", system);
        if (!code.empty()) builder_.set(coding, "code", code);
        if (!display.empty()) builder_.set(coding, "display", display);
        return coding;
    }

    void wrap_coding(Slot& value) {
        Node* const concept_node = builder_.detached(Kind::Object);
        Node* codings = builder_.set_array(concept_node, "coding");
        if (value.detached || !value.parent) {
            builder_.attach(codings, const_cast<Node*>(value.node));
        } else {
            builder_.add(codings, Value{value.node});
        }
        value.node = concept_node;
        value.type = program_.codeable_concept;
        value.detached = true;
    }

    // ---- cc, c, qty, id, cp ------------------------------------------------------------------

    bool produce_datatype(const TargetStep& step, Slot& value) {
        std::array<std::string_view, 4> text{};
        std::vector<std::uint32_t> cells;
        bool complete = true;
        for (std::size_t at = 0; at < step.operands.size(); ++at) {
            const Slot from = value_of(step.operands[at]);
            text[at] = text_of(from);
            complete = complete && !text[at].empty();
            add_cells(from, cells);
        }
        if (!complete) return true;  // an operand is absent: there is nothing to make
        Node* node = builder_.detached(Kind::Object);
        const std::size_t count = step.operands.size();
        switch (step.transform) {
            case Transform::Cc:
                value.type = program_.codeable_concept;
                if (count == 1) {
                    builder_.set(node, "text", text[0]);
                    value.key = "text";
                } else {
                    builder_.attach(builder_.set_array(node, "coding"),
                                    new_coding(text[0], text[1], text[2]));
                }
                break;
            case Transform::C:
                value.type = program_.coding;
                node = new_coding(text[0], text[1], text[2]);
                break;
            case Transform::Qty:
                value.type = program_.quantity;
                if (!fill_quantity(step, node, text, count)) return false;
                break;
            case Transform::Id:
                value.type = program_.identifier;
                if (count > 2) {
                    Node* type = builder_.set_object(node, "type");
                    builder_.attach(
                        builder_.set_array(type, "coding"),
                        new_coding("http://terminology.hl7.org/CodeSystem/v2-0203", text[2], {}));
                }
                builder_.set(node, "system", text[0]);
                builder_.set(node, "value", text[1]);
                break;
            default:  // Cp
                value.type = program_.contact_point;
                builder_.set(node, "system", count == 2 ? text[0] : contact_system(text[0]));
                builder_.set(node, "value", text[count - 1]);
        }
        value.node = node;
        value.detached = true;
        credit(value, std::move(cells));
        return new_node(step.spot);
    }

    static std::string_view contact_system(std::string_view value) {
        if (value.find('@') != std::string_view::npos) return "email";
        if (value.starts_with("http:") || value.starts_with("https:")) return "url";
        return "phone";
    }

    bool fill_quantity(const TargetStep& step, Node* node, std::span<const std::string_view> text,
                       std::size_t count) {
        std::string_view number = text[0];
        std::string_view unit = count > 1 ? text[1] : std::string_view{};
        if (count == 1) {  // "5 mg"
            std::size_t at = number.find_first_not_of("0123456789.-");
            at = std::min(at, number.size());
            unit = number.substr(at);
            number = number.substr(0, at);
            while (unit.starts_with(' ')) unit.remove_prefix(1);
        }
        if (!is_json_number(number))
            return fail(Code::Invalid, "a quantity needs a number", step.spot);
        builder_.set_number(node, "value", number);
        if (!unit.empty()) builder_.set(node, "unit", unit);
        if (count > 2) builder_.set(node, "system", text[2]);
        if (count > 3) builder_.set(node, "code", text[3]);
        return true;
    }

    // ---- writing -----------------------------------------------------------------------------

    /// The object that takes members: the context itself, or the companion of a primitive.
    bool container(const TargetStep& step, Node*& object, std::uint32_t& path) {
        Slot& context = slot(step.context);
        object = const_cast<Node*>(context.node);
        path = context.path;
        if (!object) return fail(Code::Invalid, "the target variable holds nothing", step.spot);
        if (object->kind == Kind::Object) return true;
        if (!context.parent)
            return fail(Code::Invalid, "only a value inside the output takes an extension",
                        step.spot);
        std::string key = "_";
        key += context.key;
        Node* const primitive = json::Builder::find(context.parent, context.key);
        if (!primitive || primitive->kind != Kind::Array) {
            object = builder_.require(context.parent, key, Kind::Object);
            return true;
        }
        Node* companions = builder_.require(context.parent, key, Kind::Array);
        Node* beside = companions->first;
        for (Node* item = primitive->first; item; item = item->next) {
            if (!beside) beside = builder_.add_null(companions);
            if (item == context.node) break;
            beside = beside->next;
        }
        if (!beside) return fail(Code::Internal, "the value left its list", step.spot);
        if (beside->kind == Kind::Null) beside->kind = Kind::Object;
        object = beside;
        return true;
    }

    bool member_of(const TargetStep& step, const Slot& context, const TypeDef* value,
                   TargetMember& member) {
        if (step.member) {
            member = *step.member;
            return true;
        }
        const fhir::ElementDef* element = step.definition;
        if (!element && context.type) {
            if (const fhir::Member* found = context.type->find(step.element)) {
                member = target_member(*found->element, *found->type);
                return true;
            }
            element = context.type->element(step.element);
        }
        const fhir::TypeRef* type = element ? choose(*element, value) : nullptr;
        if (!type) {
            return fail(Code::Invalid,
                        "the element '" + step.element + "' cannot take this type of value",
                        step.spot);
        }
        member = target_member(*element, *type);
        return true;
    }

    /// `tgt.element as x` and `tgt.element` before a default group: an element of its own type. A
    /// single element that is there already is gone on with.
    bool create_in_place(const TargetStep& step, Slot& out) {
        const Slot context = slot(step.context);
        TargetMember member;
        if (!member_of(step, context, nullptr, member)) return false;
        Node* object = nullptr;
        std::uint32_t path = 0;
        if (!container(step, object, path)) return false;
        Slot made;
        made.type = member.type;
        made.parent = object;
        made.key = member.key;
        made.path = paths_.child(path, member.key, member.is_text);
        if (Node* there = existing(step, object, member)) {
            made.node = there;
            out = made;
            return true;
        }
        if (!new_node(step.spot)) return false;
        const Kind kind = member.is_primitive ? Kind::Null : Kind::Object;
        if (member.is_array) {
            Node* const list = builder_.require(object, member.key, Kind::Array);
            Node* const node = builder_.detached(kind);
            builder_.attach(list, node);
            made.node = node;
            align_companions(object, member.key, list);
        } else {
            made.node = builder_.require(object, member.key, kind);
        }
        if (step.list == syntax::TargetList::Share)
            shared_.push_back({object, member.key, step.share, made.node});
        out = made;
        return true;
    }

    struct Shared {
        const Node* object = nullptr;
        std::string_view key;
        std::string_view name;
        const Node* node = nullptr;
    };

    Node* existing(const TargetStep& step, Node* object, const TargetMember& member) {
        if (step.list == syntax::TargetList::Share) {
            for (const Shared& each : shared_) {
                if (each.object == object && each.key == member.key && each.name == step.share)
                    return const_cast<Node*>(each.node);
            }
            return nullptr;
        }
        Node* there = json::Builder::find(object, member.key);
        if (!there || !member.is_array) return there;
        switch (step.list) {
            case syntax::TargetList::First:
            case syntax::TargetList::Single:
                return there->first;
            case syntax::TargetList::Last:
                return there->last;
            default:
                return nullptr;
        }
    }

    /// Keeps `_key` as long as `key` once it exists.
    void align_companions(Node* object, std::string_view key, const Node* list) {
        std::string name = "_";
        name += key;
        Node* companions = json::Builder::find(object, name);
        while (companions && companions->size < list->size) builder_.add_null(companions);
    }

    /// A primitive of a named type that later rules fill: `ext.value = create('string') as v`.
    bool create_primitive(const TargetStep& step) {
        Slot made;
        made.type = step.type;
        if (step.place == TargetStep::Place::None) {
            made.node = builder_.detached(Kind::Null);
        } else {
            TargetStep typed = step;
            typed.member.emplace();
            if (!member_of(step, slot(step.context), step.type, *typed.member) ||
                !create_in_place(typed, made))
                return false;
        }
        if (step.slot != kNoSlot) slot(step.slot) = made;
        return true;
    }

    bool place(const TargetStep& step, Slot value) {
        switch (step.place) {
            case TargetStep::Place::None:
                if (step.slot != kNoSlot) slot(step.slot) = value;
                return true;
            case TargetStep::Place::Self:
            case TargetStep::Place::Value:
                return assign_self(step, value);
            default:
                break;
        }
        TargetMember member;
        if (!member_of(step, slot(step.context), value.type, member)) return false;
        Node* object = nullptr;
        std::uint32_t path = 0;
        if (!container(step, object, path)) return false;
        Slot made;
        made.type = member.type;
        made.parent = object;
        made.key = member.key;
        made.path = paths_.child(path, member.key, member.is_text);
        const bool fine = member.is_primitive ? put_primitive(step, object, member, value, made)
                                              : put_complex(step, object, member, value, made);
        if (fine && step.slot != kNoSlot) slot(step.slot) = made;
        return fine;
    }

    bool assign_self(const TargetStep& step, const Slot& value) {
        Slot& context = slot(step.context);
        auto* node = const_cast<Node*>(context.node);
        if (!node || node->kind == Kind::Object || node->kind == Kind::Array)
            return fail(Code::Invalid, "a value cannot be put into this variable", step.spot);
        const TypeDef* type = context.type;
        Form form = Form::Text;
        if (type && type->primitive == fhir::Primitive::Boolean) form = Form::Bool;
        if (type && (type->primitive == fhir::Primitive::Integer ||
                     type->primitive == fhir::Primitive::UnsignedInt ||
                     type->primitive == fhir::Primitive::PositiveInt ||
                     type->primitive == fhir::Primitive::Decimal))
            form = Form::Number;
        note(step, context.path, value);
        return assign(step, node, form, value);
    }

    bool assign(const TargetStep& step, Node* node, Form form, const Slot& value) {
        const Value from{value.node};
        if (from.is_object() || from.is_array())
            return fail(Code::Invalid, "a group of elements cannot be put into a single value",
                        step.spot);
        const std::string_view text = from.text();
        switch (form) {
            case Form::Text:
                builder_.assign(node, text);
                return true;
            case Form::Number:
                if (!is_json_number(text))
                    return fail(Code::Invalid, "a number is expected", step.spot);
                builder_.assign_number(node, text);
                return true;
            case Form::Bool:
                if (text != "true" && text != "false")
                    return fail(Code::Invalid, "true or false is expected", step.spot);
                builder_.assign(node, text == "true");
                return true;
        }
        return true;
    }

    bool put_primitive(const TargetStep& step, Node* object, const TargetMember& member,
                       const Slot& value, Slot& made) {
        if (!new_node(step.spot)) return false;
        note(step, made.path, value);
        const bool has_value = value.node && value.node->kind != Kind::Null;
        Node* node = nullptr;
        if (member.is_array) {
            Node* list = builder_.require(object, member.key, Kind::Array);
            node = builder_.add_null(list);
            if (value.companion) {
                std::string key = "_";
                key += member.key;
                Node* companions = builder_.require(object, key, Kind::Array);
                while (companions->size + 1 < list->size) builder_.add_null(companions);
                builder_.add(companions, Value{value.companion});
            } else {
                align_companions(object, member.key, list);
            }
        } else {
            if (has_value) {
                node = builder_.require(object, member.key, Kind::Null);
            } else {
                builder_.remove(object, member.key);
            }
            if (value.companion) {
                std::string key = "_";
                key += member.key;
                builder_.set(object, key, Value{value.companion});
            }
        }
        made.node = node;
        made.companion = value.companion;
        return !has_value || assign(step, node, member.form, value);
    }

    bool put_complex(const TargetStep& step, Node* object, const TargetMember& member, Slot value,
                     Slot& made) {
        if (!new_node(step.spot)) return false;
        const bool primitive = value.node && value.node->kind != Kind::Object;
        if (!value.node) return true;  // only a companion: a group has no place for it
        if (primitive) {
            const std::string_view home = text_home(member.type);
            if (home.empty()) {
                return fail(Code::Invalid,
                            "a single value cannot be put into " + std::string{member.type->name},
                            step.spot);
            }
            Node* wrapped = builder_.detached(Kind::Object);
            builder_.set(wrapped, home, Value{value.node}.text());
            const bool is_text = home == "text" && (member.type->name == "CodeableConcept" ||
                                                    member.type->name == "Annotation");
            note(step, paths_.child(made.path, home, is_text), value);
            value.node = wrapped;
            value.detached = true;
        } else {
            if (value.type && value.type->name == "Coding" &&
                member.type->name == "CodeableConcept")
                wrap_coding(value);
            const bool is_words = value.key == "text" && value.detached;
            note(step, is_words ? paths_.child(made.path, "text", true) : made.path, value);
            if (!value.detached && !value.parent) note_below(Value{value.node}, made.path);
        }
        Node* node = value.detached ? const_cast<Node*>(value.node) : copied(value);
        if (member.is_array) {
            builder_.attach(builder_.require(object, member.key, Kind::Array), node);
        } else {
            builder_.attach(object, member.key, node);
        }
        made.node = node;
        if (is_open(member.type) || member.type->kind == fhir::TypeKind::Resource) {
            // A resource starts a path of its own: "Patient.name", not
            // "Bundle.entry.resource.name".
            if (value.type) made.type = value.type;
            if (made.type) made.path = paths_.child(0, made.type->name);
        }
        return true;
    }

    Node* copied(const Slot& value) {
        Node* list = builder_.detached(Kind::Array);
        Node* node = builder_.add(list, Value{value.node});
        node->next = nullptr;
        return node;
    }

    void note_below(Value value, std::uint32_t path) {
        for (const Value child : value) {
            const std::uint32_t below =
                child.key().empty() ? path : paths_.child(path, child.key());
            const std::int32_t cell = cells_.find(child.node());
            if (cell >= 0) tracks_.uses.push_back({static_cast<std::uint32_t>(cell), below, true});
            note_below(child, below);
        }
    }

    // ---- afterwards --------------------------------------------------------------------------

    /// Takes out what was created and never filled: FHIR has no empty elements.
    void prune(Node* node) {
        if (node->kind == Kind::Object) {
            for (Node* child = node->first; child;) {
                Node* next = child->next;
                if (child->kind == Kind::Array && !key_of(*child).starts_with('_')) {
                    prune_list(node, child);
                } else {
                    prune(child);
                }
                if (is_void(child)) builder_.remove(node, child);
                child = next;
            }
            return;
        }
        for (Node* child = node->first; child;) {
            Node* next = child->next;
            prune(child);
            child = next;
        }
    }

    void prune_list(Node* object, Node* list) {
        std::string key = "_";
        key += key_of(*list);
        Node* companions = nullptr;
        for (Node* item = list->first; item; item = item->next) {
            prune(item);
            if (is_void(item) && !companions) companions = json::Builder::find(object, key);
        }
        Node* beside = companions ? companions->first : nullptr;
        for (Node* item = list->first; item;) {
            Node* next = item->next;
            Node* next_beside = beside ? beside->next : nullptr;
            if (is_void(item) && (!beside || is_void(beside))) {
                builder_.remove(list, item);
                if (beside) builder_.remove(companions, beside);
            }
            item = next;
            beside = next_beside;
        }
    }

    static bool is_void(const Node* node) {
        switch (node->kind) {
            case Kind::Null:
                return true;
            case Kind::Object:
                return !node->first;
            case Kind::Array: {
                const Node* item = node->first;
                while (item && is_void(item)) item = item->next;
                return !item;
            }
            default:
                return false;
        }
    }

    const Program& program_;
    const Environment& environment_;
    const RunLimits& limits_;
    Value source_;
    std::string source_name_;
    json::Document output_;
    json::Builder builder_;
    Cells cells_;
    TargetPaths paths_;
    Tracks tracks_;
    std::vector<Slot> stack_;
    std::size_t frame_ = 0, top_ = 0;
    std::vector<Slot> pool_;  ///< items of the sources being run
    std::vector<std::uint32_t> active_;
    std::size_t active_begin_ = 0;
    std::uint32_t focus_ = 0;  ///< slot of the first source of the rule being run
    std::vector<std::vector<std::uint32_t>> cell_lists_;
    std::vector<Shared> shared_;
    std::vector<fhir::Issue> issues_;
    const Node* at_ = nullptr;  ///< the source node being worked on, for messages
    Slot unnamed_;
    std::uint32_t rules_run_ = 0, depth_ = 0, nodes_ = 0;
    std::optional<Error> error_;
};

/// The label of a cell ("入院が必要な期限") by its path below `type`.
std::string label_of(const TypeDef* type, std::string_view path) {
    std::string_view label;
    for (std::size_t at = path.find('.'); type && at != std::string_view::npos;) {
        const std::size_t end = std::min(path.find('.', at + 1), path.size());
        std::string_view step = path.substr(at + 1, end - at - 1);
        step = step.substr(0, step.find('['));
        const fhir::Member* member = type->find(step);
        if (!member) break;
        label = member->element->label;
        type = member->type->type;
        at = end == path.size() ? std::string_view::npos : end;
    }
    return std::string{label};
}

const Entry* find_entry(const Program& program, std::string_view url) {
    for (const Entry& entry : program.entries) {
        if (entry.url == url) return &entry;
    }
    return nullptr;
}

}  // namespace

Result<Translation> transform(const MapLibrary& library, std::string_view map_url, Value source,
                              const Environment& environment, const RunLimits& limits) {
    const Program& program = library.program();
    const Entry* entry = find_entry(program, map_url);
    if (!entry) return Error{Code::NotFound, "no such map", std::string{map_url}};
    if (!source.is_object()) return Error{Code::Invalid, "the source is not an object", {}};
    return Run(program, environment, limits, source, entry->source).run(*entry);
}

Result<Translation> translate(const MapLibrary& library, std::string_view map_url, Value source,
                              const Environment& environment) {
    auto made = transform(library, map_url, source, environment);
    if (!made) return made;
    const Entry* entry = find_entry(library.program(), map_url);
    for (const ReceiptRow& row : made->receipt.rows) {
        if (row.outcome != Outcome::Unaccounted) continue;
        fhir::Issue issue;
        issue.type = "not-supported";
        issue.code = "cell-not-carried";
        issue.fault = fhir::Fault::Gateway;
        issue.expression = row.cell;
        const std::string label = label_of(entry->source, row.cell);
        issue.ja =
            "「" + label +
            "」のセルを運ぶ変換規則がありません。つなぎの管理者が mappings/ に規則を加える必要"
            "があります。";
        issue.en =
            "No rule of the maps carries this cell. The operator of the gateway has to add one in "
            "mappings/.";
        made->issues.push_back(std::move(issue));
    }
    return made;
}

}  // namespace tsunagi::translate
