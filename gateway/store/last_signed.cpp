#include "store/last_signed.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <sstream>

namespace tsunagi::store {
namespace {

Error cannot(const char* what, const std::filesystem::path& path) {
    return {Code::Unavailable, std::string{"cannot "} + what + " the last signed checkpoint",
            path.string()};
}

class Descriptor {
public:
    Descriptor(const std::filesystem::path& path, int flags)
        : number_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    bool write(std::string_view text) const {
        while (!text.empty()) {
            const ssize_t size = ::write(number_, text.data(), text.size());
            if (size < 0 && errno == EINTR) continue;
            if (size <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(size));
        }
        return true;
    }
    bool sync() const { return number_ >= 0 && ::fsync(number_) == 0; }
    explicit operator bool() const { return number_ >= 0; }

private:
    int number_;
};

}  // namespace

Result<std::optional<std::string>> LastSignedFile::load() {
    std::error_code failed;
    if (!std::filesystem::exists(path_, failed)) {
        if (failed) return cannot("look for", path_);
        return std::optional<std::string>{};
    }
    std::ifstream in{path_, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    if (!in || !text) return cannot("read", path_);
    return std::optional<std::string>{std::move(text).str()};
}

Status LastSignedFile::save(std::string_view checkpoint) {
    std::filesystem::path fresh = path_;
    fresh += ".new";
    {
        const Descriptor file{fresh, O_WRONLY | O_CREAT | O_TRUNC};
        if (!file || !file.write(checkpoint) || !file.sync()) return cannot("write", fresh);
    }
    std::error_code failed;
    std::filesystem::rename(fresh, path_, failed);
    if (failed) return cannot("replace", path_);
    const std::filesystem::path folder = path_.has_parent_path() ? path_.parent_path() : ".";
    if (!Descriptor{folder, O_RDONLY | O_DIRECTORY}.sync()) return cannot("replace", path_);
    return {};
}

}  // namespace tsunagi::store
