#include "serve/deadlines.h"

#include <sys/socket.h>

#include <algorithm>

namespace tsunagi::serve {

Deadlines::Deadlines() : thread_([this] { watch(); }) {}

Deadlines::~Deadlines() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Deadlines::shut(Entry& entry) {
    if (!entry.shut) ::shutdown(entry.socket, SHUT_RDWR);
    entry.shut = true;
}

Deadlines::Ticket Deadlines::add(int socket, Clock::time_point until) {
    Ticket ticket = 0;
    {
        const std::lock_guard lock(mutex_);
        ticket = next_++;
        // Whole at once: the watcher must never see an entry without its time.
        auto& entry = entries_[ticket] = {.socket = socket, .until = until};
        if (idle_ended_) shut(entry);
    }
    set(ticket, until, false);
    return ticket;
}

void Deadlines::busy(Ticket ticket, Clock::time_point until) { set(ticket, until, false); }

bool Deadlines::idle(Ticket ticket, Clock::time_point until) {
    set(ticket, until, true);
    const std::lock_guard lock(mutex_);
    return !idle_ended_;
}

void Deadlines::set(Ticket ticket, Clock::time_point until, bool idle) {
    bool sooner = false;
    {
        const std::lock_guard lock(mutex_);
        auto& entry = entries_.at(ticket);
        entry.until = until;
        entry.idle = idle;
        if (idle && idle_ended_) shut(entry);
        sooner = until < wake_;
        if (sooner) wake_ = until;
    }
    if (sooner) changed_.notify_one();
}

bool Deadlines::remove(Ticket ticket) {
    bool late = false;
    {
        const std::lock_guard lock(mutex_);
        const auto found = entries_.find(ticket);
        late = found->second.late;
        entries_.erase(found);
    }
    removed_.notify_all();
    return late;
}

void Deadlines::end_idle() {
    const std::lock_guard lock(mutex_);
    idle_ended_ = true;
    for (auto& [ticket, entry] : entries_)
        if (entry.idle) shut(entry);
}

void Deadlines::end_all() {
    const std::lock_guard lock(mutex_);
    idle_ended_ = true;
    for (auto& [ticket, entry] : entries_) shut(entry);
}

bool Deadlines::wait_empty(Clock::time_point until) {
    std::unique_lock lock(mutex_);
    return removed_.wait_until(lock, until, [this] { return entries_.empty(); });
}

std::size_t Deadlines::size() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
}

void Deadlines::watch() {
    std::unique_lock lock(mutex_);
    while (!stop_) {
        const auto now = Clock::now();
        auto next = Clock::time_point::max();
        for (auto& [ticket, entry] : entries_) {
            if (entry.shut) continue;
            if (entry.until <= now) {
                entry.late = true;
                shut(entry);
            } else {
                next = std::min(next, entry.until);
            }
        }
        wake_ = next;
        if (next == Clock::time_point::max())
            changed_.wait(lock);
        else
            changed_.wait_until(lock, next);
    }
}

}  // namespace tsunagi::serve
