#include "validate/finding.h"

#include <algorithm>
#include <array>

namespace tsunagi::validate {
namespace {

using fhir::Fault;
using fhir::IssueSeverity;

/// In the texts {cell} is the label, {at} the expression, {detail} the Detail.
struct Wording {
    Finding finding;
    std::string_view code;
    std::string_view type;
    std::string_view ja;
    std::string_view en;
    IssueSeverity severity = IssueSeverity::Error;
    Fault fault = Fault::Sender;
};

constexpr std::array kWordings = {
    Wording{Finding::UnknownElement, "unknown-element", "structure",
            "「{cell}」に「{detail}」という項目はありません。項目名を直すか、取り除いてください。",
            "{detail} is not a part of {at}. Correct its name or remove it."},
    Wording{Finding::UnreadableName, "unknown-element", "structure",
            "「{cell}」に、名前として使えない項目があります。取り除いてください。",
            "A member of {at} has a name that no element can have. Remove it."},
    Wording{Finding::MissingElement, "missing-element", "required",
            "「{cell}」が記入されていません。記入してください。", "{at} is missing. Fill it in."},
    Wording{Finding::TooFew, "missing-element", "required",
            "「{cell}」は{detail}件以上必要です。足りない分を記入してください。",
            "{at} is needed at least {detail} times. Add what is missing."},
    Wording{Finding::TooMany, "too-many", "structure",
            "「{cell}」は{detail}件までです。多い分を取り除いてください。",
            "{at} may be given at most {detail} times. Remove the rest."},
    Wording{Finding::ChoiceTwice, "choice-given-twice", "structure",
            "「{cell}」が二つの型で書かれています。一つだけ残してください。",
            "{at} is given in two types. Keep one of them."},
    Wording{Finding::ListExpected, "wrong-shape", "structure",
            "「{cell}」は繰り返せる項目です。一件だけでも配列［ ］で書いてください。",
            "{at} repeats. Write an array, even for a single item."},
    Wording{Finding::SingleExpected, "wrong-shape", "structure",
            "「{cell}」は一件だけの項目です。配列［ ］をやめて値をそのまま書いてください。",
            "{at} does not repeat. Write its value without an array."},
    Wording{Finding::ObjectExpected, "wrong-shape", "structure",
            "「{cell}」は下位の項目をもつ項目です。{ } で書いてください。",
            "{at} has members of its own. Write an object."},
    Wording{Finding::NullValue, "wrong-shape", "structure",
            "「{cell}」に null は書けません。値を書くか、項目ごと取り除いてください。",
            "{at} is null. Give a value or remove it."},
    Wording{Finding::CompanionSize, "wrong-shape", "structure",
            "「{cell}」の値と、_ の付いた項目の件数が違います。null で埋めてそろえてください。",
            "The values of {at} and the items of its member with \"_\" differ in number. Pad with "
            "null."},
    Wording{Finding::EmptyValue, "empty-value", "structure",
            "「{cell}」が空です。値を書くか、項目ごと取り除いてください。",
            "{at} is empty. Give a value or remove it."},
    Wording{Finding::WrongType, "wrong-type", "structure",
            "「{cell}」の値の種類が違います。{detail} のように書いてください。",
            "{at} is of the wrong JSON type. Write it like {detail}."},
    Wording{Finding::BadFormat, "bad-format", "value",
            "「{cell}」の書式が正しくありません。{detail} のように書いてください。",
            "{at} is not in the right form. Write it like {detail}."},
    Wording{Finding::OutOfRange, "out-of-range", "value",
            "「{cell}」の値は、ありえない日時か、範囲外の数です。確かめて直してください。",
            "{at} is no date of the calendar, or a number out of range. Check and correct it."},
    Wording{Finding::TooLong, "too-long", "too-long", "「{cell}」が長すぎます。短くしてください。",
            "{at} is too long. Shorten it."},
    Wording{Finding::CodeNotInValueSet, "code-not-in-value-set", "code-invalid",
            "「{cell}」のコードは一覧にありません。{detail} から選んでください。",
            "The code of {at} is not in its list. Choose from {detail}."},
    Wording{Finding::CodeMissing, "code-missing", "code-invalid",
            "「{cell}」にコードがありません。{detail} から選んでください。",
            "{at} has no code. Choose from {detail}."},
    Wording{Finding::CodeListUnknown, "code-list-unknown", "not-supported",
            "「{cell}」のコードは確かめていません。コード一覧 {detail} がありません。",
            "The code of {at} was not checked: the gateway does not hold the list {detail}.",
            IssueSeverity::Information, Fault::Gateway},
    Wording{Finding::UnresolvedReference, "unresolved-reference", "not-found",
            "「{cell}」が指すものが見つかりません。指す先を一緒に送るか、参照を直してください。",
            "{at} points to something that is not here. Send its target along, or correct it."},
    Wording{Finding::WrongReferenceTarget, "wrong-reference-target", "structure",
            "「{cell}」は {detail} を指す項目です。参照を直してください。",
            "{at} may point to {detail} only. Correct the reference."},
    Wording{Finding::DuplicateFullUrl, "duplicate-full-url", "duplicate",
            "「{cell}」と同じ fullUrl がほかにもあります。どちらかを直してください。",
            "{at} occurs in an earlier entry too. Correct one of them."},
    Wording{Finding::FullUrlDisagrees, "full-url-disagrees", "value",
            "「{cell}」の終わりが、リソースの型と id に合っていません。そろえてください。",
            "{at} does not end in type and id of the resource. Make them agree."},
    Wording{
        Finding::EntryApart, "entry-apart", "invalid",
        "「{cell}」は Composition "
        "から参照をたどっても届きません。参照を加えるか、文書から除いてください。",
        "No chain of references joins {at} with the Composition. Refer to it, or take it out of "
        "the document."},
    Wording{Finding::UnknownResourceType, "unknown-resource-type", "structure",
            "「{cell}」は FHIR R4 のリソース名ではありません。直してください。",
            "{at} names no resource of FHIR R4. Correct it."},
    Wording{Finding::WrongResourceType, "wrong-resource-type", "structure",
            "「{cell}」は {detail} でなければなりません。直してください。",
            "{at} must be {detail}. Correct it."},
    Wording{Finding::NestedContained, "nested-contained", "structure",
            "「{cell}」は、すでに contained の中にあります。外側のリソースへ移してください。",
            "{at} stands in a resource that is itself contained. Move it to the outer resource."},
    Wording{Finding::TooDeep, "too-deep", "structure",
            "「{cell}」の入れ子が深すぎます。{detail}段までにしてください。",
            "{at} is nested too deeply. At most {detail} levels are read."},
    Wording{Finding::UnknownProfile, "unknown-profile", "not-supported",
            "「{cell}」を確かめるための定義がゲートウェイにありません。管理者に知らせてください。",
            "The gateway does not hold the definition that {at} must follow. Tell its operator.",
            IssueSeverity::Error, Fault::Gateway},
    Wording{Finding::RuleViolated, "rule-violated", "invariant", "「{cell}」: {detail}",
            "{at}: {detail}"},
    Wording{Finding::RuleNotEvaluated, "rule-not-evaluated", "exception",
            "「{cell}」の条件を確かめられませんでした。管理者に知らせてください。",
            "A condition on {at} could not be evaluated. Tell the operator of the gateway.",
            IssueSeverity::Error, Fault::Gateway},
    Wording{Finding::ConditionFailed, "rule-violated", "invariant",
            "「{cell}」が条件を満たしていません: {detail}", "{at} breaks a condition: {detail}"},
    Wording{Finding::BestPractice, "best-practice", "invariant",
            "「{cell}」では、次のようにすることが勧められています: {detail}",
            "For {at} it is good practice that: {detail}", IssueSeverity::Information},
    Wording{Finding::UnsafeNarrative, "unsafe-narrative", "invariant",
            "「{cell}」のXHTMLに、許されない要素か属性があります。書式だけのdivにしてください。",
            "The XHTML of {at} has elements or attributes that are not allowed, or no content. Use "
            "a div with formatting only."},
    Wording{Finding::ContainedNotReferenced, "contained-not-referenced", "invariant",
            "「{cell}」はどこからも参照されていません。参照を書くか、取り除いてください。",
            "Nothing refers to {at}. Add the reference or remove it."},
    Wording{Finding::ContainedWithMeta, "contained-with-meta", "invariant",
            "「{cell}」に {detail} は書けません。取り除いてください。",
            "{at} is contained and must not have {detail}. Remove it."},
    Wording{Finding::ExtensionShape, "extension-shape", "invariant",
            "「{cell}」には、値か下位の拡張のどちらか一方だけを書いてください。",
            "{at} must have either a value or extensions, not both and not neither."},
    Wording{Finding::CodeShouldBeInValueSet, "code-not-in-value-set", "code-invalid",
            "「{cell}」のコードは一覧にありません。当てはまるものがあれば {detail} "
            "から選んでください。",
            "The code of {at} is not in its list. If one fits, choose from {detail}.",
            IssueSeverity::Warning},
    Wording{Finding::UnknownCode, "unknown-code", "code-invalid",
            "「{cell}」のコードは、コード体系 {detail} にありません。直してください。",
            "The code system {detail} has no such code as that of {at}. Correct it."},
    Wording{Finding::ImpossibleCode, "unknown-code", "code-invalid",
            "「{cell}」のコードは、コード体系 {detail} の形（検査数字など）に合いません。",
            "No code of the code system {detail} has the form of that of {at} (its check digit, "
            "for one). Correct it.",
            IssueSeverity::Warning},
    Wording{Finding::ProfileNotKnown, "profile-not-checked", "not-supported",
            "「{cell}」のプロファイルでは確かめていません。その定義がありません。",
            "The profile of {at} was not checked: its definition is not held here.",
            IssueSeverity::Warning, Fault::Gateway},
    Wording{Finding::WrongProfileType, "wrong-profile-type", "structure",
            "「{cell}」は {detail} のプロファイルです。このリソースには使えません。",
            "{at} names a profile of {detail}, which this is not."},
    Wording{Finding::NotFixedValue, "not-fixed-value", "value",
            "「{cell}」の値は決まっています。{detail} にしてください。",
            "{at} has a fixed value. Make it {detail}."},
    Wording{Finding::NotPatternValue, "not-pattern-value", "value",
            "「{cell}」は {detail} を含まなければなりません。", "{at} must contain {detail}."},
    Wording{Finding::BelowMinimum, "below-minimum", "value",
            "「{cell}」は {detail} 以上でなければなりません。", "{at} must be at least {detail}."},
    Wording{Finding::AboveMaximum, "above-maximum", "value",
            "「{cell}」は {detail} 以下でなければなりません。", "{at} must be at most {detail}."},
    Wording{Finding::LongerThanAllowed, "too-long", "too-long",
            "「{cell}」は {detail} 文字までです。短くしてください。",
            "{at} may have at most {detail} characters. Shorten it."},
    Wording{Finding::TypeNotAllowed, "type-not-allowed", "structure",
            "「{cell}」の型は {detail} でなければなりません。", "{at} must be of type {detail}."},
    Wording{Finding::NoSliceMatches, "no-slice-matches", "structure",
            "「{cell}」は、{detail} のどれにも当てはまりません。ほかのものは書けません。",
            "{at} is none of {detail}, and nothing else is allowed here."},
    Wording{Finding::SliceOutOfOrder, "slice-out-of-order", "structure",
            "「{cell}」の順序が定義と違います。{detail} の位置を直してください。",
            "{at} is out of order. Move {detail} to its place."},
    Wording{Finding::SliceTooFew, "missing-slice", "required",
            "「{cell}」に {detail} が足りません。加えてください。", "{at} lacks {detail}. Add it."},
    Wording{Finding::SliceTooMany, "too-many", "structure",
            "「{cell}」に {detail} が多すぎます。多い分を取り除いてください。",
            "{at} has {detail} too often. Remove the rest."},
    Wording{Finding::SlicingNotJudged, "slicing-not-checked", "not-supported",
            "「{cell}」の区分 {detail} は確かめていません。区別する定義がありません。",
            "The slice {detail} of {at} was not checked: its definition does not tell it apart, or "
            "its code list is not held here.",
            IssueSeverity::Information, Fault::Gateway},
    Wording{Finding::NotInAnyProfile, "no-profile-fits", "structure",
            "「{cell}」は、{detail} のどれにも合っていません。",
            "{at} conforms to none of {detail}."},
    Wording{Finding::TargetNotConformant, "target-not-conformant", "structure",
            "「{cell}」が指すものは {detail} に合っていません。",
            "What {at} points to does not conform to {detail}."},
    Wording{Finding::WrongWayOfReference, "reference-way", "structure",
            "「{cell}」の指す先は、ここでは {detail} になければなりません。",
            "What {at} points to has to be {detail} here."},
    Wording{Finding::VersionNeeded, "reference-version", "structure",
            "「{cell}」は版（/_history/）を付けて指してください。",
            "{at} has to name a version (/_history/)."},
    Wording{Finding::VersionNotAllowed, "reference-version", "structure",
            "「{cell}」に版は付けられません。/_history/ より後を取り除いてください。",
            "{at} must not name a version. Remove /_history/ and what follows."},
    Wording{Finding::ExtensionUnknown, "extension-not-checked", "not-supported",
            "「{cell}」の拡張は確かめていません。その定義がありません。",
            "The extension {at} was not checked: its definition is not held here.",
            IssueSeverity::Warning, Fault::Gateway},
    Wording{Finding::ModifierUnknown, "modifier-not-known", "not-supported",
            "「{cell}」の拡張は意味を変えるものですが、定義がありません。人が確認してください。",
            "The extension {at} changes the meaning of its element and is not known "
            "here. A person has to look at it.",
            IssueSeverity::Warning, Fault::Gateway},
    Wording{Finding::RulesUnknown, "implicit-rules-not-known", "not-supported",
            "「{cell}」が指す規則で書かれたリソースですが、その規則を知りません。人が確認してくださ"
            "い。",
            "The resource was written under the rules that {at} names; they are not known here. A "
            "person has to look at it.",
            IssueSeverity::Warning, Fault::Gateway},
    Wording{Finding::ExtensionVersioned, "extension-versioned", "value",
            "「{cell}」に版は書けません。| より後を取り除いてください。",
            "{at} must not carry a version. Remove what follows the |."},
    Wording{Finding::ExtensionNotHere, "extension-not-here", "structure",
            "「{cell}」の拡張はここでは使えません。使える場所: {detail}",
            "The extension of {at} is not for use here, but on {detail}."},
    Wording{Finding::ExtensionCondition, "extension-not-here", "structure",
            "「{cell}」の拡張はここでは使えません。使える条件: {detail}",
            "The extension of {at} is not for use here. It asks for: {detail}"},
    Wording{Finding::ExtensionIsModifier, "extension-is-modifier", "structure",
            "「{cell}」の拡張は意味を変えるものです。modifierExtension に書いてください。",
            "The extension of {at} changes meaning. Write it as modifierExtension."},
    Wording{Finding::ExtensionNoModifier, "extension-no-modifier", "structure",
            "「{cell}」の拡張は意味を変えないものです。extension に書いてください。",
            "The extension of {at} does not change meaning. Write it as extension."},
    Wording{Finding::FullUrlNotAbsolute, "full-url-not-absolute", "value",
            "「{cell}」は絶対URLでなければなりません。", "{at} must be an absolute address."},
    Wording{Finding::QuestionnaireUnknown, "questionnaire-not-checked", "not-supported",
            "「{cell}」は質問票で確かめていません。質問票がありません。",
            "{at} was not checked against its questionnaire, which is not here.",
            IssueSeverity::Warning, Fault::Gateway},
    Wording{Finding::QuestionUnknown, "question-unknown", "structure",
            "「{cell}」に当たる質問が、質問票のこの場所にありません。",
            "The questionnaire has no question for {at} at this place."},
    Wording{Finding::AnswerType, "answer-type", "structure",
            "「{cell}」の答えは {detail} でなければなりません。",
            "The answer of {at} must be {detail}."},
    Wording{Finding::AnswerMissing, "answer-missing", "required",
            "「{cell}」の質問 {detail} に答えがありません。答えてください。",
            "{at} lacks an answer to the question {detail}. Answer it."},
    Wording{Finding::AnswerTooMany, "answer-too-many", "structure",
            "「{cell}」の答えは {detail} 個までです。", "{at} may have at most {detail} answers."},
    Wording{Finding::AnswerNotAllowed, "answer-not-allowed", "code-invalid",
            "「{cell}」の答えは、質問票の選択肢にありません。",
            "The answer of {at} is not among those that the questionnaire allows."},
    Wording{Finding::AnswerOrder, "answer-order", "structure",
            "「{cell}」の順序が質問票と違います。", "{at} is out of the questionnaire's order."},
    Wording{Finding::AnswerNotEnabled, "answer-not-enabled", "structure",
            "「{cell}」の質問は、ほかの答えにより対象外です。答えを取り除いてください。",
            "The question of {at} does not apply after the other answers. Remove its answer."},
    Wording{Finding::DefinitionFault, "definition-fault", "business-rule", "「{cell}」: {detail}",
            "{at}: {detail}"},
    Wording{Finding::MoreFindings, "more-findings", "too-costly",
            "問題が{detail}件を超えたため、確認を打ち切りました。直してから送り直してください。",
            "Checking stopped after {detail} findings. Correct them and send again."},
};

constexpr bool in_order() {
    for (std::size_t i = 0; i < kWordings.size(); ++i) {
        if (static_cast<std::size_t>(kWordings[i].finding) != i) return false;
    }
    return kWordings.size() == static_cast<std::size_t>(Finding::MoreFindings) + 1;
}
static_assert(in_order(), "one wording per Finding, in the order of the enumeration");

struct Fill {
    std::string_view name;
    std::string_view text;
};

std::string fill(std::string_view pattern, std::span<const Fill> fills) {
    std::string out;
    while (!pattern.empty()) {
        const std::size_t open = std::min(pattern.find('{'), pattern.size());
        out += pattern.substr(0, open);
        pattern.remove_prefix(open);
        const auto is_next = [&](const Fill& each) { return pattern.starts_with(each.name); };
        const auto each = std::ranges::find_if(fills, is_next);
        if (each != fills.end()) {
            out += each->text;
            pattern.remove_prefix(each->name.size());
        } else if (!pattern.empty()) {
            out += pattern.front();
            pattern.remove_prefix(1);
        }
    }
    return out;
}

}  // namespace

fhir::Issue issue_of(Finding finding, const Place& place, std::uint32_t offset, Detail detail) {
    const Wording& wording = kWordings[static_cast<std::size_t>(finding)];
    fhir::Issue issue;
    issue.severity = wording.severity;
    issue.type = wording.type;
    issue.code = wording.code;
    issue.fault = wording.fault;
    issue.expression = expression_of(place);
    issue.offset = offset;
    const std::string label = label_of(place);
    const std::array ja{Fill{"{cell}", label}, Fill{"{detail}", detail.ja}};
    const std::array en{Fill{"{at}", issue.expression},
                        Fill{"{detail}", detail.en.empty() ? detail.ja : detail.en}};
    issue.ja = fill(wording.ja, ja);
    issue.en = fill(wording.en, en);
    return issue;
}

fhir::IssueSeverity severity_of(Finding finding) noexcept {
    return kWordings[static_cast<std::size_t>(finding)].severity;
}

Harm harm_of(Finding finding) noexcept {
    switch (finding) {
        case Finding::ChoiceTwice:
        case Finding::ListExpected:
        case Finding::SingleExpected:
        case Finding::ObjectExpected:
        case Finding::NullValue:
        case Finding::CompanionSize:
        case Finding::EmptyValue:
        case Finding::UnknownResourceType:
        case Finding::WrongResourceType:
        case Finding::TooDeep:
            return Harm::Shape;
        case Finding::WrongType:
        case Finding::BadFormat:
        case Finding::OutOfRange:
        case Finding::TooLong:
            return Harm::Form;
        default:
            return Harm::None;
    }
}

bool is_plain_name(std::string_view name) noexcept {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    return !name.empty() && name.size() <= 64 && is_letter(name.front()) &&
           std::ranges::all_of(name,
                               [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace tsunagi::validate
