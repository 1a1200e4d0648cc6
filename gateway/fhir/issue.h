#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"

namespace tsunagi::fhir {

enum class IssueSeverity : std::uint8_t { Fatal, Error, Warning, Information };
/// Whose turn it is: who has to change something.
enum class Fault : std::uint8_t { Sender, Gateway, Receiver, Rule };

std::string_view name(IssueSeverity severity);  ///< "error"
std::string_view name(Fault fault);             ///< "sender"

/// One finding about data. Texts name the cell and say what to do; they hold no value from the
/// data.
struct Issue {
    IssueSeverity severity = IssueSeverity::Error;
    std::string type = "invalid";  ///< FHIR issue-type: required, structure, value, code-invalid
    std::string code;              ///< ours, kebab-case: "missing-element"
    std::string rule;              ///< R5, L3, ele-1, or empty
    std::string profile = {};  ///< canonical URL of the profile that asks for it; empty: R4 itself
    Fault fault = Fault::Sender;
    std::string expression;    ///< Packet.bedRequest.purposes[1]
    std::string ja;            ///< for the person who must act
    std::string en;            ///< the same in English
    std::uint32_t offset = 0;  ///< byte of the source text; 0 when there is none
};

/// True when an issue is Error or Fatal.
bool has_error(std::span<const Issue> issues) noexcept;

/// OperationOutcome as contracts.md section 2 lays down: `details.coding` = code, rule and fault,
/// `details.text` Japanese with the translation extension in English, `expression`. With `source`
/// (the text that the offsets count in) each issue carries its line and column in the extensions
/// operationoutcome-issue-line and -col; the profile stands in operationoutcome-authority. No issue
/// at all yields one "informational" all-ok issue.
json::Document operation_outcome(std::span<const Issue> issues, std::string_view source = {});

inline constexpr std::string_view kIssueCodeSystem =
    "https://tsunagi.example/fhir/CodeSystem/issue";
inline constexpr std::string_view kRuleCodeSystem = "https://tsunagi.example/fhir/CodeSystem/rule";
inline constexpr std::string_view kFaultCodeSystem =
    "https://tsunagi.example/fhir/CodeSystem/fault";

}  // namespace tsunagi::fhir
