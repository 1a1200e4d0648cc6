#pragma once
#include <algorithm>
#include <array>
#include <utility>

/// What single characters are where texts are compared. Not an interface of the module.
namespace tsunagi::privacy {

/// Old and variant forms of kanji in names, and letters with marks, to the form they are compared
/// in (domain.md 5.6); in the order of the code points. Compared only, never stored: 斎 and 斉 are
/// two names, but one here.
inline constexpr auto kVariants = std::to_array<std::pair<char32_t, char32_t>>({
    {U'â', U'a'},   {U'ê', U'e'},   {U'î', U'i'},   {U'ô', U'o'},   {U'û', U'u'},   {U'ā', U'a'},
    {U'ē', U'e'},   {U'ī', U'i'},   {U'ō', U'o'},   {U'ū', U'u'},   {U'內', U'内'}, {U'冨', U'富'},
    {U'凜', U'凛'}, {U'吳', U'呉'}, {U'國', U'国'}, {U'圓', U'円'}, {U'堯', U'尭'}, {U'增', U'増'},
    {U'壽', U'寿'}, {U'學', U'学'}, {U'實', U'実'}, {U'嶋', U'島'}, {U'嶌', U'島'}, {U'廣', U'広'},
    {U'彌', U'弥'}, {U'彥', U'彦'}, {U'德', U'徳'}, {U'惠', U'恵'}, {U'敎', U'教'}, {U'斎', U'斉'},
    {U'晉', U'晋'}, {U'曾', U'曽'}, {U'會', U'会'}, {U'杦', U'杉'}, {U'栁', U'柳'}, {U'桒', U'桑'},
    {U'條', U'条'}, {U'榮', U'栄'}, {U'槇', U'槙'}, {U'橫', U'横'}, {U'櫻', U'桜'}, {U'步', U'歩'},
    {U'每', U'毎'}, {U'淸', U'清'}, {U'淺', U'浅'}, {U'澤', U'沢'}, {U'濱', U'浜'}, {U'濵', U'浜'},
    {U'瀨', U'瀬'}, {U'眞', U'真'}, {U'碕', U'崎'}, {U'禮', U'礼'}, {U'籠', U'篭'}, {U'緖', U'緒'},
    {U'與', U'与'}, {U'舘', U'館'}, {U'萬', U'万'}, {U'薗', U'園'}, {U'藏', U'蔵'}, {U'豐', U'豊'},
    {U'遙', U'遥'}, {U'邉', U'辺'}, {U'邊', U'辺'}, {U'鄕', U'郷'}, {U'鐵', U'鉄'}, {U'關', U'関'},
    {U'靑', U'青'}, {U'靜', U'静'}, {U'髙', U'高'}, {U'鷗', U'鴎'}, {U'黑', U'黒'}, {U'齊', U'斉'},
    {U'齋', U'斉'}, {U'龍', U'竜'}, {U'﨑', U'崎'}, {U'𠮷', U'吉'},
});
static_assert(std::is_sorted(kVariants.begin(), kVariants.end()));

inline char32_t usual_form(char32_t c) {
    const auto* const found =
        std::lower_bound(kVariants.begin(), kVariants.end(), c,
                         [](const auto& each, char32_t sought) { return each.first < sought; });
    return found != kVariants.end() && found->first == c ? found->second : c;
}

/// Beyond ASCII: neither letter nor digit of any script we meet, so that it parts words.
inline bool parts_words(char32_t c) {
    return (c >= 0x80 && c <= 0xBF) || (c >= 0x2000 && c <= 0x206F) ||  // spaces, dashes, marks
           (c >= 0x2190 && c <= 0x245F) ||
           (c >= 0x2500 && c <= 0x27BF) ||  // arrows, frames, bullets
           (c >= 0x3000 && c <= 0x3004) || (c >= 0x3008 && c <= 0x3020) || c == 0x3030 ||
           c == 0x30FB || c == 0x30A0 || (c >= 0xFF01 && c <= 0xFF0F) ||
           (c >= 0xFF1A && c <= 0xFF20) || (c >= 0xFF3B && c <= 0xFF40) ||
           (c >= 0xFF5B && c <= 0xFF65) || c == 0xFEFF || (c >= 0xE000 && c <= 0xF8FF);
}

/// Characters that part nothing and are not compared: zero width, soft hyphen, variation selectors,
/// accents.
inline bool is_unseen(char32_t c) {
    return c == 0x00AD || (c >= 0x0300 && c <= 0x036F) || (c >= 0x200B && c <= 0x200F) ||
           c == 0x2060 || c == 0xFEFF || (c >= 0xFE00 && c <= 0xFE0F) ||
           (c >= 0xE0100 && c <= 0xE01EF);
}

}  // namespace tsunagi::privacy
