// Borders do not depend on how the bytes arrive; what is accepted is within its limits, free of
// control bytes, and means the same when it is written plainly and read again; a refusal is final.
#include <algorithm>
#include <string>
#include <vector>

#include "fuzz/property.h"
#include "serve/http_reader.h"

namespace {

using namespace tsunagi::serve;
using Event = HttpReader::Event;
using tsunagi::fuzz::require;

constexpr std::size_t kBodyLimit = 4096;

/// What a connection would do with a stream.
struct Played {
    std::vector<Request> requests;
    int refusal = 0;  ///< 0: none
};

Played play(std::string_view bytes, std::size_t piece) {
    HttpReader reader;
    Played played;
    const auto answer_all = [&] {
        for (;;) {
            switch (reader.next()) {
                case Event::NeedMore:
                    return true;
                case Event::Head:
                    reader.set_body_limit(kBodyLimit);
                    break;
                case Event::Complete: {
                    const bool keep = reader.keep_alive();
                    played.requests.push_back(reader.take());
                    if (!keep) return false;
                    break;
                }
                case Event::Refused:
                    played.refusal = reader.refusal();
                    reader.append("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                    require(reader.next() == Event::Refused, "a refusal is final");
                    return false;
            }
        }
    };
    while (!bytes.empty()) {
        const auto size = std::min(piece, bytes.size());
        reader.append(bytes.substr(0, size));
        bytes.remove_prefix(size);
        if (!answer_all()) return played;
    }
    if (reader.end() == Event::Refused) played.refusal = reader.refusal();
    return played;
}

bool is_control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
}

bool is_clean(std::string_view text) { return std::none_of(text.begin(), text.end(), is_control); }

bool frames(const Field& field) {
    return field.name == "content-length" || field.name == "transfer-encoding";
}

std::string escaped(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += kDigits[byte >> 4U];
        out += kDigits[byte & 15U];
    }
    return out;
}

std::string written(const Request& request) {
    std::string target;
    for (const auto& segment : request.path) target += "/" + escaped(segment);
    if (target.empty()) target = "/";
    char mark = '?';
    for (const auto& [name, value] : request.query) {
        target += mark + escaped(name) + "=" + escaped(value);
        mark = '&';
    }
    std::string out = request.method + " " + target + " HTTP/1.1\r\n";
    for (const auto& field : request.fields) {
        if (!frames(field)) out += field.name + ": " + field.value + "\r\n";
    }
    if (!request.body.empty())
        out += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    return out + "\r\n" + request.body;
}

std::vector<Field> told(const Request& request) {
    std::vector<Field> fields = request.fields;
    std::erase_if(fields, frames);
    return fields;
}

void judge(const Request& request) {
    require(request.body.size() <= kBodyLimit, "a body is within the admitted limit");
    require(is_clean(request.method), "a method has no control byte");
    for (const auto& segment : request.path)
        require(is_clean(segment) && !segment.empty() && segment != "." && segment != ".." &&
                    segment.find('/') == std::string::npos,
                "a path segment names one thing");
    for (const auto& [name, value] : request.query)
        require(is_clean(name) && is_clean(value), "a parameter has no control byte");
    for (const auto& [name, value] : request.fields)
        require(
            !name.empty() && is_clean(name) && is_clean(value) &&
                std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }),
            "a field is lower case and has no control byte");

    const std::string plain = written(request);
    // Escapes take three bytes: the plain form of a long target may exceed the limit of a line.
    if (plain.size() - request.body.size() > ReaderLimits{}.line_bytes) return;
    const auto again = play(plain, plain.size());
    require(again.refusal == 0 && again.requests.size() == 1, "the plain form is one request");
    const auto& read = again.requests.front();
    require(read.method == request.method && read.path == request.path &&
                read.query == request.query && read.body == request.body &&
                told(read) == told(request),
            "the plain form means the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = tsunagi::fuzz::as_text(data, size);
    const auto whole = play(bytes, bytes.size());
    require(
        whole.refusal == 0 || whole.refusal == 400 || whole.refusal == 413 || whole.refusal == 417,
        "a refusal has one of three statuses");
    for (const std::size_t piece : {std::size_t{1}, 2 + size % 7}) {
        const auto cut = play(bytes, piece);
        require(cut.refusal == whole.refusal && cut.requests.size() == whole.requests.size(),
                "the same requests however the stream is cut");
        for (std::size_t i = 0; i < cut.requests.size(); ++i) {
            const auto& a = whole.requests[i];
            const auto& b = cut.requests[i];
            require(a.method == b.method && a.path == b.path && a.query == b.query &&
                        a.fields == b.fields && a.body == b.body,
                    "the same bytes in each request however the stream is cut");
        }
    }
    for (const auto& request : whole.requests) judge(request);
    return 0;
}
