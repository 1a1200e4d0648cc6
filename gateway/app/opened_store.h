#pragma once
#include <memory>

#include "app/configuration.h"
#include "audit/note.h"
#include "base/clock.h"
#include "base/random.h"
#include "crypto/case_keys.h"
#include "crypto/signature.h"
#include "store/last_signed.h"
#include "store/store.h"

namespace tsunagi::app {

/// The store of an installation with the keys it lives from. One process at a time.
struct OpenedStore {
    std::unique_ptr<crypto::CaseKeys> keys;
    store::LastSignedFile last_signed;
    crypto::SigningKey signing_key;
    audit::NoteKey log_key;
    std::unique_ptr<store::Store> store;  ///< last: it uses the others
};

/// Busy when another process (a running gateway) has it. `clock` and `random` outlive the result.
Result<std::unique_ptr<OpenedStore>> open_store(const Configuration& configuration,
                                                const Clock& clock, Random& random);

}  // namespace tsunagi::app
