#include <fstream>
#include <ostream>
#include <sstream>

#include "app/command.h"
#include "app/common_options.h"
#include "app/files.h"
#include "app/opened_store.h"
#include "audit/entry.h"
#include "audit/verifier.h"
#include "base/bytes.h"
#include "crypto/random.h"
#include "deliver/curl_http_client.h"
#include "inquire/inquire.h"

namespace tsunagi::app {
namespace {

/// A million entries are about 500 MB of export.
constexpr std::size_t kExportBytes = std::size_t{1} << 30;

int verify(const Arguments& arguments, Io& io) {
    audit::Pins pins;
    if (arguments.has("key")) {
        auto key = audit::NoteKey::parse(arguments.value("key"));
        if (!key)
            return could_not_run(io, {"検証鍵を読めません。", "the key is unreadable"},
                                 key.error());
        pins.key = std::move(*key);
    }
    const std::string& file = arguments.operands()[0];
    std::ifstream in(file, std::ios::binary);
    if (!in) {
        return could_not_run(io, {"記録を開けません: " + file, "cannot open the export: " + file});
    }
    const auto verdict = audit::verify_export(in, pins);
    if (!verdict) {
        return could_not_run(io, {"記録を読めません。", "cannot read the export"}, verdict.error());
    }
    io.out << (verdict->ok ? "成立 / HOLDS\n" : "不成立 / DOES NOT HOLD\n") << verdict->ja << "\n"
           << verdict->en << "\n"
           << "記録 / log: " << verdict->origin << "\n件数 / entries: " << verdict->entries
           << ", 署名 / checkpoints: " << verdict->checkpoints
           << ", 申込 / requests: " << verdict->requests << "\n";
    if (verdict->ok) io.out << "根 / root: " << to_hex(verdict->root) << "\n";
    if (!verdict->fault.empty()) io.out << "理由 / fault: " << verdict->fault << "\n";
    if (verdict->first_bad)
        io.out << "最初の不一致 / first bad entry: " << *verdict->first_bad << "\n";
    if (!verdict->pinned) {
        io.out << "注意: --key で検証鍵を指定すると、鍵のすり替えも分かります。\n"
                  "Note: give --key to notice an exchanged key too.\n";
    }
    return verdict->ok ? kDone : kDoesNotHold;
}

/// The log of an installation that is not running.
Status export_stopped(const Configuration& configuration, std::ostream& out) {
    const SystemClock clock;
    crypto::SystemRandom random;
    auto stored = open_store(configuration, clock, random);
    if (!stored) return stored.error();
    auto directory = access::LiveDirectory::open(configuration.directory);
    if (!directory) return directory.error();
    if (auto checkpoint = (*stored)->store->sign_checkpoint((*stored)->signing_key); !checkpoint)
        return checkpoint.error();
    const exchange::Artifacts none;
    EventLog log(clock, standard_error_sink());
    const inquire::Inquire inquire({*(*stored)->store, **directory, none, clock, random, log});
    return inquire.export_log(out, (*stored)->log_key);
}

/// The log of a running gateway, as an auditor fetches it.
Status export_running(const Arguments& arguments, std::ostream& out) {
    deliver::CurlHttpClient client(
        {arguments.value("certificate"), arguments.value("key"), arguments.value("authority")});
    deliver::HttpRequest request;
    request.url = arguments.value("url") + "/auditor/v1/log";
    request.peer.organisation = "gateway";
    request.total_time = std::chrono::minutes{10};
    request.reply_bytes = kExportBytes;
    const auto outcome = client.send(request);
    if (outcome.kind != deliver::HttpOutcome::Kind::Replied)
        return Error{Code::Unavailable, "no answer: " + outcome.reason, request.url};
    if (outcome.reply.status != 200) {
        return Error{Code::Denied, "the gateway answered " + std::to_string(outcome.reply.status),
                     request.url};
    }
    out << outcome.reply.body;
    return {};
}

int export_log(const Arguments& arguments, Io& io) {
    const bool running = arguments.has("url");
    const bool credentials =
        arguments.has("certificate") && arguments.has("key") && arguments.has("authority");
    if (running == arguments.has("config") || running != credentials) {
        return could_not_run(io, {"--config（停止中）か、--url と --certificate --key "
                                  "--authority（稼働中）を指定してください。",
                                  "give --config (stopped), or --url with --certificate, --key and "
                                  "--authority (running)"});
    }
    std::ostringstream text;
    Status written;
    if (running) {
        written = export_running(arguments, text);
    } else {
        auto configuration = read_configuration(arguments.value("config"));
        written =
            configuration ? export_stopped(*configuration, text) : Status{configuration.error()};
    }
    if (!written) {
        if (written.error().code == Code::Busy) {
            return could_not_run(
                io,
                {"稼働中です。--url で取り出してください。", "the gateway is running: use --url"},
                written.error());
        }
        return could_not_run(io, {"記録を取り出せません。", "cannot export"}, written.error());
    }
    if (auto kept = write_file(arguments.value("out"), text.str()); !kept)
        return could_not_run(io, {"書けません。", "cannot write"}, kept.error());
    io.out << arguments.value("out") << "\n";
    return kDone;
}

/// One line an entry; only entries of `request` when it is given.
int show(const Arguments& arguments, Io& io) {
    const std::string& file = arguments.operands()[0];
    std::ifstream in(file, std::ios::binary);
    if (!in) {
        return could_not_run(io, {"記録を開けません: " + file, "cannot open the export: " + file});
    }
    const auto verdict = audit::verify_export(in);
    if (!verdict) {
        return could_not_run(io, {"記録を読めません。", "cannot read the export"}, verdict.error());
    }
    if (!verdict->ok) {
        io.out << verdict->ja << "\n" << verdict->en << "\n";
        return kDoesNotHold;
    }
    in.clear();
    in.seekg(0);
    const std::string wanted = arguments.value("case");
    constexpr std::size_t kLeafHex = 64;
    constexpr std::string_view kEntry = "entry ";
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with(kEntry)) continue;
        const auto entry =
            audit::read_entry(std::string_view{line}.substr(kEntry.size() + kLeafHex + 1));
        if (!entry || (!wanted.empty() && entry->request != wanted)) continue;
        io.out << entry->idx << "\t" << format_instant(entry->time, std::chrono::minutes{0}) << "\t"
               << (entry->request.empty() ? "-" : entry->request) << "\t" << entry->type << "\t"
               << entry->actor << (entry->recipient.empty() ? "" : " -> " + entry->recipient)
               << "\t" << (entry->decision.empty() ? "-" : entry->decision) << "\t"
               << (entry->policy.empty() ? "-" : entry->policy) << "\n";
    }
    return kDone;
}

}  // namespace

Command audit_verify_command() {
    return {"audit verify",
            "EXPORT",
            1,
            1,
            "取り出した記録を、ゲートウェイに頼らず検証する。",
            "Verifies an export of the exchange log without trusting the gateway.",
            {{"key", "VKEY", "監査者が別に受け取った検証鍵",
              "the log's key as the auditor got it elsewhere"}},
            verify};
}

Command audit_export_command() {
    return {"audit export",
            "",
            0,
            0,
            "記録を取り出す。",
            "Exports the exchange log.",
            {{"out", "FILE", "書き出し先", "where to write", OptionSpec::Count::Required},
             {"config", "FILE", "停止中の導入先の設定", "configuration of a stopped installation"},
             {"url", "URL", "稼働中のゲートウェイ", "a running gateway"},
             {"certificate", "FILE", "監査者の証明書", "the auditor's certificate"},
             {"key", "FILE", "監査者の秘密鍵", "the auditor's key"},
             {"authority", "FILE", "ゲートウェイの認証局", "the gateway's authority"}},
            export_log};
}

Command audit_show_command() {
    return {"audit show",
            "EXPORT",
            1,
            1,
            "検証できた記録を1行1件で示す。",
            "Shows a log that verifies, one entry a line.",
            {{"case", "ID", "この申込だけ", "only this case"}},
            show};
}

}  // namespace tsunagi::app
