#include "audit/entry.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace tsunagi::audit {
namespace {

Entry sent() {
    Entry entry;
    entry.idx = 41;
    entry.time = *parse_instant("2026-11-20T09:30:00.125+09:00");
    entry.type = "offer.sent";
    entry.request = "0f2d7c3e-6c0f-4d37-9d5e-2f8a1b1c0d11";
    entry.seq = 2;
    entry.prev = crypto::sha256(as_bytes("before"));
    entry.actor = "gateway/deliver";
    entry.recipient = "hospital-musashino";
    entry.decision = "permit";
    entry.policy = "Consent/7/3|nishitokyo@2025-04";
    entry.body_sha256 = crypto::sha256(as_bytes("body"));
    return entry;
}

TEST(Entry, IsWrittenInCanonicalForm) {
    auto bytes = to_bytes(sent());
    ASSERT_TRUE(bytes);
    EXPECT_EQ(
        *bytes,
        R"({"actor":"gateway/deliver","body_sha256":")"
        R"(230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5","decision":"permit",)"
        R"("idx":41,"policy":"Consent/7/3|nishitokyo@2025-04","prev":")" +
            to_hex(*sent().prev) +
            R"(","recipient":"hospital-musashino","request":"0f2d7c3e-6c0f-4d37-9d5e-2f8a1b1c0d11",)"
            R"("seq":2,"time":"2026-11-20T00:30:00.125Z","type":"offer.sent","v":1})");
    auto read = read_entry(*bytes);
    ASSERT_TRUE(read) << to_string(read.error());
    EXPECT_EQ(*read, sent());
}

TEST(Entry, OfTheInstallationHasNoRequest) {
    Entry entry;
    entry.type = "gateway.started";
    entry.actor = "gateway";
    auto bytes = to_bytes(entry);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(*bytes, R"({"actor":"gateway","idx":0,"time":"1970-01-01T00:00:00.000Z",)"
                      R"("type":"gateway.started","v":1})");
    EXPECT_EQ(*read_entry(*bytes), entry);
}

TEST(Entry, TakesNoFreeTextAndNoName) {
    for (const char* word :
         {"西 太郎", "西太郎", "a b", "a\"b", "a\\b", "a\n", "090 1234 5678", "é"}) {
        for (std::string Entry::*member : {&Entry::type, &Entry::request, &Entry::actor,
                                           &Entry::recipient, &Entry::decision, &Entry::policy}) {
            Entry entry = sent();
            entry.*member = word;
            EXPECT_EQ(to_bytes(entry).error().code, Code::Invalid) << word;
        }
    }
    Entry entry = sent();
    entry.policy = std::string(129, 'a');
    EXPECT_EQ(to_bytes(entry).error().where, "entry.policy");
}

TEST(Entry, RequestSeqAndPrevMustAgree) {
    const auto where = [](auto change) {
        Entry entry = sent();
        change(entry);
        auto bytes = to_bytes(entry);
        return bytes ? std::string{} : bytes.error().where;
    };
    EXPECT_EQ(where([](Entry& e) { e.seq = 0; }), "entry.seq");
    EXPECT_EQ(where([](Entry& e) { e.request.clear(); }), "entry.seq");
    EXPECT_EQ(where([](Entry& e) { e.prev.reset(); }), "entry.prev");
    EXPECT_EQ(where([](Entry& e) { e.seq = 1; }), "entry.prev");
    EXPECT_EQ(where([](Entry& e) { e.type.clear(); }), "entry.type");
    EXPECT_EQ(where([](Entry& e) { e.actor.clear(); }), "entry.actor");
    EXPECT_EQ(where([](Entry& e) { e.idx = std::uint64_t{1} << 53; }), "entry.idx");
}

TEST(Entry, ReadsNothingButCanonicalBytes) {
    const std::string good = *to_bytes(sent());
    const auto replaced = [&](std::string_view from, std::string_view to) {
        std::string text = good;
        text.replace(text.find(from), from.size(), to);
        return text;
    };
    for (const std::string& bad : {std::string{},
                                   std::string{"{}"},
                                   std::string{"[]"},
                                   good + " ",
                                   " " + good,
                                   replaced(R"("v":1)", R"("v":2)"),
                                   replaced(R"("v":1)", R"("v":"1")"),
                                   replaced(R"("v":1)", R"("v":1,"x":"y")"),
                                   replaced(R"("idx":41)", R"("idx":41.0)"),
                                   replaced(R"("idx":41)", R"("idx":"41")"),
                                   replaced(R"("idx":41)", R"("idx":-1)"),
                                   replaced(R"("idx":41)", R"("idx": 41)"),
                                   replaced("230d", "230D"),
                                   replaced("00:30:00.125Z", "09:30:00.125+09:00"),
                                   replaced(".125Z", "Z"),
                                   replaced("permit", "\\u0070ermit"),
                                   replaced(R"("seq":2,)", ""),
                                   replaced(R"("seq":2)", R"("seq":0)"),
                                   replaced(R"("idx":41,)", ""),
                                   replaced(R"("idx":41)", R"("idx":041)"),
                                   replaced(R"("idx":41)", R"("idx":18446744073709551656)"),
                                   replaced(R"("permit")", R"("")"),
                                   replaced(R"("v":1)", R"("v":1,"v":1)"),
                                   replaced("offer.sent", "")}) {
        EXPECT_FALSE(read_entry(bad)) << bad;
    }
    EXPECT_TRUE(read_entry(good));
}

// The reader scans one form only; this holds it to the writer at every byte.
TEST(Entry, NoChangedByteIsReadUnlessWeWouldWriteIt) {
    const std::string good = *to_bytes(sent());
    int accepted = 0;
    const auto expect_ours = [&](const std::string& text) {
        const auto read = read_entry(text);
        if (!read) return;
        EXPECT_EQ(*to_bytes(*read), text);
        ++accepted;
    };
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const char c : std::string{"0aA9\"}{,:.-+ \\/"}) {
            std::string text = good;
            text[at] = c;
            expect_ours(text);
            text = good;
            expect_ours(text.insert(at, 1, c));
        }
        std::string text = good;
        expect_ours(text.erase(at, 1));
        EXPECT_FALSE(read_entry(good.substr(0, at))) << "cut at " << at;
    }
    EXPECT_GT(accepted, 1000) << "other words and numbers are entries too";
}

TEST(Commitment, BindsRowAndSalt) {
    const crypto::Digest salt = crypto::sha256(as_bytes("salt"));
    const crypto::Digest other = crypto::sha256(as_bytes("other salt"));
    EXPECT_EQ(commitment(salt, as_bytes("row")), commitment(salt, as_bytes("row")));
    EXPECT_NE(commitment(salt, as_bytes("row")), commitment(salt, as_bytes("rox")));
    EXPECT_NE(commitment(salt, as_bytes("row")), commitment(other, as_bytes("row")));
}

}  // namespace
}  // namespace tsunagi::audit
