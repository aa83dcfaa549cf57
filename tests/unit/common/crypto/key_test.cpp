// Key agreement, and what a key remembers of it.
#include "common/crypto/key.hpp"

#include <catch2/catch.hpp>

#include "common/crypto/hpke.hpp"

namespace jindu::crypto {

TEST_CASE("both sides agree, by key or by point, however many others came between") {
  const auto own = PrivateKey::generate_p256();
  std::vector<PrivateKey> peers;
  for (int i = 0; i < 40; ++i) peers.push_back(PrivateKey::generate_p256());
  for (int round = 0; round < 2; ++round)
    for (const auto& peer : peers) {
      const auto theirs = peer.agree(own.public_key()).value();
      CHECK(own.agree(peer.public_key()).value() == theirs);
      CHECK(own.agree(peer.public_key().p256_point()).value() == theirs);
      CHECK(own.agree(peer.public_key()).value() == theirs);
    }
}

TEST_CASE("a point that is none is refused also beside one that is remembered") {
  const auto own = PrivateKey::generate_p256(), peer = PrivateKey::generate_p256();
  const auto point = peer.public_key().p256_point();
  REQUIRE(own.agree(point));
  for (std::size_t at = 0; at < point.size(); ++at) {
    auto changed = point;
    changed[at] ^= 1;
    const auto agreed = own.agree(changed);
    REQUIRE_FALSE(agreed);
    CHECK(agreed.error().code == "key.malformed");
  }
  CHECK(own.agree(BytesView(point).first(64)).error().code == "key.malformed");
  CHECK(own.agree(BytesView{}).error().code == "key.malformed");
}

TEST_CASE("there is no agreement with RSA") {
  const auto rsa = PrivateKey::generate_rsa(2048), p256 = PrivateKey::generate_p256();
  CHECK(rsa.agree(p256.public_key()).error().code == "key.unsupported");
  CHECK(rsa.agree(p256.public_key().p256_point()).error().code == "key.unsupported");
  CHECK(p256.agree(rsa.public_key()).error().code == "key.unsupported");
}

TEST_CASE("what is sealed with one ephemeral key opens under its own purpose alone") {
  const auto recipient = PrivateKey::generate_p256(), stranger = PrivateKey::generate_p256();
  const auto ephemeral = PrivateKey::generate_p256();
  const auto seal = [&](std::string_view info, std::string_view text) {
    return hpke_seal_with(ephemeral, recipient.public_key(), bytes_of(info), {}, bytes_of(text)).value();
  };
  const auto one = seal("one", "the same text"), two = seal("two", "the same text");
  CHECK(one.encapsulated == two.encapsulated);
  CHECK(one.ciphertext != two.ciphertext);
  const auto open = [&](const PrivateKey& by, std::string_view info, const HpkeSealed& sealed) {
    const auto text = hpke_open(by, sealed.encapsulated, bytes_of(info), {}, sealed.ciphertext);
    return text ? std::string(text_of(*text)) : text.error().code;
  };
  CHECK(open(recipient, "one", one) == "the same text");
  CHECK(open(recipient, "two", two) == "the same text");
  CHECK(open(recipient, "one", two) == "hpke.open");
  CHECK(open(stranger, "one", one) == "hpke.open");
}

}  // namespace jindu::crypto
