#pragma once
// Seal: encryption of anything to one or more recipients. docs/formats.md, "Seal". Memory stays flat for any size:
// SealWriter and SealReader work chunk by chunk; the functions on whole buffers are made of them.
#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "common/crypto/hpke.hpp"

namespace jindu::seal {

inline constexpr std::size_t kHeaderMax = 64 * 1024;
inline constexpr std::size_t kBindingMax = 1024;
inline constexpr std::size_t kRecipientsMax = 16;
inline constexpr std::size_t kChunkBytes = 16 * 1024;  // of plaintext
using FileKey = std::array<std::uint8_t, 32>;

FileKey new_file_key();

// Where sealed or opened bytes go, in order. An Error ends the work.
using Sink = std::function<result<void>(BytesView)>;

class SealWriter {
 public:
  // Writes the prefix to `sink` at once. Several that are made at once for the same one recipient, each with another
  // binding, may share an ephemeral key (decisions/007). Codes: seal.recipients, seal.binding.
  static result<SealWriter> start(const std::vector<crypto::PublicKey>& recipients, std::string_view binding,
                                  const FileKey& key, Sink sink, const crypto::PrivateKey* ephemeral = nullptr);
  // Goes on behind a beginning that was written before, with the key it was written for: the same plaintext gives the
  // same bytes. Another one must never be sealed so. Codes: those of SealReader for a beginning.
  static result<SealWriter> behind(BytesView beginning, const FileKey& key, Sink sink);
  ~SealWriter();
  SealWriter(SealWriter&&) noexcept;
  SealWriter& operator=(SealWriter&&) noexcept;
  result<void> write(BytesView plaintext);
  result<void> finish();  // writes the last chunk

 private:
  struct State;
  explicit SealWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Which key opens it: a recipient's private key, or the file key where it came another way (materials).
using OpeningKey = std::variant<const crypto::PrivateKey*, FileKey>;

class SealReader {
 public:
  // Codes: seal.malformed, seal.magic, seal.unknown_suite, seal.binding, seal.not_a_recipient, seal.wrong_key,
  // seal.commitment, seal.chunk, seal.truncated, seal.too_large. What `sink` gets before `finish` succeeds must not be
  // used: keep it aside.
  SealReader(OpeningKey key, std::string_view binding, Sink sink);
  ~SealReader();
  SealReader(SealReader&&) noexcept;
  SealReader& operator=(SealReader&&) noexcept;
  result<void> write(BytesView sealed);
  result<void> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

result<Bytes> seal_to(const std::vector<crypto::PublicKey>& recipients, std::string_view binding, BytesView plaintext,
                      const FileKey& key = new_file_key(), const crypto::PrivateKey* ephemeral = nullptr);
// What stands before the first chunk. Codes: seal.malformed, seal.truncated.
result<std::size_t> beginning_bytes(BytesView sealed);
result<Bytes> open_seal(BytesView sealed, const OpeningKey& key, std::string_view binding);

// The key ids in the header, without opening. Same shape codes as SealReader.
struct SealInfo {
  std::string binding;
  std::vector<crypto::Digest> recipients;
  std::size_t prefix_bytes = 0;
};
result<SealInfo> inspect_seal(BytesView sealed_or_its_beginning);

// Size of the sealed form of `plaintext` bytes behind a prefix of `prefix_bytes`.
std::uint64_t sealed_size(std::uint64_t plaintext, std::size_t prefix_bytes);

// Opens a sealed file into `target` (written to the end and synced before this returns success; removed on failure).
// Checks plaintext size and SHA-256 when they are given: codes seal.size, seal.digest.
struct Expected {
  std::uint64_t size;
  crypto::Digest sha256;
};
result<void> open_file(const std::filesystem::path& sealed, const OpeningKey& key, std::string_view binding,
                       const std::filesystem::path& target, const std::optional<Expected>& expected = {});

}  // namespace jindu::seal
