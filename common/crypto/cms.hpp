#pragma once
// Signatures by people: CMS SignedData (RFC 5652), detached, CAdES-BES attributes (ETSI EN 319 122-1). docs/formats.md,
// "Signatures by people".
#include <optional>

#include "common/crypto/certificate.hpp"

namespace jindu::crypto {

// DER. The certificate and `chain` are included, so that a verifier needs the root alone.
result<Bytes> cms_sign(BytesView content, const PrivateKey& key, const Certificate& certificate,
                       const std::vector<Certificate>& chain = {});

struct CmsSignature {
  Certificate signer;
  std::vector<Certificate> others;  // further certificates in the message, for building the chain
  std::optional<Instant> signing_time;
};

// Checks everything but trust: exactly one signer, detached, SHA-256 or stronger, digest and signature hold, and the
// signingCertificateV2 attribute names the signer's certificate. At most 64 KiB. Codes: cms.malformed, cms.signers,
// cms.not_detached, cms.weak_digest, cms.attributes, cms.signature.
result<CmsSignature> cms_verify(BytesView signature, BytesView content);

// cms_verify and the chain to a trusted root at `at`.
result<CmsSignature> cms_verify_trusted(BytesView signature, BytesView content, const TrustStore& trust, Instant at);

}  // namespace jindu::crypto
