#pragma once
// Sessions, challenges, attempts and the portal's own secrets.
#include <optional>
#include <string>

#include "extranet-portal/domain/limits.hpp"
#include "extranet-portal/domain/session.hpp"
#include "extranet-portal/store/accounts.hpp"

namespace jindu::portal::store {

struct Session {
  Account account;
  crypto::Digest key_id{};  // the certificate the session was begun with, or the citizen's
  Instant created{};
  Instant last_seen{};
};

void begin_session(storage::Transaction& tx, const crypto::Digest& token_key, const std::string& account_id,
                   const crypto::Digest& key_id, Instant now);
std::optional<Session> find_session(storage::Transaction& tx, const crypto::Digest& token_key);
void touch_session(storage::Transaction& tx, const crypto::Digest& token_key, Instant now);
void end_session(storage::Transaction& tx, const crypto::Digest& token_key);
void end_sessions_of(storage::Transaction& tx, const std::string& account_id);

void put_challenge(storage::Transaction& tx, const std::string& challenge, const std::string& signed_text,
                   Instant expires);
// The text, once; nothing when it is unknown, used or expired.
std::optional<std::string> take_challenge(storage::Transaction& tx, const std::string& challenge, Instant now);

// Takes one attempt out of a bucket; what is left to wait otherwise.
std::chrono::milliseconds attempt(storage::Transaction& tx, const std::string& bucket, const Rate& rate, Instant now);
// How long one would have to wait now; takes nothing.
std::chrono::milliseconds wait_before(storage::Transaction& tx, const std::string& bucket, const Rate& rate,
                                      Instant now);

// Made at first use, the same ever after for all processes.
Bytes secret(storage::Transaction& tx, const std::string& name);

// Forgets what time has made useless.
void forget_old(storage::Transaction& tx, const SessionLimits& limits, Instant now);

}  // namespace jindu::portal::store
