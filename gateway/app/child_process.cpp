#include "app/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace tsunagi::app {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
constexpr std::size_t kMostOutput = std::size_t{64} << 20;

int milliseconds_to(SteadyTime until) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    return static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0));
}

/// Between fork and exec: only what is safe after a fork. Does not return.
[[noreturn]] void become(char* const* words, int output, int errors, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(127);  // it died before we asked to be told
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    if (dup2(output, STDOUT_FILENO) >= 0 && dup2(errors, STDERR_FILENO) >= 0)
        execv(words[0], words);
    _exit(127);
}

/// glibc 2.36 declares pidfd_open without C linkage.
int open_pidfd(pid_t pid) { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }

Error failed(const char* what) { return Error{Code::Unavailable, what, "child process"}; }

}  // namespace

Result<ChildProcess> ChildProcess::start(const std::filesystem::path& program,
                                         const std::vector<std::string>& words,
                                         const std::filesystem::path& errors) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return failed("no pipe");
    const int log = open(errors.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    std::vector<std::string> texts{program.string()};
    texts.insert(texts.end(), words.begin(), words.end());
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (auto& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    const pid_t parent = getpid();
    const pid_t pid = log < 0 ? -1 : fork();
    if (pid == 0) become(pointers.data(), ends[1], log, parent);
    close(ends[1]);
    if (log >= 0) close(log);
    const int handle = pid > 0 ? open_pidfd(pid) : -1;
    if (handle < 0) {
        if (pid > 0) kill(pid, SIGKILL);
        if (pid > 0) waitpid(pid, nullptr, 0);
        close(ends[0]);
        return failed("cannot be started");
    }
    return ChildProcess(pid, handle, ends[0]);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      handle_(std::exchange(other.handle_, -1)),
      output_(std::exchange(other.output_, -1)),
      buffer_(std::move(other.buffer_)),
      code_(other.code_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(handle_, other.handle_);
    std::swap(output_, other.output_);
    std::swap(buffer_, other.buffer_);
    std::swap(code_, other.code_);
    return *this;
}

ChildProcess::~ChildProcess() {
    if (pid_ > 0) stop();
    close_all();
}

void ChildProcess::close_all() {
    for (int* descriptor : {&handle_, &output_}) {
        if (*descriptor >= 0) close(*descriptor);
        *descriptor = -1;
    }
}

Result<bool> ChildProcess::read_more(SteadyTime until) {
    if (buffer_.size() > kMostOutput) return failed("says too much");
    pollfd wanted{output_, POLLIN, 0};
    int ready = -1;
    do {
        ready = poll(&wanted, 1, milliseconds_to(until));
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) return failed("said nothing in time");
    char piece[4096];
    const ssize_t size = read(output_, piece, sizeof piece);
    if (size <= 0) return false;
    buffer_.append(piece, static_cast<std::size_t>(size));
    return true;
}

Result<std::string> ChildProcess::read_line(Time deadline) {
    const auto until = std::chrono::steady_clock::now() + deadline;
    for (;;) {
        if (const auto end = buffer_.find('\n'); end != std::string::npos) {
            std::string line = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            return line;
        }
        const auto more = read_more(until);
        if (!more) return more.error();
        if (!*more) return failed("ended before it was ready");
    }
}

Result<std::string> ChildProcess::read_all(Time deadline) {
    const auto until = std::chrono::steady_clock::now() + deadline;
    for (;;) {
        const auto more = read_more(until);
        if (!more) return more.error();
        if (!*more) return std::exchange(buffer_, {});
    }
}

void ChildProcess::send_signal(int number) const {
    if (pid_ > 0) kill(pid_, number);
}

Result<int> ChildProcess::wait(Time deadline) {
    if (pid_ <= 0) return code_;
    const auto until = std::chrono::steady_clock::now() + deadline;
    pollfd ended{handle_, POLLIN, 0};
    int ready = -1;
    do {
        ready = poll(&ended, 1, milliseconds_to(until));
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) return failed("did not end in time");
    int status = 0;
    if (waitpid(pid_, &status, 0) != pid_) return failed("cannot be waited for");
    pid_ = -1;
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return code_;
}

int ChildProcess::stop(Time deadline) {
    send_signal(SIGTERM);
    auto ended = wait(deadline);
    if (!ended) {
        send_signal(SIGKILL);
        ended = wait(std::chrono::seconds{5});
    }
    return ended ? *ended : -1;
}

}  // namespace tsunagi::app
