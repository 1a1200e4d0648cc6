#pragma once
#include <cstdint>
#include <string_view>

#include "fhir/datetime.h"

namespace tsunagi::fhir {

enum class TemporalForm : std::uint8_t { Date, DateTime, Instant, Time };
/// Format: not the lexical form. Range: the form is right, the day or time does not exist.
enum class TemporalFault : std::uint8_t { None, Format, Range };

/// Reads `text` in one of the four forms of R4 into `out`, which is only whole when the answer is
/// None. No allocation.
TemporalFault read_temporal(TemporalForm form, std::string_view text, DateTime& out) noexcept;

}  // namespace tsunagi::fhir
