#include "serve/metrics.h"

#include <cstdint>
#include <string_view>

namespace tsunagi::serve {
namespace {

void add_metric(std::string& text, std::string_view name, std::string_view kind,
                std::uint64_t value) {
    text += "# TYPE tsunagi_" + std::string{name} + " " + std::string{kind} + "\n";
    text += "tsunagi_" + std::string{name} + " " + std::to_string(value) + "\n";
}

}  // namespace

std::string metrics_text(const ServerCounters& counters, const store::Store& store) {
    std::string text;
    add_metric(text, "connections_total", "counter", counters.connections);
    add_metric(text, "connections_open", "gauge", counters.open);
    add_metric(text, "connections_turned_away_total", "counter", counters.turned_away);
    add_metric(text, "tls_failed_total", "counter", counters.tls_failed);
    add_metric(text, "connections_late_total", "counter", counters.late);
    add_metric(text, "requests_total", "counter", counters.requests);
    add_metric(text, "requests_malformed_total", "counter", counters.malformed);
    add_metric(text, "requests_failed_total", "counter", counters.failed);
    const Status read = store.read([&](store::Reader& reader) -> Status {
        auto size = reader.log_size();
        if (!size) return size.error();
        add_metric(text, "log_entries", "gauge", *size);
        auto parked = reader.parked(1000);
        if (!parked) return parked.error();
        add_metric(text, "deliveries_parked", "gauge", parked->size());
        return {};
    });
    add_metric(text, "store_accepting", "gauge", read && store.accepting() ? 1 : 0);
    return text;
}

}  // namespace tsunagi::serve
