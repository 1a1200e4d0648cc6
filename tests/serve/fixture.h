#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace tsunagi::serve {

/// One case of fixtures/http (README.md there).
struct WireCase {
    std::string name;
    std::string bytes;
    std::vector<int> statuses;
    bool kept = false;
    bool after_end = false;
};

/// All cases in the order of their names.
std::vector<WireCase> wire_cases();

/// How many a count test expects: a case that is lost is noticed.
inline constexpr std::size_t kWireCases = 128;

/// The body limit of the handler the cases are written for.
inline constexpr std::size_t kWireBodyLimit = 4096;

/// A request after which the connection must be in step.
inline constexpr const char* kNextRequest = "GET /next HTTP/1.1\r\nHost: gateway.example\r\n\r\n";

}  // namespace tsunagi::serve
