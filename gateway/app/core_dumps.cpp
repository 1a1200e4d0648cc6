#include "app/core_dumps.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace tsunagi::app {

Status forbid_core_dumps() {
    // A program that the kernel pipes dumps to asks for no limit: that is what the second is for
    // (core(5), prctl(2) PR_SET_DUMPABLE).
    const struct rlimit none {
        0, 0
    };
    if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return Error{Code::Unavailable, "core dumps cannot be turned off", "process"};
    return {};
}

}  // namespace tsunagi::app
