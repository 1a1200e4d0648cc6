#pragma once
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace tsunagi::app {

/// Another run of this program: its standard output comes to us, its standard error goes to a file.
/// It ends with us, even when we are killed. Thread rule: one thread, the one that started it.
class ChildProcess {
public:
    using Time = std::chrono::milliseconds;

    static Result<ChildProcess> start(const std::filesystem::path& program,
                                      const std::vector<std::string>& words,
                                      const std::filesystem::path& errors);
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&& other) noexcept;
    ~ChildProcess();  ///< stops it

    /// The next line of its output. Unavailable when it ended or said nothing in time.
    Result<std::string> read_line(Time deadline);
    /// Everything it says until it ends. Unavailable when it does not end in time.
    Result<std::string> read_all(Time deadline);

    void send_signal(int number) const;
    /// Waits for its end and gives the exit code, 128 + n after signal n. Unavailable when it does
    /// not end in time.
    Result<int> wait(Time deadline);
    /// SIGTERM, and SIGKILL after `deadline`. Gives the exit code as wait().
    int stop(Time deadline = std::chrono::seconds{12});

private:
    ChildProcess(pid_t pid, int handle, int output) : pid_(pid), handle_(handle), output_(output) {}
    /// True when more output came; false at its end. Unavailable when `until` passed.
    Result<bool> read_more(std::chrono::steady_clock::time_point until);
    void close_all();

    pid_t pid_ = -1;
    int handle_ = -1;  ///< pidfd
    int output_ = -1;
    std::string buffer_;
    int code_ = -1;  ///< once it has ended
};

}  // namespace tsunagi::app
