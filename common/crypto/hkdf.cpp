#include "common/crypto/hkdf.hpp"

#include <openssl/hmac.h>

#include "common/crypto/openssl.hpp"

namespace jindu::crypto {
namespace {

const EVP_MD* md_of(HashFunction hash) { return hash == HashFunction::sha256 ? EVP_sha256() : EVP_sha512(); }

Bytes hmac(HashFunction hash, BytesView key, BytesView message) {
  Bytes out(static_cast<std::size_t>(EVP_MD_get_size(md_of(hash))));
  unsigned length = 0;
  static const std::uint8_t empty = 0;
  must(HMAC(md_of(hash), key.empty() ? &empty : key.data(), static_cast<int>(key.size()), message.data(),
            message.size(), out.data(), &length) != nullptr,
       "HMAC");
  return out;
}

}  // namespace

Bytes hkdf_extract(HashFunction hash, BytesView salt, BytesView input_key) {
  const Bytes zeros(static_cast<std::size_t>(EVP_MD_get_size(md_of(hash))));  // RFC 5869 section 2.2: the default salt
  return hmac(hash, salt.empty() ? BytesView(zeros) : salt, input_key);
}

Bytes hkdf_expand(HashFunction hash, BytesView pseudorandom_key, BytesView info, std::size_t length) {
  const auto block = static_cast<std::size_t>(EVP_MD_get_size(md_of(hash)));
  must(length <= 255 * block, "HKDF-Expand: too long");
  Bytes out;
  Bytes previous;
  for (std::uint8_t counter = 1; out.size() < length; ++counter) {
    Bytes message = previous;
    message.insert(message.end(), info.begin(), info.end());
    message.push_back(counter);
    previous = hmac(hash, pseudorandom_key, message);
    out.insert(out.end(), previous.begin(), previous.end());
  }
  out.resize(length);
  return out;
}

}  // namespace jindu::crypto
