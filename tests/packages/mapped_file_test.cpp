#include "packages/mapped_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "packages/scratch_folder.h"

namespace tsunagi::packages {
namespace {

TEST(MappedFile, ShowsTheBytesAndKeepsThemOverAMove) {
    const ScratchFolder folder("mapped_file");
    const auto path = folder.write("a.bin", "つなぐ");
    auto file = MappedFile::open(path);
    ASSERT_TRUE(file);
    MappedFile moved = std::move(*file);
    EXPECT_EQ(as_text(moved.bytes()), "つなぐ");
    std::filesystem::remove(path);
    EXPECT_EQ(as_text(moved.bytes()), "つなぐ");
}

TEST(MappedFile, SaysWhyItCannot) {
    const ScratchFolder folder("mapped_file");
    EXPECT_EQ(MappedFile::open(folder.path() / "none").error().code, Code::NotFound);
    EXPECT_EQ(MappedFile::open(folder.path()).error().code, Code::Invalid);
    EXPECT_EQ(MappedFile::open(folder.write("empty", "")).error().code, Code::Invalid);
}

}  // namespace
}  // namespace tsunagi::packages
