#pragma once
#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace tsunagi::packages {

struct Item {
    std::string name;
    std::string text;
    mode_t kind = AE_IFREG;
};

/// Writes a .tgz as npm does.
inline void write_package(const std::filesystem::path& path, const std::vector<Item>& items) {
    archive* out = archive_write_new();
    archive_write_add_filter_gzip(out);
    archive_write_set_format_pax_restricted(out);
    ASSERT_EQ(archive_write_open_filename(out, path.c_str()), ARCHIVE_OK);
    for (const Item& item : items) {
        archive_entry* entry = archive_entry_new();
        archive_entry_set_pathname(entry, item.name.c_str());
        archive_entry_set_filetype(entry, item.kind);
        archive_entry_set_perm(entry, 0644);
        if (item.kind == AE_IFLNK) {
            archive_entry_set_symlink(entry, item.text.c_str());
        } else {
            archive_entry_set_size(entry, static_cast<la_int64_t>(item.text.size()));
        }
        ASSERT_EQ(archive_write_header(out, entry), ARCHIVE_OK);
        if (item.kind == AE_IFREG) archive_write_data(out, item.text.data(), item.text.size());
        archive_entry_free(entry);
    }
    archive_write_close(out);
    archive_write_free(out);
}

}  // namespace tsunagi::packages
