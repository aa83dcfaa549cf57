#pragma once
// The files of sealed materials, and who may write to one at a time.
#include <array>
#include <filesystem>
#include <mutex>

#include "common/seal/seal.hpp"
#include "extranet-portal/store/uploads.hpp"

namespace jindu::portal::store {

class UploadFiles {
 public:
  // `reserve`: bytes that stay free on the disk for everything else.
  UploadFiles(std::filesystem::path folder, std::uint64_t reserve);

  // Ids are checked to be UUIDs before they get here, so that no path leads elsewhere.
  std::filesystem::path path_of(const UploadKey& key) const;
  std::mutex& lock_of(const UploadKey& key);
  bool has_room(std::uint64_t bytes) const;

  result<void> append(const UploadKey& key, std::uint64_t offset, BytesView bytes);
  struct Summary {
    std::uint64_t size = 0;
    crypto::Digest sha256{};
    result<seal::SealInfo> seal;
  };
  // Reads the file once, in constant memory.
  result<Summary> summarise(const UploadKey& key) const;
  void remove(const UploadKey& key) const;

 private:
  std::filesystem::path folder_;
  std::uint64_t reserve_;
  std::array<std::mutex, 64> locks_;
};

}  // namespace jindu::portal::store
