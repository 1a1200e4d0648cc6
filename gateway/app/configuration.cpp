#include "app/configuration.h"

#include <array>
#include <utility>

#include "app/files.h"
#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"

namespace tsunagi::app {
namespace {

namespace fs = std::filesystem;

/// A member that holds a path: section, name, where it goes.
struct PathMember {
    std::string_view section, name;
    fs::path Configuration::*target;
};

constexpr std::array kPaths{
    PathMember{"tls", "certificate", &Configuration::server_certificate},
    PathMember{"tls", "key", &Configuration::server_key},
    PathMember{"tls", "clientAuthority", &Configuration::client_authority},
    PathMember{"partners", "certificate", &Configuration::client_certificate},
    PathMember{"partners", "key", &Configuration::client_key},
    PathMember{"partners", "serverAuthority", &Configuration::server_authority},
    PathMember{"store", "database", &Configuration::database},
    PathMember{"store", "caseKeys", &Configuration::case_keys},
    PathMember{"store", "keyEncryptionKey", &Configuration::key_encryption_key},
    PathMember{"store", "lastSigned", &Configuration::last_signed},
    PathMember{"log", "key", &Configuration::log_key},
};

Error wrong(std::string what, std::string_view section, std::string_view name = {}) {
    std::string where{section};
    if (!name.empty()) where += (where.empty() ? "" : ".") + std::string{name};
    return Error{Code::Invalid, std::move(what), std::move(where)};
}

bool is_known(std::string_view section, std::string_view name) {
    for (const auto& member : kPaths) {
        if (member.section == section && member.name == name) return true;
    }
    return (section == "listen" && (name == "address" || name == "port")) ||
           (section == "log" && name == "origin");
}

Status refuse_unknown(json::Value root) {
    constexpr std::array<std::string_view, 5> kSections{"listen", "tls", "partners", "store",
                                                        "log"};
    for (const json::Value member : root) {
        const std::string_view key = member.key();
        if (key == "directory" || key == "registrations" || key == "home") continue;
        bool section = false;
        for (const auto each : kSections) section = section || each == key;
        if (!section) return wrong("unknown member", key);
        if (!member.is_object()) return wrong("is an object", key);
        for (const json::Value inner : member) {
            if (!is_known(key, inner.key())) return wrong("unknown member", key, inner.key());
        }
    }
    return {};
}

Result<fs::path> path_of(json::Value value, const fs::path& folder, std::string_view section,
                         std::string_view name) {
    if (!value.is_string() || value.text().empty())
        return wrong("is the path of a file", section, name);
    return (folder / std::string{value.text()}).lexically_normal();
}

/// Below `folder` relative to it, so that an installation can be moved as a whole.
std::string shown(const fs::path& path, const fs::path& folder) {
    const fs::path relative = path.lexically_relative(folder);
    const bool below = !relative.empty() && *relative.begin() != "..";
    return (below ? relative : path).string();
}

}  // namespace

Result<Configuration> parse_configuration(std::string_view text, const fs::path& folder) {
    auto document = json::read(text);
    if (!document) return document.error();
    const json::Value root = document->root();
    if (!root.is_object()) return wrong("the configuration is an object", "");
    if (auto known = refuse_unknown(root); !known) return known.error();

    Configuration configuration;
    for (const auto& member : kPaths) {
        auto path = path_of(root[member.section][member.name], folder, member.section, member.name);
        if (!path) return path.error();
        configuration.*member.target = std::move(*path);
    }
    if (const json::Value address = root["listen"]["address"]) {
        if (!address.is_string()) return wrong("is an IP address", "listen", "address");
        configuration.address = std::string{address.text()};
    }
    if (const json::Value port = root["listen"]["port"]) {
        const std::int64_t number = port.integer(-1);
        if (!port.is_number() || number < 0 || number > 65535)
            return wrong("is a number from 0 to 65535", "listen", "port");
        configuration.port = static_cast<std::uint16_t>(number);
    }
    auto directory = path_of(root["directory"], folder, "", "directory");
    if (!directory) return directory.error();
    configuration.directory = std::move(*directory);
    const json::Value registrations = root["registrations"];
    if (registrations && !registrations.is_array()) return wrong("is a list", "registrations");
    for (const json::Value each : registrations) {
        auto path = path_of(each, folder, "", "registrations");
        if (!path) return path.error();
        configuration.registrations.push_back(std::move(*path));
    }
    configuration.log_origin = std::string{root["log"]["origin"].text()};
    if (configuration.log_origin.empty()) return wrong("names the log", "log", "origin");
    if (root["home"]) {
        auto home = path_of(root["home"], folder, "", "home");
        if (!home) return home.error();
        configuration.home = std::move(*home);
    }
    return configuration;
}

Result<Configuration> read_configuration(const fs::path& file) {
    auto text = read_file(file);
    if (!text) return text.error();
    std::error_code fault;
    const fs::path absolute = fs::absolute(file, fault);
    if (fault) return Error{Code::Unavailable, "cannot be read", file.string()};
    auto configuration = parse_configuration(*text, absolute.parent_path());
    if (configuration) return configuration;
    return Error{configuration.error().code, configuration.error().message,
                 file.string() + " " + configuration.error().where};
}

std::string to_text(const Configuration& configuration, const fs::path& folder) {
    json::Document document;
    json::Builder builder(document);
    json::Node* root = builder.object();
    json::Node* listen = builder.set_object(root, "listen");
    builder.set(listen, "address", configuration.address);
    builder.set_number(listen, "port", std::int64_t{configuration.port});
    for (const auto& member : kPaths) {
        json::Node* section = json::Builder::find(root, member.section);
        if (!section) section = builder.set_object(root, member.section);
        builder.set(section, member.name, shown(configuration.*member.target, folder));
    }
    builder.set(json::Builder::find(root, "log"), "origin", configuration.log_origin);
    builder.set(root, "directory", shown(configuration.directory, folder));
    json::Node* registrations = builder.set_array(root, "registrations");
    for (const auto& each : configuration.registrations)
        builder.add(registrations, shown(each, folder));
    if (configuration.home) builder.set(root, "home", shown(*configuration.home, folder));
    return json::write_pretty(document.root());
}

}  // namespace tsunagi::app
