#include <gmock/gmock.h>

#include "store/bench.h"
#include "store/sqlite/connection.h"

namespace tsunagi::store {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> ids(const Result<std::vector<CaseRow>>& rows) {
    std::vector<std::string> found;
    if (rows) {
        for (const CaseRow& row : *rows) found.push_back(row.id.text());
    }
    return found;
}

std::vector<std::string> aliases(const Result<std::vector<RenditionRow>>& rows) {
    std::vector<std::string> found;
    if (rows) {
        for (const RenditionRow& row : *rows) found.push_back(row.alias.text());
    }
    return found;
}

using Rows = StoreTest;

TEST_F(Rows, KeepACaseAsItWasGiven) {
    CaseRow row = case_row(bench);
    row.needed_by = bench.clock.now() + hours{72};
    row.wake_at = bench.clock.now() + minutes{15};
    must_write(*store, [&](Transaction& tx) { ASSERT_OK(tx.insert_case(row)); });
    reopen();
    must_read(*store, [&](Reader& reader) {
        const auto found = reader.find_case(row.id);
        ASSERT_OK(found);
        EXPECT_EQ(found->clinic, row.clinic);
        EXPECT_EQ(found->hospital, row.hospital);
        EXPECT_EQ(found->programme_version, "2026.1");
        EXPECT_EQ(found->state, "draft");
        EXPECT_EQ(found->version, 1);
        EXPECT_EQ(found->created, row.created);
        EXPECT_EQ(found->needed_by, row.needed_by);
        EXPECT_EQ(found->wake_at, row.wake_at);
        EXPECT_FALSE(found->erased);
        EXPECT_FAILS(reader.find_case(CaseId{"unknown"}), NotFound);
    });
    EXPECT_FAILS(store->write([&](Transaction& tx) { return tx.insert_case(row); }), Conflict);
}

TEST_F(Rows, RefuseAnUpdateOfAStaleCase) {
    CaseRow row = insert_case();
    row.state = "sent";
    must_write(*store, [&](Transaction& tx) {
        const auto version = tx.update_case(row);
        ASSERT_OK(version);
        EXPECT_EQ(*version, 2);
        EXPECT_EQ(tx.find_case(row.id)->state, "sent");
    });
    row.state = "withdrawn";
    EXPECT_FAILS(store->write([&](Transaction& tx) -> Status {
        auto version = tx.update_case(row);
        if (!version) return version.error();
        return {};
    }),
                 Conflict);
    must_read(*store, [&](Reader& reader) {
        EXPECT_EQ(reader.find_case(row.id)->state, "sent");
        EXPECT_EQ(reader.find_case(row.id)->version, 2);
    });
}

TEST_F(Rows, ListAClinicsCasesNewestFirstInPages) {
    std::vector<std::string> expected;
    for (int i = 0; i < 5; ++i) {
        bench.clock.advance(seconds{1});
        expected.insert(expected.begin(), insert_case().id.text());
        insert_case("another-clinic");
    }
    must_read(*store, [&](Reader& reader) {
        const OrganisationId clinic{"sakura-clinic"};
        EXPECT_EQ(ids(reader.cases_of_clinic(clinic, {})), expected);
        EXPECT_THAT(ids(reader.cases_of_clinic(clinic, {{}, 2})),
                    ElementsAre(expected[0], expected[1]));
        EXPECT_THAT(ids(reader.cases_of_clinic(clinic, {CaseId{expected[1]}, 2})),
                    ElementsAre(expected[2], expected[3]));
        EXPECT_THAT(ids(reader.cases_of_clinic(OrganisationId{"nobody"}, {})), IsEmpty());
    });
}

TEST_F(Rows, TellWhichCasesMustBeLookedAt) {
    CaseRow late = case_row(bench);
    late.wake_at = bench.clock.now() + hours{2};
    CaseRow soon = case_row(bench);
    soon.wake_at = bench.clock.now() + hours{1};
    must_write(*store, [&](Transaction& tx) {
        ASSERT_OK(tx.insert_case(late));
        ASSERT_OK(tx.insert_case(soon));
        ASSERT_OK(tx.insert_case(case_row(bench)));
    });
    must_read(*store, [&](Reader& reader) {
        EXPECT_EQ(*reader.next_wake(), soon.wake_at);
        EXPECT_THAT(ids(reader.due_cases(bench.clock.now(), 10)), IsEmpty());
        EXPECT_THAT(ids(reader.due_cases(*soon.wake_at, 10)), ElementsAre(soon.id.text()));
        EXPECT_THAT(ids(reader.due_cases(*late.wake_at, 10)),
                    ElementsAre(soon.id.text(), late.id.text()));
    });
}

TEST_F(Rows, FindRenditionsByHospitalAndState) {
    std::vector<RenditionRow> rows;
    for (const char* state : {"sent", "received", "declined", "sent"}) {
        bench.clock.advance(seconds{1});
        RenditionRow row = rendition_row(bench, insert_case());
        row.state = state;
        must_write(*store, [&](Transaction& tx) { ASSERT_OK(tx.insert_rendition(row)); });
        rows.push_back(row);
    }
    const OrganisationId hospital{"tanashi"};
    must_read(*store, [&](Reader& reader) {
        const std::vector<std::string> open{"sent", "received", "sent"};
        EXPECT_THAT(aliases(reader.renditions_at(hospital, open, {})),
                    ElementsAre(rows[3].alias.text(), rows[1].alias.text(), rows[0].alias.text()));
        EXPECT_THAT(aliases(reader.renditions_at(hospital, open, {rows[3].alias, 1})),
                    ElementsAre(rows[1].alias.text()));
        EXPECT_THAT(aliases(reader.renditions_at(hospital, {}, {})),
                    ElementsAre(rows[3].alias.text(), rows[2].alias.text(), rows[1].alias.text(),
                                rows[0].alias.text()));
        EXPECT_THAT(aliases(reader.renditions_at(OrganisationId{"sassa"}, {}, {})), IsEmpty());
        EXPECT_FAILS(reader.renditions_at(OrganisationId{"sassa"}, {}, {rows[3].alias, 1}),
                     NotFound);
        EXPECT_EQ(reader.find_rendition(rows[1].case_id, hospital)->alias, rows[1].alias);
        EXPECT_FAILS(reader.find_rendition(rows[1].case_id, OrganisationId{"sassa"}), NotFound);
    });
}

TEST_F(Rows, KeepOneLivingRenditionPerHospital) {
    const CaseRow of = insert_case();
    RenditionRow first = insert_rendition(of);
    EXPECT_FAILS(store->write([&](Transaction& tx) {
        return tx.insert_rendition(rendition_row(bench, of));
    }),
                 Conflict);
    must_write(*store, [&](Transaction& tx) { ASSERT_OK(tx.destroy_rendition(first.alias)); });
    const RenditionRow second = insert_rendition(of);
    must_read(*store, [&](Reader& reader) {
        EXPECT_EQ(reader.find_rendition(of.id, of.hospital)->alias, second.alias);
        EXPECT_TRUE(reader.find_rendition(first.alias)->destroyed);
        EXPECT_THAT(*reader.renditions_of(of.id), SizeIs(2));
    });
    first.state = "declined";
    must_write(*store, [&](Transaction& tx) { EXPECT_EQ(*tx.update_rendition(first), 2); });
    EXPECT_FAILS(store->write([&](Transaction& tx) -> Status {
        auto version = tx.update_rendition(first);
        if (!version) return version.error();
        return {};
    }),
                 Conflict);
}

TEST_F(Rows, RefuseARenditionOfNoCase) {
    const CaseRow never = case_row(bench);
    EXPECT_FAILS(store->write([&](Transaction& tx) {
        return tx.insert_rendition(rendition_row(bench, never));
    }),
                 Conflict);
}

TEST_F(Rows, KeepEveryVersionOfABlob) {
    const CaseRow of = insert_case();
    const std::string large(200'000, 'x');
    must_write(*store, [&](Transaction& tx) {
        EXPECT_EQ(*tx.put_blob(of.id, "packet", as_bytes(R"({"resourceType":"Packet"})")), 1);
        EXPECT_EQ(*tx.put_blob(of.id, "packet", as_bytes(large)), 2);
        EXPECT_EQ(*tx.put_blob(of.id, "empty", {}), 1);
    });
    reopen();
    must_read(*store, [&](Reader& reader) {
        const auto latest = reader.blob(of.id, "packet");
        ASSERT_OK(latest);
        EXPECT_EQ(latest->version, 2);
        EXPECT_EQ(as_text(latest->bytes), large);
        EXPECT_EQ(as_text(reader.blob(of.id, "packet", 1)->bytes), R"({"resourceType":"Packet"})");
        EXPECT_THAT(reader.blob(of.id, "empty")->bytes, IsEmpty());
        EXPECT_FAILS(reader.blob(of.id, "packet", 3), NotFound);
        EXPECT_FAILS(reader.blob(of.id, "letter"), NotFound);
    });
}

TEST_F(Rows, StoreContentSealedOnly) {
    const CaseRow of = insert_case();
    const std::string canary = "西東京花子-canary";
    must_write(*store, [&](Transaction& tx) {
        ASSERT_OK(tx.put_blob(of.id, "packet", as_bytes(canary)));
        ASSERT_OK(tx.append_event(of.id, canary));
        ASSERT_OK(tx.append_provision(of.id, OrganisationId{"tanashi"}, canary,
                                      log_entry(of.id, "release.sent")));
        ASSERT_OK(tx.claim({of.clinic, "key-1"}, crypto::sha256({}), bench.clock.now(),
                           bench.clock.now() + minutes{1}));
        ASSERT_OK(
            tx.answer({of.clinic, "key-1"}, {201, of.id, Bytes(canary.begin(), canary.end())}));
        // The planted fault: what is not sealed must be found by this very search.
        ASSERT_OK(tx.claim({of.clinic, "key-2"}, crypto::sha256({}), bench.clock.now(),
                           bench.clock.now() + minutes{1}));
        ASSERT_OK(tx.answer({of.clinic, "key-2"}, {422, {}, {'p', 'l', 'a', 'n', 't', 'e', 'd'}}));
    });
    std::size_t found = 0;
    std::size_t planted = 0;
    for (const auto& [path, bytes] : bench.disk.image()) {
        found += as_text(bytes).find(canary) != std::string_view::npos ? 1 : 0;
        planted += as_text(bytes).find("planted") != std::string_view::npos ? 1 : 0;
    }
    EXPECT_EQ(found, 0U);
    EXPECT_GT(planted, 0U);
}

TEST_F(Rows, NoticeASealedValueInAnotherRow) {
    const CaseRow of = insert_case();
    must_write(*store, [&](Transaction& tx) {
        ASSERT_OK(tx.put_blob(of.id, "letter", as_bytes("one")));
        ASSERT_OK(tx.put_blob(of.id, "sheet", as_bytes("two")));
    });
    store.reset();
    {
        auto connection = sqlite::Connection::open("gateway.db", bench.disk.name(),
                                                   sqlite::Connection::Mode::Write);
        ASSERT_OK(connection);
        ASSERT_OK((*connection)
                      ->execute("UPDATE blob SET sealed = (SELECT sealed FROM blob WHERE name = "
                                "'letter') WHERE name = 'sheet'"));
    }
    reopen();
    must_read(*store, [&](Reader& reader) {
        EXPECT_OK(reader.blob(of.id, "letter"));
        EXPECT_FAILS(reader.blob(of.id, "sheet"), Internal);
    });
}

TEST_F(Rows, KeepACasesStepsInOrder) {
    const CaseRow of = insert_case();
    const CaseRow other = insert_case();
    must_write(*store, [&](Transaction& tx) {
        EXPECT_EQ(*tx.append_event(of.id, R"({"action":"submit"})"), 1);
        EXPECT_EQ(*tx.append_event(other.id, R"({"action":"submit"})"), 1);
        EXPECT_EQ(*tx.append_event(of.id, R"({"action":"send"})"), 2);
    });
    must_read(*store, [&](Reader& reader) {
        const auto events = reader.events(of.id);
        ASSERT_OK(events);
        ASSERT_THAT(*events, SizeIs(2));
        EXPECT_EQ((*events)[1].seq, 2);
        EXPECT_EQ((*events)[1].at, bench.clock.now());
        EXPECT_EQ((*events)[1].json, R"({"action":"send"})");
    });
    EXPECT_FAILS(store->write([&](Transaction& tx) -> Status {
        auto seq = tx.append_event(CaseId{"unknown"}, "{}");
        if (!seq) return seq.error();
        return {};
    }),
                 Conflict);
}

TEST_F(Rows, ErasingACaseLeavesTheLogAndNoContent) {
    const CaseRow of = insert_case();
    const RenditionRow rendition = insert_rendition(of);
    must_write(*store, [&](Transaction& tx) {
        ASSERT_OK(tx.put_blob(of.id, "packet", as_bytes("content")));
        ASSERT_OK(tx.put_blob(rendition.alias, "offer", as_bytes("content")));
        ASSERT_OK(tx.append_event(of.id, "{}"));
        ASSERT_OK(tx.append_provision(of.id, of.hospital, "record", log_entry(of.id)));
        ASSERT_OK(tx.claim({of.clinic, "key"}, {}, bench.clock.now(), bench.clock.now()));
        ASSERT_OK(tx.answer({of.clinic, "key"}, {201, of.id, {'a'}}));
    });
    const SimulatedDisk::Image backup = bench.disk.image();
    EXPECT_EQ(bench.keys->size(), 3U) << "the case, the rendition, the register";
    must_write(*store, [&](Transaction& tx) {
        ASSERT_OK(tx.erase_case(of.id));
        EXPECT_FAILS(tx.put_blob(of.id, "packet", as_bytes("late")), Denied);
    });
    EXPECT_EQ(bench.keys->size(), 0U);
    EXPECT_FAILS(store->write([&](Transaction& tx) -> Status {
        auto version = tx.put_blob(rendition.alias, "offer", as_bytes("late"));
        if (!version) return version.error();
        return {};
    }),
                 Denied);
    const auto check = [&] {
        must_read(*store, [&](Reader& reader) {
            EXPECT_FAILS(reader.blob(of.id, "packet"), NotFound);
            EXPECT_FAILS(reader.blob(rendition.alias, "offer"), NotFound);
            EXPECT_FAILS(reader.find_answer({of.clinic, "key"}, {}, bench.clock.now()), NotFound);
        });
    };
    check();
    must_read(*store, [&](Reader& reader) {
        EXPECT_TRUE(reader.find_case(of.id)->erased);
        EXPECT_TRUE(reader.find_rendition(rendition.alias)->destroyed);
        EXPECT_THAT(*reader.events(of.id), IsEmpty());
        const auto provisions = reader.provisions(of.id);
        ASSERT_OK(provisions);
        ASSERT_THAT(*provisions, SizeIs(1));
        EXPECT_EQ((*provisions)[0].record, "");
        EXPECT_EQ(*reader.log_size(), 1U);
    });
    // Erasing again is success, and an old copy of the database stays unreadable.
    must_write(*store, [&](Transaction& tx) { ASSERT_OK(tx.erase_case(of.id)); });
    store.reset();
    ASSERT_TRUE(bench.disk.load(backup));
    reopen();
    check();
}

TEST_F(Rows, DestroyingARenditionLeavesTheCase) {
    const CaseRow of = insert_case();
    const RenditionRow rendition = insert_rendition(of);
    must_write(*store, [&](Transaction& tx) {
        ASSERT_OK(tx.put_blob(of.id, "packet", as_bytes("content")));
        ASSERT_OK(tx.put_blob(rendition.alias, "offer", as_bytes("content")));
        ASSERT_OK(tx.destroy_rendition(rendition.alias));
    });
    must_read(*store, [&](Reader& reader) {
        EXPECT_OK(reader.blob(of.id, "packet"));
        EXPECT_FAILS(reader.blob(rendition.alias, "offer"), NotFound);
    });
}

TEST_F(Rows, DestroyNoKeyWhenTheWriteFails) {
    const CaseRow of = insert_case();
    must_write(*store, [&](Transaction& tx) {
        ASSERT_OK(tx.put_blob(of.id, "packet", as_bytes("content")));
    });
    EXPECT_FAILS(store->write([&](Transaction& tx) -> Status {
        EXPECT_OK(tx.erase_case(of.id));
        return Error{Code::Denied, "the legal term has not passed", "case"};
    }),
                 Denied);
    must_read(*store, [&](Reader& reader) { EXPECT_OK(reader.blob(of.id, "packet")); });
}

TEST_F(Rows, ReplayDestructionsThatACrashCutOff) {
    const CaseRow of = insert_case();
    must_write(*store, [&](Transaction& tx) {
        ASSERT_OK(tx.put_blob(of.id, "packet", as_bytes("content")));
        ASSERT_OK(tx.erase_case(of.id));
    });
    // A key file from before the erasure: the key lives again.
    store.reset();
    bench.keys = crypto::CaseKeys::in_memory(bench.random);
    ASSERT_OK(bench.keys->create(of.id.text()));
    reopen();
    EXPECT_EQ(bench.keys->size(), 0U);
    EXPECT_THAT(bench.keys->destroyed(), ElementsAre(of.id.text(), of.id.text() + "-register"));
}

TEST_F(Rows, AConsentFormIsKnownUntilItsCaseIsPurged) {
    const CaseRow one = insert_case(), two = insert_case();
    const crypto::Digest form = crypto::sha256(as_bytes("form"));
    must_write(*store, [&](Transaction& tx) {
        EXPECT_THAT(*tx.cases_with_form(form), IsEmpty());
        ASSERT_OK(tx.note_form(one.id, form));
        ASSERT_OK(tx.note_form(one.id, form)) << "again is the same";
        ASSERT_OK(tx.note_form(two.id, form));
        ASSERT_OK(tx.note_form(two.id, crypto::sha256(as_bytes("another"))));
        EXPECT_THAT(*tx.cases_with_form(form), SizeIs(2));
    });
    must_write(*store, [&](Transaction& tx) { ASSERT_OK(tx.purge_case(one.id)); });
    must_read(*store, [&](Reader& reader) {
        EXPECT_THAT(*reader.cases_with_form(form), testing::ElementsAre(two.id));
    });
    must_write(*store, [&](Transaction& tx) { ASSERT_OK(tx.erase_case(two.id)); });
    must_read(*store, [&](Reader& reader) {
        EXPECT_THAT(*reader.cases_with_form(form), IsEmpty());
        EXPECT_THAT(*reader.cases_with_form(crypto::sha256(as_bytes("another"))), IsEmpty());
    });
}

TEST_F(Rows, PurgingACaseKeepsItsRegister) {
    const CaseRow of = insert_case();
    const RenditionRow rendition = insert_rendition(of);
    must_write(*store, [&](Transaction& tx) {
        ASSERT_OK(tx.put_blob(of.id, "packet", as_bytes("content")));
        ASSERT_OK(tx.put_blob(Owner::register_of(of.id), "consent", as_bytes("consent")));
        ASSERT_OK(tx.append_event(of.id, "{}"));
        ASSERT_OK(tx.append_provision(of.id, of.hospital, "record", log_entry(of.id)));
        ASSERT_OK(tx.purge_case(of.id));
        EXPECT_FAILS(tx.append_provision(of.id, of.hospital, "late", log_entry(of.id)), Denied);
    });
    EXPECT_EQ(bench.keys->size(), 1U);
    must_read(*store, [&](Reader& reader) {
        EXPECT_FAILS(reader.blob(of.id, "packet"), NotFound);
        EXPECT_TRUE(reader.find_case(of.id)->erased);
        EXPECT_TRUE(reader.find_rendition(rendition.alias)->destroyed);
        EXPECT_THAT(*reader.events(of.id), IsEmpty());
        ASSERT_THAT(*reader.provisions(of.id), SizeIs(1));
        EXPECT_EQ((*reader.provisions(of.id))[0].record, "record");
        EXPECT_OK(reader.blob(Owner::register_of(of.id), "consent"));
        EXPECT_EQ(*reader.log_size(), 1U);
    });
    must_write(*store, [&](Transaction& tx) { ASSERT_OK(tx.erase_case(of.id)); });
    EXPECT_EQ(bench.keys->size(), 0U);
}

TEST_F(Rows, GiveARepeatedRequestItsFirstAnswer) {
    const CaseRow of = insert_case();
    const IdempotencyKey key{of.clinic, "8a1f"};
    const crypto::Digest body = crypto::sha256(as_bytes("packet"));
    const crypto::Digest another = crypto::sha256(as_bytes("another packet"));
    const Instant now = bench.clock.now();
    must_write(*store, [&](Transaction& tx) {
        EXPECT_FALSE(*tx.claim(key, body, now, now + minutes{1}));
        ASSERT_OK(tx.answer(key, {201, of.id, {'o', 'k'}}));
        EXPECT_FAILS(tx.answer(key, {500, of.id, {}}), Conflict);
    });
    must_write(*store, [&](Transaction& tx) {
        const auto again = tx.claim(key, body, now + hours{1}, now + hours{2});
        ASSERT_OK(again);
        ASSERT_TRUE(*again);
        EXPECT_EQ((*again)->status, 201);
        EXPECT_EQ((*again)->case_id, of.id);
        EXPECT_EQ(as_text((*again)->body), "ok");
        const auto misused = tx.claim(key, another, now, now);
        EXPECT_FAILS(misused, Conflict);
        EXPECT_EQ(misused.error().where, kIdempotencyKey);
        EXPECT_FALSE(*tx.claim({OrganisationId{"another-clinic"}, "8a1f"}, another, now, now))
            << "another tenant's key is another key";
    });
}

TEST_F(Rows, KeepASecondRequestWaitingOnlyUntilTheClaimEnds) {
    const IdempotencyKey key{OrganisationId{"sakura-clinic"}, "8a1f"};
    const Instant now = bench.clock.now();
    must_write(*store,
               [&](Transaction& tx) { EXPECT_FALSE(*tx.claim(key, {}, now, now + minutes{1})); });
    must_write(*store, [&](Transaction& tx) {
        EXPECT_FAILS(tx.claim(key, {}, now, now + minutes{1}), Busy);
        EXPECT_FALSE(*tx.claim(key, {}, now + minutes{1}, now + minutes{2}));
        EXPECT_FAILS(tx.find_answer(key, {}, now + minutes{1}), Busy);
        ASSERT_OK(tx.release(key));
        EXPECT_FAILS(tx.release(key), Conflict);
        EXPECT_FALSE(*tx.find_answer(key, {}, now));
    });
}

TEST_F(Rows, ForgetOldKeysAndKeepYoungOnes) {
    const OrganisationId clinic{"sakura-clinic"};
    for (int i = 0; i < 10; ++i) {
        must_write(*store, [&](Transaction& tx) {
            ASSERT_OK(tx.claim({clinic, std::to_string(i)}, {}, bench.clock.now(), noon()));
        });
        bench.clock.advance(hours{1});
    }
    must_write(*store,
               [&](Transaction& tx) { EXPECT_EQ(*tx.forget_answers(noon() + hours{7}), 7); });
}

}  // namespace
}  // namespace tsunagi::store
