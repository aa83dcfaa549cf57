#include "extranet-portal/store/sessions.hpp"

#include "extranet-portal/store/values.hpp"

namespace jindu::portal::store {
namespace {

constexpr std::string_view kBegin =
    "INSERT INTO session (token_key, account_id, key_id, created_ms, last_seen_ms) VALUES ($1, $2, $3, $4, $4)";
constexpr std::string_view kFindSession =
    "SELECT account.account_id, kind, login, name, key_id, session.created_ms, last_seen_ms FROM session JOIN account "
    "ON account.account_id = session.account_id WHERE token_key = $1";
constexpr std::string_view kTouch = "UPDATE session SET last_seen_ms = $2 WHERE token_key = $1 AND last_seen_ms < $2";
constexpr std::string_view kEnd = "DELETE FROM session WHERE token_key = $1";
constexpr std::string_view kEndAll = "DELETE FROM session WHERE account_id = $1";
constexpr std::string_view kPutChallenge =
    "INSERT INTO challenge (challenge, signed_text, expires_ms) VALUES ($1, $2, $3)";
constexpr std::string_view kReadChallenge = "SELECT signed_text, expires_ms FROM challenge WHERE challenge = $1";
constexpr std::string_view kTakeChallenge = "DELETE FROM challenge WHERE challenge = $1";
constexpr std::string_view kReadBucket = "SELECT full_at_ms FROM rate_bucket WHERE bucket = $1";
constexpr std::string_view kPutBucket =
    "INSERT INTO rate_bucket (bucket, full_at_ms) VALUES ($1, $2) ON CONFLICT (bucket) DO UPDATE SET full_at_ms = "
    "excluded.full_at_ms";
constexpr std::string_view kReadSecret = "SELECT value FROM secret WHERE name = $1";
constexpr std::string_view kPutSecret =
    "INSERT INTO secret (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";

Bucket bucket_named(storage::Transaction& tx, const std::string& bucket) {
  Bucket state;
  if (const auto row = tx.query_one(kReadBucket, {bucket})) state.full_at = from_unix_ms(row->integer(0));
  return state;
}

}  // namespace

void begin_session(storage::Transaction& tx, const crypto::Digest& token_key, const std::string& account_id,
                   const crypto::Digest& key_id, Instant now) {
  tx.execute(kBegin, {blob(token_key), account_id, blob(key_id), to_unix_ms(now)});
}

std::optional<Session> find_session(storage::Transaction& tx, const crypto::Digest& token_key) {
  const auto row = tx.query_one(kFindSession, {blob(token_key)});
  if (!row) return std::nullopt;
  return Session{{row->text(0), *account_kind_from(row->text(1)), row->text(2), row->text(3)},
                 digest(row->blob(4)),
                 from_unix_ms(row->integer(5)),
                 from_unix_ms(row->integer(6))};
}

void touch_session(storage::Transaction& tx, const crypto::Digest& token_key, Instant now) {
  tx.execute(kTouch, {blob(token_key), to_unix_ms(now)});
}

void end_session(storage::Transaction& tx, const crypto::Digest& token_key) { tx.execute(kEnd, {blob(token_key)}); }

void end_sessions_of(storage::Transaction& tx, const std::string& account_id) { tx.execute(kEndAll, {account_id}); }

void put_challenge(storage::Transaction& tx, const std::string& challenge, const std::string& signed_text,
                   Instant expires) {
  tx.execute(kPutChallenge, {challenge, signed_text, to_unix_ms(expires)});
}

std::optional<std::string> take_challenge(storage::Transaction& tx, const std::string& challenge, Instant now) {
  const auto row = tx.query_one(kReadChallenge, {challenge});
  if (!row || tx.execute(kTakeChallenge, {challenge}) != 1 || row->integer(1) <= to_unix_ms(now)) return std::nullopt;
  return row->text(0);
}

std::chrono::milliseconds attempt(storage::Transaction& tx, const std::string& bucket, const Rate& rate, Instant now) {
  auto state = bucket_named(tx, bucket);
  const auto wait = wait_for(state, rate, now);
  if (take(state, rate, now)) tx.execute(kPutBucket, {bucket, to_unix_ms(state.full_at)});
  return wait;
}

std::chrono::milliseconds wait_before(storage::Transaction& tx, const std::string& bucket, const Rate& rate,
                                      Instant now) {
  return wait_for(bucket_named(tx, bucket), rate, now);
}

Bytes secret(storage::Transaction& tx, const std::string& name) {
  tx.execute(kPutSecret, {name, crypto::random_bytes(32)});
  return tx.query_one(kReadSecret, {name})->blob(0);
}

void forget_old(storage::Transaction& tx, const SessionLimits& limits, Instant now) {
  tx.execute("DELETE FROM session WHERE last_seen_ms < $1 OR created_ms < $2",
             {to_unix_ms(now - limits.idle), to_unix_ms(now - limits.whole)});
  tx.execute("DELETE FROM challenge WHERE expires_ms < $1", {to_unix_ms(now)});
  tx.execute("DELETE FROM rate_bucket WHERE full_at_ms < $1", {to_unix_ms(now)});
}

}  // namespace jindu::portal::store
