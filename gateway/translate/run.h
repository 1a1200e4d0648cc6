#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhirpath/expression.h"
#include "json/document.h"
#include "translate/codes.h"
#include "translate/lists.h"
#include "translate/program.h"
#include "translate/slot.h"
#include "translate/tracks.h"
#include "translate/translator.h"
#include "translate/tree.h"

namespace tsunagi::translate {

/// One run of one map. Functions return false once a fault is set; nothing goes on after it.
/// Thread rule: one thread. Not an interface.
class Run {
public:
    /// The output shares texts with `program` and keeps it alive.
    Run(const std::shared_ptr<const Program>& program, const Environment& environment,
        const RunLimits& limits, json::Value source, const fhir::TypeDef* source_type);
    Result<Translation> run(const Entry& entry);
    /// After a run that failed: what the sender has to change, when the fault lies in a cell.
    std::optional<fhir::Issue> take_refusal() { return std::move(refusal_); }

private:
    // run.cpp: groups, rules, faults
    bool call(std::uint32_t instance, std::size_t arguments, const Spot& spot);
    bool run_rules(const std::vector<Rule>& rules);
    bool run_source(const Rule& rule, std::size_t at);
    bool valid(const SourceStep& step, bool& holds);
    bool keep_valid(const SourceStep& step, std::size_t begin);
    bool run_body(const Rule& rule);
    bool run_calls(const Rule& rule);
    Slot& slot(std::uint32_t at) { return stack_[frame_ + at]; }
    bool fail(Code code, std::string message, const Spot& spot);
    /// What a value has to be. Said to the sender.
    struct Demand {
        std::string_view ja, en;
    };
    static constexpr Demand kNumberExpected{
        "数値が必要です。単位や文字を付けず、数字だけを書いてください。", "a number is expected"};
    bool refuse(const Demand& demand, const Slot& value, const Spot& spot);
    bool new_node(const Spot& spot) { return ++nodes_ <= limits_.max_nodes || too_many(spot); }
    bool too_many(const Spot& spot);
    void report(const SourceStep& step, std::string code, std::string ja, std::string en);

    // run_sources.cpp: the items of a source, expressions
    bool gather(const SourceStep& step);
    bool pick(const SourceStep& step, std::size_t begin);
    void gather_member(std::string_view key, const fhir::TypeDef* type, const Slot& context);
    void gather_dynamic(const SourceStep& step, const Slot& context);
    void gather_companion(const SourceStep& step, const Slot& context);
    void push_values(const json::Node* value, const json::Node* companion,
                     const fhir::TypeDef* type, const Slot& context, std::string_view key);
    void push(const json::Node* value, const json::Node* companion, const fhir::TypeDef* type,
              const Slot& context, std::string_view key);
    template <class Use>
    bool with_context(const Expr& expr, const Slot& focus, Use&& use);
    bool condition(const Expr& expr, const Slot& focus, bool& holds);
    bool evaluate(const Expr& expr, const Slot& focus, fhirpath::Collection& found);
    Slot slot_of(const fhirpath::Item& item);

    // run_values.cpp: transforms
    const Slot& value_of(const Operand& operand) {
        return operand.literal ? *operand.literal : slot(operand.slot);
    }
    Slot made_text(std::string_view text, const fhir::TypeDef* type,
                   json::Kind kind = json::Kind::String);
    bool produce(const TargetStep& step, Slot& value);
    bool produce_text(const TargetStep& step, Slot& value);
    bool produce_cast(const TargetStep& step, std::string_view text, Slot& value);
    bool produce_reference(const TargetStep& step, Slot& value);
    bool produce_datatype(const TargetStep& step, Slot& value);
    bool fill_quantity(const TargetStep& step, json::Node* node);
    void produce_translation(const TargetStep& step, Slot& value);
    Coding coding_of(const TargetStep& step);
    json::Node* new_coding(const Coding& coding);
    void wrap_coding(Slot& value);
    void add_operand(json::Node* object, std::string_view key, const Operand& operand);

    // run_targets.cpp: writing
    bool run_target(const TargetStep& step);
    bool run_default_group(const TargetStep& step);
    bool run_evaluate(const TargetStep& step);
    bool container(const TargetStep& step, json::Node*& object, Home& home);
    const TargetMember* member_of(const TargetStep& step, const fhir::TypeDef* value) {
        return step.member ? &*step.member : find_member(step, value);
    }
    const TargetMember* find_member(const TargetStep& step, const fhir::TypeDef* value);
    bool create_in_place(const TargetStep& step, Slot& out);
    bool create_primitive(const TargetStep& step);
    bool take_existing(const TargetStep& step, bool& taken);
    bool arrange(const TargetStep& step, json::Node* object, const TargetMember& member,
                 json::Node* node);
    json::Node* existing(const TargetStep& step, json::Node* object, const TargetMember& member);
    bool place(const TargetStep& step, Slot& value);
    bool assign_self(const TargetStep& step, const Slot& value);
    bool assign(const TargetStep& step, json::Node* node, Form form, const Slot& value);
    bool put_primitive(const TargetStep& step, json::Node* object, const TargetMember& member,
                       const Slot& value, Slot& made);
    bool put_complex(const TargetStep& step, json::Node* object, const TargetMember& member,
                     Slot& value, Slot& made);
    bool wrap_primitive(const TargetStep& step, const TargetMember& member, Slot& value, Home home);

    // run_tracks.cpp: what the receipt is made of
    void note(const TargetStep& step, Home home, const Slot& value);
    void note_below(json::Value value, Home home);
    std::span<const std::uint32_t> cells_of(const Slot& slot) const;
    void add_cells(const Slot& from, std::vector<std::uint32_t>& into) const;
    void credit(Slot& made, const std::vector<std::uint32_t>& from);
    void drop(const Slot& slot, const SourceStep& step);
    void drop_below(json::Value value, const SourceStep& step);

    const Program& program_;
    const Environment& environment_;
    const RunLimits& limits_;
    json::Value source_;
    std::string source_name_;
    Tree tree_;
    Cells cells_;
    TargetPaths paths_;
    Tracks tracks_;
    std::vector<Slot> stack_;
    std::size_t frame_ = 0, top_ = 0;
    std::vector<Slot> pool_;             ///< items of the sources being run
    std::vector<std::uint32_t> active_;  ///< leaf cells that the running rule stands on
    std::size_t active_begin_ = 0;
    std::uint32_t focus_ = 0;             ///< slot of the first source of the running rule
    std::vector<std::uint32_t> scratch_;  ///< cells of the value being made
    std::string text_;                    ///< the text being made
    TargetMember found_;                  ///< what member_of() found at run time
    Codes codes_;
    std::vector<std::vector<std::uint32_t>> cell_lists_;
    Lists lists_;
    std::vector<fhir::Issue> issues_;
    const json::Node* at_ = nullptr;  ///< the source node being worked on, for messages
    std::uint32_t rules_run_ = 0, depth_ = 0, nodes_ = 0;
    std::optional<Error> error_;
    std::optional<fhir::Issue> refusal_;
};

}  // namespace tsunagi::translate
