#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tsunagi::app {

/// The configuration of one gateway: a JSON file that `tsunagi init` writes (README.md shows it).
/// Paths are absolute after reading; in the file they are relative to the file. A plain value.
struct Configuration {
    using Path = std::filesystem::path;

    std::string address = "127.0.0.1";  ///< an IP address to bind
    std::uint16_t port = 8443;          ///< 0: any free one, told on standard output

    /// Our side of the connections that partners open to us.
    Path server_certificate, server_key, client_authority;
    /// Our side of the connections that we open to partners.
    Path client_certificate, client_key, server_authority;

    Path directory;
    std::vector<Path> registrations;

    Path database;
    Path case_keys;
    Path key_encryption_key;
    Path last_signed;  ///< the last checkpoint, remembered apart from the database

    std::string log_origin;  ///< first line of every checkpoint; names the log's key
    Path log_key;

    std::optional<Path>
        home;  ///< profiles/ and mappings/ of this installation; none: the program's
};

/// Reads strictly: a member that is not known, is missing or has the wrong kind is Error Invalid,
/// `where` = its path.
Result<Configuration> parse_configuration(std::string_view text,
                                          const std::filesystem::path& folder);

/// The same of a file; `where` names the file too.
Result<Configuration> read_configuration(const std::filesystem::path& file);

/// The text that parse_configuration reads; paths below `folder` are written relative to it.
std::string to_text(const Configuration& configuration, const std::filesystem::path& folder);

}  // namespace tsunagi::app
