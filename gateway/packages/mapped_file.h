#pragma once
#include <filesystem>

#include "base/bytes.h"
#include "base/result.h"

namespace tsunagi::packages {

/// A file mapped read-only: its pages are shared with every other process that maps it, and come
/// into memory when they are first read. The file must not be shortened while it is mapped; replace
/// it by renaming. Move-only; the bytes stay where they are over a move.
class MappedFile {
public:
    /// NotFound, Denied or Unavailable with the path; an empty file is Invalid.
    static Result<MappedFile> open(const std::filesystem::path& path);

    BytesView bytes() const noexcept { return bytes_; }

    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    ~MappedFile();

private:
    explicit MappedFile(BytesView bytes) : bytes_(bytes) {}
    BytesView bytes_;
};

}  // namespace tsunagi::packages
