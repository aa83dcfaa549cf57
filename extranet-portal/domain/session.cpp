#include "extranet-portal/domain/session.hpp"

namespace jindu::portal {

bool session_holds(Instant created, Instant last_seen, Instant now, const SessionLimits& limits) {
  return now >= created && now < created + limits.whole && now < last_seen + limits.idle;
}

std::string new_session_token() { return to_base64url(crypto::random_bytes(32)); }

crypto::Digest session_key(std::string_view token) {
  return crypto::hmac_sha256(bytes_of("jindu/session/v1"), bytes_of(token));
}

std::string csrf_token(std::string_view token) {
  return to_base64url(crypto::hmac_sha256(bytes_of(token), bytes_of("jindu/csrf/v1")));
}

bool csrf_holds(std::string_view token, std::string_view given) {
  return crypto::constant_time_equal(bytes_of(csrf_token(token)), bytes_of(given));
}

std::string session_cookie(std::string_view token, std::chrono::seconds age) {
  return std::string(kSessionCookie) + "=" + std::string(token) +
         "; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(age.count());
}

}  // namespace jindu::portal
