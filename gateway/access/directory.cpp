#include "access/directory.h"

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <map>
#include <sstream>

#include "json/builder.h"
#include "json/reader.h"
#include "json/writer.h"

namespace tsunagi::access {
namespace {

constexpr std::size_t kMaxFile = 4U << 20;

Error bad(std::string path, const char* what) { return {Code::Invalid, what, std::move(path)}; }

/// Ids travel into certificates, log entries and file names: the narrowest of their alphabets.
bool is_id(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    });
}

/// Reads the members of one JSON object. The first fault is kept; `status` tells it.
class Members {
public:
    Members(json::Value object, std::string path, std::initializer_list<std::string_view> known)
        : object_(object), path_(std::move(path)) {
        if (!object_.is_object()) fail("", "must be an object");
        for (const json::Value member : object_) {
            if (std::find(known.begin(), known.end(), member.key()) == known.end()) {
                fail(member.key(), "is not known here");
            }
        }
    }

    const Status& status() const { return status_; }
    std::string path(std::string_view member) const {
        return member.empty() ? path_ : path_ + "." + std::string{member};
    }

    std::string text(std::string_view member, bool required = false) {
        const json::Value value = object_[member];
        if (value && !value.is_string()) fail(member, "must be a text");
        if (required && value.text().empty()) fail(member, "is missing");
        return std::string{value.text()};
    }
    std::string id(std::string_view member, bool required) {
        std::string text = this->text(member, required);
        if (!text.empty() && !is_id(text)) {
            fail(member, "may hold 1 to 64 letters, digits, '.', '_' and '-' only");
        }
        return text;
    }
    std::optional<Instant> instant(std::string_view member, bool required) {
        const std::string text = this->text(member, required);
        if (text.empty()) return std::nullopt;
        const auto read = parse_instant(text);
        if (!read) {
            fail(member, "must be a time with an offset, as 2026-04-01T00:00:00+09:00");
            return std::nullopt;
        }
        return *read;
    }
    std::optional<crypto::Digest> fingerprint(std::string_view member, bool required) {
        const std::string text = this->text(member, required);
        if (text.empty()) return std::nullopt;
        const auto bytes = from_hex(text);
        crypto::Digest digest{};
        if (!bytes || bytes->size() != digest.size()) {
            fail(member, "must be a SHA-256 fingerprint of 64 hexadecimal digits");
            return std::nullopt;
        }
        std::copy(bytes->begin(), bytes->end(), digest.begin());
        return digest;
    }
    Role role(std::string_view member) {
        const auto read = parse_role(text(member, true));
        if (!read) fail(member, "is not a role");
        return read ? *read : Role::PartnerSystem;
    }
    /// The items of an array member; none when it is absent.
    std::vector<json::Value> items(std::string_view member) {
        const json::Value value = object_[member];
        if (value && !value.is_array()) fail(member, "must be a list");
        return value.is_array() ? std::vector<json::Value>(value.begin(), value.end())
                                : std::vector<json::Value>{};
    }
    json::Value object(std::string_view member) const { return object_[member]; }
    void fail(std::string_view member, const char* what) {
        if (status_) status_ = bad(path(member), what);
    }
    void adopt(const Status& inner) {
        if (status_ && !inner) status_ = inner;
    }

private:
    json::Value object_;
    std::string path_;
    Status status_;
};

std::string at(const Members& members, std::string_view list, std::size_t index) {
    return members.path(list) + "[" + std::to_string(index) + "]";
}

Result<Certificate> read_certificate(json::Value value, const std::string& path) {
    Members members{value, path, {"sha256", "validFrom", "validUntil", "role", "person"}};
    Certificate read;
    read.sha256 = members.fingerprint("sha256", true).value_or(crypto::Digest{});
    read.valid_from = members.instant("validFrom", true).value_or(Instant{});
    read.valid_until = members.instant("validUntil", false);
    read.role = members.role("role");
    read.person = members.id("person", false);
    if (read.valid_until && *read.valid_until <= read.valid_from) {
        members.fail("validUntil", "must be later than validFrom");
    }
    if (!members.status()) return members.status().error();
    return read;
}

Result<Endpoint> read_endpoint(json::Value value, const std::string& path) {
    Members members{value, path, {"channel", "url", "serverSha256", "validFrom"}};
    Endpoint read;
    read.channel = members.text("channel", true);
    read.url = members.text("url");
    read.server_sha256 = members.fingerprint("serverSha256", false);
    read.valid_from = members.instant("validFrom", true).value_or(Instant{});
    if (read.channel == "fhir_rest") {
        if (!read.url.starts_with("https://") ||
            read.url.find_first_of("?#@ ") != std::string::npos) {
            members.fail("url", "must be an https URL without user, query or fragment");
        }
        if (!read.server_sha256) members.fail("serverSha256", "is missing");
    } else if (read.channel == "file_drop") {
        if (!read.url.starts_with("file:///")) members.fail("url", "must be a file URL");
    } else if (read.channel == "paper") {
        if (!read.url.empty()) members.fail("url", "has no place here");
    } else {
        members.fail("channel", "is not a channel");
    }
    if (!members.status()) return members.status().error();
    return read;
}

Result<Organisation> read_organisation(json::Value value, const std::string& path) {
    Members members{value,
                    path,
                    {"id", "name", "department", "phone", "fax", "institutionCode", "roles",
                     "certificates", "endpoints"}};
    Organisation read;
    read.id = OrganisationId{members.id("id", true)};
    Members names{members.object("name"), members.path("name"), {"ja", "en"}};
    read.name_ja = names.text("ja", true);
    read.name_en = names.text("en", true);
    members.adopt(names.status());
    read.department = members.text("department");
    read.phone = members.text("phone");
    read.fax = members.text("fax");
    read.institution_code = members.text("institutionCode");
    if (!read.institution_code.empty() &&
        (read.institution_code.size() != 10 ||
         read.institution_code.find_first_not_of("0123456789") != std::string::npos)) {
        members.fail("institutionCode", "must be 10 digits");
    }
    const auto roles = members.items("roles");
    for (std::size_t i = 0; i < roles.size(); ++i) {
        const auto role = parse_role(roles[i].is_string() ? roles[i].text() : "");
        if (!role) {
            members.adopt(bad(at(members, "roles", i), "is not a role"));
        } else {
            read.roles.push_back(*role);
        }
    }
    const auto certificates = members.items("certificates");
    for (std::size_t i = 0; i < certificates.size(); ++i) {
        const std::string place = at(members, "certificates", i);
        const auto certificate = read_certificate(certificates[i], place);
        if (!certificate) {
            members.adopt(certificate.error());
            continue;
        }
        if (std::find(read.roles.begin(), read.roles.end(), certificate->role) ==
            read.roles.end()) {
            members.adopt(bad(place + ".role", "is not one of the organisation's roles"));
        }
        read.certificates.push_back(*certificate);
    }
    const auto endpoints = members.items("endpoints");
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
        auto endpoint = read_endpoint(endpoints[i], at(members, "endpoints", i));
        if (!endpoint) {
            members.adopt(endpoint.error());
        } else {
            read.endpoints.push_back(std::move(*endpoint));
        }
    }
    if (!members.status()) return members.status().error();
    return read;
}

}  // namespace

Result<Directory> Directory::parse(std::string_view json) {
    const auto document = json::read(json);
    if (!document) return document.error();
    Members members{document->root(), "directory", {"organisations"}};
    const auto organisations = members.items("organisations");
    if (!members.status()) return members.status().error();
    if (organisations.empty()) return bad("directory.organisations", "is empty");

    Directory directory;
    std::map<crypto::Digest, std::size_t> owners;
    for (std::size_t i = 0; i < organisations.size(); ++i) {
        const std::string path = at(members, "organisations", i);
        auto read = read_organisation(organisations[i], path);
        if (!read) return read.error();
        if (directory.find(read->id) != nullptr) return bad(path + ".id", "stands here twice");
        for (std::size_t c = 0; c < read->certificates.size(); ++c) {
            if (!owners.emplace(read->certificates[c].sha256, i).second) {
                return bad(path + ".certificates[" + std::to_string(c) + "].sha256",
                           "stands here twice");
            }
        }
        directory.organisations_.push_back(std::move(*read));
    }
    return directory;
}

const Organisation* Directory::find(const OrganisationId& id) const {
    for (const Organisation& organisation : organisations_) {
        if (organisation.id == id) return &organisation;
    }
    return nullptr;
}

Result<Principal> Directory::authenticate(const crypto::Digest& fingerprint, Instant now) const {
    for (const Organisation& organisation : organisations_) {
        for (const Certificate& certificate : organisation.certificates) {
            if (certificate.sha256 != fingerprint || now < certificate.valid_from ||
                (certificate.valid_until && now >= *certificate.valid_until)) {
                continue;
            }
            return Principal{organisation.id, certificate.person, certificate.role};
        }
    }
    return Error{Code::Denied, "the certificate is not in the directory", "certificate"};
}

Result<Endpoint> Directory::endpoint(const OrganisationId& id, Instant now) const {
    const Organisation* organisation = find(id);
    const Endpoint* found = nullptr;
    if (organisation != nullptr) {
        for (const Endpoint& candidate : organisation->endpoints) {
            if (candidate.valid_from <= now &&
                (found == nullptr || candidate.valid_from >= found->valid_from)) {
                found = &candidate;
            }
        }
    }
    if (found == nullptr) {
        return Error{Code::NotFound, "the directory has no endpoint in force", "directory"};
    }
    return *found;
}

std::string freeze(const Endpoint& endpoint) {
    json::Document document;
    json::Builder builder{document};
    json::Node* root = builder.object();
    builder.set(root, "channel", endpoint.channel);
    if (!endpoint.url.empty()) builder.set(root, "url", endpoint.url);
    if (endpoint.server_sha256) {
        builder.set(root, "serverSha256", to_hex(*endpoint.server_sha256));
    }
    builder.set(root, "validFrom", format_instant(endpoint.valid_from, std::chrono::minutes{0}));
    return json::write(document.root());
}

Result<Endpoint> thaw(std::string_view json) {
    const auto document = json::read(json);
    if (!document) return document.error();
    return read_endpoint(document->root(), "endpoint");
}

LiveDirectory::LiveDirectory(Directory directory)
    : current_(std::make_shared<const Directory>(std::move(directory))) {}

Result<std::unique_ptr<LiveDirectory>> LiveDirectory::open(std::filesystem::path file) {
    auto live = std::make_unique<LiveDirectory>(Directory{});
    live->file_ = std::move(file);
    if (auto loaded = live->reload(); !loaded) return loaded.error();
    return live;
}

std::shared_ptr<const Directory> LiveDirectory::current() const {
    const std::lock_guard lock{mutex_};
    return current_;
}

Status LiveDirectory::reload() {
    if (file_.empty()) return {};
    std::ifstream in{file_, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    if (!in || !text) {
        return Error{Code::Unavailable, "the directory cannot be read", file_.string()};
    }
    if (text.view().size() > kMaxFile) {
        return Error{Code::Invalid, "the directory is too large", file_.string()};
    }
    auto directory = Directory::parse(text.view());
    if (!directory) {
        Error error = directory.error();
        error.where = file_.string() + ": " + error.where;
        return error;
    }
    replace(std::move(*directory));
    return {};
}

void LiveDirectory::replace(Directory directory) {
    auto fresh = std::make_shared<const Directory>(std::move(directory));
    const std::lock_guard lock{mutex_};
    current_ = std::move(fresh);
}

}  // namespace tsunagi::access
