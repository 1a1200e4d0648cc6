#include <charconv>
#include <optional>
#include <ostream>

#include "app/command.h"
#include "app/common_options.h"
#include "app/files.h"
#include "exchange/load.h"
#include "packages/mapped_file.h"
#include "simulate/world.h"

namespace tsunagi::app {
namespace {

std::optional<std::uint64_t> number_of(const std::string& text) {
    std::uint64_t number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc{} || end != text.data() + text.size()) return {};
    return number;
}

int run(const Arguments& arguments, Io& io) {
    const auto seed = number_of(arguments.value("seed", "1"));
    const auto steps = number_of(arguments.value("steps", "500"));
    if (!seed || !steps) {
        return could_not_run(
            io, {"--seed と --steps は整数です。", "--seed and --steps are whole numbers"});
    }
    const auto home = home_of(arguments);
    if (!home) return could_not_run(io, {"定義が見つかりません。", "no definitions"}, home.error());
    const auto pack = packages::MappedFile::open(home->pack);
    if (!pack)
        return could_not_run(io, {"定義を読めません。", "cannot read the definitions"},
                             pack.error());
    const auto fixtures = home->folder / "fixtures";
    const auto story = read_json(fixtures / "story.json");
    if (!story)
        return could_not_run(io, {"フィクスチャが読めません。", "cannot read the fixtures"},
                             story.error());
    std::vector<std::filesystem::path> registrations;
    for (const json::Value each : story->root()["registrations"]) {
        registrations.push_back(fixtures / std::string{each.text()});
    }
    const auto artifacts = exchange::load_artifacts(pack->bytes(), home->folder, registrations);
    if (!artifacts)
        return could_not_run(io, {"データに誤りがあります。", "the data is wrong"},
                             artifacts.error());
    const auto packet = read_file(fixtures / std::string{story->root()["accepted"].text()});
    if (!packet)
        return could_not_run(io, {"フィクスチャが読めません。", "cannot read the fixtures"},
                             packet.error());

    simulate::WorldOptions options;
    options.seed = *seed;
    if (arguments.has("narrate"))
        options.narrate = [&io](std::string_view line) { io.out << line << '\n'; };
    auto world = simulate::World::create(*artifacts, *packet, std::move(options));
    if (!world)
        return could_not_run(io, {"世界を作れません。", "cannot make the world"}, world.error());
    const simulate::WorldReport report = (*world)->run(*steps);
    io.out << simulate::to_text(report);
    return report.violations.empty() ? kDone : kDoesNotHold;
}

}  // namespace

Command simulate_world_command() {
    return {"simulate world",
            "",
            0,
            0,
            "ゲートウェイ全体を一つの種から決まる世界で動かし、起きてはならないことを探す。",
            "Runs the whole gateway in a world decided by one seed and looks for what must never "
            "happen.",
            {{"seed", "N", "種（省けば1）", "the seed (default 1)"},
             {"steps", "N", "歩数（省けば500）", "how many steps (default 500)"},
             {"narrate", "", "起きたことを一行ずつ書く", "write every line of the trace"},
             kHomeOption},
            run};
}

}  // namespace tsunagi::app
