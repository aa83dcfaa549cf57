#pragma once
// How a sending node signs the manifests of its bundles: docs/formats.md, "Bundle". One by itself, or several by one
// signature over the root of their Merkle tree, each with its path: making and checking many costs little more than
// one, and each still proves itself to anybody.
#include <vector>

#include "common/crypto/key.hpp"
#include "common/evidence/held_signatures.hpp"

namespace jindu::exchange {

inline constexpr std::size_t kSignatureMax = 512;
inline constexpr std::size_t kSignedTogetherMax = 4096;  // as many as paths of kSignatureMax reach

// The signatures of these manifests, in their order.
std::vector<Bytes> sign_manifests(const std::vector<crypto::Digest>& manifests, const crypto::PrivateKey& sender);

// Whether this is the key's signature of the manifest. `held` remembers those that were made together.
bool signs_manifest(const crypto::PublicKey& sender, const crypto::Digest& manifest, BytesView signature,
                    evidence::HeldSignatures& held);

}  // namespace jindu::exchange
