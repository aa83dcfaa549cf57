#pragma once
// SQLite writes each frame of its log by two calls, 24 bytes of header and a page, and a commit has dozens of them.
// This VFS gathers what continues, and gives it to the VFS below by one call.
//
// Only the log is gathered. A page that a checkpoint writes into the database file has to be there when xWrite returns:
// while writers go on, SQLite takes over a part of the log and then tells readers so (nBackfill, in shared memory)
// without any call in between whose result it looks at, and readers would read the old page.
//
// Why the log may wait, with synchronous=FULL or EXTRA, which whoever opens by this VFS has to set:
// - A commit ends with xSync, and only after its success are frames named in the header of the shared wal-index. xSync
//   writes first what is gathered, and fails when that fails: then SQLite rolls back, as after any failed sync. No
//   other connection, of this process or another, reads frames that no header names, and a checkpoint takes over none
//   of them.
// - Padding that SQLite writes after that sync, where an overwritten sector may take its neighbours along, would be
//   named without having been written: such files are not gathered.
// - Frames of a transaction that is larger than the cache are written before its commit, and their own connection may
//   read them or overwrite them: reading writes first what is gathered, and writing keeps the order.
// - A process that ends takes along what it gathered. That is part of no commit that succeeded.
//
// When a write fails that SQLite takes for done, its transaction must not commit: a frame would be missing in the
// middle. The call that wrote gets the error, and from then on so does each write and sync of this log, and each read
// of what is missing, until the writer's lock (WAL_WRITE_LOCK) is given back, which only who has rolled back does then.
// So no call that cannot tell an error, such as xShmBarrier, loses one. Rolling back alone would not be seen here; and
// SQLite alone would not always do it, as it answers a full disk while reading by undoing one statement. What is
// gathered when the lock is given back was rolled back, and is dropped.
//
// With synchronous=NORMAL a commit is told without a sync. All is written then at the barrier between the two copies of
// the header, so that readers find it; but a failure would come too late.

namespace jindu::storage {

// The name of such a VFS around the one that is the default now: for sqlite3_open_v2.
const char* gathering_vfs();

}  // namespace jindu::storage
