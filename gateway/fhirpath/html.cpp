#include "fhirpath/html.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace tsunagi::fhirpath {
namespace {

constexpr std::size_t kMaxNesting = 200;

// narrative.html: "basic HTML formatting elements described in chapters 7-11 (except section 4 of
// chapter 9) and 15 of the HTML 4.0 standard, <a> elements, images and internally contained
// styles".
constexpr auto kElements = std::to_array<std::string_view>(
    {"a",     "abbr",   "acronym",  "b",   "big",   "blockquote", "br",  "caption", "cite",
     "code",  "col",    "colgroup", "dd",  "dfn",   "div",        "dl",  "dt",      "em",
     "h1",    "h2",     "h3",       "h4",  "h5",    "h6",         "hr",  "i",       "img",
     "ins",   "del",    "li",       "ol",  "p",     "pre",        "q",   "samp",    "small",
     "span",  "strong", "sub",      "sup", "table", "tbody",      "td",  "tfoot",   "th",
     "thead", "tr",     "tt",       "ul",  "var",   "kbd",        "map", "area"});

constexpr auto kAttributes = std::to_array<std::string_view>(
    {"abbr",       "accesskey",   "align",       "alt",        "axis",   "bgcolor", "border",
     "cellhalign", "cellpadding", "cellspacing", "cellvalign", "char",   "charoff", "charset",
     "cite",       "class",       "colspan",     "compact",    "coords", "dir",     "frame",
     "headers",    "height",      "href",        "hreflang",   "hspace", "id",      "lang",
     "longdesc",   "name",        "nowrap",      "rel",        "rev",    "rowspan", "rules",
     "scope",      "shape",       "span",        "src",        "start",  "style",   "summary",
     "tabindex",   "title",       "type",        "valign",     "value",  "vspace",  "width",
     "xml:lang",   "xmlns"});

template <class List>
bool lists(const List& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' ||
           c == '-' || c == '_';
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    bool document() {
        blanks();
        if (!tag() || open_.empty() || !namespace_seen_) return false;
        while (!open_.empty()) {
            if (at_ >= text_.size()) return false;
            if (text_[at_] == '<') {
                if (!markup()) return false;
            } else {
                if (text_[at_] == '&' && !entity()) return false;
                if (!is_blank(text_[at_])) content_ = true;
                ++at_;
            }
        }
        blanks();
        return at_ == text_.size() && content_;
    }

private:
    void blanks() {
        while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    }
    std::string_view name() {
        const std::size_t start = at_;
        while (at_ < text_.size() && is_name(text_[at_])) ++at_;
        return text_.substr(start, at_ - start);
    }
    bool take(std::string_view token) {
        if (text_.substr(at_, token.size()) != token) return false;
        at_ += token.size();
        return true;
    }
    bool entity() const {
        const auto end = text_.find(';', at_);
        return end != std::string_view::npos && end - at_ <= 12;
    }
    bool markup() {
        if (take("<!--")) {
            const auto end = text_.find("-->", at_);
            if (end == std::string_view::npos) return false;
            at_ = end + 3;
            return true;
        }
        if (take("</")) {
            const auto word = name();
            blanks();
            if (open_.empty() || open_.back() != word || !take(">")) return false;
            open_.pop_back();
            return true;
        }
        return tag();
    }
    bool tag() {
        if (!take("<")) return false;
        const auto word = name();
        if (!lists(kElements, word) || (open_.empty() && word != "div")) return false;
        if (word == "img") content_ = true;
        for (;;) {
            blanks();
            if (take("/>")) return true;
            if (take(">")) {
                open_.push_back(word);
                return open_.size() <= kMaxNesting;
            }
            const auto attribute = name();
            if (!lists(kAttributes, attribute)) return false;
            blanks();
            if (!take("=")) return false;
            blanks();
            if (at_ >= text_.size() || (text_[at_] != '"' && text_[at_] != '\'')) return false;
            const char quote = text_[at_++];
            const auto end = text_.find(quote, at_);
            if (end == std::string_view::npos) return false;
            const auto value = text_.substr(at_, end - at_);
            if (value.find('<') != std::string_view::npos) return false;
            if (attribute == "xmlns") {
                if (value != "http://www.w3.org/1999/xhtml") return false;
                namespace_seen_ = true;
            }
            if ((attribute == "href" || attribute == "src") && value.starts_with("javascript:"))
                return false;
            at_ = end + 1;
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<std::string_view> open_;
    bool namespace_seen_ = false;
    bool content_ = false;
};

}  // namespace

bool is_safe_narrative(std::string_view xhtml) { return Reader{xhtml}.document(); }

}  // namespace tsunagi::fhirpath
