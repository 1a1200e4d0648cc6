#pragma once
#include "base/result.h"

namespace tsunagi::app {

/// A process that dies must not leave its memory, with keys and patients in it, in a file, nor show
/// it to another process of the same user. Once, before anything secret is read. Error Unavailable.
Status forbid_core_dumps();

}  // namespace tsunagi::app
