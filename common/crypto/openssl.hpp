#pragma once
// What the sources of this folder share; included by nobody else.
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <span>

#include "common/runtime/bytes.hpp"

namespace jindu::crypto {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Freer<Free>>;

using OwnedBio = Owned<BIO, BIO_free_all>;
using OwnedKey = Owned<EVP_PKEY, EVP_PKEY_free>;
using OwnedKeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using OwnedDigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using OwnedCipherContext = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using OwnedX509 = Owned<X509, X509_free>;

// Found once: OpenSSL 3.0 otherwise looks an algorithm up in its providers at each use, which costs more than a small
// digest.
inline const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return found;
}
inline const EVP_CIPHER* aes_256_gcm_algorithm() {
  static const EVP_CIPHER* const found = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return found;
}

// The first reason OpenSSL gives, for a technical reader; empties its error queue.
inline std::string openssl_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "no reason given";
  char text[256];
  ERR_error_string_n(code, text, sizeof text);
  return text;
}

// For calls that fail only when memory is out or we misuse the library.
inline void must(bool worked, const char* what) {
  if (!worked) throw ErrorException({Fault::internal, "crypto.openssl", std::string(what) + ": " + openssl_reason()});
}

using OwnedMac = Owned<EVP_MAC_CTX, EVP_MAC_CTX_free>;

// For HMAC (RFC 2104) by SHA-256 or SHA-512 with this key.
template <bool Wide = false>
OwnedMac keyed_hmac(BytesView key) {
  // After a first one, so that its digest is not looked up again.
  static EVP_MAC_CTX* const first = [] {
    EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    EVP_MAC_CTX* context = EVP_MAC_CTX_new(algorithm);
    char digest[] = "SHA512";
    if (!Wide) std::copy_n("SHA256", 6, digest);
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    must(context && EVP_MAC_CTX_set_params(context, parameters) == 1, "HMAC");
    return context;
  }();
  static const std::uint8_t empty = 0;  // a null key would be that of the last time
  OwnedMac context(EVP_MAC_CTX_dup(first));
  must(context && EVP_MAC_init(context.get(), key.empty() ? &empty : key.data(), key.size(), nullptr) == 1, "HMAC");
  return context;
}

// Into `out`, which has room for the digest.
inline void finish_hmac(EVP_MAC_CTX* context, BytesView message, std::span<std::uint8_t> out) {
  std::size_t length = 0;
  must(EVP_MAC_update(context, message.data(), message.size()) == 1 &&
           EVP_MAC_final(context, out.data(), &length, out.size()) == 1,
       "HMAC");
}

template <bool Wide = false>
void hmac_into(BytesView key, BytesView message, std::span<std::uint8_t> out) {
  finish_hmac(keyed_hmac<Wide>(key).get(), message, out);
}

inline OwnedBio bio_of(BytesView bytes) {
  OwnedBio bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  must(bio != nullptr, "BIO_new_mem_buf");
  return bio;
}

inline Bytes bytes_of_bio(BIO* bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  return Bytes(data, data + length);
}

// DER of anything that has an i2d function.
template <class T, class F>
Bytes der_of(T* object, F i2d) {
  unsigned char* data = nullptr;
  const int length = i2d(object, &data);
  must(length >= 0, "i2d");
  Bytes out(data, data + length);
  OPENSSL_free(data);
  return out;
}

}  // namespace jindu::crypto
