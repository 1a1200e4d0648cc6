#include "exchange/findings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "audit/entry.h"
#include "exchange/answer.h"
#include "json/builder.h"
#include "json/writer.h"

namespace tsunagi::exchange {
namespace {

using json::Builder;
using json::Node;
using privacy::UnknownKind;

/// How much of the text is shown on either side, in characters.
constexpr std::uint32_t kAround = 40;

constexpr std::array kStatusNames{"open", "released", "corrected"};

/// What it is, as part of a sentence.
struct KindRow {
    UnknownKind kind;
    programme::Label label;
};
constexpr std::array kKinds{
    KindRow{UnknownKind::Person, {"人の氏名", "a person's name"}},
    KindRow{UnknownKind::Phone, {"電話番号", "a telephone number"}},
    KindRow{UnknownKind::Address, {"住所", "an address"}},
    KindRow{UnknownKind::Postal, {"郵便番号", "a postal code"}},
    KindRow{UnknownKind::Insurance, {"保険の番号", "an insurance number"}},
    KindRow{UnknownKind::MyNumber, {"個人番号", "an Individual Number"}},
    KindRow{UnknownKind::Email, {"メールアドレス", "an e-mail address"}},
    KindRow{UnknownKind::Url, {"ウェブの宛先", "a web address"}},
    KindRow{UnknownKind::Chart, {"診療録の番号", "a chart number"}},
    KindRow{UnknownKind::BirthDate, {"生年月日", "a birth date"}},
    KindRow{UnknownKind::Other, {"個人の番号", "a personal number"}},
};

/// As the scanner of known identifiers calls them (privacy/leak_scan.h).
struct KnownKind {
    std::string_view name;
    UnknownKind kind;
};
constexpr std::array kKnownKinds{
    KnownKind{"patient-name", UnknownKind::Person},
    KnownKind{"patient-kana", UnknownKind::Person},
    KnownKind{"third-party-name", UnknownKind::Person},
    KnownKind{"birth-date", UnknownKind::BirthDate},
    KnownKind{"phone", UnknownKind::Phone},
    KnownKind{"address", UnknownKind::Address},
    KnownKind{"insurance-number", UnknownKind::Insurance},
    KnownKind{"patient-number", UnknownKind::Chart},
};

bool overlaps(const Place& one, const Place& other) {
    return one.cell == other.cell && one.span.begin < other.span.end &&
           other.span.begin < one.span.end;
}

fhir::Issue issue_of(const Place& place, fhir::IssueSeverity severity) {
    const std::string from = std::to_string(place.span.begin + 1);
    const std::string to = std::to_string(place.span.end);
    const std::string kind{privacy::name(place.span.kind)};
    fhir::Issue issue;
    issue.severity = severity;
    issue.type = "business-rule";
    issue.rule = "R18";
    issue.expression = place.cell;
    if (place.known.empty()) {
        issue.code = "unknown-identifier";
        issue.ja = from + "-" + to +
                   "文字目に、個人を特定する記載（氏名・番号・住所など）があるようです。担当者が"
                   "確認するか直すまで送りません。";
        issue.en = "Characters " + from + "-" + to +
                   " of this cell look like a person or a personal number (" + kind +
                   "). Nothing is sent until a person releases or corrects it.";
    } else {
        issue.code = "identifier-in-offer";
        issue.ja = from + "文字目から" + to + "文字目までに、" + place.known +
                   "の個人情報が書かれています。受入決定前に送る文面なので、担当者が直すまで送りま"
                   "せん。";
        issue.en = "Characters " + from + " to " + to + " of this text are the identifier of " +
                   place.known + " (" + kind +
                   "). The text is sent before acceptance: nothing is sent until a person takes it "
                   "out.";
    }
    return issue;
}

std::optional<UnknownKind> kind_of(std::string_view text) {
    for (const auto& row : kKinds) {
        if (privacy::name(row.kind) == text) return row.kind;
    }
    return {};
}

/// The place of the `count`-th character behind `from`; the end when there are fewer.
std::size_t skip(std::string_view text, std::size_t from, std::uint32_t count) {
    while (count > 0 && from < text.size()) {
        ++from;
        while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xC0U) == 0x80U)
            ++from;
        --count;
    }
    return from;
}

void add_place(Builder& builder, Node* row, const Findings::Item& item) {
    builder.set_number(row, "number", item.number);
    builder.set(row, "cell", item.place.cell);
    builder.set(row, "kind", privacy::name(item.place.span.kind));
    const bool known = !item.place.known.empty();
    for (const auto& [kind, label] : kKinds) {
        if (kind != item.place.span.kind) continue;
        const std::string ja{label.ja}, en{label.en};
        set_label(builder, row, "kindText",
                  ja + (known ? "（申込の欄にあるもの）" : "と思われる記載"),
                  known ? en + " that a cell of the application has" : "looks like " + en);
    }
    if (known) builder.set(row, "known", item.place.known);
    Node* span = builder.set_object(row, "span");
    builder.set_number(span, "start", std::int64_t{item.place.span.begin});
    builder.set_number(span, "length",
                       std::int64_t{item.place.span.end} - std::int64_t{item.place.span.begin});
    builder.set(row, "status", kStatusNames[static_cast<std::size_t>(item.status)]);
}

void add_decision(Builder& builder, Node* row, const Findings::Decision& decision) {
    Node* object = builder.set_object(row, "decision");
    builder.set(object, "at", decision.at);
    builder.set(object, "by", decision.organisation);
    builder.set(object, "person", decision.person);
    builder.set(object, "reason", decision.reason);
}

void add_text(Builder& builder, Node* row, std::string_view text,
              const privacy::UnknownSpan& span) {
    const std::uint32_t lead = std::min(span.begin, kAround);
    const std::size_t from = skip(text, 0, span.begin - lead), begin = skip(text, from, lead),
                      end = skip(text, begin, span.end - span.begin);
    builder.set(row, "before", text.substr(from, begin - from));
    builder.set(row, "found", text.substr(begin, end - begin));
    builder.set(row, "after", text.substr(end, skip(text, end, kAround) - end));
}

/// Gives the decision its salt and what the log may have of it.
crypto::Digest seal(Findings::Item& item, Random& random) {
    crypto::Digest salt{};
    random.fill(salt);
    item.decision.salt = to_hex(salt);
    json::Document document;
    Builder builder(document);
    Node* row = builder.object();
    add_place(builder, row, item);
    add_decision(builder, row, item.decision);
    return audit::commitment(salt, as_bytes(json::write(document.root())));
}

}  // namespace

std::vector<Place> places_of(std::span<const privacy::UnknownFinding> unknown) {
    std::vector<Place> places;
    places.reserve(unknown.size());
    for (const auto& each : unknown) places.push_back({each.cell, each.span, {}});
    return places;
}

Place place_of(const privacy::KnownPlace& known) {
    const auto* row =
        std::find_if(kKnownKinds.begin(), kKnownKinds.end(),
                     [&](const KnownKind& each) { return each.name == known.finding.kind; });
    const UnknownKind kind = row == kKnownKinds.end() ? UnknownKind::Other : row->kind;
    return {known.cell, {kind, known.begin, known.end}, known.finding.cell};
}

std::vector<Place> merged(std::vector<Place> unknown, std::vector<Place> known) {
    if (known.empty()) return unknown;
    // A part of a name is enough to know it: the whole is shown where the search for people saw it.
    for (Place& each : known) {
        const Place part = each;
        for (const Place& whole : unknown) {
            if (!overlaps(part, whole)) continue;
            each.span.begin = std::min(each.span.begin, whole.span.begin);
            each.span.end = std::max(each.span.end, whole.span.end);
        }
    }
    std::stable_sort(known.begin(), known.end(), [](const Place& left, const Place& right) {
        return left.span.end - left.span.begin > right.span.end - right.span.begin;
    });
    std::vector<Place> places;
    for (auto* list : {&known, &unknown}) {
        for (Place& each : *list) {
            const bool there = std::any_of(places.begin(), places.end(), [&](const Place& other) {
                return overlaps(each, other);
            });
            if (!there) places.push_back(std::move(each));
        }
    }
    std::sort(places.begin(), places.end(), [](const Place& left, const Place& right) {
        return std::tie(left.cell, left.span.begin) < std::tie(right.cell, right.span.begin);
    });
    return places;
}

bool is_known(std::span<const Place> found, const Place& place) {
    return std::any_of(found.begin(), found.end(), [&](const Place& each) {
        return !each.known.empty() && overlaps(each, place);
    });
}

std::vector<fhir::Issue> issues_of(std::span<const Place> found, fhir::IssueSeverity severity) {
    std::vector<fhir::Issue> issues;
    for (const Place& each : found) issues.push_back(issue_of(each, severity));
    return issues;
}

std::string Findings::mark_of(std::string_view cell, std::string_view text) const {
    std::string message{cell};
    message.append("\n").append(text);
    return to_hex(crypto::hmac_sha256(as_bytes(key_), as_bytes(message)));
}

void Findings::ask(std::span<const Place> found, json::Value packet, Random& random) {
    if (!found.empty() && key_.empty()) {
        crypto::Digest key{};
        random.fill(key);
        key_ = to_hex(key);
    }
    const std::size_t known = items_.size();
    std::string_view cell;
    std::string mark;
    for (const auto& each : found) {
        // The findings of a cell come one after the other; its text may be long.
        if (each.cell != cell) mark = mark_of(each.cell, cell_at(packet, each.cell).text());
        cell = each.cell;
        const auto end = items_.begin() + static_cast<std::ptrdiff_t>(known);
        const auto asked = std::find_if(items_.begin(), end, [&](const Item& item) {
            const privacy::UnknownSpan& span = item.place.span;
            const bool same = item.place.cell == each.cell && span.begin == each.span.begin &&
                              span.end == each.span.end && item.mark == mark;
            if (each.known.empty())
                return same && span.kind == each.span.kind && item.status != Status::Corrected;
            return same && item.status == Status::Open;
        });
        if (asked == end)
            items_.push_back({static_cast<std::int64_t>(items_.size()) + 1, each, mark, {}, {}});
        else if (!each.known.empty())
            asked->place = each;
    }
}

crypto::Digest Findings::release(std::int64_t number, Decision decision, Random& random) {
    Item& item = items_.at(static_cast<std::size_t>(number - 1));
    item.status = Status::Released;
    item.place.known.clear();
    item.decision = std::move(decision);
    return seal(item, random);
}

crypto::Digest Findings::correct(std::int64_t number, const Decision& decision, Random& random) {
    const std::string cell = items_.at(static_cast<std::size_t>(number - 1)).place.cell;
    crypto::Digest commitment{};
    for (Item& item : items_) {
        if (item.status != Status::Open || item.place.cell != cell) continue;
        item.status = Status::Corrected;
        item.decision = decision;
        const crypto::Digest sealed = seal(item, random);
        if (item.number == number) commitment = sealed;
    }
    return commitment;
}

const Findings::Item* Findings::find(std::int64_t number) const {
    const bool known = number > 0 && static_cast<std::uint64_t>(number) <= items_.size();
    return known ? &items_[static_cast<std::size_t>(number - 1)] : nullptr;
}

std::size_t Findings::open() const {
    return static_cast<std::size_t>(
        std::count_if(items_.begin(), items_.end(),
                      [](const Item& item) { return item.status == Status::Open; }));
}

std::string Findings::mark_in(std::string_view cell, json::Value packet) const {
    const json::Value text = cell_at(packet, cell);
    return text.is_string() ? mark_of(cell, text.text()) : std::string{};
}

json::Document Findings::to_json() const {
    json::Document document;
    Builder builder(document);
    Node* root = builder.object();
    builder.set(root, "key", key_);
    Node* list = builder.set_array(root, "findings");
    for (const Item& item : items_) {
        Node* row = builder.add_object(list);
        add_place(builder, row, item);
        builder.set(row, "mark", item.mark);
        if (item.status == Status::Open) continue;
        add_decision(builder, row, item.decision);
        builder.set(row, "salt", item.decision.salt);
    }
    return document;
}

Result<Findings> Findings::from_json(json::Value value) {
    Findings findings;
    findings.key_ = std::string{value["key"].text()};
    for (const json::Value row : value["findings"]) {
        Item item;
        item.number = row["number"].integer();
        item.place.cell = std::string{row["cell"].text()};
        const auto kind = kind_of(row["kind"].text());
        const auto* status =
            std::find(kStatusNames.begin(), kStatusNames.end(), row["status"].text());
        const json::Value span = row["span"];
        if (!kind || status == kStatusNames.end() || span["start"].integer(-1) < 0 ||
            item.number != static_cast<std::int64_t>(findings.items_.size()) + 1)
            return Error{Code::Internal, "the findings of the case cannot be read", {}};
        item.place.span = {
            *kind, static_cast<std::uint32_t>(span["start"].integer()),
            static_cast<std::uint32_t>(span["start"].integer() + span["length"].integer())};
        item.place.known = std::string{row["known"].text()};
        item.status = static_cast<Status>(status - kStatusNames.begin());
        item.mark = std::string{row["mark"].text()};
        const json::Value decision = row["decision"];
        item.decision = {std::string{decision["at"].text()}, std::string{decision["by"].text()},
                         std::string{decision["person"].text()},
                         std::string{decision["reason"].text()}, std::string{row["salt"].text()}};
        findings.items_.push_back(std::move(item));
    }
    return findings;
}

Result<Findings> read_findings(store::Reader& reader, const store::CaseId& id) {
    auto document = read_blob(reader, id, blob::kFindings);
    if (document) return Findings::from_json(document->root());
    if (document.error().code == Code::NotFound) return Findings{};
    return document.error();
}

Status write_findings(store::Transaction& transaction, const store::CaseId& id,
                      const Findings& findings) {
    const json::Document document = findings.to_json();
    const auto written =
        transaction.put_blob(id, blob::kFindings, as_bytes(json::write(document.root())));
    return written ? Status{} : Status{written.error()};
}

Status ask_again(store::Transaction& transaction, const Parts& parts, CaseFile& file,
                 json::Value packet, std::span<const Place> found) {
    auto findings = read_findings(transaction, file.row.id);
    if (!findings) return findings.error();
    findings->ask(found, packet, parts.random);
    file.journey.open_findings = findings->open();
    if (findings->items().empty()) return {};
    return write_findings(transaction, file.row.id, *findings);
}

json::Value cell_at(json::Value packet, std::string_view path) {
    constexpr std::string_view kRoot = "Packet";
    if (!path.starts_with(kRoot)) return {};
    path.remove_prefix(kRoot.size());
    json::Value at = packet;
    while (at && !path.empty()) {
        const bool index = path.front() == '[';
        const std::size_t end = std::min(path.find_first_of(index ? "]" : ".[", 1), path.size());
        const std::string_view part = path.substr(1, end - 1);
        if (index) {
            std::size_t number = 0;
            const auto [stop, fault] =
                std::from_chars(part.data(), part.data() + part.size(), number);
            if (fault != std::errc{} || stop != part.data() + part.size()) return {};
            at = at.at(number);
        } else {
            at = at[part];
        }
        path.remove_prefix(std::min(end + (index ? 1 : 0), path.size()));
    }
    return at;
}

void add_findings(Builder& builder, Node* object, const Findings& findings) {
    Node* list = builder.set_array(object, "findings");
    for (const auto& item : findings.items()) add_place(builder, builder.add_object(list), item);
}

Result<json::Document> findings_view(store::Reader& reader, const CaseFile& file) {
    auto findings = read_findings(reader, file.row.id);
    if (!findings) return findings.error();
    auto packet = read_blob(reader, file.row.id, blob::kPacket);
    if (!packet) return packet.error();
    json::Document document;
    Builder builder(document);
    Node* root = builder.object();
    builder.set(root, "case", file.row.id.text());
    set_state(builder, root, file, programme::Actor::Clinic);
    Node* list = builder.set_array(root, "findings");
    std::map<std::string_view, std::string> marks;
    std::set<std::string_view> cells;
    for (const auto& item : findings->items()) {
        Node* row = builder.add_object(list);
        add_place(builder, row, item);
        if (item.status != Findings::Status::Open) add_decision(builder, row, item.decision);
        const auto [mark, fresh] = marks.try_emplace(item.place.cell);
        if (fresh) mark->second = findings->mark_in(item.place.cell, packet->root());
        if (mark->second != item.mark) continue;
        add_text(builder, row, cell_at(packet->root(), item.place.cell).text(), item.place.span);
        if (item.status == Findings::Status::Open) cells.insert(item.place.cell);
    }
    Node* texts = builder.set_array(root, "cells");
    for (const std::string_view cell : cells) {
        Node* row = builder.add_object(texts);
        builder.set(row, "cell", cell);
        builder.set(row, "text", cell_at(packet->root(), cell).text());
    }
    return document;
}

}  // namespace tsunagi::exchange
