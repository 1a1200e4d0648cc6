// A live consent comes out of ConsentGate, which asked decide(); no caller can make one of a
// decision it wished for.
#include <string>

#include "privacy/consent.h"

namespace {

using tsunagi::privacy::Decision;
using tsunagi::privacy::LiveConsent;

[[maybe_unused]] LiveConsent believe(const LiveConsent& proven,
                                     [[maybe_unused]] const Decision& wished) {
#ifdef MUST_FAIL
    return LiveConsent(std::string{proven.recipient()}, wished);
#else
    return proven;
#endif
}

}  // namespace

int main() {}
