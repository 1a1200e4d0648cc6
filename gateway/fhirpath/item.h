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
    static Item node(json::Value value, const fhir::TypeDef* type,
                     json::Value companion = {}) noexcept {
        Item item;
        item.kind_ = Kind::Node;
        item.first_.node = value.node();
        item.second_.companion = companion.node();
        item.third_.type = type;
        return item;
    }
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
    json::Value node() const noexcept { return json::Value{is_node() ? first_.node : nullptr}; }
    json::Value companion() const noexcept {
        return json::Value{is_node() ? second_.companion : nullptr};
    }
    const fhir::TypeDef* type() const noexcept { return is_node() ? third_.type : nullptr; }

    bool truth() const noexcept { return number() != 0; }
    /// Of an Integer, and 0 or 1 of a Boolean.
    std::int64_t number() const noexcept { return is_node() ? 0 : third_.number; }
    /// The spelling: of a node its JSON text, of a Quantity the number.
    std::string_view text() const& noexcept {
        if (is_node()) return node().text();
        return {first_.text, kind_ == Kind::Quantity ? unit_at_ : second_.size};
    }
    std::string_view text() const&& = delete;
    /// Of a Quantity: the UCUM code or calendar word.
    std::string_view unit() const& noexcept {
        if (kind_ != Kind::Quantity) return {};
        return {first_.text + unit_at_, second_.size - unit_at_};
    }
    bool calendar_unit() const noexcept { return calendar_; }

    /// The same item with a text of its own.
    Item owned() const;

private:
    void refer_to(std::string_view text) noexcept {
        first_.text = text.data();
        second_.size = text.size();
    }

    Kind kind_ = Kind::None;
    bool calendar_ = false;
    std::uint32_t unit_at_ = 0;  ///< Quantity: where the unit starts in the text
    // By kind: a node with its companion and type, or a text and a number. Small, because
    // collections are copied all the time.
    union {
        const char* text;
        const json::Node* node;
    } first_{""};
    union {
        std::size_t size;
        const json::Node* companion;
    } second_{0};
    union {
        std::int64_t number;
        const fhir::TypeDef* type;
    } third_{0};
    /// Keeps the text. Shared because copies of an item never change it.
    std::shared_ptr<const std::string> owner_;
};

using Collection = std::vector<Item>;

}  // namespace tsunagi::fhirpath
