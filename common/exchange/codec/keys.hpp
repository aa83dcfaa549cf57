#pragma once
// The keys by which a node knows another one, and those by which it opens what is sealed to it. During a rollover there
// are two of each: what is under way was signed with the old one, or sealed to it.
#include <mutex>
#include <optional>

#include "common/evidence/signed.hpp"
#include "common/exchange/codec/bundle.hpp"

namespace jindu::exchange {

// Whom a node believes another one to be: any of these certificates, as long as it is valid. Thread-safe.
class KnownNode {
 public:
  KnownNode(std::string name, const std::vector<crypto::Certificate>& certificates);
  // The key that signed, if its certificate is valid now. Codes: bundle.signer, certificate.*.
  result<crypto::PublicKey> signed_with(std::string_view key_id, const evidence::NodeTrust& trust, Instant now);
  // A key of this node, also when its certificate has ended or is revoked; nothing when it is not known.
  std::optional<crypto::PublicKey> key(std::string_view key_id) const;
  // Whether it is a key of this node; its certificate may have ended.
  bool has(const crypto::Digest& key_id) const;
  // The key of the certificate that began last and is valid now. Codes: certificate.*.
  result<crypto::PublicKey> to_seal_to(const evidence::NodeTrust& trust, Instant now);

 private:
  struct One {
    crypto::Certificate certificate;
    crypto::PublicKey key;
    std::string key_id;
    Instant good_until{};  // checked so long ahead
  };
  result<void> is_valid(One& one, const evidence::NodeTrust& trust, Instant now);
  const std::string name_;
  std::mutex mutex_;
  std::vector<One> all_;  // the one that began last first
};

// The certificates of a PEM file that are of this node: the others are its chain. Code node.name: there is none.
result<std::vector<crypto::Certificate>> certificates_of(const std::string& file, const std::string& name);

// What a node's configuration says of a rollover: further certificates of its peer, and its own next or last key, which
// opens and does not sign.
struct Rollover {
  std::vector<crypto::Certificate> peer_certificates = {};
  std::vector<crypto::Identity> other_keys = {};
};
struct RolloverFiles {
  std::string peer, peer_certificates;                                    // whose, and a PEM file with all of them
  std::string name, other_certificate, other_key, other_passphrase_file;  // our own; empty: there is none
};
// Codes: node.name, and those of reading files.
result<Rollover> read_rollover(const RolloverFiles& files);

// Opens with the key to which it is sealed: the present one, or another one of ours as long as its certificate is
// valid. Codes as open_bundle; key.ended for another one whose certificate has ended or is revoked.
result<Bytes> open_with_any(const BundleView& view, const crypto::PrivateKey& present,
                            const std::vector<crypto::Identity>& others, const evidence::NodeTrust& trust, Instant now);

}  // namespace jindu::exchange
