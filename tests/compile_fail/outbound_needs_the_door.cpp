// Bytes become Outbound at the egress door alone: nothing can be handed to a channel that was not
// scanned.
#include <string>
#include <utility>

#include "privacy/egress.h"

namespace {

using tsunagi::privacy::EgressDoor;
using tsunagi::privacy::Outbound;

[[maybe_unused]] std::string sent(std::string bytes) {
#ifdef MUST_FAIL
    return Outbound(std::string{"hp-tanashi"}, std::move(bytes), tsunagi::crypto::Digest{}).bytes();
#else
    const auto cleared = EgressDoor::plain("hp-tanashi", std::move(bytes));
    return cleared ? cleared->bytes() : std::string{};
#endif
}

}  // namespace

int main() {}
