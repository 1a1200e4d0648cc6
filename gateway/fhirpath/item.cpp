#include "fhirpath/item.h"

namespace tsunagi::fhirpath {

Item Item::boolean(bool truth) {
    Item item;
    item.kind_ = Kind::Boolean;
    item.third_.number = truth ? 1 : 0;
    return item;
}

Item Item::integer(std::int64_t number) {
    Item item;
    item.kind_ = Kind::Integer;
    item.third_.number = number;
    return item;
}

Item Item::temporal(Kind kind, std::string text) {
    Item item;
    item.kind_ = kind;
    item.owner_ = std::make_shared<const std::string>(std::move(text));
    item.refer_to(*item.owner_);
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
    item.refer_to(text);
    item.unit_at_ = unit_at;
    item.calendar_ = calendar;
    return item;
}

Item Item::owned() const {
    Item item = *this;
    if (!is_node() && !item.owner_ && second_.size > 0) {
        item.owner_ = std::make_shared<const std::string>(first_.text, second_.size);
        item.refer_to(*item.owner_);
    }
    return item;
}

}  // namespace tsunagi::fhirpath
