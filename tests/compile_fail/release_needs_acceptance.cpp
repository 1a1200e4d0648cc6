// There is one way to a release: this hospital's acceptance and a live consent, each proven by its
// own type. Neither can be made up, left out or taken for the other.
#include <string>
#include <string_view>

#include "privacy/rendition.h"

namespace {

using namespace tsunagi;
using namespace tsunagi::privacy;

[[maybe_unused]] Result<Release> release(json::Value bundle, std::string_view alias,
                                         const DisclosureRules& rules, const Acceptance& acceptance,
                                         const LiveConsent& consent) {
#if defined(MUST_FAIL)
    (void)acceptance;
    return Release::build(bundle, alias, rules, consent);
#else
    return Release::build(bundle, alias, rules, acceptance, consent);
#endif
}

}  // namespace

int main() {}
