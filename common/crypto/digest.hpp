#pragma once
// SHA-256 and HMAC-SHA-256 (FIPS 180-4, RFC 2104), and comparison in constant time.
#include <array>
#include <memory>

#include "common/runtime/bytes.hpp"

struct evp_md_ctx_st;
struct evp_mac_ctx_st;

namespace jindu::crypto {

using Digest = std::array<std::uint8_t, 32>;

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(BytesView bytes);
  Digest finish();  // starts anew afterwards

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

// HMAC-SHA-256 of many messages by one key, which is prepared once. For one thread at a time.
class HmacSha256 {
 public:
  explicit HmacSha256(BytesView key);
  ~HmacSha256();
  HmacSha256(const HmacSha256& other);
  HmacSha256& operator=(const HmacSha256&) = delete;
  HmacSha256(HmacSha256&&) noexcept;
  HmacSha256& operator=(HmacSha256&&) noexcept;
  Digest of(BytesView message);

 private:
  std::unique_ptr<evp_mac_ctx_st, void (*)(evp_mac_ctx_st*)> context_;
};

Digest sha256(BytesView bytes);
Digest hmac_sha256(BytesView key, BytesView message);
bool constant_time_equal(BytesView a, BytesView b);
Bytes random_bytes(std::size_t count);        // from the operating system's generator by way of OpenSSL
result<Digest> digest_from(BytesView bytes);  // exactly 32 bytes

}  // namespace jindu::crypto
