// Framing as architecture.md section 4 decides it; RFC 9112 for what each rule is called.
#include "serve/http_reader.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "serve/fixture.h"

namespace tsunagi::serve {
namespace {

using Event = HttpReader::Event;

/// What a connection would do with a stream: the statuses it answers and whether it stays open.
struct Played {
    std::vector<int> statuses;
    std::vector<Request> requests;
    bool open = true;
};

class Player {
public:
    explicit Player(std::size_t body_limit) : body_limit_(body_limit) {}

    void send(std::string_view bytes) {
        if (!played.open) return;
        reader_.append(bytes);
        while (played.open) {
            const Event event = reader_.next();
            if (event == Event::NeedMore) return;
            handle(event);
        }
    }
    void end() {
        if (played.open && reader_.end() == Event::Refused) handle(Event::Refused);
    }

    Played played;

private:
    void handle(Event event) {
        if (event == Event::Head) {
            reader_.set_body_limit(body_limit_);
        } else if (event == Event::Complete) {
            const bool keep = reader_.keep_alive();
            played.requests.push_back(reader_.take());
            played.statuses.push_back(200);
            played.open = keep;
        } else {
            played.statuses.push_back(reader_.refusal());
            played.open = false;
        }
    }
    HttpReader reader_;
    std::size_t body_limit_;
};

void expect_case(const WireCase& one, Player& player) {
    if (one.after_end) player.end();
    EXPECT_EQ(player.played.statuses, one.statuses);
    EXPECT_EQ(player.played.open, one.kept);
    if (!one.kept) return;
    player.send(kNextRequest);
    ASSERT_EQ(player.played.statuses.size(), one.statuses.size() + 1);
    EXPECT_EQ(player.played.requests.back().path, std::vector<std::string>{"next"});
}

TEST(WireCases, AreAllFound) { EXPECT_EQ(wire_cases().size(), kWireCases); }

TEST(HttpReader, AnswersEveryWireCaseSentWhole) {
    for (const auto& one : wire_cases()) {
        SCOPED_TRACE(one.name);
        Player player(kWireBodyLimit);
        player.send(one.bytes);
        expect_case(one, player);
    }
}

TEST(HttpReader, AnswersEveryWireCaseSentByteByByte) {
    for (const auto& one : wire_cases()) {
        SCOPED_TRACE(one.name);
        Player player(kWireBodyLimit);
        for (const char c : one.bytes) player.send({&c, 1});
        expect_case(one, player);
    }
}

TEST(HttpReader, AnswersEveryWireCaseCutAtRandom) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SeededRandom random(seed);
        for (const auto& one : wire_cases()) {
            SCOPED_TRACE(one.name + ", seed " + std::to_string(seed));
            Player player(kWireBodyLimit);
            std::string_view rest = one.bytes;
            while (!rest.empty()) {
                const auto size = static_cast<std::size_t>(random.below(40) + 1);
                player.send(rest.substr(0, size));
                rest.remove_prefix(std::min(size, rest.size()));
            }
            expect_case(one, player);
        }
    }
}

/// Borders must not depend on how the bytes arrive, whatever the bytes are.
TEST(HttpReader, SeesTheSameRequestsHoweverAMutatedStreamIsCut) {
    const auto cases = wire_cases();
    for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
        SeededRandom random(seed);
        std::string bytes = cases[random.below(cases.size())].bytes;
        bytes += cases[random.below(cases.size())].bytes;
        for (std::uint64_t change = random.below(4); change > 0 && !bytes.empty(); --change) {
            const auto at = static_cast<std::size_t>(random.below(bytes.size()));
            constexpr std::string_view kBytes = "\r\n :,;0159aAfF\t\0x{}GPH-+%/";
            const char byte = kBytes[random.below(kBytes.size())];
            if (random.below(3) == 0)
                bytes.erase(at, 1);
            else if (random.below(2) == 0)
                bytes.insert(at, 1, byte);
            else
                bytes[at] = byte;
        }
        Player whole(kWireBodyLimit);
        whole.send(bytes);
        whole.end();
        Player pieces(kWireBodyLimit);
        std::string_view rest = bytes;
        while (!rest.empty()) {
            const auto size = static_cast<std::size_t>(random.below(30) + 1);
            pieces.send(rest.substr(0, size));
            rest.remove_prefix(std::min(size, rest.size()));
        }
        pieces.end();
        ASSERT_EQ(whole.played.statuses, pieces.played.statuses) << "seed " << seed;
        ASSERT_EQ(whole.played.requests.size(), pieces.played.requests.size()) << "seed " << seed;
        for (std::size_t i = 0; i < whole.played.requests.size(); ++i) {
            ASSERT_EQ(whole.played.requests[i].body, pieces.played.requests[i].body)
                << "seed " << seed;
            ASSERT_EQ(whole.played.requests[i].fields, pieces.played.requests[i].fields)
                << "seed " << seed;
        }
    }
}

TEST(HttpReader, GivesTheHeadBeforeTheBodyAndThenTheWhole) {
    HttpReader reader;
    reader.append(
        "PUT /fhir/Task/a?_format=json HTTP/1.1\r\nHOST: gateway.example\r\nIf-Match: W/\"3\"\r\n"
        "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    ASSERT_EQ(reader.next(), Event::Head);
    EXPECT_EQ(reader.head().method, "PUT");
    EXPECT_EQ(reader.head().path, (std::vector<std::string>{"fhir", "Task", "a"}));
    EXPECT_EQ(reader.head().parameter("_format"), "json");
    EXPECT_EQ(reader.head().field("if-match"), "W/\"3\"");
    EXPECT_TRUE(reader.expects_continue());
    EXPECT_TRUE(reader.body_pending());
    EXPECT_EQ(reader.next(), Event::NeedMore);
    reader.append("{\"a\"");
    ASSERT_EQ(reader.next(), Event::Complete);
    EXPECT_FALSE(reader.expects_continue());
    EXPECT_EQ(reader.take().body, "{\"a\"");
    EXPECT_TRUE(reader.idle());
}

TEST(HttpReader, IsNotWaitedForWhenTheBodyIsAlreadyThere) {
    HttpReader reader;
    reader.append(
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}");
    ASSERT_EQ(reader.next(), Event::Head);
    EXPECT_FALSE(reader.expects_continue());
}

TEST(HttpReader, RefusesABodyOverTheAdmittedLimitOnly) {
    for (const std::size_t limit : {3U, 4U}) {
        HttpReader reader;
        reader.append("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd");
        ASSERT_EQ(reader.next(), Event::Head);
        reader.set_body_limit(limit);
        EXPECT_EQ(reader.next(), limit == 4 ? Event::Complete : Event::Refused);
        if (limit == 3) {
            EXPECT_EQ(reader.refusal(), 413);
        }
    }
}

TEST(HttpReader, EndsQuietlyBetweenRequestsAndLoudlyInside) {
    HttpReader between;
    EXPECT_EQ(between.end(), Event::NeedMore);
    HttpReader inside;
    inside.append("G");
    EXPECT_EQ(inside.next(), Event::NeedMore);
    EXPECT_EQ(inside.end(), Event::Refused);
    inside.append("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(inside.next(), Event::Refused);
}

}  // namespace
}  // namespace tsunagi::serve
