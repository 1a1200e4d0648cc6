#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "json/document.h"

namespace tsunagi::simulate {

/// One transaction that reached the hospital, in the order of arrival.
struct Arrival {
    std::int64_t number = 0;  ///< from 1
    Instant at;
    std::string tag;     ///< delivery tag of its Task: which message of the gateway this is
    std::string sha256;  ///< of the body
    std::size_t entries = 0;
    std::size_t changed = 0;  ///< resources that are different now
};

/// A message and what came of it: the proof that nothing took effect twice.
struct DeliveryCount {
    std::string tag;
    std::size_t arrivals = 0;
    std::size_t effects = 0;  ///< arrivals that changed something
};

/// What the hospital's EHR holds: FHIR resources with versions, and what arrived when. A plain
/// value in memory. Thread rule: one thread.
class HospitalRecords {
public:
    struct Stored {
        json::Document resource;  ///< with meta.versionId and meta.lastUpdated
        std::int64_t version = 0;
    };
    struct Written {
        std::string type, id;
        std::int64_t version = 0;
        bool created = false;
    };

    /// Applies a transaction of `PUT Type/id` entries, all or nothing
    /// (hl7.org/fhir/R4/http.html#transaction). A resource that is equal already keeps its version.
    /// Error Invalid names the entry.
    Result<std::vector<Written>> apply(std::string_view bundle, Instant now);

    const Stored* find(std::string_view type, std::string_view id) const;
    /// Resources of `type` in the order of their ids.
    std::vector<const Stored*> all(std::string_view type) const;
    const std::map<std::string, Stored, std::less<>>& all() const { return resources_; }
    const std::vector<Arrival>& arrivals() const { return arrivals_; }
    /// One row a tag, in the order of first arrival.
    std::vector<DeliveryCount> deliveries() const;

private:
    std::map<std::string, Stored, std::less<>> resources_;  ///< by "Type/id"
    std::vector<Arrival> arrivals_;
};

}  // namespace tsunagi::simulate
