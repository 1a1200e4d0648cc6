#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/document.h"

namespace tsunagi::privacy {

/// What does not travel by fax, paper or e-mail (profiles/disclosure/channels.json; domain L21): a
/// paper lies open at the desk. Immutable. Thread rule: any thread.
class ChannelRules {
public:
    /// Error Invalid, at start-up, with the row in `where`.
    static Result<ChannelRules> load(json::Value file);

    /// The rules say something of `channel` ("paper", "fax", "email").
    bool is_open(std::string_view channel) const noexcept;
    /// A row drops this resource, or this member of one of its lists.
    bool drops_resource(json::Value resource) const;
    bool drops_item(std::string_view type, json::Value item) const;
    /// Words that keep a finished message off an open channel; the first that is in it, or empty.
    std::string_view unfit_word(std::string_view bytes) const;

private:
    struct Row {
        std::string type;  ///< "*": any
        bool item = false;
        std::string system;
        std::vector<std::string> codes;
    };
    static bool holds(json::Value value, const Row& row);

    std::vector<std::string> channels_, words_;
    std::vector<std::u32string> folded_;  ///< of words_
    std::vector<Row> rows_;
};

/// The way a rendition goes; the default is one that nobody but the recipient reads.
struct Channel {
    const ChannelRules* rules = nullptr;
    std::string_view name = {};

    bool is_open() const { return rules && rules->is_open(name); }
    bool blocks(json::Value resource) const { return is_open() && rules->drops_resource(resource); }
    bool blocks_item(std::string_view type, json::Value item) const {
        return is_open() && rules->drops_item(type, item);
    }
};

}  // namespace tsunagi::privacy
