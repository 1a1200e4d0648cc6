#include <optional>
#include <utility>

#include "base/uuid.h"
#include "crypto/digest.h"
#include "exchange/advance.h"
#include "exchange/answer.h"
#include "exchange/exchange.h"
#include "exchange/findings.h"
#include "exchange/remake.h"
#include "exchange/render.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "text/width.h"

namespace tsunagi::exchange {
namespace {

namespace action = programme::action;

constexpr std::chrono::minutes kKeyHeld{5};
/// A reason is a sentence or two.
constexpr std::size_t kReasonBytes = 4000;

struct Decision {
    std::string_view action;
    std::string reason, text;
    bool corrects() const { return action == action::kCorrectFinding; }
};

Act<Decision> read_decision(std::string_view body) {
    const auto document = json::read(body);
    const json::Value said = document ? document->root() : json::Value{};
    const std::string_view word = said["decision"].text();
    const bool corrects = word == "correct";
    const json::Value reason = said["reason"], text = said["text"];
    if ((!corrects && word != "release") || !reason.is_string() || text.is_string() != corrects ||
        said.size() != (corrects ? 3U : 2U) || reason.text().size() > kReasonBytes) {
        return refuse(
            Refused::Malformed, "bad-inputs", {},
            "decision（release または correct）と reason（理由、4000バイトまで）、correct のときは "
            "text（セルの新しい文面）を送ってください。",
            "Send `decision` (release or correct), `reason` (at most 4,000 bytes) and, to correct, "
            "`text`, the new text of the cell.");
    }
    Decision decision{corrects ? action::kCorrectFinding : action::kReleaseFinding,
                      text::trim(reason.text()), std::string{text.text()}};
    if (corrects && text::trim(decision.text).empty()) {
        return refuse(Refused::Content, "text-empty", "text",
                      "新しい文面が空です。文面を書くか、取り下げて申し込み直してください。",
                      "The new text is empty. Write it, or withdraw and apply again.", "R18");
    }
    return decision;
}

/// A person answers for what is sent, not a machine; which persons, the programme says.
std::optional<Refusal> refuse_reviewer(const CaseFile& file, const access::Principal& who) {
    if (!who.person.empty() && file.programme->may_review_findings(access::name(who.role)))
        return {};
    return refuse(Refused::Denied, "not-a-reviewer", {},
                  "指摘された記載は、事業の定める立場の担当者本人の証明書で確認してください。",
                  "A finding is decided by a named person in a role that the programme gives, with "
                  "that person's own certificate.",
                  "R18");
}

programme::Step step_of(const Decision& decision, const access::Principal& who,
                        std::int64_t number) {
    programme::Step step{decision.action, programme::Actor::Clinic, who.organisation.text(), {}};
    step.inputs.finding = std::to_string(number);
    step.inputs.reason = decision.reason;
    return step;
}

/// Whether this person may decide this finding now.
std::optional<Refusal> refuse_review(const Parts& parts, const CaseFile& file,
                                     const Findings& findings, std::int64_t number,
                                     const programme::Step& step, const access::Principal& who) {
    if (auto refusal = refuse_reviewer(file, who)) return refusal;
    const Findings::Item* item = findings.find(number);
    if (!item) return refuse(Error{Code::NotFound, "no such finding", {}});
    if (item->status != Findings::Status::Open) {
        return refuse(Refused::IllegalMove, "finding-settled", item->place.cell,
                      "この記載は既に確認済みです。指摘の一覧を読み直してください。",
                      "This finding is settled already. Read the list of findings again.", "R18");
    }
    programme::Journey tried = file.journey;
    if (auto issues = programme::apply(*file.programme, tried, step); !issues.empty())
        return refuse_step(std::move(issues));
    return refuse_unreachable(parts, file.row.hospital);
}

/// The case with `text` in the cell, as if it had been handed in like that.
Act<Remade> correct(const Parts& parts, const access::Principal& who, const store::CaseId& id,
                    const std::string& cell, const std::string& text) {
    const auto change = [&](json::Document& packet) -> std::optional<Refusal> {
        const json::Value at = cell_at(packet.root(), cell);
        if (!at.is_string()) return refuse(Error{Code::Internal, "no such cell", cell});
        if (at.text() == text) {
            return refuse(Refused::Content, "text-unchanged", cell,
                          "文面が変わっていません。そのまま送ってよいときは release を選んでくださ"
                          "い。",
                          "The text is the same. If it may be sent as it is, release it.", "R18");
        }
        json::Builder builder(packet);
        builder.assign(builder.edit(at), text);
        return {};
    };
    auto act = remake(parts, who, id, change, Recheck::Everything);
    if (!done(act)) return act;
    auto& remade = std::get<Remade>(act);
    if (remade.no_offer) return std::move(*remade.no_offer);
    std::vector<Place> known = remade.fresh.findings;
    std::erase_if(known,
                  [&](const Place& each) { return each.known.empty() || each.cell != cell; });
    if (!known.empty())
        return Refusal{Refused::Content, issues_of(known, fhir::IssueSeverity::Error)};
    return act;
}

/// Looks at the whole packet as it is now and releases the finding, unless its letters are an
/// identifier of the packet: that leaves after an acceptance, and no reason stands in for one.
Result<crypto::Digest> release(store::Reader& reader, const Parts& parts, const CaseFile& file,
                               Findings& findings, std::int64_t number, Findings::Decision decision,
                               std::optional<Refusal>& refusal) {
    auto stored = stored_packet(reader, parts, file);
    if (!stored) return stored.error();
    auto offer = try_offer(parts, *stored, file.row.hospital.text(), uuid_v4(parts.random));
    if (!done(offer)) {
        refusal = std::move(std::get<Refusal>(offer));
        return crypto::Digest{};
    }
    const Place place = findings.find(number)->place;
    if (is_known(stored->findings, place)) {
        refusal =
            refuse(Refused::Content, "known-identifier", place.cell,
                   "この記載は申込の欄にある個人情報なので、受入決定前には送れません。そのまま"
                   "送る（release）ことはできません。文面を直して（correct）ください。",
                   "These letters are an identifier that a cell of this application has. It "
                   "leaves only after an acceptance: it cannot be released, correct the "
                   "text.",
                   "R18");
        return crypto::Digest{};
    }
    findings.ask(stored->findings, stored->packet.root(), parts.random);
    return findings.release(number, std::move(decision), parts.random);
}

Status keep_correction(store::Transaction& transaction, CaseFile& file, const Remade& remade) {
    if (auto kept = keep_documents(transaction, file, remade); !kept) return kept;
    const json::Document flags = fhir::operation_outcome(remade.fresh.flags);
    const auto put =
        transaction.put_blob(file.row.id, blob::kFlags, as_bytes(json::write(flags.root())));
    if (!put) return put.error();
    file.row.needed_by = remade.fresh.needed_by;
    return {};
}

Result<std::string> answer_of(store::Reader& reader, const CaseFile& file, const Remade* remade) {
    auto document = findings_view(reader, file);
    if (!document) return document.error();
    json::Builder builder(*document);
    if (remade) {
        const json::Document flags = fhir::operation_outcome(remade->fresh.flags);
        builder.set(builder.root(), "flags", flags.root());
        builder.set(builder.root(), "receipt", remade->fresh.receipt.root());
    }
    auto rows = reader.log_of_request(file.row.id.text());
    if (!rows) return rows.error();
    if (!rows->empty()) {
        json::Node* log = builder.set_object(builder.root(), "log");
        builder.set_number(log, "index", static_cast<std::int64_t>(rows->back().index));
        builder.set(log, "leafHash", to_hex(rows->back().leaf));
    }
    return json::write(document->root());
}

}  // namespace

Act<Reviewed> Exchange::review(const access::Principal& person, const store::CaseId& id,
                               std::int64_t number, std::string_view key, std::string_view body) {
    // The same key with the same body on another finding is another request.
    const std::string target = id.text() + "/findings/" + std::to_string(number) + "\n";
    const crypto::Digest digest = crypto::sha256({as_bytes(target), as_bytes(body)});
    const store::IdempotencyKey request_key{person.organisation, std::string{key}};
    auto read = read_decision(body);
    if (!done(read)) return std::move(std::get<Refusal>(read));
    const auto& decision = std::get<Decision>(read);
    const programme::Step step = step_of(decision, person, number);

    std::optional<Reviewed> earlier;
    const auto repeat = [&](store::Reader& reader, const store::StoredAnswer& stored) -> Status {
        auto row = reader.find_case(stored.case_id);
        if (!row) return row.error();
        earlier = Reviewed{0, std::string{as_text(stored.body)}, true, std::move(row->clinic)};
        return {};
    };
    std::optional<Refusal> refusal;
    std::string cell;
    const Instant now = parts_.clock.now();
    const Status looked = parts_.store.read([&](store::Reader& reader) -> Status {
        auto answer = reader.find_answer(request_key, digest, now);
        // Sealed with the key of a case that is purged since.
        if (!answer && answer.error().code == Code::NotFound)
            return Error{Code::NotFound, "the case was purged", std::string{kPurged}};
        if (!answer) return answer.error();
        if (*answer) return repeat(reader, **answer);
        auto file = own_case(reader, parts_, person, id);
        if (!file) return file.error();
        auto findings = read_findings(reader, id);
        if (!findings) return findings.error();
        refusal = refuse_review(parts_, *file, *findings, number, step, person);
        if (refusal) return {};
        cell = findings->find(number)->place.cell;
        return {};
    });
    if (!looked) return refuse_key(looked.error());
    if (earlier) return std::move(*earlier);
    if (refusal) return std::move(*refusal);

    std::optional<Remade> remade;
    if (decision.corrects()) {
        auto act = correct(parts_, person, id, cell, decision.text);
        if (!done(act)) return std::move(std::get<Refusal>(act));
        remade = std::move(std::get<Remade>(act));
    }
    Reviewed result;
    const Status written = parts_.store.write([&](store::Transaction& transaction) -> Status {
        auto claimed = transaction.claim(request_key, digest, now, now + kKeyHeld);
        if (!claimed) return claimed.error();
        if (*claimed) return repeat(transaction, **claimed);
        auto file = own_case(transaction, parts_, person, id);
        if (!file) return file.error();
        auto findings = read_findings(transaction, id);
        if (!findings) return findings.error();
        // Asked again: somebody may have decided meanwhile. An error takes the key back.
        refusal = refuse_review(parts_, *file, *findings, number, step, person);
        if (refusal) return Error{Code::Conflict, "somebody was faster", {}};
        const Findings::Decision said{format_instant(now, file->programme->zone()),
                                      person.organisation.text(),
                                      person.person,
                                      decision.reason,
                                      {}};
        crypto::Digest commitment{};
        if (remade) {
            if (auto kept = keep_correction(transaction, *file, *remade); !kept) return kept;
            commitment = findings->correct(number, said, parts_.random);
            findings->ask(remade->fresh.findings, remade->packet.root(), parts_.random);
        } else {
            auto released = release(transaction, parts_, *file, *findings, number, said, refusal);
            if (!released) return released.error();
            if (refusal) return Error{Code::Denied, "not to be released", {}};
            commitment = *released;
        }
        if (auto kept = write_findings(transaction, id, *findings); !kept) return kept;
        file->journey.open_findings = findings->open();
        auto advanced = advance(transaction, parts_, *file, step, person, commitment);
        if (!advanced) return advanced.error();
        if (!advanced->issues.empty()) {
            refusal = refuse_step(std::move(advanced->issues));
            return Error{Code::Conflict, "the step is not legal", {}};
        }
        result.version = advanced->version;
        result.owner = file->row.clinic;
        auto answer = answer_of(transaction, *file, remade ? &*remade : nullptr);
        if (!answer) return answer.error();
        result.answer = std::move(*answer);
        return transaction.answer(request_key,
                                  {200, id, Bytes(result.answer.begin(), result.answer.end())});
    });
    if (refusal) return std::move(*refusal);
    if (!written) {
        return written.error().where == store::kIdempotencyKey || written.error().code == Code::Busy
                   ? refuse_key(written.error())
                   : refuse_write(written.error());
    }
    if (earlier) return std::move(*earlier);
    parts_.log.info("finding.settled", {{"case", id}, {"finding", number}});
    return result;
}

}  // namespace tsunagi::exchange
