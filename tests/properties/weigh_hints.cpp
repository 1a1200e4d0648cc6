// weigh_hints PROFILES OUT LETTERS... [WORDS.txt...]: fits the weights of profiles/people/hints.txt
// (privacy/hints.h) to labelled letters by logistic regression. One folder of letters is one
// author; a sign counts where two authors use it. Lines of a .txt are words (up to a tab) that are
// nobody: put into sentences. The same files in the same order give the same weights.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

#include "json/reader.h"
#include "privacy/folded.h"
#include "privacy/hints.h"

namespace tsunagi {
namespace {

namespace fs = std::filesystem;
using privacy::Mark;

struct Example {
    std::vector<std::uint32_t> signs;
    bool person = false;
};

std::string read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

/// 1: more than half of the word is a labelled person; 0: it is nobody; -1: of neither.
int label_of(json::Value spans, std::uint32_t begin, std::uint32_t end) {
    int label = 0;
    for (const json::Value span : spans) {
        const std::int64_t from = std::max<std::int64_t>(begin, span["start"].integer());
        const std::int64_t to = std::min<std::int64_t>(end, span["end"].integer());
        if (from >= to) continue;
        const bool person = span["kind"].text() == "person";
        if (person && (to - from) * 2 >= std::int64_t(end) - std::int64_t(begin)) return 1;
        label = -1;
    }
    return label;
}

class Fit {
public:
    explicit Fit(const privacy::NameBook& book) : words_(book) {}

    bool add(const fs::path& file, int author) {
        std::istringstream lines(read(file));
        for (std::string line; std::getline(lines, line);) {
            if (line.empty()) continue;
            const auto letter = json::read(line);
            if (!letter) return false;
            add(letter->root()["text"].text(), letter->root()["spans"], author);
        }
        return true;
    }

    /// Words that are nobody, as they stand in letters and lists.
    void add_words(const fs::path& file, int author) {
        static constexpr std::pair<const char*, const char*> kFrames[] = {
            {"既往に", "あり。"},
            {"", "にて通院中である。"},
            {"・", "\n・経過は良好である"},
            {"現在、", "の悪化を認め、"},
            {"今回は", "の評価をお願いします"},
            {"１）", "　２）高血圧症　３）"},
            {"在宅で継続中（", "）。変更はない。"},
            {"経過は良好で、", "が必要と考える。"},
            {"安静時は", "、労作時は医師へ相談。"},
            {"主な治療：", "、在宅酸素療法"},
            {"家族は", "を希望している。"},
            {"退院後も", "の管理を続け、毎食の"}};
        std::istringstream lines(read(file));
        for (std::string line; std::getline(lines, line);) {
            const std::string word = line.substr(0, line.find('\t'));
            for (const auto& [before, behind] : kFrames)
                add(before + word + behind, json::Value{}, author);
        }
    }

    /// Sign by sign with AdaGrad's steps, the examples in another order each time.
    void run() {
        std::vector<std::size_t> order(examples_.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        std::mt19937 random(1);  // NOLINT(bugprone-random-generator-seed): the same file each time
        for (int epoch = 0; epoch < 6; ++epoch) {
            std::shuffle(order.begin(), order.end(), random);
            for (const std::size_t i : order) step(examples_[i]);
        }
    }

    void write(const fs::path& file) const {
        std::map<std::uint64_t, int> rounded;
        for (const auto& [sign, index] : index_) {
            const int weight = static_cast<int>(std::lround(signs_[index].weight * 16));
            if (counts(signs_[index]) && std::abs(weight) > 1) rounded[sign] = weight;
        }
        std::ofstream out(file);
        out << "# What speaks for or against a name around a word that may be one, and how much "
               "(gateway/privacy/hints.h).\n"
               "# Fitted by tests/properties/weigh_hints.cpp to the letters there; not written by "
               "hand.\n[hints]\n0="
            << std::lround(always_ * 16);
        int column = 0;
        for (const auto& [sign, weight] : rounded) {
            out << (++column % 12 == 0 ? "\n" : " ") << (sign >> 58);
            for (const int shift : {34, 17, 0}) out << ':' << letter(sign >> shift & 0x1FFFF);
            out << '=' << weight;
        }
        out << '\n';
        std::printf("%zu examples, %zu signs\n", examples_.size(), rounded.size());
    }

private:
    struct Sign {
        std::size_t count = 0;
        std::uint32_t authors = 0;
        double weight = 0, slope = 1e-8;
    };
    static bool counts(const Sign& sign) {
        return sign.count >= 4 && (sign.authors & (sign.authors - 1)) != 0;
    }
    /// In UTF-8; signs hold letters below U+10000.
    static std::string letter(std::uint64_t value) {
        if (value < 0x100) return std::to_string(value);
        std::string out;
        if (value < 0x800) {
            out += static_cast<char>(0xC0 | value >> 6);
        } else {
            out += static_cast<char>(0xE0 | value >> 12);
            out += static_cast<char>(0x80 | (value >> 6 & 0x3F));
        }
        return out + static_cast<char>(0x80 | (value & 0x3F));
    }

    void add(std::string_view letter, json::Value spans, int author) {
        const privacy::Aligned text = privacy::align(letter);
        std::vector<Mark> marks;
        words_.read(text.text);
        privacy::find_names(words_, marks);
        privacy::find_name_slots(words_, marks);
        privacy::each_hint(words_, marks, true, [&](const privacy::Hint& hint) {
            const int label = label_of(spans, text.at[hint.begin], text.at[hint.end]);
            if (label < 0) return;
            Example example;
            example.person = label > 0;
            for (std::size_t i = 0; i < hint.size; ++i) {
                const auto [at, fresh] = index_.try_emplace(hint.signs[i], signs_.size());
                if (fresh) signs_.emplace_back();
                Sign& sign = signs_[at->second];
                ++sign.count;
                sign.authors |= 1U << author;
                example.signs.push_back(static_cast<std::uint32_t>(at->second));
            }
            examples_.push_back(std::move(example));
        });
    }

    void step(const Example& example) {
        double sum = always_;
        for (const std::uint32_t i : example.signs) sum += signs_[i].weight;
        const double wrong = 1 / (1 + std::exp(-sum)) - (example.person ? 1 : 0);
        if (std::abs(wrong) < 1e-4) return;
        always_ -= 0.02 * wrong;
        for (const std::uint32_t i : example.signs) {
            Sign& sign = signs_[i];
            if (!counts(sign)) continue;
            constexpr double kPull = 1e-3;
            const double slope = wrong + kPull * sign.weight;
            sign.slope += slope * slope;
            sign.weight -= 0.25 * slope / std::sqrt(sign.slope);
        }
    }

    privacy::KnownWords words_;
    std::vector<Example> examples_;
    std::vector<Sign> signs_;
    std::unordered_map<std::uint64_t, std::size_t> index_;
    double always_ = 0;
};

int run(int argc, char** argv) {
    if (argc < 4) {
        std::fprintf(stderr, "weigh_hints PROFILES OUT LETTERS...\n");
        return 2;
    }
    privacy::NameBook book;
    std::set<fs::path> files;
    for (const auto& entry : fs::directory_iterator(argv[1])) {
        if (entry.path().extension() == ".txt") files.insert(entry.path());
    }
    for (const fs::path& file : files) {
        if (!book.add(read(file))) return 1;
    }
    Fit fit(book);
    std::map<fs::path, int> authors;
    for (int i = 3; i < argc; ++i) {
        const fs::path file = argv[i];
        const int author =
            authors.try_emplace(file.parent_path(), int(authors.size())).first->second;
        if (file.extension() == ".txt") {
            fit.add_words(file, author);
        } else if (!fit.add(file, author)) {
            std::fprintf(stderr, "%s: cannot be read\n", argv[i]);
            return 1;
        }
    }
    fit.run();
    fit.write(argv[2]);
    return 0;
}

}  // namespace
}  // namespace tsunagi

int main(int argc, char** argv) { return tsunagi::run(argc, argv); }
