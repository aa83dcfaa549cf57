#pragma once
// The embedded database: WAL, synchronous=FULL, one writer with group commit, several readers.
#include "common/storage/database.hpp"

namespace jindu::storage {

// Concurrent writers share commits: each `write` runs in a savepoint of its own inside one transaction, and returns
// after that transaction is on disk. One fdatasync then serves many callers.
result<std::unique_ptr<Database>> open_sqlite(const std::string& path, int connections);

}  // namespace jindu::storage
