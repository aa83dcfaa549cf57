#include "common/exchange/codec/keys.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "common/runtime/ids.hpp"

namespace jindu::exchange {
namespace {

using std::chrono::hours;
const Instant kRolloverNow = from_unix_ms(1'780'000'000'000);

// A root, and nodes below it whose certificates begin and end when asked.
struct Authority {
  crypto::PrivateKey key = crypto::PrivateKey::generate_p256();
  crypto::Certificate root =
      crypto::issue_certificate(key, nullptr, key.public_key(), {.common_name = "Root"}, crypto::Profile::authority,
                                kRolloverNow - hours(1000), kRolloverNow + hours(10'000))
          .value();
  evidence::NodeTrust trust() const { return {crypto::TrustStore::from_pem(root.pem()).value(), {}}; }
  crypto::Identity issue(const std::string& name, hours from, hours to) const {
    auto own = crypto::PrivateKey::generate_p256();
    auto certificate = crypto::issue_certificate(key, &root, own.public_key(), {.common_name = name},
                                                 crypto::Profile::citizen, kRolloverNow + from, kRolloverNow + to);
    return {std::move(own), certificate.value(), {}};
  }
};

Bytes bundle_by(const crypto::PrivateKey& sender, const crypto::PublicKey& destination, Place place = {1, 1, {}, 1}) {
  BundleDraft draft{new_bundle_id(kRolloverNow), "portal", "approval", "dossier", Bytes(16), 1, kRolloverNow,
                    kRolloverNow + hours(1),     place};
  return build_bundle(draft, bytes_of("hello"), sender, destination).value().bytes;
}

std::string_view id_of(const crypto::Identity& identity, crypto::Digest& buffer) {
  buffer = identity.certificate.key_id();
  return text_of(buffer);
}

}  // namespace

TEST_CASE("during a rollover a node's old and new key both hold, and what is new is sealed to the new one") {
  const Authority authority;
  const auto trust = authority.trust();
  const auto old_one = authority.issue("portal", hours(-500), hours(10)),
             new_one = authority.issue("portal", hours(-1), hours(1000)),
             next_one = authority.issue("portal", hours(5), hours(1000)),
             stranger = authority.issue("x", hours(-1), hours(9));
  KnownNode portal("portal", {old_one.certificate, next_one.certificate, new_one.certificate});
  crypto::Digest id{};
  const auto code = [&](const crypto::Identity& who, hours later) {
    const auto key = portal.signed_with(id_of(who, id), trust, kRolloverNow + later);
    return key ? std::string("good") : key.error().code;
  };
  CHECK(code(old_one, hours(0)) == "good");
  CHECK(code(new_one, hours(0)) == "good");
  CHECK(code(next_one, hours(0)) == "certificate.not_yet_valid");
  CHECK(code(stranger, hours(0)) == "bundle.signer");
  CHECK(code(old_one, hours(11)) == "certificate.expired");
  CHECK(code(new_one, hours(11)) == "good");
  const auto sealed_to = [&](hours later) { return portal.to_seal_to(trust, kRolloverNow + later).value().key_id(); };
  CHECK(sealed_to(hours(0)) == new_one.key.key_id());
  CHECK(sealed_to(hours(6)) == next_one.key.key_id());
  CHECK(portal.to_seal_to(trust, kRolloverNow + hours(2000)).error().code == "certificate.expired");
}

TEST_CASE("what is sealed to another key of ours is opened as long as that key's certificate holds") {
  const Authority authority;
  const auto trust = authority.trust();
  const auto sender = authority.issue("portal", hours(-1), hours(9));
  const auto present = authority.issue("approval", hours(-1), hours(1000)),
             last = authority.issue("approval", hours(-500), hours(10)),
             stranger = authority.issue("x", hours(-1), hours(9));
  const auto opened = [&](const crypto::Identity& to, hours later) {
    const auto bytes = bundle_by(sender.key, to.key.public_key());
    const auto payload = open_with_any(parse_bundle(bytes).value(), present.key, {last}, trust, kRolloverNow + later);
    return payload ? std::string(text_of(*payload)) : payload.error().code;
  };
  CHECK(opened(present, hours(0)) == "hello");
  CHECK(opened(last, hours(0)) == "hello");
  CHECK(opened(last, hours(11)) == "key.ended");
  CHECK(opened(stranger, hours(0)) == "seal.not_a_recipient");
}

TEST_CASE("a bundle signed anew is the same one behind another manifest") {
  const Authority authority;
  const auto old_one = authority.issue("portal", hours(-1), hours(9)),
             new_one = authority.issue("portal", hours(-1), hours(9)),
             approval = authority.issue("approval", hours(-1), hours(9));
  const auto before = bundle_by(old_one.key, approval.key.public_key());
  const auto view = parse_bundle(before).value();
  const auto anew = sign_bundle_anew(view, {}, new_one.key).value();
  const auto now = parse_bundle(anew.bytes).value();
  CHECK(verify_bundle(now, new_one.key.public_key()));
  CHECK(verify_bundle(now, old_one.key.public_key()).error().code == "bundle.signer");
  CHECK(now.id == view.id);
  CHECK(now.manifest_digest == anew.manifest_digest);
  CHECK(now.manifest_digest != view.manifest_digest);
  CHECK(std::string(text_of(open_bundle(now, approval.key).value())) == "hello");
}

TEST_CASE("of a PEM file with several nodes and their chain only those of the name count") {
  const Authority authority;
  const auto path = (std::filesystem::temp_directory_path() / ("jindu-keys-" + random_code(8))).string();
  const auto first = authority.issue("portal", hours(-1), hours(9)),
             second = authority.issue("portal", hours(-1), hours(9));
  std::ofstream(path) << first.certificate.pem() << authority.root.pem() << second.certificate.pem();
  CHECK(certificates_of(path, "portal").value().size() == 2);
  CHECK(certificates_of(path, "approval").error().code == "node.name");
  const auto rollover = read_rollover({"portal", path, "approval", "", "", ""});
  REQUIRE(rollover);
  CHECK(rollover->peer_certificates.size() == 2);
  CHECK(rollover->other_keys.empty());
  std::filesystem::remove(path);
}

}  // namespace jindu::exchange
