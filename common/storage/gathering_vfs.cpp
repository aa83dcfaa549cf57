#include "common/storage/gathering_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <string>

namespace jindu::storage {
namespace gathering {
namespace {

// SQLite's own VFS takes at most 0x1ffff bytes at once, and of 0x20000 and more says that the disk is full. Eight
// frames, which is where more gains no more.
constexpr int kMost = 8 * (8'192 + 24);
// Of the locks of the shared memory, the one of the connection that writes.
constexpr int kWriteLock = 0;

// One open file. SQLite owns the memory; the file of the VFS below stands behind it.
struct File {
  sqlite3_file base;
  File* log;       // of a database file: its log, while that is open and gathers
  File* database;  // of a log that gathers
  std::uint8_t* bytes;
  int count;             // gathered and not written
  sqlite3_int64 offset;  // where they go
  int lost;              // why a write failed that was taken for done; SQLITE_OK: none did
  sqlite3_int64 lost_from;
};
static_assert(sizeof(File) % alignof(std::max_align_t) == 0);

File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
sqlite3_file* below(File& file) { return reinterpret_cast<sqlite3_file*>(&file + 1); }
sqlite3_file* below(sqlite3_file* file) { return below(of(file)); }
const sqlite3_io_methods& methods_below(sqlite3_file* file) { return *below(file)->pMethods; }

int write_below(File& file, const void* data, int count, sqlite3_int64 offset) {
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  for (int done = 0; done < count; done += kMost) {
    const int code =
        below(file)->pMethods->xWrite(below(file), bytes + done, std::min(kMost, count - done), offset + done);
    if (code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

int write_out(File& file) {
  if (file.count == 0) return file.lost;
  const int code = write_below(file, file.bytes, file.count, file.offset);
  if (code != SQLITE_OK) {
    file.lost = code;
    file.lost_from = file.offset;
  }
  file.count = 0;
  return code;
}

// The writer has given back its lock: what was not written belongs to nothing.
void forget(File& file) {
  file.count = 0;
  file.lost = SQLITE_OK;
}

int close(sqlite3_file* f) {
  auto& file = of(f);
  const int written = write_out(file);
  if (file.database != nullptr) file.database->log = nullptr;
  if (file.log != nullptr) file.log->database = nullptr;
  delete[] file.bytes;
  file.bytes = nullptr;
  const int closed = methods_below(f).xClose(below(f));
  return closed != SQLITE_OK ? closed : written;
}

int read(sqlite3_file* f, void* out, int count, sqlite3_int64 offset) {
  auto& file = of(f);
  if (file.count > 0 && offset < file.offset + file.count && offset + count > file.offset)
    if (const int code = write_out(file); code != SQLITE_OK) return code;
  if (file.lost != SQLITE_OK && offset + count > file.lost_from) return file.lost;
  return methods_below(f).xRead(below(f), out, count, offset);
}

int write(sqlite3_file* f, const void* data, int count, sqlite3_int64 offset) {
  auto& file = of(f);
  if (file.database == nullptr) return write_below(file, data, count, offset);
  if (file.lost != SQLITE_OK) return file.lost;
  if (file.count > 0 && (offset != file.offset + file.count || count > kMost - file.count))
    if (const int code = write_out(file); code != SQLITE_OK) return code;
  if (file.bytes == nullptr) file.bytes = new (std::nothrow) std::uint8_t[kMost];
  if (count > kMost || file.bytes == nullptr) return write_below(file, data, count, offset);
  if (file.count == 0) file.offset = offset;
  std::memcpy(file.bytes + file.count, data, static_cast<std::size_t>(count));
  file.count += count;
  return SQLITE_OK;
}

int truncate(sqlite3_file* f, sqlite3_int64 size) {
  if (const int code = write_out(of(f)); code != SQLITE_OK) return code;
  return methods_below(f).xTruncate(below(f), size);
}

int sync(sqlite3_file* f, int flags) {
  if (const int code = write_out(of(f)); code != SQLITE_OK) return code;
  return methods_below(f).xSync(below(f), flags);
}

int size_of(sqlite3_file* f, sqlite3_int64* size) {
  if (const int code = write_out(of(f)); code != SQLITE_OK) return code;
  return methods_below(f).xFileSize(below(f), size);
}

int lock(sqlite3_file* f, int level) { return methods_below(f).xLock(below(f), level); }
int unlock(sqlite3_file* f, int level) { return methods_below(f).xUnlock(below(f), level); }
int check_reserved(sqlite3_file* f, int* out) { return methods_below(f).xCheckReservedLock(below(f), out); }

int control(sqlite3_file* f, int what, void* argument) {
  write_out(of(f));  // what fails is kept
  return methods_below(f).xFileControl(below(f), what, argument);
}

int sector_size(sqlite3_file* f) { return methods_below(f).xSectorSize(below(f)); }
int characteristics(sqlite3_file* f) { return methods_below(f).xDeviceCharacteristics(below(f)); }

int shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
  return methods_below(f).xShmMap(below(f), page, size, extend, out);
}

int shm_lock(sqlite3_file* f, int first, int count, int flags) {
  constexpr int kGivenBack = SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE;
  if ((flags & kGivenBack) == kGivenBack && first <= kWriteLock && kWriteLock < first + count && of(f).log != nullptr)
    forget(*of(f).log);
  return methods_below(f).xShmLock(below(f), first, count, flags);
}

void shm_barrier(sqlite3_file* f) {
  if (of(f).log != nullptr) write_out(*of(f).log);  // what fails is kept
  methods_below(f).xShmBarrier(below(f));
}

int shm_unmap(sqlite3_file* f, int remove) { return methods_below(f).xShmUnmap(below(f), remove); }
int fetch(sqlite3_file* f, sqlite3_int64 offset, int count, void** out) {
  return methods_below(f).xFetch(below(f), offset, count, out);
}
int unfetch(sqlite3_file* f, sqlite3_int64 offset, void* page) {
  return methods_below(f).xUnfetch(below(f), offset, page);
}

constexpr sqlite3_io_methods methods_of(int version) {
  return {version,   close,          read,    write,       truncate,        sync,    size_of,  lock,
          unlock,    check_reserved, control, sector_size, characteristics, shm_map, shm_lock, shm_barrier,
          shm_unmap, fetch,          unfetch};
}
constexpr sqlite3_io_methods kMethods[] = {methods_of(1), methods_of(2), methods_of(3)};

sqlite3_vfs* below(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* f, int flags, int* out) {
  // All other files are those of the VFS below; what a savepoint may take back is written out in one piece of MiB.
  if ((flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_SUBJOURNAL | SQLITE_OPEN_TEMP_JOURNAL)) == 0)
    return below(vfs)->xOpen(below(vfs), name, f, flags, out);
  auto& file = *new (f) File{};
  below(f)->pMethods = nullptr;
  if (const int code = below(vfs)->xOpen(below(vfs), name, below(f), flags, out); code != SQLITE_OK) {
    if (below(f)->pMethods != nullptr) methods_below(f).xClose(below(f));
    return code;
  }
  const auto& methods = methods_below(f);
  file.base.pMethods = &kMethods[methods.xShmMap == nullptr ? 0 : std::clamp(methods.iVersion, 1, 3) - 1];
  if ((flags & SQLITE_OPEN_WAL) == 0) return SQLITE_OK;
  auto* const database = sqlite3_database_file_object(name);
  if (database == nullptr || database->pMethods == nullptr || database->pMethods->xClose != &close) return SQLITE_OK;
  if ((characteristics(database) & SQLITE_IOCAP_POWERSAFE_OVERWRITE) == 0) return SQLITE_OK;
  file.database = &of(database);
  file.database->log = &file;
  return SQLITE_OK;
}

// SQLite gives the VFS that it calls, and the one below knows only itself.
sqlite3_vfs around(sqlite3_vfs* vfs, const char* name) {
  sqlite3_vfs made{};
  made.iVersion = std::min(vfs->iVersion, 3);
  made.szOsFile = static_cast<int>(sizeof(File)) + vfs->szOsFile;
  made.mxPathname = vfs->mxPathname;
  made.zName = name;
  made.pAppData = vfs;
  made.xOpen = open;
  made.xDelete = [](sqlite3_vfs* v, const char* path, int sync_folder) {
    return below(v)->xDelete(below(v), path, sync_folder);
  };
  made.xAccess = [](sqlite3_vfs* v, const char* path, int what, int* out) {
    return below(v)->xAccess(below(v), path, what, out);
  };
  made.xFullPathname = [](sqlite3_vfs* v, const char* path, int size, char* out) {
    return below(v)->xFullPathname(below(v), path, size, out);
  };
  if (vfs->xDlOpen != nullptr) {
    made.xDlOpen = [](sqlite3_vfs* v, const char* path) { return below(v)->xDlOpen(below(v), path); };
    made.xDlError = [](sqlite3_vfs* v, int size, char* out) { below(v)->xDlError(below(v), size, out); };
    made.xDlSym = [](sqlite3_vfs* v, void* library, const char* symbol) {
      return below(v)->xDlSym(below(v), library, symbol);
    };
    made.xDlClose = [](sqlite3_vfs* v, void* library) { below(v)->xDlClose(below(v), library); };
  }
  made.xRandomness = [](sqlite3_vfs* v, int count, char* out) { return below(v)->xRandomness(below(v), count, out); };
  made.xSleep = [](sqlite3_vfs* v, int microseconds) { return below(v)->xSleep(below(v), microseconds); };
  made.xCurrentTime = [](sqlite3_vfs* v, double* out) { return below(v)->xCurrentTime(below(v), out); };
  made.xGetLastError = [](sqlite3_vfs* v, int size, char* out) {
    return below(v)->xGetLastError != nullptr ? below(v)->xGetLastError(below(v), size, out) : 0;
  };
  if (vfs->iVersion >= 2 && vfs->xCurrentTimeInt64 != nullptr)
    made.xCurrentTimeInt64 = [](sqlite3_vfs* v, sqlite3_int64* out) {
      return below(v)->xCurrentTimeInt64(below(v), out);
    };
  if (vfs->iVersion >= 3 && vfs->xSetSystemCall != nullptr) {
    made.xSetSystemCall = [](sqlite3_vfs* v, const char* name_of_call, sqlite3_syscall_ptr call) {
      return below(v)->xSetSystemCall(below(v), name_of_call, call);
    };
    made.xGetSystemCall = [](sqlite3_vfs* v, const char* name_of_call) {
      return below(v)->xGetSystemCall(below(v), name_of_call);
    };
    made.xNextSystemCall = [](sqlite3_vfs* v, const char* name_of_call) {
      return below(v)->xNextSystemCall(below(v), name_of_call);
    };
  }
  return made;
}

struct Registered {
  explicit Registered(sqlite3_vfs* vfs, std::string named) : name(std::move(named)), made(around(vfs, name.c_str())) {}
  std::string name;
  sqlite3_vfs made;
};

}  // namespace
}  // namespace gathering

const char* gathering_vfs() {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  auto* const vfs = sqlite3_vfs_find(nullptr);
  if (vfs == nullptr) return nullptr;
  auto name = std::string("gathering-") + vfs->zName;
  if (const auto* known = sqlite3_vfs_find(name.c_str()); known != nullptr && known->pAppData == vfs)
    return known->zName;
  // SQLite keeps it for as long as the process runs.
  auto* const registered = new gathering::Registered(vfs, std::move(name));
  sqlite3_vfs_register(&registered->made, 0);
  return registered->made.zName;
}

}  // namespace jindu::storage
