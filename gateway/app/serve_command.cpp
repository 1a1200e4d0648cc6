#include <ostream>

#include "app/command.h"
#include "app/common_options.h"
#include "app/core_dumps.h"
#include "app/running_gateway.h"
#include "app/signals.h"

namespace tsunagi::app {
namespace {

int run(const Arguments& arguments, Io& io) {
    const LifeCycleSignals signals;
    if (const auto forbidden = forbid_core_dumps(); !forbidden) {
        return could_not_run(io, {"コアダンプを禁止できません。", "cannot forbid core dumps"},
                             forbidden.error());
    }
    const auto configuration = read_configuration(arguments.value("config"));
    if (!configuration) {
        return could_not_run(io, {"設定を読めません。", "cannot read the configuration"},
                             configuration.error());
    }
    auto home = arguments.has("home") ? home_of(arguments) : find_home(configuration->home);
    if (!home) return could_not_run(io, {"定義が見つかりません。", "no definitions"}, home.error());
    const SystemClock clock;
    EventLog log(clock, standard_error_sink());
    const auto gateway =
        RunningGateway::start(*configuration, *home, arguments.values("package"), clock, log);
    if (!gateway) {
        return could_not_run(
            io, {"起動できません。定義・変換規則・設定を直してください。", "cannot start"},
            gateway.error());
    }
    io.out << "https://" << configuration->address << ":" << (*gateway)->port() << std::endl;
    // What cannot be read stays as it was; the gateway's log says why.
    while (signals.wait() == SIGHUP) (void)(*gateway)->reload();
    (*gateway)->stop();
    return kDone;
}

}  // namespace

Command serve_command() {
    return {"serve",
            "",
            0,
            0,
            "ゲートウェイを動かす。SIGTERM で終え、SIGHUP で一覧と証明書を読み直す。",
            "Runs the gateway. SIGTERM ends it, SIGHUP reads directory and certificates again.",
            {kConfigOption, kPackageOption, kHomeOption},
            run};
}

}  // namespace tsunagi::app
