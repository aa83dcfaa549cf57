#pragma once
// A disk that may fail: how much of it is free, which writes and syncs fail or go astray, and what a power cut leaves
// of what was not synced. SQLite's files live in memory (sqlite_vfs.cpp); the product's own files and folders live in a
// folder of the machine's memory, of which the volume remembers what was synced (file_calls.cpp).
#include <map>
#include <optional>
#include <string>

#include "common/runtime/bytes.hpp"
#include "tests/sim/machine/kernel.hpp"

namespace jindu::sim {

struct DiskFaults {
  double write_fails = 0;
  double sync_fails = 0;
  double write_goes_astray = 0;  // lands at another place of the same file, and is believed to be where it should be
  bool full = false;
};

// A file of SQLite: what a reader sees, what is on the platter, and what was written since the last sync.
struct StoredFile {
  struct Write {
    std::size_t offset = 0;
    Bytes bytes = {};
    std::optional<std::size_t> truncate = {};
  };
  Bytes seen;
  Bytes durable;
  bool entry_durable = false;
  std::vector<Write> pending;
};
// Writes into an image of a file, which grows in large steps: journals are written a page at a time.
void put(Bytes& image, std::size_t at, const std::uint8_t* data, std::size_t size);

class Volume {
 public:
  Volume(Kernel& kernel, std::string name, std::string folder);

  const std::string& name() const { return name_; }
  const std::string& folder() const { return folder_; }
  DiskFaults faults;
  // Nobody who writes here can read messages: what is written is looked at, however soon it is gone again.
  bool is_of_carriers = false;
  // Nothing that was synced here is ever lost or changed: whoever misses it had not synced it. (Units get it again from
  // each other and from their services, so that no message would show it.)
  bool keeps_what_is_synced = false;
  void look(const void* bytes, std::size_t size) const {
    if (is_of_carriers) kernel_.look(bytes, size, "what is written to the disk of", name_);
  }
  static constexpr std::uint64_t kFreeBytes = std::uint64_t{1} << 40;
  std::uint64_t free_bytes() const { return faults.full ? 0 : kFreeBytes; }

  void owner_gone(bool power);
  // All that a copy taken now would have, and putting such a copy in the place of what is there.
  struct Backup {
    std::map<std::string, StoredFile> files;
    std::map<std::string, Bytes> others;  // by path below the folder
  };
  Backup back_up() const;
  void restore(const Backup& backup);
  bool holds_text(std::string_view text) const;  // anywhere, synced or not

  // For the file layers.
  std::map<std::string, StoredFile>& files() { return files_; }
  std::map<std::string, StoredFile>& deleted() { return deleted_; }
  Kernel& kernel() { return kernel_; }
  void synced_file(std::uint64_t inode, Bytes bytes) { synced_files_[inode] = std::move(bytes); }
  void synced_folder(std::uint64_t inode, const std::string& path);
  void synced_all();  // the product's own files; those of SQLite are synced one by one

  // The volume on which a path lies; none when the path is not of the simulation.
  static Volume* of(const std::string& path);
  void moved(const std::string& folder) { folder_ = folder; }  // a medium was attached elsewhere
  void cut_power_of_folder();

 private:
  void cut_power();
  void settle_folder(const std::string& path);
  void settle_file(const std::string& path, std::uint64_t inode);
  Bytes torn(const Bytes& durable, const Bytes& seen);

  Kernel& kernel_;
  std::string name_;
  std::string folder_;
  std::map<std::string, StoredFile> files_;
  std::map<std::string, StoredFile> deleted_;  // their deletion is not synced
  std::map<std::uint64_t, Bytes> synced_files_;
  std::map<std::uint64_t, std::map<std::string, std::uint64_t>> synced_folders_;
};

// SQLite's files of every database opened from now on lie on volumes.
void simulate_databases();
void forget_database_locks(Volume& volume);
std::map<std::string, std::uint64_t> entries_of(const std::string& folder);  // names and inodes
void forget_volumes();
void close_files_of(const Process& process);

}  // namespace jindu::sim
