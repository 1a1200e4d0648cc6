#pragma once
#include <optional>

#include "app/arguments.h"
#include "app/home.h"

/// Options that several commands share.
namespace tsunagi::app {

inline constexpr OptionSpec kHomeOption{
    "home", "FOLDER", "profiles/ と mappings/ のあるフォルダー（省けばプログラムの位置から探す）",
    "folder with profiles/ and mappings/ (default: found from where the program lies)"};

inline constexpr OptionSpec kPackageOption{
    "package", "P", "FHIRパッケージ（.tgz、フォルダー、定義1件のJSON）",
    "FHIR package: .tgz, folder, or one conformance resource", OptionSpec::Count::Many};

inline constexpr OptionSpec kConfigOption{
    "config", "FILE", "設定ファイル（init が作る config.json）",
    "configuration file (config.json made by init)", OptionSpec::Count::Required};

inline Result<Home> home_of(const Arguments& arguments) {
    if (!arguments.has("home")) return find_home({});
    return find_home(std::filesystem::path{arguments.value("home")});
}

}  // namespace tsunagi::app
