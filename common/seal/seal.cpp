#include "common/seal/seal.hpp"

#include <jindu/v1/seal.pb.h>

#include "common/crypto/aead.hpp"
#include "common/crypto/digest.hpp"
#include "common/crypto/hkdf.hpp"
#include "common/seal/prefix.hpp"

namespace jindu::seal {
namespace {

constexpr std::string_view kLabel = "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM";
constexpr std::size_t kSaltBytes = 24;
constexpr std::size_t kCommitmentBytes = 32;
constexpr std::size_t kSealedChunk = kChunkBytes + crypto::kAeadTagBytes;
constexpr std::uint64_t kChunksMax = 1ull << 32;

struct Schedule {
  crypto::AesGcm aead;
  crypto::Nonce base;
  crypto::Digest commitment;
};

Schedule schedule(const FileKey& key, BytesView salt, BytesView prefix) {
  Bytes info(kLabel.begin(), kLabel.end());
  info.push_back(0);
  info.insert(info.end(), salt.begin(), salt.end());
  info.insert(info.end(), prefix.begin(), prefix.end());
  const Bytes out = crypto::hkdf_expand(crypto::HashFunction::sha512, key, info, 32 + 12 + 32);
  Schedule made{crypto::AesGcm(BytesView(out).first(32)), {}, {}};
  std::copy_n(out.begin() + 32, 12, made.base.begin());
  std::copy_n(out.begin() + 44, 32, made.commitment.begin());
  return made;
}

// The chunk's number, big-endian, into the last eight bytes of the base nonce by exclusive or.
crypto::Nonce nonce_of(const crypto::Nonce& base, std::uint64_t chunk) {
  crypto::Nonce nonce = base;
  for (int i = 0; i < 8; ++i) nonce[11 - i] ^= static_cast<std::uint8_t>(chunk >> (8 * i));
  return nonce;
}

}  // namespace

FileKey new_file_key() {
  const Bytes random = crypto::random_bytes(32);
  FileKey key;
  std::copy(random.begin(), random.end(), key.begin());
  return key;
}

struct SealWriter::State {
  Schedule keys;
  Sink sink;
  std::uint64_t chunk = 0;
  Bytes pending = {};
  Bytes sealed = Bytes(kSealedChunk);

  result<void> emit(BytesView plaintext) {
    keys.aead.seal(nonce_of(keys.base, chunk++), {}, plaintext, sealed.data());
    return sink(BytesView(sealed).first(plaintext.size() + crypto::kAeadTagBytes));
  }
};

SealWriter::SealWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
SealWriter::~SealWriter() = default;
SealWriter::SealWriter(SealWriter&&) noexcept = default;
SealWriter& SealWriter::operator=(SealWriter&&) noexcept = default;

result<SealWriter> SealWriter::start(const std::vector<crypto::PublicKey>& recipients, std::string_view binding,
                                     const FileKey& key, Sink sink, const crypto::PrivateKey* ephemeral) {
  auto prefix = make_prefix(recipients, binding, key, ephemeral);
  if (!prefix) return prefix.error();
  const Bytes salt = crypto::random_bytes(kSaltBytes);
  auto state = std::unique_ptr<State>(new State{schedule(key, salt, *prefix), std::move(sink)});
  Bytes head = *prefix;
  head.insert(head.end(), salt.begin(), salt.end());
  head.insert(head.end(), state->keys.commitment.begin(), state->keys.commitment.end());
  if (auto ok = state->sink(head); !ok) return ok.error();
  return SealWriter(std::move(state));
}

result<SealWriter> SealWriter::behind(BytesView beginning, const FileKey& key, Sink sink) {
  const auto bytes = beginning_bytes(beginning);
  if (!bytes) return bytes.error();
  const auto prefix = beginning.first(*bytes - kSaltBytes - kCommitmentBytes);
  auto state = std::unique_ptr<State>(
      new State{schedule(key, beginning.subspan(prefix.size(), kSaltBytes), prefix), std::move(sink)});
  if (!crypto::constant_time_equal(state->keys.commitment,
                                   beginning.subspan(prefix.size() + kSaltBytes, kCommitmentBytes)))
    return Error{Fault::integrity, "seal.commitment", "this beginning was written for another key"};
  return SealWriter(std::move(state));
}

result<void> SealWriter::write(BytesView plaintext) {
  auto& s = *state_;
  while (!plaintext.empty()) {
    if (s.pending.empty() && plaintext.size() >= kChunkBytes) {
      if (auto ok = s.emit(plaintext.first(kChunkBytes)); !ok) return ok;
      plaintext = plaintext.subspan(kChunkBytes);
      continue;
    }
    const std::size_t take = std::min(plaintext.size(), kChunkBytes - s.pending.size());
    s.pending.insert(s.pending.end(), plaintext.begin(), plaintext.begin() + static_cast<std::ptrdiff_t>(take));
    plaintext = plaintext.subspan(take);
    if (s.pending.size() == kChunkBytes) {
      if (auto ok = s.emit(s.pending); !ok) return ok;
      s.pending.clear();
    }
  }
  return {};
}

// The last chunk is shorter than a full one, so that an end can be told from a cut: it may be empty.
result<void> SealWriter::finish() { return state_->emit(state_->pending); }

struct SealReader::State {
  OpeningKey key;
  std::string binding;
  Sink sink;
  std::optional<Schedule> keys = {};
  std::uint64_t chunk = 0;
  Bytes pending = {};
  Bytes plaintext = Bytes(kChunkBytes);
  bool failed = false;

  result<void> begin() {
    auto parsed = parse_prefix(pending);
    if (!parsed) return parsed.error();
    if (!*parsed) return {};  // more bytes are needed
    const Prefix& prefix = **parsed;
    if (pending.size() < prefix.bytes + kSaltBytes + kCommitmentBytes) return {};
    if (prefix.header.binding() != binding)
      return Error{Fault::integrity, "seal.binding", "this seal belongs to something else"};
    auto file_key = file_key_of(prefix, key);
    if (!file_key) return file_key.error();
    const BytesView all(pending);
    keys = schedule(*file_key, all.subspan(prefix.bytes, kSaltBytes), all.first(prefix.bytes));
    if (!crypto::constant_time_equal(keys->commitment, all.subspan(prefix.bytes + kSaltBytes, kCommitmentBytes)))
      return Error{Fault::integrity, "seal.commitment",
                   "the key is not the one this was sealed with, or the beginning was changed"};
    pending.erase(pending.begin(),
                  pending.begin() + static_cast<std::ptrdiff_t>(prefix.bytes + kSaltBytes + kCommitmentBytes));
    return {};
  }

  result<void> open(BytesView sealed) {
    if (chunk >= kChunksMax) return Error{Fault::too_large, "seal.too_large", "more chunks than a seal may have"};
    if (!keys->aead.open(nonce_of(keys->base, chunk), {}, sealed, plaintext.data()))
      return Error{Fault::integrity, "seal.chunk", "chunk " + std::to_string(chunk) + " does not authenticate"};
    ++chunk;
    const std::size_t size = sealed.size() - crypto::kAeadTagBytes;
    return size == 0 ? result<void>{} : sink(BytesView(plaintext).first(size));
  }

  result<void> write(BytesView sealed) {
    if (!keys) {
      // The prefix is small; what is behind it waits until it is understood.
      pending.insert(pending.end(), sealed.begin(), sealed.end());
      if (auto ok = begin(); !ok) return ok;
      if (!keys) {
        if (pending.size() > kHeaderMax + 8 + kSaltBytes + kCommitmentBytes)
          return Error{Fault::too_large, "seal.too_large", "the header is over 64 KiB"};
        return {};
      }
      const Bytes rest = std::exchange(pending, {});
      return write(rest);
    }
    while (!sealed.empty()) {
      // A full chunk can be opened once it is complete; the last is shorter and waits for `finish`.
      if (pending.empty() && sealed.size() >= kSealedChunk) {
        if (auto ok = open(sealed.first(kSealedChunk)); !ok) return ok;
        sealed = sealed.subspan(kSealedChunk);
        continue;
      }
      const std::size_t take = std::min(sealed.size(), kSealedChunk - pending.size());
      pending.insert(pending.end(), sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(take));
      sealed = sealed.subspan(take);
      if (pending.size() == kSealedChunk) {
        if (auto ok = open(pending); !ok) return ok;
        pending.clear();
      }
    }
    return {};
  }
};

SealReader::SealReader(OpeningKey key, std::string_view binding, Sink sink)
    : state_(new State{key, std::string(binding), std::move(sink)}) {}
SealReader::~SealReader() = default;
SealReader::SealReader(SealReader&&) noexcept = default;
SealReader& SealReader::operator=(SealReader&&) noexcept = default;

result<void> SealReader::write(BytesView sealed) {
  if (state_->failed) return Error{Fault::integrity, "seal.chunk", "this seal failed before"};
  auto ok = state_->write(sealed);
  state_->failed = !ok;
  return ok;
}

result<void> SealReader::finish() {
  auto& s = *state_;
  if (s.failed) return Error{Fault::integrity, "seal.chunk", "this seal failed before"};
  if (!s.keys) {
    auto parsed = parse_prefix(s.pending);
    if (!parsed) return parsed.error();
    return Error{Fault::integrity, "seal.truncated", "it ends within its beginning"};
  }
  if (s.pending.size() < crypto::kAeadTagBytes)
    return Error{Fault::integrity, "seal.truncated", "the last chunk is missing"};
  return s.open(s.pending);
}

result<std::size_t> beginning_bytes(BytesView sealed) {
  const auto prefix = parse_prefix(sealed);
  if (!prefix) return prefix.error();
  if (!*prefix || sealed.size() < (**prefix).bytes + kSaltBytes + kCommitmentBytes)
    return Error{Fault::integrity, "seal.truncated", "it ends within its beginning"};
  return (**prefix).bytes + kSaltBytes + kCommitmentBytes;
}

result<Bytes> seal_to(const std::vector<crypto::PublicKey>& recipients, std::string_view binding, BytesView plaintext,
                      const FileKey& key, const crypto::PrivateKey* ephemeral) {
  Bytes sealed;
  sealed.reserve(plaintext.size() + plaintext.size() / kChunkBytes * crypto::kAeadTagBytes + 4096);
  const auto append = [&](BytesView bytes) -> result<void> {
    sealed.insert(sealed.end(), bytes.begin(), bytes.end());
    return {};
  };
  auto writer = SealWriter::start(recipients, binding, key, append, ephemeral);
  if (!writer) return writer.error();
  if (auto ok = writer->write(plaintext); !ok) return ok.error();
  if (auto ok = writer->finish(); !ok) return ok.error();
  return sealed;
}

result<Bytes> open_seal(BytesView sealed, const OpeningKey& key, std::string_view binding) {
  Bytes plaintext;
  plaintext.reserve(sealed.size());
  SealReader reader(key, binding, [&](BytesView bytes) -> result<void> {
    plaintext.insert(plaintext.end(), bytes.begin(), bytes.end());
    return {};
  });
  if (auto ok = reader.write(sealed); !ok) return ok.error();
  if (auto ok = reader.finish(); !ok) return ok.error();
  return plaintext;
}

std::uint64_t sealed_size(std::uint64_t plaintext, std::size_t prefix_bytes) {
  const std::uint64_t chunks = plaintext / kChunkBytes + 1;
  return prefix_bytes + kSaltBytes + kCommitmentBytes + plaintext + chunks * crypto::kAeadTagBytes;
}

}  // namespace jindu::seal
