// Companies: no password, but a certificate of their CA and a signature over a fresh challenge.
#include "common/crypto/cms.hpp"
#include "common/runtime/ids.hpp"
#include "extranet-portal/api/body.hpp"
#include "extranet-portal/api/guards.hpp"
#include "extranet-portal/api/handlers.hpp"
#include "extranet-portal/api/network.hpp"
#include "extranet-portal/api/sessions.hpp"

namespace jindu::portal::api {
namespace {

constexpr std::chrono::minutes kChallengeHolds{5};

struct ProvenCompany {
  crypto::Certificate certificate;
  std::string chain_pem;
  std::string uscc;
  std::string name;
};

// The signature is by the leaf of the chain given, the chain leads to the companies' CA, and it names a company.
result<ProvenCompany> prove(const Portal& portal, const std::vector<Bytes>& chain, BytesView signature,
                            std::string_view text) {
  std::vector<crypto::Certificate> certificates;
  for (const auto& der : chain) {
    auto certificate = crypto::Certificate::from_der(der);
    if (!certificate) return certificate.error();
    certificates.push_back(std::move(*certificate));
  }
  const auto signed_by = crypto::cms_verify(signature, bytes_of(text));
  if (!signed_by) return signed_by.error();
  const auto& leaf = certificates.front();
  if (signed_by->signer.fingerprint() != leaf.fingerprint())
    return Error{Fault::integrity, "login.certificate", "the signature is by another certificate", "/certificates"};
  std::vector<crypto::Certificate> intermediates(certificates.begin() + 1, certificates.end());
  const auto trusted = portal.companies.verify(leaf, intermediates, portal.clock.now());
  if (!trusted) return trusted.error();
  ProvenCompany company{leaf, {}, leaf.serial_number_attribute(), leaf.organisation()};
  if (company.name.empty()) company.name = leaf.common_name();
  if (!is_uscc_shaped(company.uscc))
    return Error{Fault::forbidden, "login.certificate",
                 "the certificate's subject has no unified social credit code as serialNumber", "/certificates"};
  for (const auto& certificate : certificates) company.chain_pem += certificate.pem();
  return company;
}

}  // namespace

Answer company_challenge(Portal& portal, http::Request& request) {
  if (const auto held = limit(portal, "address", network_of(request.remote_address), portal.limits.address); !held)
    return held.error();
  const auto host = request.header("host");
  if (host.empty() || host.size() > 255 || host.find_first_of("\r\n") != std::string_view::npos)
    return Error{Fault::invalid, "http.host", "the request names no host"};
  const auto expires = portal.clock.now() + kChallengeHolds;
  const std::string challenge = to_base64url(crypto::random_bytes(32));
  const std::string text = company_challenge_text(host, challenge);
  const auto kept =
      portal.database.write([&](storage::Transaction& tx) { store::put_challenge(tx, challenge, text, expires); });
  if (!kept) return kept.error();
  return private_json({{"challenge", challenge}, {"text", text}, {"expires_at", to_unix_ms(expires)}});
}

Answer login_company(Portal& portal, http::Request& request) {
  Body body(request);
  const std::string challenge = body.text("challenge", 43, 43);
  const auto chain = body.base64_list("certificates", 8, 8192);
  const Bytes signature = body.base64("signature", 1, 64 * 1024);
  if (const auto read = body.finish(); !read) return read.error();
  if (const auto held = limit(portal, "address", network_of(request.remote_address), portal.limits.address); !held)
    return held.error();

  const auto now = portal.clock.now();
  std::optional<std::string> text;
  // Taken in a transaction of its own: a challenge is used up whether the signature holds or not.
  const auto taken =
      portal.database.write([&](storage::Transaction& tx) { text = store::take_challenge(tx, challenge, now); });
  if (!taken) return taken.error();
  if (!text) return Error{Fault::unauthorised, "login.challenge", "the challenge is unknown, used or expired"};
  const auto company = prove(portal, chain, signature, *text);
  if (!company) return company.error();

  const std::string token = new_session_token();
  store::Session session;
  const auto begun = portal.database.write([&](storage::Transaction& tx) {
    store::add_account(tx, {new_uuid(now), AccountKind::company, company->uscc, company->name}, now);
    const auto account = store::find_account(tx, AccountKind::company, company->uscc).value();
    const auto key_id = company->certificate.key_id();
    store::put_certificate(tx, account.account_id, key_id, company->chain_pem, now);
    store::begin_session(tx, session_key(token), account.account_id, key_id, now);
    session = {account, key_id, now, now};
  });
  if (!begun) return begun.error();
  return private_json(session_json(portal, session, token, company->chain_pem))
      .with("Set-Cookie", begin_cookie(portal, token));
}

}  // namespace jindu::portal::api
