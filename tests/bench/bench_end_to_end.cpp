// P12 and P13 of performance.md: `tsunagi serve` as it is installed, a simulated hospital, and
// eight clinics over mutual TLS with kept connections; from the clinic's POST to the hospital's
// answer, with receipt, scans, consent and log on. P12 is the pace beside raw SQLite rows. P13 is
// the gateway's processor time for one packet beside the sum of its parts, each measured alone.
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/RejectCertificateHandler.h>
#include <Poco/Net/SSLManager.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/StreamCopier.h>
#include <Poco/ThreadPool.h>
#include <curl/curl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "app/story_stage.h"
#include "bench/costs.h"
#include "bench/packet.h"
#include "json/reader.h"
#include "json/writer.h"
#include "privacy/rendition.h"
#include "support/test_gateway.h"

namespace tsunagi {
namespace {

namespace fs = std::filesystem;
using bench::Cost;
using bench::measure;

constexpr std::size_t kRounds = 6, kClinics = 8, kSubmitsOfEach = 20;
constexpr std::size_t kPackets = kClinics * kSubmitsOfEach;
constexpr double kPaceShip = 0.18, kGlueShip = 1.35;

template <class T>
T value(Result<T> result) {
    if (!result) throw std::runtime_error(to_string(result.error()));
    return std::move(*result);
}

/// A bare libcurl handle that keeps its connection.
class Client {
public:
    Client(const fs::path& certificate, const fs::path& authority) : easy_(curl_easy_init()) {
        fs::path key = certificate;
        key.replace_extension(".key");
        set(CURLOPT_SSLCERT, certificate.c_str());
        set(CURLOPT_SSLKEY, key.c_str());
        set(CURLOPT_CAINFO, authority.c_str());
        set(CURLOPT_POST, 1L);
        set(CURLOPT_TIMEOUT, 60L);
        set(CURLOPT_WRITEDATA, &reply_);
        set(CURLOPT_WRITEFUNCTION, static_cast<curl_write_callback>(
                                       [](char* data, std::size_t, std::size_t count, void* into) {
                                           static_cast<std::string*>(into)->append(data, count);
                                           return count;
                                       }));
    }
    ~Client() { curl_easy_cleanup(easy_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// The status; 0 when no answer came.
    long post(const std::string& url, const std::string& body, const std::string& key) {
        curl_slist* fields = curl_slist_append(nullptr, "Content-Type: application/json");
        fields = curl_slist_append(fields, "Expect:");
        fields = curl_slist_append(fields, ("Idempotency-Key: " + key).c_str());
        set(CURLOPT_URL, url.c_str());
        set(CURLOPT_HTTPHEADER, fields);
        set(CURLOPT_POSTFIELDS, body.data());
        set(CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
        reply_.clear();
        const CURLcode ended = curl_easy_perform(easy_);
        fault_ = curl_easy_strerror(ended);
        curl_slist_free_all(fields);
        long status = 0;
        curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
        return ended == CURLE_OK ? status : 0;
    }
    const std::string& reply() const { return reply_; }
    const std::string& fault() const { return fault_; }

private:
    template <class T>
    void set(CURLoption option, T value) {
        if (curl_easy_setopt(easy_, option, value) != CURLE_OK) throw std::runtime_error("curl");
    }
    CURL* easy_;
    std::string reply_, fault_;
};

/// The gateway, its hospital and its clinics.
class Scene {
public:
    Scene() {
        app::Home home = value(app::find_home(fs::path{TSUNAGI_SOURCE_DIR}));
        home.program = fs::path{TSUNAGI_BINARY_DIR} / "bin" / "tsunagi";
        const app::StoryScript script = value(app::read_script(home, SystemClock{}.now()));
        stage_ = value(app::Stage::build(home, script));
        packet_ = json::write(script.accepted.root());
        clinic_ = app::clinic_of(script.accepted.root());
        hospital_ = script.accepted.root()["destination"].text();
        gateway_ = gateway_process();
        for (std::size_t i = 0; i < kClinics; ++i)
            clients_.push_back(
                std::make_unique<Client>(stage_->certificate_of(clinic_), stage_->authority()));
        // What one packet adds to the log once it is delivered.
        const std::size_t before = log_entries();
        submit(*clients_.front());
        std::size_t last = before;
        for (int still = 0; still < 20;) {
            pause();
            const std::size_t now = log_entries();
            still = now == last ? still + 1 : 0;
            last = now;
        }
        entries_of_one_ = last - before;
    }
    ~Scene() { stage_->leave_nothing(); }

    /// Submits the packets and waits until the hospital has them all.
    Cost play() {
        const std::size_t goal = log_entries() + kPackets * entries_of_one_;
        const double processor = processor_of(gateway_);
        Cost cost = measure(kPackets, [&] {
            std::vector<std::jthread> threads;
            for (auto& client : clients_) {
                threads.emplace_back([&] {
                    for (std::size_t i = 0; i < kSubmitsOfEach; ++i) submit(*client);
                });
            }
            threads.clear();
            for (int round = 0; log_entries() < goal; ++round) {
                if (round > 20000) throw std::runtime_error("the deliveries do not end");
                pause();
            }
        });
        if (failed_ > 0) throw std::runtime_error("a submit was refused");
        cost.processor = (processor_of(gateway_) - processor) / static_cast<double>(kPackets);
        return cost;
    }

    /// Messages at the hospital, each of which took effect once.
    std::size_t delivered() {
        const auto answer = stage_->at_hospital(hospital_, "GET", "/simulator/deliveries");
        std::size_t count = 0;
        for (const json::Value row : answer.root()["deliveries"]) {
            if (row["effects"].text() != "1") throw std::runtime_error("a message came twice");
            ++count;
        }
        return count;
    }
    fs::path tls() const { return stage_->folder() / "gateway" / "tls"; }
    const std::string& packet() const { return packet_; }
    const std::string& answer() const { return clients_.front()->reply(); }
    std::size_t submitted() const { return next_key_; }

private:
    static void pause() { std::this_thread::sleep_for(std::chrono::milliseconds{10}); }

    void submit(Client& client) {
        const std::string key = "bench-" + std::to_string(++next_key_);
        if (client.post(stage_->gateway_url() + "/clinic/v1/referrals", packet_, key) != 201)
            ++failed_;
    }
    std::size_t log_entries() {
        const std::string text = stage_->ask("operator", "GET", "/metrics").text;
        const auto at = text.find("\ntsunagi_log_entries ");
        if (at == std::string::npos) throw std::runtime_error("no metrics");
        return std::stoul(text.substr(at + 21));
    }
    static pid_t gateway_process() {
        for (const auto& task : fs::directory_iterator("/proc/self/task")) {
            std::ifstream children(task.path() / "children");
            for (pid_t child = 0; children >> child;) {
                std::ifstream line("/proc/" + std::to_string(child) + "/cmdline");
                std::stringstream words;
                words << line.rdbuf();
                if (words.str().find(std::string_view{"\0serve\0", 7}) != std::string::npos)
                    return child;
            }
        }
        throw std::runtime_error("the gateway is not among our processes");
    }
    /// proc(5): fields 14 and 15, in ticks.
    static double processor_of(pid_t process) {
        std::ifstream file("/proc/" + std::to_string(process) + "/stat");
        std::string text;
        std::getline(file, text);
        std::istringstream fields(text.substr(text.rfind(')') + 2));
        std::string skipped;
        for (int i = 3; i < 14; ++i) fields >> skipped;
        double user = 0, system = 0;
        fields >> user >> system;
        return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
    }

    std::unique_ptr<app::Stage> stage_;
    std::string packet_, clinic_, hospital_;
    pid_t gateway_ = 0;
    std::vector<std::unique_ptr<Client>> clients_;
    std::size_t entries_of_one_ = 0;
    std::atomic<std::size_t> next_key_{0}, failed_{0};
};

/// Takes the body and answers with a text: nothing else that a server can do less of.
class BareHandler final : public Poco::Net::HTTPRequestHandler {
public:
    explicit BareHandler(const std::string& answer) : answer_(answer) {}
    void handleRequest(Poco::Net::HTTPServerRequest& request,
                       Poco::Net::HTTPServerResponse& response) override {
        std::string body;
        Poco::StreamCopier::copyToString(request.stream(), body);
        response.setStatus(Poco::Net::HTTPResponse::HTTP_CREATED);
        response.setContentType("application/json");
        response.sendBuffer(answer_.data(), answer_.size());
    }

private:
    const std::string& answer_;
};

class BareFactory final : public Poco::Net::HTTPRequestHandlerFactory {
public:
    explicit BareFactory(std::string answer) : answer_(std::move(answer)) {}
    Poco::Net::HTTPRequestHandler* createRequestHandler(
        const Poco::Net::HTTPServerRequest&) override {
        return new BareHandler(answer_);  // Poco deletes it
    }

private:
    std::string answer_;
};

double thread_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Processor seconds of one POST over a kept mutual TLS connection, each side alone.
struct Sides {
    double client = 0, server = 0;
};
Sides bare_post(const fs::path& tls, const std::string& body, const std::string& answer) {
    using namespace Poco::Net;
    constexpr std::size_t kPosts = 300;
    Context::Ptr context(new Context(Context::TLS_SERVER_USE, (tls / "server.key").string(),
                                     (tls / "server.pem").string(),
                                     (tls / "authority.pem").string(), Context::VERIFY_STRICT));
    // Poco would compare the client's address with the names in its certificate.
    context->enableExtendedCertificateVerification(false);
    SSLManager::instance().initializeServer(nullptr, new RejectCertificateHandler(true), context);
    SecureServerSocket socket(SocketAddress("127.0.0.1", 0), 64, context);
    HTTPServerParams::Ptr parameters(new HTTPServerParams);
    parameters->setMaxKeepAliveRequests(0);
    HTTPServer server(new BareFactory(answer), socket, parameters);
    server.start();
    const std::string url = "https://localhost:" + std::to_string(socket.address().port()) + "/";
    Client client(tls / "gateway.pem", tls / "authority.pem");
    if (client.post(url, body, "warm") != 201)
        throw std::runtime_error("the bare server is silent: " + client.fault());
    const double mine = thread_seconds(), both = bench::processor_seconds();
    for (std::size_t i = 0; i < kPosts; ++i) client.post(url, body, "k");
    Sides sides;
    sides.client = thread_seconds() - mine;
    sides.server = bench::processor_seconds() - both - sides.client;
    server.stopAll(true);
    sides.client /= kPosts;
    sides.server /= kPosts;
    return sides;
}

/// Translate with receipt, validate as a submit does.
Cost parts_of_fhir() {
    constexpr std::size_t kTimes = 100;
    const auto& validator = *support::artifacts().validator;
    const auto document = value(json::read(bench::translated(bench::packet())));
    return measure(kTimes, [&] {
        for (std::size_t i = 0; i < kTimes; ++i) {
            if (bench::translated(bench::packet()).empty() ||
                fhir::has_error(validator.validate(document.root(), {.warnings = false})))
                throw std::runtime_error("the Bundle is not valid");
        }
    });
}

/// What the gateway sends for the packet.
std::string offer_text() {
    const auto bundle = value(json::read(bench::translated(bench::packet())));
    const auto offer =
        value(privacy::Offer::build(bundle.root(), "7d9f0c52-4a0e-4f7c-9a35-0d9f7a1b2c3d",
                                    *support::artifacts().offer_rules, {}));
    const json::Document transaction = offer.transaction();
    return json::write(transaction.root());
}

struct Round {
    Cost row, packet;
};
template <class Read>
double median(const std::vector<Round>& rounds, Read read) {
    std::vector<double> values;
    for (const Round& round : rounds) values.push_back(read(round));
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

const char* verdict(bool met, bool calm) {
    return met ? (calm ? "met" : "NOT SHOWN (the machine was busy)") : "MISSED";
}

int run() {
    double load = 0;
    getloadavg(&load, 1);
    const bool calm = bench::is_calm(load);
    Scene scene;
    bench::raw_rows();
    std::vector<Round> rounds;
    for (std::size_t i = 0; i < kRounds; ++i) {
        Round round;
        round.row = bench::raw_rows();
        round.packet = scene.play();
        rounds.push_back(round);
        std::fprintf(stderr, "  %zu/%zu\n", i + 1, kRounds);
    }
    if (scene.delivered() != scene.submitted()) throw std::runtime_error("a packet did not arrive");
    const Cost fhir = parts_of_fhir();
    const Sides taken = bare_post(scene.tls(), scene.packet(), scene.answer());
    const Sides sent = bare_post(scene.tls(), offer_text(), "{}");

    const double row = median(rounds, [](const Round& r) { return r.row.processor; });
    const double packet = median(rounds, [](const Round& r) { return r.packet.processor; });
    const double sum = fhir.processor + row + taken.server + sent.client;
    std::printf("load average %.1f at the start on %u cores\n\n", load,
                std::max(1U, std::thread::hardware_concurrency()));
    std::printf("%-52s %8.3f ms wall\n", "raw row of 30 KB",
                1e3 * median(rounds, [](const Round& r) { return r.row.wall; }));
    std::printf("%-52s %8.3f ms wall\n", "a packet from eight clinics to the hospital's answer",
                1e3 * median(rounds, [](const Round& r) { return r.packet.wall; }));
    std::printf("%-52s %8.3f ms processor\n", "the gateway, for one packet", 1e3 * packet);
    std::printf("%-52s %8.3f ms processor\n", "  translate with receipt, validate",
                1e3 * fhir.processor);
    std::printf("%-52s %8.3f ms processor\n", "  raw row", 1e3 * row);
    std::printf("%-52s %8.3f ms processor\n", "  bare Poco takes the packet over TLS",
                1e3 * taken.server);
    std::printf("%-52s %8.3f ms processor\n", "  bare libcurl sends the offer over TLS",
                1e3 * sent.client);
    const double pace = median(rounds, [](const Round& r) { return r.row.wall / r.packet.wall; });
    const double glue = packet / sum;
    std::printf("\nP12  packets for each raw row  %.3fx  >= %.2fx  %s\n", pace, kPaceShip,
                verdict(pace >= kPaceShip, calm));
    std::printf("P13  gateway / sum of its parts  %.2fx  <= %.2fx  %s\n", glue, kGlueShip,
                verdict(glue <= kGlueShip, true));
    return pace >= kPaceShip && glue <= kGlueShip && calm ? 0 : 1;
}

}  // namespace
}  // namespace tsunagi

int main() {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    try {
        return tsunagi::run();
    } catch (const std::exception& fault) {
        std::fprintf(stderr, "bench_end_to_end: %s\n", fault.what());
        return 2;
    }
}
