#include "serve/problem.h"

#include <array>

#include "json/writer.h"

namespace tsunagi::serve {
namespace {

using fhir::Fault;
using fhir::Issue;
using fhir::IssueSeverity;

constexpr const char* kRetryAfterSeconds = "5";

struct Text {
    int status;
    const char* type;  ///< FHIR issue-type
    const char* code;
    Fault fault;
    const char* ja;
    const char* en;
};

constexpr std::array<Text, 14> kTexts = {{
    {400, "structure", "malformed-request", Fault::Sender,
     "リクエストの形式が正しくありません。送信プログラムの HTTP の組み立てを確認してください。",
     "The request is malformed. Check how the sending program builds HTTP messages."},
    {401, "login", "no-certificate", Fault::Sender,
     "クライアント証明書がありません。登録済みの証明書で接続し直してください。",
     "There is no client certificate. Connect again with the registered one."},
    {403, "forbidden", "not-allowed", Fault::Sender,
     "この証明書ではこの操作はできません。登録内容と役割を運用担当者に確認してください。",
     "This certificate may not do this. Ask the operator about its registration and role."},
    {404, "not-found", "not-found", Fault::Sender, "見つかりません。宛先と ID を確認してください。",
     "Not found. Check the address and the id."},
    {405, "not-supported", "method-not-allowed", Fault::Sender,
     "この宛先ではこのメソッドは使えません。Allow ヘッダーを参照してください。",
     "This method is not allowed here. See the Allow field."},
    {409, "conflict", "conflict", Fault::Sender,
     "現在の状態ではこの操作はできません。最新の状態を読み直してください。",
     "This is not possible in the present state. Read the state again."},
    {412, "conflict", "stale-version", Fault::Sender,
     "ほかの更新が先に行われました。読み直してから更新してください。",
     "Somebody else changed this first. Read it again, then update."},
    {413, "too-long", "too-large", Fault::Sender,
     "データが大きすぎます。添付を減らすか分けて送ってください。",
     "The content is too large. Send fewer attachments, or send them apart."},
    {415, "not-supported", "unsupported-media-type", Fault::Sender,
     "この形式は受け付けていません。JSON（UTF-8）で送ってください。",
     "This content type is not accepted. Send JSON in UTF-8."},
    {417, "not-supported", "unknown-expectation", Fault::Sender,
     "Expect ヘッダーの内容に対応していません。", "The Expect field asks for something unknown."},
    {428, "required", "precondition-required", Fault::Sender,
     "必要なヘッダー（If-Match または Idempotency-Key）がありません。付けて送り直してください。",
     "A required field (If-Match or Idempotency-Key) is missing. Send it again with the field."},
    {429, "throttled", "too-many-requests", Fault::Sender,
     "リクエストが多すぎます。しばらく待ってから送り直してください。",
     "Too many requests. Wait, then send again."},
    {500, "exception", "internal-error", Fault::Gateway,
     "ゲートウェイで予期しない誤りが起きました。運用担当者に連絡してください。",
     "The gateway failed unexpectedly. Tell the operator."},
    {503, "transient", "unavailable", Fault::Gateway,
     "ゲートウェイは一時的に利用できません。しばらく待ってから送り直してください。",
     "The gateway is unavailable for the moment. Wait, then send again."},
}};

Issue issue_for(int status) {
    const Text* found = nullptr;
    for (const auto& text : kTexts)
        if (text.status == status || (found == nullptr && text.status == 500)) found = &text;
    Issue issue;
    issue.severity = status >= 500 ? IssueSeverity::Fatal : IssueSeverity::Error;
    issue.type = found->type;
    issue.code = found->code;
    issue.fault = found->fault;
    issue.ja = found->ja;
    issue.en = found->en;
    return issue;
}

}  // namespace

int status_of(Code code) {
    switch (code) {
        case Code::Invalid:
            return 400;
        case Code::NotFound:
            return 404;
        case Code::Conflict:
            return 409;
        case Code::Denied:
            return 403;
        case Code::Unsupported:
            return 415;
        case Code::Busy:
        case Code::Unavailable:
            return 503;
        case Code::Internal:
            return 500;
    }
    return 500;
}

Response outcome(int status, std::span<const Issue> issues) {
    Response response;
    response.status = status;
    response.content_type = kFhirJson;
    const auto document = fhir::operation_outcome(issues);
    response.body = json::write(document.root());
    if (status == 429 || status == 503)
        response.fields.push_back({"Retry-After", kRetryAfterSeconds});
    return response;
}

Response problem(int status) {
    const std::array<Issue, 1> issues = {issue_for(status)};
    return outcome(status, issues);
}

Response problem(const Error& error) {
    const int status = status_of(error.code);
    std::array<Issue, 1> issues = {issue_for(status)};
    if (status < 500) issues[0].expression = error.where;
    return outcome(status, issues);
}

}  // namespace tsunagi::serve
