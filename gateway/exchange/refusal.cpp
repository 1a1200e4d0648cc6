#include "exchange/refusal.h"

#include "exchange/case_file.h"
#include "store/reader.h"

namespace tsunagi::exchange {

Refusal refuse(Refused kind, std::string code, std::string expression, std::string ja,
               std::string en, std::string rule) {
    fhir::Issue issue;
    switch (kind) {
        case Refused::Malformed:
            issue.type = "structure";
            break;
        case Refused::Content:
            issue.type = "business-rule";
            break;
        case Refused::Denied:
            issue.type = "forbidden";
            break;
        case Refused::NotFound:
            issue.type = "not-found";
            break;
        case Refused::IllegalMove:
            issue.type = "business-rule";
            break;
        case Refused::KeyReused:
            issue.type = "duplicate";
            break;
        case Refused::InFlight:
            issue.type = "lock-error";
            break;
        case Refused::Stale:
            issue.type = "conflict";
            break;
        case Refused::Unavailable:
            issue.type = "transient";
            break;
        case Refused::Broken:
            issue.type = "exception";
            break;
    }
    const bool ours = kind == Refused::Unavailable || kind == Refused::Broken;
    issue.fault = ours ? fhir::Fault::Gateway : fhir::Fault::Sender;
    issue.code = std::move(code);
    issue.expression = std::move(expression);
    issue.rule = std::move(rule);
    issue.ja = std::move(ja);
    issue.en = std::move(en);
    return Refusal{kind, {std::move(issue)}};
}

Refusal refuse_purged() {
    return refuse(
        Refused::IllegalMove, "case-purged", {},
        "この申込は終わり、個人情報は消去されています。必要なら新しく申し込んでください。",
        "This case is over and what told of the person is erased. Submit anew if needed.", "L7");
}

Refusal refuse_key(const Error& error) {
    if (error.code == Code::Busy) {
        return refuse(Refused::InFlight, "in-flight", {},
                      "同じ申込を処理しています。少し待って送り直してください。",
                      "The same request is being worked on. Wait a little and send it again.");
    }
    if (error.code != Code::Conflict || error.where != store::kIdempotencyKey) return refuse(error);
    return refuse(Refused::KeyReused, "idempotency-key-reused", {},
                  "同じIdempotency-Keyが別の内容で使われています。新しいキーで送ってください。",
                  "This Idempotency-Key came with another body before. Use a new key.");
}

Refusal refuse(const Error& error) {
    switch (error.code) {
        case Code::NotFound:
            if (error.where == kPurged) return refuse_purged();
            return refuse(Refused::NotFound, "not-found", {}, "見つかりません。", "Not found.");
        case Code::Unavailable:
        case Code::Busy:
            return refuse(Refused::Unavailable, "try-again", {},
                          "いま受け付けられません。少し待って、同じ内容を送り直してください。",
                          "Cannot be taken now. Wait a little and send the same again.");
        case Code::Denied:
            return refuse(Refused::Denied, "denied", {}, "この操作は許可されていません。",
                          "This is not permitted.");
        default:
            return refuse(
                Refused::Broken, "gateway-fault", {},
                "ゲートウェイの不具合です。何も保存していません。運用担当者に連絡してください。",
                "A fault of the gateway. Nothing was stored. Please tell the operator.");
    }
}

}  // namespace tsunagi::exchange
