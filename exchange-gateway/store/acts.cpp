#include "exchange-gateway/store/journal.hpp"

namespace jindu::gateway::store {
namespace {

Bytes digest_after(BytesView previous, const Act& act) {
  crypto::Sha256 hash;
  hash.update(previous);
  // Lengths keep the parts apart, so that no two lines have the same bytes.
  for (const auto& part : {std::to_string(act.at_ms), act.who, act.act, act.about, act.reason})
    hash.update(bytes_of(std::to_string(part.size()) + ":" + part));
  const auto digest = hash.finish();
  return {digest.begin(), digest.end()};
}

std::vector<Act> select_acts(storage::Transaction& t, std::string_view rest, std::vector<storage::Value> parameters) {
  std::vector<Act> list;
  const auto sql = "SELECT number, at_ms, who, act, about, reason, digest FROM operator_log " + std::string(rest);
  for (const auto& r : t.query(sql, std::move(parameters)))
    list.push_back({r.integer(0), r.integer(1), r.text(2), r.text(3), r.text(4), r.text(5), r.blob(6)});
  return list;
}

}  // namespace

void log_act(storage::Transaction& t, const Act& act) {
  const auto last = t.query_one("SELECT digest FROM operator_log ORDER BY number DESC LIMIT 1");
  t.execute("INSERT INTO operator_log (at_ms, who, act, about, reason, digest) VALUES ($1, $2, $3, $4, $5, $6)",
            {act.at_ms, act.who, act.act, act.about, act.reason, digest_after(last ? last->blob(0) : Bytes(32), act)});
}

std::vector<Act> acts(storage::Transaction& t, std::int64_t limit) {
  return select_acts(t, "ORDER BY number DESC LIMIT $1", {limit});
}

bool acts_hold(storage::Transaction& t) {
  Bytes previous(32);
  for (const auto& act : select_acts(t, "ORDER BY number", {})) {
    if (digest_after(previous, act) != act.digest) return false;
    previous = act.digest;
  }
  return true;
}

}  // namespace jindu::gateway::store
