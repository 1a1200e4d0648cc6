#include "privacy/needles.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "privacy/folded.h"
#include "text/date.h"
#include "text/width.h"

namespace tsunagi::privacy {
namespace {

using Form = IdentifierCell::Form;

constexpr auto kCells = std::to_array<IdentifierCell>({
    {"identity.name", "patient-name", Form::Name},
    {"identity.kana", "patient-kana", Form::Kana},
    {"identity.birthDate", "birth-date", Form::Date},
    {"identity.postalCode", "address", Form::Number},
    {"identity.address", "address", Form::Address},
    {"identity.phones[].number", "phone", Form::Phone},
    {"identity.clinicPatientNumber", "patient-number", Form::Number},
    {"identity.insurance.insurerNumber", "insurance-number", Form::Number},
    {"identity.insurance.symbol", "insurance-number", Form::Number},
    {"identity.insurance.number", "insurance-number", Form::Number},
    {"identity.insurance.subNumber", "insurance-number", Form::Number},
    {"bedRequest.keyPerson.name", "third-party-name", Form::Name},
    {"bedRequest.keyPerson.kana", "third-party-name", Form::Kana},
    {"bedRequest.keyPerson.phone", "phone", Form::Phone},
    {"bedRequest.careManager.name", "third-party-name", Form::Carer},
    {"referralLetter.patientName", "patient-name", Form::Name},
    {"referralLetter.patientKana", "patient-kana", Form::Kana},
    {"referralLetter.birthDate", "birth-date", Form::Date},
    {"referralLetter.patientPostalCode", "address", Form::Number},
    {"referralLetter.patientAddress", "address", Form::Address},
    {"referralLetter.patientPhone", "phone", Form::Phone},
    {"referralLetter.attachments[].title", "attachment", Form::NotSought},
    {"referralLetter.attachments[].data", "attachment", Form::NotSought},
    {"patientSheet.patientName", "patient-name", Form::Name},
    {"patientSheet.patientKana", "patient-kana", Form::Kana},
    {"patientSheet.birthDate", "birth-date", Form::Date},
    {"patientSheet.patientPostalCode", "address", Form::Number},
    {"patientSheet.patientAddress", "address", Form::Address},
    {"patientSheet.patientPhone", "phone", Form::Phone},
    {"patientSheet.medicalInsurance.publicExpenses[].payerNumber", "insurance-number",
     Form::Number},
    {"patientSheet.medicalInsurance.publicExpenses[].recipientNumber", "insurance-number",
     Form::Number},
    {"patientSheet.careInsurance.insurerNumber", "insurance-number", Form::Number},
    {"patientSheet.careInsurance.insuredNumber", "insurance-number", Form::Number},
    {"patientSheet.contacts[].name", "third-party-name", Form::Name},
    {"patientSheet.contacts[].kana", "third-party-name", Form::Kana},
    {"patientSheet.contacts[].phone", "phone", Form::Phone},
    {"patientSheet.careTeam[].name", "third-party-name", Form::Carer},
    {"consent.consentedBy.name", "third-party-name", Form::Name},
    {"consent.familyConsent.name", "third-party-name", Form::Name},
    {"consent.contactRestrictions[].name", "third-party-name", Form::Name},
});

/// Cells that leave with the offer by right: sender and receiver are known. A name that stands in
/// one of them says nothing about the patient by itself, or a doctor called Tanaka could never ask
/// a bed for a patient called Tanaka.
constexpr auto kOpenCells = std::to_array<std::string_view>({
    "bedRequest.applicant.name",
    "bedRequest.applicant.kana",
    "bedRequest.applicant.institution.name",
    "bedRequest.applicant.institution.postalCode",
    "bedRequest.applicant.institution.address",
    "bedRequest.applicant.institution.phone",
    "bedRequest.applicant.institution.fax",
    "bedRequest.destination.department",
    "bedRequest.destination.person",
    "bedRequest.phoneContact.person",
    "bedRequest.phoneContact.caller",
    "bedRequest.explanation.by",
    "bedRequest.municipality",
    "referralLetter.doctor.name",
    "referralLetter.doctor.kana",
    "referralLetter.institution.name",
    "referralLetter.institution.postalCode",
    "referralLetter.institution.address",
    "referralLetter.institution.phone",
    "referralLetter.institution.fax",
    "referralLetter.destination.institution",
    "referralLetter.destination.department",
    "referralLetter.destination.physician",
    "patientSheet.registeringDoctor",
});

/// Names of drugs carry their maker: 「タナベ」, 「武田テバ」.
constexpr auto kDrugCells = std::to_array<std::string_view>({
    "referralLetter.prescriptions.items[].text",
    "patientSheet.medications.items[].text",
});

/// Diseases, scales and makers that carry a family name (bar I6 of security.md: they are kept).
constexpr auto kKnownWords = std::to_array<std::string_view>({
    "橋本病",     "橋本甲状腺炎", "橋本脳症",       "川崎病",   "高安動脈炎", "高安病",
    "菊池病",     "菊池・藤本病", "藤本病",         "木村病",   "原田病",     "小柳病",
    "瀬川病",     "平山病",       "福山型",         "三好型",   "太田母斑",   "伊藤母斑",
    "高月病",     "大田原症候群", "長谷川式",       "石原式",   "石原表",     "田中ビネー",
    "鈴木ビネー", "矢田部",       "内田クレペリン", "小川培地", "坂口病",     "中條病",
    "西村病",     "岡本病",       "三宅式",         "遠城寺式", "津守式",     "川平法",
    "金子式",     "武田テバ",     "武田薬品",       "田辺三菱", "大塚製薬",   "小林化工",
    "小野薬品",   "沢井製薬",     "高田製薬",       "杏林製薬", "久光製薬",   "森下仁丹",
    "大原薬品",   "前田薬品",     "佐藤製薬",       "寿製薬",   "中外製薬",   "日野原",
});

struct Cell {
    std::string path, value;
};

void collect(json::Value at, std::string_view path, std::string& cell, std::vector<Cell>& found) {
    if (path.empty()) {
        if (at.is_string() && !at.text().empty()) found.push_back({cell, std::string{at.text()}});
        return;
    }
    const std::size_t end = std::min(path.find('.'), path.size());
    std::string_view name = path.substr(0, end);
    const std::string_view rest = end < path.size() ? path.substr(end + 1) : std::string_view{};
    const bool list = name.ends_with("[]");
    if (list) name.remove_suffix(2);
    const json::Value child = at[name];
    if (!child) return;
    const std::size_t outer = cell.size();
    (cell += '.') += name;
    if (list) {
        std::size_t index = 0;
        for (const json::Value item : child) {
            const std::size_t before = cell.size();
            ((cell += '[') += std::to_string(index++)) += ']';
            collect(item, rest, cell, found);
            cell.resize(before);
        }
    } else {
        collect(child, rest, cell, found);
    }
    cell.resize(outer);
}

void collect(json::Value packet, std::string_view path, std::vector<Cell>& found) {
    std::string cell = "Packet";
    collect(packet, path, cell, found);
}

template <std::size_t N>
std::vector<Cell> cells_at(json::Value packet, const std::array<std::string_view, N>& paths) {
    std::vector<Cell> found;
    for (const std::string_view path : paths) collect(packet, path, found);
    return found;
}

std::string digits_of(std::string_view text) {
    std::string digits;
    for (const char c : text::to_narrow(text)) {
        if (c >= '0' && c <= '9') digits += c;
    }
    return digits;
}

/// Family and given name, where white space divides them; the whole alone where none does.
std::vector<std::string> parts_of(std::string_view name) {
    const std::string narrow = text::to_narrow(name);
    std::vector<std::string> parts;
    for (std::size_t from = 0; from < narrow.size();) {
        const std::size_t begin = narrow.find_first_not_of(" \t\r\n", from);
        if (begin == std::string::npos) break;
        const std::size_t end = std::min(narrow.find_first_of(" \t\r\n", begin), narrow.size());
        parts.push_back(narrow.substr(begin, end - begin));
        from = end;
    }
    return parts;
}

bool all_of_kind(const std::u32string& text, bool (*test)(char32_t)) {
    return std::all_of(text.begin(), text.end(), test);
}

const std::vector<std::u32string>& folded_known_words() {
    static const std::vector<std::u32string> folded = [] {
        std::vector<std::u32string> words;
        words.reserve(kKnownWords.size());
        for (const std::string_view word : kKnownWords) words.push_back(fold_letters(word).text);
        return words;
    }();
    return folded;
}

/// What identifiers there are, and how each is looked for.
class Maker {
public:
    explicit Maker(json::Value packet) : packet_(packet) {
        for (const Cell& cell : cells_at(packet, kOpenCells)) {
            open_letters_ += fold_letters(cell.value).text + U"\n";
            open_digits_ += digits_of(cell.value) + "\n";
        }
        for (const Cell& cell : cells_at(packet, kDrugCells))
            known_.push_back(fold_letters(cell.value).text);
    }

    Needles make() && {
        for (const IdentifierCell& cell : kCells) {
            std::vector<Cell> values;
            collect(packet_, cell.path, values);
            for (const Cell& value : values) {
                source_ = made_.sources.size();
                made_.sources.push_back({std::string{cell.kind}, value.path});
                add(cell.form, value.value);
            }
        }
        for (const auto& word : known_) {
            const bool needed = std::any_of(
                made_.letters.begin(), made_.letters.end(), [&](const LetterNeedle& needle) {
                    return needle.place == Place::PartOfName && word.size() > needle.text.size() &&
                           word.find(needle.text) != std::u32string::npos;
                });
            if (needed) made_.known_words.push_back(word);
        }
        return std::move(made_);
    }

private:
    void add(Form form, const std::string& value) {
        switch (form) {
            case Form::Name:
                return add_name(value, true);
            case Form::Carer:
                if (parts_of(value).size() > 1) add_name(value, false);
                return;
            case Form::Kana:
                return add_kana(value);
            case Form::Date:
                return add_date(value);
            case Form::Phone: {
                // Without the trunk 0, so that +81 90… is found too.
                std::string digits = digits_of(value);
                if (digits.starts_with("81") && digits.size() > 10) digits.erase(0, 2);
                if (digits.starts_with('0')) digits.erase(0, 1);
                if (digits.size() >= 8) add_digits(std::move(digits), false);
                return;
            }
            case Form::Number: {
                std::string digits = digits_of(value);
                // Five digits are a laboratory value more often than a number of a person.
                if (digits.size() >= 6) add_digits(std::move(digits), true);
                return;
            }
            case Form::Address:
                return add_address(value);
            case Form::NotSought:
                return;
        }
    }

    bool stands_open(const std::u32string& text) const {
        return open_letters_.find(text) != std::u32string::npos;
    }

    void add_letters(std::u32string text, Place place) {
        const bool there = std::any_of(
            made_.letters.begin(), made_.letters.end(),
            [&](const LetterNeedle& each) { return each.text == text && each.place == place; });
        if (!there) made_.letters.push_back({std::move(text), place, source_});
    }

    /// `parts_alone`: family and given name count by themselves, else before an honorific.
    void add_name(const std::string& value, bool parts_alone) {
        const std::u32string whole = fold_letters(value).text;
        const std::vector<std::string> parts = parts_of(value);
        if (whole.size() >= 2 && !stands_open(whole)) {
            // A name in letters or kana alone is a word among words.
            const Place place = all_of_kind(whole, is_latin)  ? Place::LatinWord
                                : all_of_kind(whole, is_kana) ? Place::KanaWord
                                                              : Place::Anywhere;
            add_letters(whole, place);
        }
        if (parts.size() < 2) return;
        for (std::size_t i = 0; i < parts.size(); ++i) add_part(parts[i], i == 0, parts_alone);
    }

    /// The family or given name by itself.
    void add_part(const std::string& part, bool family, bool parts_alone) {
        const std::u32string text = fold_letters(part).text;
        if (all_of_kind(text, is_kana)) return add_kana_part(text, parts_alone);
        if (text.empty() || all_of_kind(text, is_latin)) return;
        // 一様 and 同様 are words: of one letter only the family name, before an honorific.
        if (text.size() == 1 && !family) return;
        const bool alone = parts_alone && text.size() >= 2 && !stands_open(text);
        add_letters(text, alone ? Place::PartOfName : Place::WithHonorific);
    }

    void add_kana_part(const std::u32string& text, bool parts_alone) {
        if (text.size() < 2) return;
        const bool alone = parts_alone && text.size() >= 3 && !stands_open(text);
        add_letters(text, alone ? Place::KanaWord : Place::WithHonorific);
    }

    void add_kana(const std::string& value) {
        const std::u32string whole = fold_letters(value).text;
        const std::vector<std::string> parts = parts_of(value);
        if (whole.size() >= 3 && !stands_open(whole))
            add_letters(whole, whole.size() >= 5 ? Place::Anywhere : Place::KanaWord);
        if (parts.size() < 2) return;
        for (const std::string& part : parts) add_kana_part(fold_letters(part).text, true);
        const auto families = romanised(parts.front()), given_names = romanised(parts.back());
        for (const std::string& family : families) {
            for (const std::string& given : given_names) {
                for (const std::string& both : {family + given, given + family}) {
                    if (both.size() >= 6) add_letters(to_utf32(both), Place::LatinWord);
                }
            }
        }
        for (const auto& names : {families, given_names}) {
            for (const std::string& name : names) {
                const std::u32string text = to_utf32(name);
                // Four letters may be a word of the format: date, note, site.
                if (text.size() >= 5 && !stands_open(text)) add_letters(text, Place::LatinWord);
            }
        }
    }

    void add_date(const std::string& value) {
        const auto date = text::read_date(value);
        if (!date || date->size() != 10) return;
        made_.dates.push_back({std::atoi(date->substr(0, 4).c_str()),
                               std::atoi(date->substr(5, 2).c_str()),
                               std::atoi(date->substr(8, 2).c_str()), source_});
    }

    void add_digits(std::string digits, bool whole) {
        const bool there =
            open_digits_.find(digits) != std::string::npos ||
            std::any_of(made_.digits.begin(), made_.digits.end(),
                        [&](const DigitNeedle& each) { return each.digits == digits; });
        if (!there) made_.digits.push_back({std::move(digits), whole, source_});
    }

    void add_address(const std::string& value) {
        const std::u32string whole = fold_letters(value).text;
        if (whole.size() >= 6 && !stands_open(whole)) add_letters(whole, Place::Anywhere);
        const Numbers found = find_numbers(value);
        // 八王子市三丁目5番1号: a number belongs to the address proper when the next one follows
        // with nothing but 丁目 or a hyphen between.
        for (std::size_t i = 0; i + 1 < found.numbers.size(); ++i) {
            if (!is_address_gap(found.before(i + 1))) continue;
            AddressNeedle needle;
            needle.source = source_;
            const std::u32string before =
                fold_letters(std::string_view{found.text}.substr(0, found.numbers[i].begin)).text;
            needle.town = before.substr(before.size() - std::min<std::size_t>(before.size(), 3));
            add_town(before);
            needle.numbers.emplace_back(found.digits(i));
            needle.first = found.numbers[i].value;
            for (std::size_t k = i + 1; k < found.numbers.size() && is_address_gap(found.before(k));
                 ++k)
                needle.numbers.emplace_back(found.digits(k));
            if (needle.town.size() >= 2) made_.addresses.push_back(std::move(needle));
            return;
        }
    }

    /// What stands between the city, which may leave, and the numbers: 谷戸町.
    void add_town(std::u32string before) {
        const std::u32string city = fold_letters(packet_["bedRequest"]["municipality"].text()).text;
        const std::size_t at = city.empty() ? std::u32string::npos : before.find(city);
        if (at == std::u32string::npos) return;
        before.erase(0, at + city.size());
        if (before.size() >= 3 && !stands_open(before)) add_letters(before, Place::Anywhere);
    }

    json::Value packet_;
    Needles made_;
    std::size_t source_ = 0;
    std::u32string open_letters_;
    std::string open_digits_;
    std::vector<std::u32string> known_ = folded_known_words();
};

struct Sound {
    std::u32string_view kana;
    std::string_view hepburn, kunrei;
};

/// Two-letter sounds first. Kunrei as in the cabinet order of 1954.
constexpr auto kSounds = std::to_array<Sound>({
    {U"キャ", "kya", "kya"}, {U"キュ", "kyu", "kyu"}, {U"キョ", "kyo", "kyo"},
    {U"シャ", "sha", "sya"}, {U"シュ", "shu", "syu"}, {U"ショ", "sho", "syo"},
    {U"チャ", "cha", "tya"}, {U"チュ", "chu", "tyu"}, {U"チョ", "cho", "tyo"},
    {U"ニャ", "nya", "nya"}, {U"ニュ", "nyu", "nyu"}, {U"ニョ", "nyo", "nyo"},
    {U"ヒャ", "hya", "hya"}, {U"ヒュ", "hyu", "hyu"}, {U"ヒョ", "hyo", "hyo"},
    {U"ミャ", "mya", "mya"}, {U"ミュ", "myu", "myu"}, {U"ミョ", "myo", "myo"},
    {U"リャ", "rya", "rya"}, {U"リュ", "ryu", "ryu"}, {U"リョ", "ryo", "ryo"},
    {U"ギャ", "gya", "gya"}, {U"ギュ", "gyu", "gyu"}, {U"ギョ", "gyo", "gyo"},
    {U"ジャ", "ja", "zya"},  {U"ジュ", "ju", "zyu"},  {U"ジョ", "jo", "zyo"},
    {U"ビャ", "bya", "bya"}, {U"ビュ", "byu", "byu"}, {U"ビョ", "byo", "byo"},
    {U"ピャ", "pya", "pya"}, {U"ピュ", "pyu", "pyu"}, {U"ピョ", "pyo", "pyo"},
    {U"ア", "a", "a"},       {U"イ", "i", "i"},       {U"ウ", "u", "u"},
    {U"エ", "e", "e"},       {U"オ", "o", "o"},       {U"カ", "ka", "ka"},
    {U"キ", "ki", "ki"},     {U"ク", "ku", "ku"},     {U"ケ", "ke", "ke"},
    {U"コ", "ko", "ko"},     {U"サ", "sa", "sa"},     {U"シ", "shi", "si"},
    {U"ス", "su", "su"},     {U"セ", "se", "se"},     {U"ソ", "so", "so"},
    {U"タ", "ta", "ta"},     {U"チ", "chi", "ti"},    {U"ツ", "tsu", "tu"},
    {U"テ", "te", "te"},     {U"ト", "to", "to"},     {U"ナ", "na", "na"},
    {U"ニ", "ni", "ni"},     {U"ヌ", "nu", "nu"},     {U"ネ", "ne", "ne"},
    {U"ノ", "no", "no"},     {U"ハ", "ha", "ha"},     {U"ヒ", "hi", "hi"},
    {U"フ", "fu", "hu"},     {U"ヘ", "he", "he"},     {U"ホ", "ho", "ho"},
    {U"マ", "ma", "ma"},     {U"ミ", "mi", "mi"},     {U"ム", "mu", "mu"},
    {U"メ", "me", "me"},     {U"モ", "mo", "mo"},     {U"ヤ", "ya", "ya"},
    {U"ユ", "yu", "yu"},     {U"ヨ", "yo", "yo"},     {U"ラ", "ra", "ra"},
    {U"リ", "ri", "ri"},     {U"ル", "ru", "ru"},     {U"レ", "re", "re"},
    {U"ロ", "ro", "ro"},     {U"ワ", "wa", "wa"},     {U"ヲ", "o", "o"},
    {U"ン", "n", "n"},       {U"ガ", "ga", "ga"},     {U"ギ", "gi", "gi"},
    {U"グ", "gu", "gu"},     {U"ゲ", "ge", "ge"},     {U"ゴ", "go", "go"},
    {U"ザ", "za", "za"},     {U"ジ", "ji", "zi"},     {U"ズ", "zu", "zu"},
    {U"ゼ", "ze", "ze"},     {U"ゾ", "zo", "zo"},     {U"ダ", "da", "da"},
    {U"ヂ", "ji", "zi"},     {U"ヅ", "zu", "zu"},     {U"デ", "de", "de"},
    {U"ド", "do", "do"},     {U"バ", "ba", "ba"},     {U"ビ", "bi", "bi"},
    {U"ブ", "bu", "bu"},     {U"ベ", "be", "be"},     {U"ボ", "bo", "bo"},
    {U"パ", "pa", "pa"},     {U"ピ", "pi", "pi"},     {U"プ", "pu", "pu"},
    {U"ペ", "pe", "pe"},     {U"ポ", "po", "po"},     {U"ヴ", "bu", "bu"},
    {U"ァ", "a", "a"},       {U"ィ", "i", "i"},       {U"ゥ", "u", "u"},
    {U"ェ", "e", "e"},       {U"ォ", "o", "o"},
});

/// Empty when a character has no sound.
std::string spelled(std::u32string_view kana, bool hepburn) {
    std::string out;
    bool doubled = false;
    while (!kana.empty()) {
        if (kana.front() == U'ッ' || kana.front() == U'ー') {
            doubled = kana.front() == U'ッ';
            if (!doubled && !out.empty()) out += out.back();
            kana.remove_prefix(1);
            continue;
        }
        const auto* const sound =
            std::find_if(kSounds.begin(), kSounds.end(),
                         [&](const Sound& each) { return kana.starts_with(each.kana); });
        if (sound == kSounds.end()) return {};
        const std::string_view text = hepburn ? sound->hepburn : sound->kunrei;
        if (std::exchange(doubled, false)) out += text.starts_with("ch") ? 't' : text.front();
        out += text;
        kana.remove_prefix(sound->kana.size());
    }
    return out;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

}  // namespace

std::span<const IdentifierCell> identifier_cells() { return kCells; }

bool is_address_gap(std::string_view gap) {
    constexpr auto kWords =
        std::to_array<std::string_view>({"丁目", "番地", "番", "の", "ノ", "-", "ー", "−", " "});
    if (gap.empty()) return false;
    while (!gap.empty()) {
        const auto* const word = std::find_if(kWords.begin(), kWords.end(),
                                              [&](auto each) { return gap.starts_with(each); });
        if (word == kWords.end()) return false;
        gap.remove_prefix(word->size());
    }
    return true;
}

Needles needles_of(json::Value packet) { return Maker(packet).make(); }

std::vector<std::string> open_texts(json::Value packet) {
    std::vector<std::string> texts;
    for (Cell& cell : cells_at(packet, kOpenCells)) texts.push_back(std::move(cell.value));
    return texts;
}

std::vector<std::string> romanised(std::string_view kana) {
    const std::u32string katakana = to_utf32(text::to_katakana(kana));
    std::vector<std::string> forms;
    const auto add = [&](std::string form) {
        if (!form.empty() && std::find(forms.begin(), forms.end(), form) == forms.end())
            forms.push_back(std::move(form));
    };
    for (const bool hepburn : {true, false}) {
        const std::string full = spelled(katakana, hepburn);
        const std::string brief =
            replaced(replaced(replaced(full, "ou", "o"), "oo", "o"), "uu", "u");
        add(full);
        add(brief);
        add(replaced(replaced(full, "ou", "oh"), "oo", "oh"));
        for (const std::string& form : {full, brief}) {
            if (hepburn)
                add(replaced(replaced(replaced(form, "nb", "mb"), "nm", "mm"), "np", "mp"));
        }
    }
    return forms;
}

}  // namespace tsunagi::privacy
