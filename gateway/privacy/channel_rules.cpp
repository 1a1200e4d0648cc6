#include "privacy/channel_rules.h"

#include <algorithm>
#include <utility>

#include "privacy/folded.h"

namespace tsunagi::privacy {
namespace {

bool contains(const std::vector<std::string>& list, std::string_view text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

Error fault(std::string where, std::string message) {
    return Error{Code::Invalid, std::move(message), "channels: " + std::move(where)};
}

}  // namespace

Result<ChannelRules> ChannelRules::load(json::Value file) {
    ChannelRules rules;
    for (const json::Value each : file["channels"]) rules.channels_.emplace_back(each.text());
    if (rules.channels_.empty()) return fault("channels", "no channel is named");
    for (const json::Value each : file["blocked"]) {
        Row row{std::string{each["type"].text()},
                each["drop"].text() == "item",
                std::string{each["system"].text()},
                {}};
        for (const json::Value code : each["codes"]) row.codes.emplace_back(code.text());
        if (row.type.empty() || row.system.empty() || row.codes.empty() ||
            (!row.item && each["drop"].text() != "resource"))
            return fault("blocked", "a row needs type, drop, system and codes");
        rules.rows_.push_back(std::move(row));
    }
    if (rules.rows_.empty()) return fault("blocked", "nothing is blocked");
    for (const json::Value each : file["words"]) {
        rules.words_.emplace_back(each.text());
        rules.folded_.push_back(fold_letters(each.text()).text);
        if (rules.folded_.back().empty()) return fault("words", "an empty word");
    }
    return rules;
}

bool ChannelRules::is_open(std::string_view channel) const noexcept {
    return contains(channels_, channel);
}

bool ChannelRules::holds(json::Value value, const Row& row) {
    if (value.is_object() && value["system"].text() == row.system &&
        contains(row.codes, value["code"].text()))
        return true;
    if (!value.is_object() && !value.is_array()) return false;
    return std::any_of(value.begin(), value.end(),
                       [&](json::Value child) { return holds(child, row); });
}

bool ChannelRules::drops_resource(json::Value resource) const {
    const std::string_view type = resource["resourceType"].text();
    return std::any_of(rows_.begin(), rows_.end(), [&](const Row& row) {
        return !row.item && (row.type == "*" || row.type == type) && holds(resource, row);
    });
}

bool ChannelRules::drops_item(std::string_view type, json::Value item) const {
    return std::any_of(rows_.begin(), rows_.end(), [&](const Row& row) {
        return row.item && (row.type == "*" || row.type == type) && holds(item, row);
    });
}

std::string_view ChannelRules::unfit_word(std::string_view bytes) const {
    const std::u32string letters = fold_letters(bytes).text;
    for (std::size_t i = 0; i < words_.size(); ++i) {
        if (letters.find(folded_[i]) != std::u32string::npos) return words_[i];
    }
    return {};
}

}  // namespace tsunagi::privacy
