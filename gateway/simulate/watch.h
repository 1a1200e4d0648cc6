#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tsunagi::simulate {

/// Where a watched text was seen. Holds no text, so that it can be printed beside real logs.
struct Seen {
    std::uint32_t owner = 0;
    std::string kind;
    std::size_t offset = 0;  ///< in the form of the bytes that it was seen in
};

/// Looks for many texts of many owners at once, in time that grows with the bytes only. A text of
/// ASCII digits and hyphens counts only where no letter or digit touches it, for ids and digests
/// are full of digits. Thread rule: find() from any thread while nobody adds.
class Watch {
public:
    static constexpr std::size_t kShortest = 4;

    /// Texts shorter than kShortest bytes would be seen everywhere: they are left out.
    void add(std::uint32_t owner, std::string_view kind, std::string_view text);
    /// The first text of each owner, as the bytes are written.
    std::vector<Seen> find(std::string_view bytes) const;
    /// The same in every form that a reader would still recognise: as written, with JSON escapes
    /// undone, and both with width, kana, spaces and hyphens folded (text::match_key). Texts that
    /// were added folded too are found in the folded forms.
    std::vector<Seen> find_in_every_form(std::string_view bytes) const;
    std::size_t size() const noexcept { return texts_.size(); }

private:
    struct Text {
        std::uint32_t owner;
        std::string kind, text;
        bool number;
    };
    void find_into(std::string_view bytes, std::vector<Seen>& seen) const;

    std::vector<Text> texts_;
    std::unordered_multimap<std::uint32_t, std::size_t> by_start_;  ///< first four bytes
    std::array<std::uint64_t, 1024> filter_{};  ///< which starts may be in by_start_
};

/// `\uXXXX` and the short escapes of JSON undone, wherever they stand; other text unchanged.
std::string without_escapes(std::string_view text);

}  // namespace tsunagi::simulate
