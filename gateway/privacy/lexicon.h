#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

/// What the public dictionaries say of a word: enamdict (names) and ipadic (names and ordinary
/// words), compiled into the program by lexicon_main.cpp. Not an interface of the module.
/// Thread rule: any thread. Nothing is read before it is looked for: its pages are the program's.
namespace tsunagi::privacy {

/// What a word may be; a word may be several things.
struct WordClass {
    enum Bits : std::uint32_t {
        Family = 1,      ///< a family name
        Given = 2,       ///< a given name
        Usual = 4,       ///< a name that ipadic, the smaller of the two, has too
        FamilyKana = 8,  ///< reading of a family name, in katakana
        GivenKana = 16,  ///< reading of a given name, in katakana
        Foreign = 32,    ///< a name that is written in katakana
        Ordinary = 64,   ///< a noun, an affix, an adverb
        Stem = 128,      ///< kanji and the first kana of a verb or an adjective: 増や
        Place = 256,     ///< a municipality, a district
        Term = 512,      ///< an organisation, a product, a work
        Kana = 1024,     ///< in katakana what hiragana spells and is a word: サクラ of さくら
    };
    static constexpr unsigned kBits = 11;
};

/// The number under which tables of words know one, made letter by letter: the words that begin at
/// one place share the work.
class WordTrace {
public:
    WordTrace() = default;
    explicit WordTrace(std::u32string_view word) {
        for (const char32_t c : word) add(c);
    }
    void add(char32_t c) {
        mixed_ = (mixed_ ^ c) * 0xD6E8FEB86659FD93U;
        mixed_ ^= mixed_ >> 32;
    }
    std::uint64_t value() const { return mixed_; }

private:
    std::uint64_t mixed_ = 0x9E3779B97F4A7C15U;
};

/// A table of 32-bit slots, a power of two of them: the word's trace above its classes, 0 empty,
/// a full slot's word in the next. Two words share trace and place once in some million look-ups.
/// Before it, in bytes, the sizes of the words by their first two letters.
class Lexicon {
public:
    /// The one that the program was built with; there is no other.
    static const Lexicon& shipped();

    /// The classes of a word of the aligned form (folded.h), 0: no word.
    std::uint32_t classes(std::u32string_view word) const { return classes(WordTrace{word}); }
    std::uint32_t classes(const WordTrace& word) const {
        const std::uint32_t trace = trace_of(word.value());
        for (std::size_t i = word.value() & (slots_.size() - 1);;
             i = (i + 1) & (slots_.size() - 1)) {
            if (slots_[i] == 0) return 0;
            if (slots_[i] >> WordClass::kBits == trace)
                return slots_[i] & ((1U << WordClass::kBits) - 1);
        }
    }
    /// How many letters words have that begin with these two, as bits (`length`); none more than
    /// these.
    std::uint8_t lengths(char32_t first, char32_t second) const {
        return sizes_[pair(first, second)];
    }
    static std::uint8_t length(std::size_t letters) {
        return static_cast<std::uint8_t>(1U << (std::min<std::size_t>(letters, 8) - 1));
    }
    /// Of a word of two letters and more; most that are none are told without a look-up.
    bool may_have(std::u32string_view word) const {
        return (lengths(word[0], word[1]) & length(word.size())) != 0;
    }
    static constexpr std::size_t kPairs = 0x20000;
    static std::size_t pair(char32_t first, char32_t second) {
        return (first * 0x9E3779B1U ^ second * 0x85EBCA77U) >> 15 & (kPairs - 1);
    }
    static std::uint32_t trace_of(std::uint64_t mixed) {
        return static_cast<std::uint32_t>(mixed >> (32 + WordClass::kBits));
    }

private:
    Lexicon(const std::uint8_t* sizes, std::span<const std::uint32_t> slots)
        : sizes_(sizes), slots_(slots) {}

    const std::uint8_t* sizes_;
    std::span<const std::uint32_t> slots_;
};

}  // namespace tsunagi::privacy
