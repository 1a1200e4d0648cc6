#include "support/test_gateway.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "exchange/case_file.h"
#include "json/reader.h"

namespace tsunagi::support {
namespace {

/// `second`: a certificate besides the one of the organisation's machine.
std::string certificate(char digit, std::string_view role, std::string_view person = {},
                        char second = '\0') {
    std::string print(64, digit);
    if (second != '\0') print.back() = second;
    std::string text = R"({"sha256":")" + print +
                       R"(","validFrom":"2026-01-01T00:00:00+09:00","role":")" + std::string{role};
    if (!person.empty()) text += R"(","person":")" + std::string{person};
    return text + R"("})";
}

std::string organisation(std::string_view id, std::string_view role, char digit, bool with_endpoint,
                         std::string_view name = "試験") {
    const std::string pin(64, digit);
    std::string text = R"({"id":")" + std::string{id} + R"(","name":{"ja":")" + std::string{name} +
                       R"(","en":"Test"},"roles":[")" + std::string{role} +
                       R"("],"certificates":[)" + certificate(digit, role) + "]";
    if (with_endpoint) {
        text +=
            R"(,"endpoints":[{"channel":"fhir_rest","url":"https://localhost/fhir","serverSha256":")" +
            pin + R"(","validFrom":"2026-01-01T00:00:00+09:00"}])";
    }
    return text + "}";
}

}  // namespace

std::string directory_text() {
    std::string text = R"({"organisations":[)";
    // One certificate of the clinic's machine, one of a person there, one of its record system.
    text += R"({"id":"clinic-hibari","name":{"ja":"試験","en":"Test"},"roles":["clinic",)"
            R"("partner-system"],"certificates":[)" +
            certificate('1', "clinic") + "," + certificate('1', "clinic", "doctor-hibari", 'd') +
            "," + certificate('1', "partner-system", "system-hibari", 'e') + "]},";
    text += organisation("clinic-other", "clinic", '2', false);
    char digit = 'a';
    for (const char* id : {"hp-tanashi", "hp-nishitokyo-chuo", "hp-sassa", "hp-hoya-kosei",
                           "hp-musashino-tokushukai", "hp-sayama-1"}) {
        text += "," + organisation(id, "partner-system", digit++, true);
    }
    text += "," +
            organisation("cm-yatonomori", "care-manager", '3', true, "やとの杜居宅介護支援事業所");
    text += "," + organisation("cm-other", "care-manager", '4', false, "別の居宅介護支援事業所");
    text += "," + organisation("sp-hanamizuki", "service-provider", '5', false);
    text += "," + organisation("centre-nishinowa", "coordinator", '6', false);
    text += "," + organisation("city-nishitokyo", "city", '7', false);
    text += "," + organisation("operator-1", "operator", '8', false);
    text += "," + organisation("auditor-1", "auditor", '9', false);
    return text + "]}";
}

namespace {

access::Directory make_directory() {
    auto directory = access::Directory::parse(directory_text());
    if (!directory) throw std::runtime_error(to_string(directory.error()));
    return std::move(*directory);
}

exchange::Artifacts load(const std::filesystem::path& changed = TSUNAGI_SOURCE_DIR) {
    static const auto pack = packages::MappedFile::open(TSUNAGI_BINARY_DIR "/share/r4.pack");
    if (!pack) throw std::runtime_error(to_string(pack.error()));
    const std::filesystem::path home = TSUNAGI_SOURCE_DIR;
    const std::filesystem::path registrations[] = {
        home / "fixtures/directory/nishitokyo_registrations.json",
        home / "fixtures/directory/sayama_registrations.json"};
    auto loaded = exchange::load_artifacts(pack->bytes(), changed, registrations);
    if (!loaded) throw std::runtime_error(to_string(loaded.error()));
    return std::move(*loaded);
}

}  // namespace

const exchange::Artifacts& artifacts() {
    static const exchange::Artifacts loaded = load();
    return loaded;
}

json::Document programme_file(std::string_view id) {
    auto file = json::read(read_text(std::filesystem::path{TSUNAGI_SOURCE_DIR} /
                                     "profiles/programmes" / (std::string{id} + ".json")));
    if (!file) throw std::runtime_error(to_string(file.error()));
    return std::move(*file);
}

exchange::Artifacts artifacts_with(json::Value programme) {
    exchange::Artifacts loaded = load();
    auto changed = programme::Programme::load(programme, *loaded.definitions);
    if (!changed) throw std::runtime_error(to_string(changed.error()));
    const auto place = std::ranges::find(loaded.programmes, changed->id(),
                                         [](const auto& each) { return each.id(); });
    if (place == loaded.programmes.end()) throw std::runtime_error("no such programme");
    *place = std::move(*changed);
    return loaded;
}

exchange::Artifacts artifacts_with(std::string_view file,
                                   const std::function<std::string(std::string)>& change) {
    const TempFolder home;
    for (const char* folder : {"mappings", "profiles"}) {
        std::filesystem::copy(std::filesystem::path{TSUNAGI_SOURCE_DIR} / folder, home / folder,
                              std::filesystem::copy_options::recursive);
    }
    const std::filesystem::path changed = home / file;
    write_text(changed, change(read_text(changed)));
    return load(home.path());
}

std::string packet_text(std::string_view file) {
    return read_text(std::filesystem::path{TSUNAGI_SOURCE_DIR} / "fixtures/packets" / file);
}

std::vector<std::string> deliver_all(exchange::Exchange& exchange) {
    std::vector<std::string> sent;
    store::Store& store = exchange.parts().store;
    for (int bound = 0; bound < 1000; ++bound) {
        std::optional<store::OutboxRow> row;
        const Status leased = store.write([&](store::Transaction& transaction) -> Status {
            auto next = transaction.lease_next(exchange.parts().clock.now(),
                                               std::chrono::seconds{30}, "test");
            if (!next) return next.error();
            row = std::move(*next);
            return {};
        });
        EXPECT_TRUE(leased);
        if (!leased || !row) return sent;
        auto dispatch = exchange.prepare(*row);
        if (!dispatch) {
            EXPECT_TRUE(exchange.give_up(*row, dispatch.error().message))
                << dispatch.error().message;
            continue;
        }
        sent.push_back(dispatch->body.bytes());
        EXPECT_TRUE(exchange.delivered(*row, *dispatch, "ok"));
    }
    ADD_FAILURE() << "the outbox never empties";
    return sent;
}

TestGateway::TestGateway(std::uint64_t seed, Keys keys, const exchange::Artifacts& artifacts)
    : artifacts_(artifacts),
      clock_(*parse_instant("2026-11-20T12:00:00+09:00")),
      random_(seed),
      key_random_(seed + 1'000'003),
      kek_(crypto::DataKey::generate(key_random_)),
      signing_key_(crypto::SigningKey::generate(key_random_)),
      log_key_{"tsunagi.example/test", signing_key_.verify_key()},
      log_(clock_, [this](std::string_view line) { logged_ += line; }),
      directory_(make_directory()) {
    if (keys == Keys::InFile) {
        auto file = crypto::CaseKeys::open(key_folder_ / "case_keys", kek_, key_random_);
        if (!file) throw std::runtime_error(to_string(file.error()));
        keys_ = std::move(*file);
    } else {
        keys_ = crypto::CaseKeys::in_memory(key_random_);
    }
    store::SqliteOptions options;
    options.path = (folder_ / "gateway.db").string();
    options.origin = log_key_.name;
    auto opened = store::open_sqlite(options, {*keys_, clock_, random_, last_signed_, log_key_});
    if (!opened) throw std::runtime_error(to_string(opened.error()));
    store_ = std::move(*opened);
    const exchange::Parts parts{*store_, directory_, artifacts_, clock_, random_, log_};
    exchange_ = std::make_unique<exchange::Exchange>(parts, std::chrono::milliseconds{0});
    inquire_ = std::make_unique<inquire::Inquire>(parts);
}

Status TestGateway::sign_log() {
    const auto checkpoint = store_->sign_checkpoint(signing_key_);
    return checkpoint ? Status{} : Status{checkpoint.error()};
}

access::Principal TestGateway::principal(std::string_view id, access::Role role) {
    return {store::OrganisationId{std::string{id}}, {}, role};
}

store::CaseId TestGateway::submit(std::string_view file, std::string_view key) {
    auto act = exchange_->submit(clinic(), key, packet_text(file));
    if (exchange::done(act)) return std::get<exchange::Submitted>(act).case_id;
    for (const auto& issue : std::get<exchange::Refusal>(act).issues) {
        ADD_FAILURE() << file << ": " << issue.code << " " << issue.rule << " " << issue.expression
                      << " " << issue.en;
    }
    return {};
}

void TestGateway::accept(const store::CaseId& id, std::string_view hospital) {
    programme::Inputs inputs;
    inputs.planned_admission = "2026-11-21T10:00:00+09:00";
    inputs.planned_discharge = "2026-11-28T10:00:00+09:00";
    inputs.decided_by = "病院医師";
    EXPECT_TRUE(exchange::done(exchange_->act_as_hospital(
        this->hospital(hospital), store::Alias{alias(id, hospital)}, "accept", inputs)));
}

std::string TestGateway::alias(const store::CaseId& id, std::string_view hospital) {
    std::string alias;
    const Status looked = store_->read([&](store::Reader& reader) -> Status {
        auto row = reader.find_rendition(id, store::OrganisationId{std::string{hospital}});
        if (!row) return row.error();
        alias = row->alias.text();
        return {};
    });
    EXPECT_TRUE(looked) << to_string(looked.error());
    return alias;
}

std::string TestGateway::state(const store::CaseId& id) {
    std::string state;
    const Status looked = store_->read([&](store::Reader& reader) -> Status {
        auto row = reader.find_case(id);
        if (!row) return row.error();
        state = row->state;
        return {};
    });
    EXPECT_TRUE(looked);
    return state;
}

json::Document TestGateway::read(std::string_view hospital, std::string_view type,
                                 std::string_view id) {
    auto shown = inquire_->resource(this->hospital(hospital), type, id);
    EXPECT_TRUE(shown) << type << "/" << id;
    if (!shown) return {};
    auto document = json::read(shown->body.bytes());
    EXPECT_TRUE(document);
    return document ? std::move(*document) : json::Document{};
}

TestGateway::Target TestGateway::target(const store::CaseId& id, std::string_view hospital,
                                        bool want_task) {
    Target found;
    const Status looked = store_->read([&](store::Reader& reader) -> Status {
        auto row = reader.find_rendition(id, store::OrganisationId{std::string{hospital}});
        if (!row) return row.error();
        auto bundle = exchange::read_blob(reader, id, exchange::blob::kBundle);
        if (!bundle) return bundle.error();
        const std::size_t number = want_task ? exchange::task_number(bundle->root())
                                             : exchange::stay_number(bundle->root());
        found = {exchange::partner_id(row->alias.text(), number), row->version};
        return {};
    });
    EXPECT_TRUE(looked);
    return found;
}

TestGateway::Target TestGateway::task(const store::CaseId& id, std::string_view hospital) {
    return target(id, hospital, true);
}
TestGateway::Target TestGateway::stay(const store::CaseId& id, std::string_view hospital) {
    return target(id, hospital, false);
}

std::string TestGateway::exported_log() {
    std::ostringstream out;
    EXPECT_TRUE(sign_log());
    EXPECT_TRUE(inquire_->export_log(out, log_key_));
    return std::move(out).str();
}

std::vector<std::string> TestGateway::log_entries() {
    std::vector<std::string> entries;
    const Status looked = store_->read([&](store::Reader& reader) -> Status {
        auto size = reader.log_size();
        if (!size) return size.error();
        auto rows = reader.log_entries(0, *size);
        if (!rows) return rows.error();
        for (const auto& row : *rows) entries.push_back(row.bytes);
        return {};
    });
    EXPECT_TRUE(looked);
    return entries;
}

}  // namespace tsunagi::support
