#include "translate/map_syntax.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "json/reader.h"
#include "translate/map_lexer.h"

namespace tsunagi::translate::syntax {
namespace {

/// Rules inside rules; deeper nesting is a mistake or an attack on the stack.
constexpr int kMaxNesting = 32;

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
        text.remove_suffix(1);
    return text;
}

/// Recursive descent, one function per production. The first fault stops everything.
class Parser {
public:
    Parser(std::string_view file, std::string_view text) : file_(file), lexer_(text) { take(); }

    Result<Map> run() {
        Map map;
        while (ok() && !is_word("group") && token_.kind != Kind::End) header(map);
        while (ok() && token_.kind != Kind::End) {
            if (token_.kind == Kind::Metadata) {
                take();
                continue;
            }
            expect_word("group");
            map.groups.push_back(group());
        }
        if (ok() && map.url.empty()) fail("the map has no url");
        if (ok() && map.groups.empty()) fail("the map has no group");
        if (!ok()) return Error{Code::Invalid, fault_, at(file_, fault_place_)};
        return map;
    }

private:
    bool ok() const { return fault_.empty(); }

    void fail(std::string what) { fail(std::move(what), token_.place); }
    void fail(std::string what, Place place) {
        if (!ok()) return;
        fault_ = std::move(what);
        fault_place_ = place;
        token_ = Token{};
    }

    void take() {
        if (!ok()) return;
        token_ = lexer_.next();
        while (in_groups_ && token_.kind == Kind::Metadata) token_ = lexer_.next();
        if (!lexer_.fault().empty()) fail(lexer_.fault(), lexer_.fault_place());
    }

    bool is_word(std::string_view word) const {
        return token_.kind == Kind::Word && token_.quote == 0 && token_.text == word;
    }
    bool is_symbol(std::string_view symbol) const {
        return token_.kind == Kind::Symbol && token_.text == symbol;
    }
    bool accept_word(std::string_view word) {
        if (!is_word(word)) return false;
        take();
        return true;
    }
    bool accept(std::string_view symbol) {
        if (!is_symbol(symbol)) return false;
        take();
        return true;
    }
    void expect(std::string_view symbol) {
        if (!accept(symbol)) fail("'" + std::string{symbol} + "' is expected");
    }
    void expect_word(std::string_view word) {
        if (!accept_word(word)) fail("'" + std::string{word} + "' is expected");
    }
    std::string name(const char* what) {
        if (token_.kind != Kind::Word) {
            fail(std::string{what} + " is expected");
            return {};
        }
        std::string text = std::move(token_.text);
        take();
        return text;
    }
    std::string text(const char* what) {
        if (token_.kind != Kind::Text) {
            fail(std::string{what} + " in quotes is expected");
            return {};
        }
        std::string value = std::move(token_.text);
        take();
        return value;
    }

    void header(Map& map) {
        const Place place = token_.place;
        if (token_.kind == Kind::Metadata) {
            metadata(map);
        } else if (accept_word("map")) {
            map.url = text("the url of the map");
            expect("=");
            map.name = token_.kind == Kind::Text ? text("a name") : name("a name");
        } else if (accept_word("conceptmap")) {
            map.concept_maps.push_back(concept_map(place));
            const std::string& id = map.concept_maps.back().id;
            if (std::count_if(map.concept_maps.begin(), map.concept_maps.end(),
                              [&](const ConceptMap& each) { return each.id == id; }) > 1)
                fail("a second conceptmap '#" + id + "'", place);
        } else if (accept_word("uses")) {
            Structure structure;
            structure.place = place;
            structure.url = text("the url of a structure");
            if (accept_word("alias")) structure.alias = name("an alias");
            expect_word("as");
            structure.mode = name("source, queried, target or produced");
            if (ok() && structure.mode != "source" && structure.mode != "queried" &&
                structure.mode != "target" && structure.mode != "produced")
                fail("source, queried, target or produced is expected", place);
            map.structures.push_back(std::move(structure));
        } else if (accept_word("imports")) {
            map.imports.push_back({text("the url of a map"), place});
        } else if (accept_word("let")) {
            Constant constant;
            constant.place = token_.place;
            constant.name = name("the name of a constant");
            for (const Constant& other : map.constants) {
                if (other.name == constant.name)
                    fail("a second constant '" + constant.name + "'", constant.place);
            }
            if (ok() && !is_symbol("=")) fail("'=' is expected");
            constant.value = path_after_token();
            expect(";");
            map.constants.push_back(std::move(constant));
        } else {
            fail("map, conceptmap, uses, imports, let or group is expected");
        }
    }

    /// `/// url = 'http://…'`; a text of several lines stands in three double quotes.
    void metadata(Map& map) {
        static constexpr std::string_view kBlock = R"(""")";
        const std::string_view line = trimmed(token_.text);
        const std::size_t equals = line.find('=');
        if (equals != std::string_view::npos) {
            const std::string key{trimmed(line.substr(0, equals))};
            std::string_view value = trimmed(line.substr(equals + 1));
            if (value.size() >= 2 * kBlock.size() && value.starts_with(kBlock)) {
                value = value.substr(kBlock.size(), value.size() - 2 * kBlock.size());
            } else if (value.size() >= 2 && (value.front() == '\'' || value.front() == '"') &&
                       value.back() == value.front()) {
                value = value.substr(1, value.size() - 2);
            }
            if (key == "url") map.url = value;
            if (key == "name") map.name = value;
            if (key == "title") map.title = value;
            map.metadata.emplace_back(key, std::string{value});
        }
        take();
    }

    ConceptMap concept_map(Place place) {
        ConceptMap map;
        map.place = place;
        map.id = text("the id of the concept map");
        if (map.id.starts_with('#')) map.id.erase(0, 1);
        expect("{");
        std::vector<std::pair<std::string, std::string>> prefixes;
        while (ok() && accept_word("prefix")) {
            std::string prefix = name("a prefix");
            expect("=");
            prefixes.emplace_back(std::move(prefix), text("the url of a code system"));
        }
        const auto side = [&](std::string& system, std::string& code) {
            const Place start = token_.place;
            const std::string prefix = name("prefix:code");
            expect(":");
            system = declared(prefixes, prefix, start);
            if (!ok()) return;
            if (token_.kind != Kind::Word && token_.kind != Kind::Text &&
                token_.kind != Kind::Number)
                return fail("a code is expected");
            code = std::move(token_.text);
            take();
        };
        while (ok() && accept_word("unmapped")) {
            const Place start = token_.place;
            expect_word("for");
            Unmapped rule;
            const Place at_prefix = token_.place;
            rule.source_system = declared(prefixes, name("a prefix"), at_prefix);
            for (const Unmapped& other : map.unmapped) {
                if (other.source_system == rule.source_system)
                    fail("a second rule for what this system does not map", start);
            }
            expect("=");
            if (token_.kind == Kind::Text) {
                rule.mode = Unmapped::Mode::OtherMap;
                rule.url = text("the url of a concept map");
            } else if (!accept_word("provided")) {
                rule.mode = Unmapped::Mode::Fixed;
                side(rule.target_system, rule.code);
            }
            map.unmapped.push_back(std::move(rule));
        }
        while (ok() && !is_symbol("}")) {
            ConceptMapRow row;
            side(row.source_system, row.source_code);
            static constexpr std::array<std::string_view, 10> kRelations = {
                "-", "=", "==", "!=", "--", ">=", "<=", ">-", "<-", "~"};
            if (ok() &&
                (token_.kind != Kind::Symbol ||
                 std::find(kRelations.begin(), kRelations.end(), token_.text) == kRelations.end()))
                fail("a relationship (==, =, <=, >=, !=, -) is expected");
            row.relationship = token_.text;
            take();
            side(row.target_system, row.target_code);
            map.rows.push_back(std::move(row));
        }
        expect("}");
        return map;
    }

    std::string declared(const std::vector<std::pair<std::string, std::string>>& prefixes,
                         const std::string& prefix, Place place) {
        for (const auto& [name, system] : prefixes) {
            if (name == prefix) return system;
        }
        fail("the prefix is not declared", place);
        return {};
    }

    Group group() {
        in_groups_ = true;
        Group made;
        made.place = token_.place;
        made.name = name("the name of the group");
        expect("(");
        do {
            Input input;
            input.place = token_.place;
            const std::string mode = name("source or target");
            if (ok() && mode != "source" && mode != "target")
                fail("source or target is expected", input.place);
            input.is_target = mode == "target";
            input.name = name("the name of the parameter");
            if (accept(":")) input.type = name("a type");
            made.inputs.push_back(std::move(input));
        } while (ok() && accept(","));
        expect(")");
        if (accept_word("extends")) made.extends = name("the name of the base group");
        if (accept("<<")) {
            const std::string mode = name("types or type+");
            if (mode == "types") {
                made.mode = TypeMode::Types;
            } else if (mode == "type" && accept("+")) {
                made.mode = TypeMode::TypeAndTypes;
            } else {
                fail("types or type+ is expected");
            }
            expect(">>");
        }
        made.rules = rules();
        return made;
    }

    std::vector<Rule> rules() {
        std::vector<Rule> made;
        if (++nesting_ > kMaxNesting) fail("rules are nested too deeply");
        expect("{");
        while (ok() && !is_symbol("}")) made.push_back(rule());
        expect("}");
        --nesting_;
        return made;
    }

    Rule rule() {
        Rule made;
        made.place = token_.place;
        do made.sources.push_back(source());
        while (ok() && accept(","));
        if (accept("->")) {
            do made.targets.push_back(target());
            while (ok() && accept(","));
        }
        if (accept_word("then")) {
            while (ok() && !is_symbol("{")) {
                made.calls.push_back(call());
                if (!accept(",")) break;
            }
            if (is_symbol("{")) made.rules = rules();
        }
        if (token_.kind == Kind::Text && token_.quote == '"') made.name = text("a rule name");
        expect(";");
        return made;
    }

    void qualified(std::string& context, std::string& element) {
        context = name("a name");
        if (accept(".")) element = name("an element");
        if (is_symbol("."))
            fail(
                "one element at a time: give this one a name with 'as' and go on in a nested rule");
    }

    Source source() {
        Source made;
        made.place = token_.place;
        qualified(made.context, made.element);
        if (accept(":")) made.type = name("a type");
        if (token_.kind == Kind::Number) {
            Cardinality range;
            range.min = count();
            expect("..");
            if (!accept("*")) range.max = count();
            if (range.max < range.min) fail("the least is more than the most", made.place);
            made.cardinality = range;
        }
        if (is_word("default")) made.otherwise = fallback();
        static constexpr std::array<std::pair<std::string_view, SourceList>, 5> kLists = {
            {{"first", SourceList::First},
             {"not_first", SourceList::NotFirst},
             {"last", SourceList::Last},
             {"not_last", SourceList::NotLast},
             {"only_one", SourceList::OnlyOne}}};
        for (const auto& [word, mode] : kLists) {
            if (!accept_word(word)) continue;
            made.list = mode;
            break;
        }
        if (accept_word("as")) made.variable = name("a variable");
        if (is_word("where")) made.where = clause();
        if (is_word("check")) made.check = clause();
        if (is_word("log")) made.log = clause();
        return made;
    }

    std::uint32_t count() {
        std::uint32_t number = 0;
        const std::string& text = token_.text;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (token_.kind != Kind::Number || error != std::errc{} || end != text.data() + text.size())
            fail("a count is expected");
        take();
        return number;
    }

    /// The FHIRPath behind the current word; a text in double quotes is taken as a text.
    Path clause() {
        const std::size_t after = token_.end;
        const Place place = token_.place;
        Token word = token_;
        take();
        if (token_.kind == Kind::Text && token_.quote == '"') {
            Path path{quoted(token_.text), token_.place};
            take();
            return path;
        }
        Place start = place;
        start.column += static_cast<std::uint32_t>(word.end - word.begin);
        Path path = lexer_.path_from(after, start);
        take();
        return path;
    }

    /// `default 'text'` (R4) or `default ( expression )` (R5).
    Path fallback() {
        take();
        if (token_.kind == Kind::Text) {
            Path path{quoted(token_.text), token_.place};
            take();
            return path;
        }
        if (!is_symbol("(")) fail("a text or an expression in brackets is expected");
        if (!ok()) return {};
        Path path = path_after_token();
        expect(")");
        return path;
    }

    Path path_after_token() {
        Place start = token_.place;
        start.column += static_cast<std::uint32_t>(token_.end - token_.begin);
        Path path = lexer_.path_from(token_.end, start);
        take();
        return path;
    }

    static std::string quoted(std::string_view text) {
        std::string out = "'";
        for (const char c : text) {
            if (c == '\'' || c == '\\') out.push_back('\\');
            out.push_back(c);
        }
        return out + "'";
    }

    Target target() {
        Target made;
        made.place = token_.place;
        if (is_symbol("(")) {
            parenthesised(made);
        } else {
            const std::string word = name("a target");
            if (accept("(")) {
                made.transform = word;
                parameters(made.parameters);
            } else {
                made.context = word;
                if (accept(".")) made.element = name("an element");
                if (is_symbol(".")) {
                    fail(
                        "one element at a time: give this one a name with 'as' and go on from "
                        "there");
                }
                if (accept("=")) transform(made);
            }
        }
        if (accept_word("as")) made.variable = name("a variable");
        if (accept_word("share")) {
            made.list = TargetList::Share;
            made.share = name("a name to share under");
            return made;
        }
        static constexpr std::array<std::pair<std::string_view, TargetList>, 4> kLists = {
            {{"first", TargetList::First},
             {"last", TargetList::Last},
             {"single", TargetList::Single},
             {"collate", TargetList::Collate}}};
        for (const auto& [word, mode] : kLists) {
            if (!accept_word(word)) continue;
            made.list = mode;
            break;
        }
        return made;
    }

    void parenthesised(Target& made) {
        made.transform = "evaluate";
        made.path = path_after_token();
        expect(")");
    }

    void transform(Target& made) {
        if (is_symbol("(")) return parenthesised(made);
        if (token_.kind != Kind::Word || is_word("true") || is_word("false")) {
            made.transform = "copy";
            made.parameters.push_back(parameter());
            return;
        }
        Parameter first = parameter();
        if (accept("(")) {
            made.transform = std::move(first.text);
            return parameters(made.parameters);
        }
        if (is_symbol(".")) {
            // `tgt.a = src.b` reads like the expression it is.
            made.transform = "evaluate";
            made.path = Path{"%" + first.text, first.place};
            while (accept(".")) made.path->text += "." + name("an element");
            return;
        }
        made.transform = "copy";
        made.parameters.push_back(std::move(first));
    }

    void parameters(std::vector<Parameter>& out) {
        if (accept(")")) return;
        do out.push_back(parameter());
        while (ok() && accept(","));
        expect(")");
    }

    Parameter parameter() {
        Parameter made;
        made.place = token_.place;
        made.text = token_.text;
        if (token_.kind == Kind::Text) {
            made.kind = ParameterKind::String;
        } else if (token_.kind == Kind::Number) {
            made.kind = made.text.find('.') == std::string::npos ? ParameterKind::Integer
                                                                 : ParameterKind::Decimal;
        } else if (is_word("true") || is_word("false")) {
            made.kind = ParameterKind::Boolean;
        } else if (token_.kind == Kind::Date) {
            made.kind = ParameterKind::Date;
        } else if (token_.kind == Kind::Word) {
            made.kind = ParameterKind::Variable;
        } else {
            fail("a variable or a literal is expected");
        }
        take();
        return made;
    }

    Call call() {
        Call made;
        made.place = token_.place;
        made.group = name("the name of a group");
        expect("(");
        parameters(made.parameters);
        return made;
    }

    std::string_view file_;
    Lexer lexer_;
    Token token_;
    bool in_groups_ = false;
    int nesting_ = 0;
    std::string fault_;
    Place fault_place_;
};

/// Names the first line that is not UTF-8.
Error not_utf8(std::string_view file, std::string_view text) {
    Place place;
    for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos; ++place.line) {
        if (!json::is_utf8(text.substr(0, end))) break;
        text.remove_prefix(end + 1);
    }
    return {Code::Invalid, "the line is not UTF-8", at(file, place)};
}

}  // namespace

std::string at(std::string_view file, Place place) {
    return std::string{file} + " line " + std::to_string(place.line) + " column " +
           std::to_string(place.column);
}

Result<Map> parse(std::string_view file, std::string_view text) {
    if (!json::is_utf8(text)) return not_utf8(file, text);
    return Parser(file, text).run();
}

}  // namespace tsunagi::translate::syntax
