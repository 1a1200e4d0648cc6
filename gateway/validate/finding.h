#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "fhir/issue.h"
#include "validate/place.h"

namespace tsunagi::validate {

/// Everything the validator can find. finding.cpp holds code, FHIR issue type and wording of each.
enum class Finding : std::uint8_t {
    UnknownElement,
    UnreadableName,
    MissingElement,
    TooFew,
    TooMany,
    ChoiceTwice,
    ListExpected,
    SingleExpected,
    ObjectExpected,
    NullValue,
    CompanionSize,
    EmptyValue,
    WrongType,
    BadFormat,
    OutOfRange,
    TooLong,
    CodeNotInValueSet,
    CodeMissing,
    CodeListUnknown,
    UnresolvedReference,
    WrongReferenceTarget,
    DuplicateFullUrl,
    FullUrlDisagrees,
    EntryApart,
    UnknownResourceType,
    WrongResourceType,
    NestedContained,
    TooDeep,
    UnknownProfile,
    RuleViolated,
    RuleNotEvaluated,
    ConditionFailed,
    BestPractice,
    UnsafeNarrative,
    ContainedNotReferenced,
    ContainedWithMeta,
    ExtensionShape,
    CodeShouldBeInValueSet,
    UnknownCode,
    ImpossibleCode,
    ProfileNotKnown,
    WrongProfileType,
    NotFixedValue,
    NotPatternValue,
    BelowMinimum,
    AboveMaximum,
    LongerThanAllowed,
    TypeNotAllowed,
    NoSliceMatches,
    SliceOutOfOrder,
    SliceTooFew,
    SliceTooMany,
    SlicingNotJudged,
    NotInAnyProfile,
    TargetNotConformant,
    WrongWayOfReference,
    VersionNeeded,
    VersionNotAllowed,
    ExtensionUnknown,
    ModifierUnknown,
    RulesUnknown,
    ExtensionVersioned,
    ExtensionNotHere,
    ExtensionCondition,
    ExtensionIsModifier,
    ExtensionNoModifier,
    FullUrlNotAbsolute,
    QuestionnaireUnknown,
    QuestionUnknown,
    AnswerType,
    AnswerMissing,
    AnswerTooMany,
    AnswerNotAllowed,
    AnswerOrder,
    AnswerNotEnabled,
    DefinitionFault,
    MoreFindings,
};

/// What a wording says beyond the place: names, limits and codes out of the definitions, never a
/// value of the data. `en` empty: as `ja`.
struct Detail {
    std::string_view ja = {};
    std::string_view en = {};
};

fhir::Issue issue_of(Finding finding, const Place& place, std::uint32_t offset, Detail detail = {});

fhir::IssueSeverity severity_of(Finding finding) noexcept;

/// What a finding spoils around it. After Shape, what holds the value is not asked for its meaning;
/// after Form, only for what needs no computing with the value.
enum class Harm : std::uint8_t { None, Form, Shape };
Harm harm_of(Finding finding) noexcept;

/// True for a name that may stand in an expression: a letter or "_", then letters, digits or "_",
/// at most 64. Anything else that a sender calls a member is not repeated.
bool is_plain_name(std::string_view name) noexcept;

}  // namespace tsunagi::validate
