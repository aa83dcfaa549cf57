#include "exchange-gateway/store/journal.hpp"

namespace jindu::gateway::store {
namespace {

// Each has few rows of other channels among its own.
constexpr std::string_view kOpenStates[] = {"waiting", "carried", "ready", "early", "held"};

Warning warning_of(const storage::Row& r) {
  return {r.integer(0), r.text(1),    r.integer(2), r.integer(3), r.integer(4), r.text(5),
          r.blob(6),    r.integer(7), r.text(8),    r.integer(9), r.text(10)};
}

constexpr std::string_view kWarningColumns =
    "number, channel, at_ms, bundles, oldest_ms, recipients, message, sent_ms, code, tried_ms, refused";

}  // namespace

std::int64_t newest_stored_before(storage::Transaction& t, const std::string& channel, std::int64_t before_ms) {
  std::int64_t newest = 0;
  for (const auto state : kOpenStates)
    if (const auto row = t.query_one("SELECT stored_ms FROM bundle WHERE state <> 'ended' AND state = $1 AND channel = "
                                     "$2 AND stored_ms <= $3 ORDER BY stored_ms DESC, id DESC LIMIT 1",
                                     {std::string(state), channel, before_ms}))
      newest = std::max(newest, row->integer(0));
  return newest;
}

Late late(storage::Transaction& t, const std::string& channel, std::int64_t before_ms) {
  Late found;
  for (const auto state : kOpenStates) {
    const std::vector<storage::Value> values{std::string(state), channel, before_ms, kLateCounted};
    found.bundles += t.query_one(
                          "SELECT COUNT(*) FROM (SELECT 1 FROM bundle WHERE state <> 'ended' AND state = $1 AND "
                          "channel = $2 AND stored_ms <= $3 LIMIT $4) AS some",
                          values)
                         ->integer(0);
    for (const auto& row : t.query("SELECT id, stored_ms FROM bundle WHERE state <> 'ended' AND state = $1 AND channel "
                                   "= $2 AND stored_ms <= $3 ORDER BY stored_ms, id LIMIT $4",
                                   {std::string(state), channel, before_ms, kLateNamed}))
      found.oldest.push_back({row.text(0), std::string(state), row.integer(1)});
  }
  std::stable_sort(found.oldest.begin(), found.oldest.end(),
                   [](const auto& a, const auto& b) { return a.stored_ms < b.stored_ms; });
  if (found.oldest.size() > static_cast<std::size_t>(kLateNamed))
    found.oldest.resize(static_cast<std::size_t>(kLateNamed));
  return found;
}

void put_warning(storage::Transaction& t, const Warning& w) {
  t.execute(
      "INSERT INTO warning (channel, at_ms, bundles, oldest_ms, recipients, message, sent_ms, code) VALUES ($1, $2, "
      "$3, $4, $5, $6, $7, $8)",
      {w.channel, w.at_ms, w.bundles, w.oldest_ms, w.recipients, w.message, w.sent_ms, w.code});
}

std::vector<std::int64_t> warned_ms(storage::Transaction& t, const std::string& channel, std::int64_t now_ms,
                                    std::int64_t limit) {
  std::vector<std::int64_t> list;
  for (const auto& row :
       t.query("SELECT at_ms FROM warning WHERE channel = $1 AND at_ms <= $2 ORDER BY at_ms DESC LIMIT $3",
               {channel, now_ms, limit}))
    list.push_back(row.integer(0));
  return list;
}

namespace {

std::optional<Warning> select_warning(storage::Transaction& t, std::string_view rest,
                                      const storage::Parameters& parameters = {}) {
  const auto row =
      t.query_one("SELECT " + std::string(kWarningColumns) + " FROM warning " + std::string(rest), parameters);
  if (!row) return {};
  return warning_of(*row);
}

}  // namespace

std::optional<Warning> newest_warning(storage::Transaction& t, const std::string& channel, std::int64_t now_ms) {
  return select_warning(t, "WHERE channel = $1 AND at_ms <= $2 ORDER BY at_ms DESC LIMIT 1", {channel, now_ms});
}

std::optional<Warning> oldest_unsent(storage::Transaction& t) {
  return select_warning(t, "WHERE sent_ms = 0 ORDER BY number LIMIT 1");
}

std::optional<Warning> next_to_send(storage::Transaction& t, std::int64_t not_since_ms, std::int64_t now_ms) {
  // One that was tried in the future was tried by a clock that was ahead.
  return select_warning(t, "WHERE sent_ms = 0 AND (tried_ms < $1 OR tried_ms > $2) ORDER BY tried_ms, number LIMIT 1",
                        {not_since_ms, now_ms});
}

void set_tried(storage::Transaction& t, const Warning& w) {
  t.execute("UPDATE warning SET sent_ms = $2, code = $3, tried_ms = $4, refused = $5 WHERE number = $1",
            {w.number, w.sent_ms, w.code, w.tried_ms, w.refused});
}

std::vector<Warning> warnings(storage::Transaction& t, std::int64_t limit) {
  std::vector<Warning> list;
  for (const auto& row :
       t.query("SELECT " + std::string(kWarningColumns) + " FROM warning ORDER BY number DESC LIMIT $1", {limit}))
    list.push_back(warning_of(row));
  return list;
}

}  // namespace jindu::gateway::store
