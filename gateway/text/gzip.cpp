#include "text/gzip.h"

#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <limits>

namespace tsunagi::text {
namespace {

/// zlib's reader of gzip members; unusable where it got no memory.
class Inflater {
public:
    Inflater() {
        constexpr int kGzip = 16;
        usable_ = inflateInit2(&stream_, MAX_WBITS + kGzip) == Z_OK;
    }
    ~Inflater() {
        if (usable_) inflateEnd(&stream_);
    }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    std::string read(std::string_view bytes, std::size_t limit) {
        constexpr std::size_t kStep = std::size_t{1} << 14;
        std::string out;
        if (!usable_) return out;
        stream_.next_in = reinterpret_cast<const Bytef*>(bytes.data());
        stream_.avail_in = static_cast<uInt>(
            std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max()));
        while (out.size() < limit) {
            const std::size_t before = out.size(), step = std::min(kStep, limit - before);
            out.resize(before + step);
            stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
            stream_.avail_out = static_cast<uInt>(step);
            const int state = inflate(&stream_, Z_SYNC_FLUSH);
            out.resize(before + step - stream_.avail_out);
            if (state == Z_STREAM_END) {
                if (stream_.avail_in == 0 || inflateReset(&stream_) != Z_OK) break;
            } else if (state != Z_OK) {
                break;  // a fault, or the end of the bytes
            }
        }
        return out;
    }

private:
    z_stream stream_{};
    bool usable_ = false;
};

}  // namespace

bool is_gzip(std::string_view bytes) {
    constexpr unsigned char kReservedFlags = 0xE0;
    return bytes.size() > 3 && bytes.starts_with("\x1f\x8b\x08") &&
           (static_cast<unsigned char>(bytes[3]) & kReservedFlags) == 0;
}

std::string inflate_for_search(std::string_view bytes, std::size_t limit) {
    return is_gzip(bytes) ? Inflater{}.read(bytes, limit) : std::string{};
}

}  // namespace tsunagi::text
