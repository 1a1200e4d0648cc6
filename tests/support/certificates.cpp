#include "support/certificates.h"

#include <fstream>
#include <stdexcept>

namespace tsunagi::support {
namespace {

constexpr std::chrono::days kYear{365};

template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error(to_string(result.error()));
    return std::move(result).value();
}

crypto::Authority make_authority(std::string_view name) {
    return must(crypto::Authority::create(name, SystemClock{}.now(), kYear));
}

}  // namespace

TestCertificates::TestCertificates()
    : own_(make_authority("Test Authority")), stranger_(make_authority("Other Authority")) {
    authority_ = write("authority.pem", own_.certificate_pem());
}

CertificateFiles TestCertificates::issue(const std::string& organisation,
                                         crypto::CertificateUse use) const {
    return issue(own_, organisation, organisation, use);
}

CertificateFiles TestCertificates::issue_another(const std::string& organisation,
                                                 crypto::CertificateUse use) const {
    return issue(own_, organisation, "another-" + organisation, use);
}

CertificateFiles TestCertificates::issue_by_stranger(const std::string& organisation,
                                                     crypto::CertificateUse use) const {
    return issue(stranger_, organisation, "stranger-" + organisation, use);
}

std::string TestCertificates::write(const std::string& name, std::string_view text) const {
    const auto path = folder_.path() / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
}

CertificateFiles TestCertificates::issue(const crypto::Authority& authority,
                                         const std::string& organisation, const std::string& file,
                                         crypto::CertificateUse use) const {
    const auto issued = must(authority.issue({.organisation = organisation,
                                              .common_name = organisation,
                                              .use = use,
                                              .dns_names = {"localhost"},
                                              .ip_addresses = {"127.0.0.1"}},
                                             SystemClock{}.now(), kYear));
    return {.certificate = write(file + ".pem", issued.certificate_pem),
            .key = write(file + ".key", issued.key_pem.reveal()),
            .fingerprint = must(crypto::read_certificate(issued.certificate_pem)).fingerprint};
}

}  // namespace tsunagi::support
