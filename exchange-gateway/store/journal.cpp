#include "exchange-gateway/store/journal.hpp"

namespace jindu::gateway::store {
namespace {

constexpr std::string_view kColumns =
    "id, outward, state, channel, epoch, sequence, sender, destination, kind, subject, subject_sequence, priority, size, "
    "manifest_digest, previous_digest, manifest, signature, created_ms, expires_ms, stored_ms, delivery, voyage, code";

Entry entry_of(const storage::Row& r) {
  return {r.text(0), r.integer(1) == 1, r.text(2), r.text(3), r.integer(4), r.integer(5), r.text(6), r.text(7),
          r.text(8), r.blob(9), r.integer(10), r.integer(11), r.integer(12), r.blob(13), r.blob(14), r.blob(15),
          r.blob(16), r.integer(17), r.integer(18), r.integer(19), r.integer(20), r.integer(21), r.text(22)};
}

std::vector<Entry> select(storage::Transaction& t, std::string_view rest, std::vector<storage::Value> parameters) {
  std::vector<Entry> entries;
  for (const auto& row : t.query("SELECT " + std::string(kColumns) + " FROM bundle " + std::string(rest), std::move(parameters)))
    entries.push_back(entry_of(row));
  return entries;
}

std::optional<Entry> first(std::vector<Entry> entries) {
  if (entries.empty()) return {};
  return std::move(entries.front());
}

crypto::Digest digest_of(const Bytes& bytes) {
  crypto::Digest digest{};
  std::copy_n(bytes.begin(), std::min<std::size_t>(bytes.size(), 32), digest.begin());
  return digest;
}

Bytes bytes_from(const crypto::Digest& digest) { return {digest.begin(), digest.end()}; }

std::vector<StoredReceipt> select_receipts(storage::Transaction& t, std::string_view rest, std::vector<storage::Value> parameters) {
  std::vector<StoredReceipt> receipts;
  for (const auto& r : t.query("SELECT number, bundle_id, rung, party, at_ms, code, receipt FROM receipt " + std::string(rest), std::move(parameters)))
    receipts.push_back({r.integer(0), r.text(1), r.integer(2), r.text(3), r.integer(4), r.text(5), r.blob(6)});
  return receipts;
}

}  // namespace

std::optional<Entry> find(storage::Transaction& t, const std::string& id) { return first(select(t, "WHERE id = $1", {id})); }

void insert(storage::Transaction& t, const Entry& e) {
  t.execute("INSERT INTO bundle (" + std::string(kColumns) +
                ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)",
            {e.id, std::int64_t{e.outward ? 1 : 0}, e.state, e.channel, e.epoch, e.sequence, e.from, e.to, e.kind, e.subject,
             e.subject_sequence, e.priority, e.size, e.manifest_digest, e.previous_digest, e.manifest, e.signature, e.created_ms,
             e.expires_ms, e.stored_ms, e.delivery, e.voyage, e.code});
}

void set_state(storage::Transaction& t, const std::string& id, const std::string& state, const std::string& code) {
  t.execute("UPDATE bundle SET state = $2, code = $3 WHERE id = $1", {id, state, code});
}

ChannelHead channel_head(storage::Transaction& t, const std::string& channel) {
  const auto row = t.query_one("SELECT epoch, sequence, manifest_digest FROM channel WHERE name = $1", {channel});
  if (!row) return {};
  return {static_cast<std::uint32_t>(row->integer(0)), static_cast<std::uint64_t>(row->integer(1)), digest_of(row->blob(2))};
}

void advance(storage::Transaction& t, const std::string& channel, const Link& link) {
  const std::vector<storage::Value> values{channel, std::int64_t{link.epoch}, static_cast<std::int64_t>(link.sequence), bytes_from(link.manifest_digest)};
  if (t.execute("UPDATE channel SET epoch = $2, sequence = $3, manifest_digest = $4 WHERE name = $1", values) == 0)
    t.execute("INSERT INTO channel (name, epoch, sequence, manifest_digest) VALUES ($1, $2, $3, $4)", values);
}

Neighbours neighbours(storage::Transaction& t, const Entry& e) {
  Neighbours n;
  for (const auto& row : t.query("SELECT sequence, manifest_digest, previous_digest, id FROM bundle WHERE channel = $1 AND epoch = $2 AND sequence >= $3 AND sequence <= $4 AND code NOT IN ('bundle.fork')",
                                 {e.channel, e.epoch, e.sequence - 1, e.sequence + 1})) {
    if (row.integer(0) == e.sequence - 1) n.before = digest_of(row.blob(1));
    if (row.integer(0) == e.sequence + 1) n.after_previous = digest_of(row.blob(2));
    if (row.integer(0) == e.sequence && row.text(3) != e.id) n.place_taken = true;
  }
  return n;
}

std::uint64_t last_delivered(storage::Transaction& t, const Entry& e) {
  const auto row = t.query_one("SELECT last FROM subject_order WHERE channel = $1 AND epoch = $2 AND subject = $3", {e.channel, e.epoch, e.subject});
  return row ? static_cast<std::uint64_t>(row->integer(0)) : 0;
}

void set_last_delivered(storage::Transaction& t, const Entry& e) {
  if (t.execute("UPDATE subject_order SET last = $4 WHERE channel = $1 AND epoch = $2 AND subject = $3", {e.channel, e.epoch, e.subject, e.subject_sequence}) == 0)
    t.execute("INSERT INTO subject_order (channel, epoch, subject, last) VALUES ($1, $2, $3, $4)", {e.channel, e.epoch, e.subject, e.subject_sequence});
}

std::optional<Entry> early_successor(storage::Transaction& t, const Entry& e) {
  return first(select(t, "WHERE channel = $1 AND epoch = $2 AND subject = $3 AND subject_sequence = $4 AND outward = 0 AND code <> 'bundle.fork'",
                      {e.channel, e.epoch, e.subject, e.subject_sequence + 1}));
}

std::int64_t next_delivery_number(storage::Transaction& t) {
  const auto number = state_value(t, "delivery") + 1;
  set_state_value(t, "delivery", number);
  return number;
}

std::vector<Entry> to_carry(storage::Transaction& t, bool unloaded_only, std::int64_t limit) {
  return select(t, unloaded_only ? "WHERE state = 'waiting' AND outward = 1 AND voyage = 0 ORDER BY priority, stored_ms, sequence LIMIT $1"
                                 : "WHERE state = 'waiting' AND outward = 1 ORDER BY priority, stored_ms, sequence LIMIT $1", {limit});
}

std::vector<Entry> deliveries(storage::Transaction& t, const std::string& to, std::int64_t after, std::int64_t limit) {
  return select(t, "WHERE state = 'ready' AND destination = $1 AND delivery > $2 ORDER BY delivery LIMIT $3", {to, after, limit});
}

std::vector<Entry> expired(storage::Transaction& t, std::int64_t now_ms) {
  return select(t, "WHERE state IN ('waiting', 'ready', 'early', 'held') AND expires_ms <= $1 AND kind <> 'receipts' LIMIT 100", {now_ms});
}

std::vector<Entry> list(storage::Transaction& t, const BundleFilter& f) {
  std::int64_t before_ms = std::numeric_limits<std::int64_t>::max();
  if (!f.before.empty())
    if (auto last = find(t, f.before)) before_ms = last->stored_ms;
  return select(t,
                "WHERE ($1 = '' OR state = $1) AND ($2 = '' OR kind = $2) AND ($3 = '' OR channel = $3) AND (stored_ms < $4 OR (stored_ms = $4 AND id < $5)) "
                "ORDER BY stored_ms DESC, id DESC LIMIT $6",
                {f.state, f.kind, f.channel, before_ms, f.before, f.limit});
}

std::optional<Bytes> receipt_of(storage::Transaction& t, const std::string& id, jindu::v1::Rung rung, const std::string& party) {
  const auto row = t.query_one("SELECT receipt FROM receipt WHERE bundle_id = $1 AND rung = $2 AND party = $3", {id, std::int64_t{rung}, party});
  if (!row) return {};
  return row->blob(0);
}

bool add_receipt(storage::Transaction& t, const exchange::Receipt& r, BytesView encoded, bool for_service, bool to_send) {
  const auto id = exchange::to_text(r.bundle);
  if (receipt_of(t, id, r.rung, r.party)) return false;
  t.execute("INSERT INTO receipt (bundle_id, rung, party, at_ms, code, receipt, for_service, to_send) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            {id, std::int64_t{r.rung}, r.party, to_unix_ms(r.at), r.code, Bytes(encoded.begin(), encoded.end()), std::int64_t{for_service}, std::int64_t{to_send}});
  return true;
}

std::vector<StoredReceipt> receipts_for_service(storage::Transaction& t, std::int64_t after, std::int64_t limit) {
  return select_receipts(t, "WHERE for_service = 1 AND number > $1 ORDER BY number LIMIT $2", {after, limit});
}
std::vector<StoredReceipt> receipts_to_send(storage::Transaction& t, std::int64_t limit) {
  return select_receipts(t, "WHERE to_send = 1 ORDER BY number LIMIT $1", {limit});
}
void mark_sent(storage::Transaction& t, std::int64_t number) { t.execute("UPDATE receipt SET to_send = 0 WHERE number = $1", {number}); }
std::vector<StoredReceipt> receipts_about(storage::Transaction& t, const std::string& id) {
  return select_receipts(t, "WHERE bundle_id = $1 ORDER BY at_ms, rung", {id});
}

void put_small(storage::Transaction& t, const std::string& id, BytesView bundle) {
  t.execute("INSERT INTO bundle_bytes (id, bundle) VALUES ($1, $2)", {id, Bytes(bundle.begin(), bundle.end())});
}
std::optional<Bytes> small(storage::Transaction& t, const std::string& id) {
  const auto row = t.query_one("SELECT bundle FROM bundle_bytes WHERE id = $1", {id});
  if (!row) return {};
  return row->blob(0);
}
void forget_small(storage::Transaction& t, const std::string& id) { t.execute("DELETE FROM bundle_bytes WHERE id = $1", {id}); }

std::int64_t state_value(storage::Transaction& t, const std::string& name) {
  const auto row = t.query_one("SELECT value FROM unit_state WHERE name = $1", {name});
  return row ? row->integer(0) : 0;
}
void set_state_value(storage::Transaction& t, const std::string& name, std::int64_t value) {
  if (t.execute("UPDATE unit_state SET value = $2 WHERE name = $1", {name, value}) == 0)
    t.execute("INSERT INTO unit_state (name, value) VALUES ($1, $2)", {name, value});
}

void log_act(storage::Transaction& t, const std::string& who, const std::string& act, const std::string& about, const std::string& reason, std::int64_t at_ms) {
  const auto last = t.query_one("SELECT digest FROM operator_log ORDER BY number DESC LIMIT 1");
  crypto::Sha256 hash;
  hash.update(last ? last->blob(0) : Bytes(32));
  // Lengths keep the parts apart, so that no two lines have the same bytes.
  for (const auto& part : {std::to_string(at_ms), who, act, about, reason}) hash.update(bytes_of(std::to_string(part.size()) + ":" + part));
  t.execute("INSERT INTO operator_log (at_ms, who, act, about, reason, digest) VALUES ($1, $2, $3, $4, $5, $6)", {at_ms, who, act, about, reason, bytes_from(hash.finish())});
}

}  // namespace jindu::gateway::store
