#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "fhir/definitions.h"
#include "fhirpath/expression.h"
#include "fhirpath/syntax.h"
#include "fhirpath/values.h"

/// One evaluation of one tree. Internal to the module.
namespace tsunagi::fhirpath {

enum class Flow : std::uint8_t { Continue, Stop, Fail };

/// A callable passed down without allocation; lives as long as the call.
class Visitor {
public:
    template <class F>
        requires(!std::is_same_v<std::remove_const_t<F>, Visitor>)
    Visitor(F& callable)
        : object_(const_cast<void*>(static_cast<const void*>(&callable))),
          call_([](void* object, const Item& item) { return (*static_cast<F*>(object))(item); }) {}
    Flow operator()(const Item& item) const { return call_(object_, item); }

private:
    void* object_;
    Flow (*call_)(void*, const Item&);
};

/// What $this, $index and $total mean at one place.
struct Scope {
    const Item* self = nullptr;  ///< null: empty input
    std::int64_t index = 0;
    const Collection* total = nullptr;
};

/// Collections of one thread that wait to be used again.
using Stock = std::vector<std::unique_ptr<Collection>>;

/// A collection borrowed from a stock, so that evaluation does not allocate each time.
class Scratch {
public:
    explicit Scratch(Stock& stock);
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    Collection& operator*() { return *items_; }
    Collection* operator->() { return items_.get(); }

private:
    Stock& stock_;
    std::unique_ptr<Collection> items_;
};

class Evaluator {
public:
    explicit Evaluator(const Context& context);

    /// Appends the result to `out`. False: fault() says why.
    bool eval(const Syntax& node, const Scope& scope, Collection& out);
    /// Hands over the items one by one, without a collection where the shape allows it.
    Flow visit(const Syntax& node, const Scope& scope, Visitor visitor);
    /// As a condition (N1 4.5).
    Truth truth(const Syntax& node, const Scope& scope);

    Scope root_scope() const {
        return Scope{focus_.kind() == Item::Kind::None ? nullptr : &focus_, 0, nullptr};
    }
    const std::optional<Error>& fault() const { return fault_; }
    /// An empty collection, for whoever evaluates.
    Scratch scratch() { return Scratch{stock_}; }

private:
    bool fail(const Syntax& node, std::string_view message, Fault kind = Fault::Execution);
    bool step(const Syntax& node);
    bool enter(const Syntax& node);  ///< one level deeper; the caller does --depth_
    bool room(const Syntax& node, const Collection& out);

    Flow visit_call(const Syntax& node, const Scope& scope, Visitor visitor);
    Flow members(const Syntax& node, const Item& item, std::string_view name, Visitor visitor);
    Flow children(const Item& item, Visitor visitor);
    Flow value_of(json::Value value, json::Value companion, const fhir::TypeDef* type,
                  Visitor visitor);
    bool variable(const Syntax& node, Collection& out);
    bool indexer(const Syntax& node, const Scope& scope, Collection& out);
    bool binary(const Syntax& node, const Scope& scope, Collection& out);
    bool arithmetic(const Syntax& node, const Item& left, const Item& right, Collection& out);
    bool negate_item(const Syntax& node, const Scope& scope, Collection& out);
    Truth compare_order(const Syntax& node, const Scope& scope);
    Truth compare_equal(const Syntax& node, const Scope& scope);
    Truth equals_literal(const Syntax& node, const Scope& scope);
    Truth membership(const Syntax& node, const Scope& scope);
    Truth logic(const Syntax& node, const Scope& scope);
    Truth truth_of(const Syntax& node, const Collection& items);
    Truth is_type(const Syntax& node, const Item& item);

    bool input(const Syntax& node, const Scope& scope, Collection& out);
    bool call(const Syntax& node, const Scope& scope, Collection& out);
    Truth call_truth(const Syntax& node, const Scope& scope, bool& handled);
    Truth text_truth(const Syntax& node, const Scope& scope);
    bool call_collection(const Syntax& node, const Scope& scope, Collection& in, Collection& out);
    bool call_text(const Syntax& node, const Scope& scope, const Collection& in, Collection& out);
    bool call_math(const Syntax& node, const Scope& scope, const Collection& in, Collection& out);
    bool call_convert(const Syntax& node, const Scope& scope, const Collection& in,
                      Collection& out);
    bool call_fhir(const Syntax& node, const Scope& scope, const Collection& in, Collection& out);
    bool call_clock(const Syntax& node, Collection& out);
    bool repeat(const Syntax& node, const Scope& scope, const Collection& in, Collection& out);
    bool sort(const Syntax& node, const Collection& in, Collection& out);
    bool iif(const Syntax& node, const Scope& scope, const Collection& in, Collection& out);

    /// The one item of argument `index`; nothing when it is empty.
    bool argument(const Syntax& node, const Scope& scope, std::size_t index,
                  std::optional<Item>& out);
    bool text_argument(const Syntax& node, const Scope& scope, std::size_t index,
                       std::optional<std::string>& out);
    bool whole_argument(const Syntax& node, const Scope& scope, std::size_t index,
                        std::optional<std::int64_t>& out);
    /// The one item of the input as a System value; false with a fault for several.
    bool single_input(const Syntax& node, const Collection& in, std::optional<Item>& out);

    const Context& context_;
    Stock& stock_;
    Item focus_;
    Item resource_;  ///< %resource, once it was asked for
    std::uint32_t steps_ = 0;
    std::uint32_t depth_ = 0;
    std::optional<Error> fault_;
};

}  // namespace tsunagi::fhirpath
