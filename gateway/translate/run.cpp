#include "translate/run.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tsunagi::translate {

using json::Node;
using json::Value;

Run::Run(const std::shared_ptr<const Program>& program, const Environment& environment,
         const RunLimits& limits, Value source, const fhir::TypeDef* source_type)
    : program_(*program),
      environment_(environment),
      limits_(limits),
      source_(source),
      source_name_(source_type ? source_type->name : source["resourceType"].text()),
      tree_(program),
      cells_(source, source_name_),
      codes_(*program->definitions) {
    stack_.resize(256);
    pool_.reserve(256);
    tracks_.uses.reserve(cells_.size() * 2);
}

Result<Translation> Run::run(const Entry& entry) {
    const Instance& instance = program_.instances[entry.instance];
    if (instance.group->inputs.size() != 2 || instance.group->inputs[0].is_target ||
        !instance.group->inputs[1].is_target || !entry.target) {
        return Error{Code::Unsupported, "the first group must have one source and one typed target",
                     to_string(instance.spot)};
    }
    Slot from;
    from.node = source_.node();
    from.type =
        entry.source ? entry.source : program_.definitions->type(source_["resourceType"].text());
    Slot into;
    Node* root = tree_.root();
    into.node = root;
    into.type = entry.target;
    into.home = paths_.of_type(entry.target->name);
    if (entry.target->kind == fhir::TypeKind::Resource ||
        entry.target->kind == fhir::TypeKind::Logical)
        tree_.add_text(root, "resourceType", entry.target->name, false);
    pool_ = {from, into};
    if (!call(entry.instance, 0, instance.spot)) return std::move(*error_);
    tree_.order();
    tree_.prune(root);
    Translation made;
    made.receipt = make_receipt(cells_, paths_, tracks_);
    made.issues = std::move(issues_);
    made.output = tree_.take();
    return made;
}

bool Run::fail(Code code, std::string message, const Spot& spot) {
    if (!error_) {
        std::string where = to_string(spot);
        if (at_) where += ", source " + json::path_of(source_, Value{at_}, source_name_);
        error_ = Error{code, std::move(message), std::move(where)};
    }
    return false;
}

/// Fails at the cell that `value` was read or made from.
bool Run::refuse(const Demand& demand, const Slot& value, const Spot& spot) {
    if (const auto cells = cells_of(value); !cells.empty()) at_ = cells_.node(cells.front());
    if (at_ && !refusal_) {
        fhir::Issue issue;
        issue.type = "value";
        issue.code = "value-not-fit";
        issue.expression = json::path_of(source_, Value{at_}, source_name_);
        issue.ja = demand.ja;
        issue.en = demand.en;
        issue.offset = at_->offset;
        refusal_ = std::move(issue);
    }
    return fail(Code::Invalid, std::string{demand.en}, spot);
}

bool Run::too_many(const Spot& spot) {
    return fail(Code::Unsupported, "the output has too many nodes", spot);
}

/// Runs a group. Its arguments lie in the pool from `arguments` on.
bool Run::call(std::uint32_t index, std::size_t arguments, const Spot& spot) {
    const Instance& instance = program_.instances[index];
    if (++depth_ > limits_.max_depth)
        return fail(Code::Unsupported, "groups call each other too deeply", spot);
    const std::size_t caller = frame_;
    const std::size_t fresh = top_;
    if (stack_.size() < fresh + instance.slots) stack_.resize((fresh + instance.slots) * 2);
    top_ = fresh + instance.slots;
    std::copy_n(pool_.begin() + static_cast<std::ptrdiff_t>(arguments),
                instance.group->inputs.size(), stack_.begin() + static_cast<std::ptrdiff_t>(fresh));
    bool fine = true;
    if (instance.base != kNoSlot) fine = call(instance.base, arguments, spot);
    frame_ = fresh;
    fine = fine && run_rules(instance.rules);
    frame_ = caller;
    top_ = fresh;
    --depth_;
    return fine;
}

bool Run::run_rules(const std::vector<Rule>& rules) {
    for (const Rule& rule : rules) {
        if (!run_source(rule, 0)) return false;
    }
    return true;
}

/// Binds source `at` of the rule to each of its items in turn, then the next one.
bool Run::run_source(const Rule& rule, std::size_t at) {
    if (at == rule.sources.size()) return run_body(rule);
    if (++rules_run_ > limits_.max_rules)
        return fail(Code::Unsupported, "the maps run too many rules", rule.spot);
    const SourceStep& step = rule.sources[at];
    const std::size_t begin = pool_.size();
    if (!gather(step)) return false;
    // Type, condition, check, then list mode: the order of the reference engine.
    const bool picks = step.list != syntax::SourceList::All;
    if (picks && !(keep_valid(step, begin) && pick(step, begin))) return false;
    bool fine = true;
    for (std::size_t item = begin; item < pool_.size() && fine; ++item) {
        slot(step.slot) = pool_[item];
        const Node* const outer = at_;
        if (pool_[item].node && !pool_[item].parent) at_ = pool_[item].node;
        bool holds = true;
        fine = picks || valid(step, holds);
        if (fine && holds) {
            if (!step.dropped.empty()) drop(slot(step.slot), step);
            fine = run_source(rule, at + 1);
        }
        at_ = outer;
    }
    pool_.resize(begin);
    return fine;
}

/// `where` and `check` of the item that the source is bound to.
bool Run::valid(const SourceStep& step, bool& holds) {
    if (step.where && !condition(*step.where, slot(step.slot), holds)) return false;
    if (!holds || !step.check) return true;
    if (!condition(*step.check, slot(step.slot), holds)) return false;
    if (!holds) {
        report(step, "map-check", "セルの値が変換の条件を満たしていません。",
               "The value of this cell does not meet a condition of the map.");
    }
    return true;
}

bool Run::keep_valid(const SourceStep& step, std::size_t begin) {
    std::size_t kept = begin;
    for (std::size_t item = begin; item < pool_.size(); ++item) {
        slot(step.slot) = pool_[item];
        const Node* const outer = at_;
        if (pool_[item].node && !pool_[item].parent) at_ = pool_[item].node;
        bool holds = true;
        if (!valid(step, holds)) return false;
        at_ = outer;
        if (holds) pool_[kept++] = pool_[item];
    }
    pool_.resize(kept);
    return true;
}

bool Run::run_body(const Rule& rule) {
    const std::size_t outer_begin = active_begin_;
    const std::uint32_t outer_focus = focus_;
    const std::size_t begin = active_.size();
    focus_ = rule.sources[0].slot;
    for (const SourceStep& step : rule.sources) {
        const std::int32_t cell = slot(step.slot).cells;
        if (cell >= 0) active_.push_back(static_cast<std::uint32_t>(cell));
    }
    active_begin_ = begin;
    bool fine = true;
    for (const TargetStep& step : rule.targets) {
        fine = run_target(step);
        if (!fine) break;
    }
    fine = fine && run_calls(rule);
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

bool Run::run_calls(const Rule& rule) {
    for (const CallStep& step : rule.calls) {
        const std::size_t begin = pool_.size();
        for (const Operand& each : step.arguments) pool_.push_back(value_of(each));
        if (!call(step.instance, begin, step.spot)) return false;
        pool_.resize(begin);
    }
    return true;
}

void Run::report(const SourceStep& step, std::string code, std::string ja, std::string en) {
    fhir::Issue issue;
    issue.type = "processing";
    issue.code = std::move(code);
    issue.fault = fhir::Fault::Sender;
    const Slot& bound = slot(step.slot);
    const Node* node = bound.node ? bound.node : at_;
    issue.expression = json::path_of(source_, Value{node ? node : source_.node()}, source_name_);
    issue.ja = std::move(ja) + "（" + to_string(step.spot) + "）";
    issue.en = std::move(en) + " (" + to_string(step.spot) + ")";
    issue.offset = node ? node->offset : 0;
    issues_.push_back(std::move(issue));
}

}  // namespace tsunagi::translate
