#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "audit/entry.h"
#include "audit/exporter.h"
#include "audit/verifier.h"
#include "base/bytes.h"

namespace tsunagi::audit {
namespace {

constexpr int kLogsPerClass = 20;

/// The entries of a log and where it was signed; export text is made from it by hand, so that a
/// test can also write what the Exporter would refuse.
struct Log {
    std::string origin;
    const crypto::SigningKey* key = nullptr;
    std::vector<Entry> entries;
    std::vector<std::uint64_t> signed_at;  // ascending; the last one is the size

    NoteKey note_key() const { return {origin, key->verify_key()}; }
};

std::string bytes_of(const Entry& entry) {
    auto bytes = to_bytes(entry);
    EXPECT_TRUE(bytes) << to_string(bytes.error());
    return bytes ? *bytes : std::string{};
}

std::string signed_root(const Log& log, const Frontier& frontier) {
    return *sign_checkpoint({log.origin, frontier.size(), frontier.root()}, *log.key);
}

/// Lines of an export, to be spoilt one by one.
struct Lines {
    std::vector<std::string> lines;

    std::string text() const {
        std::string out;
        for (const std::string& line : lines) out += line + "\n";
        return out;
    }
    /// Where entry `index` stands.
    std::size_t at(std::uint64_t index) const {
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < lines.size(); ++i) {
            if (lines[i].starts_with("entry ") && seen++ == index) return i;
        }
        ADD_FAILURE() << "no entry " << index;
        return 0;
    }
    std::string entry(std::uint64_t index) const { return lines[at(index)].substr(71); }
    void set(std::uint64_t index, const std::string& bytes) {
        lines[at(index)] = "entry " + to_hex(leaf_hash(as_bytes(bytes))) + " " + bytes;
    }
};

Lines lines_of(const Log& log) {
    Lines out;
    out.lines = {"tsunagi-log-export 1", "key " + log.note_key().to_vkey()};
    Frontier frontier;
    std::size_t next = 0;
    const auto sign_here = [&] {
        if (next < log.signed_at.size() && log.signed_at[next] == frontier.size()) {
            out.lines.push_back("checkpoint " + to_base64(as_bytes(signed_root(log, frontier))));
            ++next;
        }
    };
    for (const Entry& entry : log.entries) {
        const std::string bytes = bytes_of(entry);
        frontier.append(leaf_hash(as_bytes(bytes)));
        out.lines.push_back("entry " + to_hex(leaf_hash(as_bytes(bytes))) + " " + bytes);
        sign_here();
    }
    out.lines.push_back("end " + std::to_string(frontier.size()));
    return out;
}

/// Gives every entry its place and its request's chain anew, as an operator would who rewrites
/// history.
void renumber(std::vector<Entry>& entries) {
    std::map<std::string, std::pair<std::uint64_t, Digest>> chains;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        Entry& entry = entries[i];
        entry.idx = i;
        if (entry.request.empty()) continue;
        auto& [seq, leaf] = chains[entry.request];
        entry.seq = ++seq;
        entry.prev = seq > 1 ? std::optional{leaf} : std::nullopt;
        leaf = leaf_hash(as_bytes(bytes_of(entry)));
    }
}

Log make_log(Random& random, const crypto::SigningKey& key) {
    Log log{"tsunagi.example/log/test", &key, {}, {}};
    const std::uint64_t size = 8 + random.below(40);
    Instant now = *parse_instant("2026-11-20T09:30:00+09:00");
    const char* const types[] = {"offer.sent", "consent.checked", "case.moved", "release.sent"};
    for (std::uint64_t i = 0; i < size; ++i) {
        Entry entry;
        entry.time = now += std::chrono::milliseconds{1 + random.below(60'000)};
        entry.type = types[random.below(4)];
        if (random.below(8) != 0) entry.request = "request-" + std::to_string(random.below(5));
        entry.actor = "clinic-" + std::to_string(random.below(3));
        if (random.below(2) != 0) entry.recipient = "hospital-" + std::to_string(random.below(5));
        entry.decision = random.below(2) != 0 ? "permit" : "deny";
        entry.policy = "nishitokyo@2025-04";
        if (random.below(2) != 0) {
            Digest body;
            random.fill(body);
            entry.body_sha256 = body;
        }
        log.entries.push_back(entry);
    }
    renumber(log.entries);
    std::set<std::uint64_t> sizes{size, 1 + random.below(size), 1 + random.below(size)};
    log.signed_at.assign(sizes.begin(), sizes.end());
    return log;
}

struct Case {
    std::string name;
    std::string text;
    Pins pins;
    bool clean = false;
    std::optional<std::uint64_t> exact;   // the first bad index must be this
    std::optional<std::uint64_t> within;  // the first bad index must be named and at most this
};

/// What one class of tampering needs.
struct Bench {
    Random& random;
    const Log& log;
    const crypto::SigningKey& other_key;
    std::uint64_t size() const { return log.entries.size(); }
    std::uint64_t any() const { return random.below(size()); }
    /// The last size at which the log was signed before entry `index` came.
    std::uint64_t held_before(std::uint64_t index) const {
        std::uint64_t held = 0;
        for (const std::uint64_t at : log.signed_at) {
            if (at <= index) held = at;
        }
        return held;
    }
};

using Tamper = std::function<Case(Bench&)>;

Case of(Bench& bench, const Lines& lines) {
    return {{}, lines.text(), {bench.log.note_key(), {}}, false, {}, {}};
}

Case exactly(Bench& bench, const Lines& lines, std::uint64_t index) {
    Case made = of(bench, lines);
    made.exact = index;
    return made;
}

Case at_most(Bench& bench, const Lines& lines, std::uint64_t index) {
    Case made = of(bench, lines);
    made.within = index;
    return made;
}

Case flip_a_bit(Bench& bench) {
    Lines lines = lines_of(bench.log);
    const std::uint64_t index = bench.any();
    std::string& line = lines.lines[lines.at(index)];
    char& c = line[71 + bench.random.below(line.size() - 71)];
    c = static_cast<char>(c ^ (1 << bench.random.below(7)));
    if (c == '\n') c = 'n';
    return exactly(bench, lines, index);
}

Case flip_a_bit_of_a_leaf(Bench& bench) {
    Lines lines = lines_of(bench.log);
    const std::uint64_t index = bench.any();
    char& c = lines.lines[lines.at(index)][6 + bench.random.below(64)];
    c = c == '0' ? '1' : '0';
    return exactly(bench, lines, index);
}

Case delete_an_entry(Bench& bench) {
    Lines lines = lines_of(bench.log);
    const std::uint64_t index = bench.any();
    lines.lines.erase(lines.lines.begin() + static_cast<std::ptrdiff_t>(lines.at(index)));
    Case made = of(bench, lines);
    if (index + 1 < bench.size() && bench.held_before(index + 1) != index + 1) made.exact = index;
    return made;
}

/// Changes the history itself, everything re-derived but the old signatures kept.
Case rewrite(Bench& bench, std::uint64_t first, const std::function<void(Log&)>& change) {
    Log log = bench.log;
    change(log);
    renumber(log.entries);
    const Lines old = lines_of(bench.log);
    Lines lines = lines_of(log);
    std::size_t next = 0;
    for (std::string& line : lines.lines) {
        if (!line.starts_with("checkpoint ")) continue;
        while (next < old.lines.size() && !old.lines[next].starts_with("checkpoint ")) ++next;
        line = old.lines[next++];
    }
    Case made = of(bench, lines);
    made.exact = bench.held_before(first);
    return made;
}

Case change_a_decision_and_rehash(Bench& bench) {
    const std::uint64_t index = bench.any();
    return rewrite(bench, index, [&](Log& log) {
        std::string& decision = log.entries[index].decision;
        decision = decision == "permit" ? "deny" : "permit";
    });
}

Case change_the_time_and_rehash(Bench& bench) {
    const std::uint64_t index = bench.any();
    return rewrite(bench, index,
                   [&](Log& log) { log.entries[index].time -= std::chrono::hours{24}; });
}

Case change_the_actor_and_rehash(Bench& bench) {
    const std::uint64_t index = bench.any();
    return rewrite(bench, index, [&](Log& log) { log.entries[index].actor = "somebody-else"; });
}

Case forge_a_receipt(Bench& bench) {
    const std::uint64_t index = bench.any();
    return rewrite(bench, index, [&](Log& log) {
        log.entries[index].body_sha256 = crypto::sha256(as_bytes("what was never sent"));
    });
}

Case swap_the_policy(Bench& bench) {
    const std::uint64_t index = bench.any();
    return rewrite(bench, index, [&](Log& log) { log.entries[index].policy = "another@2020"; });
}

Case move_to_another_request(Bench& bench) {
    const std::uint64_t index = bench.any();
    return rewrite(bench, index, [&](Log& log) { log.entries[index].request = "request-new"; });
}

Case swap_and_renumber(Bench& bench) {
    const std::uint64_t index = bench.random.below(bench.size() - 1);
    return rewrite(bench, index,
                   [&](Log& log) { std::swap(log.entries[index], log.entries[index + 1]); });
}

Case change_an_entry_and_its_leaf(Bench& bench) {
    Lines lines = lines_of(bench.log);
    const std::uint64_t index = bench.any();
    Entry entry = bench.log.entries[index];
    entry.decision = "changed";
    lines.set(index, bytes_of(entry));
    return at_most(bench, lines, index);
}

Case swap_two_entries(Bench& bench) {
    Lines lines = lines_of(bench.log);
    const std::uint64_t index = bench.random.below(bench.size() - 1);
    std::swap(lines.lines[lines.at(index)], lines.lines[lines.at(index + 1)]);
    return exactly(bench, lines, index);
}

Case insert_an_entry(Bench& bench) {
    Lines lines = lines_of(bench.log);
    const std::uint64_t index = bench.any();
    const std::size_t at = lines.at(index);
    lines.lines.insert(lines.lines.begin() + static_cast<std::ptrdiff_t>(at), lines.lines[at]);
    return exactly(bench, lines, index + 1);
}

Case replace_with_an_older_one(Bench& bench) {
    Lines lines = lines_of(bench.log);
    const std::uint64_t index = 1 + bench.random.below(bench.size() - 1);
    lines.lines[lines.at(index)] = lines.lines[lines.at(bench.random.below(index))];
    return exactly(bench, lines, index);
}

Case renumber_an_entry(Bench& bench) {
    Lines lines = lines_of(bench.log);
    const std::uint64_t index = bench.any();
    Entry entry = bench.log.entries[index];
    entry.idx += 1 + bench.random.below(5);
    lines.set(index, bytes_of(entry));
    return exactly(bench, lines, index);
}

Case write_an_entry_in_another_form(Bench& bench) {
    Lines lines = lines_of(bench.log);
    const std::uint64_t index = bench.any();
    std::string bytes = lines.entry(index);
    lines.set(index, bytes.insert(1, " "));
    return exactly(bench, lines, index);
}

Case add_a_member(Bench& bench) {
    Lines lines = lines_of(bench.log);
    const std::uint64_t index = bench.any();
    std::string bytes = lines.entry(index);
    lines.set(index, bytes.insert(bytes.size() - 1, ",\"x\":\"y\""));
    return exactly(bench, lines, index);
}

Case cut_the_last_entries(Bench& bench) {
    Lines lines = lines_of(bench.log);
    const std::uint64_t index = bench.any();
    lines.lines.resize(lines.at(index));
    lines.lines.push_back("end " + std::to_string(index));
    Case made = of(bench, lines);
    made.pins.seen = *open_checkpoint(
        [&] {
            Frontier frontier;
            for (const Entry& entry : bench.log.entries) {
                frontier.append(leaf_hash(as_bytes(bytes_of(entry))));
            }
            return signed_root(bench.log, frontier);
        }(),
        std::vector{bench.log.note_key()});
    return made;
}

Case cut_the_file(Bench& bench) {
    Case made = of(bench, lines_of(bench.log));
    made.text.resize(bench.random.below(made.text.size()));
    return made;
}

Case drop_the_last_checkpoint(Bench& bench) {
    Lines lines = lines_of(bench.log);
    lines.lines.erase(lines.lines.end() - 2);
    return of(bench, lines);
}

Case drop_the_signature(Bench& bench) {
    Lines lines = lines_of(bench.log);
    std::string& line = lines.lines[lines.lines.size() - 2];
    std::string note{as_text(*from_base64(line.substr(11)))};
    note.resize(note.find("\n\n") + 2);
    line = "checkpoint " + to_base64(as_bytes(note));
    return of(bench, lines);
}

Case spoil_the_signature(Bench& bench) {
    Lines lines = lines_of(bench.log);
    std::string& line = lines.lines[lines.lines.size() - 2];
    std::string note{as_text(*from_base64(line.substr(11)))};
    const std::size_t at = note.size() - 10 - bench.random.below(60);
    note[at] = note[at] == 'A' ? 'B' : 'A';
    line = "checkpoint " + to_base64(as_bytes(note));
    return of(bench, lines);
}

Case move_a_checkpoint(Bench& bench) {
    Lines lines = lines_of(bench.log);
    std::swap(lines.lines[lines.lines.size() - 2], lines.lines[lines.lines.size() - 3]);
    return of(bench, lines);
}

Case use_a_checkpoint_of_another_log(Bench& bench) {
    Log other = bench.log;
    for (Entry& entry : other.entries) entry.actor = "fork";
    renumber(other.entries);
    Lines lines = lines_of(bench.log);
    const Lines forked = lines_of(other);
    lines.lines[lines.lines.size() - 2] = forked.lines[forked.lines.size() - 2];
    return of(bench, lines);
}

Case sign_with_another_key(Bench& bench) {
    Log log = bench.log;
    log.key = &bench.other_key;
    return of(bench, lines_of(log));
}

Case sign_checkpoints_only_with_another_key(Bench& bench) {
    Log log = bench.log;
    log.key = &bench.other_key;
    Lines lines = lines_of(log);
    lines.lines[1] = "key " + bench.log.note_key().to_vkey();
    return of(bench, lines);
}

Case use_another_origin(Bench& bench) {
    Log log = bench.log;
    log.origin = "tsunagi.example/log/other";
    return of(bench, lines_of(log));
}

/// The operator has the key and signs a rewritten history: only an earlier checkpoint tells.
Case rewrite_and_sign_again(Bench& bench) {
    Log log = bench.log;
    log.entries[0].decision = "rewritten";
    renumber(log.entries);
    Case made = of(bench, lines_of(log));
    Frontier frontier;
    for (std::uint64_t i = 0; i < bench.log.signed_at.front(); ++i) {
        frontier.append(leaf_hash(as_bytes(bytes_of(bench.log.entries[i]))));
    }
    made.pins.seen = Checkpoint{log.origin, frontier.size(), frontier.root()};
    return made;
}

Case lie_about_the_count(Bench& bench) {
    Lines lines = lines_of(bench.log);
    lines.lines.back() = "end " + std::to_string(bench.size() + 1);
    return of(bench, lines);
}

Case add_lines_at_the_end(Bench& bench) {
    Lines lines = lines_of(bench.log);
    lines.lines.push_back(lines.lines[2]);
    return of(bench, lines);
}

Case add_an_unknown_line(Bench& bench) {
    Lines lines = lines_of(bench.log);
    const std::uint64_t index = bench.any();
    lines.lines.insert(lines.lines.begin() + static_cast<std::ptrdiff_t>(lines.at(index)),
                       "note x");
    return exactly(bench, lines, index);
}

const std::pair<const char*, Tamper> kTampers[] = {
    {"flip_a_bit", flip_a_bit},
    {"flip_a_bit_of_a_leaf", flip_a_bit_of_a_leaf},
    {"delete_an_entry", delete_an_entry},
    {"change_a_decision_and_rehash", change_a_decision_and_rehash},
    {"change_the_time_and_rehash", change_the_time_and_rehash},
    {"change_the_actor_and_rehash", change_the_actor_and_rehash},
    {"forge_a_receipt", forge_a_receipt},
    {"swap_the_policy", swap_the_policy},
    {"move_to_another_request", move_to_another_request},
    {"swap_and_renumber", swap_and_renumber},
    {"change_an_entry_and_its_leaf", change_an_entry_and_its_leaf},
    {"swap_two_entries", swap_two_entries},
    {"insert_an_entry", insert_an_entry},
    {"replace_with_an_older_one", replace_with_an_older_one},
    {"renumber_an_entry", renumber_an_entry},
    {"write_an_entry_in_another_form", write_an_entry_in_another_form},
    {"add_a_member", add_a_member},
    {"cut_the_last_entries", cut_the_last_entries},
    {"cut_the_file", cut_the_file},
    {"drop_the_last_checkpoint", drop_the_last_checkpoint},
    {"drop_the_signature", drop_the_signature},
    {"spoil_the_signature", spoil_the_signature},
    {"move_a_checkpoint", move_a_checkpoint},
    {"use_a_checkpoint_of_another_log", use_a_checkpoint_of_another_log},
    {"sign_with_another_key", sign_with_another_key},
    {"sign_checkpoints_only_with_another_key", sign_checkpoints_only_with_another_key},
    {"use_another_origin", use_another_origin},
    {"rewrite_and_sign_again", rewrite_and_sign_again},
    {"lie_about_the_count", lie_about_the_count},
    {"add_lines_at_the_end", add_lines_at_the_end},
    {"add_an_unknown_line", add_an_unknown_line},
};

std::vector<Case> make_cases() {
    std::vector<Case> cases;
    for (const auto& [name, tamper] : kTampers) {
        for (int i = 0; i < kLogsPerClass; ++i) {
            SeededRandom random{static_cast<std::uint64_t>(i) + 1};
            const auto key = crypto::SigningKey::generate(random);
            const auto other_key = crypto::SigningKey::generate(random);
            const Log log = make_log(random, key);
            Bench bench{random, log, other_key};
            Case made = tamper(bench);
            made.name = std::string{name} + " seed " + std::to_string(i + 1);
            if (made.text != lines_of(log).text())
                cases.push_back(std::move(made));
            else
                ADD_FAILURE() << cases.size() << ": " << name << " changed nothing";
        }
    }
    for (int i = 0; i < 2 * kLogsPerClass; ++i) {
        SeededRandom random{static_cast<std::uint64_t>(i) + 1};
        const auto key = crypto::SigningKey::generate(random);
        const Log log = make_log(random, key);
        Frontier frontier;
        for (std::uint64_t n = 0; n < log.signed_at.front(); ++n) {
            frontier.append(leaf_hash(as_bytes(bytes_of(log.entries[n]))));
        }
        const Pins pins{log.note_key(), Checkpoint{log.origin, frontier.size(), frontier.root()}};
        cases.push_back(
            {"clean seed " + std::to_string(i + 1), lines_of(log).text(), pins, true, {}, {}});
    }
    return cases;
}

Verdict verdict_of(const Case& made) {
    std::istringstream in{made.text};
    auto verdict = verify_export(in, made.pins);
    EXPECT_TRUE(verdict);
    return verdict ? *verdict : Verdict{};
}

TEST(Verifier, DetectsEveryTamperingAndAcceptsEveryCleanLog) {
    int tampered = 0;
    int clean = 0;
    for (const Case& made : make_cases()) {
        const Verdict verdict = verdict_of(made);
        EXPECT_EQ(verdict.ok, made.clean) << made.name << ": " << verdict.fault;
        EXPECT_EQ(verdict.fault.empty(), made.clean) << made.name;
        EXPECT_FALSE(verdict.ja.empty() || verdict.en.empty()) << made.name;
        if (made.exact) {
            EXPECT_EQ(verdict.first_bad, made.exact) << made.name << ": " << verdict.fault;
        }
        if (made.within) {
            ASSERT_TRUE(verdict.first_bad) << made.name << ": " << verdict.fault;
            EXPECT_LE(*verdict.first_bad, *made.within) << made.name << ": " << verdict.fault;
        }
        ++(made.clean ? clean : tampered);
    }
    EXPECT_EQ(tampered, static_cast<int>(std::size(kTampers)) * kLogsPerClass);
    EXPECT_EQ(clean, 2 * kLogsPerClass);
    std::cout << tampered << " tampered and " << clean << " clean exports\n";
}

TEST(Verifier, AgreesWithTheSecondVerifier) {
    if (std::system("command -v python3 >/dev/null 2>&1") != 0) {
        std::cout << "skipped: the second verifier needs python3\n";
        return;
    }
    const auto script =
        std::filesystem::path{TSUNAGI_SOURCE_DIR} / "tests" / "audit" / "verify_export.py";
    std::string folder_name = testing::TempDir() + "tsunagi-exports-XXXXXX";
    const std::filesystem::path folder = ::mkdtemp(folder_name.data());
    const std::vector<Case> cases = make_cases();
    std::ofstream list(folder / "cases");
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const auto file = folder / (std::to_string(i) + ".log");
        std::ofstream(file, std::ios::binary) << cases[i].text;
        const Pins& pins = cases[i].pins;
        list << file.string() << '\t' << (pins.key ? pins.key->to_vkey() : "") << '\t'
             << (pins.seen ? std::to_string(pins.seen->size) : "") << '\t'
             << (pins.seen ? to_base64(pins.seen->root) : "") << '\n';
    }
    list.close();
    const std::string command = "python3 '" + script.string() + "' --cases '" +
                                (folder / "cases").string() + "' > '" +
                                (folder / "answers").string() + "'";
    EXPECT_NE(std::system(command.c_str()), 0) << "most of the exports are bad";
    std::ifstream answers(folder / "answers");
    for (const Case& made : cases) {
        const Verdict verdict = verdict_of(made);
        std::string expected = verdict.ok ? "ok" : verdict.fault + "\t";
        if (!verdict.ok && verdict.first_bad) expected += std::to_string(*verdict.first_bad);
        std::string answer;
        std::getline(answers, answer);
        EXPECT_EQ(answer, expected) << made.name;
    }
    std::cout << cases.size() << " exports given to the second verifier\n";
    std::filesystem::remove_all(folder);
}

TEST(Exporter, WritesWhatTheVerifierAccepts) {
    SeededRandom random{7};
    const auto key = crypto::SigningKey::generate(random);
    const Log log = make_log(random, key);
    std::ostringstream out;
    Exporter exporter{out, log.note_key()};
    Frontier frontier;
    std::size_t next = 0;
    for (const Entry& entry : log.entries) {
        ASSERT_TRUE(exporter.entry(bytes_of(entry)));
        frontier.append(leaf_hash(as_bytes(bytes_of(entry))));
        if (log.signed_at[next] == frontier.size()) {
            ASSERT_TRUE(exporter.checkpoint(signed_root(log, frontier)));
            ++next;
        }
    }
    ASSERT_TRUE(exporter.finish());
    EXPECT_EQ(out.str(), lines_of(log).text());
    std::istringstream in{out.str()};
    const auto verdict = verify_export(in);
    ASSERT_TRUE(verdict && verdict->ok);
    EXPECT_FALSE(verdict->pinned);
    EXPECT_EQ(verdict->entries, log.entries.size());
    EXPECT_EQ(verdict->checkpoints, log.signed_at.size());
    EXPECT_EQ(verdict->root, frontier.root());
}

TEST(Exporter, FindsADamagedLog) {
    SeededRandom random{7};
    const auto key = crypto::SigningKey::generate(random);
    const auto other = crypto::SigningKey::generate(random);
    const Log log = make_log(random, key);
    const std::string first = bytes_of(log.entries[0]);
    std::ostringstream out;
    Exporter exporter{out, log.note_key()};
    EXPECT_EQ(exporter.entry(bytes_of(log.entries[1])).error().code, Code::Invalid);
    EXPECT_EQ(exporter.entry(first + " ").error().where, "entry 0");
    ASSERT_TRUE(exporter.entry(first));
    EXPECT_EQ(exporter.finish().error().code, Code::Conflict);
    Frontier wrong;
    wrong.append(leaf_hash(as_bytes("another")));
    EXPECT_EQ(exporter.checkpoint(signed_root(log, wrong)).error().code, Code::Denied);
    Frontier right;
    right.append(leaf_hash(as_bytes(first)));
    Log stranger = log;
    stranger.key = &other;
    EXPECT_EQ(exporter.checkpoint(signed_root(stranger, right)).error().code, Code::Denied);
    EXPECT_TRUE(exporter.checkpoint(signed_root(log, right)));
    EXPECT_TRUE(exporter.finish());
}

TEST(Verifier, AcceptsAnEmptyLogThatIsSigned) {
    SeededRandom random{7};
    const auto key = crypto::SigningKey::generate(random);
    Log log{"tsunagi.example/log/test", &key, {}, {}};
    std::ostringstream out;
    Exporter exporter{out, log.note_key()};
    ASSERT_TRUE(exporter.checkpoint(signed_root(log, Frontier{})));
    ASSERT_TRUE(exporter.finish());
    std::istringstream in{out.str()};
    EXPECT_TRUE(verify_export(in, {log.note_key(), {}})->ok);
}

}  // namespace
}  // namespace tsunagi::audit
