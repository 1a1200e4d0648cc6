#include "validate/questionnaires.h"

#include "json/reader.h"

namespace tsunagi::validate {

json::Value Questionnaires::find(std::string_view url) const {
    const std::string_view text = definitions_.resource(url);
    if (text.empty()) return {};
    const std::lock_guard lock(mutex_);
    const auto [at, fresh] = read_.try_emplace(text.data());
    if (fresh) {
        // What a pack holds was read under the limits of packages.
        if (auto document = json::read(text, {.max_bytes = text.size()}))
            at->second = std::move(*document);
    }
    return at->second.root();
}

}  // namespace tsunagi::validate
