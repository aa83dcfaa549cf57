#include "common/evidence/merkle.hpp"

namespace jindu::evidence {

crypto::Digest merkle_node(const crypto::Digest& left, const crypto::Digest& right) {
  std::array<std::uint8_t, 1 + 2 * sizeof(crypto::Digest)> bytes{1};
  std::copy(left.begin(), left.end(), bytes.begin() + 1);
  std::copy(right.begin(), right.end(), bytes.begin() + 1 + sizeof(crypto::Digest));
  return crypto::sha256(bytes);
}

std::size_t merkle_half(std::size_t leaves) {
  std::size_t half = 1;
  while (half * 2 < leaves) half *= 2;
  return half;
}

namespace {

crypto::Digest root_of(std::span<const crypto::Digest> leaves) {
  if (leaves.size() == 1) return leaves[0];
  const auto half = merkle_half(leaves.size());
  return merkle_node(root_of(leaves.first(half)), root_of(leaves.subspan(half)));
}

// Appends to the path of each leaf what stands beside the way up to the root of these, which it gives.
crypto::Digest add_paths(std::span<const crypto::Digest> leaves, std::span<std::vector<crypto::Digest>> paths) {
  if (leaves.size() == 1) return leaves[0];
  const auto half = merkle_half(leaves.size());
  const auto left = add_paths(leaves.first(half), paths.first(half));
  const auto right = add_paths(leaves.subspan(half), paths.subspan(half));
  for (auto& path : paths.first(half)) path.push_back(right);
  for (auto& path : paths.subspan(half)) path.push_back(left);
  return merkle_node(left, right);
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

std::vector<std::vector<crypto::Digest>> merkle_paths(const std::vector<crypto::Digest>& leaf_hashes) {
  std::vector<std::vector<crypto::Digest>> paths(leaf_hashes.size());
  if (!leaf_hashes.empty()) add_paths(leaf_hashes, paths);
  return paths;
}

// RFC 9162, 2.1.3.2.
std::optional<crypto::Digest> merkle_root_by_path(const crypto::Digest& leaf_hash, std::size_t place,
                                                  std::size_t leaves, const std::vector<crypto::Digest>& path) {
  if (place >= leaves) return {};
  auto hash = leaf_hash;
  std::size_t last = leaves - 1;
  for (const auto& beside : path) {
    if (last == 0) return {};
    if (place % 2 == 1 || place == last) {
      hash = merkle_node(beside, hash);
      while (place % 2 == 0 && place != 0) {
        place /= 2;
        last /= 2;
      }
    } else {
      hash = merkle_node(hash, beside);
    }
    place /= 2;
    last /= 2;
  }
  if (last != 0) return {};
  return hash;
}

}  // namespace jindu::evidence
