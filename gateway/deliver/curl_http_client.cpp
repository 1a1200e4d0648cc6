#include "deliver/curl_http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

#include "base/bytes.h"

namespace tsunagi::deliver {
namespace {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* pointer) const noexcept {
        Free(pointer);
    }
};
using Easy = std::unique_ptr<CURL, Freed<curl_easy_cleanup>>;
using FieldList = std::unique_ptr<curl_slist, Freed<curl_slist_free_all>>;

constexpr std::size_t kReplyHeadBytes = 64U << 10;
/// More destinations than a directory has: the rest starts anew.
constexpr std::size_t kDestinations = 512;
/// However busy a kept connection is: then the peer proves itself anew (security.md A5: 60 s).
constexpr long kConnectionSeconds = 30;

/// A handle and the peer its connections have proven. The peer is declared first: it outlives the
/// handle, which points to it.
struct Destination {
    crypto::ExpectedPeer peer;
    Easy easy;
};

/// What the callbacks of one send write to.
struct Exchange {
    const HttpRequest* request = nullptr;
    const std::atomic<bool>* interrupted = nullptr;
    HttpReply reply;
    std::size_t head_bytes = 0;
    bool too_large = false;
    bool held_back = false;
    bool begun = false;     ///< libcurl was let write the request
    bool repeated = false;  ///< and wanted to once more
};

std::size_t take_body(char* data, std::size_t, std::size_t count, void* into) noexcept {
    auto& exchange = *static_cast<Exchange*>(into);
    auto& body = exchange.reply.body;
    if (count > exchange.request->reply_bytes - body.size()) {
        exchange.too_large = true;
        return 0;  // curl reports CURLE_WRITE_ERROR
    }
    try {
        body.append(data, count);
    } catch (...) {
        return 0;
    }
    return count;
}

/// One header line, with CR LF. A status line starts a new head: after "100 Continue" for one.
std::size_t take_head(char* data, std::size_t, std::size_t count, void* into) noexcept {
    auto& exchange = *static_cast<Exchange*>(into);
    exchange.head_bytes += count;
    if (exchange.head_bytes > kReplyHeadBytes) {
        exchange.too_large = true;
        return 0;
    }
    try {
        std::string_view line{data, count};
        while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
        if (line.starts_with("HTTP/")) {
            exchange.reply.fields.clear();
            return count;
        }
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) return count;
        HttpField field{std::string{line.substr(0, colon)}, {}};
        std::transform(field.name.begin(), field.name.end(), field.name.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        auto value = line.substr(colon + 1);
        while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
        while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
        field.value = value;
        exchange.reply.fields.push_back(std::move(field));
    } catch (...) {
        return 0;
    }
    return count;
}

int watch(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
    return *static_cast<Exchange*>(context)->interrupted ? 1 : 0;
}

/// libcurl asks before each writing of a request. When a kept connection dies before the first byte
/// of the answer it would write the same request again on another one: only a GET may.
int before_request(void* context, char*, char*, int, int) noexcept {
    auto& exchange = *static_cast<Exchange*>(context);
    const auto& may_send = exchange.request->may_send;
    if (exchange.begun && exchange.request->method != "GET") {
        exchange.repeated = true;
        return CURL_PREREQFUNC_ABORT;
    }
    try {
        if (!*exchange.interrupted && (!may_send || may_send())) {
            exchange.begun = true;
            return CURL_PREREQFUNC_OK;
        }
    } catch (...) {
        // Could not decide: then it is not sent.
    }
    exchange.held_back = true;
    return CURL_PREREQFUNC_ABORT;
}

CURLcode set_peer(CURL*, void* ssl_ctx, void* peer) noexcept {
    crypto::expect_peer(ssl_ctx, *static_cast<const crypto::ExpectedPeer*>(peer));
    return CURLE_OK;
}

bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool is_well_formed(const HttpRequest& request) {
    if (!request.url.starts_with("https://") || !is_printable(request.url) ||
        request.url.find_first_of(" @#\\") != std::string::npos)
        return false;
    if (request.method != "GET" && request.method != "POST" && request.method != "PUT")
        return false;
    return std::all_of(request.fields.begin(), request.fields.end(), [](const HttpField& field) {
        return !field.name.empty() && is_printable(field.name) && is_printable(field.value) &&
               field.name.find_first_of(": ") == std::string::npos;
    });
}

/// Scheme, host and port of the URL with the peer expected there.
std::string destination_of(const HttpRequest& request) {
    constexpr std::string_view kScheme = "https://";
    std::string key = request.url.substr(0, request.url.find_first_of("/?", kScheme.size()));
    key += ' ';
    if (request.peer.fingerprint) key += to_hex(*request.peer.fingerprint);
    return key + ' ' + request.peer.organisation;
}

std::string reason_of(CURLcode code, const Exchange& exchange) {
    if (exchange.held_back) return "held-back";
    if (exchange.repeated) return "connection-lost";
    if (exchange.too_large) return "reply-too-large";
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
            return "resolve";
        case CURLE_COULDNT_CONNECT:
            return "connect";
        case CURLE_PEER_FAILED_VERIFICATION:
            return "peer";
        case CURLE_SSL_CONNECT_ERROR:
            return "tls";
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CACERT_BADFILE:
            return "certificate-file";
        case CURLE_OPERATION_TIMEDOUT:
            return "timeout";
        case CURLE_ABORTED_BY_CALLBACK:
            return "interrupted";
        case CURLE_GOT_NOTHING:
            return "no-reply";
        case CURLE_PARTIAL_FILE:
        case CURLE_RECV_ERROR:
        case CURLE_SEND_ERROR:
            return "connection-lost";
        default:
            return "transfer";
    }
}

}  // namespace

std::string_view HttpReply::field(std::string_view name) const& {
    for (const auto& field : fields)
        if (field.name == name) return field.value;
    return {};
}

struct CurlHttpClient::State {
    ClientTls tls;
    std::atomic<bool> interrupted{false};
    std::map<std::string, Destination> destinations;

    /// The handle for the request's destination, with every option of this request set.
    Destination* destination(const HttpRequest& request) {
        const auto key = destination_of(request);
        auto found = destinations.find(key);
        if (found == destinations.end()) {
            if (destinations.size() >= kDestinations) destinations.clear();
            Easy easy{curl_easy_init()};
            if (easy == nullptr) return nullptr;
            found = destinations.try_emplace(key).first;
            found->second.peer = request.peer;
            found->second.easy = std::move(easy);
        }
        return &found->second;
    }

    void prepare(CURL* easy, Destination& destination, const HttpRequest& request,
                 Exchange& exchange, curl_slist* fields) const {
        curl_easy_reset(easy);  // keeps the connections
        const auto set = [easy](CURLoption option, auto value) {
            curl_easy_setopt(easy, option, value);
        };
        set(CURLOPT_URL, request.url.c_str());
        set(CURLOPT_PROTOCOLS_STR, "https");
        set(CURLOPT_FOLLOWLOCATION, 0L);
        set(CURLOPT_PROXY, "");  // not that of the environment
        set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
        set(CURLOPT_PATH_AS_IS, 1L);
        set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_time.count()));
        set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.total_time.count()));
        set(CURLOPT_MAXCONNECTS, 1L);
        set(CURLOPT_MAXLIFETIME_CONN, kConnectionSeconds);

        set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        set(CURLOPT_SSLCERT, tls.certificate.c_str());
        set(CURLOPT_SSLKEY, tls.key.c_str());
        set(CURLOPT_CAINFO, tls.authority.c_str());
        set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
        set(CURLOPT_SSL_VERIFYPEER, 1L);
        set(CURLOPT_SSL_VERIFYHOST, 2L);
        set(CURLOPT_SSL_SESSIONID_CACHE, 0L);  // a resumed session would not show its certificate
        set(CURLOPT_SSL_CTX_FUNCTION, set_peer);
        set(CURLOPT_SSL_CTX_DATA, static_cast<void*>(&destination.peer));

        set(CURLOPT_WRITEFUNCTION, take_body);
        set(CURLOPT_WRITEDATA, static_cast<void*>(&exchange));
        set(CURLOPT_HEADERFUNCTION, take_head);
        set(CURLOPT_HEADERDATA, static_cast<void*>(&exchange));
        set(CURLOPT_NOPROGRESS, 0L);
        set(CURLOPT_XFERINFOFUNCTION, watch);
        set(CURLOPT_XFERINFODATA, static_cast<void*>(&exchange));
        set(CURLOPT_PREREQFUNCTION, before_request);
        set(CURLOPT_PREREQDATA, static_cast<void*>(&exchange));
        set(CURLOPT_HTTPHEADER, fields);

        if (request.method == "GET") {
            set(CURLOPT_HTTPGET, 1L);
            return;
        }
        set(CURLOPT_POST, 1L);
        set(CURLOPT_POSTFIELDS, request.body.c_str());  // borrowed: `request` outlives the send
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
        set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
};

CurlHttpClient::CurlHttpClient(ClientTls tls) : state_(std::make_unique<State>()) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    state_->tls = std::move(tls);
}

CurlHttpClient::~CurlHttpClient() = default;

void CurlHttpClient::reload() { state_->destinations.clear(); }
void CurlHttpClient::interrupt() { state_->interrupted = true; }

HttpOutcome CurlHttpClient::send(const HttpRequest& request) {
    HttpOutcome outcome;
    outcome.reason = "malformed-request";
    if (!is_well_formed(request)) return outcome;
    outcome.reason = "no-memory";
    Destination* destination = state_->destination(request);
    if (destination == nullptr) return outcome;

    FieldList fields;
    const auto add = [&](const std::string& line) {
        curl_slist* longer = curl_slist_append(fields.get(), line.c_str());
        if (longer == nullptr) return false;
        (void)fields.release();
        fields.reset(longer);
        return true;
    };
    // Without it libcurl waits a second for "100 Continue" before a body over 1 MB.
    bool complete = add("Expect:");
    for (const auto& field : request.fields)
        complete = complete && add(field.name + ": " + field.value);
    if (!complete) return outcome;

    Exchange exchange;
    exchange.request = &request;
    exchange.interrupted = &state_->interrupted;
    CURL* easy = destination->easy.get();
    state_->prepare(easy, *destination, request, exchange, fields.get());
    const CURLcode code = curl_easy_perform(easy);
    long status = 0;
    long request_bytes = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    if (code == CURLE_OK) {
        outcome.kind = HttpOutcome::Kind::Replied;
        outcome.reason.clear();
        outcome.reply = std::move(exchange.reply);
        outcome.reply.status = static_cast<int>(status);
        return outcome;
    }
    const bool may_have_left = request_bytes > 0 || exchange.repeated;
    outcome.kind = may_have_left ? HttpOutcome::Kind::Unknown : HttpOutcome::Kind::NotSent;
    outcome.reason = reason_of(code, exchange);
    return outcome;
}

}  // namespace tsunagi::deliver
