#include "common/exchange/codec/signature.hpp"

#include <stdexcept>

#include "common/evidence/merkle.hpp"
#include "common/exchange/codec/big_endian.hpp"

namespace jindu::exchange {
namespace {

constexpr std::string_view kAlone = "jindu/bundle/v1", kTogether = "jindu/bundles/v1";
// A signature by itself is DER and begins with another byte.
constexpr std::string_view kTogetherMagic = "JDT1";
constexpr std::size_t kTogetherHead = 12;

Bytes signed_alone(const crypto::Digest& manifest) {
  Bytes bytes(kAlone.begin(), kAlone.end());
  bytes.push_back(0);
  bytes.insert(bytes.end(), manifest.begin(), manifest.end());
  return bytes;
}

Bytes signed_together(std::size_t together, const crypto::Digest& root) {
  Bytes bytes(kTogether.begin(), kTogether.end());
  bytes.push_back(0);
  put_big_endian(bytes, together, 4);
  bytes.insert(bytes.end(), root.begin(), root.end());
  return bytes;
}

// How many hashes stand beside the way from a leaf to the root (RFC 9162 section 2.1.3.2).
std::size_t path_length(std::size_t place, std::size_t together) {
  std::size_t length = 0;
  for (std::size_t last = together - 1; last > 0; place /= 2, last /= 2)
    if (place % 2 == 1 || place != last) ++length;
  return length;
}

}  // namespace

std::vector<Bytes> sign_manifests(const std::vector<crypto::Digest>& manifests, const crypto::PrivateKey& sender) {
  if (manifests.size() > kSignedTogetherMax) throw std::invalid_argument("more bundles than can be signed together");
  if (manifests.empty()) return {};
  if (manifests.size() == 1) return {sender.sign(signed_alone(manifests.front()))};
  std::vector<crypto::Digest> leaves;
  leaves.reserve(manifests.size());
  for (const auto& manifest : manifests) leaves.push_back(evidence::merkle_leaf(manifest));
  const auto signature = sender.sign(signed_together(leaves.size(), evidence::merkle_root(leaves)));
  const auto paths = evidence::merkle_paths(leaves);
  std::vector<Bytes> signatures;
  signatures.reserve(leaves.size());
  for (std::size_t place = 0; place < leaves.size(); ++place) {
    Bytes one(kTogetherMagic.begin(), kTogetherMagic.end());
    put_big_endian(one, leaves.size(), 4);
    put_big_endian(one, place, 4);
    for (const auto& hash : paths[place]) one.insert(one.end(), hash.begin(), hash.end());
    one.insert(one.end(), signature.begin(), signature.end());
    signatures.push_back(std::move(one));
  }
  return signatures;
}

bool signs_manifest(const crypto::PublicKey& sender, const crypto::Digest& manifest, BytesView signature,
                    evidence::HeldSignatures& held) {
  if (signature.size() < kTogetherHead || text_of(signature.first(4)) != kTogetherMagic)
    return sender.verify(signed_alone(manifest), signature);
  const auto together = big_endian(signature.subspan(4, 4)), place = big_endian(signature.subspan(8, 4));
  if (together < 2 || together > kSignedTogetherMax || place >= together) return false;
  const auto hashes = path_length(place, together), path_end = kTogetherHead + 32 * hashes;
  if (signature.size() <= path_end) return false;
  std::vector<crypto::Digest> path(hashes);
  for (std::size_t i = 0; i < hashes; ++i)
    std::copy_n(signature.begin() + static_cast<std::ptrdiff_t>(kTogetherHead + 32 * i), 32, path[i].begin());
  const auto root = evidence::merkle_root_by_path(evidence::merkle_leaf(manifest), place, together, path);
  return root && held.holds(sender, signed_together(together, *root), signature.subspan(path_end));
}

}  // namespace jindu::exchange
