#pragma once
#include <array>
#include <optional>
#include <string_view>

#include "fhir/definitions.h"
#include "translate/steps.h"

namespace tsunagi::translate {

struct CodePart {
    std::string_view text;
    bool stable = false;  ///< of the program: need not be copied
};
struct Coding {
    CodePart system, code, display;
};

/// Code systems and concept maps as one run asks for them. Not an interface. Thread rule: one
/// thread.
class Codes {
public:
    explicit Codes(const fhir::Definitions& definitions) : definitions_(definitions) {}

    /// As the code system says it, where the gateway holds the system.
    CodePart display_of(const CodePart& system, std::string_view code);
    /// By the concept map of a `translate`; `system` may be empty: any. The first match in the
    /// order of the map (R4 conceptmap-operation-translate: every relation but disjoint and
    /// unmatched is one).
    std::optional<Coding> translate(const TargetStep& step, std::string_view system,
                                    std::string_view code) const;

private:
    std::optional<Coding> translate(std::string_view map_url, std::string_view system,
                                    std::string_view code) const;
    std::optional<Coding> unmapped(const syntax::Unmapped& rule, std::string_view system,
                                   std::string_view code) const;

    /// Code systems by the address of their url in the program.
    struct Known {
        const char* url = nullptr;
        const fhir::CodeSystem* system = nullptr;
    };
    const fhir::Definitions& definitions_;
    std::array<Known, 64> known_{};
};

}  // namespace tsunagi::translate
