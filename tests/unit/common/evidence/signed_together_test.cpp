#include <catch2/catch.hpp>

#include "common/evidence/merkle.hpp"

using namespace jindu;
using namespace jindu::evidence;

TEST_CASE("every leaf's path leads to the root of its tree, and to no other") {
  std::vector<crypto::Digest> leaves;
  for (std::uint8_t n = 1; n <= 70; ++n) {
    leaves.push_back(merkle_leaf(Bytes(n, n)));
    const auto root = merkle_root(leaves);
    const auto paths = merkle_paths(leaves);
    REQUIRE(paths.size() == leaves.size());
    for (std::size_t place = 0; place < leaves.size(); ++place) {
      INFO("place " << place << " of " << leaves.size());
      CHECK(merkle_root_by_path(leaves[place], place, leaves.size(), paths[place]) == root);
      if (leaves.size() == 1) continue;
      const auto beside = (place + 1) % leaves.size();
      CHECK(merkle_root_by_path(leaves[place], beside, leaves.size(), paths[place]) != root);
      CHECK(merkle_root_by_path(leaves[beside], place, leaves.size(), paths[place]) != root);
      auto longer = paths[place];
      longer.push_back(root);
      CHECK_FALSE(merkle_root_by_path(leaves[place], place, leaves.size(), longer));
      auto shorter = paths[place];
      shorter.pop_back();
      CHECK_FALSE(merkle_root_by_path(leaves[place], place, leaves.size(), shorter));
    }
  }
  CHECK_FALSE(merkle_root_by_path(leaves[0], 70, 70, {}));
}
