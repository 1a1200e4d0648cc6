#include <ostream>

#include "app/command.h"
#include "app/common_options.h"
#include "app/files.h"
#include "base/uuid.h"
#include "crypto/random.h"
#include "exchange/case_file.h"
#include "exchange/documents.h"
#include "exchange/intake.h"
#include "exchange/load.h"
#include "fhir/issue.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "packages/mapped_file.h"
#include "privacy/rendition.h"
#include "translate/reading.h"
#include "translate/translator.h"

namespace tsunagi::app {
namespace {

/// What the maps make of a packet, with everything that was found on the way.
struct Translated {
    json::Document bundle;
    json::Document receipt;
    std::vector<fhir::Issue> issues;
};

Result<Translated> translate_packet(json::Value packet, const exchange::Artifacts& artifacts,
                                    const programme::Programme& programme, Instant now,
                                    Random& random) {
    Translated made;
    made.issues = artifacts.validator->validate(
        packet, {.profile = std::string{exchange::kPacketModel}, .root_name = "Packet"});
    if (fhir::has_error(made.issues)) return made;
    const json::Document readable = translate::read_cells(
        packet, *artifacts.definitions, exchange::kPacketModel, programme.zone(), made.issues);
    if (fhir::has_error(made.issues)) return made;
    const translate::Environment environment{now, programme.zone(), random};
    auto translation =
        translate::translate(*artifacts.maps, exchange::kPacketMap, readable.root(), environment);
    if (!translation) return translation.error();
    for (auto& issue : translation->issues) made.issues.push_back(std::move(issue));
    for (auto& issue : artifacts.validator->validate(translation->output.root())) {
        issue.offset = 0;  // of the Bundle, not of the packet
        made.issues.push_back(std::move(issue));
    }
    made.bundle = std::move(translation->output);
    made.receipt = translate::to_json(translation->receipt);
    return made;
}

/// Tables by the name of the file, the rest is JSON.
std::string_view content_type_of(std::string_view operand) {
    if (operand.ends_with(".csv")) return "text/csv";
    if (operand.ends_with(".tsv")) return "text/tab-separated-values";
    return "application/json";
}

json::Value find_type(json::Value bundle, std::string_view type) {
    for (const json::Value entry : bundle["entry"]) {
        if (entry["resource"]["resourceType"].text() == type) return entry["resource"];
    }
    return {};
}

/// The journey to the point at which `stage` leaves: sent, or accepted with the dates the clinic
/// asked for.
Result<programme::Journey> journey_to(std::string_view stage, const programme::Programme& programme,
                                      Instant now) {
    programme::Journey journey;
    const auto step = [&](std::string_view action, programme::Actor actor,
                          const programme::Inputs& inputs) -> Status {
        const auto issues = programme::apply(programme, journey, {action, actor, "", inputs});
        if (issues.empty()) return {};
        return Error{Code::Internal, issues.front().en, std::string{action}};
    };
    if (auto sent = step(programme::action::kSubmit, programme::Actor::Clinic, {}); !sent)
        return sent.error();
    if (stage == "offer") return journey;
    programme::Inputs inputs;
    inputs.planned_admission = format_instant(now + std::chrono::days{1}, programme.zone());
    inputs.planned_discharge = format_instant(now + std::chrono::days{15}, programme.zone());
    inputs.decided_by = "preview";
    if (auto accepted = step(programme::action::kAccept, programme::Actor::Hospital, inputs);
        !accepted) {
        return accepted.error();
    }
    return journey;
}

/// What the destination would get at `stage`, as the transaction that would be sent.
Result<json::Document> message_of(json::Value packet, json::Value bundle, std::string_view stage,
                                  const exchange::Artifacts& artifacts,
                                  const programme::Programme& programme, Instant now,
                                  Random& random) {
    auto journey = journey_to(stage, programme, now);
    if (!journey) return journey.error();
    const json::Value consent = find_type(bundle, "Consent");
    json::Document current = exchange::bundle_in_state(bundle, consent, *journey, journey->state);
    exchange::add_directory(current, programme);
    const std::vector<privacy::ConsentRecord> consents{{consent, 1}};
    privacy::ConsentRequest request;
    request.recipient = std::string{packet["destination"].text()};
    request.of_programme = programme.hospital(request.recipient) != nullptr;
    request.now = now;
    const std::string alias = uuid_v4(random);
    if (stage == "offer") {
        const auto decision = privacy::decide(consents, request);
        if (!decision.permit) return Error{Code::Denied, decision.en, "Packet.consent"};
        auto offer =
            privacy::Offer::build(current.root(), alias, *artifacts.offer_rules, decision.withheld);
        if (!offer) return offer.error();
        return offer->transaction();
    }
    request.stage = privacy::Stage::Release;
    auto acceptance = privacy::accepted_by(request.recipient, find_type(current.root(), "Task"));
    if (!acceptance) return acceptance.error();
    auto live = privacy::ConsentGate::open(consents, request);
    if (!live) return live.error();
    auto release = privacy::Release::build(current.root(), alias, *artifacts.release_rules,
                                           *acceptance, *live);
    if (!release) return release.error();
    json::Document transaction = release->transaction();
    const auto documents =
        exchange::documents_of(transaction.root(), alias, artifacts, now, programme.zone());
    if (!documents) return documents.error();
    exchange::add_documents(transaction, *documents);
    return transaction;
}

/// The document of this kind that goes with the release; nothing when there is none.
Result<json::Document> document_in(json::Value release, const exchange::Artifacts& artifacts,
                                   std::string_view kind) {
    for (const auto& each : artifacts.documents) {
        if (each.id != kind) continue;
        for (const json::Value entry : release["entry"]) {
            const json::Value resource = entry["resource"];
            const auto partner = exchange::split_partner_id(resource["id"].text());
            if (resource["resourceType"].text() == "Bundle" && partner &&
                partner->number == exchange::bundle_number(each))
                return json::clone(resource);
        }
        return Error{Code::NotFound, "no such document goes with this release", {}};
    }
    return Error{Code::NotFound, "unknown document", {}};
}

/// The packet that `bundle` was made of. Done only when the models take it.
int run_reverse(const Arguments& arguments, const exchange::Artifacts& artifacts, Io& io) {
    const auto bundle = read_operand(arguments.operands()[0], io.in);
    if (!bundle) return could_not_run(io, {"読めません。", "cannot read"}, bundle.error());
    const auto source = json::read(*bundle, kCommandLineLimits);
    if (!source) {
        could_not_run(io, {"JSONとして読めません。", "not readable as JSON"}, source.error());
        return kDoesNotHold;
    }
    if (source->root()["resourceType"].text() != "Bundle") {
        could_not_run(io, {"Bundleではありません。", "this is no Bundle"});
        return kDoesNotHold;
    }
    crypto::SystemRandom random;
    const auto made =
        translate::transform(*artifacts.maps, exchange::kReverseMap, source->root(),
                             {SystemClock{}.now(), std::chrono::minutes{0}, random, nullptr});
    if (!made) {
        could_not_run(io, {"戻せません。", "cannot be brought back"}, made.error());
        return kDoesNotHold;
    }
    const json::Document packet = translate::words_as_written(made->output.root());
    auto issues = artifacts.validator->validate(
        packet.root(), {.profile = std::string{exchange::kPacketModel}, .root_name = "Packet"});
    if (fhir::has_error(issues)) {
        for (auto& issue : issues) issue.offset = 0;  // of the packet that was made
        const auto outcome = fhir::operation_outcome(issues);
        io.err << json::write_pretty(outcome.root());
        return kDoesNotHold;
    }
    io.out << json::write_pretty(packet.root());
    return kDone;
}

int run(const Arguments& arguments, Io& io) {
    const bool reverse = arguments.has("reverse");
    for (const char* option : {"programme", "stage", "document", "receipt"}) {
        if (reverse && arguments.has(option)) {
            return could_not_run(io, {std::string{"--reverse と一緒に使えません: --"} + option,
                                      std::string{"not with --reverse: --"} + option});
        }
    }
    if (!reverse && !arguments.has("programme"))
        return could_not_run(io, {"--programme を指定してください。", "name the --programme"});
    // A document goes with the release alone.
    const std::string stage = arguments.has("document") ? "release" : arguments.value("stage");
    if (!stage.empty() && stage != "offer" && stage != "release") {
        return could_not_run(io,
                             {"--stage は offer か release です。", "--stage is offer or release"});
    }
    const auto home = home_of(arguments);
    if (!home) return could_not_run(io, {"定義が見つかりません。", "no definitions"}, home.error());
    const auto pack = packages::MappedFile::open(home->pack);
    if (!pack) return could_not_run(io, {"定義を読めません。", "cannot read"}, pack.error());
    const auto artifacts = exchange::load_artifacts(pack->bytes(), home->folder, {});
    if (!artifacts) {
        return could_not_run(io, {"データを読めません。", "cannot read the data"},
                             artifacts.error());
    }
    if (reverse) return run_reverse(arguments, *artifacts, io);
    const auto* programme = artifacts->programme(arguments.value("programme"));
    if (!programme) {
        return could_not_run(io, {"知らない事業です: " + arguments.value("programme"),
                                  "unknown programme: " + arguments.value("programme")});
    }
    const auto text = read_operand(arguments.operands()[0], io.in);
    if (!text) return could_not_run(io, {"読めません。", "cannot read"}, text.error());
    crypto::SystemRandom random;
    const Instant now = SystemClock{}.now();
    auto act =
        exchange::take_in(*artifacts, now, random, content_type_of(arguments.operands()[0]), *text);
    if (!exchange::done(act)) {
        const auto outcome = fhir::operation_outcome(std::get<exchange::Refusal>(act).issues);
        io.err << json::write_pretty(outcome.root());
        return kDoesNotHold;
    }
    auto& taken = std::get<exchange::TakenIn>(act);
    auto packet = json::read(taken.packet, kCommandLineLimits);
    if (!packet) {
        could_not_run(io, {"JSONとして読めません。", "not readable as JSON"}, packet.error());
        return kDoesNotHold;
    }
    if (!taken.is_packet() && !packet->root()["programme"]) {
        json::Builder builder(*packet);
        builder.set(builder.root(), "programme", programme->id());
    }
    auto made = translate_packet(packet->root(), *artifacts, *programme, now, random);
    if (!made) {
        could_not_run(io, {"変換できません。", "cannot translate"}, made.error());
        return kDoesNotHold;
    }
    if (!taken.is_packet()) {
        exchange::name_places(made->issues, taken.receipt.root());
        for (auto& issue : made->issues) issue.offset = 0;  // of the packet that was made
        if (made->receipt.root()) {
            json::Builder receipt(made->receipt);
            receipt.set(receipt.root(), "intake", taken.receipt.root());
        }
    }
    if (fhir::has_error(made->issues)) {
        const auto outcome = fhir::operation_outcome(made->issues, *text);
        io.err << json::write_pretty(outcome.root());
        return kDoesNotHold;
    }
    if (arguments.has("receipt")) {
        auto written =
            write_file(arguments.value("receipt"), json::write_pretty(made->receipt.root()));
        if (!written) return could_not_run(io, {"書けません。", "cannot write"}, written.error());
    }
    if (stage.empty()) {
        io.out << json::write_pretty(made->bundle.root());
        return kDone;
    }
    const auto message =
        message_of(packet->root(), made->bundle.root(), stage, *artifacts, *programme, now, random);
    if (!message) {
        could_not_run(io, {"この段階では送れません。", "it would not be sent"}, message.error());
        return kDoesNotHold;
    }
    if (!arguments.has("document")) {
        io.out << json::write_pretty(message->root());
        return kDone;
    }
    const auto document = document_in(message->root(), *artifacts, arguments.value("document"));
    if (!document) {
        could_not_run(io, {"この文書は渡しません。", "this document does not go with it"},
                      document.error());
        return kDoesNotHold;
    }
    io.out << json::write_pretty(document->root());
    return kDone;
}

}  // namespace

Command translate_command() {
    return {"translate",
            "PACKET",
            1,
            1,
            "送付一式（JSON、質問票への回答、診療情報提供書の文書、.csv、."
            "tsv）をFHIRのBundleに変換する。送らず、残さない。",
            "Translates a packet (JSON, answers to a Questionnaire, an eReferral document, .csv, "
            ".tsv) into a FHIR Bundle. Nothing is sent, nothing is kept.",
            {{"programme", "ID", "事業（--reverse のほかは必須）",
              "programme; required but for --reverse"},
             {"reverse", "", "逆に、変換されたBundleから送付一式を戻す",
              "the other way: from a Bundle that was made back to its packet"},
             {"stage", "offer|release", "病院に届く形: 受入決定前か後か",
              "as the hospital would get it: before or after acceptance"},
             {"document", "ID", "受入後に渡す文書だけを書く（profiles/documents: ereferral、epcs）",
              "only this document of the release (profiles/documents: ereferral, epcs)"},
             {"receipt", "FILE", "各欄の行き先の記録を書く", "write what became of every cell"},
             kHomeOption},
            run};
}

}  // namespace tsunagi::app
