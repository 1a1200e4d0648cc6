#include "store/last_signed.h"

#include "support/result_matchers.h"
#include "support/temp_folder.h"

namespace tsunagi::store {
namespace {

TEST(LastSignedFile, RemembersTheLastOverRestarts) {
    const support::TempFolder folder;
    EXPECT_FALSE(*LastSignedFile{folder / "last.signed"}.load());
    ASSERT_OK(LastSignedFile{folder / "last.signed"}.save("first\n"));
    ASSERT_OK(LastSignedFile{folder / "last.signed"}.save("second\n"));
    EXPECT_EQ(LastSignedFile{folder / "last.signed"}.load()->value(), "second\n");
    EXPECT_FALSE(std::filesystem::exists(folder / "last.signed.new"));
}

TEST(LastSignedFile, KeepsTheOldWhenTheNewCannotBeWritten) {
    const support::TempFolder folder;
    LastSignedFile file{folder / "last.signed"};
    ASSERT_OK(file.save("first\n"));
    std::filesystem::create_directory(folder / "last.signed.new");
    EXPECT_FAILS(file.save("second\n"), Unavailable);
    EXPECT_EQ(file.load()->value(), "first\n");
    EXPECT_FAILS(LastSignedFile{folder / "absent" / "last.signed"}.save("first\n"), Unavailable);
}

TEST(LastSignedFile, AnUnreadableFileIsAnErrorAndNotAbsence) {
    const support::TempFolder folder;
    std::filesystem::create_directory(folder / "last.signed");
    EXPECT_FAILS(LastSignedFile{folder / "last.signed"}.load(), Unavailable);
}

}  // namespace
}  // namespace tsunagi::store
