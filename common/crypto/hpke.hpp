#pragma once
// Getting a file key to a recipient: HPKE (RFC 9180) in base mode with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and
// AES-256-GCM, single shot; and RSAES-OAEP (RFC 8017) with SHA-256 where the recipient's certificate is RSA.
#include "common/crypto/key.hpp"

namespace jindu::crypto {

struct HpkeSealed {
  Bytes encapsulated;  // 65 bytes
  Bytes ciphertext;
};

result<HpkeSealed> hpke_seal(const PublicKey& recipient, BytesView info, BytesView additional, BytesView plaintext);
// With a given ephemeral key: that of the published vectors, or one that is fresh for several seals to the same
// recipient which are made at once, each under another `info` (decisions/007).
result<HpkeSealed> hpke_seal_with(const PrivateKey& ephemeral, const PublicKey& recipient, BytesView info,
                                  BytesView additional, BytesView plaintext);
// Codes: hpke.malformed, hpke.open.
result<Bytes> hpke_open(const PrivateKey& recipient, BytesView encapsulated, BytesView info, BytesView additional,
                        BytesView ciphertext);

result<Bytes> rsa_oaep_seal(const PublicKey& recipient, BytesView label, BytesView plaintext);
result<Bytes> rsa_oaep_open(const PrivateKey& recipient, BytesView label, BytesView ciphertext);  // code rsa_oaep.open

}  // namespace jindu::crypto
