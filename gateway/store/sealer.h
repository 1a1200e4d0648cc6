#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/random.h"
#include "crypto/case_keys.h"

namespace tsunagi::store {

/// Turns content into what lies in a `sealed` column and back: zstd when that helps, then
/// AES-256-GCM with the owner's key. `place` names the row and is authenticated: a value copied to
/// another row does not open. Thread rule: one thread at a time; one per connection.
class Sealer {
public:
    /// Content above this size is refused: far above any document, far below what would hurt.
    static constexpr std::size_t kMaxBytes = 64U << 20;

    explicit Sealer(crypto::CaseKeys& keys);
    ~Sealer();

    /// Stages the owner's key on first use (CaseKeys::sync before anything is acknowledged). Denied
    /// when it was destroyed.
    Result<Bytes> seal(const std::string& owner, std::string_view place, BytesView plain,
                       Random& random);
    /// NotFound when the key is destroyed; Internal when the value is damaged or not of this place.
    Result<Bytes> open(const std::string& owner, std::string_view place, BytesView sealed);

    /// The same packing without a key, for content that names nobody.
    Bytes pack(BytesView plain);
    Result<Bytes> unpack(BytesView packed) const;

private:
    struct Contexts;
    crypto::CaseKeys& keys_;
    std::unique_ptr<Contexts> contexts_;
};

}  // namespace tsunagi::store
