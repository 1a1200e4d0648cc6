#include "validate/presence.h"

#include <utility>

namespace tsunagi::validate {

using json::Value;

/// Reads from the front of what is left; every part leaves the text alone when it does not fit.
class PresenceParser {
public:
    explicit PresenceParser(std::string_view text) : text_(text) {}

    bool whole(Presence& out) {
        if (!term(out.terms_.emplace_back())) return false;
        skip_spaces();
        if (text_.empty()) return true;
        for (const auto& [word, join] :
             {std::pair{"or ", Presence::Join::Or}, std::pair{"and ", Presence::Join::And},
              std::pair{"implies ", Presence::Join::Implies}}) {
            if (!take(word)) continue;
            out.join_ = join;
            return others(out, word);
        }
        return false;
    }

private:
    /// Left to right, and no operator that binds less: then the first terms decide alone.
    bool others(Presence& out, std::string_view word) {
        for (;;) {
            const std::string_view before = text_;
            Presence::Term next;
            const bool fits = term(next);
            skip_spaces();
            if (fits && text_.empty()) {
                out.terms_.push_back(std::move(next));
                return true;
            }
            if (fits && out.join_ != Presence::Join::Implies && take(word)) {
                out.terms_.push_back(std::move(next));
                continue;
            }
            out.has_rest_ = true;
            return out.join_ != Presence::Join::And && before.find("implies") == before.npos;
        }
    }

    bool term(Presence::Term& out) {
        skip_spaces();
        const std::string_view before = text_;
        if (take("(")) {
            skip_spaces();
            if (term(out)) {
                skip_spaces();
                if (take(")")) return true;
            }
        } else if (path(out) && question(out)) {
            return true;
        }
        text_ = before;
        return false;
    }

    /// Names and dots; the last name may be that of the function.
    bool path(Presence::Term& out) {
        out = {};
        do {
            std::size_t size = 0;
            while (size < text_.size() && is_letter(text_[size])) ++size;
            if (size == 0 || text_[0] < 'a' || text_[0] > 'z') return false;
            if (size < text_.size() && text_[size] == '(') return !out.path.empty();
            out.path.push_back(text_.substr(0, size));
            text_.remove_prefix(size);
        } while (take("."));
        return true;
    }

    bool question(Presence::Term& out) {
        const bool is_empty = take("empty()");
        if (is_empty || take("exists()")) {
            out.is_negated = take(".not()") ? !is_empty : is_empty;
            return true;
        }
        skip_spaces();
        if (out.path.size() != 1 || !take("=")) return false;
        skip_spaces();
        if (!take("'")) return false;
        const std::size_t end = text_.find_first_of("'\\");
        if (end == text_.npos || text_[end] != '\'') return false;
        out.literal = text_.substr(0, end);
        out.is_comparison = true;
        text_.remove_prefix(end + 1);
        return true;
    }

    static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
    void skip_spaces() {
        while (text_.starts_with(' ')) text_.remove_prefix(1);
    }
    bool take(std::string_view word) {
        if (!text_.starts_with(word)) return false;
        text_.remove_prefix(word.size());
        return true;
    }

    std::string_view text_;
};

std::optional<Presence> Presence::parse(std::string_view expression) {
    Presence out;
    if (!PresenceParser{expression}.whole(out)) return {};
    return out;
}

std::optional<bool> Presence::judge(Value object) const {
    if (!object.is_object()) return {};
    if (join_ == Join::Implies) {
        const Answer left = ask(terms_[0], object);
        if (left == Answer::No) return true;
        if (left == Answer::Ask || has_rest_) return {};
        const Answer right = ask(terms_[1], object);
        return right == Answer::Ask ? std::nullopt : std::optional{right == Answer::Yes};
    }
    const Answer decides = join_ == Join::Or ? Answer::Yes : Answer::No;
    bool is_open = has_rest_;
    for (const Term& each : terms_) {
        const Answer answer = ask(each, object);
        if (answer == decides) return decides == Answer::Yes;
        is_open |= answer == Answer::Ask;
    }
    if (is_open) return {};
    return decides == Answer::No;
}

Presence::Answer Presence::ask(const Term& term, Value object) {
    if (term.is_comparison) {
        const Value value = object[term.path[0]];
        if (!value.is_string()) return Answer::Ask;
        return value.text() == term.literal ? Answer::Yes : Answer::No;
    }
    const Answer found = is_there(object, term, 0);
    if (found == Answer::Ask || !term.is_negated) return found;
    return found == Answer::Yes ? Answer::No : Answer::Yes;
}

Presence::Answer Presence::is_there(Value object, const Term& term, std::size_t step) {
    const std::string_view name = term.path[step];
    Value found;
    for (const Value each : object) {
        const std::string_view key = each.key();
        if (key.size() < name.size()) continue;
        if (key == name) {
            found = each;
            break;
        }
        // "_name", or the member of a choice.
        const bool is_beside = key.front() == '_' && key.substr(1).starts_with(name);
        const bool is_longer = key.size() > name.size() && key.starts_with(name) &&
                               key[name.size()] >= 'A' && key[name.size()] <= 'Z';
        if (is_beside || is_longer) return Answer::Ask;
    }
    if (!found) return Answer::No;
    if (found.is_null() || (found.is_array() && (found.empty() || found.at(0).is_null())))
        return Answer::Ask;
    if (step + 1 == term.path.size()) return Answer::Yes;
    if (found.is_object()) return is_there(found, term, step + 1);
    if (!found.is_array()) return Answer::Ask;
    Answer any = Answer::No;
    for (const Value each : found) {
        const Answer one = each.is_object() ? is_there(each, term, step + 1) : Answer::Ask;
        if (one == Answer::Yes) return one;
        if (one == Answer::Ask) any = one;
    }
    return any;
}

}  // namespace tsunagi::validate
