// Citizens: an account with a password the portal never sees, and a certificate for a key it never sees.
#include <boost/json/array.hpp>

#include "common/runtime/ids.hpp"
#include "extranet-portal/api/body.hpp"
#include "extranet-portal/api/guards.hpp"
#include "extranet-portal/api/handlers.hpp"
#include "extranet-portal/api/network.hpp"
#include "extranet-portal/api/sessions.hpp"

namespace jindu::portal::api {
namespace {

constexpr std::string_view kPassword = "password";
constexpr std::string_view kRecovery = "recovery";

Error refused() { return {Fault::unauthorised, "login.refused", "account and key do not belong together"}; }

result<std::string> account_of(std::string account) {
  if (!is_phone(account))
    return Error{Fault::invalid, "account.malformed", "an account is a mobile number of mainland China", "/account"};
  return account;
}

// An account with its key, when the login key is right. The work is the same for an account that is not there.
std::optional<store::Account> authenticate(storage::Transaction& tx, const std::string& login, std::string_view purpose,
                                           BytesView given, std::optional<store::CitizenKey>& key) {
  auto account = store::find_account(tx, AccountKind::citizen, login);
  key = store::citizen_key(tx, account ? account->account_id : std::string());
  const auto expected = key ? (purpose == kPassword ? key->login_verifier : key->recovery_verifier) : crypto::Digest{};
  const auto computed = login_verifier(account ? account->account_id : login, purpose, given);
  if (!crypto::constant_time_equal(expected, computed) || !key) return std::nullopt;
  return account;
}

// Counted per account and address together: whoever guesses from elsewhere does not lock the owner out.
result<void> count_attempt(Portal& portal, const http::Request& request, std::string_view account) {
  const auto network = network_of(request.remote_address);
  if (const auto held = limit(portal, "address", network, portal.limits.address); !held) return held.error();
  return limit(portal, "login", std::string(account) + " " + network, portal.limits.login);
}

struct NewKeys {
  Bytes salt, login_key, wrapped_key, recovery_login_key, recovery_wrapped_key;
};
NewKeys read_keys(Body& body) {
  NewKeys keys;
  keys.salt = body.base64("salt", kSaltBytes, kSaltBytes);
  keys.login_key = body.base64("login_key", kLoginKeyBytes, kLoginKeyBytes);
  keys.wrapped_key = body.base64("wrapped_key", 32, kWrappedKeyMax);
  keys.recovery_login_key = body.base64("recovery_login_key", kLoginKeyBytes, kLoginKeyBytes);
  keys.recovery_wrapped_key = body.base64("recovery_wrapped_key", 32, kWrappedKeyMax);
  return keys;
}
store::CitizenKey to_keep(const std::string& account_id, NewKeys keys) {
  return {std::move(keys.salt), login_verifier(account_id, kPassword, keys.login_key), std::move(keys.wrapped_key),
          login_verifier(account_id, kRecovery, keys.recovery_login_key), std::move(keys.recovery_wrapped_key)};
}

}  // namespace

Answer citizen_parameters(Portal& portal, http::Request& request) {
  Body body(request);
  const auto login = account_of(body.text("account", 0, 32));
  if (const auto read = body.finish(); !read) return read.error();
  if (!login) return login.error();
  if (const auto held = limit(portal, "address", network_of(request.remote_address), portal.limits.address); !held)
    return held.error();
  Bytes salt = decoy_salt(portal.secret, *login);
  const auto read = portal.database.read([&](storage::Transaction& tx) {
    const auto account = store::find_account(tx, AccountKind::citizen, *login);
    if (const auto key = store::citizen_key(tx, account ? account->account_id : std::string())) salt = key->salt;
  });
  if (!read) return read.error();
  return private_json({{"algorithm", "argon2id"},
                       {"memory_kib", kArgonMemoryKib},
                       {"iterations", kArgonIterations},
                       {"parallelism", kArgonParallelism},
                       {"salt", to_base64(salt)}});
}

Answer register_citizen(Portal& portal, http::Request& request) {
  Body body(request);
  const auto login = account_of(body.text("account", 0, 32));
  const std::string name = body.text("name", 1, 256);
  const Bytes spki = body.base64("public_key", 1, 512);
  const Bytes proof = body.base64("proof", 1, 128);
  NewKeys keys = read_keys(body);
  if (const auto read = body.finish(); !read) return read.error();
  if (!login) return login.error();
  if (const auto held = check_name(name); !held) return held.error();
  if (const auto held = limit(portal, "register", network_of(request.remote_address), portal.limits.registration);
      !held)
    return held.error();
  const auto key = check_registration_key(*login, name, spki, proof);
  if (!key) return key.error();

  const auto now = portal.clock.now();
  const auto& ca = portal.registration;
  // A little earlier than now, for verifiers whose clock is behind ours; never longer than the authority itself.
  const auto certificate = crypto::issue_certificate(ca.key, &ca.certificate, *key, {.common_name = name},
                                                     crypto::Profile::citizen, now - std::chrono::minutes(5),
                                                     std::min<Instant>(now + ca.validity, ca.certificate.not_after()));
  if (!certificate) return certificate.error();
  const std::string chain = certificate->pem() + ca.certificate.pem();
  const store::Account account{new_uuid(now), AccountKind::citizen, *login, name};
  const auto kept = to_keep(account.account_id, std::move(keys));
  const auto added = portal.database.write([&](storage::Transaction& tx) {
    if (!store::add_account(tx, account, now))
      fail(Fault::conflict, "account.taken", "there is an account with this number", "/account");
    store::put_citizen_key(tx, account.account_id, kept, now);
    store::put_certificate(tx, account.account_id, key->key_id(), chain, now);
  });
  if (!added) return added.error();
  return private_json({{"account", account_json(account)}, {"certificates", certificates_json(chain)}}, 201);
}

Answer login_citizen(Portal& portal, http::Request& request) {
  Body body(request);
  const auto login = account_of(body.text("account", 0, 32));
  const Bytes login_key = body.base64("login_key", kLoginKeyBytes, kLoginKeyBytes);
  if (const auto read = body.finish(); !read) return read.error();
  if (!login) return login.error();
  if (const auto held = count_attempt(portal, request, *login); !held) return held.error();

  const auto now = portal.clock.now();
  const std::string token = new_session_token();
  std::optional<store::CitizenKey> key;
  store::Session session;
  std::string chain;
  const auto begun = portal.database.write([&](storage::Transaction& tx) {
    const auto account = authenticate(tx, *login, kPassword, login_key, key);
    if (!account) throw ErrorException{refused()};
    const auto keys = store::keys_of(tx, account->account_id);
    session = {*account, keys.at(0), now, now};
    chain = store::certificate_chain(tx, account->account_id, keys.at(0)).value();
    store::begin_session(tx, session_key(token), account->account_id, session.key_id, now);
  });
  if (!begun) return begun.error();
  auto answer = session_json(portal, session, token, chain);
  answer["wrapped_key"] = to_base64(key->wrapped_key);
  return private_json(answer).with("Set-Cookie", begin_cookie(portal, token));
}

Answer recover_citizen(Portal& portal, http::Request& request) {
  Body body(request);
  const auto login = account_of(body.text("account", 0, 32));
  const Bytes recovery_key = body.base64("recovery_login_key", kLoginKeyBytes, kLoginKeyBytes);
  std::optional<NewKeys> replacement;
  if (body.has("replacement")) {
    Body inner = body.object("replacement");
    replacement = read_keys(inner);
    if (const auto read = inner.finish(); !read) return read.error();
  }
  if (const auto read = body.finish(); !read) return read.error();
  if (!login) return login.error();
  if (const auto held = count_attempt(portal, request, *login); !held) return held.error();

  std::optional<store::CitizenKey> key;
  std::string chain;
  const auto done = portal.database.write([&](storage::Transaction& tx) {
    const auto account = authenticate(tx, *login, kRecovery, recovery_key, key);
    if (!account) throw ErrorException{refused()};
    chain = store::certificate_chain(tx, account->account_id, store::keys_of(tx, account->account_id).at(0)).value();
    if (!replacement) return;
    store::put_citizen_key(tx, account->account_id, to_keep(account->account_id, *replacement), portal.clock.now());
    store::end_sessions_of(tx, account->account_id);
  });
  if (!done) return done.error();
  boost::json::object answer{{"replaced", replacement.has_value()}, {"certificates", certificates_json(chain)}};
  if (!replacement) answer["recovery_wrapped_key"] = to_base64(key->recovery_wrapped_key);
  return private_json(answer);
}

}  // namespace jindu::portal::api
