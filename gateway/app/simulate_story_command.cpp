#include <ostream>

#include "app/command.h"
#include "app/common_options.h"
#include "app/signals.h"
#include "app/story.h"

namespace tsunagi::app {
namespace {

int run(const Arguments& arguments, Io& io) {
    const LifeCycleSignals signals;
    const auto home = home_of(arguments);
    if (!home) return could_not_run(io, {"定義が見つかりません。", "no definitions"}, home.error());
    return play_story(*home, arguments.has("once"), signals, io.out);
}

}  // namespace

Command simulate_story_command() {
    return {"simulate story",
            "",
            0,
            0,
            "紹介の物語を演じる: ゲートウェイと模擬の病院をこの機械で動かし、一段ずつ確かめる。",
            "Plays the story: gateway and simulated hospitals on this machine, every step checked.",
            {{"once", "", "終わったら片付けて終了", "clean up and exit at the end"}, kHomeOption},
            run};
}

}  // namespace tsunagi::app
