#include "serve/http.h"

#include <algorithm>

#include "json/reader.h"

namespace tsunagi::serve {
namespace {

constexpr std::size_t kMostParameters = 64;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// RFC 3986: pchar and "/" of the path, plus "?" in the query; "%" is checked by decode().
bool is_target_byte(char c) {
    constexpr std::string_view kMarks = "-._~!$&'()*+,;=:@/?%|";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
}

/// Decodes %XX (and "+" as space in a query). Nothing when an escape is broken, or when the result
/// is not UTF-8 or holds a control character.
std::optional<std::string> decode(std::string_view text, bool is_query) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        } else if (c == '+' && is_query) {
            c = ' ';
        }
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) return std::nullopt;
        out += c;
    }
    if (!json::is_utf8(out)) return std::nullopt;
    return out;
}

Error bad_target(const char* what) { return Error{Code::Invalid, what, "request target"}; }

Status read_path(std::string_view text, Request& into) {
    text.remove_prefix(1);
    while (!text.empty()) {
        const auto slash = text.find('/');
        const auto segment = decode(text.substr(0, slash), false);
        if (!segment) return bad_target("bad escape");
        if (segment->empty() || *segment == "." || *segment == ".." ||
            segment->find('/') != std::string::npos)
            return bad_target("ambiguous path segment");
        into.path.push_back(*segment);
        if (slash == std::string_view::npos) break;
        text.remove_prefix(slash + 1);
        if (text.empty()) return bad_target("empty path segment");
    }
    return {};
}

Status read_query(std::string_view text, Request& into) {
    while (!text.empty()) {
        const auto end = text.find('&');
        const auto part = text.substr(0, end);
        const auto equals = part.find('=');
        const auto name = decode(part.substr(0, equals), true);
        const auto value = equals == std::string_view::npos
                               ? std::optional<std::string>{std::string{}}
                               : decode(part.substr(equals + 1), true);
        if (!name || !value) return bad_target("bad escape");
        if (into.query.size() == kMostParameters) return bad_target("too many parameters");
        if (!part.empty()) into.query.push_back({*name, *value});
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return {};
}

}  // namespace

std::string_view Request::field(std::string_view name) const& {
    for (const auto& field : fields)
        if (field.name == name) return field.value;
    return {};
}

std::optional<std::string_view> Request::parameter(std::string_view name) const& {
    for (const auto& parameter : query)
        if (parameter.name == name) return parameter.value;
    return std::nullopt;
}

std::string_view Response::field(std::string_view name) const& {
    for (const auto& field : fields)
        if (same_name(field.name, name)) return field.value;
    return {};
}

Status read_target(std::string_view target, Request& into) {
    into.path.clear();
    into.query.clear();
    if (target.empty() || target.front() != '/') return bad_target("not in origin form");
    if (!std::all_of(target.begin(), target.end(), is_target_byte))
        return bad_target("byte not allowed in a target");
    const auto question = target.find('?');
    if (auto read = read_path(target.substr(0, question), into); !read) return read;
    if (question == std::string_view::npos) return {};
    return read_query(target.substr(question + 1), into);
}

Result<Request> make_request(std::string_view method, std::string_view target,
                             std::vector<Field> fields, std::string body) {
    Request request;
    request.method = method;
    if (auto read = read_target(target, request); !read) return read.error();
    request.fields = std::move(fields);
    for (auto& field : request.fields)
        std::transform(field.name.begin(), field.name.end(), field.name.begin(), lower);
    request.body = std::move(body);
    return request;
}

std::string_view reason_phrase(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 201:
            return "Created";
        case 202:
            return "Accepted";
        case 204:
            return "No Content";
        case 304:
            return "Not Modified";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 406:
            return "Not Acceptable";
        case 409:
            return "Conflict";
        case 410:
            return "Gone";
        case 412:
            return "Precondition Failed";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 417:
            return "Expectation Failed";
        case 422:
            return "Unprocessable Content";
        case 428:
            return "Precondition Required";
        case 429:
            return "Too Many Requests";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 503:
            return "Service Unavailable";
        case 504:
            return "Gateway Timeout";
        default:
            return "Unknown";
    }
}

}  // namespace tsunagi::serve
