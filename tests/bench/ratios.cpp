#include "bench/ratios.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>

namespace tsunagi::bench {
namespace {

/// Keeps the processor time per iteration of every repetition: strangers on the machine lengthen it
/// less than the time on the wall.
class Collector final : public benchmark::ConsoleReporter {
public:
    void ReportRuns(const std::vector<Run>& runs) override {
        std::vector<Run> shown;
        for (const auto& run : runs) {
            if (run.run_type != Run::RT_Iteration) {
                if (run.aggregate_name == "median" || run.aggregate_name == "cv")
                    shown.push_back(run);
            } else if (!run.error_occurred) {
                times[run.run_name.function_name].push_back(run.GetAdjustedCPUTime());
            } else {
                shown.push_back(run);
            }
        }
        benchmark::ConsoleReporter::ReportRuns(shown);
    }
    std::map<std::string, std::vector<double>> times;
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

}  // namespace

int run(int argc, char** argv, const std::vector<Goal>& goals) {
    std::vector<std::string> words(argv, argv + argc);
    words.emplace_back("--benchmark_enable_random_interleaving=true");
    words.emplace_back("--benchmark_repetitions=15");
    words.emplace_back("--benchmark_min_time=0.05");
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    int count = static_cast<int>(arguments.size());
    benchmark::Initialize(&count, arguments.data());
    Collector collector;
    benchmark::RunSpecifiedBenchmarks(&collector);

    int missed = 0;
    std::printf("\n%-4s %-32s %-40s %9s %9s\n", "goal", "subject", "reference", "ratio", "ship");
    for (const auto& goal : goals) {
        const auto& subject = collector.times[goal.subject];
        const auto& reference = collector.times[goal.reference];
        std::vector<double> ratios;
        for (std::size_t i = 0; i < std::min(subject.size(), reference.size()); ++i)
            ratios.push_back(subject[i] / reference[i]);
        const double ratio = median(ratios);
        const bool met = !ratios.empty() && ratio <= goal.ship;
        missed += met ? 0 : 1;
        std::printf("%-4s %-32s %-40s %8.2fx <=%7.2fx  %s\n", goal.name.c_str(),
                    goal.subject.c_str(), goal.reference.c_str(), ratio, goal.ship,
                    met ? "met" : "MISSED");
    }
    return missed == 0 ? 0 : 1;
}

}  // namespace tsunagi::bench
