#include "validate/place.h"

namespace tsunagi::validate {
namespace {

void append_expression(std::string& out, const Place& place) {
    if (place.up) {
        append_expression(out, *place.up);
        out += '.';
    }
    out += place.name;
    if (!place.choice.empty()) {
        out += ".ofType(";
        out += place.choice;
        out += ')';
    }
    if (place.index != Place::kNoIndex) {
        out += '[';
        out += std::to_string(place.index);
        out += ']';
    }
}

void append_label(std::string& out, const Place& place) {
    if (place.up) append_label(out, *place.up);
    if (!place.up || !place.element) return;
    if (!out.empty()) out += "＞";
    out += place.is_cell && !place.element->label.empty() ? place.element->label : place.name;
    if (place.index != Place::kNoIndex) {
        out += "（";
        out += std::to_string(place.index + 1);
        out += "番目）";
    }
}

}  // namespace

std::string expression_of(const Place& place) {
    std::string out;
    append_expression(out, place);
    return out;
}

std::string label_of(const Place& place) {
    bool in_model = false;
    for (const Place* at = &place; at; at = at->up) in_model |= at->is_cell;
    if (!in_model) return expression_of(place);
    if (!place.up) return std::string{place.element->label};
    std::string out;
    append_label(out, place);
    return out;
}

}  // namespace tsunagi::validate
