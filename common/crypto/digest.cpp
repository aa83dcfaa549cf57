#include "common/crypto/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "common/crypto/openssl.hpp"

namespace jindu::crypto {

Sha256::Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
  must(context_ && EVP_DigestInit_ex(context_.get(), sha256_algorithm(), nullptr) == 1, "SHA-256");
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(BytesView bytes) {
  must(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1, "SHA-256");
}

Digest Sha256::finish() {
  Digest digest;
  must(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1, "SHA-256");
  must(EVP_DigestInit_ex(context_.get(), sha256_algorithm(), nullptr) == 1, "SHA-256");
  return digest;
}

HmacSha256::HmacSha256(BytesView key) : context_(keyed_hmac<false>(key).release(), EVP_MAC_CTX_free) {}
HmacSha256::~HmacSha256() = default;
HmacSha256::HmacSha256(const HmacSha256& other) : context_(EVP_MAC_CTX_dup(other.context_.get()), EVP_MAC_CTX_free) {
  must(context_ != nullptr, "HMAC");
}
HmacSha256::HmacSha256(HmacSha256&&) noexcept = default;
HmacSha256& HmacSha256::operator=(HmacSha256&&) noexcept = default;

Digest HmacSha256::of(BytesView message) {
  Digest digest;
  // Without a key it begins anew with the one that it has.
  must(EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1, "HMAC");
  finish_hmac(context_.get(), message, digest);
  return digest;
}

Digest sha256(BytesView bytes) {
  // One for each thread: to make another costs more than what is mostly hashed, a node of a Merkle tree.
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  Digest digest;
  must(context && EVP_DigestInit_ex(context.get(), sha256_algorithm(), nullptr) == 1 &&
           EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
           EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1,
       "SHA-256");
  return digest;
}

Digest hmac_sha256(BytesView key, BytesView message) {
  Digest digest;
  hmac_into(key, message, digest);
  return digest;
}

bool constant_time_equal(BytesView a, BytesView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Bytes random_bytes(std::size_t count) {
  Bytes bytes(count);
  must(RAND_priv_bytes(bytes.data(), static_cast<int>(count)) == 1, "random bytes");
  return bytes;
}

result<Digest> digest_from(BytesView bytes) {
  if (bytes.size() != 32) return Error{Fault::invalid, "digest.size", "a SHA-256 digest has 32 bytes"};
  Digest digest;
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

}  // namespace jindu::crypto
