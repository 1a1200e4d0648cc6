#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// The rules of gateway/README.md that a compiler does not hold: who may include whom, which
/// package lives where, what a tracked file must not contain. Each rule is a function from files to
/// findings, so that a test can hand it a planted fault.
namespace tsunagi::architecture {

/// A file of the repository: path relative to its root with '/' between the parts, and its bytes.
struct File {
    std::string path;
    std::string text;
};

/// Where and why: `gateway/json/reader.cpp:12 includes ...`.
using Findings = std::vector<std::string>;

/// Every text file below `folders` of `root`; names of files at the top level may stand among the
/// folders. Binary files (those with a NUL byte) are left out.
std::vector<File> read_files(const std::filesystem::path& root,
                             const std::vector<std::string>& folders);

/// The modules of the gateway, in an order in which each needs only those before it.
const std::vector<std::string>& modules();

/// True when `module` may include `other`: its own, or one it needs directly or through another.
bool may_include(std::string_view module, std::string_view other);

/// Number of includes of our own headers seen below gateway/: guards the walk.
std::size_t own_includes(const std::vector<File>& files);

Findings broken_order(const std::vector<File>& files);
/// A package outside its home, or one that has no home.
Findings strayed_packages(const std::vector<File>& files);
/// Headers that are slow to compile in more files than `limit`: Beast, Poco's TLS, curl.
Findings spread_heavy_headers(const std::vector<File>& files, std::size_t limit);
/// Headers of the gateway that are longer than one screen of `limit` lines.
Findings long_headers(const std::vector<File>& files, std::size_t limit);
/// Work left undone, by the words that say so.
Findings unfinished_work(const std::vector<File>& files);
/// Paths of one machine and hosts of package registries.
Findings foreign_places(const std::vector<File>& files);
/// A programme's name in C++: programmes are data.
Findings programmes_in_code(const std::vector<File>& files);

}  // namespace tsunagi::architecture
