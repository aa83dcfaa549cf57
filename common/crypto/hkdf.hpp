#pragma once
// HKDF (RFC 5869) in its two steps.
#include "common/runtime/bytes.hpp"

namespace jindu::crypto {

enum class HashFunction { sha256, sha512 };

Bytes hkdf_extract(HashFunction hash, BytesView salt, BytesView input_key);
// `length` at most 255 times the hash's size.
Bytes hkdf_expand(HashFunction hash, BytesView pseudorandom_key, BytesView info, std::size_t length);

}  // namespace jindu::crypto
