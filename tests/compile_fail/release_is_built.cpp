// Release::build alone makes a release: resources that somebody put together cannot be called one.
#include <utility>

#include "privacy/rendition.h"

namespace {

using tsunagi::privacy::Release;
using tsunagi::privacy::Rendition;

[[maybe_unused]] auto called_a_release(Rendition rendition) {
#ifdef MUST_FAIL
    return Release(std::move(rendition));
#else
    return rendition.references();
#endif
}

}  // namespace

int main() {}
