#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "deliver/worker.h"

namespace tsunagi::deliver {

/// One row in memory, and a note of everything the worker reports.
class FakeOutbox final : public Outbox {
public:
    explicit FakeOutbox(Instant now) {
        row.number = 1;
        row.hospital = store::OrganisationId{"hospital-a"};
        row.kind = "offer";
        row.queued = now;
        row.due = now;
    }

    Result<std::optional<store::OutboxRow>> lease(Instant now, std::chrono::microseconds lease,
                                                  std::string_view worker) override {
        if (broken) return Error{Code::Unavailable, "disk", {}};
        if (!open || row.due > now) return std::optional<store::OutboxRow>{};
        row.due = now + lease;
        ++row.fence;
        ++row.attempts;
        row.worker = worker;
        return std::optional{row};
    }
    exchange::Sends::Hold begin(const store::OutboxRow& held, const exchange::Dispatch&) override {
        if (!open || cancelled || held.fence != row.fence) return {};
        return sends->begin(held.case_id);
    }
    Result<std::optional<Instant>> next_due() override {
        if (broken) return Error{Code::Unavailable, "disk", {}};
        return open ? std::optional{row.due} : std::optional<Instant>{};
    }
    Result<exchange::Dispatch> prepare(const store::OutboxRow&) override {
        if (refusal) return *refusal;
        auto body = privacy::EgressDoor::plain(recipient, R"({"entry":[]})");
        if (!body) return body.error();
        access::Endpoint endpoint;
        endpoint.channel = "fhir_rest";
        endpoint.url = "https://hospital.example/fhir";
        return exchange::Dispatch{std::move(*body), endpoint, "Task/a-1", "tag-1", 1};
    }
    Status delivered(const store::OutboxRow& held, const exchange::Dispatch&,
                     std::string_view outcome) override {
        return settle(held, "delivered " + std::string{outcome}, true);
    }
    Status postpone(const store::OutboxRow& held, Instant next_at,
                    std::string_view reason) override {
        auto settled = settle(held, "postponed " + std::string{reason}, false);
        if (settled) row.due = next_at;
        return settled;
    }
    Status give_up(const store::OutboxRow& held, std::string_view reason) override {
        return settle(held, "gave up " + std::string{reason}, true);
    }

    std::unique_ptr<exchange::Sends> sends = std::make_unique<exchange::Sends>();
    store::OutboxRow row;
    std::vector<std::string> notes;
    std::optional<Error> refusal;
    std::string recipient = "hospital-a";
    bool open = true;
    bool cancelled = false;
    bool broken = false;

private:
    Status settle(const store::OutboxRow& held, std::string note, bool ends) {
        if (cancelled || held.fence != row.fence) return Error{Code::Conflict, "stale fence", {}};
        notes.push_back(std::move(note));
        if (ends) open = false;
        return {};
    }
};

}  // namespace tsunagi::deliver
