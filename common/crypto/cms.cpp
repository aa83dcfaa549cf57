#include "common/crypto/cms.hpp"

#include <openssl/ess.h>

#include <ctime>

#include "common/crypto/openssl.hpp"

namespace jindu::crypto {
namespace {

constexpr std::size_t kSignatureBytesMax = 64 * 1024;
using OwnedCms = Owned<CMS_ContentInfo, CMS_ContentInfo_free>;

bool strong_digest(int nid) { return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512; }

std::vector<Certificate> certificates_of(CMS_ContentInfo* cms) {
  std::vector<Certificate> all;
  STACK_OF(X509)* stack = CMS_get1_certs(cms);
  for (int i = 0; i < sk_X509_num(stack); ++i) {
    X509* native = sk_X509_value(stack, i);
    X509_up_ref(native);
    all.emplace_back(std::shared_ptr<X509>(native, X509_free));
  }
  sk_X509_pop_free(stack, X509_free);
  return all;
}

// One element of DER: a tag of one byte, a length in its only spelling, and what they announce.
struct Element {
  std::uint8_t tag = 0;
  BytesView all, contents;
};
std::optional<Element> first_element(BytesView bytes) {
  if (bytes.size() < 2 || (bytes[0] & 0x1f) == 0x1f) return std::nullopt;
  std::size_t length = bytes[1], head = 2;
  if (length >= 0x80) {
    const std::size_t count = length - 0x80;
    if (count < 1 || count > 3 || bytes.size() < 2 + count) return std::nullopt;
    length = 0;
    for (; head < 2 + count; ++head) length = length << 8 | bytes[head];
    if (length < 0x80 || length >> (8 * (count - 1)) == 0) return std::nullopt;
  }
  if (bytes.size() - head < length) return std::nullopt;
  return Element{bytes[0], bytes.first(head + length), bytes.subspan(head, length)};
}
// The elements that fill these bytes; nothing where they are not filled by any.
std::optional<std::vector<Element>> elements_of(BytesView bytes) {
  std::vector<Element> all;
  while (!bytes.empty()) {
    const auto next = first_element(bytes);
    if (!next) return std::nullopt;
    all.push_back(*next);
    bytes = bytes.subspan(next->all.size());
  }
  return all;
}

void put_element(Bytes& out, std::uint8_t tag, BytesView contents) {
  out.push_back(tag);
  const auto size = contents.size();
  const int count = size < 0x80 ? 0 : size < 0x100 ? 1 : size < 0x10000 ? 2 : 3;
  out.push_back(static_cast<std::uint8_t>(count == 0 ? size : 0x80U + static_cast<std::size_t>(count)));
  for (int i = count - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(size >> (8 * i)));
  out.insert(out.end(), contents.begin(), contents.end());
}

// A signature without the certificates that came in it, and these.
struct Apart {
  Bytes signature;
  std::vector<Certificate> certificates;
};

// Certificates stand in a CMS beside what is signed (RFC 5652 section 5.1). Reading them costs more than checking the
// signature, and most were seen before: the applicant's when he logged in, his authority's with everybody's. So they
// are taken out and looked up. Nothing, where the encoding is other than expected: then OpenSSL reads all of it.
std::optional<Apart> without_certificates(BytesView signature) {
  constexpr std::uint8_t kSequence = 0x30, kFirst = 0xa0;
  const auto outer = first_element(signature);
  if (!outer || outer->tag != kSequence || outer->all.size() != signature.size()) return std::nullopt;
  const auto info = elements_of(outer->contents);
  if (!info || info->size() != 2 || (*info)[1].tag != kFirst) return std::nullopt;
  const auto held = first_element((*info)[1].contents);
  if (!held || held->tag != kSequence || held->all.size() != (*info)[1].contents.size()) return std::nullopt;
  const auto members = elements_of(held->contents);
  // Version, digest algorithms and content stand before the certificates.
  if (!members || members->size() < 4 || (*members)[3].tag != kFirst) return std::nullopt;
  for (std::size_t i = 4; i < members->size(); ++i)
    if ((*members)[i].tag == kFirst) return std::nullopt;  // they stand there once
  const auto brought = elements_of((*members)[3].contents);
  if (!brought || brought->empty()) return std::nullopt;
  Apart apart;
  for (const auto& one : *brought) {
    if (one.tag != kSequence) return std::nullopt;  // no X.509 certificate
    auto certificate = Certificate::remembered(one.all);
    if (!certificate) return std::nullopt;
    apart.certificates.push_back(std::move(*certificate));
  }
  Bytes rest, explicit_rest, whole((*info)[0].all.begin(), (*info)[0].all.end());
  for (std::size_t i = 0; i < members->size(); ++i)
    if (i != 3) rest.insert(rest.end(), (*members)[i].all.begin(), (*members)[i].all.end());
  put_element(explicit_rest, kSequence, rest);
  put_element(whole, kFirst, explicit_rest);
  put_element(apart.signature, kSequence, whole);
  return apart;
}

std::optional<Instant> signing_time_of(CMS_SignerInfo* signer) {
  const int index = CMS_signed_get_attr_by_NID(signer, NID_pkcs9_signingTime, -1);
  if (index < 0) return std::nullopt;
  const ASN1_TYPE* value = X509_ATTRIBUTE_get0_type(CMS_signed_get_attr(signer, index), 0);
  std::tm parts{};
  if (!value || (value->type != V_ASN1_UTCTIME && value->type != V_ASN1_GENERALIZEDTIME)) return std::nullopt;
  if (ASN1_TIME_to_tm(value->value.asn1_string, &parts) != 1) return std::nullopt;
  return from_unix_ms(std::int64_t{timegm(&parts)} * 1000);
}

// Whether signingCertificateV2 (RFC 5035) names this certificate and no other.
bool names_certificate(CMS_SignerInfo* signer, X509* certificate) {
  const int index = CMS_signed_get_attr_by_NID(signer, NID_id_smime_aa_signingCertificateV2, -1);
  X509_ATTRIBUTE* attribute = index < 0 ? nullptr : CMS_signed_get_attr(signer, index);
  if (!attribute || X509_ATTRIBUTE_count(attribute) != 1 ||
      CMS_signed_get_attr_by_NID(signer, NID_id_smime_aa_signingCertificateV2, index) >= 0)
    return false;
  const ASN1_TYPE* value = X509_ATTRIBUTE_get0_type(attribute, 0);
  if (!value || value->type != V_ASN1_SEQUENCE) return false;
  const unsigned char* at = value->value.sequence->data;
  const Owned<ESS_SIGNING_CERT_V2, ESS_SIGNING_CERT_V2_free> named(
      d2i_ESS_SIGNING_CERT_V2(nullptr, &at, value->value.sequence->length));
  STACK_OF(X509)* chain = sk_X509_new_null();
  must(chain != nullptr && sk_X509_push(chain, certificate) > 0, "stack");
  const bool matches = named && OSSL_ESS_check_signing_certs(nullptr, named.get(), chain, 1) == 1;
  sk_X509_free(chain);
  ERR_clear_error();
  return matches;
}

}  // namespace

result<Bytes> cms_sign(BytesView content, const PrivateKey& key, const Certificate& certificate,
                       const std::vector<Certificate>& chain) {
  const OwnedBio bio = bio_of(content);
  const unsigned flags = CMS_BINARY | CMS_DETACHED | CMS_NOSMIMECAP;
  const OwnedCms cms(CMS_sign(nullptr, nullptr, nullptr, nullptr, flags | CMS_PARTIAL));
  must(cms != nullptr, "CMS");
  CMS_SignerInfo* signer =
      CMS_add1_signer(cms.get(), certificate.native(), key.native(), EVP_sha256(), flags | CMS_CADES);
  if (!signer)
    return Error{Fault::invalid, "cms.signer", "key and certificate do not belong together: " + openssl_reason()};
  for (const Certificate& link : chain) CMS_add1_cert(cms.get(), link.native());
  must(CMS_final(cms.get(), bio.get(), nullptr, flags) == 1, "CMS");
  return der_of(cms.get(), i2d_CMS_ContentInfo);
}

result<CmsSignature> cms_verify(BytesView signature, BytesView content) {
  if (signature.size() > kSignatureBytesMax)
    return Error{Fault::too_large, "cms.too_large", "a signature has at most 64 KiB"};
  const auto apart = without_certificates(signature);
  const BytesView encoded = apart ? BytesView(apart->signature) : signature;
  const unsigned char* at = encoded.data();
  const OwnedCms cms(d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(encoded.size())));
  if (!cms || at != encoded.data() + encoded.size() || OBJ_obj2nid(CMS_get0_type(cms.get())) != NID_pkcs7_signed) {
    ERR_clear_error();
    return Error{Fault::invalid, "cms.malformed", "not a DER CMS SignedData"};
  }
  if (CMS_is_detached(cms.get()) != 1)
    return Error{Fault::invalid, "cms.not_detached", "the signature carries content of its own"};
  STACK_OF(CMS_SignerInfo)* signers = CMS_get0_SignerInfos(cms.get());
  if (sk_CMS_SignerInfo_num(signers) != 1)
    return Error{Fault::invalid, "cms.signers", "a signature has exactly one signer"};
  CMS_SignerInfo* signer = sk_CMS_SignerInfo_value(signers, 0);
  X509_ALGOR* digest_algorithm = nullptr;
  CMS_SignerInfo_get0_algs(signer, nullptr, nullptr, &digest_algorithm, nullptr);
  if (!strong_digest(OBJ_obj2nid(digest_algorithm->algorithm)))
    return Error{Fault::integrity, "cms.weak_digest", "the digest is weaker than SHA-256"};
  if (CMS_signed_get_attr_by_NID(signer, NID_id_smime_aa_signingCertificateV2, -1) < 0) {
    return Error{Fault::integrity, "cms.attributes", "the attribute signingCertificateV2 is missing"};
  }
  // Behind a filter that does nothing: of a BIO in memory OpenSSL 3.0 makes another one, which it never frees when the
  // signature names a digest that it does not know.
  const OwnedBio filter(BIO_new(BIO_f_null()));
  must(filter && BIO_push(filter.get(), bio_of(content).release()) != nullptr, "BIO");
  // Not with CMS_CADES: OpenSSL 3.0 then verifies the chain in spite of CMS_NO_SIGNER_CERT_VERIFY, and trust is checked
  // apart from this. What CMS_CADES adds, comparing signingCertificateV2 with the signer's certificate, follows.
  STACK_OF(X509)* brought = sk_X509_new_null();
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> stack(brought,
                                                                         [](STACK_OF(X509) * s) { sk_X509_free(s); });
  must(brought != nullptr, "stack");
  if (apart)
    for (const auto& certificate : apart->certificates) must(sk_X509_push(brought, certificate.native()) > 0, "stack");
  if (CMS_verify(cms.get(), brought, nullptr, filter.get(), nullptr, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) != 1)
    return Error{Fault::integrity, "cms.signature", "the signature does not hold: " + openssl_reason()};
  X509* native = nullptr;
  CMS_SignerInfo_get0_algs(signer, nullptr, &native, nullptr, nullptr);
  if (!native) return Error{Fault::integrity, "cms.signer_missing", "the signer's certificate is not in the signature"};
  if (!names_certificate(signer, native))
    return Error{Fault::integrity, "cms.attributes", "signingCertificateV2 does not name the signer's certificate"};
  X509_up_ref(native);
  Certificate certificate{std::shared_ptr<X509>(native, X509_free)};
  return CmsSignature{certificate, apart ? apart->certificates : certificates_of(cms.get()), signing_time_of(signer)};
}

result<CmsSignature> cms_verify_trusted(BytesView signature, BytesView content, const TrustStore& trust, Instant at) {
  auto checked = cms_verify(signature, content);
  if (!checked) return checked;
  if (auto trusted = trust.verify(checked->signer, checked->others, at); !trusted) return trusted.error();
  return checked;
}

}  // namespace jindu::crypto
