#include "common/exchange/service/health.hpp"

#include "common/exchange/service/sent_anew.hpp"

namespace jindu::exchange {

TransitHealth transit_health(storage::Transaction& t) {
  TransitHealth health;
  const auto count = [&](const char* sql) { return static_cast<std::uint64_t>(t.query_one(sql)->integer(0)); };
  health.waiting =
      count("SELECT COUNT(*) FROM exchange_outbox") + count("SELECT COUNT(*) FROM exchange_sent WHERE handed_over = 0");
  health.under_way = count("SELECT COUNT(*) FROM exchange_sent WHERE ended = 0 AND handed_over = 1");
  // Refused, quarantined, expired: with each of these it has ended, until somebody has it sent anew.
  health.refused = static_cast<std::uint64_t>(number_stopped(t));
  if (auto row = t.query_one("SELECT MIN(created_ms) FROM exchange_sent WHERE ended = 0"); row && !row->is_null(0))
    health.oldest_under_way = from_unix_ms(row->integer(0));
  if (auto row = t.query_one("SELECT value FROM exchange_state WHERE name = 'other-side-heard'");
      row && row->integer(0) > 0)
    health.other_side_last_heard = from_unix_ms(row->integer(0));
  if (auto row = t.query_one(
          "SELECT aside_code, aside_ms FROM exchange_outbox WHERE aside_code <> '' ORDER BY aside_ms LIMIT 1"))
    health.troubles.push_back(
        {"aside", row->text(0), from_unix_ms(row->integer(1)), static_cast<std::uint64_t>(number_aside(t))});
  return health;
}

std::int64_t number_aside(storage::Transaction& t) {
  return t.query_one("SELECT COUNT(*) FROM exchange_outbox WHERE aside_code <> ''")->integer(0);
}

void other_side_heard(storage::Transaction& t, Instant at) {
  t.execute(
      "INSERT INTO exchange_state (name, value, secret) VALUES ('other-side-heard', $1, $2) ON CONFLICT (name) DO "
      "UPDATE SET value = $1 WHERE exchange_state.value < $1",
      {to_unix_ms(at), Bytes{}});
}

void look_back_for_other_side(storage::Transaction& t, const std::string& unit) {
  if (t.query_one("SELECT 1 FROM exchange_state WHERE name = 'other-side-heard'")) return;
  const auto row = t.query_one("SELECT MAX(at_ms) FROM exchange_receipt WHERE party <> $1", {unit});
  other_side_heard(t, from_unix_ms(row->is_null(0) ? 0 : row->integer(0)));
}

}  // namespace jindu::exchange
