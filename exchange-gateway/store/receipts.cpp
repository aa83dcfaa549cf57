#include "common/exchange/service/kept_receipts.hpp"
#include "exchange-gateway/store/journal.hpp"

namespace jindu::gateway::store {
namespace {

std::vector<StoredReceipt> select_receipts(storage::Transaction& t, std::string_view rest,
                                           const storage::Parameters& parameters) {
  std::vector<StoredReceipt> receipts;
  const auto sql =
      "SELECT number, bundle_id, rung, party, at_ms, code, receipt, certificate, together, place FROM receipt " +
      std::string(rest);
  for (auto& r : t.query(sql, parameters))
    receipts.push_back({r.integer(0), r.take_text(1), r.integer(2), r.take_text(3), r.integer(4), r.take_text(5),
                        exchange::receipt_in(t, r, 6)});
  return receipts;
}

// How long after it was told once more it may be again: from a minute on, twice as long each time. A medium that stays,
// as its unit's disk is full, brings the same voyage at every moment, and each word costs a control bundle.
constexpr std::int64_t kAgainLeastMs = 60'000, kDoublings = 4;
std::int64_t again_pause_ms(std::int64_t doublings) { return kAgainLeastMs << std::min(doublings, kDoublings); }

}  // namespace

std::optional<exchange::ReceiptBytes> receipt_of(storage::Transaction& t, const std::string& id,
                                                 BytesView manifest_digest, jindu::v1::Rung rung,
                                                 const std::string& party) {
  auto row = t.query_one(
      "SELECT receipt, certificate, together, place FROM receipt "
      "WHERE bundle_id = $1 AND manifest_digest = $2 AND rung = $3 AND party = $4",
      {id, manifest_digest, std::int64_t{rung}, party});
  if (!row) return {};
  return exchange::receipt_in(t, *row, 0);
}

std::optional<Bytes> receipt_at(storage::Transaction& t, std::int64_t number) {
  auto row = t.query_one("SELECT receipt, certificate, together, place FROM receipt WHERE number = $1", {number});
  if (!row) return {};
  return exchange::receipt_in(t, *row, 0).whole();
}

std::vector<Bytes> receipts_of(storage::Transaction& t, const Entry& e) {
  std::vector<Bytes> list;
  for (auto& row : t.query("SELECT receipt, certificate, together, place FROM receipt "
                           "WHERE bundle_id = $1 AND manifest_digest = $2 ORDER BY rung",
                           {e.id, e.manifest_digest}))
    list.push_back(exchange::receipt_in(t, row, 0).whole());
  return list;
}

bool has_receipt(storage::Transaction& t, const std::string& id, BytesView manifest_digest, jindu::v1::Rung rung,
                 const std::string& party) {
  return t
      .query_one("SELECT 1 FROM receipt WHERE bundle_id = $1 AND manifest_digest = $2 AND rung = $3 AND party = $4",
                 {id, manifest_digest, std::int64_t{rung}, party})
      .has_value();
}

bool add_receipt(storage::Transaction& t, const exchange::Receipt& r, const exchange::ReceiptBytes& bytes,
                 bool for_service, bool to_send) {
  const auto id = exchange::to_text(r.bundle);
  // Looked for first: what it was signed together with would be written for nothing.
  if (has_receipt(t, id, r.manifest_digest, r.rung, r.party)) return false;
  const auto kept = exchange::kept_receipt(t, bytes);
  t.execute(
      "INSERT INTO receipt (bundle_id, manifest_digest, rung, party, at_ms, code, receipt, certificate, together, "
      "place, for_service, to_send) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
      {id, r.manifest_digest, std::int64_t{r.rung}, r.party, to_unix_ms(r.at), r.code, kept.bytes, kept.certificate,
       kept.together, kept.place, for_service, to_send});
  return true;
}

std::vector<StoredReceipt> receipts_for_service(storage::Transaction& t, std::int64_t after, std::int64_t limit) {
  return select_receipts(t, "WHERE for_service = 1 AND number > $1 ORDER BY number LIMIT $2", {after, limit});
}

std::vector<StoredReceipt> receipts_to_send(storage::Transaction& t, std::int64_t limit) {
  return select_receipts(t, "WHERE to_send = 1 ORDER BY number LIMIT $1", {limit});
}

std::optional<std::int64_t> first_to_send(storage::Transaction& t) {
  const auto row = t.query_one("SELECT number FROM receipt WHERE to_send = 1 ORDER BY number LIMIT 1");
  return row ? std::optional(row->integer(0)) : std::nullopt;
}

void mark_sent(storage::Transaction& t, std::int64_t up_to) {
  t.execute("UPDATE receipt SET to_send = 0 WHERE to_send = 1 AND number <= $1", {up_to});
}

void tell_again(storage::Transaction& t, const Outline& e, std::int64_t now_ms, std::int64_t before_ms) {
  const auto row = t.query_one("SELECT told_again_ms, told_again FROM bundle WHERE id = $1", {e.id});
  const auto at = row->integer(0);
  auto times = row->integer(1);
  // By a clock that was ahead, or so long ago that it is no repetition any more.
  if (at > now_ms || now_ms - at > 2 * again_pause_ms(kDoublings)) times = 0;
  if (times > 0 && now_ms - at < again_pause_ms(times - 1)) return;
  const auto receipts = t.execute(
      "UPDATE receipt SET to_send = 1 WHERE bundle_id = $1 AND manifest_digest = $2 AND to_send = 0 AND (at_ms <= "
      "$3 OR at_ms > $4)",
      {e.id, e.manifest_digest, before_ms, now_ms});
  if (receipts > 0)
    t.execute("UPDATE bundle SET told_again_ms = $2, told_again = $3 WHERE id = $1", {e.id, now_ms, times + 1});
}

std::vector<StoredReceipt> receipts_about(storage::Transaction& t, const std::string& id) {
  return select_receipts(t, "WHERE bundle_id = $1 ORDER BY at_ms, rung", {id});
}

}  // namespace jindu::gateway::store
