#include "exchange-gateway/store/journal.hpp"

namespace jindu::gateway::store {

Bytes digest_after(BytesView previous, const Act& act) {
  crypto::Sha256 hash;
  hash.update(previous);
  // Lengths keep the parts apart, so that no two lines have the same bytes.
  for (const auto& part : {std::to_string(act.at_ms), act.who, act.act, act.about, act.reason})
    hash.update(bytes_of(std::to_string(part.size()) + ":" + part));
  const auto digest = hash.finish();
  return {digest.begin(), digest.end()};
}

namespace {

constexpr std::int64_t kAtOnce = 1000;

std::vector<Act> select_acts(storage::Transaction& t, std::string_view rest, const storage::Parameters& parameters) {
  std::vector<Act> list;
  const auto sql = "SELECT number, at_ms, who, act, about, reason, digest FROM operator_log " + std::string(rest);
  for (const auto& r : t.query(sql, parameters))
    list.push_back({r.integer(0), r.integer(1), r.text(2), r.text(3), r.text(4), r.text(5), r.blob(6)});
  return list;
}

}  // namespace

void log_act(storage::Transaction& t, const Act& act) {
  const auto last = t.query_one("SELECT digest FROM operator_log ORDER BY number DESC LIMIT 1");
  t.execute("INSERT INTO operator_log (at_ms, who, act, about, reason, digest) VALUES ($1, $2, $3, $4, $5, $6)",
            {act.at_ms, act.who, act.act, act.about, act.reason, digest_after(last ? last->blob(0) : Bytes(32), act)});
}

std::vector<Act> acts(storage::Transaction& t, std::int64_t limit, std::int64_t before) {
  const auto end = before > 0 ? before : std::numeric_limits<std::int64_t>::max();
  return select_acts(t, "WHERE number < $2 ORDER BY number DESC LIMIT $1", {limit, end});
}

std::vector<Act> acts_after(storage::Transaction& t, std::int64_t number, std::int64_t limit) {
  return select_acts(t, "WHERE number > $1 ORDER BY number LIMIT $2", {number, limit});
}

std::string about_request(const std::string& channel, std::int64_t first, std::int64_t last) {
  return channel + " " + std::to_string(first) + "-" + std::to_string(last);
}

std::int64_t requested_ms(storage::Transaction& t, const std::string& channel, std::int64_t first, std::int64_t last) {
  const auto row =
      t.query_one("SELECT at_ms FROM operator_log WHERE act = 'request' AND about = $1 ORDER BY number DESC LIMIT 1",
                  {about_request(channel, first, last)});
  return row ? row->integer(0) : 0;
}

std::optional<Act> last_act(storage::Transaction& t) {
  auto last = acts(t, 1);
  if (last.empty()) return {};
  return std::move(last.front());
}

std::optional<Act> last_act(storage::Transaction& t, const std::string& act) {
  auto last = select_acts(t, "WHERE act = $1 ORDER BY number DESC LIMIT 1", {act});
  if (last.empty()) return {};
  return std::move(last.front());
}

std::optional<Bytes> digest_of_act(storage::Transaction& t, std::int64_t number) {
  const auto row = t.query_one("SELECT digest FROM operator_log WHERE number = $1", {number});
  if (!row) return {};
  return row->blob(0);
}

bool acts_hold(storage::Transaction& t) {
  Bytes previous(32);
  std::int64_t number = 0;
  for (;;) {
    const auto page = acts_after(t, number, kAtOnce);
    if (page.empty()) return true;
    for (const auto& act : page) {
      // The database never gives a number twice, so a missing one was removed.
      if (act.number != number + 1 || digest_after(previous, act) != act.digest) return false;
      previous = act.digest;
      number = act.number;
    }
  }
}

}  // namespace jindu::gateway::store
