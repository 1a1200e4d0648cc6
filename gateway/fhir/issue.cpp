#include "fhir/issue.h"

#include <algorithm>

#include "json/builder.h"

namespace tsunagi::fhir {
namespace {

constexpr std::string_view kTranslation = "http://hl7.org/fhir/StructureDefinition/translation";
constexpr std::string_view kLine =
    "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line";
constexpr std::string_view kColumn =
    "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-col";
constexpr std::string_view kAuthority =
    "http://hl7.org/fhir/StructureDefinition/operationoutcome-authority";

/// Line and column of ascending offsets in one pass; a smaller offset starts over.
class LineCounter {
public:
    explicit LineCounter(std::string_view source) : source_(source) {}

    void go_to(std::size_t offset) {
        offset = std::min(offset, source_.size());
        if (offset < at_) {
            at_ = line_start_ = 0;
            line_ = 1;
        }
        for (; at_ < offset; ++at_) {
            if (source_[at_] != '\n') continue;
            ++line_;
            line_start_ = at_ + 1;
        }
    }
    std::int64_t line() const { return line_; }
    std::int64_t column() const { return static_cast<std::int64_t>(at_ - line_start_) + 1; }

private:
    std::string_view source_;
    std::size_t at_ = 0;
    std::size_t line_start_ = 0;
    std::int64_t line_ = 1;
};

void add_coding(json::Builder& build, json::Node* codings, std::string_view system,
                std::string_view code) {
    json::Node* coding = build.add_object(codings);
    build.set(coding, "system", system);
    build.set(coding, "code", code);
}

void add_number(json::Builder& build, json::Node* extensions, std::string_view url,
                std::int64_t number) {
    json::Node* extension = build.add_object(extensions);
    build.set(extension, "url", url);
    build.set_number(extension, "valueInteger", number);
}

void add_english(json::Builder& build, json::Node* details, std::string_view english) {
    json::Node* extensions = build.set_array(build.set_object(details, "_text"), "extension");
    json::Node* translation = build.add_object(extensions);
    json::Node* parts = build.set_array(translation, "extension");
    json::Node* language = build.add_object(parts);
    build.set(language, "url", "lang");
    build.set(language, "valueCode", "en");
    json::Node* content = build.add_object(parts);
    build.set(content, "url", "content");
    build.set(content, "valueString", english);
    build.set(translation, "url", kTranslation);
}

void add_issue(json::Builder& build, json::Node* list, const Issue& issue, LineCounter* lines) {
    json::Node* node = build.add_object(list);
    const bool has_line = lines && issue.offset != 0;
    if (has_line || !issue.profile.empty()) {
        json::Node* extensions = build.set_array(node, "extension");
        if (has_line) {
            lines->go_to(issue.offset);
            add_number(build, extensions, kLine, lines->line());
            add_number(build, extensions, kColumn, lines->column());
        }
        if (!issue.profile.empty()) {
            json::Node* extension = build.add_object(extensions);
            build.set(extension, "url", kAuthority);
            build.set(extension, "valueUri", std::string_view{issue.profile});
        }
    }
    build.set(node, "severity", name(issue.severity));
    build.set(node, "code", std::string_view{issue.type});
    json::Node* details = build.set_object(node, "details");
    json::Node* codings = build.set_array(details, "coding");
    if (!issue.code.empty()) add_coding(build, codings, kIssueCodeSystem, issue.code);
    if (!issue.rule.empty()) add_coding(build, codings, kRuleCodeSystem, issue.rule);
    add_coding(build, codings, kFaultCodeSystem, name(issue.fault));
    if (!issue.ja.empty()) {
        build.set(details, "text", std::string_view{issue.ja});
        if (!issue.en.empty()) add_english(build, details, issue.en);
    } else if (!issue.en.empty()) {
        build.set(details, "text", std::string_view{issue.en});
    }
    if (!issue.expression.empty())
        build.add(build.set_array(node, "expression"), std::string_view{issue.expression});
}

json::Node* begin_outcome(json::Builder& build) {
    json::Node* root = build.object();
    build.set(root, "resourceType", "OperationOutcome");
    return build.set_array(root, "issue");
}

}  // namespace

std::string_view name(IssueSeverity severity) {
    switch (severity) {
        case IssueSeverity::Fatal:
            return "fatal";
        case IssueSeverity::Error:
            return "error";
        case IssueSeverity::Warning:
            return "warning";
        case IssueSeverity::Information:
            break;
    }
    return "information";
}

std::string_view name(Fault fault) {
    switch (fault) {
        case Fault::Sender:
            return "sender";
        case Fault::Gateway:
            return "gateway";
        case Fault::Receiver:
            return "receiver";
        case Fault::Rule:
            break;
    }
    return "rule";
}

bool has_error(std::span<const Issue> issues) noexcept {
    return std::ranges::any_of(
        issues, [](const Issue& issue) { return issue.severity <= IssueSeverity::Error; });
}

json::Document operation_outcome(std::span<const Issue> issues, std::string_view source) {
    json::Document outcome;
    json::Builder build(outcome);
    json::Node* list = begin_outcome(build);
    LineCounter lines(source);
    for (const Issue& issue : issues)
        add_issue(build, list, issue, source.empty() ? nullptr : &lines);
    if (issues.empty()) {
        // OperationOutcome.issue is 1..*: "nothing found" is itself an issue.
        json::Node* node = build.add_object(list);
        build.set(node, "severity", "information");
        build.set(node, "code", "informational");
        json::Node* details = build.set_object(node, "details");
        build.set(details, "text", "問題は見つかりませんでした。");
        add_english(build, details, "No issue was found.");
    }
    return outcome;
}

}  // namespace tsunagi::fhir
