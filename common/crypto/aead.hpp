#pragma once
// AES-256-GCM (NIST SP 800-38D) with a context that is set up once and used for many chunks.
#include <array>
#include <memory>

#include "common/runtime/bytes.hpp"

struct evp_cipher_ctx_st;

namespace jindu::crypto {

constexpr std::size_t kAeadTagBytes = 16;
using Nonce = std::array<std::uint8_t, 12>;

class AesGcm {
 public:
  explicit AesGcm(BytesView key);  // 32 bytes
  ~AesGcm();
  AesGcm(AesGcm&&) noexcept;
  AesGcm& operator=(AesGcm&&) noexcept;

  // Writes plaintext.size() + 16 bytes to `out`.
  void seal(const Nonce& nonce, BytesView additional, BytesView plaintext, std::uint8_t* out);
  // Writes ciphertext.size() - 16 bytes to `out`; false, with `out` cleared, when the tag does not hold.
  [[nodiscard]] bool open(const Nonce& nonce, BytesView additional, BytesView ciphertext, std::uint8_t* out);

 private:
  std::unique_ptr<evp_cipher_ctx_st, void (*)(evp_cipher_ctx_st*)> encrypt_, decrypt_;
};

}  // namespace jindu::crypto
