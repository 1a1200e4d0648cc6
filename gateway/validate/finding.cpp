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

bool is_plain_name(std::string_view name) noexcept {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    return !name.empty() && name.size() <= 64 && is_letter(name.front()) &&
           std::ranges::all_of(name,
                               [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace tsunagi::validate
