#pragma once
#include <filesystem>
#include <string_view>

#include "crypto/seal.h"

namespace tsunagi::crypto {

/// Reads a key-encryption key: 64 hexadecimal digits and at most one newline, in a file or a
/// systemd credential. Denied when others than its owner may read it.
Result<DataKey> read_key_file(const std::filesystem::path& file);

/// Writes a new secret file (mode 0600, fsync of file and folder). Conflict when it exists: a key
/// is never overwritten.
Status write_secret_file(const std::filesystem::path& file, std::string_view text);

/// The text that read_key_file() reads.
std::string key_file_text(const DataKey& key);

}  // namespace tsunagi::crypto
