#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "json/document.h"

namespace tsunagi::app {

/// A copy of a fixture packet as if the clinic wrote it at `now`: every date is moved by as many
/// days as lie between its application and today (partial dates by the month), in the way of
/// writing that the cell had; birth dates stay, ages are counted again; the application was just
/// made, the telephone call some minutes before.
Result<json::Document> packet_of_today(json::Value packet, Instant now, std::chrono::minutes zone);

/// `cell` moved by `days`, written as it was (令和８年１１月２２日, R8.11.20, 2026-11-20);
/// unchanged when it is no date.
std::string moved_date(std::string_view cell, int days);

}  // namespace tsunagi::app
