// The part of P12 up to the commit: submits (checked, translated, validated, scanned, stored with
// fsync) beside raw SQLite rows of 30 KB, 50 in a commit, under the same settings. Rounds of
// reference, one clinic, eight clinics; processor time beside wall time, medians of rounds.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bench/costs.h"
#include "crypto/random.h"
#include "store/sqlite/sqlite_store.h"
#include "support/test_gateway.h"

namespace tsunagi {
namespace {

using bench::Cost;
using bench::measure;

constexpr std::size_t kRounds = 12;
constexpr std::size_t kClinics = 8, kSubmitsOfEach = 12;
constexpr double kShip = 0.18;
/// A round whose reference lies further from the median says something of the disk alone.
constexpr double kSteady = 0.25;

/// The writes of a gateway as `tsunagi serve` wires them: a database and a file of case keys, each
/// synced before an answer, and the system's randomness. The clock stands on the fixtures' day.
class Gateway {
public:
    Gateway()
        : clock_(*parse_instant("2026-11-20T12:00:00+09:00")),
          log_(clock_, [](std::string_view) {}),
          keys_(value(crypto::CaseKeys::open(folder_ / "case.keys",
                                             crypto::DataKey::generate(random_), random_))),
          directory_(value(access::Directory::parse(directory_text()))) {
        store::SqliteOptions options;
        options.path = (folder_ / "gateway.db").string();
        const audit::NoteKey log_key{"tsunagi.example/bench",
                                     crypto::SigningKey::generate(random_).verify_key()};
        store_ =
            value(store::open_sqlite(options, {*keys_, clock_, random_, last_signed_, log_key}));
        exchange_ = std::make_unique<exchange::Exchange>(
            exchange::Parts{*store_, directory_, support::artifacts(), clock_, random_, log_});
    }

    bool submit(const std::string& packet) {
        const access::Principal clinic{
            store::OrganisationId{"clinic-hibari"}, {}, access::Role::Clinic};
        return exchange::done(exchange_->submit(clinic, "key-" + std::to_string(++key_), packet));
    }
    std::uint64_t stored() const {
        std::uint64_t entries = 0;
        const Status read = store_->read([&](store::Reader& reader) -> Status {
            auto size = reader.log_size();
            if (size) entries = *size;
            return size ? Status{} : Status{size.error()};
        });
        return read ? entries : 0;
    }

private:
    template <class T>
    static T value(Result<T> result) {
        if (!result) throw std::runtime_error(to_string(result.error()));
        return std::move(*result);
    }
    static std::string directory_text() {
        const std::string pin(64, 'a');
        const std::string from = R"("validFrom":"2026-01-01T00:00:00+09:00")";
        return R"({"organisations":[{"id":"hp-tanashi","name":{"ja":"試験","en":"Test"},"roles":["partner-system"],)"
               R"("certificates":[{"sha256":")" +
               pin + R"(",)" + from +
               R"(,"role":"partner-system"}],)"
               R"("endpoints":[{"channel":"fhir_rest","url":"https://localhost/fhir","serverSha256":")" +
               pin + R"(",)" + from + "}]}]}";
    }

    support::TempFolder folder_;
    ManualClock clock_;
    crypto::SystemRandom random_;
    EventLog log_;
    std::unique_ptr<crypto::CaseKeys> keys_;
    store::LastSignedMemory last_signed_;
    access::LiveDirectory directory_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<exchange::Exchange> exchange_;
    std::atomic<int> key_{0};
};

/// `clinics` at once; their commits are shared. A submit that is not stored stops the run.
Cost submit(std::size_t clinics) {
    static const std::string packet = support::packet_text("nishitokyo_full.in.json");
    Gateway gateway;
    const std::size_t each = clinics == 1 ? kClinics * kSubmitsOfEach / 2 : kSubmitsOfEach;
    std::atomic<std::size_t> stored = 0;
    const Cost cost = measure(clinics * each, [&] {
        std::vector<std::jthread> threads;
        for (std::size_t clinic = 0; clinic < clinics; ++clinic) {
            threads.emplace_back([&] {
                for (std::size_t i = 0; i < each; ++i) stored += gateway.submit(packet) ? 1 : 0;
            });
        }
    });
    if (stored != clinics * each || gateway.stored() != stored)
        throw std::runtime_error("a submit was lost");
    return cost;
}

struct Round {
    Cost row, one, eight;
};

template <class Read>
double median(const std::vector<Round>& rounds, Read read) {
    std::vector<double> values;
    for (const Round& round : rounds) values.push_back(read(round));
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

void print(const char* subject, double wall, double processor) {
    std::printf("%-28s %8.3f ms %8.3f ms\n", subject, wall * 1e3, processor * 1e3);
}

/// 0: every goal met, 1: missed or not shown.
int judge(const std::vector<Round>& all, double load) {
    const double usual = median(all, [](const Round& round) { return round.row.wall; });
    std::vector<Round> rounds;
    std::copy_if(all.begin(), all.end(), std::back_inserter(rounds), [&](const Round& round) {
        return std::abs(round.row.wall - usual) <= kSteady * usual;
    });
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    std::printf("%zu of %zu rounds steady, load average %.1f at the start on %u cores\n\n",
                rounds.size(), all.size(), load, cores);
    std::printf("%-28s %11s %11s\n", "median", "wall", "processor");
    print("raw row of 30 KB", median(rounds, [](const Round& r) { return r.row.wall; }),
          median(rounds, [](const Round& r) { return r.row.processor; }));
    print("submit from one clinic", median(rounds, [](const Round& r) { return r.one.wall; }),
          median(rounds, [](const Round& r) { return r.one.processor; }));
    print("submit from eight clinics", median(rounds, [](const Round& r) { return r.eight.wall; }),
          median(rounds, [](const Round& r) { return r.eight.processor; }));
    const double reached = median(rounds, [](const Round& r) { return r.row.wall / r.eight.wall; });
    // What the processors alone would let through, the disk never waited for.
    const double bound = median(rounds, [&](const Round& r) {
        return r.row.wall / (r.eight.processor / static_cast<double>(cores));
    });
    // With strangers on the processors the wall says less than what it would on a calm machine.
    const bool calm = bench::is_calm(load);
    const bool shown = rounds.size() * 2 > all.size();
    const bool met = reached >= kShip;
    const char* const verdict = !shown          ? "NOT SHOWN (the disk was unsteady)"
                                : met && calm   ? "met, up to the commit"
                                : met           ? "NOT SHOWN (the machine was busy)"
                                : bound < kShip ? "MISSED (by processor time alone)"
                                : calm          ? "MISSED"
                                                : "NOT SHOWN (the machine was busy)";
    std::printf(
        "\nP12  submits for each raw row  %.3fx, by processor time at most %.3fx  >= %.2fx  %s\n",
        reached, bound, kShip, verdict);
    return shown && met && calm ? 0 : 1;
}

}  // namespace
}  // namespace tsunagi

int main() {
    using namespace tsunagi;
    try {
        double load = 0;
        getloadavg(&load, 1);
        bench::raw_rows();
        submit(1);
        std::vector<Round> rounds;
        for (std::size_t i = 0; i < kRounds; ++i) {
            Round round;
            round.row = bench::raw_rows();
            round.one = submit(1);
            round.eight = submit(kClinics);
            rounds.push_back(round);
        }
        return judge(rounds, load);
    } catch (const std::exception& fault) {
        std::fprintf(stderr, "bench_submit: %s\n", fault.what());
        return 2;
    }
}
