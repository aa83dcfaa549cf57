#include "extranet-portal/api/sessions.hpp"

#include <boost/json/array.hpp>

#include "extranet-portal/api/body.hpp"
#include "extranet-portal/api/guards.hpp"
#include "extranet-portal/api/handlers.hpp"

namespace jindu::portal::api {

boost::json::object account_json(const store::Account& account) {
  return {{"id", account.account_id},
          {"kind", std::string(to_text(account.kind))},
          {"name", account.name},
          {"login", account.login}};
}

boost::json::array certificates_json(std::string_view chain_pem) {
  boost::json::array list;
  if (const auto chain = crypto::Certificate::all_from_pem(chain_pem))
    for (const auto& certificate : *chain) list.push_back(boost::json::value(to_base64(certificate.der())));
  return list;
}

boost::json::object session_json(const Portal& portal, const store::Session& session, std::string_view token,
                                 std::string_view chain_pem) {
  return {{"authenticated", true},
          {"csrf_token", csrf_token(token)},
          {"account", account_json(session.account)},
          {"certificates", certificates_json(chain_pem)},
          {"expires_at", to_unix_ms(session.created + portal.limits.session.whole)}};
}

std::string begin_cookie(const Portal& portal, std::string_view token) {
  return session_cookie(token, portal.limits.session.whole);
}

Answer show_session(Portal& portal, http::Request& request) {
  const auto found = find_applicant(portal, request);
  if (!found) return found.error();
  if (!*found) return private_json({{"authenticated", false}});
  const auto& session = (*found)->session;
  std::optional<std::string> chain;
  const auto read = portal.database.read([&](storage::Transaction& tx) {
    chain = store::certificate_chain(tx, session.account.account_id, session.key_id);
  });
  if (!read) return read.error();
  return private_json(session_json(portal, session, (*found)->token, chain.value_or("")));
}

Answer logout(Portal& portal, http::Request& request) {
  const auto key = session_key(applicant(request).token);
  const auto ended = portal.database.write([&](storage::Transaction& tx) { store::end_session(tx, key); });
  if (!ended) return ended.error();
  return http::Response::empty().with("Set-Cookie", session_cookie("", std::chrono::seconds(0)));
}

}  // namespace jindu::portal::api
