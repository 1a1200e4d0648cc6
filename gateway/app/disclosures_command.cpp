#include <algorithm>
#include <array>
#include <istream>
#include <optional>
#include <ostream>
#include <vector>

#include "access/directory.h"
#include "app/command.h"
#include "app/opened_store.h"
#include "crypto/random.h"
#include "exchange/case_file.h"
#include "json/reader.h"
#include "text/width.h"

namespace tsunagi::app {
namespace {

/// A name is short; more is not one.
constexpr std::size_t kNameBytes = 256;

/// The first line of `in` without the blanks around it; empty: none, too long, or more than one.
std::string read_name(std::istream& in) {
    std::string text(kNameBytes + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > kNameBytes) return {};
    constexpr std::string_view kBlanks = " \t\r\n";
    text.erase(0, std::min(text.find_first_not_of(kBlanks), text.size()));
    text.erase(text.find_last_not_of(kBlanks) + 1);
    return text.find('\n') == std::string::npos ? text : std::string{};
}

/// The provisions of one case, oldest first.
struct CaseOf {
    store::CaseId id;
    struct Row {
        std::uint64_t log_index;
        json::Document record;
    };
    std::vector<Row> rows;
};

/// The case when it is of the person: by name as a record or the packet has it, width, spaces and
/// variant letters apart. Records from before the identity came carry initials: they are of the
/// same case.
Result<std::optional<CaseOf>> case_of(store::Reader& reader, const store::CaseRow& row,
                                      const std::string& wanted) {
    auto provisions = reader.provisions(row.id);
    if (!provisions) return provisions.error();
    CaseOf found{row.id, {}};
    bool theirs = false;
    for (const auto& each : *provisions) {
        if (each.record.empty()) continue;
        auto record = json::read(each.record);
        if (!record) return record.error();
        theirs = theirs || text::match_key(record->root()["person"].text()) == wanted;
        found.rows.push_back({each.log_index, std::move(*record)});
    }
    if (!theirs && !found.rows.empty() && !row.erased) {
        auto packet = exchange::read_blob(reader, row.id, exchange::blob::kPacket);
        if (!packet) return packet.error();
        const std::string_view name = packet->root()["identity"]["name"].text();
        theirs = !name.empty() && text::match_key(name) == wanted;
    }
    return theirs ? std::optional{std::move(found)} : std::nullopt;
}

Result<std::vector<CaseOf>> cases_of(store::Reader& reader, const access::Directory& directory,
                                     const std::string& wanted) {
    std::vector<CaseOf> all;
    for (const auto& organisation : directory.organisations()) {
        for (store::CasePage page;;) {
            auto cases = reader.cases_of_clinic(organisation.id, page);
            if (!cases) return cases.error();
            if (cases->empty()) break;
            for (const auto& each : *cases) {
                auto found = case_of(reader, each, wanted);
                if (!found) return found.error();
                if (*found) all.push_back(std::move(**found));
            }
            page.after = cases->back().id;
        }
    }
    return all;
}

/// "hp-tanashi 田無病院 / Tanashi Hospital".
std::string named(const access::Directory& directory, std::string_view id) {
    std::string text{id};
    const auto* known = directory.find(store::OrganisationId{text});
    if (known) text += " " + known->name_ja + " / " + known->name_en;
    return text;
}

/// v3-ActReason, as the register has it.
std::string purpose_named(std::string_view code) {
    constexpr std::array<std::array<std::string_view, 3>, 3> kPurposes{
        {{"TREAT", "診療", "treatment"},
         {"CAREMGT", "介護の調整", "care management"},
         {"COC", "連携の調整", "coordination of care"}}};
    std::string text{code};
    for (const auto& [known, ja, en] : kPurposes) {
        if (known == code) text.append(" ").append(ja).append(" / ").append(en);
    }
    return text;
}

void print(std::ostream& out, std::size_t number, const CaseOf& found, const CaseOf::Row& row,
           const access::Directory& directory) {
    const json::Value record = row.record.root();
    std::string items;
    for (const json::Value item : record["items"])
        items += (items.empty() ? "" : ", ") + std::string{item.text()};
    out << "[" << number << "]\n提供日 / date: " << record["date"].text()
        << "\n提供元 / provider: " << named(directory, record["provider"].text())
        << "\n提供先 / recipient: " << named(directory, record["recipient"].text())
        << "\n本人 / person: " << record["person"].text()
        << "\n段階 / stage: " << record["stage"].text()
        << "\n目的 / purpose: " << purpose_named(record["purpose"].text())
        << "\n同意の版 / consent version: " << record["consentVersion"].integer()
        << "\n申込 / case: " << found.id.text() << "\n記録 / log entry: " << row.log_index
        << "\n項目 / items: " << items << "\n";
}

/// APPI articles 29 and 33: a person may ask who was given what.
int run(const Arguments& arguments, Io& io) {
    if (arguments.value("patient", "-") != "-") {
        return could_not_run(
            io, {"氏名は引数に書けません。引数は他の利用者にも見えます。標準入力で渡してください。",
                 "a name is not taken as an argument, where every user of the machine can read "
                 "it: give it on standard input"});
    }
    const std::string wanted = text::match_key(read_name(io.in));
    if (wanted.empty()) {
        return could_not_run(io, {"標準入力に氏名が一行要ります。",
                                  "standard input must be one line, the person's name"});
    }
    const auto fail = [&](const Error& error) {
        if (error.code == Code::Busy) {
            return could_not_run(io,
                                 {"稼働中です。止めてから実行してください。",
                                  "the gateway is running: stop it first"},
                                 error);
        }
        return could_not_run(io, {"提供の記録を読めません。", "cannot read the register"}, error);
    };
    auto configuration = read_configuration(arguments.value("config"));
    if (!configuration) return fail(configuration.error());
    const SystemClock clock;
    crypto::SystemRandom random;
    auto stored = open_store(*configuration, clock, random);
    if (!stored) return fail(stored.error());
    auto live = access::LiveDirectory::open(configuration->directory);
    if (!live) return fail(live.error());
    const auto directory = (*live)->current();
    std::vector<CaseOf> cases;
    const Status read = (*stored)->store->read([&](store::Reader& reader) -> Status {
        auto found = cases_of(reader, *directory, wanted);
        if (!found) return found.error();
        cases = std::move(*found);
        return {};
    });
    if (!read) return fail(read.error());
    std::size_t told = 0;
    for (const auto& each : cases) {
        for (const auto& row : each.rows) print(io.out, ++told, each, row, *directory);
    }
    io.out << "提供 / disclosures: " << told << ", 申込 / cases: " << cases.size() << "\n";
    if (cases.size() > 1) {
        io.out << "注意: 同姓同名の別人かもしれません。申込ごとに本人か確かめてください。\n"
                  "Note: these may be people of one name. Check each case before you answer.\n";
    }
    return kDone;
}

}  // namespace

Command audit_disclosures_command() {
    return {"audit disclosures",
            "",
            0,
            0,
            "標準入力の氏名の人の情報を、誰に何を提供したかを示す（停止中の導入先）。",
            "Tells whom what of the person named on standard input was disclosed to, from a "
            "stopped installation.",
            {{"config", "FILE", "導入先の設定", "configuration of the installation",
              OptionSpec::Count::Required},
             {"patient", "-", "氏名は標準入力から（常に「-」）",
              "the name is on standard input (only \"-\")"}},
            run};
}

}  // namespace tsunagi::app
