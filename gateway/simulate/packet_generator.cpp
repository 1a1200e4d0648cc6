#include "simulate/packet_generator.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/random.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"
#include "text/date.h"
#include "text/width.h"

namespace tsunagi::simulate {
namespace {

// Kanji that no fixture, map or profile uses: three of them are a name nobody else has.
constexpr std::string_view kFamilyKanji =
    "鷺鵜鷲鯉鮎鰐鯨鱒鹿狼狐兎椿椋楢檜樺橿榊柘桧楡樟櫛鍬鎌鋤鎚錦銅釜甕壺皿臼杵俵籠笛笙琴鼓";
constexpr std::string_view kGivenKanji =
    "凪嵐霧霞霰雫虹雷稲麓嶽渓瀧潮汐渚湊岬澪漣沼湖淵瑠璃琥珀翡翠瑪瑙珊瑚碧蒼茜藍紺緋紫橙朱";
constexpr std::size_t kKanji = 42;

// The unvoiced morae with their half-width forms and their Hepburn initials, in one order.
constexpr std::string_view kKatakana =
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワ";
constexpr std::string_view kHalfWidth = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜ";
constexpr std::string_view kHiragana =
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわ";
constexpr std::string_view kInitials = "AIUEOKKKKKSSSSSTCTTTNNNNNHHFHHMMMMMYYYRRRRRW";
constexpr std::size_t kMorae = 44;

static_assert(kFamilyKanji.size() == 3 * kKanji && kGivenKanji.size() == 3 * kKanji);
static_assert(kKatakana.size() == 3 * kMorae && kHalfWidth.size() == 3 * kMorae &&
              kHiragana.size() == 3 * kMorae && kInitials.size() == kMorae);

std::string_view letter(std::string_view alphabet, std::size_t index) {
    return alphabet.substr(3 * index, 3);
}

/// The `number`-th word of `length` letters, scattered over all words by the seed: two numbers
/// never give the same word.
std::vector<std::size_t> word(std::uint64_t number, std::uint64_t seed, std::size_t letters,
                              std::size_t length) {
    std::uint64_t words = 1;
    for (std::size_t i = 0; i < length; ++i) words *= letters;
    constexpr std::uint64_t kStride = 1'000'003;  // a prime: steps through every word
    std::uint64_t code = (number % words * kStride + seed % words * 7919) % words;
    std::vector<std::size_t> indices(length);
    for (std::size_t& index : indices) {
        index = static_cast<std::size_t>(code % letters);
        code /= letters;
    }
    return indices;
}

std::string spell(const std::vector<std::size_t>& indices, std::string_view alphabet) {
    std::string text;
    for (const std::size_t index : indices) text += letter(alphabet, index);
    return text;
}

std::string wide(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c >= '0' && c <= '9') {
            out += "\xEF\xBC";
            out += static_cast<char>(0x90 + (c - '0'));
        } else if (c == '-') {
            out += "－";
        } else {
            out += c;
        }
    }
    return out;
}

std::string digits_only(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c >= '0' && c <= '9') out += c;
    }
    return out;
}

std::string padded(std::uint64_t number, std::size_t width) {
    std::string text = std::to_string(number);
    return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

/// Insurer numbers end in a modulus-10 digit with weights 2 and 1 from the right.
std::string with_check_digit(std::string digits) {
    int sum = 0;
    bool twice = true;
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, twice = !twice) {
        const int value = (*digit - '0') * (twice ? 2 : 1);
        sum += value / 10 + value % 10;
    }
    return digits + static_cast<char>('0' + (10 - sum % 10) % 10);
}

/// Four morae that are no part of `texts`: a name must not be found in the words of a letter.
/// `first`: with which it begins.
std::vector<std::size_t> kana_word(std::uint64_t number, std::uint64_t seed, std::string_view texts,
                                   std::optional<std::size_t> first) {
    constexpr std::uint64_t kBeyondAllNumbers = 8 * PacketGenerator::kMaxPackets;
    for (;; number += kBeyondAllNumbers) {
        auto indices = word(number, seed, kMorae, 4);
        indices.front() = first.value_or(indices.front());
        if (texts.find(spell(indices, kKatakana)) == std::string_view::npos &&
            texts.find(spell(indices, kHalfWidth)) == std::string_view::npos) {
            return indices;
        }
    }
}

/// A name in the writings that clinics use.
struct Person {
    /// `alike`: whose initials it shares; nullptr: nobody's.
    Person(std::uint64_t number, std::uint64_t seed, std::string_view texts,
           const Person* alike = nullptr)
        : family(spell(word(number, seed, kKanji, 3), kFamilyKanji)),
          given(spell(word(number, seed + 1, kKanji, 3), kGivenKanji)),
          family_kana(kana_word(2 * number, seed, texts,
                                alike ? std::optional{alike->family_kana[0]} : std::nullopt)),
          given_kana(kana_word(2 * number + 1, seed, texts,
                               alike ? std::optional{alike->given_kana[0]} : std::nullopt)) {}

    std::string name(std::string_view space = " ") const {
        return family + std::string{space} + given;
    }
    std::string kana(std::string_view alphabet, std::string_view space = " ") const {
        return spell(family_kana, alphabet) + std::string{space} + spell(given_kana, alphabet);
    }
    std::string initials(std::string_view dot = ".") const {
        return kInitials[family_kana[0]] + std::string{dot} + kInitials[given_kana[0]] +
               std::string{dot};
    }

    std::string family;
    std::string given;
    std::vector<std::size_t> family_kana;
    std::vector<std::size_t> given_kana;
};

/// Writes into a copy of the base packet and notes what was written where.
class Draft {
public:
    explicit Draft(json::Value base) : document_(json::clone(base)), builder_(document_) {}

    /// `path` without "Packet.": "patientSheet.contacts[0]". Absent ones are noted in missing().
    json::Value value(std::string_view path) {
        const std::string_view whole = path;
        json::Value value = document_.root();
        while (!path.empty()) {
            const std::size_t end = std::min(path.find_first_of(".["), path.size());
            if (end > 0) value = value[path.substr(0, end)];
            path.remove_prefix(end);
            if (path.starts_with('[')) {
                const std::size_t close = path.find(']');
                std::size_t index = 0;
                std::from_chars(path.data() + 1, path.data() + close, index);
                value = value.at(index);
                path.remove_prefix(close + 1);
            }
            if (path.starts_with('.')) path.remove_prefix(1);
        }
        if (!value && missing_.empty()) missing_ = "Packet." + std::string{whole};
        return value;
    }
    json::Node* node(std::string_view path) {
        const json::Value found = value(path);
        return found ? builder_.edit(found) : nullptr;
    }
    void set(std::string_view path, std::string_view text) {
        const std::size_t dot = path.rfind('.');
        if (json::Node* object = node(path.substr(0, dot)))
            builder_.set(object, path.substr(dot + 1), text);
    }
    void set_number(std::string_view path, std::int64_t number) {
        const std::size_t dot = path.rfind('.');
        if (json::Node* object = node(path.substr(0, dot)))
            builder_.set_number(object, path.substr(dot + 1), number);
    }
    /// Writes an identifier and adds its cell to the canary.
    void place(Canary& canary, const std::string& path, std::string_view text) {
        set(path, text);
        canary.cells.push_back("Packet." + path);
    }
    std::string json() const { return json::write(document_.root()); }
    const std::string& missing() const { return missing_; }

private:
    json::Document document_;
    std::string missing_;
    json::Builder builder_;
};

Canary canary(std::string whose, std::string kind, std::vector<std::string> spellings) {
    return {std::move(whose), std::move(kind), {}, std::move(spellings)};
}

/// The canaries of a name. Hiragana count only with both parts: four morae of one are a word of
/// any sentence.
void add_names(std::vector<Canary>& canaries, const std::string& whose, const Person& person,
               const std::vector<std::string>& name_cells,
               const std::vector<std::string>& kana_cells,
               const std::vector<std::string>& hiragana_cells = {}) {
    const auto kana = [](const std::vector<std::size_t>& part) {
        return std::vector<std::string>{spell(part, kKatakana), spell(part, kHalfWidth)};
    };
    canaries.push_back({whose, "family-name", name_cells, {person.family}});
    canaries.push_back({whose, "given-name", name_cells, {person.given}});
    canaries.push_back({whose, "family-kana", kana_cells, kana(person.family_kana)});
    canaries.push_back({whose, "given-kana", kana_cells, kana(person.given_kana)});
    canaries.push_back(
        {whose,
         "hiragana",
         hiragana_cells,
         {person.kana(kHiragana), person.kana(kHiragana, "　"), person.kana(kHiragana, "")}});
}

Canary phone(std::string whose, const std::string& number) {
    const std::string digits = digits_only(number);
    return canary(std::move(whose), "phone",
                  {number, digits, wide(number), wide(digits), "+81" + digits.substr(1)});
}

Canary number_of(std::string kind, const std::string& number) {
    return canary("patient", std::move(kind), {number, wide(number)});
}

/// Moves every full date of the last and next years by `days`; era dates are written as era dates.
void move_dates(json::Value value, json::Builder& builder, std::chrono::days days) {
    using std::chrono::year_month_day;
    if (!value.is_string()) {
        for (const json::Value child : value) move_dates(child, builder, days);
        return;
    }
    const std::string_view written = value.text();
    const bool with_time = written.size() > 10 && written[10] == 'T';
    const auto date = text::read_date(with_time ? written.substr(0, 10) : written);
    constexpr std::size_t kFullDate = 10;
    if (!date || date->size() != kFullDate) return;
    constexpr int kOldest = 2011;
    int year = 0;
    unsigned month = 0, day = 0;
    std::from_chars(date->data(), date->data() + 4, year);
    std::from_chars(date->data() + 5, date->data() + 7, month);
    std::from_chars(date->data() + 8, date->data() + kFullDate, day);
    if (year < kOldest) return;
    const year_month_day moved{
        std::chrono::sys_days{year_month_day{std::chrono::year{year}, std::chrono::month{month},
                                             std::chrono::day{day}}} +
        days};
    const auto moved_year = static_cast<std::uint64_t>(static_cast<int>(moved.year()));
    const auto moved_month = static_cast<unsigned>(moved.month());
    const auto moved_day = static_cast<unsigned>(moved.day());
    constexpr std::uint64_t kBeforeReiwa = 2018;
    std::string text;
    if (written.find("年") != std::string_view::npos && moved_year > kBeforeReiwa + 1) {
        text = "令和" + std::to_string(moved_year - kBeforeReiwa) + "年" +
               std::to_string(moved_month) + "月" + std::to_string(moved_day) + "日";
    } else {
        text =
            std::to_string(moved_year) + "-" + padded(moved_month, 2) + "-" + padded(moved_day, 2);
        if (with_time) text += written.substr(kFullDate);
    }
    builder.assign(builder.edit(value), text);
}

/// Replaces the patient and everybody around: the `packet`-th of `seed`, who applies on `applied`;
/// or that one's twin.
GeneratedPacket fill(Draft& draft, std::string_view texts, const std::string& applied,
                     std::uint64_t seed, std::uint64_t packet, bool of_twin) {
    // Chance decides what is no identifier too: a twin draws the same.
    SeededRandom random{seed * PacketGenerator::kMaxPackets + packet};
    constexpr std::uint64_t kFar = PacketGenerator::kMaxPackets / 2;
    const std::uint64_t number = of_twin ? (packet + kFar) % PacketGenerator::kMaxPackets : packet;
    const auto one_of = [&](std::initializer_list<std::string> choices) {
        return *(choices.begin() + random.below(choices.size()));
    };
    const Person itself{4 * packet, seed, texts};
    const Person patient = of_twin ? Person{4 * number, seed, texts, &itself} : itself;
    const Person key_person{4 * number + 1, seed, texts};
    const Person contact{4 * number + 2, seed, texts};
    const std::string town = spell(word(4 * number + 3, seed, kKanji, 3), kFamilyKanji) + "町";

    GeneratedPacket made;
    made.number = packet;
    made.initials = patient.initials();
    made.family_name = patient.family;
    made.full_name = patient.name();
    std::vector<Canary>& canaries = made.canaries;

    const std::uint64_t year = 1930 + random.below(29);
    std::uint64_t month = 1 + random.below(10);
    std::uint64_t day = 1 + random.below(28);
    if (of_twin) {  // in the same year before the same autumn: of one age
        month = 1 + month % 10;
        day = 1 + day % 28;
    }
    const std::string western =
        std::to_string(year) + "年" + std::to_string(month) + "月" + std::to_string(day) + "日";
    const std::string era = "昭和" + std::to_string(year - 1925) + "年" + std::to_string(month) +
                            "月" + std::to_string(day) + "日";
    const std::string short_era =
        "S" + std::to_string(year - 1925) + "." + std::to_string(month) + "." + std::to_string(day);
    made.birth_date = std::to_string(year) + "-" + padded(month, 2) + "-" + padded(day, 2);
    Canary birth = canary("patient", "birth-date",
                          {made.birth_date, digits_only(made.birth_date), era, wide(era), short_era,
                           western, wide(western)});
    draft.place(birth, "referralLetter.birthDate", one_of({wide(era), era}));
    draft.place(birth, "patientSheet.birthDate", one_of({made.birth_date, short_era}));
    draft.place(birth, "identity.birthDate", one_of({era, western, made.birth_date}));
    canaries.push_back(std::move(birth));
    const std::int64_t age = text::age_on(made.birth_date, applied).value();
    draft.set_number("bedRequest.age", age);
    draft.set_number("referralLetter.age", age);
    const std::string sex = one_of({"female", "male"});
    for (const char* cell :
         {"bedRequest.sex", "referralLetter.sex", "patientSheet.sex", "identity.sex"}) {
        draft.set(cell, sex);
    }

    draft.set("bedRequest.patientInitials", one_of({patient.initials(), patient.initials("．")}));
    draft.set("referralLetter.patientInitials", patient.initials());
    const std::string attachment = "お薬手帳の写し（" + patient.name() + "）";
    const std::vector<std::pair<std::string, std::string>> names = {
        {"referralLetter.patientName", patient.name()},
        {"referralLetter.attachments[0].title", attachment},
        {"patientSheet.patientName", patient.name(one_of({" ", "　"}))},
        {"consent.consentedBy.name", patient.name()},
        {"identity.name", patient.name(one_of({"　", " "}))}};
    const std::vector<std::pair<std::string, std::string>> kana = {
        {"referralLetter.patientKana", patient.kana(kHalfWidth)},
        {"identity.kana", patient.kana(kKatakana, "　")}};
    const auto place_all = [&](const auto& cells) {
        std::vector<std::string> placed;
        for (const auto& [path, text] : cells) {
            draft.set(path, text);
            placed.push_back("Packet." + path);
        }
        return placed;
    };
    using Cells = std::vector<std::pair<std::string, std::string>>;
    add_names(canaries, "patient", patient, place_all(names), place_all(kana),
              place_all(Cells{{"patientSheet.patientKana", patient.kana(kHiragana)}}));
    const std::vector<std::string> key_names =
        place_all(Cells{{"bedRequest.keyPerson.name", key_person.name()},
                        {"patientSheet.contacts[0].name", key_person.name()},
                        {"consent.familyConsent.name", key_person.name()}});
    const std::vector<std::string> key_kana =
        place_all(Cells{{"bedRequest.keyPerson.kana", key_person.kana(kKatakana)},
                        {"patientSheet.contacts[0].kana", key_person.kana(kHalfWidth)}});
    add_names(canaries, "key-person", key_person, key_names, key_kana);
    const std::vector<std::string> contact_names =
        place_all(Cells{{"patientSheet.contacts[1].name", contact.name("　")}});
    const std::vector<std::string> contact_kana =
        place_all(Cells{{"patientSheet.contacts[1].kana", contact.kana(kKatakana)}});
    add_names(canaries, "second-contact", contact, contact_names, contact_kana);

    const std::string city{draft.value("bedRequest.municipality").text()};
    const std::uint64_t drawn_house = random.below(99);
    const std::string house = std::to_string(1 + (of_twin ? (drawn_house + 50) % 99 : drawn_house));
    Canary address = canary("patient", "address", {town});
    draft.place(address, "referralLetter.patientAddress",
                city + town + "９丁目９９番" + wide(house) + "号");
    draft.place(address, "patientSheet.patientAddress", city + town + "9-99-" + house);
    draft.place(address, "identity.address", city + town + "９丁目９９番" + wide(house) + "号");
    canaries.push_back(std::move(address));
    const std::string postal = "186-" + padded(number, 4);
    Canary postal_code =
        canary("patient", "postal-code", {postal, digits_only(postal), wide(postal)});
    draft.place(postal_code, "referralLetter.patientPostalCode", wide(postal));
    draft.place(postal_code, "patientSheet.patientPostalCode", postal);
    draft.place(postal_code, "identity.postalCode", "〒" + wide(postal));
    canaries.push_back(std::move(postal_code));

    // No exchange begins with 0: nobody answers.
    const std::string home_number = "042-011-" + padded(number, 4);
    Canary home = phone("patient", home_number);
    draft.place(home, "referralLetter.patientPhone", wide(home_number));
    draft.place(home, "patientSheet.patientPhone", home_number);
    draft.place(home, "identity.phones[0].number", wide(home_number));
    canaries.push_back(std::move(home));
    const std::string key_number = "090-0011-" + padded(number, 4);
    Canary key_phone = phone("key-person", key_number);
    draft.place(key_phone, "bedRequest.keyPerson.phone", wide(key_number));
    draft.place(key_phone, "patientSheet.contacts[0].phone", wide(key_number));
    draft.place(key_phone, "identity.phones[1].number", digits_only(key_number));
    canaries.push_back(std::move(key_phone));
    const std::string contact_number = "080-0011-" + padded(number, 4);
    Canary contact_phone = phone("second-contact", contact_number);
    draft.place(contact_phone, "patientSheet.contacts[1].phone", contact_number);
    canaries.push_back(std::move(contact_phone));

    const auto place_number = [&](const char* kind, const char* cell, const std::string& digits,
                                  bool full_width) {
        Canary one = number_of(kind, digits);
        draft.place(one, cell, full_width ? wide(digits) : digits);
        canaries.push_back(std::move(one));
    };
    place_number("patient-number", "identity.clinicPatientNumber", "7" + padded(number, 9), false);
    place_number("insurer-number", "identity.insurance.insurerNumber",
                 with_check_digit("39" + padded(number, 5)), false);
    place_number("insured-number", "identity.insurance.number", "88" + padded(number, 6), true);
    place_number("care-insurer-number", "patientSheet.careInsurance.insurerNumber",
                 with_check_digit("9" + padded(number, 4)), false);
    place_number("care-insured-number", "patientSheet.careInsurance.insuredNumber",
                 "0000" + padded(500'000 + number, 6), false);
    place_number("payer-number", "patientSheet.medicalInsurance.publicExpenses[0].payerNumber",
                 with_check_digit("81" + padded(number, 5)), false);
    place_number("recipient-number",
                 "patientSheet.medicalInsurance.publicExpenses[0].recipientNumber",
                 with_check_digit("88" + padded(number, 4)), false);

    if (random.below(4) == 0) {
        const std::string token =
            "scan-" + padded(seed % 100'000, 5) + "-" + padded(number, 4) + "-page";
        const std::string base64 = to_base64(as_bytes("%PDF-1.4\n% " + token + "\n%%EOF\n"));
        Canary scan = canary("patient", "attachment", {token, base64});
        draft.place(scan, "referralLetter.attachments[0].data", base64);
        canaries.push_back(std::move(scan));
    }
    draft.set_number("bedRequest.plannedDays", static_cast<std::int64_t>(3 + random.below(12)));
    return made;
}

}  // namespace

void watch_for(const GeneratedPacket& packet, std::uint32_t owner, Watch& watch) {
    for (const Canary& canary : packet.canaries) {
        for (const std::string& spelling : canary.spellings) {
            watch.add(owner, canary.kind, spelling);
            // Folded, half of a kana name and the bare digits of a number are found in any text.
            const std::string folded = text::match_key(spelling);
            const bool short_kana = canary.kind == "family-kana" || canary.kind == "given-kana";
            if (!short_kana) watch.add(owner, canary.kind, folded);
        }
    }
}

Result<PacketGenerator> PacketGenerator::open(std::string_view base, std::uint64_t seed,
                                              std::string_view application_date) {
    auto document = json::read(base);
    if (!document) return document.error();
    auto applied =
        text::read_date(document->root()["bedRequest"]["appliedAt"].text().substr(0, 10));
    if (!applied) return Error{Code::Invalid, "no date", "Packet.bedRequest.appliedAt"};
    if (!application_date.empty()) {
        const auto days = text::days_between(*applied, application_date);
        if (!days) return Error{Code::Invalid, "no date", "application date"};
        json::Builder builder(*document);
        move_dates(document->root(), builder, std::chrono::days{*days});
        applied = std::string{application_date};
    }
    Draft draft{document->root()};
    fill(draft, base, *applied, seed, 0, false);
    if (!draft.missing().empty())
        return Error{Code::Invalid, "the packet lacks a cell to fill", draft.missing()};
    return PacketGenerator(std::move(*document), std::string{base}, std::move(*applied), seed);
}

GeneratedPacket PacketGenerator::make(std::uint64_t number, bool of_twin) const {
    Draft draft{base_.root()};
    GeneratedPacket made = fill(draft, texts_, application_date_, seed_, number, of_twin);
    made.json = draft.json();
    return made;
}

}  // namespace tsunagi::simulate
