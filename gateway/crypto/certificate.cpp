#include "crypto/certificate.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>

#include "crypto/openssl.h"
#include "crypto/random.h"

namespace tsunagi::crypto {
namespace {

using GeneralNames = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using BigNumber = std::unique_ptr<BIGNUM, Freed<BN_free>>;

constexpr std::string_view kOrganisationUrn = "urn:tsunagi:organization:";

bool is_word(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    });
}

bool is_address(std::string_view text) {
    return !text.empty() && text.size() <= 45 &&
           text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

Result<Instant> instant_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) {
        return Error{Code::Invalid, "the certificate has an unreadable time", "validity"};
    }
    using namespace std::chrono;
    const sys_days day = year{parts.tm_year + 1900} / (parts.tm_mon + 1) / parts.tm_mday;
    return Instant{day + hours{parts.tm_hour} + minutes{parts.tm_min} + seconds{parts.tm_sec}};
}

std::string string_text(const ASN1_STRING* string) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
            static_cast<std::size_t>(ASN1_STRING_length(string))};
}

// Several organisations in one certificate would let its holder choose who to be: then it is none.
std::string organisation_of(X509* certificate) {
    const GeneralNames names{static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
    std::string found;
    for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type != GEN_URI) continue;
        const std::string uri = string_text(name->d.uniformResourceIdentifier);
        if (!uri.starts_with(kOrganisationUrn)) continue;
        if (!found.empty()) return {};
        found = uri.substr(kOrganisationUrn.size());
        if (!is_word(found)) return {};
    }
    return found;
}

Result<CertificateFacts> facts_of(X509* certificate) {
    if (certificate == nullptr) return Error{Code::Invalid, "not a certificate", ""};
    CertificateFacts facts;
    unsigned size = 0;
    must(X509_digest(certificate, sha256_algorithm(), facts.fingerprint.data(), &size) == 1 &&
             size == facts.fingerprint.size(),
         "digest of a certificate");
    facts.organisation = organisation_of(certificate);
    const X509_NAME* const subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at >= 0) {
        facts.common_name = string_text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    }
    auto not_before = instant_of(X509_get0_notBefore(certificate));
    auto not_after = instant_of(X509_get0_notAfter(certificate));
    if (!not_before) return not_before.error();
    if (!not_after) return not_after.error();
    facts.not_before = *not_before;
    facts.not_after = *not_after;
    facts.authority = X509_check_ca(certificate) == 1;
    return facts;
}

X509Ptr read_pem(std::string_view pem) {
    const Bio bio = memory_bio(pem);
    return X509Ptr{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)};
}

std::string write_pem(X509* certificate) {
    const Bio bio{BIO_new(BIO_s_mem())};
    must(bio != nullptr && PEM_write_bio_X509(bio.get(), certificate) == 1, "write a certificate");
    return text_of(bio.get());
}

Pkey make_p256() {
    Pkey key{EVP_EC_gen("P-256")};
    must(key != nullptr, "make a P-256 key");
    return key;
}

void set_time(ASN1_TIME* time, Instant instant) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(instant.time_since_epoch());
    must(ASN1_TIME_set(time, static_cast<std::time_t>(seconds.count())) != nullptr, "set a time");
}

// RFC 5280 section 4.1.2.2: positive, at most 20 octets; random, so that it tells nothing.
void set_serial(X509* certificate) {
    std::array<std::uint8_t, 16> bytes{};
    SystemRandom random;
    random.fill(bytes);
    bytes[0] = static_cast<std::uint8_t>((bytes[0] & 0x7F) | 0x40);
    const BigNumber number{BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)};
    must(number != nullptr &&
             BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr,
         "set a serial number");
}

Status set_subject(X509* certificate, std::string_view common_name) {
    if (common_name.empty() || common_name.size() > 64 ||
        X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                   MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(common_name.data()),
                                   static_cast<int>(common_name.size()), -1, 0) != 1) {
        return Error{Code::Invalid, "a common name has 1 to 64 characters", "common_name"};
    }
    return {};
}

Status add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const Extension extension{X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())};
    if (extension == nullptr || X509_add_ext(certificate, extension.get(), -1) != 1) {
        return Error{Code::Invalid, "the certificate cannot hold this", OBJ_nid2sn(nid)};
    }
    return {};
}

X509Ptr blank(Instant now, std::chrono::days lifetime, EVP_PKEY* key) {
    X509Ptr certificate{X509_new()};
    must(certificate != nullptr && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
             X509_set_pubkey(certificate.get(), key) == 1,
         "make a certificate");
    set_serial(certificate.get());
    set_time(X509_getm_notBefore(certificate.get()), now - std::chrono::hours{1});
    set_time(X509_getm_notAfter(certificate.get()), now + lifetime);
    return certificate;
}

const char* extended_use(CertificateUse use) {
    switch (use) {
        case CertificateUse::Server:
            return "serverAuth";
        case CertificateUse::Client:
            return "clientAuth";
        case CertificateUse::ServerAndClient:
            break;
    }
    return "serverAuth,clientAuth";
}

Result<std::string> alternative_names(const CertificateRequest& request) {
    // The words are checked: a comma would add a name of the caller's choice.
    if (!is_word(request.organisation)) {
        return Error{Code::Invalid, "an organisation id has letters, digits, '.', '_', '-'",
                     "organisation"};
    }
    std::string names = "URI:" + std::string{kOrganisationUrn} + request.organisation;
    for (const std::string& dns : request.dns_names) {
        if (!is_word(dns)) return Error{Code::Invalid, "not a host name", "dns_names"};
        names += ",DNS:" + dns;
    }
    for (const std::string& address : request.ip_addresses) {
        if (!is_address(address)) return Error{Code::Invalid, "not an address", "ip_addresses"};
        names += ",IP:" + address;
    }
    return names;
}

}  // namespace

Result<CertificateFacts> read_certificate(std::string_view pem) {
    const Border border;
    const X509Ptr certificate = read_pem(pem);
    return facts_of(certificate.get());
}

Result<CertificateFacts> read_certificate_der(BytesView der) {
    const Border border;
    const unsigned char* at = der.data();
    const X509Ptr certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
    if (certificate != nullptr && at != der.data() + der.size()) {
        return Error{Code::Invalid, "bytes after the certificate", ""};
    }
    return facts_of(certificate.get());
}

struct Authority::Impl {
    X509Ptr certificate;
    Pkey key;
};

Authority::Authority(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Authority::~Authority() = default;
Authority::Authority(Authority&&) noexcept = default;
Authority& Authority::operator=(Authority&&) noexcept = default;

Result<Authority> Authority::create(std::string_view name, Instant now,
                                    std::chrono::days lifetime) {
    const Border border;
    auto impl = std::make_unique<Impl>();
    impl->key = make_p256();
    impl->certificate = blank(now, lifetime, impl->key.get());
    X509* const certificate = impl->certificate.get();
    if (auto done = set_subject(certificate, name); !done) return done.error();
    must(X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) == 1, "issuer");
    const std::pair<int, const char*> extensions[] = {
        {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
        {NID_key_usage, "critical,keyCertSign,cRLSign"},
        {NID_subject_key_identifier, "hash"}};
    for (const auto& [nid, value] : extensions) {
        if (auto done = add_extension(certificate, certificate, nid, value); !done) {
            return done.error();
        }
    }
    must(X509_sign(certificate, impl->key.get(), sha256_algorithm()) > 0, "sign a certificate");
    return Authority{std::move(impl)};
}

Result<Authority> Authority::load(std::string_view certificate_pem, std::string_view key_pem) {
    const Border border;
    auto impl = std::make_unique<Impl>();
    impl->certificate = read_pem(certificate_pem);
    impl->key = read_private_pem(key_pem);
    if (impl->certificate == nullptr) return Error{Code::Invalid, "not a certificate", ""};
    if (impl->key == nullptr) return Error{Code::Invalid, "not a private key", ""};
    if (X509_check_ca(impl->certificate.get()) != 1) {
        return Error{Code::Invalid, "not the certificate of an authority", ""};
    }
    if (X509_check_private_key(impl->certificate.get(), impl->key.get()) != 1) {
        return Error{Code::Conflict, "the private key is not the certificate's", ""};
    }
    return Authority{std::move(impl)};
}

Result<IssuedCertificate> Authority::issue(const CertificateRequest& request, Instant now,
                                           std::chrono::days lifetime) const {
    const Border border;
    auto names = alternative_names(request);
    if (!names) return names.error();
    const Pkey key = make_p256();
    const X509Ptr certificate = blank(now, lifetime, key.get());
    if (auto done = set_subject(certificate.get(), request.common_name); !done) return done.error();
    X509* const issuer = impl_->certificate.get();
    must(X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer)) == 1, "issuer");
    const std::pair<int, std::string> extensions[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, extended_use(request.use)},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
        {NID_subject_alt_name, *names}};
    for (const auto& [nid, value] : extensions) {
        if (auto done = add_extension(certificate.get(), issuer, nid, value); !done) {
            return done.error();
        }
    }
    must(X509_sign(certificate.get(), impl_->key.get(), sha256_algorithm()) > 0,
         "sign a certificate");
    return IssuedCertificate{write_pem(certificate.get()),
                             Secret<std::string>{write_private_pem(key.get())}};
}

std::string Authority::certificate_pem() const {
    const Border border;
    return write_pem(impl_->certificate.get());
}

Secret<std::string> Authority::key_pem() const {
    const Border border;
    return Secret<std::string>{write_private_pem(impl_->key.get())};
}

bool issued_by(std::string_view certificate_pem, std::string_view authority_pem, Instant now) {
    const Border border;
    const X509Ptr certificate = read_pem(certificate_pem);
    const X509Ptr authority = read_pem(authority_pem);
    auto facts = facts_of(certificate.get());
    auto issuer = facts_of(authority.get());
    if (!facts || !issuer || !issuer->authority) return false;
    if (now < facts->not_before || now > facts->not_after) return false;
    return X509_verify(certificate.get(), X509_get0_pubkey(authority.get())) == 1;
}

bool is_key_of(std::string_view key_pem, std::string_view certificate_pem) {
    const Border border;
    const X509Ptr certificate = read_pem(certificate_pem);
    const Pkey key = read_private_pem(key_pem);
    return certificate != nullptr && key != nullptr &&
           X509_check_private_key(certificate.get(), key.get()) == 1;
}

}  // namespace tsunagi::crypto
