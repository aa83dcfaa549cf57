#pragma once
// Files that are there after a power cut: written beside, synced, renamed, and the folder synced.
#include <filesystem>
#include <span>

#include "common/runtime/bytes.hpp"

namespace jindu::files {

result<Bytes> read(const std::filesystem::path& path, std::size_t limit);  // codes file.unreadable, file.too_large
result<std::string> read_text(const std::filesystem::path& path, std::size_t limit = 16 * 1024 * 1024);
// Reads parts of files whose names are never used again. The last file stays open, as many that are read one after the
// other lie in the same: for one batch, not for longer. What was read is mostly not read again: it leaves the system's
// memory then, where gigabytes of it would push out all else, and each new page would have to be found and cleared.
class Parts {
 public:
  Parts() = default;
  ~Parts();
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  // `size` bytes from `offset` on; code file.unreadable where there are not as many.
  result<Bytes> read(const std::filesystem::path& path, std::uint64_t offset, std::size_t size);
  // The same behind what is in `bytes` already, which stays as it is where there is an error.
  result<void> append(const std::filesystem::path& path, std::uint64_t offset, std::size_t size, Bytes& bytes);

 private:
  void close();
  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t first_ = 0, end_ = 0;  // of the last file what was read
};
// Codes file.full (the disk, Fault::unavailable), file.write.
result<void> write_durably(const std::filesystem::path& path, BytesView bytes);
// Appends at exactly `offset` and syncs; code file.offset when the file is shorter than that.
result<void> write_at(const std::filesystem::path& path, std::uint64_t offset, BytesView bytes, bool sync);
result<void> sync_folder(const std::filesystem::path& folder);
// A new file that is durable only after sync_all: many small files for the price of one sync.
result<void> write_new(const std::filesystem::path& path, BytesView bytes);
// A new file of parts one behind the other, synced; its name is durable after sync_folder: for names that nobody looks
// for before.
result<void> write_new_synced(const std::filesystem::path& path, std::span<const BytesView> parts);
// Everything on the file system that a folder lies on.
result<void> sync_all(const std::filesystem::path& folder);
result<void> make_folder(const std::filesystem::path& folder);  // with parents, only for us (0700), synced
std::uint64_t free_bytes(const std::filesystem::path& folder);

}  // namespace jindu::files
