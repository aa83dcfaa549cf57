// Manifests that are signed together: each proves itself, and nothing else.
#include "common/exchange/codec/signature.hpp"

#include <catch2/catch.hpp>

namespace jindu::exchange {
namespace {

std::vector<crypto::Digest> manifests(std::size_t number) {
  std::vector<crypto::Digest> list;
  for (std::size_t i = 0; i < number; ++i) list.push_back(crypto::sha256(bytes_of("manifest " + std::to_string(i))));
  return list;
}

const crypto::PrivateKey& sender() {
  static const auto key = crypto::PrivateKey::generate_p256();
  return key;
}

bool holds(const crypto::Digest& manifest, BytesView signature) {
  evidence::HeldSignatures held;
  return signs_manifest(sender().public_key(), manifest, signature, held);
}

}  // namespace

TEST_CASE("each of any number of manifests proves itself, within the limit of a signature") {
  for (const std::size_t number : {1, 2, 3, 4, 5, 7, 8, 9, 31, 33, 100, 128, 4096}) {
    const auto all = manifests(number);
    const auto signatures = sign_manifests(all, sender());
    REQUIRE(signatures.size() == number);
    evidence::HeldSignatures held;
    for (std::size_t i = 0; i < number; ++i) {
      REQUIRE(signs_manifest(sender().public_key(), all[i], signatures[i], held));
      REQUIRE(signatures[i].size() <= kSignatureMax);
    }
  }
  CHECK(sign_manifests({}, sender()).empty());
  CHECK_THROWS(sign_manifests(manifests(kSignedTogetherMax + 1), sender()));
}

TEST_CASE("no manifest is proven by a signature of others, nor by one that was changed") {
  const auto all = manifests(11);
  const auto signatures = sign_manifests(all, sender());
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t other = 0; other < all.size(); ++other) CHECK(holds(all[i], signatures[other]) == (i == other));
    for (std::size_t at = 0; at < signatures[i].size(); ++at) {
      auto changed = signatures[i];
      changed[at] ^= 1;
      CHECK_FALSE(holds(all[i], changed));
    }
    for (std::size_t length = 0; length < signatures[i].size(); length += 7)
      CHECK_FALSE(holds(all[i], BytesView(signatures[i]).first(length)));
  }
  CHECK_FALSE(holds(crypto::sha256(bytes_of("a stranger")), signatures[0]));
  // What a node of the tree stands for is no manifest: leaves and nodes are hashed apart.
  const auto two = manifests(2);
  CHECK_FALSE(holds(crypto::sha256(bytes_of("x")), sign_manifests(two, sender())[0]));
}

TEST_CASE("what was once found to hold is remembered for its key and message alone") {
  const auto all = manifests(4);
  const auto signatures = sign_manifests(all, sender());
  const auto stranger = crypto::PrivateKey::generate_p256();
  evidence::HeldSignatures held;
  REQUIRE(signs_manifest(sender().public_key(), all[0], signatures[0], held));
  CHECK_FALSE(signs_manifest(stranger.public_key(), all[1], signatures[1], held));
  CHECK_FALSE(signs_manifest(sender().public_key(), all[2], signatures[1], held));
  CHECK(signs_manifest(sender().public_key(), all[1], signatures[1], held));
}

}  // namespace jindu::exchange
