#include <gmock/gmock.h>

#include "audit/checkpoint.h"
#include "store/bench.h"
#include "store/sqlite/connection.h"

namespace tsunagi::store {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ExchangeLog : public StoreTest {
protected:
    LogPosition append(const std::string& request, std::string type = "offer.sent") {
        LogPosition position;
        must_write(*store, [&](Transaction& tx) {
            const auto appended = tx.append(log_entry(CaseId{request}, std::move(type)));
            ASSERT_OK(appended);
            position = *appended;
        });
        return position;
    }
    audit::Checkpoint open_note(const std::string& note) {
        const audit::NoteKey key = bench.log_key();
        const auto checkpoint = audit::open_checkpoint(note, std::span{&key, 1});
        EXPECT_OK(checkpoint);
        return checkpoint ? *checkpoint : audit::Checkpoint{};
    }
    /// Changes the database behind the store's back, as an operator could.
    void tamper(const char* sql) {
        store.reset();
        auto connection = sqlite::Connection::open("gateway.db", bench.disk.name(),
                                                   sqlite::Connection::Mode::Write);
        ASSERT_OK(connection);
        ASSERT_OK((*connection)->execute(sql));
    }
    void expect_refusal(const char* reason) {
        const Status accepting = store->accepting();
        ASSERT_FAILS(accepting, Unavailable);
        EXPECT_THAT(accepting.error().message, HasSubstr(reason));
        EXPECT_FAILS(store->write([](Transaction&) -> Status { return {}; }), Unavailable);
        EXPECT_FAILS(store->sign_checkpoint(bench.signing), Unavailable);
        must_read(*store, [&](Reader& reader) { EXPECT_OK(reader.log_size()); });
    }
};

TEST_F(ExchangeLog, NumbersEntriesAndChainsThoseOfOneRequest) {
    const auto first = append("request-a");
    bench.clock.advance(seconds{5});
    append("request-b");
    append("");
    const auto last = append("request-a", "release.sent");
    EXPECT_EQ(last.index, 3U);
    must_read(*store, [&](Reader& reader) {
        EXPECT_EQ(*reader.log_size(), 4U);
        const auto rows = reader.log_of_request("request-a");
        ASSERT_OK(rows);
        ASSERT_THAT(*rows, SizeIs(2));
        const auto entry = audit::read_entry((*rows)[1].bytes);
        ASSERT_OK(entry);
        EXPECT_EQ(entry->idx, 3U);
        EXPECT_EQ(entry->seq, 2U);
        EXPECT_EQ(entry->prev, first.leaf);
        EXPECT_EQ(entry->time, noon() + seconds{5});
        EXPECT_EQ(entry->type, "release.sent");
        const auto of_nobody = audit::read_entry(reader.log_entry(2)->bytes);
        ASSERT_OK(of_nobody);
        EXPECT_EQ(of_nobody->seq, 0U);
        EXPECT_THAT(*reader.log_of_request(""), IsEmpty());
        EXPECT_THAT(*reader.log_entries(1, 3), SizeIs(2));
        EXPECT_THAT(*reader.log_leaves(0, 100), SizeIs(4));
        EXPECT_FAILS(reader.log_entry(4), NotFound);
    });
}

TEST_F(ExchangeLog, KeepsNothingOfAFailedWrite) {
    append("request-a");
    EXPECT_FAILS(store->write([&](Transaction& tx) -> Status {
        EXPECT_EQ(tx.append(log_entry(CaseId{"request-a"}))->index, 1U);
        return Error{Code::Denied, "no consent", "consent"};
    }),
                 Denied);
    EXPECT_EQ(append("request-a").index, 1U);
    reopen();
    EXPECT_OK(store->accepting());
}

TEST_F(ExchangeLog, RefusesAnEntryThatCouldNameSomebody) {
    EXPECT_FAILS(store->write([&](Transaction& tx) -> Status {
        audit::Entry entry = log_entry(CaseId{"request-a"});
        entry.decision = "西東京花子";
        auto appended = tx.append(entry);
        if (!appended) return appended.error();
        return {};
    }),
                 Invalid);
}

TEST_F(ExchangeLog, SignsWhatIsStored) {
    const auto empty = store->sign_checkpoint(bench.signing);
    ASSERT_OK(empty);
    EXPECT_EQ(open_note(*empty).size, 0U);
    audit::Frontier expected;
    for (int i = 0; i < 7; ++i) expected.append(append("request-" + std::to_string(i % 3)).leaf);
    const auto note = store->sign_checkpoint(bench.signing);
    ASSERT_OK(note);
    const audit::Checkpoint checkpoint = open_note(*note);
    EXPECT_EQ(checkpoint.size, 7U);
    EXPECT_EQ(checkpoint.root, expected.root());
    EXPECT_EQ(checkpoint.origin, "tsunagi.example/log");
    EXPECT_EQ(*store->sign_checkpoint(bench.signing), *note) << "nothing new";
    EXPECT_EQ(**bench.last_signed.load(), *note);
    reopen();
    EXPECT_EQ(*store->sign_checkpoint(bench.signing), *note);
    append("request-0");
    ASSERT_OK(store->sign_checkpoint(bench.signing));
    must_read(*store, [&](Reader& reader) {
        EXPECT_EQ((*reader.checkpoint())->size, 8U);
        EXPECT_THAT(*reader.checkpoints(0, 10), SizeIs(2));
        EXPECT_EQ(reader.checkpoints(0, 1)->front().note, *note);
        EXPECT_THAT(*reader.checkpoints(8, 10), IsEmpty());
    });
}

TEST_F(ExchangeLog, SignsWithItsOwnKeyOnly) {
    append("request-a");
    SeededRandom another{99};
    EXPECT_FAILS(store->sign_checkpoint(crypto::SigningKey::generate(another)), Invalid);
    EXPECT_FALSE(*bench.last_signed.load());
}

TEST_F(ExchangeLog, ProvesItsEntriesFromTheStoredLeaves) {
    std::vector<LogPosition> positions;
    for (int i = 0; i < 13; ++i) positions.push_back(append("request-a"));
    const auto note = store->sign_checkpoint(bench.signing);
    ASSERT_OK(note);
    const audit::Checkpoint checkpoint = open_note(*note);
    must_read(*store, [&](Reader& reader) {
        const auto nodes = audit::nodes_from(
            [&](std::uint64_t begin, std::uint64_t end) { return reader.log_leaves(begin, end); });
        for (const LogPosition& position : positions) {
            const auto proof = audit::prove_inclusion(position.index, checkpoint.size, nodes);
            ASSERT_OK(proof);
            EXPECT_OK(audit::verify_inclusion(position.leaf, position.index, checkpoint.size,
                                              *proof, checkpoint.root));
        }
    });
}

TEST_F(ExchangeLog, CommitsToEachProvision) {
    const CaseRow of = insert_case();
    const std::string record = R"({"recipient":"田無病院","subject":"西東京 花子"})";
    ProvisionRow given;
    must_write(*store, [&](Transaction& tx) {
        const auto row =
            tx.append_provision(of.id, of.hospital, record, log_entry(of.id, "release.sent"));
        ASSERT_OK(row);
        given = *row;
    });
    must_read(*store, [&](Reader& reader) {
        const auto rows = reader.provisions(of.id);
        ASSERT_OK(rows);
        ASSERT_THAT(*rows, SizeIs(1));
        const ProvisionRow& row = rows->front();
        EXPECT_EQ(row.record, record);
        EXPECT_EQ(row.recipient, of.hospital);
        EXPECT_EQ(row.salt, given.salt);
        EXPECT_NE(row.salt, crypto::Digest{});
        EXPECT_EQ(audit::commitment(row.salt, as_bytes(row.record)), row.commitment);
        const auto entry = audit::read_entry(reader.log_entry(row.log_index)->bytes);
        ASSERT_OK(entry);
        EXPECT_EQ(entry->commit, row.commitment);
    });
}

TEST_F(ExchangeLog, ARolledBackDatabaseRefusesToAccept) {
    append("request-a");
    ASSERT_OK(store->sign_checkpoint(bench.signing));
    store.reset();
    const SimulatedDisk::Image backup = bench.disk.image();
    reopen();
    append("request-a");
    ASSERT_OK(store->sign_checkpoint(bench.signing));
    store.reset();
    ASSERT_TRUE(bench.disk.load(backup));
    reopen();
    expect_refusal("log rolled back");
}

TEST_F(ExchangeLog, ARolledBackDatabaseThatGrewAgainRefusesToAccept) {
    append("request-a");
    store.reset();
    const SimulatedDisk::Image backup = bench.disk.image();
    reopen();
    append("request-b");
    ASSERT_OK(store->sign_checkpoint(bench.signing));
    const auto published = *bench.last_signed.load();
    store.reset();
    ASSERT_TRUE(bench.disk.load(backup));
    bench.last_signed.forget();
    reopen();
    append("request-c");
    append("request-d");
    store.reset();
    ASSERT_OK(bench.last_signed.save(*published));
    reopen();
    expect_refusal("not the one that was signed");
}

TEST_F(ExchangeLog, RefusesToAcceptWithoutTheRecordOfWhatWasSigned) {
    append("request-a");
    ASSERT_OK(store->sign_checkpoint(bench.signing));
    bench.last_signed.forget();
    reopen();
    expect_refusal("is missing");
}

TEST_F(ExchangeLog, RefusesARecordThatAnotherKeySigned) {
    append("request-a");
    SeededRandom another{99};
    const auto note = audit::sign_checkpoint({"tsunagi.example/log", 1, {}},
                                             crypto::SigningKey::generate(another));
    ASSERT_OK(note);
    ASSERT_OK(bench.last_signed.save(*note));
    reopen();
    expect_refusal("not ours");
}

TEST_F(ExchangeLog, FindsEveryKindOfTamperingAtTheNextStart) {
    struct Case {
        const char* sql;
        const char* reason;
    };
    const Case cases[] = {
        {"UPDATE log_entry SET bytes = replace(bytes, 'offer.sent', 'offer.seen') WHERE idx = 2",
         "log entry 2"},
        {"UPDATE log_entry SET leaf_hash = zeroblob(32) WHERE idx = 3", "log entry 3"},
        {"UPDATE log_entry SET leaf_hash = x'00' WHERE idx = 3", "log entry 3"},
        {"DELETE FROM log_entry WHERE idx = 1", "log entry 1"},
        {"DELETE FROM log_entry WHERE idx = 4", "does not fit its head"},
        {"UPDATE log_entry SET idx = 9 WHERE idx = 4", "log entry 4"},
        {"UPDATE log_head SET size = 4", "is damaged"},
        {"UPDATE log_head SET frontier = zeroblob(64)", "does not fit its head"},
    };
    for (int i = 0; i < 5; ++i) append("request-a");
    store.reset();
    const SimulatedDisk::Image clean = bench.disk.image();
    for (const Case& tampering : cases) {
        SCOPED_TRACE(tampering.sql);
        ASSERT_TRUE(bench.disk.load(clean));
        tamper(tampering.sql);
        auto opened = bench.open();
        if (!opened) {
            EXPECT_THAT(opened.error().message, HasSubstr(tampering.reason));
            continue;
        }
        store = std::move(*opened);
        expect_refusal(tampering.reason);
        store.reset();
    }
    ASSERT_TRUE(bench.disk.load(clean));
    reopen();
    EXPECT_OK(store->accepting()) << "no false alarm";
}

TEST_F(ExchangeLog, DoesNotSignBytesThatChangedWhileItRan) {
    append("request-a");
    append("request-a");
    {
        auto connection = sqlite::Connection::open("gateway.db", bench.disk.name(),
                                                   sqlite::Connection::Mode::Write);
        ASSERT_OK(connection);
        ASSERT_OK((*connection)
                      ->execute("UPDATE log_entry SET bytes = replace(bytes, 'sent', 'seen') "
                                "WHERE idx = 1"));
    }
    EXPECT_FAILS(store->sign_checkpoint(bench.signing), Internal);
    EXPECT_FALSE(*bench.last_signed.load());
    expect_refusal("log entry 1");
}

}  // namespace
}  // namespace tsunagi::store
