#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "serve/http.h"

namespace tsunagi::serve {

/// What one request may cost.
struct ReaderLimits {
    std::size_t header_bytes = 16U << 10;  ///< request line and all fields
    std::size_t line_bytes = 8U << 10;     ///< one line of them
    std::size_t fields = 64;
    std::size_t body_bytes = 10U << 20;  ///< unless the handler admits less or more
};

/// Frames HTTP/1.1 requests out of a byte stream, strictly: whatever two readers could understand
/// differently is refused (architecture.md section 4). A pure function of the bytes: no socket, no
/// clock; how the stream was cut into pieces makes no difference.
///
/// A guard scans the raw header block (every line ends in CR LF; no fold, control or 8-bit byte;
/// limits), Boost.Beast tokenizes it, a second guard reads the fields: one Host, one digits-only
/// Content-Length or Transfer-Encoding exactly `chunked` on HTTP/1.1, never both. Chunk extensions
/// and trailers are refused. After Refused nothing more is read: answer and close.
///
/// Thread rule: one thread.
class HttpReader {
public:
    enum class Event {
        NeedMore,  ///< append() more bytes
        Head,      ///< the header block is complete; head() is filled. Comes once a request
        Complete,  ///< take() the request
        Refused,   ///< refusal() holds the status; the connection must end
    };

    explicit HttpReader(const ReaderLimits& limits = {});
    ~HttpReader();
    HttpReader(const HttpReader&) = delete;
    HttpReader& operator=(const HttpReader&) = delete;

    void append(std::string_view bytes);
    /// The next event of the bytes so far. The same answer again until append, take or end.
    Event next();
    /// The peer sends no more: Refused in the middle of a request, NeedMore between two.
    Event end();

    /// Method, path, query and fields, from Head until take(). What the caller adds stays in it.
    Request& head();
    /// Between Head and Complete: the most this body may have. Over it: Refused with 413.
    void set_body_limit(std::size_t bytes);
    /// The client waits for "100 Continue" (RFC 9110 section 10.1.1): it has sent no body byte yet,
    /// and what it announced is within the limit.
    bool expects_continue() const;
    /// From Head: the request has a body, of which something is still to come.
    bool body_pending() const;
    /// From Head: HTTP/1.1 without "Connection: close".
    bool keep_alive() const;
    /// Body bytes of the present request so far.
    std::uint64_t body_bytes() const;
    /// No byte of a request has been seen since the start or the last take().
    bool idle() const;

    /// After Complete: the request; the reader turns to the bytes behind it.
    Request take();
    /// After Refused: 400, 413 (body too large) or 417 (unknown Expect).
    int refusal() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tsunagi::serve
