#include "common/crypto/aead.hpp"

#include "common/crypto/openssl.hpp"

namespace jindu::crypto {

AesGcm::AesGcm(BytesView key)
    : encrypt_(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free), decrypt_(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free) {
  must(key.size() == 32, "AES-256-GCM: key size");
  must(encrypt_ && EVP_EncryptInit_ex(encrypt_.get(), aes_256_gcm_algorithm(), nullptr, key.data(), nullptr) == 1,
       "AES-256-GCM");
  must(decrypt_ && EVP_DecryptInit_ex(decrypt_.get(), aes_256_gcm_algorithm(), nullptr, key.data(), nullptr) == 1,
       "AES-256-GCM");
}
AesGcm::~AesGcm() = default;
AesGcm::AesGcm(AesGcm&&) noexcept = default;
AesGcm& AesGcm::operator=(AesGcm&&) noexcept = default;

void AesGcm::seal(const Nonce& nonce, BytesView additional, BytesView plaintext, std::uint8_t* out) {
  EVP_CIPHER_CTX* context = encrypt_.get();
  int length = 0;
  must(EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1, "AES-256-GCM nonce");
  if (!additional.empty())
    must(EVP_EncryptUpdate(context, nullptr, &length, additional.data(), static_cast<int>(additional.size())) == 1,
         "AES-256-GCM");
  if (!plaintext.empty())
    must(EVP_EncryptUpdate(context, out, &length, plaintext.data(), static_cast<int>(plaintext.size())) == 1,
         "AES-256-GCM");
  must(EVP_EncryptFinal_ex(context, out + plaintext.size(), &length) == 1, "AES-256-GCM");
  must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, kAeadTagBytes, out + plaintext.size()) == 1,
       "AES-256-GCM tag");
}

bool AesGcm::open(const Nonce& nonce, BytesView additional, BytesView ciphertext, std::uint8_t* out) {
  if (ciphertext.size() < kAeadTagBytes) return false;
  const std::size_t size = ciphertext.size() - kAeadTagBytes;
  EVP_CIPHER_CTX* context = decrypt_.get();
  int length = 0;
  must(EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1, "AES-256-GCM nonce");
  if (!additional.empty())
    must(EVP_DecryptUpdate(context, nullptr, &length, additional.data(), static_cast<int>(additional.size())) == 1,
         "AES-256-GCM");
  if (size > 0)
    must(EVP_DecryptUpdate(context, out, &length, ciphertext.data(), static_cast<int>(size)) == 1, "AES-256-GCM");
  must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, kAeadTagBytes,
                           const_cast<std::uint8_t*>(ciphertext.data() + size)) == 1,
       "AES-256-GCM tag");
  if (EVP_DecryptFinal_ex(context, out + size, &length) == 1) return true;
  ERR_clear_error();
  OPENSSL_cleanse(out, size);
  return false;
}

}  // namespace jindu::crypto
