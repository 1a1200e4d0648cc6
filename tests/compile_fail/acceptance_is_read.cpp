// That a hospital accepted is read from the Task by accepted_by; no caller can say so itself.
#include <string>

#include "privacy/rendition.h"

namespace {

using tsunagi::privacy::Acceptance;

[[maybe_unused]] Acceptance believe(const Acceptance& proven) {
#ifdef MUST_FAIL
    return Acceptance(std::string{proven.hospital()});
#else
    return proven;
#endif
}

}  // namespace

int main() {}
