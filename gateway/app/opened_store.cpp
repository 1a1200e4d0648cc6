#include "app/opened_store.h"

#include <utility>

#include "app/files.h"
#include "crypto/key_file.h"
#include "store/sqlite/sqlite_store.h"

namespace tsunagi::app {
namespace {

Error at(const Error& error, const std::filesystem::path& path) {
    return Error{error.code, error.message, error.where.empty() ? path.string() : error.where};
}

}  // namespace

Result<std::unique_ptr<OpenedStore>> open_store(const Configuration& configuration,
                                                const Clock& clock, Random& random) {
    auto wrapping = crypto::read_key_file(configuration.key_encryption_key);
    if (!wrapping) return at(wrapping.error(), configuration.key_encryption_key);
    auto keys = crypto::CaseKeys::open(configuration.case_keys, *wrapping, random);
    if (!keys) return at(keys.error(), configuration.case_keys);
    auto pem = read_file(configuration.log_key);
    if (!pem) return pem.error();
    auto signing = crypto::SigningKey::from_pem(*pem);
    if (!signing) return at(signing.error(), configuration.log_key);
    if (!audit::is_key_name(configuration.log_origin))
        return Error{Code::Invalid, "the log's origin may hold no space and no '+'", "log.origin"};
    audit::NoteKey log_key{configuration.log_origin, signing->verify_key()};

    auto opened = std::make_unique<OpenedStore>(
        OpenedStore{std::move(*keys), store::LastSignedFile{configuration.last_signed},
                    std::move(*signing), std::move(log_key), nullptr});
    store::SqliteOptions options;
    options.path = configuration.database.string();
    options.origin = configuration.log_origin;
    auto stored = store::open_sqlite(
        options, {*opened->keys, clock, random, opened->last_signed, opened->log_key});
    if (!stored) return at(stored.error(), configuration.database);
    opened->store = std::move(*stored);
    return opened;
}

}  // namespace tsunagi::app
