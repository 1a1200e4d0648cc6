#pragma once
#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "base/result.h"

/// Private to this module: the few file calls that durable keys need. errno tells why one failed.
namespace tsunagi::crypto {

class File {
public:
    File() = default;
    explicit File(int descriptor) : descriptor_(descriptor) {}
    File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    File& operator=(File&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~File();

    explicit operator bool() const noexcept { return descriptor_ >= 0; }
    int get() const noexcept { return descriptor_; }

private:
    int descriptor_ = -1;
};

/// Opens with O_CLOEXEC and mode 0600.
File open_file(const std::filesystem::path& path, int flags);
/// Reads up to `size` bytes from `offset`; fewer only at the end of the file.
std::optional<std::size_t> read_at(const File& file, char* into, std::size_t size, off_t offset);
bool write_at(const File& file, std::string_view text, off_t offset);
/// Makes a new name durable: fsync of the folder that holds `path`.
bool sync_folder_of(const std::filesystem::path& path);

Error file_error(int number, const char* what, const std::filesystem::path& path);

}  // namespace tsunagi::crypto
