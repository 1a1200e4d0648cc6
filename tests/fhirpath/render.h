#pragma once
#include <string>

#include "fhirpath/evaluator.h"

namespace tsunagi::fhirpath {

/// An item as the case files write it: "integer 4", "dateTime @2015-02-07T13:28:17Z".
inline std::string value_text(const Item& item) {
    const Item value = system_value(item);
    std::string text = text_of(value).value_or("");
    switch (value.kind()) {
        case Item::Kind::Date:
        case Item::Kind::DateTime:
            return "@" + text;
        case Item::Kind::Time:
            return "@T" + text;
        case Item::Kind::TypeInfo:
            return std::string{value.text()};
        default:
            return text;
    }
}

inline std::string render(const Item& item) { return type_name(item) + " " + value_text(item); }

}  // namespace tsunagi::fhirpath
