#pragma once
#include <string>
#include <string_view>

#include "base/clock.h"
#include "serve/http.h"

namespace tsunagi::serve {

/// How the answer to one request goes on the wire.
struct WriteOptions {
    bool head_only = false;  ///< the request was HEAD: length, but no body
    bool keep_alive = true;
};

/// The bytes of `response`: status line, Date, Content-Length, `Cache-Control: no-store`,
/// `X-Content-Type-Options: nosniff`, `Content-Security-Policy: default-src 'none'` and the
/// response's own fields, which replace these by name. A field with a byte outside printable ASCII
/// is left out, so that no answer can be split.
std::string write_response(const Response& response, Instant now, const WriteOptions& options);

}  // namespace tsunagi::serve
