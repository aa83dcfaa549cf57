// A virtual file system for SQLite in memory. What is not synced may be lost, torn or reordered when the power goes; a
// sync that failed has thrown its writes away, as Linux does; locks and shared memory go with their process.
#include <sqlite3.h>

#include <cstring>

#include "common/storage/sqlite.hpp"
#include "tests/sim/disk/volume.hpp"

namespace jindu::sim {
namespace {

constexpr int kShmPage = 32 * 1024;

// The locks and the shared memory of one database file.
struct Shared {
  int readers = 0;
  const void* reserved = nullptr;
  const void* exclusive = nullptr;
  std::vector<std::unique_ptr<std::uint8_t[]>> pages;
  struct {
    int shared = 0;
    const void* exclusive = nullptr;
  } locks[SQLITE_SHM_NLOCK];
};
std::map<std::string, std::unique_ptr<Shared>>& all_shared() {
  static std::map<std::string, std::unique_ptr<Shared>> all;
  return all;
}
std::map<std::string, StoredFile>& temporary_files() {
  static std::map<std::string, StoredFile> all;
  return all;
}

// One open file. SQLite owns the memory.
struct OpenFile {
  sqlite3_file base;
  std::string* path;
  Volume* volume;  // none: a temporary file, which never fails
  int lock;
  std::uint16_t shm_shared, shm_exclusive;
  bool delete_on_close;
};

OpenFile& of(sqlite3_file* file) { return *reinterpret_cast<OpenFile*>(file); }
StoredFile& stored(OpenFile& file) {
  return file.volume == nullptr ? temporary_files()[*file.path] : file.volume->files()[*file.path];
}
Shared& shared(const std::string& path) {
  auto& one = all_shared()[path];
  if (!one) one = std::make_unique<Shared>();
  return *one;
}
void step(OpenFile& file, const char* what) {
  if (file.volume != nullptr) file.volume->kernel().step(what);
}
// What was just written, with what stands on both sides of it: a text may be written piece by piece. Temporary files
// lie on the disk of whoever has them.
void look_around(const OpenFile& file, const Bytes& seen, std::size_t at, std::size_t size) {
  auto* kernel = Kernel::active();
  if (kernel == nullptr) return;
  const auto* process = kernel->current();
  const auto* volume = file.volume != nullptr ? file.volume : process == nullptr ? nullptr : process->volume;
  if (volume == nullptr) return;
  const auto beside = kernel->secret().size();
  const auto from = at < beside ? 0 : at - beside;
  volume->look(seen.data() + from, std::min(seen.size(), at + size + beside) - from);
}
std::string told(const OpenFile& file) { return file.path->substr(file.path->rfind('/') + 1); }

int read(sqlite3_file* f, void* out, int count, sqlite3_int64 offset) {
  auto& file = of(f);
  const auto& bytes = stored(file).seen;
  const auto at = static_cast<std::size_t>(offset), want = static_cast<std::size_t>(count);
  const auto there = at >= bytes.size() ? 0 : std::min(want, bytes.size() - at);
  if (there > 0) std::memcpy(out, bytes.data() + at, there);
  if (there == want) return SQLITE_OK;
  std::memset(static_cast<char*>(out) + there, 0, want - there);
  return SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* f, const void* data, int count, sqlite3_int64 offset) {
  auto& file = of(f);
  step(file, "a write of the database");
  auto& s = stored(file);
  auto at = static_cast<std::size_t>(offset);
  const auto size = static_cast<std::size_t>(count);
  if (file.volume != nullptr) {
    auto& kernel = file.volume->kernel();
    auto& faults = file.volume->faults;
    if (faults.full && at + size > s.seen.size()) return SQLITE_FULL;
    if (kernel.random().chance(faults.write_fails)) {
      kernel.trace("a write to " + told(file) + " fails");
      return SQLITE_IOERR_WRITE;
    }
    if (kernel.random().chance(faults.write_goes_astray) && s.seen.size() > size) {
      const auto unit = std::max<std::size_t>(size, 512);
      at = kernel.random().below(s.seen.size() / unit) * unit;
      kernel.trace("a write to " + told(file) + " at " + std::to_string(offset) + " lands at " + std::to_string(at));
    }
  }
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  put(s.seen, at, bytes, size);
  look_around(file, s.seen, at, size);
  if (file.volume != nullptr) s.pending.push_back({at, Bytes(bytes, bytes + size)});
  return SQLITE_OK;
}

int truncate(sqlite3_file* f, sqlite3_int64 size) {
  auto& file = of(f);
  step(file, "a truncation of the database");
  auto& s = stored(file);
  if (s.seen.size() > static_cast<std::size_t>(size)) s.seen.resize(static_cast<std::size_t>(size));
  if (file.volume != nullptr) s.pending.push_back({0, {}, static_cast<std::size_t>(size)});
  return SQLITE_OK;
}

int sync(sqlite3_file* f, int) {
  auto& file = of(f);
  if (file.volume == nullptr) return SQLITE_OK;
  step(file, "a sync of the database");
  auto& s = stored(file);
  auto& kernel = file.volume->kernel();
  if (kernel.random().chance(file.volume->faults.sync_fails)) {
    // The pages count as clean from now on: what was written is seen until the power goes, and never gets to the disk.
    kernel.trace("a sync of " + told(file) + " fails");
    s.pending.clear();
    return SQLITE_IOERR_FSYNC;
  }
  for (const auto& write : s.pending) {
    if (write.truncate) {
      if (s.durable.size() > *write.truncate) s.durable.resize(*write.truncate);
      continue;
    }
    put(s.durable, write.offset, write.bytes.data(), write.bytes.size());
  }
  s.pending.clear();
  s.entry_durable = true;
  step(file, "after a sync of the database");
  return SQLITE_OK;
}

int size_of(sqlite3_file* f, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(stored(of(f)).seen.size());
  return SQLITE_OK;
}

int lock(sqlite3_file* f, int level) {
  auto& file = of(f);
  if (file.lock >= level) return SQLITE_OK;
  auto& s = shared(*file.path);
  if (s.exclusive != nullptr && s.exclusive != f) return SQLITE_BUSY;
  if (file.lock == SQLITE_LOCK_NONE) {
    ++s.readers;
    file.lock = SQLITE_LOCK_SHARED;
  }
  if (level == SQLITE_LOCK_SHARED) return SQLITE_OK;
  if (s.reserved != nullptr && s.reserved != f) return SQLITE_BUSY;
  s.reserved = f;
  if (level == SQLITE_LOCK_RESERVED) {
    file.lock = level;
    return SQLITE_OK;
  }
  s.exclusive = f;  // pending: no new readers
  if (s.readers > 1) {
    file.lock = SQLITE_LOCK_PENDING;
    return SQLITE_BUSY;
  }
  file.lock = SQLITE_LOCK_EXCLUSIVE;
  return SQLITE_OK;
}

int unlock(sqlite3_file* f, int level) {
  auto& file = of(f);
  if (file.lock <= level) return SQLITE_OK;
  auto& s = shared(*file.path);
  if (s.reserved == f) s.reserved = nullptr;
  if (s.exclusive == f) s.exclusive = nullptr;
  if (level == SQLITE_LOCK_NONE && file.lock != SQLITE_LOCK_NONE) --s.readers;
  file.lock = level;
  return SQLITE_OK;
}

int check_reserved(sqlite3_file* f, int* out) {
  *out = shared(*of(f).path).reserved != nullptr;
  return SQLITE_OK;
}

int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return 512; }
int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
  auto& s = shared(*of(f).path);
  *out = nullptr;
  if (size > kShmPage) return SQLITE_IOERR_SHMMAP;
  while (extend != 0 && s.pages.size() <= static_cast<std::size_t>(page))
    s.pages.push_back(std::make_unique<std::uint8_t[]>(kShmPage));
  if (s.pages.size() > static_cast<std::size_t>(page)) *out = s.pages[static_cast<std::size_t>(page)].get();
  return SQLITE_OK;
}

int shm_lock(sqlite3_file* f, int first, int count, int flags) {
  auto& file = of(f);
  auto& s = shared(*file.path);
  const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  if ((flags & SQLITE_SHM_LOCK) != 0) {
    for (int i = first; i < first + count; ++i) {
      const auto& one = s.locks[i];
      const bool mine = (file.shm_shared >> i & 1) != 0;
      if (one.exclusive != nullptr && one.exclusive != f) return SQLITE_BUSY;
      if (exclusive && one.shared > (mine ? 1 : 0)) return SQLITE_BUSY;
    }
    for (int i = first; i < first + count; ++i) {
      const auto bit = static_cast<std::uint16_t>(1 << i);
      if (exclusive) {
        s.locks[i].exclusive = f;
        file.shm_exclusive |= bit;
      } else if ((file.shm_shared & bit) == 0) {
        ++s.locks[i].shared;
        file.shm_shared |= bit;
      }
    }
    return SQLITE_OK;
  }
  for (int i = first; i < first + count; ++i) {
    const auto bit = static_cast<std::uint16_t>(1 << i);
    if (exclusive && s.locks[i].exclusive == f) s.locks[i].exclusive = nullptr;
    if (!exclusive && (file.shm_shared & bit) != 0) --s.locks[i].shared;
    if (exclusive)
      file.shm_exclusive = static_cast<std::uint16_t>(file.shm_exclusive & ~bit);
    else
      file.shm_shared = static_cast<std::uint16_t>(file.shm_shared & ~bit);
  }
  return SQLITE_OK;
}

void shm_barrier(sqlite3_file*) {}

int shm_unmap(sqlite3_file* f, int) {
  auto& file = of(f);
  for (int i = 0; i < SQLITE_SHM_NLOCK; ++i) {
    if ((file.shm_shared >> i & 1) != 0) shm_lock(f, i, 1, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED);
    if ((file.shm_exclusive >> i & 1) != 0) shm_lock(f, i, 1, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
  }
  return SQLITE_OK;
}

int close(sqlite3_file* f) {
  auto& file = of(f);
  shm_unmap(f, 0);
  unlock(f, SQLITE_LOCK_NONE);
  if (file.delete_on_close) temporary_files().erase(*file.path);
  delete file.path;
  return SQLITE_OK;
}

const sqlite3_io_methods kMethods{
    2,         close,          read,    write,       truncate,        sync,    size_of,  lock,
    unlock,    check_reserved, control, sector_size, characteristics, shm_map, shm_lock, shm_barrier,
    shm_unmap, nullptr,        nullptr};

int open(sqlite3_vfs*, const char* name, sqlite3_file* f, int flags, int* out) {
  auto& file = of(f);
  std::memset(&file, 0, sizeof file);
  static int temporary = 0;
  const bool is_temporary = name == nullptr;
  const std::string path = is_temporary ? "temporary-" + std::to_string(++temporary) : name;
  file.volume = is_temporary ? nullptr : Volume::of(path);
  if (!is_temporary && file.volume == nullptr) return SQLITE_CANTOPEN;
  if (!is_temporary && !file.volume->files().contains(path)) {
    if ((flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
    file.volume->kernel().step("a new file of the database");
    if (file.volume->faults.full) return SQLITE_FULL;
    file.volume->files()[path];
  }
  file.path = new std::string(path);
  file.delete_on_close = is_temporary;
  file.base.pMethods = &kMethods;
  if (out != nullptr) *out = flags;
  return SQLITE_OK;
}

int remove(sqlite3_vfs*, const char* name, int sync_folder) {
  auto* volume = Volume::of(name);
  if (volume == nullptr) return SQLITE_IOERR_DELETE;
  volume->kernel().step("a deletion by the database");
  auto found = volume->files().find(name);
  if (found == volume->files().end()) return SQLITE_IOERR_DELETE_NOENT;
  if (sync_folder == 0 && found->second.entry_durable) volume->deleted()[name] = std::move(found->second);
  volume->files().erase(found);
  return SQLITE_OK;
}

int access(sqlite3_vfs*, const char* name, int, int* out) {
  auto* volume = Volume::of(name);
  *out = volume != nullptr && volume->files().contains(name);
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}

int randomness(sqlite3_vfs*, int count, char* out) {
  auto* kernel = Kernel::active();
  for (int i = 0; i < count; ++i) out[i] = kernel == nullptr ? 1 : static_cast<char>(kernel->random().next() >> 24);
  return count;
}

int sleep(sqlite3_vfs*, int microseconds) {
  if (auto* kernel = Kernel::active(); kernel != nullptr && kernel->in_fiber())
    kernel->sleep(std::chrono::microseconds(microseconds));
  return microseconds;
}

int current_time(sqlite3_vfs*, double* out) {
  *out = 2440587.5 + static_cast<double>(kStartMs) / 86'400'000.0;
  return SQLITE_OK;
}

int last_error(sqlite3_vfs*, int, char*) { return 0; }

}  // namespace

void simulate_databases() {
  static sqlite3_vfs vfs{};
  vfs.iVersion = 1;
  vfs.szOsFile = sizeof(OpenFile);
  vfs.mxPathname = 512;
  vfs.zName = "simulation";
  vfs.xOpen = open;
  vfs.xDelete = remove;
  vfs.xAccess = access;
  vfs.xFullPathname = full_path;
  vfs.xRandomness = randomness;
  vfs.xSleep = sleep;
  vfs.xCurrentTime = current_time;
  vfs.xGetLastError = last_error;
  storage::configure_sqlite();  // as the product does; registering is a use
  sqlite3_vfs_register(&vfs, 1);
}

void forget_database_locks(Volume& volume) {
  for (auto it = all_shared().begin(); it != all_shared().end();)
    // The memory stays: abandoned connections may name it.
    if (Volume::of(it->first) == &volume) {
      (void)it->second.release();
      it = all_shared().erase(it);
    } else {
      ++it;
    }
}

}  // namespace jindu::sim
