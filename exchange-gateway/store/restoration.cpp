#include "exchange-gateway/store/restoration.hpp"

namespace jindu::gateway::store {
namespace {

constexpr std::string_view kRestorationColumns =
    "number, found_ms, code, detail, known, epoch, approved_ms, statement, recall, healed_ms";

std::optional<Restoration> select_restoration(storage::Transaction& t, std::string_view rest,
                                              const storage::Parameters& parameters = {}) {
  const auto r =
      t.query_one("SELECT " + std::string(kRestorationColumns) + " FROM restoration " + std::string(rest), parameters);
  if (!r) return {};
  return Restoration{r->integer(0), r->integer(1), r->text(2), r->text(3), static_cast<std::uint64_t>(r->integer(4)),
                     r->integer(5), r->integer(6), r->blob(7), r->blob(8), r->integer(9)};
}

}  // namespace

std::string_view to_text(Recovery recovery) {
  return recovery == Recovery::none ? "none" : recovery == Recovery::halted ? "halted" : "healing";
}

Restoration open_restoration(storage::Transaction& t) {
  return select_restoration(t, "WHERE healed_ms = 0 ORDER BY number DESC LIMIT 1").value_or(Restoration{});
}

std::optional<Restoration> last_restoration(storage::Transaction& t) {
  return select_restoration(t, "ORDER BY number DESC LIMIT 1");
}

std::optional<Restoration> restoration_of_epoch(storage::Transaction& t, std::int64_t epoch) {
  return select_restoration(t, "WHERE epoch = $1 ORDER BY number DESC LIMIT 1", {epoch});
}

void put_restoration(storage::Transaction& t, const Restoration& r) {
  std::vector<storage::Value> values{r.found_ms, r.code,        r.detail,    static_cast<std::int64_t>(r.known),
                                     r.epoch,    r.approved_ms, r.statement, r.recall,
                                     r.healed_ms};
  if (r.number == 0) {
    t.execute(
        "INSERT INTO restoration (found_ms, code, detail, known, epoch, approved_ms, statement, recall, healed_ms) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        values);
    return;
  }
  values.emplace_back(r.number);
  t.execute(
      "UPDATE restoration SET found_ms = $1, code = $2, detail = $3, known = $4, epoch = $5, approved_ms = $6, "
      "statement = $7, recall = $8, healed_ms = $9 WHERE number = $10",
      values);
}

void put_epoch_vote(storage::Transaction& t, std::int64_t restoration, const Vote& v) {
  t.execute("INSERT INTO epoch_vote (restoration, who, at_ms, reason) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            {restoration, v.who, v.at_ms, v.reason});
}

std::vector<Vote> epoch_votes(storage::Transaction& t, std::int64_t restoration) {
  std::vector<Vote> list;
  for (const auto& r :
       t.query("SELECT who, at_ms, reason FROM epoch_vote WHERE restoration = $1 ORDER BY at_ms, who", {restoration}))
    list.push_back({r.text(0), "epoch", r.integer(1), r.text(2)});
  return list;
}

std::int64_t put_recalled_part(storage::Transaction& t, std::int64_t restoration, std::int64_t part) {
  t.execute("INSERT INTO recalled_part (restoration, part) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            {restoration, part});
  return t.query_one("SELECT COUNT(*) FROM recalled_part WHERE restoration = $1", {restoration})->integer(0);
}

void forget_recalled_parts(storage::Transaction& t, std::int64_t restoration) {
  t.execute("DELETE FROM recalled_part WHERE restoration = $1", {restoration});
}

namespace {

std::vector<std::int64_t> sequences_in(const std::vector<storage::Row>& rows) {
  std::vector<std::int64_t> list;
  for (const auto& row : rows) list.push_back(row.integer(0));
  return list;
}

}  // namespace

std::vector<std::int64_t> open_sequences(storage::Transaction& t, const std::string& channel, std::int64_t epoch,
                                         std::int64_t limit) {
  return sequences_in(
      t.query("SELECT sequence FROM bundle WHERE channel = $1 AND epoch = $2 AND state <> 'ended' ORDER BY sequence "
              "LIMIT $3",
              {channel, epoch, limit}));
}

std::vector<std::int64_t> waiting_control(storage::Transaction& t, const std::string& channel, std::int64_t epoch,
                                          std::int64_t limit) {
  return sequences_in(
      t.query("SELECT sequence FROM bundle WHERE channel = $1 AND kind = 'receipts' AND state = 'waiting' AND epoch = "
              "$2 LIMIT $3",
              {channel, epoch, limit}));
}

std::optional<Bytes> digest_at(storage::Transaction& t, const std::string& channel, std::int64_t epoch,
                               std::int64_t sequence) {
  const auto row = t.query_one("SELECT manifest_digest FROM bundle WHERE channel = $1 AND epoch = $2 AND sequence = $3",
                               {channel, epoch, sequence});
  if (!row) return {};
  return row->blob(0);
}

std::vector<std::string> channel_names(storage::Transaction& t) {
  std::vector<std::string> list;
  for (const auto& row : t.query("SELECT name FROM channel ORDER BY name")) list.push_back(row.text(0));
  return list;
}

std::int64_t newest_taken_by(storage::Transaction& t, const std::string& channel, std::int64_t epoch,
                             const std::string& party) {
  const auto row = t.query_one(
      "SELECT sequence FROM bundle b WHERE channel = $1 AND epoch = $2 AND state IN ('carried', 'ended') AND EXISTS "
      "(SELECT 1 FROM receipt r WHERE r.bundle_id = b.id AND r.manifest_digest = b.manifest_digest AND r.rung = 5 AND "
      "r.party = $3) ORDER BY sequence DESC LIMIT 1",
      {channel, epoch, party});
  return row ? row->integer(0) : 0;
}

std::vector<std::int64_t> carried_sequences(storage::Transaction& t, const std::string& channel, std::int64_t epoch,
                                            std::int64_t limit) {
  std::vector<std::int64_t> list;
  for (const auto& r : t.query("SELECT sequence FROM bundle WHERE state <> 'ended' AND state = 'carried' AND channel = "
                               "$1 AND epoch = $2 AND outward = 1 ORDER BY stored_ms LIMIT $3",
                               {channel, epoch, limit}))
    list.push_back(r.integer(0));
  return list;
}

std::int64_t newest_ended(storage::Transaction& t, const std::string& channel, std::int64_t epoch) {
  const auto row = t.query_one(
      "SELECT sequence FROM bundle WHERE channel = $1 AND epoch = $2 AND state = 'ended' ORDER BY sequence DESC LIMIT "
      "1",
      {channel, epoch});
  return row ? row->integer(0) : 0;
}

void send_ends_again(storage::Transaction& t, const Entry& e, const std::string& unit) {
  t.execute("UPDATE receipt SET to_send = 1 WHERE bundle_id = $1 AND manifest_digest = $2 AND party = $3 AND rung >= 7",
            {e.id, e.manifest_digest, unit});
}

void end_control_up_to(storage::Transaction& t, const std::string& channel, std::uint64_t position,
                       std::int64_t at_ms) {
  t.execute(
      "UPDATE bundle SET state = 'ended', ended_ms = $3 WHERE channel = $1 AND state = 'waiting' AND offered = 1 AND "
      "(epoch - 1) * $4 + sequence <= $2",
      {channel, static_cast<std::int64_t>(position), at_ms, static_cast<std::int64_t>(kSequencesOfEpoch)});
}

void forget_open_comparisons(storage::Transaction& t, const std::string& but_from) {
  t.execute(
      "DELETE FROM difference WHERE channel NOT LIKE $1 AND EXISTS (SELECT 1 FROM reconciliation r WHERE r.day = "
      "difference.day AND r.channel = difference.channel AND r.verdict <> 'agrees')",
      {but_from + ">%"});
  t.execute("DELETE FROM reconciliation WHERE verdict <> 'agrees' AND channel NOT LIKE $1", {but_from + ">%"});
}

void begin_epoch(storage::Transaction& t, const std::string& channel, std::uint32_t epoch, std::int64_t at_ms) {
  t.execute("UPDATE bundle SET state = 'ended', ended_ms = $2 WHERE channel = $1 AND state = 'waiting'",
            {channel, at_ms});
  t.execute("UPDATE bundle SET offered = 1 WHERE outward = 1 AND state IN ('waiting', 'held') AND offered = 0");
  t.execute("UPDATE bundle SET voyage = 0 WHERE state = 'waiting' AND voyage <> 0");
  set_channel_head(t, channel, {epoch, 0, {}, {}});
}

}  // namespace jindu::gateway::store
