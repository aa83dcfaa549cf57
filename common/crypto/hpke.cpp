#include "common/crypto/hpke.hpp"

#include <openssl/rsa.h>

#include "common/crypto/aead.hpp"
#include "common/crypto/hkdf.hpp"
#include "common/crypto/openssl.hpp"

namespace jindu::crypto {
namespace {

// RFC 9180 section 7: identifiers of KEM, KDF and AEAD.
constexpr std::array<std::uint8_t, 5> kKemSuite{'K', 'E', 'M', 0x00, 0x10};
constexpr std::array<std::uint8_t, 10> kHpkeSuite{'H', 'P', 'K', 'E', 0x00, 0x10, 0x00, 0x01, 0x00, 0x02};

Bytes concatenate(std::initializer_list<BytesView> parts) {
  Bytes out;
  for (const BytesView part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

Bytes labeled_extract(BytesView suite, BytesView salt, std::string_view label, BytesView key) {
  return hkdf_extract(HashFunction::sha256, salt, concatenate({bytes_of("HPKE-v1"), suite, bytes_of(label), key}));
}

Bytes labeled_expand(BytesView suite, BytesView key, std::string_view label, BytesView info, std::uint16_t length) {
  const std::array<std::uint8_t, 2> size{static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)};
  return hkdf_expand(HashFunction::sha256, key, concatenate({size, bytes_of("HPKE-v1"), suite, bytes_of(label), info}),
                     length);
}

struct Context {
  Bytes key;
  Nonce nonce;
};

// Section 4.1 ExtractAndExpand, then section 5.1 KeySchedule in base mode, for the first message alone.
Context key_schedule(BytesView shared_point, BytesView encapsulated, BytesView recipient_point, BytesView info) {
  const Bytes extracted = labeled_extract(kKemSuite, {}, "eae_prk", shared_point);
  const Bytes shared =
      labeled_expand(kKemSuite, extracted, "shared_secret", concatenate({encapsulated, recipient_point}), 32);
  const std::array<std::uint8_t, 1> base_mode{0};
  const Bytes context = concatenate({base_mode, labeled_extract(kHpkeSuite, {}, "psk_id_hash", {}),
                                     labeled_extract(kHpkeSuite, {}, "info_hash", info)});
  const Bytes secret = labeled_extract(kHpkeSuite, shared, "secret", {});
  Context out{labeled_expand(kHpkeSuite, secret, "key", context, 32), {}};
  const Bytes nonce = labeled_expand(kHpkeSuite, secret, "base_nonce", context, 12);
  std::copy(nonce.begin(), nonce.end(), out.nonce.begin());
  return out;
}

OwnedKeyContext oaep_context(EVP_PKEY* key, BytesView label, int (*init)(EVP_PKEY_CTX*)) {
  OwnedKeyContext context(EVP_PKEY_CTX_new(key, nullptr));
  must(context && init(context.get()) == 1, "RSA-OAEP");
  must(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1, "RSA-OAEP");
  must(EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), EVP_sha256()) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), EVP_sha256()) == 1,
       "RSA-OAEP");
  if (!label.empty()) {
    void* copy = OPENSSL_memdup(label.data(), label.size());  // the context takes it over
    must(copy && EVP_PKEY_CTX_set0_rsa_oaep_label(context.get(), copy, static_cast<int>(label.size())) == 1,
         "RSA-OAEP label");
  }
  return context;
}

}  // namespace

result<HpkeSealed> hpke_seal_with(const PrivateKey& ephemeral, const PublicKey& recipient, BytesView info,
                                  BytesView additional, BytesView plaintext) {
  const auto shared = ephemeral.agree(recipient);
  if (!shared) return shared.error();
  const Bytes encapsulated = ephemeral.public_key().p256_point();
  const Context context = key_schedule(*shared, encapsulated, recipient.p256_point(), info);
  Bytes ciphertext(plaintext.size() + kAeadTagBytes);
  AesGcm(context.key).seal(context.nonce, additional, plaintext, ciphertext.data());
  return HpkeSealed{encapsulated, std::move(ciphertext)};
}

result<HpkeSealed> hpke_seal(const PublicKey& recipient, BytesView info, BytesView additional, BytesView plaintext) {
  return hpke_seal_with(PrivateKey::generate_p256(), recipient, info, additional, plaintext);
}

result<Bytes> hpke_open(const PrivateKey& recipient, BytesView encapsulated, BytesView info, BytesView additional,
                        BytesView ciphertext) {
  const auto shared = recipient.agree(encapsulated);
  if (!shared && shared.error().code == "key.malformed")
    return Error{Fault::invalid, "hpke.malformed", "the encapsulated key is not a point on P-256"};
  if (!shared) return shared.error();
  const Context context = key_schedule(*shared, encapsulated, recipient.public_key().p256_point(), info);
  if (ciphertext.size() < kAeadTagBytes) return Error{Fault::integrity, "hpke.open", "the wrapped key is too short"};
  Bytes plaintext(ciphertext.size() - kAeadTagBytes);
  if (!AesGcm(context.key).open(context.nonce, additional, ciphertext, plaintext.data())) {
    return Error{Fault::integrity, "hpke.open", "the wrapped key does not authenticate"};
  }
  return plaintext;
}

result<Bytes> rsa_oaep_seal(const PublicKey& recipient, BytesView label, BytesView plaintext) {
  if (!recipient.is_rsa()) return Error{Fault::unsupported, "key.unsupported", "RSA-OAEP needs an RSA key"};
  const OwnedKeyContext context = oaep_context(recipient.native(), label, EVP_PKEY_encrypt_init);
  std::size_t length = 0;
  must(EVP_PKEY_encrypt(context.get(), nullptr, &length, plaintext.data(), plaintext.size()) == 1, "RSA-OAEP");
  Bytes out(length);
  must(EVP_PKEY_encrypt(context.get(), out.data(), &length, plaintext.data(), plaintext.size()) == 1, "RSA-OAEP");
  out.resize(length);
  return out;
}

result<Bytes> rsa_oaep_open(const PrivateKey& recipient, BytesView label, BytesView ciphertext) {
  if (!recipient.public_key().is_rsa())
    return Error{Fault::unsupported, "key.unsupported", "RSA-OAEP needs an RSA key"};
  const OwnedKeyContext context = oaep_context(recipient.native(), label, EVP_PKEY_decrypt_init);
  std::size_t length = 0;
  if (EVP_PKEY_decrypt(context.get(), nullptr, &length, ciphertext.data(), ciphertext.size()) != 1) {
    ERR_clear_error();
    return Error{Fault::integrity, "rsa_oaep.open", "the wrapped key does not open"};
  }
  Bytes out(length);
  if (EVP_PKEY_decrypt(context.get(), out.data(), &length, ciphertext.data(), ciphertext.size()) != 1) {
    ERR_clear_error();
    return Error{Fault::integrity, "rsa_oaep.open", "the wrapped key does not open"};
  }
  out.resize(length);
  return out;
}

}  // namespace jindu::crypto
