#include "app/home.h"

#include <system_error>
#include <utility>

namespace tsunagi::app {
namespace {

namespace fs = std::filesystem;

bool holds_data(const fs::path& folder) {
    std::error_code ignored;
    return fs::is_directory(folder / "profiles", ignored) &&
           fs::is_directory(folder / "mappings", ignored);
}

fs::path above(const fs::path& program) {
    for (fs::path folder = program.parent_path();; folder = folder.parent_path()) {
        for (const auto& each : {folder, folder / "share" / "tsunagi"}) {
            if (holds_data(each)) return each;
        }
        if (folder == folder.parent_path()) return {};
    }
}

}  // namespace

fs::path program_path() {
    std::error_code ignored;
    return fs::read_symlink("/proc/self/exe", ignored);
}

Result<Home> find_home(const std::optional<fs::path>& given) {
    Home home;
    home.program = program_path();
    home.folder = given ? *given : above(home.program);
    if (home.folder.empty() || !holds_data(home.folder)) {
        return Error{Code::NotFound, "no folder with profiles/ and mappings/; give --home FOLDER",
                     given ? given->string() : home.program.string()};
    }
    std::error_code ignored;
    for (const auto& pack : {home.program.parent_path().parent_path() / "share" / "r4.pack",
                             home.folder / "share" / "r4.pack"}) {
        if (!fs::is_regular_file(pack, ignored)) continue;
        home.pack = pack;
        return home;
    }
    return Error{Code::NotFound, "share/r4.pack (the FHIR R4 definitions) is missing; run ./run",
                 home.program.parent_path().string()};
}

}  // namespace tsunagi::app
