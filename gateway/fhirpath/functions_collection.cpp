#include <algorithm>
#include <deque>
#include <unordered_set>

#include "fhirpath/evaluator.h"

/// Existence, filtering, subsetting, combining, aggregation (N1 sections 5.1 to 5.5, 7).
namespace tsunagi::fhirpath {
namespace {

using Kind = Item::Kind;

bool all_in(const Collection& items, const Collection& among) {
    DistinctItems set;
    for (const Item& item : among) set.insert(item);
    return std::all_of(items.begin(), items.end(),
                       [&](const Item& item) { return set.contains(item); });
}

}  // namespace

Truth Evaluator::call_truth(const Syntax& node, const Scope& scope, bool& handled) {
    const auto over_input = [&](Visitor each) {
        if (node.source != nullptr) return visit(*node.source, scope, each);
        return scope.self ? each(*scope.self) : Flow::Continue;
    };
    switch (node.function) {
        case Function::Exists:
        case Function::Empty: {
            bool found = false;
            std::int64_t index = 0;
            auto each = [&](const Item& item) {
                if (!node.args.empty()) {
                    const Truth truth =
                        this->truth(*node.args[0], Scope{&item, index++, scope.total});
                    if (truth == Truth::Fail) return Flow::Fail;
                    if (truth != Truth::True) return Flow::Continue;
                }
                found = true;
                return Flow::Stop;
            };
            if (over_input(each) == Flow::Fail) return Truth::Fail;
            return truth_from(found == (node.function == Function::Exists));
        }
        case Function::All: {
            bool all = true;
            std::int64_t index = 0;
            auto each = [&](const Item& item) {
                const Truth truth = this->truth(*node.args[0], Scope{&item, index++, scope.total});
                if (truth == Truth::Fail) return Flow::Fail;
                all = truth == Truth::True;
                return all ? Flow::Continue : Flow::Stop;
            };
            if (over_input(each) == Flow::Fail) return Truth::Fail;
            return truth_from(all);
        }
        case Function::Not: {
            Truth truth = Truth::Unknown;
            if (node.source != nullptr) {
                truth = this->truth(*node.source, scope);
            } else if (scope.self) {
                const Item value = system_value(*scope.self);
                truth = truth_from(value.kind() != Kind::Boolean || value.truth());
            }
            if (truth == Truth::Fail || truth == Truth::Unknown) return truth;
            return truth_from(truth == Truth::False);
        }
        case Function::AllTrue:
        case Function::AnyTrue:
        case Function::AllFalse:
        case Function::AnyFalse: {
            const bool wanted =
                node.function == Function::AllTrue || node.function == Function::AnyTrue;
            const bool any =
                node.function == Function::AnyTrue || node.function == Function::AnyFalse;
            bool result = !any;
            auto each = [&](const Item& item) {
                const Item value = system_value(item);
                if (value.kind() != Kind::Boolean) {
                    fail(node, "the function needs Booleans");
                    return Flow::Fail;
                }
                if ((value.truth() == wanted) != any) return Flow::Continue;
                result = any;
                return Flow::Stop;
            };
            if (over_input(each) == Flow::Fail) return Truth::Fail;
            return truth_from(result);
        }
        case Function::HasValue: {
            std::int64_t count = 0;
            bool value = false;
            auto each = [&](const Item& item) {
                value = item.is_node() && item.node() && !item.node().is_object();
                return ++count > 1 ? Flow::Stop : Flow::Continue;
            };
            if (over_input(each) == Flow::Fail) return Truth::Fail;
            return truth_from(count == 1 && value);
        }
        case Function::StartsWith:
        case Function::EndsWith:
        case Function::ContainsText:
            if (node.args[0]->op == Op::Literal && node.args[0]->literal.kind() == Kind::String)
                return text_truth(node, scope);
            handled = false;
            return Truth::Unknown;
        default:
            handled = false;
            return Truth::Unknown;
    }
}

/// startsWith() and its like with a literal, for which nothing is collected.
Truth Evaluator::text_truth(const Syntax& node, const Scope& scope) {
    const std::string_view wanted = node.args[0]->literal.text();
    std::int64_t count = 0;
    bool is_text = true;
    Truth result = Truth::Unknown;
    auto each = [&](const Item& item) {
        if (++count > 1) return Flow::Stop;
        if (!has_content(item)) return Flow::Continue;
        const Item value = system_value(item);
        const std::string_view text = value.text();
        is_text = value.kind() == Kind::String;
        result = truth_from(node.function == Function::StartsWith ? text.starts_with(wanted)
                            : node.function == Function::EndsWith
                                ? text.ends_with(wanted)
                                : text.find(wanted) != std::string_view::npos);
        return Flow::Continue;
    };
    const Flow flow = node.source != nullptr ? visit(*node.source, scope, each)
                      : scope.self           ? each(*scope.self)
                                             : Flow::Continue;
    if (flow == Flow::Fail) return Truth::Fail;
    if (count > 1) fail(node, "the function needs a single item");
    if (!is_text) fail(node, "the function needs a string");
    return count > 1 || !is_text ? Truth::Fail : result;
}

bool Evaluator::iif(const Syntax& node, const Scope& scope, const Collection& in, Collection& out) {
    if (in.size() > 1) return fail(node, "iif() needs a single item");
    // Behind a dot, $this is the item before it; without one it stays.
    const Scope inner{node.source != nullptr ? (in.empty() ? nullptr : &in[0]) : scope.self,
                      scope.index, scope.total};
    Scratch condition{stock_};
    if (!eval(*node.args[0], inner, *condition)) return false;
    if (condition->size() > 1) return fail(node, "a condition needs a single item");
    bool holds = false;
    if (!condition->empty()) {
        const Item value = system_value((*condition)[0]);
        if (value.kind() != Kind::Boolean)
            return fail(node, "the condition of iif() must be Boolean");
        holds = value.truth();
    }
    if (holds) return eval(*node.args[1], inner, out);
    return node.args.size() < 3 || eval(*node.args[2], inner, out);
}

bool Evaluator::repeat(const Syntax& node, const Scope& scope, const Collection& in,
                       Collection& out) {
    // A node is the same by identity: two equal groups of a questionnaire are two. Values are the
    // same by equality. Either way a cycle ends.
    std::unordered_set<const json::Node*> nodes;
    DistinctItems values;
    std::deque<Item> queue(in.begin(), in.end());
    std::int64_t index = 0;
    while (!queue.empty()) {
        const Item item = std::move(queue.front());
        queue.pop_front();
        auto each = [&](const Item& found) {
            const bool by_identity = found.is_node() && found.node().is_object();
            if (!(by_identity ? nodes.insert(found.node().node()).second : values.insert(found)))
                return Flow::Continue;
            out.push_back(found);
            queue.push_back(found);
            return room(node, out) ? Flow::Continue : Flow::Fail;
        };
        if (visit(*node.args[0], Scope{&item, index++, scope.total}, each) == Flow::Fail)
            return false;
    }
    return true;
}

bool Evaluator::sort(const Syntax& node, const Collection& in, Collection& out) {
    struct Row {
        Item item;
        std::vector<std::optional<Item>> keys;
    };
    std::vector<Row> rows;
    std::int64_t index = 0;
    for (const Item& item : in) {
        Row row{item, {}};
        const Scope scope{&item, index++, nullptr};
        for (const Syntax* key : node.args) {
            // "-key" sorts downwards, whatever the key's type.
            const Syntax& by = key->op == Op::Negative ? *key->args[0] : *key;
            Scratch found{stock_};
            if (!eval(by, scope, *found)) return false;
            if (found->size() > 1) return fail(by, "a sort key must be a single item");
            row.keys.push_back(found->empty() ? std::nullopt
                                              : std::optional{system_value((*found)[0])});
        }
        if (node.args.empty()) row.keys.push_back(system_value(item));
        rows.push_back(std::move(row));
    }
    bool ordered = true;
    std::stable_sort(rows.begin(), rows.end(), [&](const Row& left, const Row& right) {
        for (std::size_t i = 0; i < left.keys.size(); ++i) {
            const bool down = i < node.args.size() && node.args[i]->op == Op::Negative;
            const auto& a = left.keys[i];
            const auto& b = right.keys[i];
            if (!a || !b) {
                // A missing key leads in both directions, as the conformance cases want it.
                if (a.has_value() != b.has_value()) return !a.has_value();
                continue;
            }
            bool comparable = false;
            const auto result = order(*a, *b, comparable);
            if (!comparable) ordered = false;
            if (result && *result != 0) return (*result < 0) != down;
        }
        return false;
    });
    if (!ordered) return fail(node, "these types have no order");
    for (Row& row : rows) out.push_back(std::move(row.item));
    return true;
}

bool Evaluator::call_collection(const Syntax& node, const Scope& scope, Collection& in,
                                Collection& out) {
    const auto size = static_cast<std::int64_t>(in.size());
    const auto slice = [&](std::int64_t from, std::int64_t to) {
        from = std::clamp<std::int64_t>(from, 0, size);
        to = std::clamp<std::int64_t>(to, from, size);
        out.insert(out.end(), in.begin() + from, in.begin() + to);
        return true;
    };
    switch (node.function) {
        case Function::Count:
            out.push_back(Item::integer(size));
            return true;
        case Function::Single:
            if (size > 1) return fail(node, "single() found several items");
            return slice(0, 1);
        case Function::First:
            return slice(0, 1);
        case Function::Last:
            return slice(size - 1, size);
        case Function::Tail:
            return slice(1, size);
        case Function::Skip:
        case Function::Take: {
            std::optional<std::int64_t> count;
            if (!whole_argument(node, scope, 0, count)) return false;
            if (!count) return true;
            const std::int64_t bounded = std::clamp<std::int64_t>(*count, 0, size);
            return node.function == Function::Skip ? slice(bounded, size) : slice(0, bounded);
        }
        case Function::Distinct:
        case Function::IsDistinct: {
            DistinctItems seen;
            for (const Item& item : in) {
                const bool fresh = seen.insert(item);
                if (node.function == Function::IsDistinct && !fresh)
                    return append_truth(Truth::False, out);
                if (node.function == Function::Distinct && fresh) out.push_back(item);
            }
            return node.function == Function::Distinct || append_truth(Truth::True, out);
        }
        case Function::SubsetOf:
        case Function::SupersetOf: {
            Scratch other{stock_};
            if (!eval(*node.args[0], scope, *other)) return false;
            const bool sub = node.function == Function::SubsetOf;
            return append_truth(truth_from(sub ? all_in(in, *other) : all_in(*other, in)), out);
        }
        case Function::Intersect:
        case Function::Exclude: {
            Scratch other{stock_};
            if (!eval(*node.args[0], scope, *other)) return false;
            DistinctItems set;
            for (const Item& item : *other) set.insert(item);
            DistinctItems seen;
            for (const Item& item : in) {
                if (node.function == Function::Exclude) {
                    if (!set.contains(item)) out.push_back(item);
                } else if (set.contains(item) && seen.insert(item)) {
                    out.push_back(item);
                }
            }
            return true;
        }
        case Function::UnionWith:
        case Function::Combine: {
            Scratch other{stock_};
            if (!eval(*node.args[0], scope, *other)) return false;
            if (node.function == Function::Combine) {
                out.insert(out.end(), in.begin(), in.end());
                out.insert(out.end(), other->begin(), other->end());
                return true;
            }
            DistinctItems seen;
            for (const Collection* side : {&in, &*other}) {
                for (const Item& item : *side) {
                    if (seen.insert(item)) out.push_back(item);
                }
            }
            return true;
        }
        case Function::Repeat:
            return repeat(node, scope, in, out);
        case Function::Sort:
            return sort(node, in, out);
        case Function::Iif:
            return iif(node, scope, in, out);
        case Function::Aggregate: {
            Collection total;
            if (node.args.size() > 1 && !eval(*node.args[1], scope, total)) return false;
            std::int64_t index = 0;
            for (const Item& item : in) {
                Collection next;
                if (!eval(*node.args[0], Scope{&item, index++, &total}, next)) return false;
                total = std::move(next);
            }
            out.insert(out.end(), total.begin(), total.end());
            return true;
        }
        case Function::IsType: {
            if (in.empty()) return true;
            if (size > 1) return fail(node, "is() needs a single item");
            return append_truth(is_type(node, in[0]), out);
        }
        default:
            return fail(node, "unknown function", Fault::Semantic);
    }
}

bool Evaluator::call(const Syntax& node, const Scope& scope, Collection& out) {
    switch (node.function) {
        case Function::Where:
        case Function::Select:
        case Function::OfType:
        case Function::AsType:
        case Function::Children:
        case Function::Descendants:
        case Function::Extension: {
            auto append = [&](const Item& item) {
                out.push_back(item);
                return room(node, out) ? Flow::Continue : Flow::Fail;
            };
            return visit(node, scope, append) != Flow::Fail;
        }
        case Function::Now:
        case Function::Today:
        case Function::TimeOfDay:
            return call_clock(node, out);
        default:
            break;
    }
    bool handled = true;
    const Truth truth = call_truth(node, scope, handled);
    if (handled) return append_truth(truth, out);
    if (node.source != nullptr && node.function == Function::Count) {
        std::int64_t count = 0;
        auto each = [&](const Item&) {
            ++count;
            return Flow::Continue;
        };
        if (visit(*node.source, scope, each) == Flow::Fail) return false;
        out.push_back(Item::integer(count));
        return true;
    }
    if (node.source != nullptr && node.function == Function::First) {
        auto each = [&](const Item& item) {
            out.push_back(item);
            return Flow::Stop;
        };
        return visit(*node.source, scope, each) != Flow::Fail;
    }
    Scratch in{stock_};
    if (!input(node, scope, *in)) return false;
    if (node.function <= Function::Aggregate) return call_collection(node, scope, *in, out);
    if (node.function <= Function::ConvertsToQuantity) return call_convert(node, scope, *in, out);
    if (node.function <= Function::Unescape) return call_text(node, scope, *in, out);
    if (node.function <= Function::Comparable) return call_math(node, scope, *in, out);
    return call_fhir(node, scope, *in, out);
}

bool Evaluator::call_clock(const Syntax& node, Collection& out) {
    const Temporal now = Temporal::of(context_.now, context_.zone);
    if (node.function == Function::Now) {
        out.push_back(Item::temporal(Kind::DateTime, now.text()));
    } else if (node.function == Function::Today) {
        out.push_back(Item::temporal(Kind::Date, now.as(Temporal::Kind::Date).text()));
    } else {
        Temporal time = now.as(Temporal::Kind::Time);
        time.offset.reset();
        out.push_back(Item::temporal(Kind::Time, time.text()));
    }
    return true;
}

}  // namespace tsunagi::fhirpath
