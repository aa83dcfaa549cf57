#pragma once
// X.509 certificates, and whom to trust.
#include <memory>
#include <vector>

#include "common/crypto/key.hpp"
#include "common/runtime/clock.hpp"

struct x509_st;

namespace jindu::crypto {

class Certificate {
 public:
  static result<Certificate> from_der(BytesView der);         // exactly one, nothing behind it
  static result<Certificate> from_pem(std::string_view pem);  // the first
  static result<std::vector<Certificate>> all_from_pem(std::string_view pem);
  static result<std::vector<Certificate>> all_from_pem_file(const std::string& path);

  Bytes der() const;
  std::string pem() const;
  PublicKey public_key() const;
  Digest key_id() const { return public_key().key_id(); }
  Digest fingerprint() const { return sha256(der()); }
  // The first value of a subject attribute in UTF-8; empty when absent.
  std::string common_name() const;
  std::string organisation() const;
  std::string organisational_unit() const;
  std::string serial_number_attribute() const;  // subject serialNumber: the social credit code of a company
  std::string issuer_common_name() const;
  std::string serial_hex() const;
  Instant not_before() const;
  Instant not_after() const;

  // The same certificate for the same DER, as long as it is remembered: OpenSSL 3.0 takes longer to read a key than to
  // check a signature with it. Only for certificates of a few KiB, as all of people and authorities are.
  static result<Certificate> remembered(BytesView der);

  explicit Certificate(std::shared_ptr<x509_st> native) : native_(std::move(native)) {}
  x509_st* native() const { return native_.get(); }

 private:
  std::string subject(int nid) const;
  std::shared_ptr<x509_st> native_;
};

// When a list of what an issuer has revoked was made, and until when it counts.
struct RevocationList {
  std::string issuer;  // Common Name
  Instant issued{}, until{};
};

enum class Purpose { any, tls_client, tls_server };

// Roots and revocation lists. Checking is against the time that is passed in.
class TrustStore {
 public:
  // `crl_pem` may be empty: then nothing is known to be revoked. With lists, every issuer in a chain must have one.
  static result<TrustStore> from_pem(std::string_view roots_pem, std::string_view crl_pem = {});
  static result<TrustStore> from_files(const std::string& roots_path, const std::string& crl_path = {});

  // Of each issuer the one that counts longest; not where one names no end.
  std::vector<RevocationList> lists() const;

  // Codes: certificate.expired, .not_yet_valid, .unknown_issuer, .revoked, .wrong_purpose, .crl_missing,
  // .crl_expired, .weak, .invalid. That a certificate is good is remembered up to where the answer could become
  // another.
  result<void> verify(const Certificate& leaf, const std::vector<Certificate>& intermediates, Instant at,
                      Purpose purpose = Purpose::any) const;

 private:
  struct State;
  explicit TrustStore(std::shared_ptr<State> state) : state_(std::move(state)) {}
  result<void> walk(const Certificate& leaf, const std::vector<Certificate>& intermediates, Instant at,
                    Purpose purpose) const;
  std::shared_ptr<State> state_;
};

// What a certificate is for decides its extensions.
enum class Profile { citizen, authority };
struct SubjectName {
  std::string common_name;
  std::string organisation = {};
  std::string serial_number = {};
};
// Issues a certificate for `subject_key`; the registration authority of the portal and tests use it.
result<Certificate> issue_certificate(const PrivateKey& issuer_key, const Certificate* issuer,
                                      const PublicKey& subject_key, const SubjectName& subject, Profile profile,
                                      Instant not_before, Instant not_after);

// Key, certificate and chain out of a PKCS#12 file.
struct Identity {
  PrivateKey key;
  Certificate certificate;
  std::vector<Certificate> chain;
};
result<Identity> identity_from_pkcs12(BytesView p12, std::string_view passphrase);
// A PEM key file and a PEM file with the leaf first and its chain behind it.
result<Identity> identity_from_files(const std::string& certificate_path, const std::string& key_path,
                                     const std::string& passphrase_file = {});

}  // namespace jindu::crypto
