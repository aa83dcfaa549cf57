#pragma once
// Merkle tree hash of RFC 6962 section 2.1 over SHA-256.
#include <vector>

#include "common/crypto/digest.hpp"

namespace jindu::evidence {

crypto::Digest merkle_leaf(BytesView leaf);
crypto::Digest merkle_root(const std::vector<crypto::Digest>& leaf_hashes);  // of an empty list: SHA-256 of nothing

}  // namespace jindu::evidence
