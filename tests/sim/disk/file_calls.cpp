// The C library's calls for files and folders, as the product makes them inside a simulation: they may fail, the
// process may crash before or after, and the volume learns what was synced. The files themselves lie in the machine's
// memory.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "tests/sim/disk/volume.hpp"

namespace {

using jindu::Bytes;
using jindu::sim::Kernel;
using jindu::sim::Volume;

template <class F>
F real(F, const char* name) {
  void* found = ::dlsym(RTLD_NEXT, name);
  if (found == nullptr) std::abort();
  return reinterpret_cast<F>(found);
}
#define REAL(name) (real(&::name, #name))

Kernel* simulated() {
  auto* kernel = Kernel::active();
  return kernel != nullptr && kernel->in_fiber() ? kernel : nullptr;
}

std::string path_of(int descriptor) {
  char path[512];
  const auto link = "/proc/self/fd/" + std::to_string(descriptor);
  const auto size = ::readlink(link.c_str(), path, sizeof path);
  return size <= 0 ? std::string{} : std::string(path, static_cast<std::size_t>(size));
}

// What each process has open: it goes with the process, and with it the locks.
std::map<int, const jindu::sim::Process*> open_files;

int remembered(int descriptor, Kernel* kernel) {
  if (descriptor >= 0) open_files[descriptor] = kernel->current();
  return descriptor;
}

int fails(int code) {
  errno = code;
  return -1;
}

int sync(int descriptor, int (*call)(int)) {
  auto* kernel = simulated();
  auto* volume = kernel == nullptr ? nullptr : Volume::of(path_of(descriptor));
  if (volume == nullptr) return call(descriptor);
  kernel->step("a sync of a file");
  if (kernel->random().chance(volume->faults.sync_fails)) {
    kernel->trace("a sync of " + path_of(descriptor) + " fails");
    return fails(EIO);
  }
  struct stat info {};
  ::fstat(descriptor, &info);
  if (S_ISDIR(info.st_mode)) {
    volume->synced_folder(info.st_ino, path_of(descriptor));
  } else {
    Bytes bytes(static_cast<std::size_t>(info.st_size));
    const int again = ::open(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), O_RDONLY | O_CLOEXEC);
    const auto got = ::pread(again, bytes.data(), bytes.size(), 0);
    ::close(again);
    bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    volume->look(bytes.data(), bytes.size());  // the whole, also what was written piece by piece
    volume->synced_file(info.st_ino, std::move(bytes));
  }
  kernel->step("after a sync of a file");
  return 0;
}

}  // namespace

namespace jindu::sim {

void close_files_of(const Process& process) {
  std::vector<int> of_it;
  for (const auto& [descriptor, owner] : open_files)
    if (owner == &process) of_it.push_back(descriptor);
  for (const int descriptor : of_it) ::close(descriptor);
}

}  // namespace jindu::sim

extern "C" {

int close(int descriptor) {
  static const auto call = REAL(close);
  if (!open_files.empty()) open_files.erase(descriptor);
  return call(descriptor);
}

int fsync(int descriptor) { return sync(descriptor, REAL(fsync)); }
int fdatasync(int descriptor) { return sync(descriptor, REAL(fdatasync)); }

int syncfs(int descriptor) noexcept {
  auto* kernel = simulated();
  auto* volume = kernel == nullptr ? nullptr : Volume::of(path_of(descriptor));
  if (volume == nullptr) return REAL(syncfs)(descriptor);
  kernel->step("a sync of a disk");
  if (kernel->random().chance(volume->faults.sync_fails)) {
    kernel->trace("a sync of a whole disk fails");
    return fails(EIO);
  }
  volume->synced_all();
  kernel->step("after a sync of a disk");
  return 0;
}

int open(const char* path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
  }
  static const auto call = REAL(open);
  auto* kernel = simulated();
  auto* volume = kernel == nullptr ? nullptr : Volume::of(path);
  if (volume == nullptr) return call(path, flags, mode);
  if ((flags & O_CREAT) == 0) return remembered(call(path, flags, mode), kernel);
  kernel->step("a new file");
  if (volume->faults.full) return fails(ENOSPC);
  if (kernel->random().chance(volume->faults.write_fails)) return fails(EIO);
  return remembered(call(path, flags, mode), kernel);
}

ssize_t pwrite(int descriptor, const void* data, std::size_t count, off_t offset) {
  static const auto call = REAL(pwrite);
  auto* kernel = simulated();
  auto* volume = kernel == nullptr ? nullptr : Volume::of(path_of(descriptor));
  if (volume == nullptr) return call(descriptor, data, count, offset);
  volume->look(data, count);
  kernel->step("a write to a file");
  if (volume->faults.full) return fails(ENOSPC);
  if (kernel->random().chance(volume->faults.write_fails)) {
    if (count > 1) call(descriptor, data, count / 2, offset);  // half of it got there
    return fails(EIO);
  }
  // Less than asked for is allowed at any time.
  if (count > 4096 && kernel->random().chance(0.05)) count = 1 + kernel->random().below(count - 1);
  return call(descriptor, data, count, offset);
}

ssize_t write(int descriptor, const void* data, std::size_t count) {
  static const auto call = REAL(write);
  auto* kernel = simulated();
  auto* volume = kernel == nullptr || descriptor <= 2 ? nullptr : Volume::of(path_of(descriptor));
  if (volume == nullptr) return call(descriptor, data, count);
  volume->look(data, count);
  kernel->step("a write to a file");
  if (volume->faults.full) return fails(ENOSPC);
  if (kernel->random().chance(volume->faults.write_fails)) return fails(EIO);
  return call(descriptor, data, count);
}

int rename(const char* from, const char* to) noexcept {
  auto* kernel = simulated();
  auto* volume = kernel == nullptr ? nullptr : Volume::of(to);
  if (volume != nullptr) {
    kernel->step("a rename");
    if (kernel->random().chance(volume->faults.write_fails)) return fails(EIO);
  }
  return REAL(rename)(from, to);
}

int mkdir(const char* path, mode_t mode) noexcept {
  auto* kernel = simulated();
  auto* volume = kernel == nullptr ? nullptr : Volume::of(path);
  if (volume != nullptr) {
    kernel->step("a new folder");
    if (volume->faults.full) return fails(ENOSPC);
  }
  return REAL(mkdir)(path, mode);
}

int unlink(const char* path) noexcept {
  if (auto* kernel = simulated(); kernel != nullptr && Volume::of(path) != nullptr) kernel->step("a removal");
  return REAL(unlink)(path);
}

int unlinkat(int folder, const char* path, int flags) noexcept {
  if (auto* kernel = simulated()) kernel->step("a removal");
  return REAL(unlinkat)(folder, path, flags);
}

int statvfs(const char* path, struct statvfs* out) noexcept {
  const int code = REAL(statvfs)(path, out);
  auto* kernel = simulated();
  auto* volume = kernel == nullptr ? nullptr : Volume::of(path);
  if (code == 0 && volume != nullptr) out->f_bavail = volume->free_bytes() / out->f_frsize;
  return code;
}

}  // extern "C"
