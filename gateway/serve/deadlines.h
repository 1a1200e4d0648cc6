#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace tsunagi::serve {

/// Shuts sockets whose time is up, so that a blocking read or write on them returns. One thread
/// serves all connections of a server. Reads the steady clock: this is the socket shell, where time
/// is the operating system's.
///
/// Thread rule: any thread; a ticket belongs to one connection. The owner must remove its ticket
/// before it closes the socket.
class Deadlines {
public:
    using Clock = std::chrono::steady_clock;
    using Ticket = std::uint64_t;

    Deadlines();
    ~Deadlines();
    Deadlines(const Deadlines&) = delete;
    Deadlines& operator=(const Deadlines&) = delete;

    /// Watches `socket`. Once ending, it is shut at once.
    Ticket add(int socket, Clock::time_point until);
    /// The connection works for a client: shut when `until` passes.
    void busy(Ticket ticket, Clock::time_point until);
    /// The connection waits for a next request. False once ending: the owner must close.
    bool idle(Ticket ticket, Clock::time_point until);
    /// True when the socket was shut because it was late.
    bool remove(Ticket ticket);

    /// From now on idle connections are shut, those present and those to come.
    void end_idle();
    /// Shuts everything that is left.
    void end_all();
    /// Waits until no ticket is left, at most until `until`. True when none is left.
    bool wait_empty(Clock::time_point until);
    std::size_t size() const;

private:
    struct Entry {
        int socket = -1;
        Clock::time_point until;
        bool idle = false;
        bool late = false;
        bool shut = false;
    };
    void watch();
    void set(Ticket ticket, Clock::time_point until, bool idle);
    static void shut(Entry& entry);

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::condition_variable removed_;
    std::unordered_map<Ticket, Entry> entries_;
    Ticket next_ = 1;
    Clock::time_point wake_ = Clock::time_point::max();
    bool idle_ended_ = false;
    bool stop_ = false;
    std::thread thread_;
};

}  // namespace tsunagi::serve
