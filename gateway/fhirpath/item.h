#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"

namespace tsunagi::fhir {
struct TypeDef;
}

namespace tsunagi::fhirpath {

/// One item of a collection: a node of a JSON tree with its FHIR type, or a value of the System
/// model. Text is the value: decimals, dates and times keep the spelling they came with ("1.10",
/// "2023-12"). A node item lives as long as its Document; everything else lives by itself.
/// Thread rule: values, as std::string.
class Item {
public:
    enum class Kind : std::uint8_t {
        None,  ///< no item; only as "no focus" in a Context
        Node,
        Boolean,
        Integer,
        Decimal,
        String,
        Date,
        DateTime,
        Time,
        Quantity,
        TypeInfo,  ///< what type() returns: text "System.Boolean" or "FHIR.Patient"
    };

    Item() = default;

    /// `type` may be null (unknown: members are then found by their JSON name alone). `companion`
    /// is the `_name` object of a primitive; `value` may be absent when only the companion is
    /// there.
    static Item node(json::Value value, const fhir::TypeDef* type, json::Value companion = {});
    static Item boolean(bool truth);
    static Item integer(std::int64_t number);
    static Item decimal(std::string text);
    static Item string(std::string text);
    /// Date "2023-12", DateTime "2023-12-01T10:00+09:00" (a DateTime without time ends in "T" in
    /// the language but not here), Time "10:30".
    static Item temporal(Kind kind, std::string text);
    /// `unit` is a UCUM code ("mg") or a calendar word ("days"); `calendar` tells which.
    static Item quantity(std::string_view number, std::string_view unit, bool calendar);
    static Item type_info(std::string text);
    /// A value whose text somebody else keeps: literals inside an Expression.
    static Item borrowed(Kind kind, std::string_view text, std::uint32_t unit_at = 0,
                         bool calendar = false);

    Kind kind() const noexcept { return kind_; }
    bool is_node() const noexcept { return kind_ == Kind::Node; }
    json::Value node() const noexcept { return node_; }
    json::Value companion() const noexcept { return companion_; }
    const fhir::TypeDef* type() const noexcept { return type_; }

    bool truth() const noexcept { return number_ != 0; }
    std::int64_t number() const noexcept { return number_; }
    /// The spelling: of a node its JSON text, of a Quantity the number.
    std::string_view text() const& noexcept;
    std::string_view text() const&& = delete;
    /// Of a Quantity: the UCUM code or calendar word.
    std::string_view unit() const& noexcept;
    bool calendar_unit() const noexcept { return calendar_; }

    /// The same item with a text of its own.
    Item owned() const;

private:
    Kind kind_ = Kind::None;
    bool calendar_ = false;
    std::uint32_t unit_at_ = 0;  ///< Quantity: where the unit starts in text_
    std::int64_t number_ = 0;
    json::Value node_;
    json::Value companion_;
    const fhir::TypeDef* type_ = nullptr;
    std::string_view text_;
    /// Shared because items are copied from collection to collection and never change.
    std::shared_ptr<const std::string> owner_;
};

using Collection = std::vector<Item>;

}  // namespace tsunagi::fhirpath
