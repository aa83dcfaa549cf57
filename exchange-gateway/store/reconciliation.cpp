#include "exchange-gateway/store/journal.hpp"

namespace jindu::gateway::store {
namespace {

constexpr std::string_view kStretchColumns =
    "day, channel, epoch, first_sequence, last_sequence, made_ms, verdict, mine, theirs";

std::vector<Stretch> select_stretches(storage::Transaction& t, std::string_view rest,
                                      const storage::Parameters& parameters) {
  std::vector<Stretch> list;
  for (const auto& r :
       t.query("SELECT " + std::string(kStretchColumns) + " FROM reconciliation " + std::string(rest), parameters))
    list.push_back({r.text(0), r.text(1), r.integer(2), r.integer(3), r.integer(4), r.integer(5), r.text(6), r.blob(7),
                    r.blob(8)});
  return list;
}

Outcome outcome_of(const std::string& state, const std::string& code, bool outward) {
  if (state == "ended") return code.empty() ? Outcome::applied : Outcome::not_applied;
  return outward && (state == "waiting" || state == "held") ? Outcome::not_given : Outcome::open;
}

}  // namespace

void put_stretch(storage::Transaction& t, const Stretch& s) {
  t.execute("DELETE FROM reconciliation WHERE day = $1 AND channel = $2", {s.day, s.channel});
  t.execute(
      "INSERT INTO reconciliation (" + std::string(kStretchColumns) + ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      {s.day, s.channel, s.epoch, s.first, s.last, s.made_ms, s.verdict, s.mine, s.theirs});
}

std::optional<Stretch> stretch(storage::Transaction& t, const std::string& day, const std::string& channel) {
  auto found = select_stretches(t, "WHERE day = $1 AND channel = $2", {day, channel});
  if (found.empty()) return {};
  return std::move(found.front());
}

std::vector<Stretch> stretches(storage::Transaction& t, std::int64_t limit) {
  return select_stretches(t, "ORDER BY day DESC, channel LIMIT $1", {limit});
}

std::vector<Stretch> unsettled(storage::Transaction& t, std::int64_t made_before_ms, std::int64_t limit) {
  return select_stretches(t, "WHERE verdict <> 'agrees' AND made_ms <= $1 ORDER BY made_ms LIMIT $2",
                          {made_before_ms, limit});
}

std::int64_t reconciled_up_to(storage::Transaction& t, const std::string& channel, std::int64_t epoch) {
  const auto row = t.query_one(
      "SELECT last_sequence FROM reconciliation WHERE channel = $1 AND epoch = $2 ORDER BY last_sequence DESC LIMIT 1",
      {channel, epoch});
  return row ? row->integer(0) : 0;
}

void put_difference(storage::Transaction& t, const std::string& day, const std::string& channel,
                    const DifferenceRow& d) {
  t.execute("DELETE FROM difference WHERE day = $1 AND channel = $2 AND sequence = $3", {day, channel, d.sequence});
  t.execute(
      "INSERT INTO difference (day, channel, sequence, bundle_id, what, here, there) VALUES ($1, $2, $3, $4, $5, $6, "
      "$7)",
      {day, channel, d.sequence, d.id, d.what, d.here, d.there});
}

void remove_differences(storage::Transaction& t, const std::string& day, const std::string& channel, std::int64_t first,
                        std::int64_t last) {
  t.execute("DELETE FROM difference WHERE day = $1 AND channel = $2 AND sequence >= $3 AND sequence <= $4",
            {day, channel, first, last});
}

std::vector<DifferenceRow> differences(storage::Transaction& t, const std::string& day, const std::string& channel,
                                       std::int64_t limit) {
  std::vector<DifferenceRow> list;
  for (const auto& r : t.query("SELECT sequence, bundle_id, what, here, there FROM difference WHERE day = $1 AND "
                               "channel = $2 ORDER BY sequence LIMIT $3",
                               {day, channel, limit}))
    list.push_back({r.integer(0), r.text(1), r.text(2), r.text(3), r.text(4)});
  return list;
}

std::int64_t difference_count(storage::Transaction& t, const std::string& day, const std::string& channel) {
  return t.query_one("SELECT COUNT(*) FROM difference WHERE day = $1 AND channel = $2", {day, channel})->integer(0);
}

std::vector<Known> known(storage::Transaction& t, const std::string& channel, std::int64_t epoch, std::int64_t first,
                         std::int64_t last, std::int64_t limit) {
  std::vector<Known> list;
  for (const auto& r : t.query(
           "SELECT sequence, manifest_digest, state, code, outward FROM bundle WHERE channel = $1 AND epoch = $2 AND "
           "sequence >= $3 AND sequence <= $4 ORDER BY sequence LIMIT $5",
           {channel, epoch, first, last, limit})) {
    Known one;
    one.sequence = static_cast<std::uint64_t>(r.integer(0));
    std::copy_n(r.blob(1).begin(), std::min<std::size_t>(r.blob(1).size(), 32), one.manifest_digest.begin());
    one.outcome = outcome_of(r.text(2), r.text(3), r.integer(4) == 1);
    list.push_back(one);
  }
  return list;
}

std::string id_at(storage::Transaction& t, const std::string& channel, std::int64_t epoch, std::int64_t sequence) {
  const auto row = t.query_one("SELECT id FROM bundle WHERE channel = $1 AND epoch = $2 AND sequence = $3",
                               {channel, epoch, sequence});
  return row ? row->text(0) : "";
}

}  // namespace jindu::gateway::store
