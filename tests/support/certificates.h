#pragma once
#include <string>

#include "crypto/certificate.h"
#include "support/temp_folder.h"

namespace tsunagi::support {

/// PEM files of a certificate and its key.
struct CertificateFiles {
    std::string certificate;
    std::string key;
    crypto::Digest fingerprint{};
};

/// A folder of certificates made for one test run; removed with the object. All are for localhost
/// and 127.0.0.1.
class TestCertificates {
public:
    TestCertificates();

    /// Makes a certificate for `organisation`, in files of that name; an earlier one is replaced.
    CertificateFiles issue(const std::string& organisation, crypto::CertificateUse use) const;
    /// Another one for an organisation that has one, in files of its own.
    CertificateFiles issue_another(const std::string& organisation,
                                   crypto::CertificateUse use) const;
    /// The same from an authority that nobody here knows.
    CertificateFiles issue_by_stranger(const std::string& organisation,
                                       crypto::CertificateUse use) const;
    /// PEM file of the authority behind issue().
    const std::string& authority() const { return authority_; }

private:
    std::string write(const std::string& name, std::string_view text) const;
    CertificateFiles issue(const crypto::Authority& authority, const std::string& organisation,
                           const std::string& file, crypto::CertificateUse use) const;

    TempFolder folder_;
    crypto::Authority own_;
    crypto::Authority stranger_;
    std::string authority_;
};

}  // namespace tsunagi::support
