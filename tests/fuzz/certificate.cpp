// Certificates, revocation lists and keys from outside: refused, or every question about them has an answer.
#include "common/crypto/certificate.hpp"

#include "tests/fuzz/world.hpp"

namespace jindu::fuzz {
namespace {

void ask(const crypto::Certificate& certificate) {
  promise(!certificate.der().empty() && !certificate.pem().empty(), "a certificate can be written");
  (void)certificate.common_name();
  (void)certificate.organisation();
  (void)certificate.organisational_unit();
  (void)certificate.serial_number_attribute();
  (void)certificate.issuer_common_name();
  (void)certificate.serial_hex();
  (void)certificate.fingerprint();
  (void)certificate.key_id();
  (void)certificate.not_before();
  (void)certificate.not_after();
  (void)certificate.public_key().verify(bytes_of("message"), bytes_of("signature"));
  for (const auto purpose : {crypto::Purpose::any, crypto::Purpose::tls_client, crypto::Purpose::tls_server})
    (void)trust().store.verify(certificate, {node("intermediate").certificate}, kNow, purpose);
  promise(crypto::Certificate::from_der(certificate.der()).has_value(), "what was read is read again");
}

}  // namespace
}  // namespace jindu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu;
  using namespace jindu::fuzz;
  Input input(data, size);
  switch (input.byte() % 6) {
    case 0:
      if (const auto one = crypto::Certificate::from_der(input.rest())) ask(*one);
      break;
    case 1:
      if (const auto all = crypto::Certificate::all_from_pem(input.text()))
        for (const auto& one : *all) ask(one);
      break;
    case 2:
      if (const auto key = crypto::PublicKey::from_spki(input.rest())) {
        promise(key->is_p256() || key->is_rsa(), "keys are P-256 or RSA");
        promise(crypto::PublicKey::from_spki(key->spki()).value().key_id() == key->key_id(), "a key has one id");
        if (key->is_p256()) promise(crypto::p256_from_point(key->p256_point()).has_value(), "a key has a point");
      }
      break;
    case 3:
      if (const auto key = crypto::PrivateKey::from_pkcs8(input.rest()); key && key->public_key().is_p256())
        (void)key->agree(key_of("department").public_key());
      break;
    case 4:
      if (const auto store = crypto::TrustStore::from_pem(root().pem(), input.text()))
        (void)store->verify(node("portal").certificate, {}, kNow);
      break;
    default:
      if (const auto point = crypto::p256_from_point(input.rest()))
        promise(point->p256_point().size() == 65, "a point is uncompressed");
  }
  return 0;
}
