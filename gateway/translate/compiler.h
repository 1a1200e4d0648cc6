#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/builder.h"
#include "translate/program.h"

namespace tsunagi::translate {

/// A name in scope and what is known of it. A null type is known at run time only.
struct Variable {
    std::uint32_t slot = 0;
    bool is_target = false;
    const fhir::TypeDef* type = nullptr;
};
using Scope = std::map<std::string, Variable, std::less<>>;

struct MapUnit {
    const std::string* file = nullptr;
    const syntax::Map* map = nullptr;
    std::vector<const MapUnit*> visible;  ///< itself first, then its imports
};

struct FoundGroup {
    const syntax::Group* group = nullptr;
    const MapUnit* unit = nullptr;
};

/// The static type: null when the value may be of a type below it.
inline const fhir::TypeDef* closed(const fhir::TypeDef* type) {
    return is_open(type) ? nullptr : type;
}

/// Turns parsed maps into a Program. The first fault is kept and everything after it passes
/// quickly. Not an interface. Thread rule: one thread, once.
class Compiler {
public:
    Compiler(Program& program, const fhir::Definitions& definitions);
    Status run(std::vector<std::pair<std::string, syntax::Map>>&& maps);

private:
    using TypeDef = fhir::TypeDef;
    using Place = syntax::Place;
    // compile.cpp: maps, names, groups
    void fail(const MapUnit& unit, Place place, std::string message);
    void link();
    void add_import(MapUnit& into, const MapUnit& from, const syntax::Import& import);
    void check_header(const MapUnit& unit);
    void check_groups(const MapUnit& unit);
    static FoundGroup find_group(const MapUnit& unit, std::string_view name);
    const TypeDef* type(const MapUnit& unit, std::string_view name, Place place);
    void compile_unit(const MapUnit& unit);
    std::uint32_t instance(FoundGroup found, std::vector<const TypeDef*> types, Place place,
                           const MapUnit& caller);
    const TypeDef* narrower(const MapUnit& unit, Place place, const TypeDef* given,
                            const TypeDef* declared, const std::string& group);
    void compile_body(std::size_t at);

    // compile_rules.cpp: rules, sources, calls
    std::vector<Rule> compile_rules(const MapUnit& unit, const std::vector<syntax::Rule>& rules,
                                    const Scope& scope);
    Rule compile_rule(const MapUnit& unit, const syntax::Rule& rule, Scope scope);
    SourceStep compile_source(const MapUnit& unit, const syntax::Source& source, Scope& scope,
                              const TypeDef*& type_of_items);
    static bool fits_filter(const TypeDef* type, const TypeDef* filter);
    static std::string dropped_reason(std::string_view text);
    CallStep compile_call(const MapUnit& unit, const syntax::Call& call, const Scope& scope);

    // compile_targets.cpp: targets, transforms
    TargetMember member(const fhir::ElementDef& element, const fhir::TypeRef& type);
    TargetStep target_place(const MapUnit& unit, const syntax::Target& target, const Scope& scope,
                            const TypeDef*& context_type);
    void settle(const MapUnit& unit, const syntax::Target& target, TargetStep& step,
                const TypeDef* value);
    TargetStep compile_simple(const MapUnit& unit, const syntax::Target& target, Scope& scope,
                              const SourceStep& source, const TypeDef* value);
    bool call_default(const MapUnit& unit, const syntax::Target& target, TargetStep& step,
                      const TypeDef* value);
    FoundGroup default_group(const MapUnit& unit, Place place, const TypeDef* source,
                             const TypeDef* target);
    void bind_constants(const MapUnit& unit, const std::vector<syntax::Parameter>& parameters,
                        Scope& scope, std::vector<TargetStep>& targets);
    TargetStep compile_target(const MapUnit& unit, const syntax::Target& target, Scope& scope,
                              bool leads_on);
    const Slot* literal(const json::Node* node, const TypeDef* type);
    Operand operand(const MapUnit& unit, const syntax::Parameter& parameter, const Scope& scope,
                    const TypeDef*& type_of);
    void compile_transform(const MapUnit& unit, const syntax::Target& target, const Scope& scope,
                           TargetStep& step, const TypeDef*& value);
    void add_display(TargetStep& step);
    const TypeDef* created_type(const MapUnit& unit, const syntax::Target& target,
                                TargetStep& step);
    const TypeDef* translated_type(const MapUnit& unit, const syntax::Target& target,
                                   TargetStep& step);
    const CodeTable* table(const MapUnit& unit, std::string_view id);
    void compile_evaluate(const MapUnit& unit, const syntax::Target& target, const Scope& scope,
                          TargetStep& step);

    // compile_paths.cpp: FHIRPath
    /// `focus`: the type it stands on; null: unknown, and steps are not checked.
    std::optional<Expr> expression(const MapUnit& unit, const syntax::Path& path,
                                   const Scope& scope, const TypeDef* focus = nullptr);
    std::string resolved(const MapUnit& unit, std::string_view text, Place place,
                         const Scope& scope,
                         std::vector<std::pair<std::string, std::uint32_t>>& variables, int depth);
    static std::vector<Expr::Literal> one_of(std::string_view text);
    std::string member_step(std::string_view word);
    void name_in_path(const MapUnit& unit, std::string_view word, Place place, const Scope& scope,
                      std::vector<std::pair<std::string, std::uint32_t>>& variables, int depth,
                      bool marked, bool called, std::string& out);

    struct Fault {
        std::string message;
        Place place;
        const std::string* file = nullptr;
    };
    struct Body {
        const MapUnit* unit = nullptr;
        std::vector<const TypeDef*> types;
    };
    struct Choice {
        std::string stem, type;
        bool plain = false;  ///< also the name of an element that is no choice
    };

    Program& program_;
    const fhir::Definitions& definitions_;
    json::Builder literals_;
    json::Node* literal_root_ = nullptr;
    std::vector<std::unique_ptr<MapUnit>> units_;
    std::map<std::pair<const syntax::Group*, std::vector<const TypeDef*>>, std::uint32_t> known_;
    std::vector<Body> bodies_;
    std::size_t next_body_ = 0;
    std::map<const syntax::ConceptMap*, const CodeTable*> tables_;
    std::set<std::string_view> keys_;  ///< of members, each once in the literals
    std::map<std::string, Choice, std::less<>> choices_;
    std::uint32_t slots_ = 0;
    const TypeDef* focus_ = nullptr;  ///< type of the first source of the rule
    std::optional<Fault> fault_;
};

}  // namespace tsunagi::translate
