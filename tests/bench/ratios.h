#pragma once
#include <map>
#include <string>
#include <vector>

namespace tsunagi::bench {

/// A goal of performance.md: `subject` may take at most `ship` times the processor time that
/// `reference` takes in the same run.
struct Goal {
    std::string name;       ///< "P1"
    std::string subject;    ///< benchmark name
    std::string reference;  ///< benchmark name
    double ship = 0;
};

/// Runs every registered benchmark with random interleaving and prints, for each goal, the median
/// of the paired ratios and whether it ships. Gives the process's exit code: 0 when every goal is
/// met.
int run(int argc, char** argv, const std::vector<Goal>& goals);

}  // namespace tsunagi::bench
