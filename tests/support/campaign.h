#pragma once
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

#include "support/volume.h"

namespace tsunagi::support {

/// Many generated cases, numbered: case n is made from n alone, so that a failure is repeated by
/// its number. With TSUNAGI_FULL (the entries labelled `long`) a campaign runs its full figure and
/// goes on where the last run stopped, also one that was interrupted; otherwise it runs the first
/// `ci`.
class Campaign {
public:
    Campaign(std::string_view name, std::uint64_t full, std::uint64_t ci) {
        if (std::getenv("TSUNAGI_FULL") == nullptr) {
            end_ = volume(ci);
            return;
        }
        const std::filesystem::path folder =
            std::filesystem::path{TSUNAGI_BINARY_DIR} / "campaigns";
        std::filesystem::create_directories(folder);
        file_ = folder / (std::string{name} + ".count");
        std::ifstream{file_} >> next_;
        end_ = (next_ / full + 1) * full;
        std::cout << name << ": cases " << next_ << " to " << end_ << "\n";
    }
    ~Campaign() { keep(); }
    Campaign(const Campaign&) = delete;
    Campaign& operator=(const Campaign&) = delete;

    /// The number of the case to run; false when all are run. A case counts when the next is asked
    /// for, so the one that failed comes again.
    bool next(std::uint64_t& number) {
        if (started_) ++next_;
        started_ = next_ < end_;
        number = next_;
        const auto now = std::chrono::steady_clock::now();
        if (now - kept_ > std::chrono::seconds{1}) {
            keep();
            kept_ = now;
        }
        return started_;
    }

private:
    void keep() const {
        if (!file_.empty()) std::ofstream{file_} << next_ << "\n";
    }

    std::uint64_t next_ = 0, end_ = 0;
    bool started_ = false;
    std::chrono::steady_clock::time_point kept_ = std::chrono::steady_clock::now();
    std::filesystem::path file_;
};

}  // namespace tsunagi::support
