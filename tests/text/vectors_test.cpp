// Every vector of domain.md section 5 by its name (vectors.tsv).
#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <functional>
#include <map>
#include <ostream>
#include <set>

#include "json/builder.h"
#include "privacy/unknown_people.h"
#include "support/definitions.h"
#include "support/name_book.h"
#include "text/care.h"
#include "text/check_digit.h"
#include "text/date.h"
#include "text/encoding.h"
#include "text/initials.h"
#include "text/phone.h"
#include "text/width.h"
#include "translate/reading.h"

namespace tsunagi::text {
namespace {

constexpr std::chrono::minutes kTokyo{540};

struct Vector {
    std::string section, name, reader, written, expected;

    std::string test_name() const {
        std::string made;
        for (const char c : section + " " + name) {
            const bool plain =
                (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            made += plain ? c : '_';
        }
        return made;
    }
    friend std::ostream& operator<<(std::ostream& out, const Vector& self) {
        return out << self.section << " " << self.name;
    }
};

/// \uXXXX, \u{XXXXX}, \xHH, \r, \n and \\ .
std::string opened(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\') {
            out.push_back(text[at]);
            continue;
        }
        const char kind = text[++at];
        if (kind == 'r' || kind == 'n' || kind == '\\') {
            out.push_back(kind == 'r' ? '\r' : kind == 'n' ? '\n' : '\\');
            continue;
        }
        const bool braced = text[at + 1] == '{';
        const std::size_t first = at + (braced ? 2 : 1);
        const std::size_t size = kind == 'x' ? 2 : braced ? text.find('}', first) - first : 4;
        unsigned code = 0;
        std::from_chars(text.data() + first, text.data() + first + size, code, 16);
        at = first + size - (braced ? 0 : 1);
        const auto add = [&](unsigned byte) { out.push_back(static_cast<char>(byte)); };
        if (kind == 'x') {
            add(code);
        } else if (code < 0x10000) {
            add(0xE0 | code >> 12);
            add(0x80 | (code >> 6 & 0x3F));
            add(0x80 | (code & 0x3F));
        } else {
            add(0xF0 | code >> 18);
            add(0x80 | (code >> 12 & 0x3F));
            add(0x80 | (code >> 6 & 0x3F));
            add(0x80 | (code & 0x3F));
        }
    }
    return out;
}

const std::vector<Vector>& all_vectors() {
    static const std::vector<Vector> kVectors = [] {
        const std::string text = support::read_file(TSUNAGI_SOURCE_DIR "/tests/text/vectors.tsv");
        std::vector<Vector> made;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = std::min(text.find('\n', at), text.size());
            std::string_view line = std::string_view{text}.substr(at, end - at);
            at = end + 1;
            if (line.empty() || line.starts_with('#')) continue;
            std::array<std::string, 5> cells;
            for (std::string& cell : cells) {
                const std::size_t tab = std::min(line.find('\t'), line.size());
                cell = line.substr(0, tab);
                line.remove_prefix(std::min(tab + 1, line.size()));
            }
            made.push_back({cells[0], cells[1], cells[2], opened(cells[3]), opened(cells[4])});
        }
        return made;
    }();
    return kVectors;
}

template <class T>
std::string shown(const Result<T>& result) {
    if (result) {
        if constexpr (std::is_same_v<T, int>) {
            return std::to_string(*result);
        } else {
            return *result;
        }
    }
    const Error& error = result.error();
    return "!" + error.message + (error.where.empty() ? "" : " " + error.where);
}

std::string yes_or_no(bool holds) { return holds ? "yes" : "no"; }

std::pair<std::string, std::string> halves(std::string_view text, std::string_view between) {
    const std::size_t at = text.find(between);
    return {std::string{text.substr(0, at)}, std::string{text.substr(at + between.size())}};
}

std::string shown_phone(std::string_view text) {
    const auto phone = read_phone(text);
    if (!phone) return shown(Result<std::string>{phone.error()});
    return phone->digits + " " + phone->e164 + " " + phone->kind;
}

std::string shown_decoded(std::string_view bytes) {
    const auto decoded = decode(bytes);
    if (!decoded) return shown(Result<std::string>{decoded.error()});
    return std::string{name(decoded->encoding)} + ":" + decoded->text;
}

std::string kinds_found(std::string_view text) {
    std::string out;
    for (const auto& span : privacy::find_unknown(support::name_book(), text))
        out += (out.empty() ? "" : " ") + std::string{privacy::name(span.kind)};
    return out;
}

/// What the reading of forms makes of a cell: the value; "(reason)" for one that is absent; a "+"
/// before the code of a warning; "!" before that of a refusal.
std::string cell(const std::string& path, const std::string& written) {
    static const std::map<std::string, std::array<const char*, 2>> kCells = {
        {"name", {"identity", "name"}},
        {"kana", {"identity", "kana"}},
        {"address", {"identity", "address"}},
        {"date", {"identity", "birthDate"}},
        {"phone", {"referralLetter.institution", "phone"}},
        {"remarks", {"bedRequest", "remarks"}},
        {"institution", {"bedRequest.applicant.institution", "code"}},
        {"insurer", {"identity.insurance", "insurerNumber"}}};
    const auto& [group, key] = kCells.at(path);
    std::string_view above = group;
    json::Document packet;
    json::Builder builder(packet);
    json::Node* node = builder.object();
    while (!above.empty()) {
        const std::size_t dot = std::min(above.find('.'), above.size());
        node = builder.set_object(node, above.substr(0, dot));
        above.remove_prefix(std::min(dot + 1, above.size()));
    }
    builder.set(node, key, written);
    std::vector<fhir::Issue> issues;
    const json::Document read = translate::read_cells(
        packet.root(), support::definitions(),
        "https://tsunagi.example/fhir/StructureDefinition/Packet", kTokyo, issues);
    std::string warnings;
    for (const auto& issue : issues) {
        if (issue.severity <= fhir::IssueSeverity::Error) return "!" + issue.code;
        if (issue.code != "private-use-character") warnings += " +" + issue.code;
    }
    json::Value holder = read.root();
    for (above = group; !above.empty();) {
        const std::size_t dot = std::min(above.find('.'), above.size());
        holder = holder[above.substr(0, dot)];
        above.remove_prefix(std::min(dot + 1, above.size()));
    }
    if (const json::Value value = holder[key]) return std::string{value.text()} + warnings;
    const json::Value reason = holder["_" + std::string{key}]["extension"].at(0)["valueCode"];
    return "(" + std::string{reason.text()} + ")" + warnings;
}

using Reader = std::function<std::string(const std::string&)>;

const std::map<std::string, Reader>& readers() {
    static const std::map<std::string, Reader> kReaders = {
        {"date", [](const std::string& text) { return shown(read_date(text)); }},
        {"datetime", [](const std::string& text) { return shown(read_datetime(text, kTokyo)); }},
        {"age",
         [](const std::string& text) {
             const auto [birth, on] = halves(text, " ");
             return shown(age_on(birth, on));
         }},
        {"care", [](const std::string& text) { return shown(read_care_level(text)); }},
        {"disability", [](const std::string& text) { return shown(read_disability_grade(text)); }},
        {"dementia", [](const std::string& text) { return shown(read_dementia_grade(text)); }},
        {"narrow", [](const std::string& text) { return to_narrow(text); }},
        {"wide-kana", [](const std::string& text) { return to_wide_kana(text); }},
        {"katakana", [](const std::string& text) { return to_katakana(text); }},
        {"same",
         [](const std::string& text) {
             const auto [left, right] = halves(text, " | ");
             return yes_or_no(match_key(left) == match_key(right));
         }},
        {"raw", [](const std::string& text) { return cell("remarks", text); }},
        {"cp932", [](const std::string& text) { return shown(decode(text, Encoding::Cp932)); }},
        {"euc-jp", [](const std::string& text) { return shown(decode(text, Encoding::EucJp)); }},
        {"iso-2022-jp",
         [](const std::string& text) { return shown(decode(text, Encoding::Iso2022Jp)); }},
        {"to-cp932", [](const std::string& text) { return shown(encode(text, Encoding::Cp932)); }},
        {"to-iso-2022-jp",
         [](const std::string& text) { return shown(encode(text, Encoding::Iso2022Jp)); }},
        {"detect", shown_decoded},
        {"insurer", [](const std::string& text) { return yes_or_no(is_insurer_number(text)); }},
        {"institution",
         [](const std::string& text) { return yes_or_no(is_institution_number(text)); }},
        {"mynumber", [](const std::string& text) { return yes_or_no(has_my_number(text)); }},
        {"phone", shown_phone},
        {"postal", [](const std::string& text) { return shown(read_postal_code(text)); }},
        {"initials", [](const std::string& text) { return shown(read_initials(text)); }},
        {"kana-initials",
         [](const std::string& text) {
             return shown(initials_of_kana(text, NameOrder::FamilyFirst));
         }},
        {"kana-initials-given-first",
         [](const std::string& text) {
             return shown(initials_of_kana(text, NameOrder::GivenFirst));
         }},
        {"found", kinds_found},
        {"cell name", [](const std::string& text) { return cell("name", text); }},
        {"cell kana", [](const std::string& text) { return cell("kana", text); }},
        {"cell address", [](const std::string& text) { return cell("address", text); }},
        {"cell date", [](const std::string& text) { return cell("date", text); }},
        {"cell phone", [](const std::string& text) { return cell("phone", text); }},
        {"cell remarks", [](const std::string& text) { return cell("remarks", text); }},
        {"cell insurer", [](const std::string& text) { return cell("insurer", text); }},
        {"cell institution", [](const std::string& text) { return cell("institution", text); }},
    };
    return kReaders;
}

class DomainVector : public ::testing::TestWithParam<Vector> {};

TEST_P(DomainVector, ReadsAsTheDomainSays) {
    const auto reader = readers().find(GetParam().reader);
    ASSERT_NE(reader, readers().end()) << GetParam().reader;
    EXPECT_EQ(reader->second(GetParam().written), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Domain, DomainVector, ::testing::ValuesIn(all_vectors()),
                         [](const ::testing::TestParamInfo<Vector>& each) {
                             return each.param.test_name();
                         });

TEST(DomainVectors, CoverEverySection) {
    std::map<std::string, int> sections;
    std::set<std::string> names, used;
    for (const Vector& each : all_vectors()) {
        ++sections[each.section];
        used.insert(each.reader);
        EXPECT_TRUE(names.insert(each.test_name()).second) << each.test_name();
    }
    for (int section = 1; section <= 15; ++section)
        EXPECT_GE(sections["5." + std::to_string(section)], 7) << "5." << section;
    EXPECT_EQ(sections.size(), 15U);
    EXPECT_GE(all_vectors().size(), 240U);
    EXPECT_EQ(used.size(), readers().size()) << "a reader that no vector needs";
    // The runner tells a wrong reading from a right one.
    EXPECT_NE(readers().at("date")("昭和64年1月8日"), "1989-01-08");
    EXPECT_NE(readers().at("cell name")("羽\uE123 和"), "羽\uE123 和");
}

}  // namespace
}  // namespace tsunagi::text
