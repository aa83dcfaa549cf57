#include "common/crypto/hkdf.hpp"

#include "common/crypto/openssl.hpp"

namespace jindu::crypto {
namespace {

std::size_t size_of(HashFunction hash) { return hash == HashFunction::sha256 ? 32 : 64; }

Bytes hmac(HashFunction hash, BytesView key, BytesView message) {
  Bytes out(size_of(hash));
  if (hash == HashFunction::sha256)
    hmac_into(key, message, out);
  else
    hmac_into<true>(key, message, out);
  return out;
}

}  // namespace

Bytes hkdf_extract(HashFunction hash, BytesView salt, BytesView input_key) {
  const Bytes zeros(size_of(hash));  // RFC 5869 section 2.2: the default salt
  return hmac(hash, salt.empty() ? BytesView(zeros) : salt, input_key);
}

Bytes hkdf_expand(HashFunction hash, BytesView pseudorandom_key, BytesView info, std::size_t length) {
  const auto block = size_of(hash);
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
