// The door lets bytes with the identity out to a hospital that accepted: a consent is not enough.
#include <string>
#include <utility>

#include "privacy/egress.h"

namespace {

using namespace tsunagi::privacy;

[[maybe_unused]] bool leaves(std::string bytes, const Acceptance& acceptance,
                             const LiveConsent& consent) {
#ifdef MUST_FAIL
    (void)acceptance;
    return bool{EgressDoor::release("hp-tanashi", std::move(bytes), consent)};
#else
    return bool{EgressDoor::release("hp-tanashi", std::move(bytes), acceptance, consent)};
#endif
}

}  // namespace

int main() {}
