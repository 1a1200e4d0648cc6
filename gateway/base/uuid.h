#pragma once
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"

namespace tsunagi {

/// RFC 9562 version 7: time-ordered, so that keys land on the right edge of an index. Tells its
/// time of birth: for our own rows only, never for what a partner sees.
std::string uuid_v7(Instant now, Random& random);

/// RFC 9562 version 4: random, meaningless: for every id that leaves the gateway. Where the draw
/// has five digits in a row, or ends in one, a letter stands instead (117 of 122 bits of
/// chance are left), so that neither it nor what is written behind it reads as a number of
/// somebody's: whether an offer leaves must not hang on that.
std::string uuid_v4(Random& random);

/// Lower-case 8-4-4-4-12 hexadecimal.
bool is_uuid(std::string_view text);

}  // namespace tsunagi
