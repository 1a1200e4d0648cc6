#include "packages/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace tsunagi::packages {
namespace {

Error os_error(int number, const std::filesystem::path& path) {
    const Code code = number == ENOENT                      ? Code::NotFound
                      : number == EACCES || number == EPERM ? Code::Denied
                                                            : Code::Unavailable;
    return Error{code, std::generic_category().message(number), path.string()};
}

class FileDescriptor {
public:
    explicit FileDescriptor(int number) : number_(number) {}
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    ~FileDescriptor() {
        if (number_ >= 0) ::close(number_);
    }
    int get() const noexcept { return number_; }

private:
    int number_;
};

}  // namespace

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return os_error(errno, path);
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) return os_error(errno, path);
    if (!S_ISREG(info.st_mode)) return Error{Code::Invalid, "not a regular file", path.string()};
    if (info.st_size == 0) return Error{Code::Invalid, "empty file", path.string()};
    const auto size = static_cast<std::size_t>(info.st_size);
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
    if (address == MAP_FAILED) return os_error(errno, path);
    return MappedFile{BytesView{static_cast<const std::uint8_t*>(address), size}};
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
}

MappedFile::~MappedFile() {
    if (!bytes_.empty()) ::munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
}

}  // namespace tsunagi::packages
