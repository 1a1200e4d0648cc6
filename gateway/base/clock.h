#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tsunagi {

/// A point of UTC time, microseconds.
using Instant = std::chrono::sys_time<std::chrono::microseconds>;

/// Time is injected: nothing outside SystemClock asks the operating system. Thread rule: any
/// thread.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;
};

class SystemClock final : public Clock {
public:
    Instant now() const override;
};

/// Stands still until told otherwise: tests and the simulated world. Thread rule: one thread.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Instant start) : now_(start) {}
    Instant now() const override { return now_; }
    void set(Instant instant) { now_ = instant; }
    void advance(std::chrono::microseconds by) { now_ += by; }

private:
    Instant now_;
};

/// FHIR instant with milliseconds in the zone `offset` east of UTC: "2026-11-20T09:30:00.000+09:00"
/// ("Z" for zero). Never reads TZ: civil time is the programme's (architecture.md, life cycle).
std::string format_instant(Instant instant, std::chrono::minutes offset);

/// The civil date in the zone `offset`: "2026-11-20".
std::string format_date(Instant instant, std::chrono::minutes offset);

/// Reads a FHIR dateTime or instant that has at least seconds and an offset. Error Invalid
/// otherwise.
Result<Instant> parse_instant(std::string_view text);

/// Reads "+09:00", "-03:30" or "Z".
Result<std::chrono::minutes> parse_offset(std::string_view text);

}  // namespace tsunagi
