#include "common/runtime/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace jindu::files {
namespace {

struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

Error failure(const std::filesystem::path& path, const char* what) {
  const int reason = errno;
  const bool full = reason == ENOSPC || reason == EDQUOT;
  return {full ? Fault::unavailable : Fault::internal, full ? "file.full" : "file.write",
          path.filename().string() + ": " + what + ": " + std::strerror(reason)};
}

// Linux answers one write of 2 MiB and more to a new file with pages of that size, and clears each before it is filled:
// five times as much work.
constexpr std::size_t kWrittenAtOnce = 256 * 1024;
constexpr std::size_t kReadAtOnce = 128 * 1024;

result<void> write_all(int descriptor, BytesView bytes, std::uint64_t offset, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const auto size = std::min(bytes.size(), kWrittenAtOnce);
    const ssize_t count = ::pwrite(descriptor, bytes.data(), size, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure(path, "write");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

result<void> write_and_sync(int descriptor, std::span<const BytesView> parts, const std::filesystem::path& path) {
  result<void> ok;
  std::uint64_t offset = 0;
  for (const auto part : parts) {
    if (ok) ok = write_all(descriptor, part, offset, path);
    offset += part.size();
  }
  if (ok && ::fdatasync(descriptor) != 0) ok = failure(path, "sync");
  return ok;
}

// Behind what is in `bytes`; fewer where the file ends before.
result<void> read_some(int descriptor, std::uint64_t offset, std::size_t size, const std::filesystem::path& path,
                       Bytes& bytes) {
  const auto before = bytes.size();
  bytes.reserve(before + size);
  std::size_t done = 0;
  while (done < size) {
    // What a vector clears for it is still in the processor's cache when it is filled.
    const auto next = std::min(size - done, kReadAtOnce);
    bytes.resize(before + done + next);
    const ssize_t count = ::pread(descriptor, bytes.data() + before + done, next, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      bytes.resize(before);
      return Error{Fault::unavailable, "file.unreadable", path.string() + " cannot be read"};
    }
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(before + done);
  return {};
}

}  // namespace

result<Bytes> read(const std::filesystem::path& path, std::size_t limit) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat info {};
  if (file.number < 0 || ::fstat(file.number, &info) != 0 || !S_ISREG(info.st_mode))
    return Error{Fault::not_found, "file.unreadable", path.string() + " cannot be read"};
  if (static_cast<std::uint64_t>(info.st_size) > limit)
    return Error{Fault::too_large, "file.too_large", path.string() + " is over " + std::to_string(limit) + " bytes"};
  Bytes bytes;
  if (auto ok = read_some(file.number, 0, static_cast<std::size_t>(info.st_size), path, bytes); !ok) return ok.error();
  return bytes;
}

Parts::~Parts() { close(); }

void Parts::close() {
  if (descriptor_ < 0) return;
  // What fails costs memory alone.
  if (first_ < end_)
    ::posix_fadvise(descriptor_, static_cast<off_t>(first_), static_cast<off_t>(end_ - first_), POSIX_FADV_DONTNEED);
  ::close(descriptor_);
  descriptor_ = -1;
}

result<Bytes> Parts::read(const std::filesystem::path& path, std::uint64_t offset, std::size_t size) {
  Bytes bytes;
  if (auto ok = append(path, offset, size, bytes); !ok) return ok.error();
  return bytes;
}

result<void> Parts::append(const std::filesystem::path& path, std::uint64_t offset, std::size_t size, Bytes& bytes) {
  if (descriptor_ < 0 || path.native() != path_.native()) {
    close();
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    path_ = path;
    first_ = offset;
    end_ = offset;
  }
  if (descriptor_ < 0) return Error{Fault::not_found, "file.unreadable", path.string() + " cannot be read"};
  first_ = std::min(first_, offset);
  end_ = std::max(end_, offset + size);
  const auto before = bytes.size();
  if (auto ok = read_some(descriptor_, offset, size, path, bytes); !ok) return ok;
  if (bytes.size() == before + size) return {};
  bytes.resize(before);
  return Error{Fault::integrity, "file.unreadable", path.string() + " ends too early"};
}

result<std::string> read_text(const std::filesystem::path& path, std::size_t limit) {
  auto bytes = read(path, limit);
  if (!bytes) return bytes.error();
  return std::string(text_of(*bytes));
}

result<void> sync_folder(const std::filesystem::path& folder) {
  const Descriptor file{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (file.number < 0 || ::fsync(file.number) != 0) return failure(folder, "sync");
  return {};
}

result<void> write_new(const std::filesystem::path& path, BytesView bytes) {
  const Descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (file.number < 0) return failure(path, "create");
  return write_all(file.number, bytes, 0, path);
}

result<void> sync_all(const std::filesystem::path& folder) {
  const Descriptor file{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (file.number < 0 || ::syncfs(file.number) != 0) return failure(folder, "sync");
  return {};
}

result<void> write_new_synced(const std::filesystem::path& path, std::span<const BytesView> parts) {
  const Descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (file.number < 0) return failure(path, "create");
  return write_and_sync(file.number, parts, path);
}

result<void> write_durably(const std::filesystem::path& path, BytesView bytes) {
  // A name of its own, so that two writers of the same file do not mix their bytes.
  static std::atomic<std::uint64_t> count{0};
  const auto beside = path.string() + "." + std::to_string(::getpid()) + "-" + std::to_string(count++) + ".part";
  {
    // What is there under that name is left over, or, on a medium that was in other hands, a link to a file of ours.
    if (::unlink(beside.c_str()) != 0 && errno != ENOENT) return failure(path, "create");
    const Descriptor file{::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (file.number < 0) return failure(path, "create");
    auto ok = write_and_sync(file.number, std::span(&bytes, 1), path);
    if (!ok) {
      ::unlink(beside.c_str());
      return ok;
    }
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) {
    auto error = failure(path, "rename");
    ::unlink(beside.c_str());
    return error;
  }
  return sync_folder(path.parent_path());
}

result<void> write_at(const std::filesystem::path& path, std::uint64_t offset, BytesView bytes, bool sync) {
  const Descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (file.number < 0) return failure(path, "create");
  struct stat info {};
  if (::fstat(file.number, &info) != 0) return failure(path, "stat");
  if (static_cast<std::uint64_t>(info.st_size) < offset)
    return Error{Fault::conflict, "file.offset", "the file ends at " + std::to_string(info.st_size)};
  if (auto ok = write_all(file.number, bytes, offset, path); !ok) return ok;
  if (sync && ::fdatasync(file.number) != 0) return failure(path, "sync");
  if (sync && info.st_size == 0) return sync_folder(path.parent_path());
  return {};
}

result<void> make_folder(const std::filesystem::path& folder) {
  std::error_code code;
  if (std::filesystem::is_directory(folder, code)) return {};
  if (folder.has_parent_path() && folder.parent_path() != folder)
    if (auto ok = make_folder(folder.parent_path()); !ok) return ok;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return failure(folder, "make folder");
  // Or a power cut takes the folder away with everything that is synced in it.
  return sync_folder(folder.has_parent_path() ? folder.parent_path() : std::filesystem::path("."));
}

std::uint64_t free_bytes(const std::filesystem::path& folder) {
  struct statvfs info {};
  if (::statvfs(folder.c_str(), &info) != 0) return 0;
  return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

}  // namespace jindu::files
