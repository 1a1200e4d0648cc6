#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace tsunagi::json {

/// Bump allocator in growing blocks; everything dies together. Thread rule: one thread.
class Arena {
public:
    /// `alignment` is a power of two.
    void* allocate(std::size_t size, std::size_t alignment) {
        const auto address = reinterpret_cast<std::uintptr_t>(at_);
        const std::size_t padding = (0 - address) & (alignment - 1);
        if (size + padding > left_) return allocate_in_new_block(size, alignment);
        std::byte* place = at_ + padding;
        at_ = place + size;
        left_ -= size + padding;
        return place;
    }
    /// Copies `text`; an empty text yields a valid pointer too.
    const char* copy(std::string_view text) {
        if (text.empty()) return "";
        auto* place = static_cast<char*>(allocate(text.size(), 1));
        std::memcpy(place, text.data(), text.size());
        return place;
    }
    std::size_t bytes_reserved() const noexcept { return reserved_; }

private:
    void* allocate_in_new_block(std::size_t size, std::size_t alignment);

    std::vector<std::unique_ptr<std::byte[]>> blocks_;
    std::byte* at_ = nullptr;
    std::size_t left_ = 0;
    std::size_t reserved_ = 0;
};

}  // namespace tsunagi::json
