// A live consent comes out of ConsentGate, which asked decide(); no caller can make one of a
// decision it wished for.
#include "privacy/consent.h"

namespace {

using tsunagi::privacy::ConsentRequest;
using tsunagi::privacy::Decision;
using tsunagi::privacy::LiveConsent;

[[maybe_unused]] LiveConsent believe(const LiveConsent& proven,
                                     [[maybe_unused]] const ConsentRequest& asked,
                                     [[maybe_unused]] const Decision& wished) {
#ifdef MUST_FAIL
    return LiveConsent(asked, wished);
#else
    return proven;
#endif
}

}  // namespace

int main() {}
