#pragma once
// Comparing what both units know of the same stretch of a channel. Pure.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/crypto/digest.hpp"

namespace jindu::gateway {

// What a unit can say of one bundle. `not_given`: it is with the sender's unit alone, so the other side need not know
// it.
enum class Outcome { not_given = 0, open = 1, applied = 2, not_applied = 3 };

struct Known {
  std::uint64_t sequence = 0;
  crypto::Digest manifest_digest{};
  Outcome outcome = Outcome::open;
};

struct Difference {
  std::uint64_t sequence = 0;
  std::string what;  // "missing_here", "missing_there", "fork", "outcome"
  std::string here;  // outcome, or "" where it is missing
  std::string there;
};

// Leaf of the Merkle tree: both sides say the same for the same bundle once it has ended.
Bytes leaf_of(const Known& known);
std::string to_text(Outcome outcome);

struct Comparison {
  std::vector<Difference> differences;
  std::uint64_t under_way = 0;  // not the same yet, and rightly so
};
// `sender_is_here`: whether this unit is the one that took the bundles in. Both lists are of the same stretch, in
// order.
Comparison compare(const std::vector<Known>& here, const std::vector<Known>& there, bool sender_is_here);

}  // namespace jindu::gateway
