#include "serve/deadlines.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace tsunagi::serve {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Two connected sockets; reading from one returns when the other is shut.
class Sockets {
public:
    Sockets() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, both_.data()), 0); }
    ~Sockets() {
        close(both_[0]);
        close(both_[1]);
    }
    int watched() const { return both_[0]; }
    /// Blocks until the watched side is shut.
    bool read_end() const {
        char byte = 0;
        return recv(both_[1], &byte, 1, 0) == 0;
    }

private:
    std::array<int, 2> both_{};
};

Deadlines::Clock::time_point in(milliseconds time) { return Deadlines::Clock::now() + time; }

TEST(Deadlines, ShutASocketThatIsLateAndSaySo) {
    Deadlines deadlines;
    const Sockets sockets;
    const auto ticket = deadlines.add(sockets.watched(), in(milliseconds{10}));
    EXPECT_TRUE(sockets.read_end());
    EXPECT_TRUE(deadlines.remove(ticket));
}

TEST(Deadlines, FollowATimeThatMovesCloser) {
    Deadlines deadlines;
    const Sockets sockets;
    const auto ticket = deadlines.add(sockets.watched(), Deadlines::Clock::time_point::max());
    deadlines.busy(ticket, in(milliseconds{10}));
    EXPECT_TRUE(sockets.read_end());
    EXPECT_TRUE(deadlines.remove(ticket));
}

TEST(Deadlines, LeaveASocketThatIsInTime) {
    Deadlines deadlines;
    const Sockets late;
    const Sockets early;
    const auto kept = deadlines.add(early.watched(), in(seconds{60}));
    const auto lost = deadlines.add(late.watched(), in(milliseconds{5}));
    EXPECT_TRUE(late.read_end());
    EXPECT_TRUE(deadlines.remove(lost));
    EXPECT_FALSE(deadlines.remove(kept));
}

/// A new ticket must not be taken for a late one while the watcher is awake: 2,000 rounds with a
/// watcher that never sleeps long show it in one run of five when entry and time are set apart.
TEST(Deadlines, LeaveANewSocketWhileTheWatcherIsAtWork) {
    Deadlines deadlines;
    const Sockets sockets;
    for (int i = 0; i < 2000; ++i) {
        const Sockets passing;
        const auto late = deadlines.add(passing.watched(), in(milliseconds{0}));
        const auto kept = deadlines.add(sockets.watched(), in(seconds{60}));
        ASSERT_FALSE(deadlines.remove(kept)) << i;
        deadlines.remove(late);
    }
}

TEST(Deadlines, EndTheIdleAndThoseWhoBecomeIdle) {
    Deadlines deadlines;
    const Sockets idle;
    const Sockets busy;
    const auto first = deadlines.add(idle.watched(), in(seconds{60}));
    const auto second = deadlines.add(busy.watched(), in(seconds{60}));
    EXPECT_TRUE(deadlines.idle(first, in(seconds{60})));
    deadlines.end_idle();
    EXPECT_TRUE(idle.read_end());
    EXPECT_FALSE(deadlines.wait_empty(in(milliseconds{5})));
    EXPECT_FALSE(deadlines.idle(second, in(seconds{60})));
    EXPECT_TRUE(busy.read_end());
    EXPECT_FALSE(deadlines.remove(first));
    EXPECT_FALSE(deadlines.remove(second));
    EXPECT_TRUE(deadlines.wait_empty(in(seconds{1})));
}

TEST(Deadlines, EndAllShutsTheBusyToo) {
    Deadlines deadlines;
    const Sockets busy;
    const auto ticket = deadlines.add(busy.watched(), in(seconds{60}));
    deadlines.end_all();
    EXPECT_TRUE(busy.read_end());
    EXPECT_FALSE(deadlines.remove(ticket));
}

}  // namespace
}  // namespace tsunagi::serve
