#include <charconv>
#include <optional>
#include <ostream>
#include <thread>

#include "app/command.h"
#include "app/files.h"
#include "app/signals.h"
#include "base/bytes.h"
#include "deliver/curl_http_client.h"
#include "serve/server.h"
#include "simulate/hospital.h"

namespace tsunagi::app {
namespace {

std::optional<std::uint16_t> port_of(const std::string& text) {
    std::uint16_t port = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (fault != std::errc{} || end != text.data() + text.size()) return {};
    return port;
}

std::optional<serve::Fingerprint> fingerprint_of(const std::string& hex) {
    const auto bytes = from_hex(hex);
    serve::Fingerprint print{};
    if (!bytes || bytes->size() != print.size()) return {};
    std::copy(bytes->begin(), bytes->end(), print.begin());
    return print;
}

int run(const Arguments& arguments, Io& io) {
    const auto port = port_of(arguments.value("port", "0"));
    if (!port) return could_not_run(io, {"--port は 0 から 65535 です。", "--port is 0 to 65535"});
    simulate::HospitalOptions options;
    options.organisation = arguments.value("organisation");
    options.gateway_url = arguments.value("gateway");
    options.gateway.organisation = "gateway";
    if (arguments.has("gateway-client")) {
        options.gateway_client = fingerprint_of(arguments.value("gateway-client"));
        if (!options.gateway_client) {
            return could_not_run(io, {"--gateway-client は SHA-256（16進64桁）です。",
                                      "--gateway-client is a SHA-256 in 64 hexadecimal digits"});
        }
    }
    const LifeCycleSignals signals;
    const SystemClock clock;
    const std::string certificate = arguments.value("certificate"), key = arguments.value("key"),
                      authority = arguments.value("authority");
    deliver::CurlHttpClient client({certificate, key, authority});
    simulate::Hospital hospital(options, clock, client,
                                [](auto pause) { std::this_thread::sleep_for(pause); });
    serve::ServerOptions server_options;
    server_options.address = arguments.value("address", "127.0.0.1");
    server_options.port = *port;
    server_options.tls = {certificate, key, authority};
    server_options.connections = 64;
    const auto server = serve::Server::start(server_options, hospital, clock);
    if (!server) {
        return could_not_run(io, {"起動できません。", "cannot start"}, server.error());
    }
    io.out << "https://" << server_options.address << ":" << (*server)->port() << std::endl;
    (void)signals.wait();
    (*server)->stop();
    return kDone;
}

}  // namespace

Command simulate_hospital_command() {
    using Count = OptionSpec::Count;
    return {
        "simulate hospital",
        "",
        0,
        0,
        "話し相手の病院（模擬の電子カルテ）を動かす。",
        "Runs a hospital to talk to: a simulated EHR with a FHIR endpoint.",
        {{"organisation", "ID", "病院の識別子", "the hospital's id in the directory",
          Count::Required},
         {"gateway", "URL", "ゲートウェイのFHIRの入口", "FHIR base of the gateway",
          Count::Required},
         {"certificate", "FILE", "病院の証明書", "the hospital's certificate", Count::Required},
         {"key", "FILE", "病院の秘密鍵", "the hospital's key", Count::Required},
         {"authority", "FILE", "認証局", "the authority", Count::Required},
         {"gateway-client", "SHA256", "この証明書のほかは /fhir に書けない",
          "only this certificate may write to /fhir"},
         {"address", "IP", "待ち受けるアドレス", "address to listen on"},
         {"port", "PORT", "待ち受けるポート（0: 空き）", "port to listen on (0: any free one)"}},
        run};
}

}  // namespace tsunagi::app
