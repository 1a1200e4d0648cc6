#include "privacy/unknown_people.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include "privacy/folded.h"
#include "privacy/hints.h"
#include "privacy/needles.h"
#include "privacy/unknown_parts.h"
#include "text/width.h"

namespace tsunagi::privacy {
namespace {

/// Overlapping marks become one, of the kind of the longest.
std::vector<Mark> merged(std::vector<Mark> marks) {
    std::sort(marks.begin(), marks.end(), [](const Mark& left, const Mark& right) {
        return std::pair{left.begin, right.end} < std::pair{right.begin, left.end};
    });
    std::vector<Mark> out;
    std::size_t longest = 0;
    for (const Mark& mark : marks) {
        const std::size_t size = mark.end - mark.begin;
        if (out.empty() || mark.begin >= out.back().end) {
            out.push_back(mark);
            longest = size;
            continue;
        }
        if (size > longest) {
            out.back().kind = mark.kind;
            longest = size;
        }
        out.back().end = std::max(out.back().end, mark.end);
    }
    return out;
}

void find_all(KnownWords& words, std::u32string_view text, std::vector<Mark>& marks) {
    words.read(text);
    find_names(words, marks);
    find_name_slots(words, marks);
    find_name_hints(words, marks);
    find_name_words(words, marks);
    find_personal_numbers(text, marks);
}

/// Forms whose text may leave before the acceptance.
constexpr auto kForms =
    std::to_array<std::string_view>({"bedRequest", "referralLetter", "patientSheet"});

/// What stands in the cells that leave by right.
struct Open {
    std::u32string letters;
    std::string digits;
};

std::string digits_of(std::u32string_view text) {
    std::string digits;
    for (const char32_t c : text) {
        if (is_digit(c)) digits += static_cast<char>(c);
    }
    return digits;
}

/// Whether the finding stands in a cell that leaves by right. 田中さん is not the doctor Tanaka.
bool is_open(const Open& open, const Aligned& text, const Mark& mark) {
    const std::u32string_view all = text.text;
    const std::u32string_view found = all.substr(mark.begin, mark.end - mark.begin);
    if (mark.kind == UnknownKind::Person) {
        static constexpr std::u32string_view kOthers[] = {U"さん", U"様", U"氏", U"君", U"ちゃん"};
        const bool other = std::any_of(std::begin(kOthers), std::end(kOthers), [&](auto each) {
            return all.substr(mark.end).starts_with(each);
        });
        std::u32string letters;
        for (const char32_t c : found) {
            if (!is_space(c)) letters += c;
        }
        return !other && open.letters.find(letters) != std::u32string::npos;
    }
    const std::string digits = digits_of(found);
    return !digits.empty() && open.digits.find(digits) != std::string::npos;
}

Open open_of(json::Value packet) {
    Open open;
    for (const std::string& text : open_texts(packet)) {
        const std::u32string letters = align(text).text;
        for (const char32_t c : letters) {
            if (!is_space(c)) open.letters += c;
        }
        open.letters += U'\n';
        open.digits += digits_of(letters) + "\n";
    }
    return open;
}

bool is_free_text(std::string_view key, std::span<const std::string_view> own_form) {
    return std::find(own_form.begin(), own_form.end(), key) == own_form.end();
}

class PacketSearch {
public:
    PacketSearch(const NameBook& book, json::Value packet) : words_(book), packet_(packet) {}

    std::vector<UnknownFinding> run() && {
        for (const std::string_view form : kForms) walk(packet_[form]);
        return std::move(found_);
    }

private:
    void walk(json::Value at) {
        // Cells that hold a name, number or code by their definition.
        static constexpr auto kOwnForm = std::to_array<std::string_view>({"applicant",
                                                                          "institution",
                                                                          "destination",
                                                                          "doctor",
                                                                          "careManager",
                                                                          "careTeam",
                                                                          "keyPerson",
                                                                          "contacts",
                                                                          "careInsurance",
                                                                          "medicalInsurance",
                                                                          "attachments",
                                                                          "patientName",
                                                                          "patientKana",
                                                                          "birthDate",
                                                                          "patientAddress",
                                                                          "patientPhone",
                                                                          "patientPostalCode",
                                                                          "icd10",
                                                                          "medisCode",
                                                                          "medisKeyNumber",
                                                                          "jlac10",
                                                                          "yj",
                                                                          "hot9",
                                                                          "generalName",
                                                                          "code",
                                                                          "person",
                                                                          "caller",
                                                                          "by",
                                                                          "registeringDoctor",
                                                                          "municipality",
                                                                          "patientInitials",
                                                                          "registrationNumber",
                                                                          "backupHospitals"});
        if (at.is_string()) return text(at);
        for (const json::Value child : at) {
            if (!at.is_object() || is_free_text(child.key(), kOwnForm)) walk(child);
        }
    }

    void text(json::Value cell) {
        // Half of a form's texts stand there more than once: 錠, １日３回 毎食後.
        if (nobody_.contains(cell.text())) return;
        const Aligned aligned = align(cell.text());
        std::vector<Mark> marks;
        find_all(words_, aligned.text, marks);
        if (marks.empty()) {
            nobody_.insert(cell.text());
            return;
        }
        if (!open_) open_ = open_of(packet_);
        const std::string path = json::path_of(packet_, cell, "Packet");
        for (const Mark& mark : merged(std::move(marks))) {
            if (!is_open(*open_, aligned, mark))
                found_.push_back({path, {mark.kind, aligned.at[mark.begin], aligned.at[mark.end]}});
        }
    }

    KnownWords words_;
    json::Value packet_;
    std::optional<Open> open_;
    std::unordered_set<std::string_view> nobody_;  ///< texts in which nobody was found
    std::vector<UnknownFinding> found_;
};

}  // namespace

std::string_view name(UnknownKind kind) {
    constexpr auto kNames = std::to_array<std::string_view>({"person", "phone", "address", "postal",
                                                             "insurance", "mynumber", "email",
                                                             "url", "chart", "birthdate", "other"});
    return kNames[static_cast<std::size_t>(kind)];
}

std::vector<UnknownSpan> find_unknown(const NameBook& book, std::string_view utf8) {
    const Aligned aligned = align(utf8);
    KnownWords words(book);
    std::vector<Mark> marks;
    find_all(words, aligned.text, marks);
    std::vector<UnknownSpan> spans;
    for (const Mark& mark : merged(std::move(marks)))
        spans.push_back({mark.kind, aligned.at[mark.begin], aligned.at[mark.end]});
    return spans;
}

std::vector<UnknownFinding> find_unknown(const NameBook& book, json::Value packet) {
    return PacketSearch(book, packet).run();
}

}  // namespace tsunagi::privacy
