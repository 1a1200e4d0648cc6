#include "app/files.h"

#include <fstream>
#include <iterator>
#include <system_error>

#include "json/reader.h"

namespace tsunagi::app {
namespace {

namespace fs = std::filesystem;

Result<std::string> read_stream(std::istream& in, std::size_t max_bytes, const std::string& name) {
    std::string text;
    char piece[1U << 16];
    while (in.read(piece, sizeof piece) || in.gcount() > 0) {
        text.append(piece, static_cast<std::size_t>(in.gcount()));
        if (text.size() > max_bytes) return Error{Code::Invalid, "the file is too large", name};
    }
    if (in.bad()) return Error{Code::Unavailable, "cannot be read", name};
    return text;
}

}  // namespace

Result<std::string> read_file(const fs::path& path, std::size_t max_bytes) {
    std::error_code ignored;
    if (!fs::exists(path, ignored)) return Error{Code::NotFound, "no such file", path.string()};
    if (fs::is_directory(path, ignored)) return Error{Code::Invalid, "is a folder", path.string()};
    std::ifstream in(path, std::ios::binary);
    if (!in) return Error{Code::Unavailable, "cannot be opened", path.string()};
    return read_stream(in, max_bytes, path.string());
}

Result<std::string> read_operand(const std::string& operand, std::istream& in) {
    if (operand == "-") return read_stream(in, kCommandLineLimits.max_bytes, "standard input");
    return read_file(operand);
}

Result<json::Document> read_json(const fs::path& path) {
    auto text = read_file(path);
    if (!text) return text.error();
    auto document = json::read(*text, kCommandLineLimits);
    if (!document) {
        return Error{document.error().code, document.error().message,
                     path.string() + " " + document.error().where};
    }
    return document;
}

Status write_file(const fs::path& path, std::string_view text) {
    fs::path beside = path;
    beside += ".part";
    {
        std::ofstream out(beside, std::ios::binary | std::ios::trunc);
        out.write(text.data(), static_cast<std::streamsize>(text.size()));
        out.flush();
        if (!out) return Error{Code::Unavailable, "cannot be written", path.string()};
    }
    std::error_code fault;
    fs::rename(beside, path, fault);
    if (fault) return Error{Code::Unavailable, "cannot be written", path.string()};
    return {};
}

}  // namespace tsunagi::app
