#include <algorithm>
#include <ostream>

#include "app/command.h"
#include "app/common_options.h"
#include "app/definitions.h"
#include "app/files.h"
#include "json/reader.h"
#include "json/writer.h"
#include "validate/snapshot.h"

namespace tsunagi::app {
namespace {

int run(const Arguments& arguments, Io& io) {
    const auto loaded = definitions_for(arguments, io);
    if (!loaded) return kCouldNotRun;
    report_gaps(*loaded->definitions, io.err);
    int code = kDone;
    for (const std::string& file : arguments.operands()) {
        const auto text = read_operand(file, io.in);
        if (!text) {
            code = could_not_run(io, {"読めません: " + file, "cannot read"}, text.error());
            continue;
        }
        const auto document = json::read(*text, kCommandLineLimits);
        if (!document || document->root()["resourceType"].text() != "StructureDefinition") {
            const Error why = document ? Error{Code::Invalid, "no StructureDefinition", file}
                                       : Error{document.error().code, document.error().message,
                                               file + " " + document.error().where};
            code = could_not_run(
                io, {"StructureDefinition ではありません: " + file, "not a StructureDefinition"},
                why);
            continue;
        }
        validate::Snapshots snapshots(*loaded->definitions);
        const auto made = snapshots.generate(document->root());
        if (!made) {
            io.err << "【エラー】スナップショットを作れません: " << file << "\n[error] " << file
                   << ": no snapshot: " << to_string(made.error()) << "\n";
            code = std::max(code, kDoesNotHold);
            continue;
        }
        io.out << json::write_pretty(made->root());
    }
    return code;
}

}  // namespace

Command snapshot_command() {
    return {"snapshot",
            "FILE...",
            1,
            100'000,
            "StructureDefinition の差分からスナップショットを作る。- で標準入力。",
            "Makes the snapshot of a StructureDefinition from its differential; - reads standard "
            "input.",
            {kPackageOption, kHomeOption},
            run};
}

}  // namespace tsunagi::app
