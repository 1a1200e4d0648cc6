#include "simulate/hospital_records.h"

#include <algorithm>
#include <chrono>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "json/builder.h"
#include "json/reader.h"

namespace tsunagi::simulate {
namespace {

Error bad_entry(const char* what, std::size_t index) {
    return Error{Code::Invalid, what, "Bundle.entry[" + std::to_string(index) + "]"};
}

Status check(json::Value bundle) {
    if (bundle["resourceType"].text() != "Bundle" || bundle["type"].text() != "transaction")
        return Error{Code::Invalid, "not a transaction Bundle", "Bundle"};
    if (bundle["entry"].empty()) return Error{Code::Invalid, "no entry", "Bundle.entry"};
    std::size_t index = 0;
    std::vector<std::string> seen;
    for (const auto entry : bundle["entry"]) {
        const auto resource = entry["resource"];
        const std::string name =
            std::string{resource["resourceType"].text()} + "/" + std::string{resource["id"].text()};
        if (entry["request"]["method"].text() != "PUT") return bad_entry("not a PUT", index);
        if (resource["id"].text().empty() || entry["request"]["url"].text() != name)
            return bad_entry("url and resource differ", index);
        if (std::find(seen.begin(), seen.end(), name) != seen.end())
            return bad_entry("the same resource twice", index);
        seen.push_back(name);
        ++index;
    }
    return {};
}

/// The resource as it is compared: without what the server writes itself.
json::Document without_version(json::Value resource) {
    json::Document copy = json::clone(resource);
    json::Builder builder(copy);
    if (json::Node* meta = json::Builder::find(builder.root(), "meta")) {
        builder.remove(meta, "versionId");
        builder.remove(meta, "lastUpdated");
        if (meta->first == nullptr) builder.remove(builder.root(), "meta");
    }
    return copy;
}

json::Document stamped(json::Value resource, std::int64_t version, Instant now) {
    json::Document copy = json::clone(resource);
    json::Builder builder(copy);
    json::Node* meta = json::Builder::find(builder.root(), "meta");
    if (meta == nullptr) meta = builder.set_object(builder.root(), "meta");
    builder.set(meta, "versionId", std::to_string(version));
    builder.set(meta, "lastUpdated", format_instant(now, std::chrono::minutes{0}));
    return copy;
}

}  // namespace

Result<std::vector<HospitalRecords::Written>> HospitalRecords::apply(std::string_view bundle,
                                                                     Instant now) {
    const auto document = json::read(bundle);
    if (!document) return document.error();
    const auto root = document->root();
    if (auto checked = check(root); !checked) return checked.error();

    Arrival arrival{.number = static_cast<std::int64_t>(arrivals_.size()) + 1,
                    .at = now,
                    .tag = {},
                    .sha256 = to_hex(crypto::sha256(as_bytes(bundle))),
                    .entries = root["entry"].size()};
    std::vector<Written> written;
    for (const auto entry : root["entry"]) {
        const auto resource = entry["resource"];
        Written one{.type = std::string{resource["resourceType"].text()},
                    .id = std::string{resource["id"].text()}};
        if (one.type == "Task") arrival.tag = resource["meta"]["tag"].at(0)["code"].text();
        auto& stored = resources_[one.type + "/" + one.id];
        one.created = stored.version == 0;
        const auto comparable = without_version(resource);
        bool same = false;
        if (!one.created) {
            const auto present = without_version(stored.resource.root());
            same = json::equal(present.root(), comparable.root());
        }
        if (!same) {
            ++stored.version;
            ++arrival.changed;
            stored.resource = stamped(comparable.root(), stored.version, now);
        }
        one.version = stored.version;
        written.push_back(std::move(one));
    }
    arrivals_.push_back(std::move(arrival));
    return written;
}

const HospitalRecords::Stored* HospitalRecords::find(std::string_view type,
                                                     std::string_view id) const {
    const auto found = resources_.find(std::string{type} + "/" + std::string{id});
    return found == resources_.end() ? nullptr : &found->second;
}

std::vector<const HospitalRecords::Stored*> HospitalRecords::all(std::string_view type) const {
    std::vector<const Stored*> found;
    for (const auto& [name, stored] : resources_)
        if (stored.resource.root()["resourceType"].text() == type) found.push_back(&stored);
    return found;
}

std::vector<DeliveryCount> HospitalRecords::deliveries() const {
    std::vector<DeliveryCount> counts;
    for (const auto& arrival : arrivals_) {
        auto found = std::find_if(counts.begin(), counts.end(),
                                  [&](const DeliveryCount& one) { return one.tag == arrival.tag; });
        if (found == counts.end()) found = counts.insert(found, {.tag = arrival.tag});
        ++found->arrivals;
        found->effects += arrival.changed > 0 ? 1U : 0U;
    }
    return counts;
}

}  // namespace tsunagi::simulate
