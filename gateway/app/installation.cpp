#include "app/installation.h"

#include <system_error>
#include <utility>

#include "app/files.h"
#include "audit/note.h"
#include "base/bytes.h"
#include "base/uuid.h"
#include "crypto/key_file.h"
#include "crypto/signature.h"
#include "json/builder.h"
#include "json/writer.h"

namespace tsunagi::app {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::days kAuthorityLife{3650};
constexpr std::chrono::days kCertificateLife{397};

bool is_address(std::string_view host) {
    return host.find_first_not_of("0123456789.") == std::string_view::npos ||
           host.find(':') != std::string_view::npos;
}

std::string utc(Instant instant) { return format_instant(instant, std::chrono::minutes{0}); }

void set_if(json::Builder& builder, json::Node* object, std::string_view key,
            const std::string& text) {
    if (!text.empty()) builder.set(object, key, text);
}

void add_certificate(json::Builder& builder, json::Node* list, const access::Certificate& each) {
    json::Node* row = builder.add_object(list);
    builder.set(row, "sha256", to_hex(each.sha256));
    builder.set(row, "validFrom", utc(each.valid_from));
    if (each.valid_until) builder.set(row, "validUntil", utc(*each.valid_until));
    builder.set(row, "role", access::name(each.role));
    set_if(builder, row, "person", each.person);
}

void add_endpoint(json::Builder& builder, json::Node* list, const access::Endpoint& each) {
    json::Node* row = builder.add_object(list);
    builder.set(row, "channel", each.channel);
    set_if(builder, row, "url", each.url);
    if (each.server_sha256) builder.set(row, "serverSha256", to_hex(*each.server_sha256));
    builder.set(row, "validFrom", utc(each.valid_from));
}

Configuration first_configuration(const fs::path& folder, Random& random) {
    Configuration configuration;
    configuration.server_certificate = folder / "tls" / "server.pem";
    configuration.server_key = folder / "tls" / "server.key";
    configuration.client_authority = folder / "tls" / "authority.pem";
    configuration.client_certificate = folder / "tls" / "gateway.pem";
    configuration.client_key = folder / "tls" / "gateway.key";
    configuration.server_authority = folder / "tls" / "authority.pem";
    configuration.directory = folder / "directory.json";
    configuration.database = folder / "data" / "gateway.db";
    configuration.case_keys = folder / "keys" / "case_keys";
    configuration.key_encryption_key = folder / "keys" / "key_encryption_key";
    configuration.last_signed = folder / "keys" / "last_signed";
    configuration.log_origin = "tsunagi.example/log/" + uuid_v4(random);
    configuration.log_key = folder / "keys" / "log.pem";
    return configuration;
}

}  // namespace

std::string directory_text(std::span<const access::Organisation> organisations) {
    json::Document document;
    json::Builder builder(document);
    json::Node* list = builder.set_array(builder.object(), "organisations");
    for (const auto& each : organisations) {
        json::Node* row = builder.add_object(list);
        builder.set(row, "id", each.id.text());
        json::Node* name = builder.set_object(row, "name");
        builder.set(name, "ja", each.name_ja);
        builder.set(name, "en", each.name_en);
        set_if(builder, row, "department", each.department);
        set_if(builder, row, "phone", each.phone);
        set_if(builder, row, "fax", each.fax);
        set_if(builder, row, "institutionCode", each.institution_code);
        json::Node* roles = builder.set_array(row, "roles");
        for (const auto role : each.roles) builder.add(roles, access::name(role));
        if (!each.certificates.empty()) {
            json::Node* certificates = builder.set_array(row, "certificates");
            for (const auto& one : each.certificates) add_certificate(builder, certificates, one);
        }
        if (!each.endpoints.empty()) {
            json::Node* endpoints = builder.set_array(row, "endpoints");
            for (const auto& one : each.endpoints) add_endpoint(builder, endpoints, one);
        }
    }
    return json::write_pretty(document.root());
}

Result<Installation> Installation::create(const fs::path& folder,
                                          std::span<const std::string> hosts, const Clock& clock,
                                          Random& random) {
    std::error_code fault;
    const fs::path root = fs::absolute(folder, fault).lexically_normal();
    if (fs::exists(root, fault) && !(fs::is_directory(root, fault) && fs::is_empty(root, fault))) {
        return Error{Code::Conflict, "exists already; nothing was changed", root.string()};
    }
    for (const char* name : {"tls", "keys", "data"}) {
        fs::create_directories(root / name, fault);
        if (fault) return Error{Code::Unavailable, "cannot make the folder", root.string()};
        fs::permissions(root / name, fs::perms::owner_all, fault);
        if (fault) return Error{Code::Unavailable, "cannot close the folder", root.string()};
    }
    auto authority =
        crypto::Authority::create("Tsunagi installation authority", clock.now(), kAuthorityLife);
    if (!authority) return authority.error();
    Installation made(root, std::move(*authority), clock);
    made.configuration_ = first_configuration(root, random);
    if (auto keys = made.make_keys(random); !keys) return keys.error();

    crypto::CertificateRequest server{"gateway",
                                      "Tsunagi gateway",
                                      crypto::CertificateUse::Server,
                                      {"localhost"},
                                      {"127.0.0.1", "::1"}};
    for (const auto& host : hosts)
        (is_address(host) ? server.ip_addresses : server.dns_names).push_back(host);
    if (auto issued = made.issue("server", server); !issued) return issued.error();
    const crypto::CertificateRequest client{
        "gateway", "Tsunagi gateway", crypto::CertificateUse::Client, {}, {}};
    if (auto issued = made.issue("gateway", client); !issued) return issued.error();
    if (auto written = made.write_configuration(made.configuration_); !written)
        return written.error();
    return made;
}

Status Installation::make_keys(Random& random) {
    if (auto written = write_file(authority(), authority_.certificate_pem()); !written)
        return written;
    if (auto written = crypto::write_secret_file(folder_ / "tls" / "authority.key",
                                                 authority_.key_pem().reveal());
        !written) {
        return written;
    }
    const auto signing = crypto::SigningKey::generate(random);
    if (auto written = crypto::write_secret_file(configuration_.log_key, signing.to_pem().reveal());
        !written) {
        return written;
    }
    log_key_ = audit::NoteKey{configuration_.log_origin, signing.verify_key()}.to_vkey();
    if (auto written = write_file(folder_ / "keys" / "log.vkey", log_key_ + "\n"); !written)
        return written;
    const auto wrapping = crypto::DataKey::generate(random);
    return crypto::write_secret_file(configuration_.key_encryption_key,
                                     crypto::key_file_text(wrapping));
}

Result<IssuedFiles> Installation::issue(std::string_view name,
                                        const crypto::CertificateRequest& request) {
    auto issued = authority_.issue(request, clock_.now(), kCertificateLife);
    if (!issued) return issued.error();
    const auto facts = crypto::read_certificate(issued->certificate_pem);
    if (!facts) return facts.error();
    const fs::path base = folder_ / "tls" / std::string{name};
    IssuedFiles files{base.string() + ".pem", base.string() + ".key", facts->fingerprint};
    if (auto written = crypto::write_secret_file(files.key, issued->key_pem.reveal()); !written)
        return written.error();
    if (auto written = write_file(files.certificate, issued->certificate_pem); !written)
        return written.error();
    return files;
}

Status Installation::write_directory(std::span<const access::Organisation> organisations) {
    const std::string text = directory_text(organisations);
    if (auto checked = access::Directory::parse(text); !checked) return checked.error();
    return write_file(configuration_.directory, text);
}

Status Installation::write_configuration(const Configuration& configuration) {
    configuration_ = configuration;
    return write_file(configuration_file(), to_text(configuration, folder_));
}

}  // namespace tsunagi::app
