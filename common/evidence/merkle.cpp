#include "common/evidence/merkle.hpp"

namespace jindu::evidence {
namespace {

crypto::Digest node(const crypto::Digest& left, const crypto::Digest& right) {
  crypto::Sha256 hash;
  const std::uint8_t prefix = 1;
  hash.update({&prefix, 1});
  hash.update(left);
  hash.update(right);
  return hash.finish();
}

crypto::Digest root_of(std::span<const crypto::Digest> leaves) {
  if (leaves.size() == 1) return leaves[0];
  std::size_t half = 1;
  while (half * 2 < leaves.size()) half *= 2;
  return node(root_of(leaves.first(half)), root_of(leaves.subspan(half)));
}

}  // namespace

crypto::Digest merkle_leaf(BytesView leaf) {
  crypto::Sha256 hash;
  const std::uint8_t prefix = 0;
  hash.update({&prefix, 1});
  hash.update(leaf);
  return hash.finish();
}

crypto::Digest merkle_root(const std::vector<crypto::Digest>& leaf_hashes) {
  return leaf_hashes.empty() ? crypto::sha256({}) : root_of(leaf_hashes);
}

}  // namespace jindu::evidence
