#include "privacy/population.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "json/builder.h"
#include "text/csv.h"

namespace tsunagi::privacy {
namespace {

using json::Builder;
using json::Node;
using json::Value;

constexpr std::string_view kItem = "https://tsunagi.example/fhir/CodeSystem/form-item";
constexpr std::string_view kCareLevel = "https://tsunagi.example/fhir/CodeSystem/care-level";

std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{} || end != text.data() + text.size() || value < 0) return {};
    return value;
}

Shown::Ages band(int age, int years) {
    const int from = age / years * years;
    return {from, from + years - 1};
}

/// The last band before none at all: working age, early and late old age.
Shown::Ages broad(int age) {
    if (age < 40) return {0, 39};
    if (age < 65) return {40, 64};
    return age < 75 ? Shown::Ages{65, 74} : Shown::Ages{75, {}};
}

/// All of `inner` is in `outer`.
bool covers(const Shown::Ages& outer, const Shown::Ages& inner) {
    return outer.from <= inner.from && (!outer.to || (inner.to && *inner.to <= *outer.to));
}

bool is_item(Value observation, std::string_view code) {
    const Value codings = observation["code"]["coding"];
    return observation["resourceType"].text() == "Observation" &&
           std::any_of(codings.begin(), codings.end(), [&](Value coding) {
               return coding["system"].text() == kItem && coding["code"].text() == code;
           });
}

std::string_view care_level_of(Value observation) {
    for (const Value coding : observation["valueCodeableConcept"]["coding"]) {
        if (coding["system"].text() == kCareLevel) return coding["code"].text();
    }
    return {};
}

Known known_of(Value bundle) {
    Known known;
    for (const Value entry : bundle["entry"]) {
        const Value resource = entry["resource"];
        if (resource["resourceType"].text() == "Patient") {
            known.sex = resource["gender"].text();
            for (const Value address : resource["address"]) {
                if (!address["city"].text().empty()) known.municipality = address["city"].text();
            }
        } else if (is_item(resource, "age")) {
            const auto age = number(resource["valueQuantity"]["value"].text());
            if (age && *age < 200) known.age = static_cast<int>(*age);
        } else if (is_item(resource, "care-level") && known.care_level.empty()) {
            known.care_level = care_level_of(resource);
        }
    }
    return known;
}

/// The value is there and is not shown.
void mask(Builder& builder, Node* observation, std::string_view member) {
    if (!builder.remove(observation, member)) return;
    Node* reason = builder.set_object(observation, "dataAbsentReason");
    Node* coding = builder.add_object(builder.set_array(reason, "coding"));
    builder.set(coding, "system", "http://terminology.hl7.org/CodeSystem/data-absent-reason");
    builder.set(coding, "code", "masked");
}

void show_ages(Builder& builder, Node* observation, const std::optional<Shown::Ages>& ages) {
    if (!ages) return mask(builder, observation, "valueQuantity");
    if (!builder.remove(observation, "valueQuantity")) return;
    Node* range = builder.set_object(observation, "valueRange");
    const auto set = [&](const char* member, int years) {
        Node* quantity = builder.set_object(range, member);
        builder.set_number(quantity, "value", static_cast<std::int64_t>(years));
        builder.set(quantity, "unit", "歳");
        builder.set(quantity, "system", "http://unitsofmeasure.org");
        builder.set(quantity, "code", "a");
    };
    set("low", ages->from);
    if (ages->to) set("high", *ages->to);
}

}  // namespace

Result<Population> Population::load(std::string_view csv) {
    const auto fault = [](std::size_t line, std::string message) {
        return Error{Code::Invalid, std::move(message), "line " + std::to_string(line)};
    };
    auto rows = text::read_csv(csv, {.max_rows = 100'000, .max_fields = 1'000'000});
    if (!rows) return rows.error();
    Population table;
    bool headed = false;
    for (const auto& row : *rows) {
        const std::string& first = row.fields.front();
        if (first.starts_with("#")) {
            const auto value = [&](std::string_view key) -> std::string {
                const std::size_t at = first.find(key);
                return at == std::string::npos ? "" : first.substr(at + key.size());
            };
            if (auto source = value("source: "); !source.empty()) table.source_ = source;
            if (auto date = value("date: "); !date.empty()) table.date_ = date;
            continue;
        }
        if (row.fields.size() != 6) return fault(row.line, "a row has six columns");
        if (!headed) {
            constexpr std::array<std::string_view, 6> kColumns{
                "municipality", "sex", "age_from", "age_to", "care_level", "people"};
            if (!std::equal(kColumns.begin(), kColumns.end(), row.fields.begin()))
                return fault(row.line, "other columns than README.md names");
            headed = true;
            continue;
        }
        const auto from = number(row.fields[2]), people = number(row.fields[5]);
        const auto to = row.fields[3].empty() ? from : number(row.fields[3]);
        if (row.fields[0].empty() || row.fields[1].empty() || !from || !to || !people ||
            *to < *from || *to > 200)
            return fault(row.line, "not a count of people");
        Row read{
            row.fields[0], row.fields[1], {static_cast<int>(*from), {}}, row.fields[4], *people};
        if (!row.fields[3].empty()) read.ages.to = static_cast<int>(*to);
        table.rows_.push_back(std::move(read));
    }
    if (table.source_.empty() || table.date_.empty())
        return fault(1, "a table says its source and date");
    if (table.rows_.empty()) return fault(1, "nobody is counted");
    return table;
}

std::int64_t Population::people(const Shown& shown) const {
    std::int64_t sum = 0;
    for (const Row& row : rows_) {
        if (!shown.municipality.empty() && row.municipality != shown.municipality) continue;
        if (!shown.sex.empty() && row.sex != shown.sex) continue;
        if (!shown.care_level.empty() && row.care_level != shown.care_level) continue;
        // A row that only reaches into the band may have nobody there: it does not count.
        if (shown.ages && !covers(*shown.ages, row.ages)) continue;
        sum += row.people;
    }
    return sum;
}

Shown Population::coarsen(const Known& known) const {
    Shown shown{{}, known.sex, known.municipality, known.care_level};
    const auto enough = [&] { return people(shown) >= kAnonymous; };
    if (known.age) {
        const std::array<Shown::Ages, 3> bands{band(*known.age, 5), band(*known.age, 10),
                                               broad(*known.age)};
        for (const bool with_level : {true, false}) {
            shown.care_level = with_level ? known.care_level : std::string{};
            for (const auto& each : bands) {
                shown.ages = each;
                if (enough()) return shown;
            }
        }
    }
    shown.ages.reset();
    for (const bool with_level : {true, false}) {
        shown.care_level = with_level ? known.care_level : std::string{};
        if (enough()) return shown;
    }
    shown.municipality.clear();
    if (enough()) return shown;
    shown.sex.clear();
    return shown;
}

Shown coarsen_unknown(const Known& known) {
    Shown shown{{}, known.sex, known.municipality, known.care_level};
    if (known.age) shown.ages = band(*known.age, 5);
    return shown;
}

json::Document coarsened(json::Value bundle, const Population* table) {
    json::Document copy = json::clone(bundle);
    const Known known = known_of(copy.root());
    const Shown shown = table ? table->coarsen(known) : coarsen_unknown(known);
    Builder builder(copy);
    for (const Value entry : copy.root()["entry"]) {
        const Value resource = entry["resource"];
        Node* node = builder.edit(resource);
        if (resource["resourceType"].text() == "Patient") {
            if (shown.sex.empty() && resource["gender"]) builder.set(node, "gender", "unknown");
            for (const Value address : resource["address"]) {
                if (shown.municipality.empty()) builder.remove(builder.edit(address), "city");
            }
        } else if (is_item(resource, "age")) {
            show_ages(builder, node, shown.ages);
        } else if (is_item(resource, "care-level") && !care_level_of(resource).empty() &&
                   care_level_of(resource) != shown.care_level) {
            mask(builder, node, "valueCodeableConcept");
        }
    }
    return copy;
}

}  // namespace tsunagi::privacy
