// Revocation lists of another program (openssl ca), at moments before, within and after what they say of themselves.
#include <catch2/catch.hpp>

#include "tests/support/revocation_list.hpp"

namespace jindu::crypto {
namespace {

Instant on(unsigned month, unsigned day, int year = 2026) {
  return std::chrono::sys_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)};
}

// A root, two certificates of its own, and its list of June 2026, on which the second stands.
struct Revocation {
  std::string root_name = "root";
  PrivateKey key = PrivateKey::generate_p256();
  Certificate root = issue(nullptr, root_name.c_str(), Profile::authority);
  Certificate good = issue(&root, "good", Profile::citizen), revoked = issue(&root, "revoked", Profile::citizen);
  TrustStore trust = TrustStore::from_pem(root.pem(), list()).value();

  Certificate issue(const Certificate* issuer, const char* name, Profile profile) const {
    return issue_certificate(key, issuer, key.public_key(), {.common_name = name}, profile, on(1, 1), on(1, 1, 2027))
        .value();
  }

  std::string list() const { return revocation_list(key, root, &revoked, "20260601000000Z", "20260701000000Z"); }
};

}  // namespace

TEST_CASE("a revocation list says nothing less about moments before it was issued, and nothing once it is too old") {
  const Revocation r;
  CHECK(r.trust.verify(r.good, {}, on(5, 1)));
  CHECK(r.trust.verify(r.good, {}, on(6, 15)));
  const auto later = r.trust.verify(r.good, {}, on(7, 2));
  REQUIRE_FALSE(later);
  CHECK(later.error().code == "certificate.crl_expired");
  for (const auto moment : {on(5, 1), on(6, 15)}) {
    const auto verified = r.trust.verify(r.revoked, {}, moment);
    REQUIRE_FALSE(verified);
    CHECK(verified.error().code == "certificate.revoked");
  }
}

TEST_CASE("a trust store tells until when its revocation lists count") {
  const Revocation r;
  const auto lists = r.trust.lists();
  REQUIRE(lists.size() == 1);
  CHECK(lists[0].issuer == r.root.common_name());
  CHECK(lists[0].issued == on(6, 1));
  CHECK(lists[0].until == on(7, 1));
  CHECK(TrustStore::from_pem(r.root.pem()).value().lists().empty());
}

TEST_CASE("with lists, an issuer without one is trusted with nothing") {
  const Revocation r, other{"another root"};
  const auto both = TrustStore::from_pem(r.root.pem() + other.root.pem(), r.list());
  REQUIRE(both);
  CHECK(both->verify(r.good, {}, on(6, 15)));
  const auto verified = both->verify(other.good, {}, on(6, 15));
  REQUIRE_FALSE(verified);
  CHECK(verified.error().code == "certificate.crl_missing");
}

}  // namespace jindu::crypto
