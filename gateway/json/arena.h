#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace tsunagi::json {

/// Bump allocator in growing blocks; everything dies together. Thread rule: one thread.
class Arena {
public:
    void* allocate(std::size_t size, std::size_t alignment);
    /// Copies `text`; an empty text yields a valid pointer too.
    const char* copy(std::string_view text);
    std::size_t bytes_reserved() const noexcept { return reserved_; }

private:
    std::vector<std::unique_ptr<std::byte[]>> blocks_;
    std::byte* at_ = nullptr;
    std::size_t left_ = 0;
    std::size_t reserved_ = 0;
};

}  // namespace tsunagi::json
