// peers_compare LIST OURS THEIRS EXPLAINED FLOOR: compares two sets of verdicts file by file.
//   LIST       "GROUP<tab>FILE<tab>note" a line
//   OURS       one OperationOutcome a line, in the order of LIST (`tsunagi validate --format json`)
//   THEIRS     one verdict a line, in that order (hapi/src/main/java/peers/Judge.java)
//   EXPLAINED  "SIDE<tab>CODE<tab>part of the element<tab>reason" a line: known differences
//   (README.md) FLOOR      the agreement in percent below which the exit code is 1
// An instance agrees when both find an error or neither does; an element agrees when both put an
// error on it. Differences that EXPLAINED covers are counted apart: they neither agree nor
// disagree.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

#include "app/files.h"
#include "json/reader.h"
#include "peers/element_key.h"
#include "peers/fields.h"

namespace tsunagi::peers {
namespace {

struct Finding {
    std::string element;
    std::string code;
    std::string words;
};
using Findings = std::vector<Finding>;

struct Known {
    std::string side, code, part, reason;
    std::size_t met = 0;
};

struct Tally {
    std::size_t all = 0, agree = 0, explained = 0;
    void add(bool same, bool known) {
        ++all;
        agree += same ? 1 : 0;
        explained += !same && known ? 1 : 0;
    }
    void add(const Tally& other) {
        all += other.all;
        agree += other.agree;
        explained += other.explained;
    }
    double percent() const {
        return all == explained
                   ? 100.0
                   : 100.0 * static_cast<double>(agree) / static_cast<double>(all - explained);
    }
};

/// Of one group: instances and elements, by HAPI's verdict.
struct Row {
    Tally valid, invalid, valid_elements, invalid_elements;
    void add(const Row& other) {
        valid.add(other.valid);
        invalid.add(other.invalid);
        valid_elements.add(other.valid_elements);
        invalid_elements.add(other.invalid_elements);
    }
};

bool is_error(std::string_view severity) { return severity == "error" || severity == "fatal"; }

Findings ours_of(json::Value outcome) {
    Findings found;
    for (const json::Value issue : outcome["issue"]) {
        if (!is_error(issue["severity"].text())) continue;
        std::string code;
        for (const json::Value coding : issue["details"]["coding"])
            code.append(code.empty() ? "" : " ").append(coding["code"].text());
        std::string element = element_key(issue["expression"].at(0).text(), code);
        found.push_back(
            {std::move(element), std::move(code), std::string{issue["details"]["text"].text()}});
    }
    return found;
}

Findings theirs_of(json::Value verdict) {
    Findings found;
    for (const json::Value issue : verdict["issues"]) {
        if (!is_error(issue["severity"].text())) continue;
        const std::string_view code = issue["code"].text(), words = issue["message"].text();
        found.push_back({element_key(issue["expression"].text(), code, words), std::string{code},
                         std::string{words}});
    }
    return found;
}

std::set<std::string> elements_of(const Findings& findings) {
    std::set<std::string> elements;
    for (const auto& finding : findings) elements.insert(finding.element);
    return elements;
}

class Comparison {
public:
    explicit Comparison(std::vector<Known> known) : known_(std::move(known)) {}

    void add(const std::string& group, const std::string& file, const std::string& note,
             const Findings& ours, const Findings& theirs) {
        Row& row = rows_[group];
        const Findings ours_alone = without(ours, elements_of(theirs));
        const Findings theirs_alone = without(theirs, elements_of(ours));
        const bool same = ours.empty() == theirs.empty();
        (theirs.empty() ? row.valid : row.invalid).add(same, false);

        Tally& elements = theirs.empty() ? row.valid_elements : row.invalid_elements;
        std::set<std::string> both = elements_of(ours);
        for (const auto& element : elements_of(ours_alone)) both.erase(element);
        for (std::size_t i = 0; i < both.size(); ++i) elements.add(true, false);
        const bool ours_told = tell_elements(elements, ours_alone, "ours", note);
        const bool theirs_told = tell_elements(elements, theirs_alone, "theirs", note);
        if (same && ours_told && theirs_told) return;
        std::string text = (same ? "elements  " : "VERDICT   ") + file;
        if (!note.empty()) text += "\n    done:   " + note;
        for (const auto& finding : ours_alone) text += "\n    ours:   " + line(finding);
        for (const auto& finding : theirs_alone) text += "\n    theirs: " + line(finding);
        (same ? differing_elements_ : differing_verdicts_).push_back(std::move(text));
    }

    void print() const {
        for (const auto& text : differing_verdicts_) std::cout << text << "\n";
        for (const auto& text : differing_elements_) std::cout << text << "\n";
        std::printf("\n%-22s %26s %26s %26s %26s\n", "", "valid instances", "invalid instances",
                    "their elements: valid", "their elements: invalid");
        for (const auto& [group, row] : rows_) print_row(group, row);
        print_row("all", total());
        for (const auto& known : known_)
            std::printf("explained %4zu x  %s\n", known.met, known.reason.c_str());
        std::printf("verdicts that differ: %zu; files whose error elements differ: %zu\n",
                    differing_verdicts_.size(), differing_elements_.size());
    }

    bool holds(double floor) const {
        const Row all = total();
        return all.valid.percent() >= floor && all.invalid.percent() >= floor &&
               all.invalid_elements.percent() >= floor;
    }

private:
    static Findings without(const Findings& findings, const std::set<std::string>& elements) {
        Findings left;
        std::copy_if(findings.begin(), findings.end(), std::back_inserter(left),
                     [&](const auto& finding) { return !elements.contains(finding.element); });
        return left;
    }

    const Known* known(const Finding& finding, std::string_view side,
                       const std::string& note) const {
        const std::string about = finding.element + " " + finding.words + " " + note;
        for (const auto& one : known_) {
            if (one.side == side && finding.code.find(one.code) != std::string::npos &&
                about.find(one.part) != std::string::npos)
                return &one;
        }
        return nullptr;
    }

    /// Counts the elements that only one side reports; true when each is explained.
    bool tell_elements(Tally& tally, const Findings& alone, std::string_view side,
                       const std::string& note) {
        std::map<std::string, const Known*> reasons;
        for (const auto& finding : alone) {
            const Known* reason = known(finding, side, note);
            const auto [at, fresh] = reasons.emplace(finding.element, reason);
            if (!fresh && !reason) at->second = nullptr;
        }
        bool all = true;
        for (const auto& [element, reason] : reasons) {
            tally.add(false, reason != nullptr);
            if (reason) ++known_[static_cast<std::size_t>(reason - known_.data())].met;
            all = all && reason;
        }
        return all;
    }

    Row total() const {
        Row all;
        for (const auto& [group, row] : rows_) all.add(row);
        return all;
    }

    static void print_row(const std::string& name, const Row& row) {
        std::printf("%-22s", name.c_str());
        for (const auto* tally :
             {&row.valid, &row.invalid, &row.valid_elements, &row.invalid_elements}) {
            if (tally->all == 0) {
                std::printf(" %26s", "-");
                continue;
            }
            std::printf(" %7.2f%% %5zu/%-5zu(%4zu)", tally->percent(), tally->agree, tally->all,
                        tally->explained);
        }
        std::printf("\n");
    }

    static std::string line(const Finding& finding) {
        std::size_t end = std::min<std::size_t>(finding.words.size(), 240);
        while (end < finding.words.size() && (finding.words[end] & 0xC0) == 0x80) --end;
        return finding.element + " | " + finding.code + " | " + finding.words.substr(0, end);
    }

    std::vector<Known> known_;
    std::map<std::string, Row> rows_;
    std::vector<std::string> differing_verdicts_, differing_elements_;
};

std::vector<Known> read_known(const std::string& path) {
    std::vector<Known> known;
    std::ifstream in{path};
    for (std::string line; std::getline(in, line);) {
        const auto parts = fields(line);
        if (parts.size() == 4 && !line.starts_with("#"))
            known.push_back({parts[0], parts[1], parts[2], parts[3]});
    }
    return known;
}

int run(const std::vector<std::string>& arguments) {
    if (arguments.size() != 5) {
        std::cerr << "peers_compare LIST OURS THEIRS EXPLAINED FLOOR\n";
        return 2;
    }
    std::ifstream list{arguments[0]}, ours{arguments[1]}, theirs{arguments[2]};
    Comparison comparison{read_known(arguments[3])};
    std::string file, our_line, their_line;
    std::size_t count = 0;
    while (std::getline(list, file)) {
        auto parts = fields(file);
        parts.resize(3);
        const bool both = std::getline(ours, our_line) && std::getline(theirs, their_line);
        const auto our_outcome = json::read(our_line, app::kCommandLineLimits);
        const auto their_verdict = json::read(their_line, app::kCommandLineLimits);
        if (!both || !our_outcome || !their_verdict ||
            their_verdict->root()["file"].text() != parts[1]) {
            std::cerr << "no verdict for " << parts[1] << "\n";
            return 2;
        }
        comparison.add(parts[0], parts[1], parts[2], ours_of(our_outcome->root()),
                       theirs_of(their_verdict->root()["verdict"]));
        ++count;
    }
    comparison.print();
    if (count == 0) std::cerr << "nothing was compared\n";
    return count > 0 && comparison.holds(std::stod(arguments[4])) ? 0 : 1;
}

}  // namespace
}  // namespace tsunagi::peers

int main(int argc, char** argv) { return tsunagi::peers::run({argv + 1, argv + argc}); }
