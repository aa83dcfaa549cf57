#pragma once
// How long a session lasts, and what protects it.
#include <string>

#include "common/crypto/digest.hpp"
#include "common/runtime/clock.hpp"

namespace jindu::portal {

inline constexpr std::string_view kSessionCookie = "__Host-jindu";
inline constexpr std::string_view kCsrfHeader = "x-csrf-token";

struct SessionLimits {
  std::chrono::minutes idle{30};
  std::chrono::hours whole{12};
};

bool session_holds(Instant created, Instant last_seen, Instant now, const SessionLimits& limits);
std::string new_session_token();                     // base64url, 32 bytes from the operating system
crypto::Digest session_key(std::string_view token);  // what is kept: the token itself is only with the browser
std::string csrf_token(std::string_view token);
bool csrf_holds(std::string_view token, std::string_view given);
std::string session_cookie(std::string_view token, std::chrono::seconds age);  // the Set-Cookie value; age 0 removes it

}  // namespace jindu::portal
