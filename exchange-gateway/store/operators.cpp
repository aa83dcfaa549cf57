// What operators look at and decide: what is quarantined, held, stopped, and what is to be told to the other unit.
#include "exchange-gateway/store/journal.hpp"

namespace jindu::gateway::store {
namespace {

Bytes bytes_from(BytesView view) { return {view.begin(), view.end()}; }

}  // namespace

std::int64_t stray_count(storage::Transaction& t) { return t.query_one("SELECT COUNT(*) FROM stray")->integer(0); }

bool put_stray(storage::Transaction& t, const Entry& e, const Error& reason, BytesView bundle) {
  if (stray_count(t) >= kStraysMax) return false;
  t.execute(
      "INSERT INTO stray (bundle_id, manifest_digest, at_ms, code, detail, bundle) VALUES ($1, $2, $3, $4, $5, $6)",
      {e.id, e.manifest_digest, e.stored_ms, reason.code, reason.detail, bytes_from(bundle)});
  return true;
}

bool is_stray(storage::Transaction& t, const Entry& e) {
  return t.query_one("SELECT 1 FROM stray WHERE bundle_id = $1 AND manifest_digest = $2", {e.id, e.manifest_digest})
      .has_value();
}

std::vector<Stray> strays(storage::Transaction& t) {
  std::vector<Stray> list;
  for (const auto& r :
       t.query("SELECT bundle_id, manifest_digest, at_ms, code, detail, substr(bundle, 1, $1) FROM stray ORDER BY "
               "at_ms, bundle_id",
               {kStrayHead}))
    list.push_back({r.text(0), r.blob(1), r.integer(2), r.text(3), r.text(4), r.blob(5)});
  return list;
}

std::vector<Stray> strays_about(storage::Transaction& t, const std::string& id) {
  std::vector<Stray> list;
  for (const auto& r :
       t.query("SELECT bundle_id, manifest_digest, at_ms, code, detail, substr(bundle, 1, $2) FROM stray WHERE "
               "bundle_id = $1 ORDER BY at_ms",
               {id, kStrayHead}))
    list.push_back({r.text(0), r.blob(1), r.integer(2), r.text(3), r.text(4), r.blob(5)});
  return list;
}

std::optional<Stray> stray(storage::Transaction& t, const std::string& id, BytesView manifest_digest) {
  const auto r = t.query_one(
      "SELECT bundle_id, manifest_digest, at_ms, code, detail, bundle, told FROM stray WHERE bundle_id = $1 AND "
      "manifest_digest = $2",
      {id, bytes_from(manifest_digest)});
  if (!r) return {};
  return Stray{r->text(0), r->blob(1), r->integer(2), r->text(3), r->text(4), r->blob(5), r->integer(6) == 1};
}

void remove_stray(storage::Transaction& t, const std::string& id, BytesView manifest_digest) {
  t.execute("DELETE FROM stray WHERE bundle_id = $1 AND manifest_digest = $2", {id, bytes_from(manifest_digest)});
}

std::vector<Stray> untold_strays(storage::Transaction& t, std::int64_t limit) {
  std::vector<Stray> list;
  for (const auto& r : t.query(
           "SELECT bundle_id, manifest_digest, at_ms, code, detail, substr(bundle, 1, $2) FROM stray WHERE told = 0 "
           "AND code = 'bundle.signature' ORDER BY at_ms LIMIT $1",
           {limit, kStrayHead}))
    list.push_back({r.text(0), r.blob(1), r.integer(2), r.text(3), r.text(4), r.blob(5)});
  return list;
}

void mark_told(storage::Transaction& t, const Stray& stray) {
  t.execute("UPDATE stray SET told = 1 WHERE bundle_id = $1 AND manifest_digest = $2",
            {stray.id, stray.manifest_digest});
}

namespace {

std::vector<NotTaken> select_not_taken(storage::Transaction& t, std::string_view rest,
                                       const storage::Parameters& parameters) {
  std::vector<NotTaken> list;
  const auto sql = "SELECT n.bundle_id, n.manifest_digest, n.channel, n.sequence, n.at_ms, n.here FROM not_taken n " +
                   std::string(rest);
  for (const auto& r : t.query(sql, parameters))
    list.push_back({r.text(0), r.blob(1), r.text(2), r.integer(3), r.integer(4), r.text(5)});
  return list;
}

}  // namespace

namespace {

std::int64_t not_taken_count(storage::Transaction& t) {
  return t.query_one("SELECT COUNT(*) FROM not_taken")->integer(0);
}

std::optional<NotTaken> oldest_that_is_over(storage::Transaction& t, std::int64_t before_ms) {
  auto found =
      select_not_taken(t,
                       "LEFT JOIN bundle b ON b.id = n.bundle_id WHERE n.at_ms < $1 AND (n.here = 'foreign' OR b.state "
                       "IS NULL OR b.state <> 'waiting') ORDER BY CASE n.here WHEN 'foreign' THEN 0 ELSE 1 END, "
                       "n.at_ms, n.bundle_id LIMIT 1",
                       {before_ms});
  if (found.empty()) return {};
  return std::move(found.front());
}

}  // namespace

bool put_not_taken(storage::Transaction& t, const NotTaken& one, std::int64_t foreign_since_ms) {
  remove_not_taken(t, one.id, one.manifest_digest);
  if (not_taken_count(t) >= kStraysMax) {
    const auto over = oldest_that_is_over(t, foreign_since_ms);
    if (!over) return false;
    remove_not_taken(t, over->id, over->manifest_digest);
  }
  t.execute(
      "INSERT INTO not_taken (bundle_id, manifest_digest, channel, sequence, at_ms, here) VALUES ($1, $2, $3, $4, $5, "
      "$6)",
      {one.id, one.manifest_digest, one.channel, one.sequence, one.at_ms, one.here});
  return true;
}

bool is_not_taken_full(storage::Transaction& t, std::int64_t foreign_since_ms) {
  return not_taken_count(t) >= kStraysMax && !oldest_that_is_over(t, foreign_since_ms);
}

void remove_not_taken(storage::Transaction& t, const std::string& id, BytesView manifest_digest) {
  t.execute("DELETE FROM not_taken WHERE bundle_id = $1 AND manifest_digest = $2", {id, bytes_from(manifest_digest)});
}

std::vector<NotTaken> not_taken_about(storage::Transaction& t, const std::string& id) {
  return select_not_taken(t, "WHERE n.bundle_id = $1 ORDER BY n.at_ms", {id});
}

std::vector<NotTaken> not_taken_open(storage::Transaction& t, std::int64_t foreign_since_ms) {
  return select_not_taken(t,
                          "LEFT JOIN bundle b ON b.id = n.bundle_id WHERE (n.here = 'foreign' AND n.at_ms >= $1) OR "
                          "(n.here <> 'foreign' AND b.state = 'waiting') ORDER BY n.at_ms, n.bundle_id",
                          {foreign_since_ms});
}

void put_dismissal(storage::Transaction& t, const Dismissal& d) {
  t.execute(
      "INSERT INTO dismissal (bundle_id, manifest_digest, at_ms, who, reason, record) VALUES ($1, $2, $3, $4, $5, $6)",
      {d.id, d.manifest_digest, d.at_ms, d.who, d.reason, d.record});
}

std::vector<Dismissal> dismissals(storage::Transaction& t, const std::string& id) {
  std::vector<Dismissal> list;
  for (const auto& r : t.query("SELECT bundle_id, manifest_digest, at_ms, who, reason, record FROM dismissal WHERE "
                               "bundle_id = $1 ORDER BY number",
                               {id}))
    list.push_back({r.text(0), r.blob(1), r.integer(2), r.text(3), r.text(4), r.blob(5)});
  return list;
}

std::vector<Dismissal> newest_dismissals(storage::Transaction& t, std::int64_t limit) {
  std::vector<Dismissal> list;
  for (const auto& r : t.query(
           "SELECT bundle_id, manifest_digest, at_ms, who, reason, record FROM dismissal ORDER BY number DESC LIMIT $1",
           {limit}))
    list.push_back({r.text(0), r.blob(1), r.integer(2), r.text(3), r.text(4), r.blob(5)});
  return list;
}

void end_quarantine(storage::Transaction& t, const Entry& e, std::int64_t at_ms) {
  t.execute("UPDATE bundle SET ended_ms = $2 WHERE id = $1 AND state = 'ended' AND ended_ms = 0", {e.id, at_ms});
}

void take_back_vote(storage::Transaction& t, const std::string& id, const std::string& who) {
  t.execute("DELETE FROM vote WHERE bundle_id = $1 AND who = $2", {id, who});
}

void put_vote(storage::Transaction& t, const std::string& id, const Vote& v) {
  take_back_vote(t, id, v.who);
  t.execute("INSERT INTO vote (bundle_id, who, act, at_ms, reason) VALUES ($1, $2, $3, $4, $5)",
            {id, v.who, v.act, v.at_ms, v.reason});
}

std::vector<Vote> votes(storage::Transaction& t, const std::string& id) {
  std::vector<Vote> list;
  for (const auto& r :
       t.query("SELECT who, act, at_ms, reason FROM vote WHERE bundle_id = $1 ORDER BY at_ms, who", {id}))
    list.push_back({r.text(0), r.text(1), r.integer(2), r.text(3)});
  return list;
}

std::vector<Stop> stops(storage::Transaction& t) {
  std::vector<Stop> list;
  for (const auto& r : t.query("SELECT channel, at_ms, who, reason FROM channel_stop ORDER BY channel"))
    list.push_back({r.text(0), r.integer(1), r.text(2), r.text(3)});
  return list;
}

bool is_stopped(storage::Transaction& t, const std::string& channel) {
  return t.query_one("SELECT 1 FROM channel_stop WHERE channel = $1", {channel}).has_value();
}

void put_stop(storage::Transaction& t, const Stop& s) {
  t.execute("INSERT INTO channel_stop (channel, at_ms, who, reason) VALUES ($1, $2, $3, $4)",
            {s.channel, s.at_ms, s.who, s.reason});
}

void remove_stop(storage::Transaction& t, const std::string& channel) {
  t.execute("DELETE FROM channel_stop WHERE channel = $1", {channel});
}

std::int64_t tell_peer(storage::Transaction& t, BytesView message) {
  return t.query_one("INSERT INTO unit_message (message) VALUES ($1) RETURNING number", {bytes_from(message)})
      ->integer(0);
}

void untell(storage::Transaction& t, std::int64_t first, std::int64_t last) {
  t.execute("DELETE FROM unit_message WHERE number >= $1 AND number <= $2", {first, last});
}

std::vector<Told> to_tell(storage::Transaction& t, std::int64_t limit) {
  std::vector<Told> list;
  for (const auto& r : t.query("SELECT number, message FROM unit_message ORDER BY number LIMIT $1", {limit}))
    list.push_back({r.integer(0), r.blob(1)});
  return list;
}

void told(storage::Transaction& t, std::int64_t number) {
  t.execute("DELETE FROM unit_message WHERE number = $1", {number});
}

}  // namespace jindu::gateway::store
