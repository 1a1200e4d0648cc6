#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/child_process.h"
#include "app/home.h"
#include "app/installation.h"
#include "crypto/random.h"
#include "deliver/curl_http_client.h"
#include "json/document.h"

namespace tsunagi::app {

/// What somebody got as an answer. Status 0: none.
struct Answer {
    int status = 0;
    std::string text;
    json::Document body;  ///< null when the answer is not JSON
    std::string replayed;

    json::Value root() const& noexcept { return body.root(); }
    json::Value root() const&& = delete;
};

/// The packets of the story as of today, and what fixtures/story.json says besides.
struct StoryScript {
    json::Document accepted, declined, without_consent;
    json::Document programme;  ///< the programme of the accepted packet
    std::chrono::minutes zone{0};
    std::vector<std::filesystem::path> registrations;
    std::string decided_by, decline_reason;
};
Result<StoryScript> read_script(const Home& home, Instant now);

/// Everything the story is played with: a fresh installation in a folder of its own, the gateway
/// and one simulated hospital for each destination as processes of this program, and a client with
/// a certificate for everybody who asks. Thread rule: one thread.
class Stage {
public:
    static Result<std::unique_ptr<Stage>> build(const Home& home, const StoryScript& script);
    ~Stage();
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    /// `who` asks the gateway: the id of a clinic or hospital, "auditor" or "operator".
    Answer ask(const std::string& who, const std::string& method, const std::string& path,
               const std::string& body = {}, std::vector<deliver::HttpField> fields = {});
    /// A person at the hospital uses its own system (simulate/README.md).
    Answer at_hospital(const std::string& hospital, const std::string& method,
                       const std::string& path, const std::string& body = {});

    /// Another command of this program: exit code and what it said.
    std::pair<int, std::string> run(const std::vector<std::string>& words);

    const std::filesystem::path& folder() const noexcept { return folder_; }
    const std::string& gateway_url() const noexcept { return gateway_url_; }
    std::string hospital_url(const std::string& hospital) const;
    const std::string& log_key() const noexcept { return installation_->log_key(); }
    const std::filesystem::path& certificate_of(const std::string& who) const;
    std::filesystem::path gateway_log() const { return folder_ / "gateway.log"; }
    std::filesystem::path authority() const { return installation_->authority(); }

    /// Ends the gateway by SIGTERM; gives its exit code.
    int end_gateway();
    /// Ends the processes. True when each ended by itself, with exit code 0.
    bool strike();
    /// The folder goes when the stage does.
    void leave_nothing() { keep_folder_ = false; }

private:
    struct Party {
        IssuedFiles files;
        std::unique_ptr<deliver::CurlHttpClient> client;
        std::string url;  ///< of a hospital's own system
        std::optional<ChildProcess> process;
    };

    Stage(const Home& home, std::filesystem::path folder)
        : home_(home), folder_(std::move(folder)) {}
    Status set_up(const StoryScript& script);
    Status add_party(const std::string& id, const crypto::CertificateRequest& request);
    Status start_gateway();
    Status start_hospital(const std::string& id);
    Status announce(const StoryScript& script, bool with_endpoints);
    Status reload_gateway();
    static Answer send(deliver::HttpClient& client, const deliver::HttpRequest& request);

    Home home_;
    std::filesystem::path folder_;
    bool keep_folder_ = true;
    SystemClock clock_;
    crypto::SystemRandom random_;
    std::optional<Installation> installation_;
    crypto::Digest gateway_client_{};
    std::map<std::string, Party> parties_;
    std::vector<std::string> clinics_, hospitals_;
    std::optional<ChildProcess> gateway_;
    std::string gateway_url_;
};

/// The organisation id of the clinic that wrote a packet.
std::string clinic_of(json::Value packet);

}  // namespace tsunagi::app
