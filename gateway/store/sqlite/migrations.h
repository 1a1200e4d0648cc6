#pragma once
#include <span>

#include "store/sqlite/connection.h"

namespace tsunagi::store::sqlite {

/// One file of store/migrations, embedded at build. Never edited after a release.
struct Migration {
    int number = 0;
    const char* sql = "";
};

/// In order from 1; the last number is this program's schema.
std::span<const Migration> migrations();

/// Brings the database from whatever number it has to the last of `steps`, each step in one
/// transaction. Unsupported when its number is higher; Internal when it is not ours.
Status migrate(Connection& connection, std::span<const Migration> steps);

}  // namespace tsunagi::store::sqlite
