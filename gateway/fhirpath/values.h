#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fhirpath/item.h"
#include "fhirpath/number.h"
#include "fhirpath/temporal.h"

/// What the operators and functions know of values: System value of a node, equality, order, types,
/// conversions. Internal to the module.
namespace tsunagi::fhirpath {

/// The answer of a condition. Fail: the evaluator's fault() says why.
enum class Truth : std::uint8_t { False, True, Unknown, Fail };
inline Truth truth_from(bool value) { return value ? Truth::True : Truth::False; }
/// The answer as a collection: Unknown is empty. False for Fail.
bool append_truth(Truth truth, Collection& out);

/// A primitive node or Quantity node as System value; every other item as it is.
Item system_value(const Item& item);

/// Whether there is more than extensions: a primitive of extensions alone is no System value.
inline bool has_content(const Item& item) { return !item.is_node() || item.node(); }
std::optional<Number> number_of(const Item& system);
std::optional<Temporal> temporal_of(const Item& system);

/// `=`: Unknown when precision leaves it open.
Truth equal(const Item& left, const Item& right);
Truth equal(const Collection& left, const Collection& right);
/// `~`: never Unknown.
bool equivalent(const Item& left, const Item& right);
bool equivalent(const Collection& left, const Collection& right);
/// Equal items have equal hashes.
std::size_t hash_of(const Item& item);

/// -1, 0, 1; Unknown as nullopt; `comparable` false when the kinds do not compare.
std::optional<int> order(const Item& left, const Item& right, bool& comparable);

/// toString() of a System value; empty when it has none.
std::optional<std::string> text_of(const Item& system);

/// Whether an item's type is, or derives from, the named type.
bool has_type(const Item& item, std::string_view space, std::string_view name);

/// "Boolean", "Quantity", …: the System type of an item that is no node.
std::string_view system_type_name(Item::Kind kind);

/// A set of items by equality.
class DistinctItems {
public:
    /// True when `item` is new.
    bool insert(const Item& item);
    bool contains(const Item& item) const;

private:
    static constexpr std::size_t kFew = 8;
    std::vector<Item> few_;  ///< compared one by one; beyond kFew everything is in many_
    std::unordered_multimap<std::size_t, Item> many_;
};

/// toX() of one System value; nullopt when it does not convert.
std::optional<Item> to_boolean(const Item& system);
std::optional<Item> to_integer(const Item& system);
std::optional<Item> to_decimal(const Item& system);
std::optional<Item> to_temporal(const Item& system, Item::Kind kind);
std::optional<Item> to_quantity(const Item& system);

}  // namespace tsunagi::fhirpath
