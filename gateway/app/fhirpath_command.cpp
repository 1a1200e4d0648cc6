#include <algorithm>
#include <map>
#include <optional>
#include <ostream>

#include "app/command.h"
#include "app/common_options.h"
#include "app/definitions.h"
#include "app/files.h"
#include "fhirpath/expression.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"

namespace tsunagi::app {
namespace {

using fhirpath::Collection;
using fhirpath::Item;

/// A value as the published cases write it: dates begin with "@", times with "@T", a complex value
/// is its JSON.
std::string value_text(const Item& item) {
    const std::string type = fhirpath::type_name(item);
    if (item.is_node() && (item.node().is_object() || item.node().is_array()))
        return json::write(item.node());
    if (item.kind() == Item::Kind::Boolean) return item.truth() ? "true" : "false";
    if (item.kind() == Item::Kind::Integer) return std::to_string(item.number());
    if (item.kind() == Item::Kind::Quantity) {
        const std::string unit{item.unit()};
        return std::string{item.text()} + " " + (item.calendar_unit() ? unit : "'" + unit + "'");
    }
    const std::string text{item.text()};
    if (type == "date" || type == "dateTime" || type == "instant") return "@" + text;
    return type == "time" ? "@T" + text : text;
}

/// One line each: what would break it is escaped as in JSON.
std::string one_line(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\n' || c == '\r' || c == '\t' || c == '\\') {
            out += '\\';
            out += c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : '\\';
        } else {
            out += c;
        }
    }
    return out;
}

Result<Collection> evaluate(std::string_view text, json::Value input, bool strict,
                            const fhir::Definitions& definitions) {
    auto expression = fhirpath::Expression::parse(text);
    if (!expression) return expression.error();
    fhirpath::Context context;
    context.definitions = &definitions;
    if (input) context.focus = fhirpath::item_of(input, &definitions);
    context.now = SystemClock{}.now();
    if (strict) {
        auto checked = fhirpath::check(*expression, definitions, context.focus.type());
        if (!checked) return checked.error();
    }
    return fhirpath::evaluate(*expression, context);
}

std::string_view fault_word(const Error& error) {
    switch (fhirpath::fault_of(error)) {
        case fhirpath::Fault::Syntax:
            return "syntax";
        case fhirpath::Fault::Semantic:
            return "semantic";
        case fhirpath::Fault::Execution:
            return "execution";
    }
    return "execution";
}

std::optional<Instant> instant_of(std::string_view text) {
    if (!text.starts_with('@')) return {};
    const auto instant = parse_instant(text.substr(1));
    return instant ? std::optional{*instant} : std::nullopt;
}

/// "1", "1.0" and "1.00" are one number.
std::string plain_number(std::string_view text) {
    std::string out{text};
    if (out.empty() || out.find_first_not_of("-0123456789.") != std::string::npos) return out;
    if (out.find('.') != std::string::npos) {
        out.erase(out.find_last_not_of('0') + 1);
        if (out.ends_with('.')) out.pop_back();
    }
    return out;
}

bool fits(json::Value expected, const Item& item) {
    const std::string_view type = expected["type"].text();
    if (!type.empty() && fhirpath::type_name(item) != type) return false;
    const std::string got = value_text(item);
    const std::string_view wanted = expected["value"].text();
    if (got == wanted) return true;
    const auto left = instant_of(got), right = instant_of(wanted);
    if (left && right) return *left == *right;
    return type != "string" && type != "code" && plain_number(got) == plain_number(wanted);
}

/// `predicate` of a case: one boolean is itself, anything else is whether there is something.
Item as_condition(const Collection& result) {
    if (result.size() == 1 && fhirpath::type_name(result[0]) == "boolean")
        return Item::boolean(value_text(result[0]) == "true");
    return Item::boolean(!result.empty());
}

bool passes(json::Value test, const Result<Collection>& result) {
    if (test["invalid"].is_string()) return !result.ok();
    if (!result || result->size() != test["outputs"].size()) return false;
    std::vector<const Item*> left;
    for (const auto& item : *result) left.push_back(&item);
    const bool ordered = !test["ordered"].is_bool() || test["ordered"].truth();
    for (const json::Value expected : test["outputs"]) {
        auto found = left.begin();
        if (!ordered) {
            found = std::find_if(left.begin(), left.end(),
                                 [&](const Item* item) { return fits(expected, *item); });
        }
        if (found == left.end() || !fits(expected, **found)) return false;
        left.erase(found);
    }
    return true;
}

std::string case_line(json::Value test, const Result<Collection>& result) {
    json::Document document;
    json::Builder builder(document);
    json::Node* root = builder.object();
    for (const char* member : {"index", "group", "name"}) {
        if (test[member]) builder.set(root, member, test[member]);
    }
    if (!result) {
        builder.set(root, "error", fault_word(result.error()));
        return json::write(document.root());
    }
    json::Node* rows = builder.set_array(root, "result");
    for (const auto& item : *result) {
        json::Node* row = builder.add_object(rows);
        builder.set(row, "type", fhirpath::type_name(item));
        builder.set(row, "value", value_text(item));
    }
    return json::write(document.root());
}

int run_cases(const Arguments& arguments, const fhir::Definitions& definitions, Io& io) {
    const auto cases = read_json(arguments.value("cases"));
    if (!cases)
        return could_not_run(io, {"事例を読めません。", "cannot read the cases"}, cases.error());
    std::map<std::string, json::Document, std::less<>> inputs;
    std::size_t passed = 0, failed = 0;
    for (const json::Value test : cases->root()) {
        json::Value input;
        if (const json::Value named = test["inputfile"]; named.is_string()) {
            const std::string name{named.text()};
            auto found = inputs.find(name);
            if (found == inputs.end()) {
                auto document = read_json(std::filesystem::path{arguments.value("inputs")} / name);
                if (!document) {
                    return could_not_run(io, {"入力を読めません。", "cannot read an input"},
                                         document.error());
                }
                found = inputs.emplace(name, std::move(*document)).first;
            }
            input = found->second.root();
        }
        Result<Collection> result = evaluate(test["expression"].text(), input,
                                             test["mode"].text() == "strict", definitions);
        if (result && test["predicate"].truth()) result = Collection{as_condition(*result)};
        io.out << case_line(test, result) << "\n";
        ++(passes(test, result) ? passed : failed);
    }
    io.out << passed << " passed, " << failed << " failed\n";
    return failed == 0 ? kDone : kDoesNotHold;
}

int run_one(const Arguments& arguments, const fhir::Definitions& definitions, Io& io) {
    const auto text = read_operand(arguments.operands()[1], io.in);
    if (!text) return could_not_run(io, {"読めません。", "cannot read"}, text.error());
    const auto document = json::read(*text, kCommandLineLimits);
    if (!document) {
        return could_not_run(io, {"JSONとして読めません。", "not readable as JSON"},
                             document.error());
    }
    const auto result = evaluate(arguments.operands()[0], document->root(), false, definitions);
    if (!result) {
        io.err << "【エラー】式を評価できません。\n[error] cannot evaluate: "
               << to_string(result.error()) << "\n";
        return kDoesNotHold;
    }
    for (const auto& item : *result)
        io.out << fhirpath::type_name(item) << "\t" << one_line(value_text(item)) << "\n";
    return kDone;
}

int run(const Arguments& arguments, Io& io) {
    const bool cases = arguments.has("cases");
    if (cases != arguments.has("inputs") || cases == (arguments.operands().size() == 2)) {
        return could_not_run(io,
                             {"EXPRESSION と FILE、または --cases と --inputs を指定してください。",
                              "give EXPRESSION and FILE, or --cases and --inputs"});
    }
    const auto loaded = definitions_for(arguments, io);
    if (!loaded) return kCouldNotRun;
    return cases ? run_cases(arguments, *loaded->definitions, io)
                 : run_one(arguments, *loaded->definitions, io);
}

}  // namespace

Command fhirpath_command() {
    return {
        "fhirpath",
        "[EXPRESSION FILE]",
        0,
        2,
        "FHIRPath式を評価する。結果は1行に1件、「型<tab>値」。",
        "Evaluates a FHIRPath expression: one result a line, TYPE<tab>VALUE.",
        {kPackageOption,
         {"cases", "FILE", "事例集（JSON）をまとめて評価", "evaluate a file of cases"},
         {"inputs", "FOLDER", "事例集の入力があるフォルダー", "where the inputs of the cases lie"},
         kHomeOption},
        run};
}

}  // namespace tsunagi::app
