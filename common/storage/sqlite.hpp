#pragma once
// The embedded database: WAL, synchronous=FULL, one writer with group commit, several readers.
#include "common/storage/database.hpp"

namespace jindu::storage {

// Concurrent writers share commits: each `write` runs in a savepoint of its own inside one transaction, and returns
// after that transaction is on disk. One fdatasync then serves many callers. One caller alone needs no savepoint.
result<std::unique_ptr<Database>> open_sqlite(const std::string& path, int connections);

// One reader beside the program whose database it is; the file must be there.
result<std::unique_ptr<Database>> open_sqlite_to_read(const std::string& path);

// What a savepoint would restore stays in memory, not in a file, which costs a write for each page that is changed; and
// SQLite does not count the memory that it uses, for which its threads would wait for each other. Can be said only
// before SQLite is used in a process; those above say it.
void configure_sqlite();

}  // namespace jindu::storage
