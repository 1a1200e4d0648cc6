#include "deliver/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "deliver/fake_outbox.h"

namespace tsunagi::deliver {
namespace {

using Kind = Report::Kind;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Instant kMorning{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}};

/// Reports as told, and writes down what it was asked: "send", "look", "held".
class ScriptedChannel final : public Channel {
public:
    Report send(const exchange::Dispatch&, const std::function<bool()>& may_send) override {
        if (before_send) before_send();
        if (!may_send()) {
            asked.emplace_back("held");
            return {Kind::Later, "held-back", {}};
        }
        asked.emplace_back("send");
        return next(sends);
    }
    Report look(const exchange::Dispatch&) override {
        asked.emplace_back("look");
        return next(looks);
    }
    std::deque<Report> sends;
    std::deque<Report> looks;
    std::vector<std::string> asked;
    std::function<void()> before_send;

private:
    static Report next(std::deque<Report>& reports) {
        if (reports.empty()) return {Kind::Delivered, "http-200", {}};
        Report report = reports.front();
        reports.pop_front();
        return report;
    }
};

class WorkerTest : public testing::Test {
protected:
    Instant step() { return worker_.step(clock_.now()); }
    /// Steps at each wake until the row is settled or `bound` steps are made.
    void run(int bound = 50) {
        for (int i = 0; i < bound && outbox_.open; ++i) {
            const Instant next = step();
            if (next > clock_.now() && next != Instant::max()) clock_.set(next);
        }
    }

    ManualClock clock_{kMorning};
    SeededRandom random_{3};
    std::string logged_;
    EventLog log_{clock_, [this](std::string_view line) { logged_ += line; }};
    FakeOutbox outbox_{kMorning};
    ScriptedChannel channel_;
    Worker worker_{outbox_, {{"fhir_rest", &channel_}}, clock_, random_, log_};
};

TEST_F(WorkerTest, SendsADueRowOnceAndSaysWhenToComeBack) {
    EXPECT_EQ(step(), clock_.now());
    EXPECT_THAT(channel_.asked, ElementsAre("send"));
    EXPECT_THAT(outbox_.notes, ElementsAre("delivered http-200"));
    EXPECT_EQ(step(), Instant::max());
}

TEST_F(WorkerTest, WaitsForARowThatIsNotDueYet) {
    outbox_.row.due = kMorning + minutes{3};
    EXPECT_EQ(step(), kMorning + minutes{3});
    EXPECT_THAT(channel_.asked, IsEmpty());
}

TEST_F(WorkerTest, LooksBeforeItSendsAgain) {
    channel_.sends = {{Kind::Unknown, "timeout", {}}};
    channel_.looks = {{Kind::Absent, "not-found", {}}};
    run();
    EXPECT_THAT(channel_.asked, ElementsAre("send", "look", "send"));
    EXPECT_THAT(outbox_.notes, ElementsAre("postponed timeout", "delivered http-200"));
}

TEST_F(WorkerTest, DoesNotSendAgainWhatArrived) {
    channel_.sends = {{Kind::Unknown, "timeout", {}}};
    channel_.looks = {{Kind::Delivered, "found", {}}};
    run();
    EXPECT_THAT(channel_.asked, ElementsAre("send", "look"));
    EXPECT_THAT(outbox_.notes, ElementsAre("postponed timeout", "delivered found"));
}

TEST_F(WorkerTest, DoesNotSendWhileItCannotLook) {
    channel_.sends = {{Kind::Unknown, "timeout", {}}};
    channel_.looks = {{Kind::Later, "connect", {}},
                      {Kind::Later, "http-503", {}},
                      {Kind::Delivered, "found", {}}};
    run();
    EXPECT_THAT(channel_.asked, ElementsAre("send", "look", "look", "look"));
    EXPECT_EQ(outbox_.notes.back(), "delivered found");
}

/// A worker that crashed after sending left no note: the next one must not trust that.
TEST_F(WorkerTest, LooksFirstAtARowThatAnotherWorkerHeld) {
    ASSERT_TRUE(outbox_.lease(clock_.now(), seconds{30}, "crashed").ok());
    EXPECT_EQ(step(), kMorning + seconds{30});
    clock_.set(kMorning + seconds{30});
    channel_.looks = {{Kind::Delivered, "found", {}}};
    step();
    EXPECT_THAT(channel_.asked, ElementsAre("look"));
    EXPECT_THAT(outbox_.notes, ElementsAre("delivered found"));
}

TEST_F(WorkerTest, ObeysRetryAfter) {
    channel_.sends = {{Kind::Later, "http-503", seconds{600}}};
    step();
    EXPECT_EQ(outbox_.row.due, kMorning + seconds{600});
}

TEST_F(WorkerTest, WaitsNoLongerThanTheCapAndStaysWithinTheRowsTime) {
    outbox_.row.not_after = kMorning + minutes{2};
    channel_.sends = {{Kind::Later, "http-503", seconds{600}}};
    step();
    EXPECT_EQ(outbox_.row.due, kMorning + minutes{2} + std::chrono::microseconds{1});
}

TEST_F(WorkerTest, HandsOverWhatMustNotBeSentAnyMore) {
    for (const auto& [error, note] :
         {std::pair{Error{Code::Denied, "consent-withdrawn", {}}, "gave up consent-withdrawn"},
          std::pair{Error{Code::Conflict, "past-needed-by", {}}, "gave up past-needed-by"},
          std::pair{Error{Code::NotFound, "no blob of this name", {}}, "gave up not-found"}}) {
        outbox_ = FakeOutbox{clock_.now()};
        outbox_.refusal = error;
        step();
        EXPECT_THAT(outbox_.notes, ElementsAre(note));
        EXPECT_THAT(channel_.asked, IsEmpty());
    }
}

TEST_F(WorkerTest, TriesAgainWhenItCouldNotPrepare) {
    outbox_.refusal = Error{Code::Unavailable, "disk", {}};
    step();
    EXPECT_THAT(outbox_.notes, ElementsAre("postponed unavailable"));
    EXPECT_THAT(channel_.asked, IsEmpty());
}

TEST_F(WorkerTest, HandsOverWhatTheReceiverRefuses) {
    channel_.sends = {{Kind::Refused, "http-422", {}}};
    step();
    EXPECT_THAT(outbox_.notes, ElementsAre("gave up http-422"));
}

TEST_F(WorkerTest, SendsToNobodyButTheRowsHospital) {
    outbox_.recipient = "hospital-b";
    step();
    EXPECT_THAT(channel_.asked, IsEmpty());
    EXPECT_THAT(outbox_.notes, ElementsAre("gave up wrong-recipient"));
}

TEST_F(WorkerTest, HandsOverARowWhoseChannelIsUnknown) {
    Worker without(outbox_, {}, clock_, random_, log_);
    without.step(clock_.now());
    EXPECT_THAT(outbox_.notes, ElementsAre("gave up no-channel"));
}

TEST_F(WorkerTest, DoesNotSendWhatIsCancelledWhileItConnects) {
    channel_.before_send = [this] { outbox_.cancelled = true; };
    step();
    EXPECT_THAT(channel_.asked, ElementsAre("held"));
    EXPECT_THAT(outbox_.notes, IsEmpty());  // the row is not ours any more
    EXPECT_NE(logged_.find("delivery.not-recorded"), std::string::npos);
}

TEST_F(WorkerTest, DoesNotSendWhenItWasPausedPastItsLease) {
    channel_.before_send = [this] { clock_.advance(seconds{31}); };
    step();
    EXPECT_THAT(channel_.asked, ElementsAre("held"));
}

TEST_F(WorkerTest, DoesNotBeginASendThatItsLeaseCouldNotCover) {
    channel_.before_send = [this] { clock_.advance(seconds{20}); };
    step();
    EXPECT_THAT(channel_.asked, ElementsAre("held"));
    EXPECT_THAT(outbox_.notes, ElementsAre("postponed held-back"));
}

TEST_F(WorkerTest, KeepsTryingForThreeDaysAndThenAsksAPerson) {
    channel_.sends.assign(5000, {Kind::Later, "connect", {}});
    channel_.looks.assign(5000, {Kind::Later, "connect", {}});
    run(5000);
    EXPECT_EQ(outbox_.notes.back(), "gave up undelivered");
    EXPECT_GE(clock_.now() - kMorning, hours{72});
    EXPECT_LT(clock_.now() - kMorning, hours{73});
    EXPECT_LT(channel_.asked.size(), 2500U);  // about two and a half minutes apart
}

TEST_F(WorkerTest, DoesNotSpinWhenTheStoreIsAway) {
    outbox_.broken = true;
    EXPECT_GE(step(), clock_.now() + seconds{1});
}

}  // namespace
}  // namespace tsunagi::deliver
