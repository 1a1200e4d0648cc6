#pragma once
#include <cstddef>
#include <string_view>

#include "exchange/case_file.h"
#include "exchange/exchange.h"

/// The notice itself: what stands before the entries of a case for a recipient that is no hospital.
namespace tsunagi::exchange {

/// "family-2": the second contact of the sheet; absent for the family as a whole and everybody
/// else.
json::Value contact_of(json::Value packet, const store::OrganisationId& recipient);

/// The place of the Communication that add_notice() makes.
inline constexpr std::size_t kNoticeNumber = 2;

/// Puts the recipient and the notice itself (Communication) before all other entries of the case's
/// Bundle: whatever joins the case later stands behind, so the ids of a notice never change.
void add_notice(json::Document& bundle, const Parts& parts, const CaseFile& file,
                const store::RenditionRow& rendition, json::Value packet, std::string_view channel);

}  // namespace tsunagi::exchange
