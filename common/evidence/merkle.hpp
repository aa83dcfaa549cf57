#pragma once
// Merkle tree hash of RFC 6962 section 2.1 over SHA-256, and proofs that a leaf is in it (RFC 9162 section 2.1.3).
#include <optional>
#include <vector>

#include "common/crypto/digest.hpp"

namespace jindu::evidence {

crypto::Digest merkle_leaf(BytesView leaf);
crypto::Digest merkle_node(const crypto::Digest& left, const crypto::Digest& right);
// How many of `leaves`, of which there are at least two, stand in the left half of their tree.
std::size_t merkle_half(std::size_t leaves);
crypto::Digest merkle_root(const std::vector<crypto::Digest>& leaf_hashes);  // of an empty list: SHA-256 of nothing

// For every leaf the hashes beside its way to the root, from below.
std::vector<std::vector<crypto::Digest>> merkle_paths(const std::vector<crypto::Digest>& leaf_hashes);
// The root that a leaf and its path lead to; nothing when the path is not as long as the place demands.
std::optional<crypto::Digest> merkle_root_by_path(const crypto::Digest& leaf_hash, std::size_t place,
                                                  std::size_t leaves, const std::vector<crypto::Digest>& path);

}  // namespace jindu::evidence
