#include "common/crypto/key.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <deque>
#include <fstream>
#include <mutex>
#include <optional>
#include <sstream>

#include "common/crypto/openssl.hpp"

namespace jindu::crypto {
namespace {

constexpr std::size_t kAgreementsKept = 16;

std::shared_ptr<EVP_PKEY> share(EVP_PKEY* key) { return {key, EVP_PKEY_free}; }

bool on_p256(EVP_PKEY* key) {
  char name[64];
  std::size_t length = 0;
  return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, name, sizeof name, &length) == 1 &&
         std::string_view(name, length) == "prime256v1";
}

result<void> check_supported(EVP_PKEY* key) {
  if (on_p256(key)) return {};
  if (EVP_PKEY_is_a(key, "RSA")) {
    const int bits = EVP_PKEY_get_bits(key);
    if (bits >= 2048 && bits <= 4096) return {};
    return Error{Fault::unsupported, "key.weak", "an RSA key has 2,048 to 4,096 bits"};
  }
  return Error{Fault::unsupported, "key.unsupported", "keys are P-256 or RSA"};
}

int passphrase_callback(char* buffer, int size, int, void* user) {
  const auto* passphrase = static_cast<const std::string_view*>(user);
  if (static_cast<int>(passphrase->size()) > size) return -1;
  std::copy(passphrase->begin(), passphrase->end(), buffer);
  return static_cast<int>(passphrase->size());
}

// What was worked out of a key, kept with it for as long as it lives: writing a key out costs as much as a signature,
// and every bundle and receipt names its keys.
struct Kept {
  struct Agreement {
    Bytes peer_point, secret;
  };
  std::mutex mutex;
  std::optional<Digest> id;
  std::optional<Bytes> point;
  std::deque<Agreement> agreements;  // the newest is the last

  Kept() = default;
  ~Kept() {
    while (!agreements.empty()) forget_oldest();
  }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
  void forget_oldest() {
    auto& secret = agreements.front().secret;
    OPENSSL_cleanse(secret.data(), secret.size());
    agreements.pop_front();
  }
};

Kept& kept_with(EVP_PKEY* key) {
  static const int place = CRYPTO_get_ex_new_index(
      CRYPTO_EX_INDEX_EVP_PKEY, 0, nullptr, nullptr, nullptr,
      [](void*, void* kept, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<Kept*>(kept); });
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  if (auto* known = static_cast<Kept*>(EVP_PKEY_get_ex_data(key, place))) return *known;
  auto made = std::make_unique<Kept>();
  must(EVP_PKEY_set_ex_data(key, place, made.get()) == 1, "keep with a key");
  return *made.release();
}

Bytes point_of(EVP_PKEY* key) {
  Bytes point(65);
  std::size_t length = 0;
  must(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point.data(), point.size(), &length) ==
               1 &&
           length == 65,
       "P-256 point");
  return point;
}

result<Bytes> derive(EVP_PKEY* own, EVP_PKEY* peer) {
  const OwnedKeyContext context(EVP_PKEY_CTX_new(own, nullptr));
  std::size_t length = 32;
  Bytes secret(length);
  must(context && EVP_PKEY_derive_init(context.get()) == 1, "ECDH");
  // Every way to a PublicKey has checked that its point is on the curve; as P-256 has no small subgroups, that is all
  // there is to check (RFC 9180 section 7.1.4), and doing it again would cost as much as the agreement.
  if (EVP_PKEY_derive_set_peer_ex(context.get(), peer, 0) != 1 ||
      EVP_PKEY_derive(context.get(), secret.data(), &length) != 1 || length != 32) {
    ERR_clear_error();
    return Error{Fault::invalid, "key.agreement", "the peer's key does not fit"};
  }
  return secret;
}

std::optional<Bytes> agreed_before(EVP_PKEY* own, BytesView peer_point) {
  auto& kept = kept_with(own);
  const std::lock_guard lock(kept.mutex);
  for (auto one = kept.agreements.rbegin(); one != kept.agreements.rend(); ++one)
    if (std::equal(peer_point.begin(), peer_point.end(), one->peer_point.begin(), one->peer_point.end()))
      return one->secret;
  return {};
}

result<Bytes> agree_and_keep(EVP_PKEY* own, EVP_PKEY* peer, BytesView peer_point) {
  auto secret = derive(own, peer);
  if (!secret) return secret.error();
  auto& kept = kept_with(own);
  const std::lock_guard lock(kept.mutex);
  if (kept.agreements.size() >= kAgreementsKept) kept.forget_oldest();
  kept.agreements.push_back({Bytes(peer_point.begin(), peer_point.end()), *secret});
  return secret;
}

const Error kNoAgreement{Fault::unsupported, "key.unsupported", "key agreement needs two P-256 keys"};

std::string first_line(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  if (!std::getline(in, line)) throw ErrorException({Fault::unavailable, "key.passphrase_file", "cannot read " + path});
  return line;
}

}  // namespace

result<PublicKey> PublicKey::from_spki(BytesView der) {
  const unsigned char* at = der.data();
  OwnedKey key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  if (!key || at != der.data() + der.size()) {
    ERR_clear_error();
    return Error{Fault::invalid, "key.malformed", "not a SubjectPublicKeyInfo"};
  }
  if (auto supported = check_supported(key.get()); !supported) return supported.error();
  return PublicKey(share(key.release()));
}

bool PublicKey::is_p256() const { return on_p256(key_.get()); }
bool PublicKey::is_rsa() const { return EVP_PKEY_is_a(key_.get(), "RSA") == 1; }
Bytes PublicKey::spki() const { return der_of(key_.get(), i2d_PUBKEY); }

Digest PublicKey::key_id() const {
  auto& kept = kept_with(key_.get());
  const std::lock_guard lock(kept.mutex);
  if (!kept.id) kept.id = sha256(spki());
  return *kept.id;
}

Bytes PublicKey::p256_point() const {
  auto& kept = kept_with(key_.get());
  const std::lock_guard lock(kept.mutex);
  if (!kept.point) kept.point = point_of(key_.get());
  return *kept.point;
}

bool PublicKey::verify(BytesView message, BytesView signature) const {
  OwnedDigestContext context(EVP_MD_CTX_new());
  must(context != nullptr, "verify");
  // A certificate from outside may have a key of another kind, such as Ed25519: nothing of ours is signed with that.
  const bool holds =
      EVP_DigestVerifyInit(context.get(), nullptr, sha256_algorithm(), nullptr, key_.get()) == 1 &&
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  ERR_clear_error();
  return holds;
}

PrivateKey PrivateKey::generate_p256() {
  // After a first key on the curve: setting the curve up anew costs as much as making the key.
  static EVP_PKEY* const first = EVP_EC_gen("P-256");
  const OwnedKeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, first, nullptr));
  EVP_PKEY* key = nullptr;
  must(context && EVP_PKEY_keygen_init(context.get()) == 1 && EVP_PKEY_generate(context.get(), &key) == 1,
       "generate P-256");
  return PrivateKey(share(key));
}

PrivateKey PrivateKey::generate_rsa(int bits) {
  EVP_PKEY* key = EVP_RSA_gen(static_cast<unsigned>(bits));
  must(key != nullptr, "generate RSA");
  return PrivateKey(share(key));
}

result<PrivateKey> PrivateKey::from_pem(std::string_view pem, std::string_view passphrase) {
  const OwnedBio bio = bio_of(bytes_of(pem));
  OwnedKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, passphrase_callback, &passphrase));
  if (!key)
    return Error{Fault::invalid, "key.unreadable", "no private key, or a wrong passphrase: " + openssl_reason()};
  if (auto supported = check_supported(key.get()); !supported) return supported.error();
  return PrivateKey(share(key.release()));
}

result<PrivateKey> PrivateKey::from_pkcs8(BytesView der) {
  const unsigned char* at = der.data();
  OwnedKey key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
  if (!key) return Error{Fault::invalid, "key.unreadable", "no PKCS#8 private key: " + openssl_reason()};
  if (auto supported = check_supported(key.get()); !supported) return supported.error();
  return PrivateKey(share(key.release()));
}

result<PrivateKey> PrivateKey::from_pem_file(const std::string& path, const std::string& passphrase_file) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  if (!in) return Error{Fault::unavailable, "key.file", "cannot read " + path};
  try {
    return from_pem(text.str(), passphrase_file.empty() ? std::string() : first_line(passphrase_file));
  } catch (const ErrorException& e) {
    return e.error;
  }
}

std::string PrivateKey::to_pem() const {
  const OwnedBio bio(BIO_new(BIO_s_mem()));
  must(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
       "write private key");
  return std::string(text_of(bytes_of_bio(bio.get())));
}

Bytes PrivateKey::to_pkcs8() const {
  const OwnedBio bio(BIO_new(BIO_s_mem()));
  must(bio && i2d_PKCS8PrivateKey_bio(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
       "write private key");
  return bytes_of_bio(bio.get());
}

Bytes PrivateKey::sign(BytesView message) const {
  OwnedDigestContext context(EVP_MD_CTX_new());
  std::size_t length = 0;
  must(context && EVP_DigestSignInit(context.get(), nullptr, sha256_algorithm(), nullptr, key_.get()) == 1, "sign");
  must(EVP_DigestSign(context.get(), nullptr, &length, message.data(), message.size()) == 1, "sign");
  Bytes signature(length);
  must(EVP_DigestSign(context.get(), signature.data(), &length, message.data(), message.size()) == 1, "sign");
  signature.resize(length);
  return signature;
}

result<Bytes> PrivateKey::agree(const PublicKey& peer) const {
  if (!on_p256(key_.get()) || !peer.is_p256()) return kNoAgreement;
  const auto point = peer.p256_point();
  if (auto known = agreed_before(key_.get(), point)) return std::move(*known);
  return agree_and_keep(key_.get(), peer.native(), point);
}

result<Bytes> PrivateKey::agree(BytesView peer_point) const {
  if (!on_p256(key_.get())) return kNoAgreement;
  if (auto known = agreed_before(key_.get(), peer_point)) return std::move(*known);
  const auto peer = p256_from_point(peer_point);
  if (!peer) return peer.error();
  return agree_and_keep(key_.get(), peer->native(), peer_point);
}

result<PublicKey> p256_from_point(BytesView point) {
  if (point.size() != 65 || point[0] != 4)
    return Error{Fault::invalid, "key.malformed", "not an uncompressed P-256 point"};
  OwnedKey key(EVP_PKEY_new());
  const OwnedKeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* raw = nullptr;
  char group[] = "prime256v1";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group - 1),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, const_cast<std::uint8_t*>(point.data()), point.size()),
      OSSL_PARAM_construct_end()};
  must(context && EVP_PKEY_fromdata_init(context.get()) == 1, "P-256 point");
  if (EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_PUBLIC_KEY, const_cast<OSSL_PARAM*>(parameters)) != 1) {
    ERR_clear_error();
    return Error{Fault::invalid, "key.malformed", "the point is not on P-256"};
  }
  return PublicKey(share(raw));
}

}  // namespace jindu::crypto
