#include "app/story_stage.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "app/files.h"
#include "app/story_packet.h"
#include "base/bytes.h"
#include "crypto/key_file.h"
#include "json/reader.h"

namespace tsunagi::app {
namespace {

namespace fs = std::filesystem;

/// A cold start under a sanitizer on a busy machine.
constexpr ChildProcess::Time kStartTime{120'000};
constexpr ChildProcess::Time kCommandTime{60'000};

Result<fs::path> make_folder() {
    std::error_code fault;
    std::string name = (fs::temp_directory_path(fault) / "tsunagi-story-XXXXXX").string();
    if (fault || mkdtemp(name.data()) == nullptr)
        return Error{Code::Unavailable, "cannot make a folder", "temporary folder"};
    return fs::path{name};
}

json::Value institution_of(json::Value packet) {
    return packet["bedRequest"]["applicant"]["institution"];
}

access::Certificate certificate(const IssuedFiles& files, access::Role role, Instant now) {
    access::Certificate made;
    made.sha256 = files.sha256;
    made.valid_from = now - std::chrono::hours{1};
    made.role = role;
    return made;
}

json::Value hospital_row(const StoryScript& script, std::string_view id) {
    for (const json::Value row : script.programme.root()["hospitals"]) {
        if (row["id"].text() == id) return row;
    }
    return {};
}

Result<json::Document> packet_named(json::Value story, std::string_view member,
                                    const fs::path& fixtures, Instant now,
                                    std::chrono::minutes zone) {
    auto packet = read_json(fixtures / std::string{story[member].text()});
    if (!packet) return packet.error();
    return packet_of_today(packet->root(), now, zone);
}

}  // namespace

std::string clinic_of(json::Value packet) {
    return "clinic-" + std::string{institution_of(packet)["code"].text()};
}

Result<StoryScript> read_script(const Home& home, Instant now) {
    const fs::path fixtures = home.folder / "fixtures";
    auto story = read_json(fixtures / "story.json");
    if (!story) return story.error();
    const json::Value root = story->root();
    auto first = read_json(fixtures / std::string{root["accepted"].text()});
    if (!first) return first.error();
    auto programme = read_json(home.profiles() / "programmes" /
                               (std::string{first->root()["programme"].text()} + ".json"));
    if (!programme) return programme.error();
    const auto zone = parse_offset(programme->root()["timeZone"].text());
    if (!zone) return zone.error();

    StoryScript script;
    script.zone = *zone;
    script.programme = std::move(*programme);
    script.decided_by = std::string{root["decidedBy"].text()};
    script.decline_reason = std::string{root["declineReason"].text()};
    for (const json::Value each : root["registrations"])
        script.registrations.push_back(fixtures / std::string{each.text()});
    for (const auto& [member, target] :
         {std::pair{"accepted", &script.accepted}, std::pair{"declined", &script.declined},
          std::pair{"withoutConsent", &script.without_consent}}) {
        auto packet = packet_named(root, member, fixtures, now, *zone);
        if (!packet) return packet.error();
        *target = std::move(*packet);
    }
    return script;
}

Result<std::unique_ptr<Stage>> Stage::build(const Home& home, const StoryScript& script) {
    auto folder = make_folder();
    if (!folder) return folder.error();
    std::unique_ptr<Stage> stage(new Stage(home, std::move(*folder)));
    if (auto up = stage->set_up(script); !up) {
        return Error{up.error().code, up.error().message,
                     up.error().where + " (" + stage->folder_.string() + ")"};
    }
    return stage;
}

Stage::~Stage() {
    strike();
    if (keep_folder_) return;
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

Status Stage::set_up(const StoryScript& script) {
    auto made = Installation::create(folder_ / "gateway", {}, clock_, random_);
    if (!made) return made.error();
    installation_.emplace(std::move(*made));
    const auto client = read_file(installation_->configuration().client_certificate);
    if (!client) return client.error();
    const auto facts = crypto::read_certificate(*client);
    if (!facts) return facts.error();
    gateway_client_ = facts->fingerprint;

    using Use = crypto::CertificateUse;
    for (const char* id : {"auditor", "operator"}) {
        if (auto added = add_party(id, {id, id, Use::Client, {}, {}}); !added) return added;
    }
    for (const auto* packet : {&script.accepted, &script.declined, &script.without_consent}) {
        const std::string clinic = clinic_of(packet->root());
        if (parties_.contains(clinic)) continue;
        if (auto added = add_party(clinic, {clinic, clinic, Use::Client, {}, {}}); !added)
            return added;
        clinics_.push_back(clinic);
    }
    for (const auto* packet : {&script.accepted, &script.declined}) {
        const std::string hospital{packet->root()["destination"].text()};
        if (parties_.contains(hospital)) continue;
        if (auto added = add_party(
                hospital, {hospital, hospital, Use::ServerAndClient, {"localhost"}, {"127.0.0.1"}});
            !added) {
            return added;
        }
        hospitals_.push_back(hospital);
    }

    Configuration configuration = installation_->configuration();
    configuration.port = 0;
    configuration.registrations = script.registrations;
    if (auto written = installation_->write_configuration(configuration); !written) return written;
    // A hospital must know the gateway and the gateway the hospital: the directory gets the
    // hospitals' addresses when they are known, and is read again.
    if (auto announced = announce(script, false); !announced) return announced;
    if (auto started = start_gateway(); !started) return started;
    for (const auto& hospital : hospitals_) {
        if (auto started = start_hospital(hospital); !started) return started;
    }
    if (auto announced = announce(script, true); !announced) return announced;
    return reload_gateway();
}

Status Stage::add_party(const std::string& id, const crypto::CertificateRequest& request) {
    auto files = installation_->issue(id, request);
    if (!files) return files.error();
    Party party;
    party.client = std::make_unique<deliver::CurlHttpClient>(deliver::ClientTls{
        files->certificate.string(), files->key.string(), installation_->authority().string()});
    party.files = std::move(*files);
    parties_.emplace(id, std::move(party));
    return {};
}

Status Stage::announce(const StoryScript& script, bool with_endpoints) {
    const Instant now = clock_.now();
    std::vector<access::Organisation> organisations;
    const auto add = [&](const std::string& id, std::string_view ja, std::string_view en,
                         access::Role role) -> access::Organisation& {
        auto& made = organisations.emplace_back();
        made.id = access::OrganisationId{id};
        made.name_ja = ja;
        made.name_en = en;
        made.roles = {role};
        made.certificates = {certificate(parties_.at(id).files, role, now)};
        return made;
    };
    add("auditor", "監査者", "Auditor", access::Role::Auditor);
    add("operator", "運用者", "Operator", access::Role::Operator);
    for (const auto& clinic : clinics_) {
        for (const auto* packet : {&script.accepted, &script.declined, &script.without_consent}) {
            if (clinic_of(packet->root()) != clinic) continue;
            const json::Value institution = institution_of(packet->root());
            auto& made = add(clinic, institution["name"].text(), clinic, access::Role::Clinic);
            made.institution_code = institution["code"].text();
            // A doctor's own certificate: what is found in a text is decided by a person.
            made.certificates.front().person = "doctor";
            break;
        }
    }
    for (const auto& hospital : hospitals_) {
        const json::Value row = hospital_row(script, hospital);
        auto& made = add(hospital, row["name"]["ja"].text(), row["name"]["en"].text(),
                         access::Role::HospitalDesk);
        made.department = row["department"]["ja"].text();
        made.fax = row["fax"].text();
        if (!with_endpoints) continue;
        const Party& party = parties_.at(hospital);
        made.endpoints = {access::Endpoint{"fhir_rest", party.url + "/fhir", party.files.sha256,
                                           now - std::chrono::hours{1}}};
    }
    return installation_->write_directory(organisations);
}

Status Stage::start_gateway() {
    auto process =
        ChildProcess::start(home_.program,
                            {"serve", "--config", installation_->configuration_file().string(),
                             "--home", home_.folder.string()},
                            gateway_log());
    if (!process) return process.error();
    gateway_.emplace(std::move(*process));
    auto url = gateway_->read_line(kStartTime);
    if (!url) return Error{url.error().code, url.error().message, gateway_log().string()};
    gateway_url_ = std::move(*url);
    return {};
}

Status Stage::start_hospital(const std::string& id) {
    Party& party = parties_.at(id);
    const fs::path log = folder_ / (id + ".log");
    auto process = ChildProcess::start(
        home_.program,
        {"simulate", "hospital", "--organisation", id, "--gateway", gateway_url_ + "/fhir",
         "--certificate", party.files.certificate.string(), "--key", party.files.key.string(),
         "--authority", installation_->authority().string(), "--gateway-client",
         to_hex(gateway_client_)},
        log);
    if (!process) return process.error();
    party.process.emplace(std::move(*process));
    auto url = party.process->read_line(kStartTime);
    if (!url) return Error{url.error().code, url.error().message, log.string()};
    party.url = std::move(*url);
    return {};
}

/// SIGHUP, then until the gateway's log says that the directory was read.
Status Stage::reload_gateway() {
    const auto until = std::chrono::steady_clock::now() + kStartTime;
    gateway_->send_signal(SIGHUP);
    while (std::chrono::steady_clock::now() < until) {
        const auto log = read_file(gateway_log());
        if (log && log->find("\"reload.kept_old\"") != std::string::npos)
            return Error{Code::Invalid, "the directory was refused", gateway_log().string()};
        const auto done = log ? log->find("\"reload.done\"") : std::string::npos;
        if (done != std::string::npos && log->find("\"certificates\"", done) != std::string::npos)
            return {};
        poll(nullptr, 0, 10);
    }
    return Error{Code::Unavailable, "the directory was not read again", gateway_log().string()};
}

Answer Stage::send(deliver::HttpClient& client, const deliver::HttpRequest& request) {
    auto outcome = client.send(request);
    Answer answer;
    if (outcome.kind != deliver::HttpOutcome::Kind::Replied) {
        answer.text = outcome.reason;
        return answer;
    }
    answer.status = outcome.reply.status;
    answer.replayed = outcome.reply.field("idempotent-replayed");
    answer.text = std::move(outcome.reply.body);
    if (auto body = json::read(answer.text, kCommandLineLimits)) answer.body = std::move(*body);
    return answer;
}

Answer Stage::ask(const std::string& who, const std::string& method, const std::string& path,
                  const std::string& body, std::vector<deliver::HttpField> fields) {
    deliver::HttpRequest request;
    request.method = method;
    request.url = gateway_url_ + path;
    request.fields = std::move(fields);
    if (!body.empty()) request.fields.push_back({"Content-Type", "application/json"});
    request.body = body;
    request.peer.organisation = "gateway";
    request.total_time = std::chrono::seconds{60};
    return send(*parties_.at(who).client, request);
}

Answer Stage::at_hospital(const std::string& hospital, const std::string& method,
                          const std::string& path, const std::string& body) {
    Party& party = parties_.at(hospital);
    deliver::HttpRequest request;
    request.method = method;
    request.url = party.url + path;
    if (!body.empty()) request.fields.push_back({"Content-Type", "application/json"});
    request.body = body;
    request.peer.fingerprint = party.files.sha256;
    request.total_time = std::chrono::seconds{60};
    request.reply_bytes = 16U << 20;
    return send(*party.client, request);
}

std::pair<int, std::string> Stage::run(const std::vector<std::string>& words) {
    auto process = ChildProcess::start(home_.program, words, folder_ / "commands.log");
    if (!process) return {-1, to_string(process.error())};
    auto said = process->read_all(kCommandTime);
    if (!said) return {-1, to_string(said.error())};
    const auto code = process->wait(kCommandTime);
    return {code ? *code : -1, std::move(*said)};
}

std::string Stage::hospital_url(const std::string& hospital) const {
    return parties_.at(hospital).url;
}

const fs::path& Stage::certificate_of(const std::string& who) const {
    return parties_.at(who).files.certificate;
}

int Stage::end_gateway() {
    const int code = gateway_ ? gateway_->stop() : 0;
    gateway_.reset();
    return code;
}

bool Stage::strike() {
    // The gateway first: what it still sends finds its hospital.
    bool clean = end_gateway() == 0;
    for (auto& [id, party] : parties_) {
        if (party.process) clean = party.process->stop() == 0 && clean;
        party.process.reset();
    }
    return clean;
}

}  // namespace tsunagi::app
