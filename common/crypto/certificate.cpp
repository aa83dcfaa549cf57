#include "common/crypto/certificate.hpp"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <fstream>
#include <map>
#include <sstream>

#include "common/crypto/openssl.hpp"
#include "common/crypto/remembered.hpp"

namespace jindu::crypto {
namespace {

Certificate share(X509* native) { return Certificate(std::shared_ptr<X509>(native, X509_free)); }

// Whether every question about it has an answer: OpenSSL reads certificates whose key or times it cannot make sense of.
bool makes_sense(X509* native) {
  return X509_get0_pubkey(native) != nullptr && ASN1_TIME_to_tm(X509_get0_notBefore(native), nullptr) == 1 &&
         ASN1_TIME_to_tm(X509_get0_notAfter(native), nullptr) == 1;
}

std::string text_of_name(X509_NAME* name, int nid) {
  const int index = X509_NAME_get_index_by_NID(name, nid, -1);
  if (index < 0) return {};
  unsigned char* utf8 = nullptr;
  const int length = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)));
  if (length < 0) {
    ERR_clear_error();
    return {};
  }
  std::string text(reinterpret_cast<char*>(utf8), static_cast<std::size_t>(length));
  OPENSSL_free(utf8);
  return text;
}

Instant instant_of(const ASN1_TIME* time) {
  std::tm parts{};
  must(ASN1_TIME_to_tm(time, &parts) == 1, "certificate time");
  return from_unix_ms(std::int64_t{timegm(&parts)} * 1000);
}

result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  if (!in) return Error{Fault::unavailable, "certificate.file", "cannot read " + path};
  return text.str();
}

Error verify_error(int code) {
  const std::string detail = X509_verify_cert_error_string(code);
  switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {Fault::expired, "certificate.expired", detail};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {Fault::integrity, "certificate.not_yet_valid", detail};
    case X509_V_ERR_CERT_REVOKED:
      return {Fault::integrity, "certificate.revoked", detail};
    case X509_V_ERR_INVALID_PURPOSE:
      return {Fault::integrity, "certificate.wrong_purpose", detail};
    case X509_V_ERR_UNABLE_TO_GET_CRL:
      return {Fault::unavailable, "certificate.crl_missing", detail};
    case X509_V_ERR_CRL_HAS_EXPIRED:
      return {Fault::unavailable, "certificate.crl_expired", detail};
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return {Fault::integrity, "certificate.weak", detail};
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return {Fault::integrity, "certificate.unknown_issuer", detail};
    default:
      return {Fault::integrity, "certificate.invalid", detail};
  }
}

void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer ? issuer : certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  must(extension && X509_add_ext(certificate, extension, -1) == 1, "certificate extension");
  X509_EXTENSION_free(extension);
}

void add_name(X509_NAME* name, const char* field, const std::string& value) {
  if (value.empty()) return;
  must(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                                  static_cast<int>(value.size()), -1, 0) == 1,
       "certificate name");
}

}  // namespace

result<Certificate> Certificate::from_der(BytesView der) {
  const unsigned char* at = der.data();
  OwnedX509 native(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!native || at != der.data() + der.size() || !makes_sense(native.get())) {
    ERR_clear_error();
    return Error{Fault::invalid, "certificate.malformed", "not an X.509 certificate"};
  }
  return share(native.release());
}

result<Certificate> Certificate::remembered(BytesView der) {
  constexpr std::size_t kRemembered = 512, kBytesMax = 8 * 1024;
  static Remembered<Certificate> known(kRemembered);
  if (der.size() > kBytesMax) return from_der(der);
  const std::string key(text_of(der));
  if (auto found = known.find(key)) return std::move(*found);
  auto read = from_der(der);
  if (read) known.keep(key, *read);
  return read;
}

result<std::vector<Certificate>> Certificate::all_from_pem(std::string_view pem) {
  const OwnedBio bio = bio_of(bytes_of(pem));
  std::vector<Certificate> all;
  while (X509* native = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    all.push_back(share(native));
    if (!makes_sense(native)) {
      ERR_clear_error();
      return Error{Fault::invalid, "certificate.malformed", "a PEM certificate has no key or no times that make sense"};
    }
  }
  ERR_clear_error();
  if (all.empty()) return Error{Fault::invalid, "certificate.malformed", "no PEM certificate found"};
  return all;
}

result<Certificate> Certificate::from_pem(std::string_view pem) {
  auto all = all_from_pem(pem);
  if (!all) return all.error();
  return all->front();
}

result<std::vector<Certificate>> Certificate::all_from_pem_file(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return text.error();
  return all_from_pem(*text);
}

Bytes Certificate::der() const { return der_of(native_.get(), i2d_X509); }

std::string Certificate::pem() const {
  const OwnedBio bio(BIO_new(BIO_s_mem()));
  must(bio && PEM_write_bio_X509(bio.get(), native_.get()) == 1, "write certificate");
  return std::string(text_of(bytes_of_bio(bio.get())));
}

PublicKey Certificate::public_key() const {
  EVP_PKEY* key = X509_get_pubkey(native_.get());
  must(key != nullptr, "certificate key");
  return PublicKey(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free));
}

std::string Certificate::subject(int nid) const { return text_of_name(X509_get_subject_name(native_.get()), nid); }
std::string Certificate::common_name() const { return subject(NID_commonName); }
std::string Certificate::organisation() const { return subject(NID_organizationName); }
std::string Certificate::organisational_unit() const { return subject(NID_organizationalUnitName); }
std::string Certificate::serial_number_attribute() const { return subject(NID_serialNumber); }
std::string Certificate::issuer_common_name() const {
  return text_of_name(X509_get_issuer_name(native_.get()), NID_commonName);
}

std::string Certificate::serial_hex() const {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(native_.get());
  return to_hex({ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial))});
}

Instant Certificate::not_before() const { return instant_of(X509_get0_notBefore(native_.get())); }
Instant Certificate::not_after() const { return instant_of(X509_get0_notAfter(native_.get())); }

// The answer about a chain depends on nothing but the store, which never changes, and on how the moment in question
// compares with the times that certificates and lists name. So it is the same at all moments between two neighbouring
// ones of these times: its span.
struct TrustStore::State {
  struct Span {
    Instant from, until;  // from <= at < until
  };
  std::shared_ptr<X509_STORE> store{X509_STORE_new(), X509_STORE_free};
  bool with_crls = false;
  std::map<std::string, RevocationList> lists;  // by issuer
  std::vector<Instant> times;                   // of roots and lists
  Remembered<Span> good{4096};
};

namespace {

void add_times(std::vector<Instant>& times, const Certificate& certificate) {
  times.push_back(certificate.not_before());
  times.push_back(certificate.not_after());
}

// What a chain is asked for by, in one digest.
std::string name_of(const Certificate& leaf, const std::vector<Certificate>& intermediates, Purpose purpose) {
  Bytes all{static_cast<std::uint8_t>(purpose)};
  const auto add = [&](const Certificate& certificate) {
    const auto fingerprint = certificate.fingerprint();
    all.insert(all.end(), fingerprint.begin(), fingerprint.end());
  };
  add(leaf);
  for (const auto& intermediate : intermediates) add(intermediate);
  return std::string(text_of(sha256(all)));
}

}  // namespace

result<TrustStore> TrustStore::from_pem(std::string_view roots_pem, std::string_view crl_pem) {
  const auto roots = Certificate::all_from_pem(roots_pem);
  if (!roots) return roots.error();
  auto state = std::make_shared<State>();
  must(state->store != nullptr, "trust store");
  for (const Certificate& root : *roots) {
    must(X509_STORE_add_cert(state->store.get(), root.native()) == 1, "trust store");
    add_times(state->times, root);
  }
  if (!crl_pem.empty()) {
    const OwnedBio bio = bio_of(bytes_of(crl_pem));
    while (X509_CRL* crl = PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr)) {
      const Owned<X509_CRL, X509_CRL_free> owned(crl);
      must(X509_STORE_add_crl(state->store.get(), crl) == 1, "trust store");
      for (const ASN1_TIME* time : {X509_CRL_get0_lastUpdate(crl), X509_CRL_get0_nextUpdate(crl)}) {
        if (time == nullptr) continue;  // a list need not say when the next one comes
        if (ASN1_TIME_to_tm(time, nullptr) != 1)
          return Error{Fault::invalid, "certificate.crl_malformed", "a revocation list has times that are none"};
        state->times.push_back(instant_of(time));
      }
      const auto* next = X509_CRL_get0_nextUpdate(crl);
      const RevocationList list{text_of_name(X509_CRL_get_issuer(crl), NID_commonName),
                                instant_of(X509_CRL_get0_lastUpdate(crl)), next ? instant_of(next) : Instant::max()};
      auto& longest = state->lists.try_emplace(list.issuer, list).first->second;
      if (list.until > longest.until) longest = list;
      state->with_crls = true;
    }
    ERR_clear_error();
    if (!state->with_crls)
      return Error{Fault::invalid, "certificate.crl_malformed", "no PEM certificate revocation list found"};
  }
  return TrustStore(std::move(state));
}

result<TrustStore> TrustStore::from_files(const std::string& roots_path, const std::string& crl_path) {
  const auto roots = read_file(roots_path);
  if (!roots) return roots.error();
  if (crl_path.empty()) return from_pem(*roots);
  const auto crls = read_file(crl_path);
  if (!crls) return crls.error();
  return from_pem(*roots, *crls);
}

std::vector<RevocationList> TrustStore::lists() const {
  std::vector<RevocationList> all;
  for (const auto& [issuer, list] : state_->lists)
    if (list.until != Instant::max()) all.push_back(list);
  return all;
}

result<void> TrustStore::verify(const Certificate& leaf, const std::vector<Certificate>& intermediates, Instant at,
                                Purpose purpose) const {
  const auto name = name_of(leaf, intermediates, purpose);
  if (const auto span = state_->good.find(name); span && span->from <= at && at < span->until) return {};
  if (auto walked = walk(leaf, intermediates, at, purpose); !walked) return walked;
  auto times = state_->times;
  add_times(times, leaf);
  for (const auto& intermediate : intermediates) {
    if (!makes_sense(intermediate.native())) return {};  // it was not needed, and has no times to be compared
    add_times(times, intermediate);
  }
  State::Span span{Instant::min(), Instant::max()};
  for (const auto time : times) {
    if (time <= at)
      span.from = std::max(span.from, time);
    else
      span.until = std::min(span.until, time);
  }
  state_->good.keep(name, span);
  return {};
}

result<void> TrustStore::walk(const Certificate& leaf, const std::vector<Certificate>& intermediates, Instant at,
                              Purpose purpose) const {
  const Owned<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  STACK_OF(X509)* untrusted = sk_X509_new_null();
  must(context && untrusted, "verify certificate");
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> stack(untrusted,
                                                                         [](STACK_OF(X509) * s) { sk_X509_free(s); });
  for (const Certificate& intermediate : intermediates) sk_X509_push(untrusted, intermediate.native());
  must(X509_STORE_CTX_init(context.get(), state_->store.get(), leaf.native(), untrusted) == 1, "verify certificate");
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, static_cast<std::time_t>(to_unix_ms(at) / 1000));
  X509_VERIFY_PARAM_set_depth(parameters, 5);
  X509_VERIFY_PARAM_set_auth_level(parameters, 2);  // at least 112 bits: no SHA-1, no RSA below 2,048
  unsigned long flags = X509_V_FLAG_X509_STRICT;
  if (state_->with_crls) flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
  X509_VERIFY_PARAM_set_flags(parameters, flags);
  if (purpose != Purpose::any) {
    X509_VERIFY_PARAM_set_purpose(parameters,
                                  purpose == Purpose::tls_client ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER);
  }
  // A list issued after the moment in question knows more than that moment did, not less: old receipts stay checkable
  // when lists are renewed.
  X509_STORE_CTX_set_verify_cb(context.get(), [](int ok, X509_STORE_CTX* walk) {
    if (ok == 1 || X509_STORE_CTX_get_error(walk) != X509_V_ERR_CRL_NOT_YET_VALID) return ok;
    X509_STORE_CTX_set_error(walk, X509_V_OK);
    return 1;
  });
  if (X509_verify_cert(context.get()) == 1) return {};
  ERR_clear_error();
  return verify_error(X509_STORE_CTX_get_error(context.get()));
}

result<Certificate> issue_certificate(const PrivateKey& issuer_key, const Certificate* issuer,
                                      const PublicKey& subject_key, const SubjectName& subject, Profile profile,
                                      Instant not_before, Instant not_after) {
  if (subject.common_name.empty() || subject.common_name.size() > 200) {
    return Error{Fault::invalid, "certificate.common_name", "a name has 1 to 200 bytes", "name"};
  }
  OwnedX509 certificate(X509_new());
  must(certificate && X509_set_version(certificate.get(), 2) == 1, "new certificate");
  Bytes serial = random_bytes(16);
  serial[0] = static_cast<std::uint8_t>((serial[0] & 0x3f) | 0x40);  // positive, and always 16 bytes
  BIGNUM* number = BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr);
  must(number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get())), "certificate serial");
  BN_free(number);
  must(ASN1_TIME_set(X509_getm_notBefore(certificate.get()), to_unix_ms(not_before) / 1000) != nullptr,
       "certificate time");
  must(ASN1_TIME_set(X509_getm_notAfter(certificate.get()), to_unix_ms(not_after) / 1000) != nullptr,
       "certificate time");
  X509_NAME* name = X509_get_subject_name(certificate.get());
  add_name(name, "O", subject.organisation);
  add_name(name, "serialNumber", subject.serial_number);
  add_name(name, "CN", subject.common_name);
  must(X509_set_issuer_name(certificate.get(), issuer ? X509_get_subject_name(issuer->native()) : name) == 1,
       "certificate issuer");
  must(X509_set_pubkey(certificate.get(), subject_key.native()) == 1, "certificate key");
  X509* issuer_native = issuer ? issuer->native() : nullptr;
  const bool authority = profile == Profile::authority;
  add_extension(certificate.get(), issuer_native, NID_basic_constraints,
                authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  add_extension(certificate.get(), issuer_native, NID_key_usage,
                authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature,nonRepudiation,keyAgreement");
  add_extension(certificate.get(), issuer_native, NID_subject_key_identifier, "hash");
  if (issuer) add_extension(certificate.get(), issuer_native, NID_authority_key_identifier, "keyid");
  if (!authority) add_extension(certificate.get(), issuer_native, NID_ext_key_usage, "clientAuth,emailProtection");
  must(X509_sign(certificate.get(), issuer_key.native(), EVP_sha256()) > 0, "sign certificate");
  return share(certificate.release());
}

result<Identity> identity_from_pkcs12(BytesView p12, std::string_view passphrase) {
  const OwnedBio bio = bio_of(p12);
  const Owned<PKCS12, PKCS12_free> file(d2i_PKCS12_bio(bio.get(), nullptr));
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  STACK_OF(X509)* others = nullptr;
  if (!file || PKCS12_parse(file.get(), std::string(passphrase).c_str(), &key, &certificate, &others) != 1 || !key ||
      !certificate) {
    EVP_PKEY_free(key);
    X509_free(certificate);
    sk_X509_pop_free(others, X509_free);
    return Error{Fault::invalid, "key.pkcs12",
                 "not a PKCS#12 file with key and certificate, or a wrong passphrase: " + openssl_reason()};
  }
  std::vector<Certificate> chain;
  for (int i = 0; i < sk_X509_num(others); ++i) {
    X509_up_ref(sk_X509_value(others, i));
    chain.push_back(share(sk_X509_value(others, i)));
  }
  sk_X509_pop_free(others, X509_free);
  return Identity{PrivateKey(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free)), share(certificate), std::move(chain)};
}

result<Identity> identity_from_files(const std::string& certificate_path, const std::string& key_path,
                                     const std::string& passphrase_file) {
  auto certificates = Certificate::all_from_pem_file(certificate_path);
  if (!certificates) return certificates.error();
  auto key = PrivateKey::from_pem_file(key_path, passphrase_file);
  if (!key) return key.error();
  if (key->key_id() != certificates->front().key_id()) {
    return Error{Fault::invalid, "key.mismatch", key_path + " is not the key of " + certificate_path};
  }
  Certificate leaf = certificates->front();
  certificates->erase(certificates->begin());
  return Identity{*key, leaf, *certificates};
}

}  // namespace jindu::crypto
