#include "store/sealer.h"

#include <zstd.h>

namespace tsunagi::store {
namespace {

constexpr std::uint8_t kPlain = 0;
constexpr std::uint8_t kZstd = 1;
constexpr int kLevel = 1;                 // 19 % of a bundle's size at 1 GB/s
constexpr std::size_t kWorthwhile = 128;  // below, a frame header eats what is saved

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* pointer) const noexcept {
        Free(pointer);
    }
};

}  // namespace

struct Sealer::Contexts {
    std::unique_ptr<ZSTD_CCtx, Freed<ZSTD_freeCCtx>> compress{ZSTD_createCCtx()};
    std::unique_ptr<ZSTD_DCtx, Freed<ZSTD_freeDCtx>> decompress{ZSTD_createDCtx()};
};

Sealer::Sealer(crypto::CaseKeys& keys) : keys_(keys), contexts_(std::make_unique<Contexts>()) {}
Sealer::~Sealer() = default;

Bytes Sealer::pack(BytesView plain) {
    Bytes packed;
    if (plain.size() >= kWorthwhile) {
        packed.resize(1 + ZSTD_compressBound(plain.size()));
        const std::size_t size =
            ZSTD_compressCCtx(contexts_->compress.get(), packed.data() + 1, packed.size() - 1,
                              plain.data(), plain.size(), kLevel);
        if (ZSTD_isError(size) == 0 && size < plain.size()) {
            packed[0] = kZstd;
            packed.resize(1 + size);
            return packed;
        }
    }
    packed.resize(1);
    packed[0] = kPlain;
    packed.insert(packed.end(), plain.begin(), plain.end());
    return packed;
}

Result<Bytes> Sealer::unpack(BytesView packed) const {
    const Error damaged{Code::Internal, "stored content is damaged", "store"};
    if (packed.empty()) return damaged;
    const BytesView rest = packed.subspan(1);
    if (packed[0] == kPlain) return Bytes(rest.begin(), rest.end());
    if (packed[0] != kZstd) return damaged;
    const unsigned long long size = ZSTD_getFrameContentSize(rest.data(), rest.size());
    if (size > kMaxBytes) return damaged;  // also the two error values, which are larger
    Bytes plain(static_cast<std::size_t>(size));
    const std::size_t got = ZSTD_decompressDCtx(contexts_->decompress.get(), plain.data(),
                                                plain.size(), rest.data(), rest.size());
    if (ZSTD_isError(got) != 0 || got != plain.size()) return damaged;
    return plain;
}

Result<Bytes> Sealer::seal(const std::string& owner, std::string_view place, BytesView plain,
                           Random& random) {
    if (plain.size() > kMaxBytes) return Error{Code::Invalid, "content is too large", "store"};
    auto key = keys_.key(owner);
    if (!key && key.error().code == Code::NotFound) {
        if (auto made = keys_.stage(owner); !made) return made.error();
        key = keys_.key(owner);
    }
    if (!key) return key.error();
    return crypto::seal(*key, pack(plain), as_bytes(place), random);
}

Result<Bytes> Sealer::open(const std::string& owner, std::string_view place, BytesView sealed) {
    const auto key = keys_.key(owner);
    if (!key && key.error().code == Code::Denied) {
        return Error{Code::NotFound, "the content was erased", "store"};
    }
    if (!key) return Error{Code::Internal, "the data key of stored content is missing", "store"};
    const auto packed = crypto::open(*key, sealed, as_bytes(place));
    if (!packed) return Error{Code::Internal, "stored content is damaged", "store"};
    return unpack(*packed);
}

}  // namespace tsunagi::store
