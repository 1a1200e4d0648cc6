#include "fhirpath/item.h"

namespace tsunagi::fhirpath {

Item Item::node(json::Value value, const fhir::TypeDef* type, json::Value companion) {
    Item item;
    item.kind_ = Kind::Node;
    item.node_ = value;
    item.companion_ = companion;
    item.type_ = type;
    return item;
}

Item Item::boolean(bool truth) {
    Item item;
    item.kind_ = Kind::Boolean;
    item.number_ = truth ? 1 : 0;
    return item;
}

Item Item::integer(std::int64_t number) {
    Item item;
    item.kind_ = Kind::Integer;
    item.number_ = number;
    return item;
}

Item Item::temporal(Kind kind, std::string text) {
    Item item;
    item.kind_ = kind;
    item.owner_ = std::make_shared<const std::string>(std::move(text));
    item.text_ = *item.owner_;
    return item;
}

Item Item::decimal(std::string text) { return temporal(Kind::Decimal, std::move(text)); }
Item Item::string(std::string text) { return temporal(Kind::String, std::move(text)); }
Item Item::type_info(std::string text) { return temporal(Kind::TypeInfo, std::move(text)); }

Item Item::quantity(std::string_view number, std::string_view unit, bool calendar) {
    Item item = temporal(Kind::Quantity, std::string{number}.append(unit));
    item.unit_at_ = static_cast<std::uint32_t>(number.size());
    item.calendar_ = calendar;
    return item;
}

Item Item::borrowed(Kind kind, std::string_view text, std::uint32_t unit_at, bool calendar) {
    Item item;
    item.kind_ = kind;
    item.text_ = text;
    item.unit_at_ = unit_at;
    item.calendar_ = calendar;
    return item;
}

std::string_view Item::text() const& noexcept {
    if (kind_ == Kind::Node) return node_.text();
    return kind_ == Kind::Quantity ? text_.substr(0, unit_at_) : text_;
}

std::string_view Item::unit() const& noexcept {
    return kind_ == Kind::Quantity ? text_.substr(unit_at_) : std::string_view{};
}

Item Item::owned() const {
    Item item = *this;
    if (!item.owner_ && !item.text_.empty()) {
        item.owner_ = std::make_shared<const std::string>(item.text_);
        item.text_ = *item.owner_;
    }
    return item;
}

}  // namespace tsunagi::fhirpath
