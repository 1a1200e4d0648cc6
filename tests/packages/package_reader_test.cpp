#include "packages/package_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "packages/archive.h"
#include "packages/pack_compiler.h"
#include "packages/scratch_folder.h"

namespace tsunagi::packages {
namespace {

using testing::ElementsAre;

std::vector<std::string> resources_of(const std::filesystem::path& package,
                                      const PackageLimits& limits = {}) {
    std::vector<std::string> names;
    const Status read = for_each_resource(
        package,
        [&](std::string_view, json::Document resource) -> Status {
            names.emplace_back(resource.root()["id"].text());
            return {};
        },
        limits);
    if (!read) names = {to_string(read.error()).substr(0, 40)};
    return names;
}

constexpr const char* kB = R"({"resourceType":"ValueSet","id":"b"})";
constexpr const char* kA = R"({"resourceType":"ValueSet","id":"a"})";

TEST(PackageReader, ReadsArchivesFoldersAndFilesAlike) {
    const ScratchFolder folder("package_reader");
    const auto archive = folder.path() / "p.tgz";
    write_package(archive, {{"package/b.json", kB},
                            {"package/package.json", R"({"name":"p"})"},
                            {"package/.index.json", "{}"},
                            {"package/read.me", "no JSON"},
                            {"package/list.json", "[]"},
                            {"package/a.json", kA}});
    EXPECT_THAT(resources_of(archive), ElementsAre("a", "b"));
    folder.write("f/z/b.json", kB);
    const auto file = folder.write("f/a.json", kA);
    EXPECT_THAT(resources_of(folder.path() / "f"), ElementsAre("a", "b"));
    EXPECT_THAT(resources_of(file), ElementsAre("a"));
}

TEST(PackageReader, RefusesWhatIsNoPlainPackage) {
    const ScratchFolder folder("package_reader");
    const auto path = folder.path() / "p.tgz";
    const auto fault = [&](const std::vector<Item>& items, const PackageLimits& limits = {}) {
        write_package(path, items);
        const Status read = for_each_file(
            path, [](std::string_view, std::string_view) -> Status { return {}; }, limits);
        return read.ok() ? std::string{"accepted"} : std::string{name(read.error().code)};
    };
    const std::string unsupported{name(Code::Unsupported)};
    const std::string invalid{name(Code::Invalid)};
    EXPECT_EQ(fault({{"package/a.json", kA}}), "accepted");
    EXPECT_EQ(fault({{"../a.json", kA}}), unsupported);
    EXPECT_EQ(fault({{"package/../../a.json", kA}}), unsupported);
    EXPECT_EQ(fault({{"/a.json", kA}}), unsupported);
    EXPECT_EQ(fault({{"package/a.json", "b.json", AE_IFLNK}}), unsupported);
    EXPECT_EQ(fault({{"package/a.json", kA}, {"package/a.json", kB}}), invalid);
    const std::string big(100'000, ' ');
    EXPECT_EQ(fault({{"a", big}}, {.max_file_bytes = 99'999}), invalid);
    EXPECT_EQ(fault({{"a", big}, {"b", big}}, {.max_total_bytes = 150'000}), invalid);
    EXPECT_EQ(fault({{"a", ""}, {"b", ""}}, {.max_files = 1}), invalid);
}

TEST(PackageReader, RefusesDamageAndLooseJson) {
    const ScratchFolder folder("package_reader");
    EXPECT_EQ(resources_of(folder.path() / "none.tgz").front().substr(0, 9), "not-found");
    EXPECT_NE(resources_of(folder.write("a.tgz", "no archive")), std::vector<std::string>{});
    const auto path = folder.path() / "p.tgz";
    write_package(path, {{"package/a.json", std::string(50'000, 'x')}});
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
    const Status cut =
        for_each_file(path, [](std::string_view, std::string_view) -> Status { return {}; });
    EXPECT_FALSE(cut);
    const Status twice = for_each_resource(
        folder.write("twice.json", R"({"resourceType":"ValueSet","id":"a","id":"b"})"),
        [](std::string_view, json::Document) -> Status { return {}; });
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().code, Code::Invalid);
}

TEST(PackCompiler, GivesTheSameBytesForTheSamePackages) {
    const ScratchFolder folder("pack_compiler");
    folder.write("in/vs.json",
                 R"({"resourceType":"ValueSet","url":"u:v","compose":{"include":[{"system":"u:s",
                     "concept":[{"code":"a"}]}]}})");
    const std::filesystem::path package = folder.path() / "in";
    const auto compile = [&](const char* target) {
        const auto summary = compile_pack({&package, 1}, folder.path() / target);
        EXPECT_TRUE(summary) << to_string(summary.error());
        std::ifstream in(folder.path() / target, std::ios::binary);
        return std::string{std::istreambuf_iterator<char>(in), {}};
    };
    const std::string first = compile("a.pack");
    EXPECT_FALSE(first.empty());
    EXPECT_EQ(first, compile("b.pack"));
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "a.pack.new"));
}

}  // namespace
}  // namespace tsunagi::packages
