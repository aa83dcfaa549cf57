#include "extranet-portal/store/upload_files.hpp"

#include <fstream>

#include "common/runtime/files.hpp"

namespace jindu::portal::store {

UploadFiles::UploadFiles(std::filesystem::path folder, std::uint64_t reserve)
    : folder_(std::move(folder)), reserve_(reserve) {}

std::filesystem::path UploadFiles::path_of(const UploadKey& key) const {
  return folder_ / key.account_id / key.declaration_id / key.upload_id;
}

std::mutex& UploadFiles::lock_of(const UploadKey& key) {
  return locks_[std::hash<std::string>{}(key.account_id + key.declaration_id + key.upload_id) % locks_.size()];
}

bool UploadFiles::has_room(std::uint64_t bytes) const {
  const auto free = files::free_bytes(folder_);
  return free > reserve_ && free - reserve_ > bytes;
}

result<void> UploadFiles::append(const UploadKey& key, std::uint64_t offset, BytesView bytes) {
  const auto path = path_of(key);
  if (offset == 0)
    if (const auto made = files::make_folder(path.parent_path()); !made) return made.error();
  return files::write_at(path, offset, bytes, true);
}

result<UploadFiles::Summary> UploadFiles::summarise(const UploadKey& key) const {
  std::ifstream file(path_of(key), std::ios::binary);
  if (!file) return Error{Fault::internal, "upload.file", "the file of an upload cannot be read"};
  Bytes block(1024 * 1024);
  Bytes beginning;
  crypto::Sha256 hash;
  std::uint64_t size = 0;
  while (file) {
    file.read(reinterpret_cast<char*>(block.data()), static_cast<std::streamsize>(block.size()));
    const auto count = static_cast<std::size_t>(file.gcount());
    const BytesView read(block.data(), count);
    if (size == 0) beginning.assign(read.begin(), read.begin() + std::min<std::size_t>(count, seal::kHeaderMax + 8));
    hash.update(read);
    size += count;
  }
  if (file.bad()) return Error{Fault::unavailable, "upload.file", "the file of an upload cannot be read"};
  return Summary{size, hash.finish(), seal::inspect_seal(beginning)};
}

void UploadFiles::remove(const UploadKey& key) const {
  std::error_code ignored;
  const auto path = path_of(key);
  std::filesystem::remove(path, ignored);
  // Folders go when they are empty; one that is not is left.
  std::filesystem::remove(path.parent_path(), ignored);
  std::filesystem::remove(path.parent_path().parent_path(), ignored);
}

}  // namespace jindu::portal::store
