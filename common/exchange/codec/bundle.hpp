#pragma once
// The bundle format: docs/formats.md, "Bundle". No storage and no network, so that verifier and fuzzers stay small.
#include <jindu/v1/bundle.pb.h>

#include <optional>
#include <string>

#include "common/crypto/certificate.hpp"
#include "common/exchange/codec/signature.hpp"
#include "common/runtime/clock.hpp"
#include "common/seal/seal.hpp"

namespace jindu::exchange {

using BundleId = std::array<std::uint8_t, 16>;

inline constexpr std::size_t kManifestMax = 64 * 1024;
inline constexpr std::size_t kMessageBundleMax = 16 * 1024 * 1024;
inline constexpr std::size_t kChunkBytes = 1024 * 1024;

BundleId new_bundle_id(Instant now);  // UUIDv7 (RFC 9562)
std::string to_text(const BundleId& id);
result<BundleId> bundle_id_from_text(std::string_view text);

// What decides where a bundle stands in its channel.
struct Place {
  std::uint32_t epoch = 1;
  std::uint64_t sequence = 0;
  crypto::Digest previous_digest{};
  std::uint64_t subject_sequence = 0;
};

struct BundleDraft {
  BundleId id{};
  std::string from;
  std::string to;
  std::string kind;
  Bytes subject;  // 16 bytes
  std::uint32_t priority = 1;
  Instant created{};
  Instant expires{};
  Place place;
};

std::string channel_of(std::string_view from, std::string_view to);  // "portal>approval"

struct BuiltBundle {
  Bytes bytes;
  crypto::Digest manifest_digest{};
};
// A bundle that lacks its signature alone. The next of its channel needs only the digest of this one, so several can be
// sealed and then signed together.
struct UnsignedBundle {
  Bytes manifest;
  crypto::Digest manifest_digest{};
  Bytes seal;
};
// Seals `payload` to the destination. Those that are sealed at once may share `ephemeral` (decisions/007), as each is
// bound to its own id. Code bundle.too_large.
result<UnsignedBundle> seal_bundle(const BundleDraft& draft, BytesView payload, const crypto::PublicKey& sender,
                                   const crypto::PublicKey& destination,
                                   const seal::FileKey& key = seal::new_file_key(),
                                   const crypto::PrivateKey* ephemeral = nullptr);
std::vector<BuiltBundle> sign_bundles(const std::vector<UnsignedBundle>& bundles, const crypto::PrivateKey& sender);
// Both, for one alone.
result<BuiltBundle> build_bundle(const BundleDraft& draft, BytesView payload, const crypto::PrivateKey& sender,
                                 const crypto::PublicKey& destination);

// The parts of a bundle that has the right shape; nothing is verified yet. Views point into the bytes given.
struct BundleView {
  jindu::v1::BundleManifest manifest;
  BundleId id{};
  BytesView manifest_bytes;
  BytesView signature;
  BytesView seal;
  crypto::Digest manifest_digest{};
  // Its manifest has fields that this program does not know: they are signed like all others, and carried as they are.
  bool newer = false;
};
// What stands before the seal; its manifest is not checked.
struct BundleHead {
  jindu::v1::BundleManifest manifest;
  BytesView manifest_bytes, signature;
  std::size_t seal_at = 0;
  bool newer = false;
};
result<BundleHead> head_of_bundle(BytesView bundle);
// Codes: bundle.malformed, bundle.version, bundle.too_large, bundle.truncated, bundle.manifest.
result<BundleView> parse_bundle(BytesView bundle);

// The same bundle by another key of its sender, behind another manifest. Only of one that nobody has taken: for whoever
// has the first one, this is a fork.
result<BuiltBundle> sign_bundle_anew(const BundleView& view, const crypto::Digest& previous_digest,
                                     const crypto::PrivateKey& sender);

// Of a bundle, what stands before the first sealed byte of its payload, and the whole again from it, the payload and
// the file key: for senders that keep the payload anyway. Code bundle.digest: the payload is not the same.
result<Bytes> beginning_of_bundle(BytesView bundle);
result<Bytes> bundle_from_beginning(BytesView beginning, BytesView payload, const seal::FileKey& key);

// Every digest of the manifest. Code bundle.digest.
result<void> check_digests(const BundleView& view);
// The signature by the key and every digest. Codes: bundle.signer, bundle.signature, bundle.digest.
// `held` spares those who check many what was signed together with others.
result<void> verify_bundle(const BundleView& view, const crypto::PublicKey& sender, evidence::HeldSignatures& held);
result<void> verify_bundle(const BundleView& view, const crypto::PublicKey& sender);
// Opens the seal with the destination's key. Only after verify_bundle.
result<Bytes> open_bundle(const BundleView& view, const crypto::PrivateKey& destination);

}  // namespace jindu::exchange
