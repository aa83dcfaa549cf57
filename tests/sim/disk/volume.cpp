#include "tests/sim/disk/volume.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace jindu::sim {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kSector = 512;
std::vector<Volume*> volumes;

Bytes read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_whole(const std::string& path, const Bytes& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

bool is_folder(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

void apply(StoredFile::Write& write, Bytes& image, std::size_t from, std::size_t to) {
  if (write.truncate) {
    if (image.size() > *write.truncate) image.resize(*write.truncate);
    return;
  }
  put(image, write.offset + from, write.bytes.data() + from, to - from);
}

}  // namespace

void put(Bytes& image, std::size_t at, const std::uint8_t* data, std::size_t size) {
  // More than a write-ahead log has before it begins anew: what is not used is never touched.
  constexpr std::size_t kStep = 5 << 20;
  const auto end = at + size;
  if (image.capacity() < end) image.reserve((end / kStep + 1) * kStep);
  if (image.size() < at) image.resize(at);
  const auto within = std::min(size, image.size() - at);
  std::copy_n(data, within, image.begin() + static_cast<std::ptrdiff_t>(at));
  image.insert(image.end(), data + within, data + size);
}

Volume::Volume(Kernel& kernel, std::string name, std::string folder)
    : kernel_(kernel), name_(std::move(name)), folder_(std::move(folder)) {
  fs::create_directories(folder_);
  volumes.push_back(this);
}

Volume* Volume::of(const std::string& path) {
  Volume* best = nullptr;
  for (auto* one : volumes)
    if (path.starts_with(one->folder_) && (path.size() == one->folder_.size() || path[one->folder_.size()] == '/'))
      if (best == nullptr || one->folder_.size() > best->folder_.size()) best = one;
  return best;
}

void forget_volumes() { volumes.clear(); }

std::map<std::string, std::uint64_t> entries_of(const std::string& folder) {
  std::map<std::string, std::uint64_t> entries;
  auto* directory = ::opendir(folder.c_str());
  if (directory == nullptr) return entries;
  while (const auto* entry = ::readdir(directory)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") entries.emplace(name, entry->d_ino);
  }
  ::closedir(directory);
  return entries;
}

void Volume::owner_gone(bool power) {
  forget_database_locks(*this);
  if (power) cut_power();
}

// What of the writes since the last sync reached the platter: nothing, everything, a part in order, or any sectors.
void Volume::cut_power() {
  auto& random = kernel_.random();
  for (auto it = files_.begin(); it != files_.end();) {
    auto& file = it->second;
    if (!file.entry_durable && random.chance(0.5)) {
      kernel_.trace("lost with the power: " + it->first);
      it = files_.erase(it);
      continue;
    }
    const double chance = std::vector<double>{0, 0.3, 0.8, 1}[random.below(4)];
    const bool in_order = random.chance(0.4);
    std::size_t kept = in_order ? random.below(file.pending.size() + 1) : file.pending.size(), sectors = 0;
    for (std::size_t i = 0; i < kept; ++i) {
      auto& write = file.pending[i];
      if (write.truncate) {
        if (in_order || random.chance(chance)) apply(write, file.durable, 0, 0);
        continue;
      }
      for (std::size_t at = 0; at < write.bytes.size();) {
        const auto end = std::min(write.bytes.size(), ((write.offset + at) / kSector + 1) * kSector - write.offset);
        if ((in_order && i + 1 < kept) || random.chance(in_order ? 0.5 : chance)) {
          apply(write, file.durable, at, end);
          ++sectors;
        }
        at = end;
      }
    }
    if (!file.pending.empty())
      kernel_.trace(it->first + ": " + std::to_string(file.pending.size()) + " writes not synced, " +
                    std::to_string(sectors) + " sectors kept");
    file.pending.clear();
    file.seen = file.durable;
    file.entry_durable = true;
    ++it;
  }
  for (auto& [path, file] : deleted_)
    if (!files_.contains(path) && random.chance(0.5)) {
      kernel_.trace("back after the power cut: " + path);
      file.pending.clear();
      file.seen = file.durable;
      files_.emplace(path, file);
    }
  deleted_.clear();
  cut_power_of_folder();
}

void Volume::cut_power_of_folder() { settle_folder(folder_); }

Bytes Volume::torn(const Bytes& durable, const Bytes& seen) {
  auto& random = kernel_.random();
  Bytes image = durable;
  image.resize(random.chance(0.5) ? seen.size() : random.below(seen.size() + 1));
  for (std::size_t at = 0; at < image.size(); at += kSector)
    if (random.chance(0.5) && at < seen.size())
      std::copy_n(seen.begin() + static_cast<std::ptrdiff_t>(at),
                  std::min({kSector, image.size() - at, seen.size() - at}),
                  image.begin() + static_cast<std::ptrdiff_t>(at));
  return image;
}

void Volume::settle_file(const std::string& path, std::uint64_t inode) {
  const auto seen = read_whole(path);
  const auto known = synced_files_.find(inode);
  const Bytes durable = known == synced_files_.end() ? Bytes{} : known->second;
  if (known != synced_files_.end() && durable == seen) return;
  const auto choice = kernel_.random().below(3);
  const Bytes after = choice == 0 ? durable : choice == 1 ? seen : torn(durable, seen);
  kernel_.trace("not synced: " + fs::path(path).filename().string() + ", " + std::to_string(seen.size()) + " -> " +
                std::to_string(after.size()) + " bytes");
  write_whole(path, after);
  synced_files_[inode] = after;
}

// Names that were not synced are there or not; names that were removed or moved without a sync may be back.
void Volume::settle_folder(const std::string& path) {
  auto& random = kernel_.random();
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return;
  const auto seen = entries_of(path);
  const auto known = synced_folders_.find(info.st_ino);
  const auto durable = known == synced_folders_.end() ? std::map<std::string, std::uint64_t>{} : known->second;
  // Whether the newest version of the folder reached the platter.
  const bool newest = random.chance(0.5);
  for (const auto& [name, inode] : seen) {
    const auto child = path + "/" + name;
    const auto before = durable.find(name);
    const bool same = before != durable.end() && before->second == inode;
    if (!same && !newest) {
      kernel_.trace("lost with the power: " + child.substr(folder_.size()));
      fs::remove_all(child);
      continue;
    }
    if (is_folder(child))
      settle_folder(child);
    else
      settle_file(child, inode);
  }
  if (!newest)
    for (const auto& [name, inode] : durable) {
      const auto child = path + "/" + name;
      if (fs::exists(child)) continue;
      if (const auto bytes = synced_files_.find(inode); bytes != synced_files_.end()) {
        kernel_.trace("back after the power cut: " + child.substr(folder_.size()));
        write_whole(child, bytes->second);
      }
    }
  synced_folders_[info.st_ino] = entries_of(path);
  for (const auto& [name, inode] : entries_of(path))
    if (const auto child = path + "/" + name; !is_folder(child)) synced_files_[inode] = read_whole(child);
}

void Volume::synced_folder(std::uint64_t inode, const std::string& path) {
  synced_folders_[inode] = entries_of(path);
  // The files of databases have their names in the same folder.
  std::erase_if(deleted_, [&](const auto& one) { return fs::path(one.first).parent_path() == path; });
  for (auto& [name, file] : files_)
    if (fs::path(name).parent_path() == path) file.entry_durable = true;
}

Volume::Backup Volume::back_up() const {
  Backup backup{files_, {}};
  for (auto& [path, file] : backup.files) {
    file.durable = file.seen;
    file.pending.clear();
    file.entry_durable = true;
  }
  for (const auto& entry : fs::recursive_directory_iterator(folder_))
    if (entry.is_regular_file())
      backup.others.emplace(entry.path().string().substr(folder_.size()), read_whole(entry.path()));
  return backup;
}

void Volume::restore(const Backup& backup) {
  kernel_.trace(name_ + " is restored from a backup");
  files_ = backup.files;
  deleted_.clear();
  for (const auto& [name, inode] : entries_of(folder_)) fs::remove_all(folder_ + "/" + name);
  for (const auto& [path, bytes] : backup.others) {
    fs::create_directories(fs::path(folder_ + path).parent_path());
    write_whole(folder_ + path, bytes);
  }
  synced_all();
}

void Volume::synced_all() {
  for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
    struct stat info {};
    ::stat(entry.path().c_str(), &info);
    if (entry.is_directory())
      synced_folders_[info.st_ino] = entries_of(entry.path());
    else
      synced_files_[info.st_ino] = read_whole(entry.path());
  }
  struct stat info {};
  ::stat(folder_.c_str(), &info);
  synced_folders_[info.st_ino] = entries_of(folder_);
}

bool Volume::holds_text(std::string_view text) const {
  const auto in = [&](const Bytes& bytes) {
    return ::memmem(bytes.data(), bytes.size(), text.data(), text.size()) != nullptr;
  };
  for (const auto& [path, file] : files_)
    if (in(file.seen) || in(file.durable)) return true;
  for (const auto& entry : fs::recursive_directory_iterator(folder_))
    if (entry.is_regular_file() && in(read_whole(entry.path()))) return true;
  return false;
}

}  // namespace jindu::sim
