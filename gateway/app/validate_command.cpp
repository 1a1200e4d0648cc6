#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <sstream>
#include <utility>

#include "app/command.h"
#include "app/common_options.h"
#include "app/definitions.h"
#include "app/files.h"
#include "app/parallel.h"
#include "base/clock.h"
#include "fhir/issue.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "validate/questionnaires.h"
#include "validate/validator.h"

namespace tsunagi::app {
namespace {

/// How much is validated before it is printed: enough for every core, little to keep.
constexpr std::size_t kBatch = 64;
constexpr std::size_t kLinesPerJob = 64;
constexpr std::size_t kManyFiles = 100;

/// Some lines of an ndjson text, or one file that is still to be read.
struct Job {
    std::string file;
    std::shared_ptr<const std::string> text;  ///< shared by the jobs of one ndjson text
    std::size_t begin = 0, end = 0;
    std::size_t first_line = 1;
    bool by_line = false;

    // The answer
    std::string out, err;
    int code = kDone;
};

/// Lines and columns of one text; counts its lines once.
class Lines {
public:
    Lines(std::string_view text, std::size_t first_line) : text_(text), first_line_(first_line) {}

    json::Position at(std::size_t offset) {
        if (starts_.empty()) {
            starts_.push_back(0);
            for (std::size_t i = 0; i < text_.size(); ++i) {
                if (text_[i] == '\n') starts_.push_back(i + 1);
            }
        }
        const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
        const auto line = static_cast<std::size_t>(after - starts_.begin());
        return {first_line_ + line - 1, offset - starts_[line - 1] + 1};
    }

private:
    std::string_view text_;
    std::size_t first_line_;
    std::vector<std::size_t> starts_;
};

/// The byte at "line L, column C", as json::read names a place.
std::uint32_t offset_of(std::string_view text, const std::string& where) {
    std::size_t line = 1, column = 1;
    if (std::sscanf(where.c_str(), "line %zu, column %zu", &line, &column) != 2) return 0;
    std::size_t at = 0;
    for (; line > 1 && at < text.size(); --line)
        at = std::min(text.find('\n', at), text.size()) + 1;
    return static_cast<std::uint32_t>(std::min(at + column - 1, text.size()));
}

fhir::Issue not_json(std::string_view text, const Error& error) {
    fhir::Issue issue;
    issue.severity = fhir::IssueSeverity::Fatal;
    issue.type = "structure";
    issue.code = "not-json";
    issue.offset = offset_of(text, error.where);
    issue.ja = "JSONとして読めません（" + error.where + "）。";
    issue.en = "Not readable as JSON (" + error.where + "): " + error.message + ".";
    return issue;
}

/// Lines of a text that stands at `first_line` of its file, as lines of the file.
void count_lines_from(json::Document& outcome, std::size_t first_line) {
    constexpr std::string_view kLine =
        "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line";
    json::Builder build(outcome);
    for (const json::Value issue : outcome.root()["issue"]) {
        for (const json::Value extension : issue["extension"]) {
            if (extension["url"].text() != kLine) continue;
            const auto line =
                extension["valueInteger"].integer() + static_cast<std::int64_t>(first_line) - 1;
            build.set_number(build.edit(extension), "valueInteger", line);
        }
    }
}

class Checker {
public:
    Checker(const fhir::Definitions& definitions, std::vector<std::string> profiles, bool as_json)
        : validator_(definitions),
          questionnaires_(definitions),
          profiles_(std::move(profiles)),
          as_json_(as_json) {}

    void run(Job& job) const {
        try {
            std::ostringstream out;
            if (!job.by_line) {
                check(job, *job.text, job.first_line, out);
            } else {
                std::size_t line = job.first_line;
                for (std::size_t at = job.begin; at < job.end; ++line) {
                    const std::size_t end = std::min(job.text->find('\n', at), job.end);
                    std::string_view text{job.text->data() + at, end - at};
                    if (text.ends_with('\r')) text.remove_suffix(1);
                    if (text.find_first_not_of(" \t") != std::string_view::npos)
                        check(job, text, line, out);
                    at = end + 1;
                }
            }
            job.out = std::move(out).str();
        } catch (const std::exception&) {
            job.err = "【エラー】検証を続けられません: " + job.file + "\n[error] " + job.file +
                      ": out of memory\n";
            job.code = kCouldNotRun;
        }
    }

private:
    void check(Job& job, std::string_view text, std::size_t first_line, std::ostream& out) const {
        const auto issues = issues_of(text);
        if (as_json_) {
            json::Document outcome = fhir::operation_outcome(issues, text);
            if (first_line > 1) count_lines_from(outcome, first_line);
            out << json::write(outcome.root()) << "\n";
        } else {
            print(out, job, text, first_line, issues);
        }
        if (fhir::has_error(issues)) job.code = std::max(job.code, kDoesNotHold);
    }

    std::vector<fhir::Issue> issues_of(std::string_view text) const {
        auto document = json::read(text, kCommandLineLimits);
        if (!document) return {not_json(text, document.error())};
        validate::Options options;
        options.now = now_;
        options.find = [this](std::string_view url) { return questionnaires_.find(url); };
        // A form is known by its profile alone, a resource by its resourceType as well.
        if (profiles_.size() == 1) {
            options.profile = profiles_.front();
        } else {
            options.profiles = profiles_;
        }
        return validator_.validate(document->root(), options);
    }

    /// As compilers write: FILE:LINE:COLUMN: severity: what [rule].
    static void print(std::ostream& out, const Job& job, std::string_view text,
                      std::size_t first_line, const std::vector<fhir::Issue>& issues) {
        Lines lines(text, first_line);
        for (const fhir::Issue& issue : issues) {
            const json::Position place = lines.at(issue.offset);
            out << job.file << ":" << place.line << ":" << place.column << ": "
                << fhir::name(issue.severity) << ": ";
            if (!issue.expression.empty()) out << issue.expression << ": ";
            out << issue.ja << " [" << issue.code;
            if (!issue.rule.empty()) out << " " << issue.rule;
            out << "]\n    " << issue.en << "\n";
        }
        const auto errors = std::ranges::count_if(issues, [](const fhir::Issue& issue) {
            return issue.severity <= fhir::IssueSeverity::Error;
        });
        out << job.file;
        if (job.by_line) out << ":" << first_line;
        out << ": エラー / errors " << errors << ", その他 / other "
            << static_cast<std::ptrdiff_t>(issues.size()) - errors << "\n";
    }

    validate::Validator validator_;
    validate::Questionnaires questionnaires_;
    std::vector<std::string> profiles_;
    bool as_json_;
    Instant now_ = SystemClock{}.now();  ///< of limits that count from today
};

/// One JSON value a line: named so, or from a pipe a first line that is a whole value of its own.
bool is_ndjson(const std::string& file, std::string_view text) {
    if (file.ends_with(".ndjson") || file.ends_with(".jsonl")) return true;
    const std::size_t end = text.find('\n');
    if (file != "-" || end == std::string_view::npos ||
        text.find_first_not_of(" \t\r\n", end) == std::string_view::npos) {
        return false;
    }
    return json::read(text.substr(0, end), kCommandLineLimits).ok();
}

/// Validates what the operands name, in batches: many files on every core, printed in their order.
class Run {
public:
    Run(const Checker& checker, Io& io, std::size_t operands)
        : checker_(checker),
          io_(io),
          operands_(operands),
          shows_progress_(operands >= kManyFiles && &io.err == &std::cerr && ::isatty(2) == 1) {}

    void add(const std::string& file) {
        auto text = read_operand(file, io_.in);
        Job job;
        job.file = file == "-" ? "stdin" : file;
        ++read_;
        if (!text) {
            job.err = "【エラー】読めません: " + job.file +
                      "\n[error] cannot read: " + to_string(text.error()) + "\n";
            job.code = kCouldNotRun;
            push(std::move(job));
            return;
        }
        job.text = std::make_shared<const std::string>(std::move(*text));
        job.by_line = is_ndjson(file, *job.text);
        if (job.by_line) {
            split(job);
        } else {
            push(std::move(job));
        }
    }

    int finish() {
        flush();
        if (shows_progress_) io_.err << "\r\033[K" << std::flush;
        return code_;
    }

private:
    void split(const Job& whole) {
        const std::string& text = *whole.text;
        std::size_t line = 1;
        for (std::size_t at = 0; at < text.size();) {
            Job part = whole;
            part.begin = at;
            part.first_line = line;
            for (std::size_t i = 0; i < kLinesPerJob && at < text.size(); ++i, ++line)
                at = std::min(text.find('\n', at), text.size() - 1) + 1;
            part.end = at;
            push(std::move(part));
        }
    }

    void push(Job job) {
        if (job.text) bytes_ += job.by_line ? job.end - job.begin : job.text->size();
        jobs_.push_back(std::move(job));
        if (jobs_.size() >= kBatch || bytes_ > kCommandLineLimits.max_bytes) flush();
    }

    void flush() {
        run_parallel(jobs_.size(), [&](std::size_t at) {
            if (jobs_[at].text) checker_.run(jobs_[at]);
        });
        if (shows_progress_) io_.err << "\r\033[K";
        for (const Job& job : jobs_) {
            io_.out << job.out;
            io_.err << job.err;
            code_ = std::max(code_, job.code);
        }
        io_.out.flush();
        if (shows_progress_)
            io_.err << read_ << " / " << operands_ << " ファイル / files" << std::flush;
        jobs_.clear();
        bytes_ = 0;
    }

    const Checker& checker_;
    Io& io_;
    std::size_t operands_, read_ = 0, bytes_ = 0;
    bool shows_progress_;
    std::vector<Job> jobs_;
    int code_ = kDone;
};

int run(const Arguments& arguments, Io& io) {
    const std::string format = arguments.value("format", "text");
    if (format != "text" && format != "json") {
        return could_not_run(io, {"--format は text か json です。", "--format is text or json"});
    }
    const auto loaded = definitions_for(arguments, io);
    if (!loaded) return kCouldNotRun;
    report_gaps(*loaded->definitions, io.err);
    auto profiles = arguments.values("profile");
    for (const auto& profile : profiles) {
        if (loaded->definitions->type(profile)) continue;
        return could_not_run(io, {"知らないプロファイルです: " + profile,
                                  "unknown profile (give its package): " + profile});
    }
    const Checker checker(*loaded->definitions, std::move(profiles), format == "json");
    Run all(checker, io, arguments.operands().size());
    for (const auto& file : arguments.operands()) all.add(file);
    return all.finish();
}

}  // namespace

Command validate_command() {
    return {"validate",
            "FILE...",
            1,
            100'000,
            "FHIRリソースや様式を検証する。.ndjson は1行に1件。FILE の代わりに - で標準入力。",
            "Validates FHIR resources or forms; .ndjson holds one a line; - reads standard input.",
            {kPackageOption,
             {"profile", "URL", "従うべきプロファイルや論理モデル",
              "profile or logical model to follow", OptionSpec::Count::Many},
             {"format", "text|json", "出力: text（既定）か json（1件1行のOperationOutcome）",
              "output: text (default), or json (one OperationOutcome a line)"},
             kHomeOption},
            run};
}

}  // namespace tsunagi::app
