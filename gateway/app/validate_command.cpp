#include <algorithm>
#include <ostream>

#include "app/command.h"
#include "app/common_options.h"
#include "app/definitions.h"
#include "app/files.h"
#include "fhir/issue.h"
#include "json/reader.h"
#include "json/writer.h"
#include "validate/validator.h"

namespace tsunagi::app {
namespace {

fhir::Issue not_json(const Error& error) {
    fhir::Issue issue;
    issue.severity = fhir::IssueSeverity::Fatal;
    issue.type = "structure";
    issue.code = "not-json";
    issue.ja = "JSONとして読めません（" + error.where + "）。";
    issue.en = "Not readable as JSON (" + error.where + "): " + error.message + ".";
    return issue;
}

std::vector<fhir::Issue> issues_of(std::string_view text, const validate::Validator& validator,
                                   const std::vector<std::string>& profiles) {
    auto document = json::read(text, kCommandLineLimits);
    if (!document) return {not_json(document.error())};
    if (profiles.empty()) return validator.validate(document->root());
    std::vector<fhir::Issue> issues;
    for (const auto& profile : profiles) {
        for (auto& issue : validator.validate(document->root(), {.profile = profile})) {
            const bool seen = std::any_of(issues.begin(), issues.end(), [&](const auto& earlier) {
                return earlier.offset == issue.offset && earlier.code == issue.code &&
                       earlier.expression == issue.expression && earlier.rule == issue.rule;
            });
            if (!seen) issues.push_back(std::move(issue));
        }
    }
    return issues;
}

void print_text(std::ostream& out, const std::string& file, std::string_view text,
                const std::vector<fhir::Issue>& issues) {
    for (const auto& issue : issues) {
        const auto place = json::position(text, issue.offset);
        out << file << ":" << place.line << ":" << place.column << ": "
            << fhir::name(issue.severity) << " " << issue.code;
        if (!issue.rule.empty()) out << " [" << issue.rule << "]";
        if (!issue.expression.empty()) out << " " << issue.expression;
        out << "\n    " << issue.ja << "\n    " << issue.en << "\n";
    }
    const auto errors = std::count_if(issues.begin(), issues.end(), [](const auto& issue) {
        return issue.severity <= fhir::IssueSeverity::Error;
    });
    out << file << ": エラー / errors " << errors << ", その他 / other "
        << static_cast<std::ptrdiff_t>(issues.size()) - errors << "\n";
}

int run(const Arguments& arguments, Io& io) {
    const std::string format = arguments.value("format", "text");
    if (format != "text" && format != "json") {
        return could_not_run(io, {"--format は text か json です。", "--format is text or json"});
    }
    const auto home = home_of(arguments);
    if (!home) return could_not_run(io, {"定義が見つかりません。", "no definitions"}, home.error());
    const auto loaded = load_definitions(*home, arguments.values("package"));
    if (!loaded) {
        return could_not_run(io, {"定義を読めません。", "cannot read the definitions"},
                             loaded.error());
    }
    report_gaps(*loaded->definitions, io.err);
    const auto profiles = arguments.values("profile");
    for (const auto& profile : profiles) {
        if (loaded->definitions->type(profile)) continue;
        return could_not_run(io, {"知らないプロファイルです: " + profile,
                                  "unknown profile (give its package): " + profile});
    }
    const validate::Validator validator(*loaded->definitions);
    int code = kDone;
    for (const auto& file : arguments.operands()) {
        const auto text = read_operand(file, io.in);
        if (!text) {
            could_not_run(io, {"読めません: " + file, "cannot read"}, text.error());
            code = kCouldNotRun;
            continue;
        }
        const auto issues = issues_of(*text, validator, profiles);
        if (format == "json") {
            const auto outcome = fhir::operation_outcome(issues, *text);
            io.out << json::write(outcome.root()) << "\n";
        } else {
            print_text(io.out, file, *text, issues);
        }
        if (fhir::has_error(issues)) code = std::max(code, kDoesNotHold);
    }
    return code;
}

}  // namespace

Command validate_command() {
    return {"validate",
            "FILE...",
            1,
            100'000,
            "FHIRリソースや様式を検証する。FILE の代わりに - で標準入力。",
            "Validates FHIR resources or forms; - reads standard input.",
            {kPackageOption,
             {"profile", "URL", "従うべきプロファイルや論理モデル",
              "profile or logical model to follow", OptionSpec::Count::Many},
             {"format", "text|json", "出力: text（既定）か json（1ファイル1行のOperationOutcome）",
              "output: text (default), or json (one OperationOutcome a line)"},
             kHomeOption},
            run};
}

}  // namespace tsunagi::app
