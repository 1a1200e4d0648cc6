#include "serve/http_reader.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/basic_parser.hpp>
#include <limits>
#include <optional>

namespace tsunagi::serve {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

/// Scans the raw header block before any parser sees it. Fed byte by byte, so that a bad byte is
/// refused where it stands, not when the block ends.
class RawGuard {
public:
    enum class Verdict { More, Done, Bad };

    explicit RawGuard(const ReaderLimits& limits) : limits_(limits) {}

    Verdict take(char c) {
        if (++bytes_ > limits_.header_bytes) return Verdict::Bad;
        const auto byte = static_cast<unsigned char>(c);
        if (after_cr_) {
            if (c != '\n') return Verdict::Bad;
            after_cr_ = false;
            const bool empty = line_ == 0;
            line_ = 0;
            if (!empty) {
                ++lines_;
                return lines_ > limits_.fields + 1 ? Verdict::Bad : Verdict::More;
            }
            // RFC 9112 section 2.2 lets a server skip empty lines before a request; we do not.
            return lines_ == 0 ? Verdict::Bad : Verdict::Done;
        }
        if (c == '\r') {
            after_cr_ = true;
            return Verdict::More;
        }
        if (byte < 0x20 || byte >= 0x7f) return Verdict::Bad;
        if (c == ' ' && line_ == 0) return Verdict::Bad;  // a folded line, or no request line
        if (++line_ > limits_.line_bytes) return Verdict::Bad;
        return Verdict::More;
    }

private:
    const ReaderLimits& limits_;
    std::size_t bytes_ = 0;
    std::size_t line_ = 0;
    std::size_t lines_ = 0;
    bool after_cr_ = false;
};

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

bool is_host(std::string_view text) {
    return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
    });
}

/// Fields that mean one thing: two of them are two requests in one.
bool is_singleton(std::string_view name) {
    constexpr std::array<std::string_view, 12> kNames = {
        "host",     "content-length", "transfer-encoding", "content-type", "authorization",
        "if-match", "if-none-match",  "idempotency-key",   "expect",       "content-encoding",
        "prefer",   "x-request-id"};
    return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

/// How the body is framed, decided by the second guard.
struct Framing {
    bool chunked = false;
    std::uint64_t length = 0;
    bool keep_alive = true;
    bool expects_continue = false;
};

/// Boost.Beast's push parser with our storage. Chunk extensions and trailers stop it.
class Parser final : public http::basic_parser<true> {
public:
    Parser() {
        header_limit(1U << 20);  // RawGuard has bounded the block already
        // HttpReader bounds the body. Not boost::none: 1.74 compares that as "less than any
        // length".
        body_limit(std::numeric_limits<std::uint64_t>::max());
        eager(false);
    }

    Request request;
    std::string target;
    int version = 11;
    bool header_done = false;
    std::uint64_t announced = 0;   ///< chunk sizes so far
    std::uint64_t chunk_left = 0;  ///< bytes of the present chunk still to come
    std::uint64_t body_limit_bytes = 0;
    bool too_large = false;

private:
    using Text = beast::string_view;
    using ErrorCode = beast::error_code;

    void on_request_impl(http::verb, Text method, Text text, int number, ErrorCode&) override {
        request.method.assign(method.data(), method.size());
        target.assign(text.data(), text.size());
        version = number;
    }
    void on_response_impl(int, Text, int, ErrorCode& error) override {
        error = http::error::bad_version;
    }
    void on_field_impl(http::field, Text name, Text value, ErrorCode& error) override {
        if (header_done) {
            error = http::error::bad_field;  // a trailer
            return;
        }
        Field field{{name.data(), name.size()}, {value.data(), value.size()}};
        std::transform(field.name.begin(), field.name.end(), field.name.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        request.fields.push_back(std::move(field));
    }
    void on_header_impl(ErrorCode&) override { header_done = true; }
    void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
    std::size_t on_body_impl(Text bytes, ErrorCode&) override {
        request.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_chunk_header_impl(std::uint64_t size, Text extensions, ErrorCode& error) override {
        if (!extensions.empty()) {
            error = http::error::bad_chunk_extension;
            return;
        }
        if (size > body_limit_bytes - announced) {
            too_large = true;
            error = http::error::body_limit;
            return;
        }
        announced += size;
        chunk_left = size;
    }
    std::size_t on_chunk_body_impl(std::uint64_t, Text bytes, ErrorCode&) override {
        chunk_left -= bytes.size();
        request.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_finish_impl(ErrorCode&) override {}
};

/// The second guard: reads the fields Beast has split. Nothing when two readers could differ.
std::optional<Framing> judge(const Parser& parser, const ReaderLimits& limits, int& status) {
    const auto& request = parser.request;
    Framing framing;
    if (request.fields.size() > limits.fields) return std::nullopt;
    if (!std::all_of(request.method.begin(), request.method.end(),
                     [](char c) { return c >= 'A' && c <= 'Z'; }))
        return std::nullopt;
    for (const auto& field : request.fields) {
        if (!is_singleton(field.name)) continue;
        const auto count =
            std::count_if(request.fields.begin(), request.fields.end(),
                          [&](const Field& other) { return other.name == field.name; });
        if (count != 1) return std::nullopt;
    }
    if (!is_host(request.field("host"))) return std::nullopt;

    bool has_length = false;
    bool has_encoding = false;
    for (const auto& field : request.fields) {
        if (field.name == "content-length") {
            has_length = true;
            const auto& digits = field.value;
            if (digits.empty() || digits.size() > 18 ||
                !std::all_of(digits.begin(), digits.end(),
                             [](char c) { return c >= '0' && c <= '9'; }))
                return std::nullopt;
            framing.length = std::stoull(digits);
        } else if (field.name == "transfer-encoding") {
            has_encoding = true;
            if (field.value != "chunked" || parser.version != 11) return std::nullopt;
            framing.chunked = true;
        } else if (field.name == "expect") {
            if (!equals_ignoring_case(field.value, "100-continue")) {
                status = 417;
                return std::nullopt;
            }
            framing.expects_continue = parser.version == 11;
        }
    }
    if (has_length && has_encoding) return std::nullopt;
    const bool has_body = framing.chunked || framing.length > 0;
    // RFC 9110 section 9.3.1: content of a GET has no meaning; it is how requests are smuggled.
    if (has_body && (request.method == "GET" || request.method == "HEAD")) return std::nullopt;
    framing.keep_alive = parser.version == 11 && parser.keep_alive();
    framing.expects_continue = framing.expects_continue && has_body;
    return framing;
}

/// CR LF of the chunk before, 16 digits, CR LF, and the CR LF that ends the last one: 22 bytes.
constexpr std::size_t kLongestChunkLine = 32;

/// What follows the line of the last chunk (size 0); nothing while `bytes` begin with another line
/// or with part of one.
std::optional<std::string_view> behind_last_chunk(std::string_view bytes, bool after_chunk) {
    constexpr std::string_view kEnd = "\r\n";
    if (after_chunk) {
        if (!bytes.starts_with(kEnd)) return std::nullopt;
        bytes.remove_prefix(kEnd.size());
    }
    constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
    const auto digits = std::min(bytes.find_first_not_of(kDigits), bytes.size());
    const auto line = bytes.find(kEnd);
    if (digits == 0 || bytes.find_first_not_of('0') < digits || line == std::string_view::npos)
        return std::nullopt;
    return bytes.substr(line + kEnd.size());
}

}  // namespace

struct HttpReader::State {
    explicit State(const ReaderLimits& given) : limits(given) { reset(); }

    void reset() {
        guard.emplace(limits);
        parser.emplace();
        framing = {};
        phase = Phase::Header;
        body_limit = limits.body_bytes;
        scanned = 0;
    }

    Event refuse(int status) {
        phase = Phase::Refused;
        refusal = status;
        buffer.clear();
        offset = 0;
        return Event::Refused;
    }

    std::string_view rest() const { return std::string_view{buffer}.substr(offset); }

    Event read_header() {
        const auto bytes = rest();
        while (scanned < bytes.size()) {
            const auto verdict = guard->take(bytes[scanned++]);
            if (verdict == RawGuard::Verdict::Bad) return refuse(400);
            if (verdict == RawGuard::Verdict::Done) return parse_header(bytes.substr(0, scanned));
        }
        return Event::NeedMore;
    }

    Event parse_header(std::string_view block) {
        beast::error_code error;
        const auto used = parser->put({block.data(), block.size()}, error);
        if (error || used != block.size() || !parser->header_done) return refuse(400);
        int status = 400;
        const auto judged = judge(*parser, limits, status);
        if (!judged) return refuse(status);
        if (!read_target(parser->target, parser->request)) return refuse(400);
        framing = *judged;
        offset += used;
        phase = Phase::Head;
        return Event::Head;
    }

    Event read_body() {
        if (framing.length > body_limit) return refuse(413);
        parser->body_limit_bytes = body_limit;
        while (!parser->is_done()) {
            auto bytes = rest();
            if (bytes.empty()) return Event::NeedMore;
            // A chunk line must be whole within a window of fixed size, however the bytes arrive.
            const bool chunk_line = framing.chunked && parser->chunk_left == 0;
            if (chunk_line) {
                bytes = bytes.substr(0, kLongestChunkLine);
                // Beast 1.74 asserts when the last chunk of an empty body comes in pieces: it gets
                // the line and the empty line behind it at once. A trailer is refused anyway.
                if (const auto behind = behind_last_chunk(bytes, parser->announced > 0)) {
                    if (!std::string_view{"\r\n"}.starts_with(behind->substr(0, 2)))
                        return refuse(400);
                    if (behind->size() < 2)
                        return bytes.size() == kLongestChunkLine ? refuse(400) : Event::NeedMore;
                }
            }
            beast::error_code error;
            const auto used = parser->put({bytes.data(), bytes.size()}, error);
            offset += used;
            if (error == http::error::need_more) {
                if (bytes.size() == kLongestChunkLine && chunk_line) return refuse(400);
                return Event::NeedMore;
            }
            if (error) return refuse(parser->too_large ? 413 : 400);
        }
        phase = Phase::Complete;
        return Event::Complete;
    }

    enum class Phase { Header, Head, Body, Complete, Refused };

    const ReaderLimits limits;
    std::string buffer;
    std::size_t offset = 0;   ///< bytes of `buffer` already used
    std::size_t scanned = 0;  ///< bytes behind `offset` that the raw guard has seen
    std::optional<RawGuard> guard;
    std::optional<Parser> parser;
    Framing framing;
    Phase phase = Phase::Header;
    std::size_t body_limit = 0;
    int refusal = 400;
};

HttpReader::HttpReader(const ReaderLimits& limits) : state_(std::make_unique<State>(limits)) {}
HttpReader::~HttpReader() = default;

void HttpReader::append(std::string_view bytes) {
    auto& s = *state_;
    if (s.phase == State::Phase::Refused) return;
    if (s.offset > 0) {
        s.buffer.erase(0, s.offset);
        s.offset = 0;
    }
    s.buffer.append(bytes);
}

HttpReader::Event HttpReader::next() {
    auto& s = *state_;
    using Phase = State::Phase;
    if (s.phase == Phase::Refused) return Event::Refused;
    if (s.phase == Phase::Complete) return Event::Complete;
    if (s.phase == Phase::Header) return s.read_header();
    s.phase = Phase::Body;
    return s.read_body();
}

HttpReader::Event HttpReader::end() {
    auto& s = *state_;
    if (s.phase == State::Phase::Complete || s.phase == State::Phase::Refused) return next();
    if (idle()) return Event::NeedMore;
    return s.refuse(400);
}

Request& HttpReader::head() { return state_->parser->request; }
void HttpReader::set_body_limit(std::size_t bytes) { state_->body_limit = bytes; }

bool HttpReader::expects_continue() const {
    const auto& s = *state_;
    return s.framing.expects_continue && s.framing.length <= s.body_limit && s.rest().empty() &&
           body_bytes() == 0;
}

bool HttpReader::body_pending() const {
    const auto& s = *state_;
    return (s.phase == State::Phase::Head || s.phase == State::Phase::Body) && !s.parser->is_done();
}

bool HttpReader::keep_alive() const { return state_->framing.keep_alive; }
std::uint64_t HttpReader::body_bytes() const { return state_->parser->request.body.size(); }

bool HttpReader::idle() const {
    return state_->phase == State::Phase::Header && state_->rest().empty();
}

Request HttpReader::take() {
    auto& s = *state_;
    Request request = std::move(s.parser->request);
    s.reset();
    return request;
}

int HttpReader::refusal() const { return state_->refusal; }

}  // namespace tsunagi::serve
