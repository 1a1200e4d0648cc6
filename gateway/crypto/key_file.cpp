#include "crypto/key_file.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/bytes.h"
#include "crypto/file.h"

namespace tsunagi::crypto {

Result<DataKey> read_key_file(const std::filesystem::path& file) {
    const File handle = open_file(file, O_RDONLY);
    if (!handle) return file_error(errno, "cannot open the key file", file);
    struct stat facts {};
    if (::fstat(handle.get(), &facts) != 0) return file_error(errno, "cannot look at", file);
    if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return Error{Code::Denied, "the key file is open to others than its owner: chmod 600",
                     file.string()};
    }
    std::string text(2 * DataKey::kSize + 2, '\0');
    const auto size = read_at(handle, text.data(), text.size(), 0);
    if (!size) return file_error(errno, "cannot read", file);
    text.resize(*size);
    if (text.ends_with('\n')) text.pop_back();
    auto bytes = from_hex(text);
    OPENSSL_cleanse(text.data(), text.size());
    if (!bytes || bytes->size() != DataKey::kSize) {
        return Error{Code::Invalid, "a key file holds 64 hexadecimal digits", file.string()};
    }
    auto key = DataKey::from_bytes(*bytes);
    OPENSSL_cleanse(bytes->data(), bytes->size());
    return key;
}

Status write_secret_file(const std::filesystem::path& file, std::string_view text) {
    const File handle = open_file(file, O_WRONLY | O_CREAT | O_EXCL);
    if (!handle) {
        if (errno == EEXIST) return Error{Code::Conflict, "the file exists", file.string()};
        return file_error(errno, "cannot make", file);
    }
    if (!write_at(handle, text, 0) || ::fsync(handle.get()) != 0 || !sync_folder_of(file)) {
        return file_error(errno, "cannot write", file);
    }
    return {};
}

std::string key_file_text(const DataKey& key) { return to_hex(key.reveal()) + "\n"; }

}  // namespace tsunagi::crypto
