#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/document_kind.h"
#include "fhir/definitions.h"
#include "privacy/channel_rules.h"
#include "privacy/disclosure.h"
#include "privacy/name_book.h"
#include "programme/programme.h"
#include "translate/map_library.h"
#include "validate/questionnaires.h"
#include "validate/validator.h"

namespace tsunagi::exchange {

/// What the city gets: counts, never rows (profiles/disclosure/city.json).
struct CountRules {
    std::vector<std::string> counts;  ///< "cases", "state"
    std::int64_t floor = 0;           ///< smaller counts are added up under "other"
};

/// Everything that is data and loaded once at start-up: definitions, models, maps, programmes,
/// allow-lists. Immutable afterwards; shared between all threads.
struct Artifacts {
    std::unique_ptr<fhir::Definitions> definitions;  ///< the others point into it
    std::unique_ptr<validate::Validator> validator;
    std::unique_ptr<validate::Questionnaires> questionnaires;
    std::unique_ptr<translate::MapLibrary> maps;
    std::vector<programme::Programme> programmes;
    std::vector<programme::Registrations> registrations;
    std::unique_ptr<privacy::DisclosureRules> offer_rules;
    /// How a request stands, without a word about the person: for a hospital that was left, or may
    /// not be told any more.
    std::unique_ptr<privacy::DisclosureRules> status_rules;
    std::unique_ptr<privacy::DisclosureRules> release_rules;
    std::unique_ptr<privacy::NameBook> names;            ///< by which people are found in free text
    std::vector<privacy::DisclosureRules> notice_rules;  ///< one list for each kind of recipient
    std::unique_ptr<privacy::ChannelRules> channel_rules;
    CountRules count_rules;

    /// The list for recipients of this kind; nullptr: they are told nothing.
    const privacy::DisclosureRules* notice_rules_for(std::string_view kind) const noexcept {
        for (const auto& each : notice_rules) {
            if (each.is_for(kind)) return &each;
        }
        return nullptr;
    }
    std::vector<DocumentKind> documents;  ///< what goes with a release

    const programme::Programme* programme(std::string_view id) const noexcept {
        for (const auto& each : programmes) {
            if (each.id() == id) return &each;
        }
        return nullptr;
    }
};

inline constexpr std::string_view kPacketModel =
    "https://tsunagi.example/fhir/StructureDefinition/Packet";
inline constexpr std::string_view kPacketMap = "https://tsunagi.example/fhir/StructureMap/packet";
inline constexpr std::string_view kReverseMap =
    "https://tsunagi.example/fhir/StructureMap/reverse-packet";

}  // namespace tsunagi::exchange
