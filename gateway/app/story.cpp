#include "app/story.h"

#include <poll.h>

#include <array>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "app/command.h"
#include "app/files.h"
#include "app/narrator.h"
#include "app/story_stage.h"
#include "base/uuid.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "privacy/leak_scan.h"
#include "text/width.h"

namespace tsunagi::app {
namespace {

constexpr std::chrono::seconds kPatience{60};

/// What the maps must make of a complete packet.
constexpr std::array<std::string_view, 17> kExpectedTypes{"ServiceRequest",
                                                          "Task",
                                                          "Encounter",
                                                          "CarePlan",
                                                          "Patient",
                                                          "Practitioner",
                                                          "PractitionerRole",
                                                          "Organization",
                                                          "Consent",
                                                          "Condition",
                                                          "AllergyIntolerance",
                                                          "MedicationRequest",
                                                          "MedicationStatement",
                                                          "Observation",
                                                          "RelatedPerson",
                                                          "CareTeam",
                                                          "Provenance"};

std::string object(std::initializer_list<std::pair<std::string_view, std::string>> members) {
    json::Document document;
    json::Builder builder(document);
    json::Node* root = builder.object();
    for (const auto& [key, value] : members) builder.set(root, key, value);
    return json::write(document.root());
}

std::string quoted(json::Value label) {
    return std::string{label["ja"].text()} + " / " + std::string{label["en"].text()};
}

/// The resources of a type that a hospital holds.
std::vector<json::Value> held(json::Value received, std::string_view type) {
    std::vector<json::Value> found;
    for (const json::Value resource : received["resources"]) {
        if (resource["resourceType"].text() == type) found.push_back(resource);
    }
    return found;
}

json::Value first_held(json::Value received, std::string_view type) {
    const auto found = held(received, type);
    return found.empty() ? json::Value{} : found.front();
}

/// The name a person reads: the official one when it is there, else the first.
std::string_view name_of(json::Value patient) {
    for (const json::Value name : patient["name"]) {
        if (name["use"].text() == "official") return name["text"].text();
    }
    return patient["name"].at(0)["text"].text();
}

std::string_view phone_of(json::Value patient) { return patient["telecom"].at(0)["value"].text(); }

/// The whole address when it is there, else what there is of one.
std::string_view address_of(json::Value patient) {
    for (const char* member : {"text", "city"}) {
        for (const json::Value address : patient["address"]) {
            if (!address[member].text().empty()) return address[member].text();
        }
    }
    return {};
}

std::string age_of(json::Value received) {
    for (const json::Value observation : held(received, "Observation")) {
        if (observation["code"]["coding"].at(0)["code"].text() == "age")
            return std::string{observation["valueQuantity"]["value"].text()};
    }
    return {};
}

std::string kinds_of(const std::vector<privacy::Finding>& findings) {
    std::string kinds;
    for (const auto& finding : findings) kinds += (kinds.empty() ? "" : ", ") + finding.kind;
    return kinds;
}

class Story {
public:
    Story(Stage& stage, const StoryScript& script, std::ostream& out)
        : stage_(stage), script_(script), tell_(out) {}

    /// False when something did not hold.
    bool play(const LifeCycleSignals& signals);

private:
    /// A case of the story as the one who tells it follows it.
    struct Thread {
        json::Value packet;
        std::string clinic, hospital;
        std::string id;  ///< of the case, known to the clinic only
        std::string task, patient, encounter;
    };

    void hand_in();
    void read_and_translate();
    void store();
    void offer();
    void accept();
    void stay();
    void decline();
    void refuse();
    void prove();

    Answer submit(Thread& thread, const std::string& key);
    Answer referral(const Thread& thread);
    /// The clinic's view once the message of this kind is in the wanted state.
    Answer once_delivered(const Thread& thread, std::string_view kind, std::size_t count = 1);
    Answer received(const std::string& hospital);
    /// What the gateway shows a hospital of one resource.
    Answer shown_to(const std::string& hospital, std::string_view type, const std::string& id);
    void follow(Thread& thread, json::Value received);
    /// Confirms what the clinic must do now, until nothing is left.
    void confirm_everything(const Thread& thread);
    void check_no_identifier(const Thread& thread, std::string_view text, std::string_view ja,
                             std::string_view en);
    std::string hospital_name(std::string_view id) const;
    std::int64_t log_entries();
    std::string at(Instant instant) const;

    Stage& stage_;
    const StoryScript& script_;
    Narrator tell_;
    SystemClock clock_;
    crypto::SystemRandom random_;
    Thread main_, other_, third_;
    Answer submitted_;
    std::string key_;
    std::filesystem::path export_;
};

std::string Story::hospital_name(std::string_view id) const {
    for (const json::Value row : script_.programme.root()["hospitals"]) {
        if (row["id"].text() == id) return quoted(row["name"]) + " (" + std::string{id} + ")";
    }
    return std::string{id};
}

std::string Story::at(Instant instant) const {
    return format_instant(std::chrono::floor<std::chrono::seconds>(instant), script_.zone);
}

bool Story::play(const LifeCycleSignals& signals) {
    const auto thread = [](json::Value packet) {
        return Thread{
            packet, clinic_of(packet), std::string{packet["destination"].text()}, {}, {}, {}, {}};
    };
    main_ = thread(script_.accepted.root());
    other_ = thread(script_.declined.root());
    third_ = thread(script_.without_consent.root());
    using Step = void (Story::*)();
    for (const Step step :
         {&Story::hand_in, &Story::read_and_translate, &Story::store, &Story::offer, &Story::accept,
          &Story::stay, &Story::decline, &Story::refuse, &Story::prove}) {
        if (signals.asked_to_end()) {
            tell_.say("中断しました。", "Interrupted.");
            return false;
        }
        (this->*step)();
        if (tell_.failures() > 0) return false;  // what follows rests on it
    }
    return true;
}

Answer Story::submit(Thread& thread, const std::string& key) {
    Answer answer = stage_.ask(thread.clinic, "POST", "/clinic/v1/referrals",
                               json::write(thread.packet), {{"Idempotency-Key", key}});
    thread.id = std::string{answer.root()["case"].text()};
    return answer;
}

Answer Story::referral(const Thread& thread) {
    return stage_.ask(thread.clinic, "GET", "/clinic/v1/referrals/" + thread.id);
}

Answer Story::once_delivered(const Thread& thread, std::string_view kind, std::size_t count) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
        Answer answer = referral(thread);
        std::size_t delivered = 0;
        std::string states;
        for (const json::Value message : answer.root()["messages"]) {
            states += std::string{message["kind"].text()} + " " +
                      std::string{message["state"].text()} + "; ";
            if (message["kind"].text() == kind && message["state"].text() == "delivered")
                ++delivered;
        }
        if (delivered >= count) return answer;
        if (std::chrono::steady_clock::now() > until) {
            tell_.check(false, "病院に届く", "it reaches the hospital", states);
            return answer;
        }
        poll(nullptr, 0, 50);
    }
}

Answer Story::received(const std::string& hospital) {
    return stage_.at_hospital(hospital, "GET", "/simulator/received");
}

Answer Story::shown_to(const std::string& hospital, std::string_view type, const std::string& id) {
    Answer reply = stage_.at_hospital(hospital, "POST", "/simulator/read",
                                      object({{"type", std::string{type}}, {"id", id}}));
    Answer shown;
    shown.status = static_cast<int>(reply.root()["status"].integer());
    shown.text = json::write(reply.root()["body"]);
    if (reply.root()["body"]) shown.body = json::clone(reply.root()["body"]);
    return shown;
}

void Story::follow(Thread& thread, json::Value received) {
    thread.task = first_held(received, "Task")["id"].text();
    thread.patient = first_held(received, "Patient")["id"].text();
    for (const json::Value encounter : held(received, "Encounter")) {
        if (encounter["class"]["code"].text() == "IMP") thread.encounter = encounter["id"].text();
    }
}

void Story::check_no_identifier(const Thread& thread, std::string_view text, std::string_view ja,
                                std::string_view en) {
    const auto findings = privacy::LeakScanner::of_packet(thread.packet).scan(text);
    tell_.check(findings.empty(), ja, en, kinds_of(findings));
}

std::int64_t Story::log_entries() {
    const Answer metrics = stage_.ask("operator", "GET", "/metrics");
    constexpr std::string_view kName = "\ntsunagi_log_entries ";
    const auto place = metrics.text.find(kName);
    return place == std::string::npos ? -1
                                      : std::atoll(metrics.text.c_str() + place + kName.size());
}

void Story::hand_in() {
    tell_.chapter(
        "1", "診療所が申込一式を送る（申込書・診療情報提供書・共有シート・同意）",
        "The clinic hands in its packet: bed request, referral letter, patient sheet, consent");
    tell_.fact("診療所 / clinic",
               main_.packet["bedRequest"]["applicant"]["institution"]["name"].text());
    tell_.fact("事業 / programme", quoted(script_.programme.root()["title"]));
    tell_.fact("申込先 / hospital", hospital_name(main_.hospital));
    key_ = uuid_v4(random_);
    tell_.fact("Idempotency-Key", key_);
    submitted_ = submit(main_, key_);
    tell_.equal(std::to_string(submitted_.status), "201", "受け付けられた（201）",
                "It is accepted (201)");
    if (submitted_.status != 201) tell_.say(submitted_.text);
}

void Story::read_and_translate() {
    tell_.chapter("2", "様式・本人の一致・事業の規則を確かめ、FHIR R4 のBundleに変換する",
                  "The gateway checks forms, person and programme rules, and translates to one "
                  "FHIR R4 Bundle");
    const json::Value answer = submitted_.root();
    std::map<std::string_view, int> counts;
    for (const json::Value resource : answer["resources"]) ++counts[resource["type"].text()];
    std::string types;
    for (const auto& [type, count] : counts)
        types += (types.empty() ? "" : ", ") + std::string{type} +
                 (count > 1 ? "×" + std::to_string(count) : "");
    tell_.fact("資源 / resources", types);
    const json::Value receipt = answer["receipt"];
    tell_.fact("欄の行き先 / cells",
               "対応 mapped " + std::string{receipt["mapped"].text()} +
                   ", 文章として kept as text " + std::string{receipt["kept-as-text"].text()} +
                   ", 送らない dropped " + std::string{receipt["dropped"].text()});
    std::string missing;
    for (const auto type : kExpectedTypes) {
        if (!counts.contains(type)) missing += (missing.empty() ? "" : ", ") + std::string{type};
    }
    tell_.check(missing.empty(), "書類が求める資源がすべてある",
                "Every resource that the documents call for is there", "missing " + missing);
    tell_.equal(receipt["unaccounted"].text(), "0", "どの欄も行き先が記録された",
                "Every cell is accounted for");
}

void Story::store() {
    tell_.chapter(
        "3", "申込・書類・資源・送信待ち・記録を一度に保存し、それから答える",
        "Case, documents, resources, outbox and log entry are stored in one step, then it answers");
    const json::Value answer = submitted_.root();
    tell_.fact("申込番号 / case", main_.id);
    tell_.fact("状態 / state", quoted(answer["stateText"]));
    tell_.fact("記録 / log index", answer["log"]["index"].text());
    tell_.fact("証明 / leaf hash", answer["log"]["leafHash"].text());
    for (const json::Value action : answer["nextActions"])
        tell_.fact("できること / next action",
                   std::string{action["action"].text()} + ": " + quoted(action["text"]));
    tell_.check(is_uuid(main_.id), "申込番号がある", "There is a case id", main_.id);
    tell_.equal(answer["state"].text(), "sent", "病院の返事を待つ状態",
                "It waits for the hospital");
    tell_.check(!answer["nextActions"].empty(), "次にできることが示される",
                "It says what can be done next");
    const Answer again = submit(main_, key_);
    tell_.check(again.status == 201 && again.text == submitted_.text && again.replayed == "true",
                "同じ鍵で送り直しても、答えも申込も一つ",
                "Sent again with the same key: the same answer, one case",
                std::to_string(again.status));
}

void Story::offer() {
    tell_.chapter(
        "4", "病院に打診が届く。氏名・生年月日・住所・電話・被保険者番号は届かない",
        "The offer reaches the hospital: no name, birth date, address, phone or insurance number");
    once_delivered(main_, "offer");
    const Answer inbox = received(main_.hospital);
    const json::Value seen = inbox.root();
    follow(main_, seen);
    const json::Value patient = first_held(seen, "Patient");
    const json::Value packet = main_.packet, identity = packet["identity"],
                      request = packet["bedRequest"], letter = packet["referralLetter"];
    tell_.both_sides("欄 / cell", "診療所が書いたもの / written", "病院に見えるもの / seen");
    tell_.both_sides("氏名 / name", identity["name"].text(), name_of(patient));
    tell_.both_sides("生年月日 / birth date", identity["birthDate"].text(),
                     patient["birthDate"].text());
    tell_.both_sides("年齢 / age", request["age"].text(), age_of(seen));
    tell_.both_sides("住所 / address", identity["address"].text(), address_of(patient));
    tell_.both_sides("電話 / phone", identity["phones"].at(0)["number"].text(), phone_of(patient));
    tell_.both_sides("被保険者番号 / insurance", identity["insurance"]["number"].text(),
                     first_held(seen, "Coverage")["subscriberId"].text());
    tell_.both_sides("家族 / family", request["keyPerson"]["name"].text(),
                     name_of(first_held(seen, "RelatedPerson")));
    tell_.both_sides("診断 / diagnosis", letter["diagnoses"].at(0)["text"].text(),
                     first_held(seen, "Condition")["code"]["text"].text());
    tell_.both_sides(
        "処方 / drug", letter["prescriptions"]["items"].at(0)["text"].text(),
        first_held(seen, "MedicationRequest")["medicationCodeableConcept"]["text"].text());

    const std::string initials = text::to_narrow(request["patientInitials"].text());
    tell_.equal(name_of(patient), initials, "病院に見える名前はイニシャルだけ",
                "The hospital sees initials only");
    check_no_identifier(main_, inbox.text, "届いたもの全体に個人を示すものがない",
                        "Nothing in all that arrived tells who it is");
    tell_.check(!held(seen, "Condition").empty() && !held(seen, "MedicationRequest").empty(),
                "受入れを判断できる診断と処方は届いている",
                "Diagnoses and drugs, without which no physician can decide, are there");
    tell_.equal(first_held(seen, "Task")["status"].text(), "requested", "Task は requested",
                "The Task is requested");
    const Answer found =
        stage_.ask(main_.hospital, "GET",
                   "/fhir/Task?owner=Organization/" + main_.hospital + "&status=requested");
    tell_.check(found.root()["total"].text() == "1" &&
                    found.root()["entry"].at(0)["resource"]["id"].text() == main_.task,
                "病院は自分あての Task を検索できる", "The hospital finds its Task by search",
                found.text);
    check_no_identifier(main_, found.text, "検索結果にも個人を示すものがない",
                        "Nothing in the search result tells who it is");
    const Answer read = shown_to(main_.hospital, "Patient", main_.patient);
    tell_.fact("GET /fhir/Patient/" + main_.patient, "");
    tell_.say(read.text);
    tell_.check(read.status == 200 && name_of(read.root()) == initials,
                "ゲートウェイに読みに来ても、見えるのはイニシャル",
                "Reading at the gateway shows initials too", std::to_string(read.status));
    check_no_identifier(main_, read.text, "読み出しにも個人を示すものがない",
                        "Nothing in that answer tells who it is");
    tell_.equal(std::to_string(shown_to(other_.hospital, "Patient", main_.patient).status), "404",
                "打診していない病院には、無いものとして見える",
                "To a hospital that was not asked it does not exist");
}

void Story::accept() {
    tell_.chapter(
        "5", "病院の医師が受入れを決める。同意を確かめ、その病院にだけ本人の情報を渡す",
        "The hospital accepts. Consent is checked again; identity goes to that hospital only");
    const Instant now = clock_.now();
    const Answer decided =
        stage_.at_hospital(main_.hospital, "POST", "/simulator/decide",
                           object({{"decision", "accept"},
                                   {"task", main_.task},
                                   {"plannedAdmission", at(now + std::chrono::days{1})},
                                   {"plannedDischarge", at(now + std::chrono::days{14})},
                                   {"decidedBy", script_.decided_by}}));
    const json::Value reply = decided.root();
    if (!tell_.check(
            reply["status"].text() == "200" && reply["body"]["status"].text() == "accepted",
            "PUT /fhir/Task（If-Match）が受け付けられ、Task は accepted",
            "PUT /fhir/Task with If-Match is taken; the Task is accepted", json::write(reply))) {
        return;
    }
    const Answer clinic = once_delivered(main_, "release");
    const Answer inbox = received(main_.hospital);
    const json::Value seen = inbox.root();
    const json::Value identity = main_.packet["identity"];
    const auto patients = held(seen, "Patient");
    const json::Value patient = first_held(seen, "Patient");
    tell_.both_sides("氏名 / name", identity["name"].text(), name_of(patient));
    tell_.both_sides("生年月日 / birth date", identity["birthDate"].text(),
                     patient["birthDate"].text());
    tell_.both_sides("住所 / address", identity["address"].text(), address_of(patient));
    tell_.both_sides("電話 / phone", identity["phones"].at(0)["number"].text(), phone_of(patient));
    tell_.check(patients.size() == 1 && patient["id"].text() == main_.patient,
                "同じ患者資源が更新された（二人目はできない）",
                "The same Patient was updated; there is no second one");
    tell_.equal(text::match_key(name_of(patient)), text::match_key(identity["name"].text()),
                "本人の氏名が届いた", "The name has arrived");
    tell_.check(!patient["birthDate"].text().empty() && !address_of(patient).empty(),
                "生年月日と住所も届いた", "Birth date and address too");
    tell_.check(!held(seen, "CarePlan").empty() && !held(seen, "MedicationStatement").empty(),
                "共有シートも届いた", "The patient sheet too");
    const Answer read = shown_to(main_.hospital, "Patient", main_.patient);
    tell_.equal(text::match_key(name_of(read.root())), text::match_key(identity["name"].text()),
                "GET /fhir/Patient でも、この病院には本人の氏名",
                "GET /fhir/Patient shows this hospital the name");
    tell_.equal(std::to_string(shown_to(other_.hospital, "Patient", main_.patient).status), "404",
                "ほかの病院には、いまも無いもの", "To another hospital it still does not exist");

    tell_.fact("診療所から見た状態 / state", quoted(clinic.root()["stateText"]));
    for (const json::Value duty : clinic.root()["openDuties"])
        tell_.fact("残る連絡 / to be told",
                   std::string{duty["action"].text()} + ": " + quoted(duty["text"]));
    tell_.equal(clinic.root()["state"].text(), "scheduled", "受入決定・入院待ち",
                "Accepted, admission scheduled");
    std::set<std::string_view> duties;
    for (const json::Value duty : clinic.root()["openDuties"]) duties.insert(duty["action"].text());
    for (const json::Value hop : script_.programme.root()["chain"]) {
        tell_.check(duties.contains(hop["id"].text()),
                    "診療所に示される: " + std::string{hop["title"]["ja"].text()},
                    "The clinic is told: " + std::string{hop["title"]["en"].text()});
    }
    const Answer disclosures =
        stage_.ask(main_.clinic, "GET", "/clinic/v1/referrals/" + main_.id + "/disclosures");
    for (const json::Value row : disclosures.root()["disclosures"])
        tell_.fact("提供の記録 / disclosure", std::string{row["date"].text()} + " " +
                                                  std::string{row["recipient"].text()} + ": " +
                                                  std::string{row["items"].text()} + " (log " +
                                                  std::string{row["logIndex"].text()} + ")");
    tell_.equal(std::to_string(disclosures.root()["disclosures"].size()), "2",
                "誰に何を渡したかが残る（打診と本人情報）",
                "Who was given what is on record: offer and release");
}

void Story::confirm_everything(const Thread& thread) {
    constexpr int kMost = 20;
    for (int round = 0; round < kMost; ++round) {
        const Answer view = referral(thread);
        std::string action, text;
        for (const json::Value next : view.root()["nextActions"]) {
            if (!next["required"].truth()) continue;
            action = next["action"].text();
            text = quoted(next["text"]);
            break;
        }
        if (action.empty()) return;
        const Answer done = stage_.ask(thread.clinic, "POST",
                                       "/clinic/v1/referrals/" + thread.id + "/actions/" + action,
                                       object({{"at", at(clock_.now())}}));
        if (!tell_.check(done.status == 200, "済: " + action, text, done.text)) return;
    }
    tell_.check(false, "連絡が終わる", "the chain comes to an end");
}

void Story::stay() {
    tell_.chapter(
        "6", "連絡の連鎖、入院、退院。すべて確認されて、はじめて完了する",
        "Everybody is told, admission, discharge; the case closes only when all is confirmed");
    confirm_everything(main_);
    const auto encounter = [&] {
        const Answer shown = shown_to(main_.hospital, "Encounter", main_.encounter);
        return std::string{shown.root()["status"].text()};
    };
    tell_.equal(encounter(), "planned", "Encounter は planned", "The Encounter is planned");
    const Answer admitted =
        stage_.at_hospital(main_.hospital, "POST", "/simulator/admit",
                           object({{"encounter", main_.encounter}, {"at", at(clock_.now())}}));
    tell_.equal(admitted.root()["status"].text(), "200", "病院が入院を知らせた",
                "The hospital reports the admission");
    tell_.equal(encounter(), "in-progress", "Encounter は in-progress",
                "The Encounter is in-progress");
    confirm_everything(main_);
    const Answer discharged =
        stage_.at_hospital(main_.hospital, "POST", "/simulator/discharge",
                           object({{"encounter", main_.encounter}, {"at", at(clock_.now())}}));
    tell_.equal(discharged.root()["status"].text(), "200", "病院が退院を知らせた",
                "The hospital reports the discharge");
    tell_.equal(encounter(), "finished", "Encounter は finished", "The Encounter is finished");
    const Answer before_closing = referral(main_);
    tell_.equal(before_closing.root()["state"].text(), "discharged",
                "退院しても、確認が残るうちは完了しない",
                "Discharged, and not closed while something is unconfirmed");
    confirm_everything(main_);
    const Answer closed = referral(main_);
    tell_.fact("状態 / state", quoted(closed.root()["stateText"]));
    tell_.equal(closed.root()["state"].text(), "closed", "完了した", "The case is closed");
}

void Story::decline() {
    tell_.chapter(
        "7",
        "二件目は受入不可（理由 " + script_.decline_reason + "）。氏名は一度も届かず、相談に移る",
        "The second packet is declined (reason " + script_.decline_reason +
            "): no name ever arrives, and it goes to consultation");
    const Answer answer = submit(other_, uuid_v4(random_));
    tell_.fact("申込先 / hospital", hospital_name(other_.hospital));
    tell_.fact("申込番号 / case", other_.id);
    if (!tell_.equal(std::to_string(answer.status), "201", "受け付けられた（201）",
                     "It is accepted (201)")) {
        tell_.say(answer.text);
        return;
    }
    for (const json::Value flag : answer.root()["flags"]["issue"]) {
        if (flag["severity"].text() == "warning")
            tell_.fact("確認 / flag", flag["details"]["text"].text());
    }
    once_delivered(other_, "offer");
    const Answer offered = received(other_.hospital);
    follow(other_, offered.root());
    const Answer decided = stage_.at_hospital(
        other_.hospital, "POST", "/simulator/decide",
        object(
            {{"decision", "decline"}, {"task", other_.task}, {"reason", script_.decline_reason}}));
    if (!tell_.check(decided.root()["status"].text() == "200" &&
                         decided.root()["body"]["status"].text() == "rejected",
                     "Task は rejected", "The Task is rejected", json::write(decided.root()))) {
        return;
    }
    const Answer clinic = once_delivered(other_, "status");
    tell_.fact("状態 / state", quoted(clinic.root()["stateText"]));
    for (const json::Value action : clinic.root()["nextActions"])
        tell_.fact("できること / next action",
                   std::string{action["action"].text()} + ": " + quoted(action["text"]));
    tell_.equal(clinic.root()["state"].text(), "consulting", "かかりつけ医との相談に移った",
                "It is in consultation with the family doctor");
    const Answer inbox = received(other_.hospital);
    check_no_identifier(other_, inbox.text, "断った病院に、氏名は一度も届いていない",
                        "The hospital that declined never got a name");
    tell_.equal(std::to_string(shown_to(other_.hospital, "Patient", other_.patient).status), "404",
                "断った病院の控えはゲートウェイから消えた",
                "What the gateway held for that hospital is destroyed");
}

void Story::refuse() {
    tell_.chapter("8", "三件目は同意の記録がない。入口で断り、残るのは記録の一行だけ",
                  "The third packet has no consent: refused at the door, only a log entry stays");
    const std::int64_t before = log_entries();
    const Answer answer = submit(third_, uuid_v4(random_));
    bool named = false;
    for (const json::Value issue : answer.root()["issue"]) {
        std::string codes;
        bool rule = false;
        for (const json::Value coding : issue["details"]["coding"]) {
            codes += (codes.empty() ? "" : ", ") + std::string{coding["code"].text()};
            rule = rule || coding["code"].text() == "R5";
        }
        const std::string_view cell = issue["expression"].at(0).text();
        tell_.fact("欄・規則 / cell, rule", std::string{cell} + " [" + codes + "]");
        tell_.say(issue["details"]["text"].text());
        for (const json::Value extension : issue["details"]["_text"]["extension"]) {
            for (const json::Value part : extension["extension"]) {
                if (part["url"].text() == "content")
                    tell_.say(part["valueString"].text().empty() ? part["valueMarkdown"].text()
                                                                 : part["valueString"].text());
            }
        }
        named = named || (rule && cell == "Packet.consent");
    }
    tell_.check(answer.status == 403 && answer.root()["resourceType"].text() == "OperationOutcome",
                "403 と OperationOutcome", "403 with an OperationOutcome",
                std::to_string(answer.status));
    tell_.check(named, "欄（Packet.consent）と規則（R5）が示される",
                "It names the cell (Packet.consent) and the rule (R5)");
    check_no_identifier(third_, answer.text, "断りの文面に個人を示すものがない",
                        "The refusal tells nothing about the person");
    tell_.equal(std::to_string(log_entries()), std::to_string(before + 1), "記録だけが一行増えた",
                "The log has grown by one entry");
    const Answer list = stage_.ask(third_.clinic, "GET", "/clinic/v1/referrals");
    tell_.check(list.status == 200 && list.root()["referrals"].empty(), "申込は保存されていない",
                "No case was stored", list.text);
}

void Story::prove() {
    tell_.chapter(
        "9", "記録を取り出し、ゲートウェイに頼らず検証する。1バイト変えると見破られる",
        "The log is exported and verified without the gateway; one flipped byte is found");
    export_ = stage_.folder() / "log.export";
    const auto certificate = stage_.certificate_of("auditor");
    auto key = certificate;
    key.replace_extension(".key");
    const auto [exported, said] =
        stage_.run({"audit", "export", "--url", stage_.gateway_url(), "--certificate",
                    certificate.string(), "--key", key.string(), "--authority",
                    stage_.authority().string(), "--out", export_.string()});
    tell_.check(exported == kDone, "監査者が記録を取り出した", "The auditor exports the log", said);
    const std::vector<std::string> verify{"audit", "verify", export_.string(), "--key",
                                          stage_.log_key()};
    const auto [held_code, verdict] = stage_.run(verify);
    tell_.say("$ tsunagi audit verify log.export --key …");
    tell_.say(verdict);
    tell_.equal(std::to_string(held_code), "0", "記録は成り立つ", "The log holds");

    auto text = read_file(export_);
    const auto entry = text ? text->find("\"type\":\"offer-delivered\"") : std::string::npos;
    if (!tell_.check(entry != std::string::npos, "打診の記録がある",
                     "There is an entry of the offer")) {
        return;
    }
    (*text)[entry + 8] = static_cast<char>((*text)[entry + 8] ^ 1);
    const auto copy = stage_.folder() / "log.flipped";
    if (auto written = write_file(copy, *text); !written) {
        tell_.check(false, "写しを書ける", "a copy can be written", to_string(written.error()));
        return;
    }
    const auto [flipped_code, flipped] =
        stage_.run({"audit", "verify", copy.string(), "--key", stage_.log_key()});
    tell_.say("$ tsunagi audit verify log.flipped --key …");
    tell_.say(flipped);
    tell_.equal(std::to_string(flipped_code), "1", "1バイト違う写しは不成立",
                "A copy that differs in one byte does not hold");
    const auto log = read_file(stage_.gateway_log());
    std::vector<privacy::Finding> findings;
    for (const Thread* thread : {&main_, &other_, &third_}) {
        for (auto& each : privacy::LeakScanner::of_packet(thread->packet).scan(log ? *log : ""))
            findings.push_back(std::move(each));
    }
    tell_.check(log && findings.empty(), "動作記録（サーバーログ）に三人のだれかを示すものがない",
                "The gateway's own log tells nothing about any of the three", kinds_of(findings));
}

}  // namespace

int play_story(const Home& home, bool once, const LifeCycleSignals& signals, std::ostream& out) {
    Narrator tell(out);
    tell.chapter(
        "0", "準備: 新しい導入先、証明書、ゲートウェイと模擬の病院を別々のプロセスで",
        "Set up: a fresh installation, certificates, gateway and simulated hospitals as processes");
    const auto script = read_script(home, SystemClock{}.now());
    if (!script) {
        tell.check(false, "物語の材料を読める", "the story's fixtures can be read",
                   to_string(script.error()));
        return kDoesNotHold;
    }
    auto stage = Stage::build(home, *script);
    if (!stage) {
        tell.check(false, "準備できる", "the stage can be set", to_string(stage.error()));
        return kDoesNotHold;
    }
    tell.fact("フォルダー / folder", (*stage)->folder().string());
    tell.fact("ゲートウェイ / gateway", (*stage)->gateway_url());
    for (const auto* packet : {&script->accepted, &script->declined}) {
        const std::string id{packet->root()["destination"].text()};
        tell.fact("病院 / hospital", (*stage)->hospital_url(id) + " (" + id + ")");
    }
    Story story(**stage, *script, out);
    bool held = story.play(signals);
    if (held && !once) {
        tell.chapter("✓", "すべて成り立ちました。動いたままです（Ctrl-C で終わります）",
                     "Every step held. Everything stays up; Ctrl-C ends it");
        const std::string pki = (*stage)->authority().parent_path().string();
        tell.fact("FHIR API", (*stage)->gateway_url() + "/fhir/metadata");
        tell.fact("OpenAPI", (*stage)->gateway_url() + "/openapi.json");
        tell.fact("証明書 / certificates", pki);
        tell.say("例 / try: curl --cacert " + pki + "/authority.pem --cert " + pki +
                 "/operator.pem --key " + pki + "/operator.key " + (*stage)->gateway_url() +
                 "/metrics");
        (void)signals.wait();
    }
    if (!(*stage)->strike() && held) {
        tell.check(false, "ゲートウェイと病院が行儀よく終わる",
                   "Gateway and hospitals end in good order");
        held = false;
    }
    if (held && once) (*stage)->leave_nothing();
    if (!held) {
        tell.say("成り立たない段がありました。フォルダーを残します: " + (*stage)->folder().string(),
                 "A step did not hold. The folder stays for a look: gateway.log is the gateway's "
                 "own log.");
        return kDoesNotHold;
    }
    if (once) {
        tell.chapter("✓", "すべて成り立ちました。", "Every step held.");
    }
    return kDone;
}

}  // namespace tsunagi::app
