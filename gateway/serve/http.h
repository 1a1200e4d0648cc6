#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// HTTP/1.1 messages (RFC 9110, 9112) as plain values: routes are functions from Request to
/// Response and are tested without sockets.
namespace tsunagi::serve {

/// SHA-256 of a certificate in DER form: how a partner is known (access/directory.h).
using Fingerprint = std::array<std::uint8_t, 32>;

/// A header field or a query parameter.
struct Field {
    std::string name;
    std::string value;
    bool operator==(const Field&) const = default;
};

/// A request whose framing is already proven: the body is complete, every text is free of control
/// characters, field names are lower case.
struct Request {
    std::string method;             ///< upper case
    std::vector<std::string> path;  ///< decoded segments: "/fhir/Task" is {"fhir", "Task"}
    std::vector<Field> query;       ///< decoded, in the order sent; names may repeat
    std::vector<Field> fields;
    std::string body;
    std::optional<Fingerprint> peer;  ///< the client's certificate, verified against our CA

    /// The value of the (first) header field `name`, given in lower case; empty if absent.
    std::string_view field(std::string_view name) const&;
    std::string_view field(std::string_view name) const&& = delete;
    /// The value of the (first) query parameter `name`, or nothing.
    std::optional<std::string_view> parameter(std::string_view name) const&;
    std::optional<std::string_view> parameter(std::string_view name) const&& = delete;
};

/// What a route answers. Length, date, connection and security fields are added by the writer; a
/// field given here replaces the one of that name. Never put a word of the request into `fields`.
struct Response {
    int status = 200;
    std::string content_type;  ///< empty: no Content-Type
    std::string body;
    std::vector<Field> fields;
    bool close = false;  ///< end the connection after this answer
    /// Released when the bytes are written: what must not change while they leave
    /// (exchange/sends.h).
    std::shared_ptr<void> held = nullptr;

    /// The value of the field `name`, compared without case; empty if absent.
    std::string_view field(std::string_view name) const&;
    std::string_view field(std::string_view name) const&& = delete;
};

inline constexpr std::string_view kFhirJson = "application/fhir+json; charset=utf-8";
inline constexpr std::string_view kJson = "application/json; charset=utf-8";

/// Fills path and query from an origin-form target (RFC 9112 section 3.2.1). Error Invalid: not
/// origin-form, a bad escape, bytes that are not UTF-8, a control character, an escaped slash, a
/// segment that is empty (save a single "/"), "." or "..", over 64 parameters.
Status read_target(std::string_view target, Request& into);

/// A request as the reader would make it: for callers that have no socket (tests, the simulated
/// world). Field names are lowered.
Result<Request> make_request(std::string_view method, std::string_view target,
                             std::vector<Field> fields = {}, std::string body = {});

/// "Not Found" for 404; "Unknown" for a status this gateway does not send.
std::string_view reason_phrase(int status);

}  // namespace tsunagi::serve
