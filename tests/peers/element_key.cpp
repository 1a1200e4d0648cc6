#include "peers/element_key.h"

#include <cctype>

namespace tsunagi::peers {
namespace {

bool is_index(std::string_view inside) {
    if (inside.empty()) return false;
    for (const char c : inside) {
        if (!std::isdigit(static_cast<unsigned char>(c))) return false;
    }
    return true;
}

/// The element that a "minimum required" of HAPI names: the last step before the colon.
std::string_view missing_name(std::string_view message) {
    if (message.starts_with("Extension.url is required")) return "url";
    const auto words = message.find(": minimum required = ");
    if (words == std::string_view::npos) return {};
    const std::string_view path = message.substr(0, words);
    std::string_view name = path.substr(path.rfind('.') + 1);
    name = name.substr(0, name.find(':'));
    if (name.ends_with("[x]")) name.remove_suffix(3);
    return name;
}

}  // namespace

std::string element_key(std::string_view expression, std::string_view message) {
    std::string key;
    for (std::size_t i = 0; i < expression.size();) {
        const std::string_view rest = expression.substr(i);
        if (rest.starts_with("/*")) {
            const auto end = rest.find("*/");
            i = end == std::string_view::npos ? expression.size() : i + end + 2;
        } else if (rest.starts_with(".ofType(") || rest.starts_with(".resolve(")) {
            const auto end = rest.find(')');
            i = end == std::string_view::npos ? expression.size() : i + end + 1;
        } else if (rest.starts_with("[")) {
            const auto end = rest.find(']');
            const auto stop = end == std::string_view::npos ? rest.size() : end;
            // [0] goes: HAPI writes it for every repeating element, also where JSON has no array.
            if (const auto inside = rest.substr(1, stop - 1); is_index(inside) && inside != "0")
                key.append("[").append(inside).append("]");
            i += stop + (stop < rest.size() ? 1 : 0);
        } else if (rest.starts_with(":")) {
            const auto end = rest.find_first_of(".[/");
            i = end == std::string_view::npos ? expression.size() : i + end;
        } else if (rest.starts_with("(") || rest.starts_with(")")) {
            ++i;
        } else if (rest.starts_with(" as ")) {
            const auto end = rest.find(')');
            i = end == std::string_view::npos ? expression.size() : i + end;
        } else {
            key += expression[i++];
        }
    }
    if (const auto name = missing_name(message); !name.empty()) key.append(".").append(name);
    // A wrong target is the fault of the reference as a whole.
    if (key.ends_with(".reference")) key.resize(key.size() - std::string_view{".reference"}.size());
    return key;
}

}  // namespace tsunagi::peers
