#pragma once
// Private and public keys: P-256, and RSA of 2,048 to 4,096 bits where a CA certificate has it.
#include <memory>

#include "common/crypto/digest.hpp"

struct evp_pkey_st;

namespace jindu::crypto {

class PublicKey {
 public:
  static result<PublicKey> from_spki(BytesView der);  // codes key.malformed, key.unsupported

  bool is_p256() const;
  bool is_rsa() const;
  Bytes spki() const;
  Digest key_id() const;     // SHA-256 of the SubjectPublicKeyInfo
  Bytes p256_point() const;  // 65 bytes, uncompressed; only for P-256
  // ECDSA (DER) or RSA PKCS#1 v1.5, with SHA-256.
  [[nodiscard]] bool verify(BytesView message, BytesView signature) const;

  explicit PublicKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  evp_pkey_st* native() const { return key_.get(); }

 private:
  std::shared_ptr<evp_pkey_st> key_;
};

class PrivateKey {
 public:
  static PrivateKey generate_p256();
  static PrivateKey generate_rsa(int bits);
  static result<PrivateKey> from_pem(std::string_view pem,
                                     std::string_view passphrase = {});  // PKCS#8, plain or encrypted
  static result<PrivateKey> from_pkcs8(BytesView der);
  static result<PrivateKey> from_pem_file(const std::string& path, const std::string& passphrase_file = {});

  PublicKey public_key() const { return PublicKey(key_); }
  Digest key_id() const { return public_key().key_id(); }
  std::string to_pem() const;
  Bytes to_pkcs8() const;
  Bytes sign(BytesView message) const;
  // ECDH with P-256; code key.unsupported where either is another kind. The last 16 agreements are kept with the key: a
  // sender uses one ephemeral key for what it seals at once.
  result<Bytes> agree(const PublicKey& peer) const;
  // The same with a peer's uncompressed point as it came; code key.malformed where it is none.
  result<Bytes> agree(BytesView peer_point) const;

  explicit PrivateKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  evp_pkey_st* native() const { return key_.get(); }

 private:
  std::shared_ptr<evp_pkey_st> key_;
};

// A P-256 public key from its 65-byte uncompressed point; refuses points off the curve.
result<PublicKey> p256_from_point(BytesView point);

}  // namespace jindu::crypto
