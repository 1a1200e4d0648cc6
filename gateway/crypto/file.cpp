#include "crypto/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace tsunagi::crypto {

File::~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

File open_file(const std::filesystem::path& path, int flags) {
    return File{::open(path.c_str(), flags | O_CLOEXEC, S_IRUSR | S_IWUSR)};
}

std::optional<std::size_t> read_at(const File& file, char* into, std::size_t size, off_t offset) {
    std::size_t done = 0;
    while (done < size) {
        const ssize_t count =
            ::pread(file.get(), into + done, size - done, offset + static_cast<off_t>(done));
        if (count < 0) {
            if (errno == EINTR) continue;
            return std::nullopt;
        }
        if (count == 0) break;
        done += static_cast<std::size_t>(count);
    }
    return done;
}

bool write_at(const File& file, std::string_view text, off_t offset) {
    while (!text.empty()) {
        const ssize_t count = ::pwrite(file.get(), text.data(), text.size(), offset);
        if (count < 0) {
            if (errno == EINTR) continue;
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(count));
        offset += count;
    }
    return true;
}

bool sync_folder_of(const std::filesystem::path& path) {
    const auto parent = path.parent_path();
    const File folder = open_file(parent.empty() ? "." : parent, O_RDONLY | O_DIRECTORY);
    return folder && ::fsync(folder.get()) == 0;
}

Error file_error(int number, const char* what, const std::filesystem::path& path) {
    Code code = Code::Unavailable;
    if (number == ENOENT) code = Code::NotFound;
    if (number == EACCES || number == EPERM) code = Code::Denied;
    return Error{code, std::string{what} + ": " + std::generic_category().message(number),
                 path.string()};
}

}  // namespace tsunagi::crypto
