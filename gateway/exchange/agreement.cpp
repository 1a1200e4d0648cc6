#include "exchange/agreement.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "text/date.h"
#include "text/initials.h"
#include "text/width.h"

namespace tsunagi::exchange {
namespace {

struct Cell {
    std::string_view part, member;
};

std::string path_of(const Cell& cell) {
    return "Packet." + std::string{cell.part} + "." + std::string{cell.member};
}

std::string same_name(std::string_view text) { return text::match_key(text); }
std::string same_kana(std::string_view text) { return text::match_key(text::to_katakana(text)); }
std::string same_code(std::string_view text) { return std::string{text}; }
std::string same_date(std::string_view text) {
    const auto date = text::read_date(text);
    return date ? *date
                : std::string{};  // an unreadable date is reported by the reading of that cell
}
std::string same_initials(std::string_view text) {
    const auto initials = text::read_initials(text);
    return initials ? *initials : std::string{};
}

struct Fact {
    std::string_view ja, en;
    std::array<Cell, 4> cells;  // an empty part ends the list
    std::string (*same)(std::string_view);
};

constexpr std::array kFacts{
    Fact{"氏名",
         "name",
         {{{"identity", "name"},
           {"referralLetter", "patientName"},
           {"patientSheet", "patientName"}}},
         same_name},
    Fact{"フリガナ",
         "kana",
         {{{"identity", "kana"},
           {"referralLetter", "patientKana"},
           {"patientSheet", "patientKana"}}},
         same_kana},
    Fact{"生年月日",
         "birth date",
         {{{"identity", "birthDate"},
           {"referralLetter", "birthDate"},
           {"patientSheet", "birthDate"}}},
         same_date},
    Fact{"性別",
         "sex",
         {{{"bedRequest", "sex"},
           {"referralLetter", "sex"},
           {"patientSheet", "sex"},
           {"identity", "sex"}}},
         same_code},
    Fact{"イニシャル",
         "initials",
         {{{"bedRequest", "patientInitials"}, {"referralLetter", "patientInitials"}}},
         same_initials},
};

/// 昭和13年 and 昭和13年4月2日 do not contradict each other: one is less precise.
bool agree(const Fact& fact, const std::string& one, const std::string& other) {
    return one == other ||
           (fact.same == same_date && (one.starts_with(other) || other.starts_with(one)));
}

/// The fact as the first cell that has it gives it; empty: none.
std::string key_of(const Fact& fact, json::Value packet) {
    for (const auto& cell : fact.cells) {
        if (cell.part.empty()) break;
        std::string key = fact.same(packet[cell.part][cell.member].text());
        if (!key.empty()) return key;
    }
    return {};
}

struct ClinicalFact {
    std::string_view ja, en, member;
};

/// Cells that several forms carry with a coded statement or level.
constexpr std::array kClinicalFacts{ClinicalFact{"アレルギーの有無", "allergies", "allergies"},
                                    ClinicalFact{"感染症の有無", "infections", "infections"}};

constexpr std::array<std::string_view, 3> kForms{"bedRequest", "referralLetter", "patientSheet"};

void compare(json::Value packet, const Fact& fact, std::vector<fhir::Issue>& issues) {
    const Cell* first = nullptr;
    std::string first_key;
    for (const auto& cell : fact.cells) {
        if (cell.part.empty()) break;
        const std::string key = fact.same(packet[cell.part][cell.member].text());
        if (key.empty()) continue;
        if (!first) {
            first = &cell;
            first_key = key;
            continue;
        }
        if (agree(fact, key, first_key)) continue;
        fhir::Issue issue;
        issue.type = "business-rule";
        issue.code = "documents-disagree";
        issue.expression = path_of(cell);
        issue.offset = packet[cell.part][cell.member].offset();
        issue.ja = "「" + path_of(*first) + "」と「" + path_of(cell) + "」の" +
                   std::string{fact.ja} +
                   "が一致しません。別の方の書類でないか確認し、正しい書類で送り直してください。";
        issue.en = "The " + std::string{fact.en} + " in " + path_of(*first) + " and " +
                   path_of(cell) +
                   " differ. Check that both documents are of the same person and send the right "
                   "ones again.";
        issues.push_back(std::move(issue));
    }
}

void flag(json::Value packet, const ClinicalFact& fact, std::vector<fhir::Issue>& issues) {
    std::string_view first_form, first;
    for (const auto form : kForms) {
        const std::string_view statement = packet[form][fact.member]["statement"].text();
        if (statement.empty()) continue;
        if (first.empty()) {
            first = statement;
            first_form = form;
        } else if (statement != first) {
            fhir::Issue issue;
            issue.severity = fhir::IssueSeverity::Warning;
            issue.type = "business-rule";
            issue.code = "documents-contradict";
            issue.expression = "Packet." + std::string{form} + "." + std::string{fact.member};
            issue.ja =
                std::string{fact.ja} +
                "が書類の間で食い違っています。どちらも変えずに送りました。確認してください。";
            issue.en = "The documents contradict each other about " + std::string{fact.en} +
                       ". Both were sent as written. Please check.";
            issues.push_back(std::move(issue));
        }
    }
}

/// An error at this cell of the consent record; its code and words are the caller's.
fhir::Issue about_consent(json::Value packet, std::string_view cell, std::string_view rule) {
    fhir::Issue issue;
    issue.type = "business-rule";
    issue.rule = std::string{rule};
    issue.expression = path_of({"consent", cell});
    issue.offset = packet["consent"][cell].offset();
    return issue;
}

/// The scanned consent form is what its record says: an attached form has its digest on record, and
/// that digest is its own.
void compare_form(json::Value packet, std::vector<fhir::Issue>& issues) {
    const std::string_view recorded = packet["consent"]["formSha256"].text();
    bool attached = false, same = false;
    for (const json::Value each : packet["referralLetter"]["attachments"]) {
        if (each["kind"].text() != "consent-form" || !each["data"]) continue;
        attached = true;
        std::string data{each["data"].text()};
        std::erase_if(data, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
        const auto bytes = from_base64(data);
        same = same || (bytes && to_hex(crypto::sha256(*bytes)) == recorded);
    }
    if (!attached || same || !packet["consent"]) return;
    fhir::Issue issue = about_consent(packet, "formSha256", "R5");
    issue.code = "consent-form-differs";
    issue.ja =
        "添付された同意書の写しと、同意の記録の照合値（SHA-"
        "256）が一致しません。正しい写しを添付し、"
        "その照合値を記入してください。";
    issue.en =
        "The attached consent form and the digest (SHA-256) in the record of consent do not match. "
        "Attach the right form and record its digest.";
    issues.push_back(std::move(issue));
}

}  // namespace

std::vector<fhir::Issue> check_agreement(json::Value packet) {
    std::vector<fhir::Issue> issues;
    compare_form(packet, issues);
    for (const auto& fact : kFacts) compare(packet, fact, issues);
    for (const auto& fact : kClinicalFacts) flag(packet, fact, issues);
    return issues;
}

bool are_of_two_people(json::Value one, json::Value other) {
    return std::any_of(kFacts.begin(), kFacts.end(), [&](const Fact& fact) {
        const std::string left = key_of(fact, one), right = key_of(fact, other);
        return !left.empty() && !right.empty() && !agree(fact, left, right);
    });
}

std::vector<fhir::Issue> check_consent_mode(json::Value packet, std::string_view mode) {
    if (mode == "implied" || packet["consent"]["method"].text() != "implied") return {};
    fhir::Issue issue = about_consent(packet, "method", "L3");
    issue.code = "consent-not-explicit";
    issue.ja =
        "この事業では黙示の同意では足りません。書面または口頭で明示の同意を得て、その方法を記入して"
        "ください。";
    issue.en =
        "In this programme implied consent is not enough. Obtain explicit consent, in writing or "
        "orally, and state how.";
    return {std::move(issue)};
}

}  // namespace tsunagi::exchange
