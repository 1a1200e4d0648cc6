#include <ostream>

#include "app/command.h"
#include "app/installation.h"
#include "crypto/random.h"

namespace tsunagi::app {
namespace {

Result<access::Organisation> make_reader(Installation& installation, std::string_view id,
                                         std::string_view ja, std::string_view en,
                                         access::Role role, Instant now) {
    crypto::CertificateRequest request;
    request.organisation = std::string{id};
    request.common_name = "Tsunagi " + std::string{id};
    auto issued = installation.issue(id, request);
    if (!issued) return issued.error();
    access::Organisation organisation;
    organisation.id = access::OrganisationId{std::string{id}};
    organisation.name_ja = ja;
    organisation.name_en = en;
    organisation.roles = {role};
    access::Certificate certificate;
    certificate.sha256 = issued->sha256;
    certificate.valid_from = now - std::chrono::hours{1};
    certificate.role = role;
    organisation.certificates.push_back(std::move(certificate));
    return organisation;
}

int run(const Arguments& arguments, Io& io) {
    const SystemClock clock;
    crypto::SystemRandom random;
    const auto failed = [&](const Error& error) {
        return could_not_run(io, {"導入先を作れません。", "cannot set up"}, error);
    };
    auto made =
        Installation::create(arguments.operands()[0], arguments.values("host"), clock, random);
    if (!made) return failed(made.error());
    std::vector<access::Organisation> organisations;
    for (const auto& [id, ja, en, role] :
         {std::tuple{"operator", "運用者", "Operator", access::Role::Operator},
          std::tuple{"auditor", "監査者", "Auditor", access::Role::Auditor}}) {
        auto organisation = make_reader(*made, id, ja, en, role, clock.now());
        if (!organisation) return failed(organisation.error());
        organisations.push_back(std::move(*organisation));
    }
    if (auto written = made->write_directory(organisations); !written)
        return failed(written.error());
    io.out
        << "作りました / made: " << made->configuration_file().string() << "\n"
        << "記録の検証鍵（監査者に渡す）/ the log's key, for auditors:\n  " << made->log_key()
        << "\n次 / next: 参加機関を directory.json に加え、起動 / add partners to directory.json, "
           "then\n  tsunagi serve --config "
        << made->configuration_file().string() << "\n";
    return kDone;
}

}  // namespace

Command init_command() {
    return {"init",
            "FOLDER",
            1,
            1,
            "新しい導入先を作る: 鍵、証明書、参加機関一覧、設定。上書きはしない。",
            "Makes a new installation: keys, certificates, directory, configuration. Overwrites "
            "nothing.",
            {{"host", "NAME", "ゲートウェイの名前かIPアドレス（localhost のほかに）",
              "name or IP address of the gateway, besides localhost", OptionSpec::Count::Many}},
            run};
}

}  // namespace tsunagi::app
