#include "store/sqlite/migrations.h"

#include <gmock/gmock.h>

#include "store/bench.h"

namespace tsunagi::store {
namespace {

using ::testing::HasSubstr;

constexpr sqlite::Migration kSteps[] = {
    {1, "CREATE TABLE one (a TEXT NOT NULL) STRICT; INSERT INTO one (a) VALUES ('kept');"},
    {2, "ALTER TABLE one ADD COLUMN b INTEGER NOT NULL DEFAULT 7;"},
    {3, "CREATE TABLE three (c TEXT) STRICT;"},
};

class Migrations : public testing::Test {
public:
    std::unique_ptr<sqlite::Connection> connect() {
        auto connection = sqlite::Connection::open("gateway.db", bench.disk.name(),
                                                   sqlite::Connection::Mode::Write);
        EXPECT_OK(connection);
        return connection ? std::move(*connection) : nullptr;
    }
    std::int64_t number(sqlite::Connection& connection, const char* sql) {
        sqlite::Rows rows = connection.query(sql);
        return rows.next() ? rows.integer(0) : -1;
    }
    Bench bench;
};

TEST_F(Migrations, BringEveryEarlierSchemaToTheLast) {
    for (std::size_t from = 0; from <= std::size(kSteps); ++from) {
        SCOPED_TRACE("from schema " + std::to_string(from));
        ASSERT_TRUE(bench.disk.load({}));
        auto connection = connect();
        ASSERT_OK(sqlite::migrate(*connection, std::span{kSteps}.first(from)));
        ASSERT_OK(sqlite::migrate(*connection, kSteps));
        ASSERT_OK(sqlite::migrate(*connection, kSteps)) << "again";
        EXPECT_EQ(number(*connection, "SELECT number FROM schema_number"), 3);
        EXPECT_EQ(number(*connection, "SELECT b FROM one WHERE a = 'kept'"), 7);
        EXPECT_EQ(number(*connection, "SELECT count(*) FROM three"), 0);
    }
}

TEST_F(Migrations, RefuseANewerSchema) {
    auto connection = connect();
    ASSERT_OK(sqlite::migrate(*connection, kSteps));
    EXPECT_FAILS(sqlite::migrate(*connection, std::span{kSteps}.first(2)), Unsupported);
    EXPECT_EQ(number(*connection, "SELECT number FROM schema_number"), 3);
}

TEST_F(Migrations, ANewerDatabaseIsNotOpenedByTheStore) {
    { ASSERT_OK(bench.open()); }
    {
        auto connection = connect();
        ASSERT_OK(connection->execute("UPDATE schema_number SET number = number + 1"));
    }
    EXPECT_FAILS(bench.open(), Unsupported);
}

TEST_F(Migrations, RefuseADatabaseOfSomebodyElse) {
    auto connection = connect();
    ASSERT_OK(connection->script("CREATE TABLE theirs (a TEXT)"));
    EXPECT_FAILS(sqlite::migrate(*connection, kSteps), Internal);
    EXPECT_FAILS(bench.open(), Internal);
}

TEST_F(Migrations, AFailingStepLeavesTheSchemaBefore) {
    constexpr sqlite::Migration kBroken[] = {
        kSteps[0], {2, "CREATE TABLE two (a TEXT) STRICT; CREATE TABLE one (a TEXT);"}};
    auto connection = connect();
    const Status failed = sqlite::migrate(*connection, kBroken);
    ASSERT_FAILS(failed, Internal);
    EXPECT_THAT(failed.error().message, HasSubstr("migration 2"));
    EXPECT_EQ(number(*connection, "SELECT number FROM schema_number"), 1);
    EXPECT_EQ(number(*connection, "SELECT count(*) FROM sqlite_schema WHERE name = 'two'"), 0);
    EXPECT_OK(sqlite::migrate(*connection, kSteps));
}

TEST_F(Migrations, AreNumberedWithoutGap) {
    int expected = 1;
    for (const sqlite::Migration& step : sqlite::migrations()) EXPECT_EQ(step.number, expected++);
    EXPECT_GT(expected, 1);
}

TEST(Classify, TellsWhatTheCallerMayDo) {
    struct Case {
        int code;
        Code expected;
        bool stop;
    };
    // sqlite.org/rescode.html: primary code in the low byte.
    const Case cases[] = {
        {5, Code::Busy, false},                      // BUSY
        {6, Code::Busy, false},                      // LOCKED
        {7, Code::Unavailable, false},               // NOMEM
        {8, Code::Unavailable, false},               // READONLY
        {10, Code::Unavailable, true},               // IOERR
        {10 | (4 << 8), Code::Unavailable, true},    // IOERR_FSYNC
        {10 | (12 << 8), Code::Unavailable, false},  // IOERR_NOMEM
        {10 | (19 << 8), Code::Unavailable, false},  // IOERR_SHMSIZE
        {11, Code::Internal, true},                  // CORRUPT
        {13, Code::Unavailable, false},              // FULL
        {14, Code::Unavailable, false},              // CANTOPEN
        {18, Code::Invalid, false},                  // TOOBIG
        {19 | (8 << 8), Code::Conflict, false},      // CONSTRAINT_UNIQUE
        {26, Code::Internal, true},                  // NOTADB
        {1, Code::Internal, false},                  // ERROR
    };
    for (const Case& c : cases) {
        EXPECT_EQ(sqlite::classify(c.code).code, c.expected) << c.code;
        EXPECT_EQ(sqlite::classify(c.code).stop, c.stop) << c.code;
    }
}

}  // namespace
}  // namespace tsunagi::store
