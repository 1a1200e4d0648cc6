#include "peers/element_key.h"

#include <algorithm>
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

/// The element that HAPI's message names below the one it stands on; empty when it names none.
std::string_view named_below(std::string_view message) {
    if (message.starts_with("Extension.url is required")) return "url";
    if (message.starts_with("Slice '")) message.remove_prefix(7);
    std::size_t end = std::string_view::npos;
    for (const std::string_view words : {": minimum required = ", ": max allowed = ",
                                         "': a matching slice is required", "' for extension '"})
        end = std::min(end, message.find(words));
    if (end == std::string_view::npos) return {};
    const std::string_view path = message.substr(0, end);
    std::string_view name = path.substr(path.rfind('.') + 1);
    name = name.substr(0, name.find(':'));
    if (name.ends_with("[x]")) name.remove_suffix(3);
    return name;
}

std::string_view last_step(std::string_view key) {
    const std::string_view step = key.substr(key.rfind('.') + 1);
    return step.substr(0, step.find('['));
}

/// Cuts the step `name` (with its index) from the end; true if it stood there.
bool cut_last(std::string& key, std::string_view name) {
    const auto dot = key.rfind('.');
    if (dot == std::string::npos || last_step(key) != name) return false;
    key.resize(dot);
    return true;
}

/// From the code of a Coding to the Coding, and on to the CodeableConcept that it stands in. An
/// element may be named "code" itself: it stays, unless the issue is `of_coding`.
void cut_code(std::string& key, bool of_coding) {
    std::string above = key;
    if (cut_last(above, "code") &&
        (of_coding || last_step(above) == "coding" || last_step(above) == "tag"))
        key = above;
    cut_last(key, "coding");
}

}  // namespace

std::string element_key(std::string_view expression, std::string_view code,
                        std::string_view message) {
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
    if (const auto name = named_below(message); !name.empty()) key.append(".").append(name);
    if (code.starts_with("unknown-code") || code.starts_with("code-not-in") ||
        code.starts_with("Terminology_"))
        cut_code(key, code.starts_with("unknown-code"));
    cut_last(key, "reference");
    return key;
}

}  // namespace tsunagi::peers
