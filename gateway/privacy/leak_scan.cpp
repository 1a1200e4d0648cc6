#include "privacy/leak_scan.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "text/care.h"
#include "text/date.h"
#include "text/width.h"

namespace tsunagi::privacy {
namespace {

/// How the value of a cell may be spelled elsewhere.
enum class Spelling { Name, Kana, Date, Digits, Text };

struct IdentifierCell {
    std::string_view path;  ///< below the packet; "[]" walks a list
    std::string_view kind;
    Spelling spelling;
};

/// The cells that no hospital may see before it accepted. tests/privacy compares this list with the
/// models' sensitivity.
constexpr std::array kCells{
    IdentifierCell{"identity.name", "patient-name", Spelling::Name},
    IdentifierCell{"identity.kana", "patient-kana", Spelling::Kana},
    IdentifierCell{"identity.birthDate", "birth-date", Spelling::Date},
    IdentifierCell{"identity.address", "address", Spelling::Text},
    IdentifierCell{"identity.phones[].number", "phone", Spelling::Digits},
    IdentifierCell{"identity.clinicPatientNumber", "patient-number", Spelling::Digits},
    IdentifierCell{"identity.insurance.number", "insurance-number", Spelling::Digits},
    IdentifierCell{"referralLetter.patientName", "patient-name", Spelling::Name},
    IdentifierCell{"referralLetter.patientKana", "patient-kana", Spelling::Kana},
    IdentifierCell{"referralLetter.birthDate", "birth-date", Spelling::Date},
    IdentifierCell{"referralLetter.patientAddress", "address", Spelling::Text},
    IdentifierCell{"referralLetter.patientPhone", "phone", Spelling::Digits},
    IdentifierCell{"patientSheet.patientName", "patient-name", Spelling::Name},
    IdentifierCell{"patientSheet.patientKana", "patient-kana", Spelling::Kana},
    IdentifierCell{"patientSheet.birthDate", "birth-date", Spelling::Date},
    IdentifierCell{"patientSheet.patientAddress", "address", Spelling::Text},
    IdentifierCell{"patientSheet.patientPhone", "phone", Spelling::Digits},
    IdentifierCell{"patientSheet.careInsurance.insuredNumber", "insurance-number",
                   Spelling::Digits},
    IdentifierCell{"patientSheet.medicalInsurance.publicExpenses[].recipientNumber",
                   "insurance-number", Spelling::Digits},
    IdentifierCell{"patientSheet.contacts[].name", "third-party-name", Spelling::Name},
    IdentifierCell{"patientSheet.contacts[].kana", "third-party-kana", Spelling::Kana},
    IdentifierCell{"patientSheet.contacts[].phone", "phone", Spelling::Digits},
    IdentifierCell{"bedRequest.keyPerson.name", "third-party-name", Spelling::Name},
    IdentifierCell{"bedRequest.keyPerson.kana", "third-party-kana", Spelling::Kana},
    IdentifierCell{"bedRequest.keyPerson.phone", "phone", Spelling::Digits},
    IdentifierCell{"consent.consentedBy.name", "third-party-name", Spelling::Name},
    IdentifierCell{"consent.familyConsent.name", "third-party-name", Spelling::Name},
};

/// Cells whose words leave with the offer by right: the sender and the receiver are known. What
/// stands in them is not taken for the patient's, or a doctor with the patient's family name could
/// never apply.
constexpr std::array<std::string_view, 12> kOpenCells{
    "bedRequest.applicant.name",
    "bedRequest.applicant.kana",
    "bedRequest.applicant.institution.name",
    "bedRequest.applicant.institution.address",
    "bedRequest.applicant.institution.phone",
    "bedRequest.applicant.institution.fax",
    "referralLetter.doctor.name",
    "referralLetter.doctor.kana",
    "referralLetter.institution.name",
    "referralLetter.institution.address",
    "referralLetter.institution.phone",
    "referralLetter.destination.physician",
};

/// Values of the cell at `path`, with the packet path of each.
void collect(json::Value at, std::string_view path, std::string cell,
             std::vector<std::pair<std::string, std::string>>& found) {
    if (!at) return;
    if (path.empty()) {
        if (at.is_string() && !at.text().empty())
            found.emplace_back(std::move(cell), std::string{at.text()});
        return;
    }
    const std::size_t end = std::min(path.find('.'), path.size());
    std::string_view name = path.substr(0, end);
    const std::string_view rest = end < path.size() ? path.substr(end + 1) : std::string_view{};
    const bool list = name.ends_with("[]");
    if (list) name.remove_suffix(2);
    const json::Value next = at[name];
    cell += "." + std::string{name};
    if (!list) {
        collect(next, rest, std::move(cell), found);
        return;
    }
    std::size_t index = 0;
    for (const json::Value item : next)
        collect(item, rest, cell + "[" + std::to_string(index++) + "]", found);
}

std::vector<std::pair<std::string, std::string>> values_of(json::Value packet,
                                                           std::string_view path) {
    std::vector<std::pair<std::string, std::string>> found;
    collect(packet, path, "Packet", found);
    return found;
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

std::string digits_of(std::string_view text) {
    std::string digits;
    for (const char c : text::to_narrow(text)) {
        if (c >= '0' && c <= '9') digits += c;
    }
    return digits;
}

/// The keys under which a value is looked for; empty when it is too short to be told from ordinary
/// text.
std::vector<std::string> keys_of(std::string_view value, Spelling spelling) {
    std::vector<std::string> keys;
    const auto add = [&](std::string key, std::size_t at_least) {
        if (characters(key) >= at_least) keys.push_back(std::move(key));
    };
    switch (spelling) {
        case Spelling::Name: {
            // Two characters: 林 alone is a wood, 林文 is somebody.
            add(text::match_key(value), 2);
            // Family and given name by themselves, where a space divides them.
            const std::string trimmed = text::trim(value);
            std::string_view rest = trimmed;
            while (!rest.empty()) {
                const std::size_t narrow = rest.find(' '), wide = rest.find("\u3000");
                const std::size_t end = std::min({narrow, wide, rest.size()});
                add(text::match_key(rest.substr(0, end)), 2);
                if (end == rest.size()) break;
                rest.remove_prefix(end + (end == wide ? std::string_view{"\u3000"}.size() : 1));
            }
            break;
        }
        case Spelling::Kana:
            add(text::match_key(text::to_katakana(value)), 4);
            break;
        case Spelling::Date: {
            const auto date = text::read_date(value);
            if (!date || date->size() != 10) break;
            const std::string year = date->substr(0, 4), month = date->substr(5, 2),
                              day = date->substr(8, 2);
            const std::string short_month = month[0] == '0' ? month.substr(1) : month;
            const std::string short_day = day[0] == '0' ? day.substr(1) : day;
            add(year + month + day, 1);
            add(year + "/" + short_month + "/" + short_day, 1);
            add(year + "/" + month + "/" + day, 1);
            add(year + "." + short_month + "." + short_day, 1);
            add(year + "年" + short_month + "月" + short_day + "日", 1);
            add(text::match_key(value), 6);
            struct Era {
                std::string_view kanji, letter;
                int first;
                std::string_view from;
            };
            constexpr std::array kEras{
                Era{"明治", "m", 1868, "1868-01-01"}, Era{"大正", "t", 1912, "1912-07-30"},
                Era{"昭和", "s", 1926, "1926-12-25"}, Era{"平成", "h", 1989, "1989-01-08"},
                Era{"令和", "r", 2019, "2019-05-01"}};
            const Era* era = nullptr;
            for (const auto& each : kEras) {
                if (std::string_view{*date} >= each.from) era = &each;
            }
            if (!era) break;
            const std::string number = std::to_string(std::stoi(year) - era->first + 1);
            add(std::string{era->kanji} + number + "年" + short_month + "月" + short_day + "日", 1);
            if (number == "1")
                add(std::string{era->kanji} + "元年" + short_month + "月" + short_day + "日", 1);
            for (const char* separator : {".", "/"}) {
                add(std::string{era->letter} + number + separator + short_month + separator +
                        short_day,
                    1);
                add(std::string{era->letter} + number + separator + month + separator + day, 1);
            }
            break;
        }
        case Spelling::Digits: {
            const std::string digits = digits_of(value);
            if (digits.size() >= 6) keys.push_back(digits);
            break;
        }
        case Spelling::Text:
            add(text::match_key(value), 6);
            break;
    }
    return keys;
}

struct Needle {
    std::string key, kind, cell;
    bool digits = false;  ///< must not stand inside a longer run of digits
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool stands_in(std::string_view haystack, const Needle& needle) {
    for (std::size_t at = haystack.find(needle.key); at != std::string_view::npos;
         at = haystack.find(needle.key, at + 1)) {
        const std::size_t end = at + needle.key.size();
        const bool inside = needle.digits && ((at > 0 && is_digit(haystack[at - 1])) ||
                                              (end < haystack.size() && is_digit(haystack[end])));
        if (!inside) return true;
    }
    return false;
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

void append_utf8(std::string& out, std::uint32_t c) {
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xc0 | (c >> 6));
        out += static_cast<char>(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        out += static_cast<char>(0xe0 | (c >> 12));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
        out += static_cast<char>(0x80 | (c & 0x3f));
    } else {
        out += static_cast<char>(0xf0 | (c >> 18));
        out += static_cast<char>(0x80 | ((c >> 12) & 0x3f));
        out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
        out += static_cast<char>(0x80 | (c & 0x3f));
    }
}

/// JSON escapes and percent escapes opened; everything else as it is.
std::string opened(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    const auto four = [&](std::size_t at) -> std::optional<std::uint32_t> {
        if (at + 4 > bytes.size()) return {};
        std::uint32_t value = 0;
        for (std::size_t i = at; i < at + 4; ++i) {
            const int digit = hex_value(bytes[i]);
            if (digit < 0) return {};
            value = value * 16 + static_cast<std::uint32_t>(digit);
        }
        return value;
    };
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (bytes[i] == '\\' && i + 1 < bytes.size()) {
            const char next = bytes[i + 1];
            const auto unit = next == 'u' ? four(i + 2) : std::nullopt;
            if (unit) {
                std::uint32_t c = *unit;
                i += 5;
                const auto low = c >= 0xd800 && c < 0xdc00 && i + 2 < bytes.size() &&
                                         bytes[i + 1] == '\\' && bytes[i + 2] == 'u'
                                     ? four(i + 3)
                                     : std::nullopt;
                if (low && *low >= 0xdc00 && *low < 0xe000) {
                    c = 0x10000 + ((c - 0xd800) << 10) + (*low - 0xdc00);
                    i += 6;
                }
                append_utf8(out, c >= 0xd800 && c < 0xe000 ? 0x20 : c);
                continue;
            }
            out += next == 'n' || next == 't' || next == 'r' ? ' ' : next;
            ++i;
        } else if (bytes[i] == '%' && i + 2 < bytes.size() && hex_value(bytes[i + 1]) >= 0 &&
                   hex_value(bytes[i + 2]) >= 0) {
            out += static_cast<char>(hex_value(bytes[i + 1]) * 16 + hex_value(bytes[i + 2]));
            i += 2;
        } else {
            out += bytes[i];
        }
    }
    return out;
}

bool is_base64(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || is_digit(c) || c == '+' || c == '/';
}

/// Texts hidden in runs of base64, each decoded at its own start.
std::string decoded_runs(std::string_view bytes) {
    constexpr std::size_t kRun = 16;
    std::string out;
    for (std::size_t i = 0; i < bytes.size();) {
        std::size_t end = i;
        while (end < bytes.size() && is_base64(bytes[end])) ++end;
        if (end - i >= kRun) {
            std::size_t padded = end;
            while (padded < bytes.size() && bytes[padded] == '=' && padded - end < 2) ++padded;
            std::string run{bytes.substr(i, padded - i)};
            while (run.size() % 4 != 0) run.pop_back();
            if (const auto text = from_base64(run)) {
                out += ' ';
                out += as_text(*text);
            }
        }
        i = end + 1;
    }
    return out;
}

/// UTF-8 or a space for each byte that is none: match_key wants well-formed text.
std::string well_formed(std::string text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t length = lead < 0x80    ? 1
                                   : lead >= 0xf0 ? 4
                                   : lead >= 0xe0 ? 3
                                   : lead >= 0xc2 ? 2
                                                  : 0;
        bool good = length > 0 && i + length <= text.size();
        for (std::size_t k = 1; good && k < length; ++k)
            good = (static_cast<unsigned char>(text[i + k]) & 0xc0) == 0x80;
        if (good) {
            i += length;
        } else {
            text[i++] = ' ';
        }
    }
    return text;
}

void walk_my_numbers(json::Value at, std::string path, std::vector<std::string>& cells) {
    if (at.is_string()) {
        if (text::has_my_number(at.text())) cells.push_back(std::move(path));
        return;
    }
    std::size_t index = 0;
    for (const json::Value child : at) {
        walk_my_numbers(child,
                        at.is_array() ? path + "[" + std::to_string(index++) + "]"
                                      : path + "." + std::string{child.key()},
                        cells);
    }
}

}  // namespace

struct LeakScanner::Parts {
    std::vector<Needle> needles;
};

LeakScanner::LeakScanner() : parts_(std::make_unique<Parts>()) {}
LeakScanner::LeakScanner(LeakScanner&&) noexcept = default;
LeakScanner& LeakScanner::operator=(LeakScanner&&) noexcept = default;
LeakScanner::~LeakScanner() = default;

LeakScanner LeakScanner::of_packet(json::Value packet) {
    LeakScanner scanner;
    std::string open_words;
    for (const auto path : kOpenCells) {
        for (const auto& [cell, value] : values_of(packet, path))
            open_words += " " + text::match_key(value) + "\n";
    }
    auto& needles = scanner.parts_->needles;
    for (const auto& each : kCells) {
        for (auto& [cell, value] : values_of(packet, each.path)) {
            for (auto& key : keys_of(value, each.spelling)) {
                const bool known =
                    open_words.find(key) != std::string::npos ||
                    std::any_of(needles.begin(), needles.end(),
                                [&](const auto& needle) { return needle.key == key; });
                if (known) continue;
                // A short number is looked for as a whole; a long one also where other digits touch
                // it.
                const bool short_number = each.spelling == Spelling::Digits && key.size() < 9;
                needles.push_back({std::move(key), std::string{each.kind}, cell, short_number});
            }
        }
    }
    return scanner;
}

std::vector<Finding> LeakScanner::scan(std::string_view bytes) const {
    std::vector<Finding> findings;
    if (parts_->needles.empty()) return findings;
    const std::string text = opened(bytes);
    const std::string folded = text::match_key(well_formed(text)) + "\n" +
                               text::match_key(well_formed(decoded_runs(text)));
    for (const auto& needle : parts_->needles) {
        const bool seen = std::any_of(findings.begin(), findings.end(), [&](const auto& finding) {
            return finding.cell == needle.cell;
        });
        if (!seen && stands_in(folded, needle)) findings.push_back({needle.kind, needle.cell});
    }
    return findings;
}

std::vector<std::string> cells_with_my_number(json::Value packet) {
    std::vector<std::string> cells;
    walk_my_numbers(packet, "Packet", cells);
    return cells;
}

}  // namespace tsunagi::privacy
