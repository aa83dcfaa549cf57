#include "tests/sim/world/keys.hpp"

#include "tests/sim/machine/kernel.hpp"

namespace jindu::sim {
namespace {

constexpr std::chrono::hours kDay{24};
const Instant kStart = from_unix_ms(kStartMs);

crypto::Certificate root_certificate(const crypto::PrivateKey& key) {
  return crypto::issue_certificate(key, nullptr, key.public_key(), {.common_name = "Simulated Root"},
                                   crypto::Profile::authority, kStart - kDay * 3650, kStart + kDay * 3650)
      .value();
}

}  // namespace

Keys::Keys()
    : root_key(crypto::PrivateKey::generate_p256()),
      root(root_certificate(root_key)),
      portal(node("portal")),
      approval(node("approval")),
      outer(node("gateway-outer")),
      inner(node("gateway-inner")),
      first_operator(node("First Operator")),
      second_operator(node("Second Operator")) {}

evidence::NodeSigner Keys::node(const std::string& name) const {
  auto key = crypto::PrivateKey::generate_p256();
  auto certificate = crypto::issue_certificate(root_key, &root, key.public_key(), {.common_name = name},
                                               crypto::Profile::citizen, kStart - kDay * 700, kStart + kDay * 700)
                         .value();
  return {name, key, certificate};
}

evidence::NodeTrust Keys::trust() const { return {crypto::TrustStore::from_pem(root.pem()).value(), {}}; }

}  // namespace jindu::sim
