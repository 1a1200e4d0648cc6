#include "simulate/watch.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/utf8.h"
#include "text/width.h"

namespace tsunagi::simulate {
namespace {

std::uint32_t start_of(const char* bytes) {
    std::uint32_t start = 0;
    std::memcpy(&start, bytes, sizeof start);
    return start;
}

/// A place among the 65,536 of the filter.
std::uint32_t slot_of(std::uint32_t start) { return (start * 2'654'435'761U) >> 16; }

bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool stands_alone(std::string_view bytes, std::size_t at, std::size_t size) {
    return (at == 0 || !is_word(bytes[at - 1])) &&
           (at + size == bytes.size() || !is_word(bytes[at + size]));
}

/// The four hexadecimal digits of an escape at `at`, which points at the backslash.
std::optional<std::uint32_t> unit_at(std::string_view text, std::size_t at) {
    if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
    std::uint32_t unit = 0;
    const char* end = text.data() + at + 6;
    if (std::from_chars(text.data() + at + 2, end, unit, 16).ptr != end) return std::nullopt;
    return unit;
}

}  // namespace

void Watch::add(std::uint32_t owner, std::string_view kind, std::string_view text) {
    if (text.size() < kShortest) return;
    const std::uint32_t start = start_of(text.data());
    const auto [begin, end] = by_start_.equal_range(start);
    const bool known = std::any_of(begin, end, [&](const auto& each) {
        return texts_[each.second].owner == owner && texts_[each.second].text == text;
    });
    if (known) return;
    const bool number = text.find_first_not_of("0123456789-") == std::string_view::npos;
    by_start_.emplace(start, texts_.size());
    filter_[slot_of(start) / 64] |= std::uint64_t{1} << slot_of(start) % 64;
    texts_.push_back({owner, std::string{kind}, std::string{text}, number});
}

void Watch::find_into(std::string_view bytes, std::vector<Seen>& seen) const {
    for (std::size_t at = 0; at + kShortest <= bytes.size(); ++at) {
        const std::uint32_t start = start_of(bytes.data() + at);
        if ((filter_[slot_of(start) / 64] >> slot_of(start) % 64 & 1) == 0) continue;
        const auto [begin, end] = by_start_.equal_range(start);
        for (auto each = begin; each != end; ++each) {
            const Text& text = texts_[each->second];
            if (bytes.compare(at, text.text.size(), text.text) != 0) continue;
            if (text.number && !stands_alone(bytes, at, text.text.size())) continue;
            const bool told = std::any_of(seen.begin(), seen.end(),
                                          [&](const Seen& one) { return one.owner == text.owner; });
            if (!told) seen.push_back({text.owner, text.kind, at});
        }
    }
}

std::vector<Seen> Watch::find(std::string_view bytes) const {
    std::vector<Seen> seen;
    find_into(bytes, seen);
    return seen;
}

std::vector<Seen> Watch::find_in_every_form(std::string_view bytes) const {
    std::vector<Seen> seen;
    find_into(bytes, seen);
    const std::string plain = without_escapes(bytes);
    if (plain != bytes) find_into(plain, seen);
    find_into(text::match_key(plain), seen);
    return seen;
}

std::string without_escapes(std::string_view text) {
    constexpr std::string_view kShort = "\"\\/bfnrt";
    constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] != '\\' || at + 1 == text.size()) {
            out += text[at++];
            continue;
        }
        if (const auto known = kShort.find(text[at + 1]); known != std::string_view::npos) {
            out += kMeant[known];
            at += 2;
            continue;
        }
        const auto unit = unit_at(text, at);
        if (!unit) {
            out += text[at++];
            continue;
        }
        at += 6;
        const bool high = *unit >= 0xD800 && *unit < 0xDC00;
        const auto low = high ? unit_at(text, at) : std::nullopt;
        if (low && *low >= 0xDC00 && *low < 0xE000) {
            append_utf8(out, 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00));
            at += 6;
        } else {
            append_utf8(out, *unit);
        }
    }
    return out;
}

}  // namespace tsunagi::simulate
