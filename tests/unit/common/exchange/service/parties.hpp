#pragma once
// A portal that sends to an approval service, and databases with the tables of the exchange.
#include <catch2/catch.hpp>

#include "common/exchange/service/outbox.hpp"
#include "tests/support/test_databases.hpp"

namespace jindu::exchange {

inline const Instant kNow = from_unix_ms(1'780'000'000'000);

struct Parties {
  evidence::NodeSigner portal = signer();
  crypto::PrivateKey approval = crypto::PrivateKey::generate_p256();
  crypto::PublicKey approval_public = approval.public_key();
  std::string peer = "approval";

  SenderIdentity identity() const { return {portal, peer, approval_public, std::chrono::hours(24)}; }
  std::string opened(const BundleView& view) const { return std::string(text_of(open_bundle(view, approval).value())); }
  static evidence::NodeSigner signer() {
    const auto key = crypto::PrivateKey::generate_p256();
    return {
        "portal", key,
        crypto::issue_certificate(key, nullptr, key.public_key(), {.common_name = "portal"}, crypto::Profile::citizen,
                                  kNow - std::chrono::hours(1), kNow + std::chrono::hours(48))
            .value()};
  }
};

inline const Parties& parties() {
  static const Parties made;
  return made;
}

inline std::vector<std::unique_ptr<storage::Database>> databases() {
  auto all = test_databases();
  for (auto& database : all) REQUIRE(database->migrate("exchange", service_migrations()));
  return all;
}

}  // namespace jindu::exchange
