#include "privacy/lexicon.h"

#include <cstdint>

// The table stands in the program as the tool wrote it: nothing to find, to map or to free.
// TSUNAGI_LEXICON: the file (CMakeLists.txt).
asm(".section .rodata.tsunagi_lexicon, \"a\"\n"
    ".balign 4096\n"
    ".global tsunagi_lexicon_begin\n"
    ".global tsunagi_lexicon_end\n"
    "tsunagi_lexicon_begin:\n"
    ".incbin \"" TSUNAGI_LEXICON
    "\"\n"
    "tsunagi_lexicon_end:\n"
    ".previous\n");

// NOLINTBEGIN(readability-identifier-naming): the names of the assembler above
extern "C" const std::uint32_t tsunagi_lexicon_begin[];
extern "C" const std::uint32_t tsunagi_lexicon_end[];
// NOLINTEND(readability-identifier-naming)

namespace tsunagi::privacy {

const Lexicon& Lexicon::shipped() {
    static const Lexicon lexicon{
        reinterpret_cast<const std::uint8_t*>(tsunagi_lexicon_begin),
        {tsunagi_lexicon_begin + kPairs / sizeof(std::uint32_t), tsunagi_lexicon_end}};
    return lexicon;
}

}  // namespace tsunagi::privacy
