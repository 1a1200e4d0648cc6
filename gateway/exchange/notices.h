#pragma once
#include <string_view>

#include "exchange/case_file.h"
#include "exchange/exchange.h"

/// Recipients other than hospitals: care manager, family, service providers, coordination centre.
namespace tsunagi::exchange {

/// The family has no entry in the directory: what it is told, the clinic hands over. "family" is
/// all of it, "family-2" the second contact of the patient's sheet.
inline constexpr std::string_view kFamily = "family";

/// What a notice to `recipient`, of this kind, by this channel, asks of the consent. `packet` of
/// the case tells who the contacts are.
privacy::ConsentRequest notice_request(const Parts& parts, const store::OrganisationId& recipient,
                                       std::string_view kind, json::Value packet,
                                       std::string_view channel = {});

/// Cancels what is queued for recipients whom the consent no longer permits to be told.
Status stop_notices(store::Transaction& transaction, const Parts& parts, const CaseFile& file,
                    const HeldConsent& consent);

}  // namespace tsunagi::exchange
