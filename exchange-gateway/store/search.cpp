// Finding bundles, and how many there are.
#include <charconv>

#include "exchange-gateway/store/journal.hpp"

namespace jindu::gateway::store {
namespace {

struct Position {
  std::int64_t at_ms = std::numeric_limits<std::int64_t>::max();
  std::string id = {};
};

Position position_of(const std::string& cursor) {
  Position position;
  const auto dot = cursor.find('.');
  if (dot == std::string::npos) return position;
  std::from_chars(cursor.data(), cursor.data() + dot, position.at_ms);
  position.id = cursor.substr(dot + 1);
  return position;
}

std::string cursor_of(std::int64_t at_ms, const std::string& id) { return std::to_string(at_ms) + "." + id; }

// The condition that an index answers, of all that were asked for the one that leaves the least.
std::string_view narrowest(const BundleFilter& f) {
  if (!f.subject.empty()) return "subject = $1";
  if (f.state == "quarantined") return "state = 'ended' AND ended_ms = 0";
  if (f.state == "not_applied") return "state = 'ended' AND code <> ''";
  if (!f.state.empty() && f.state != "ended") return "state <> 'ended' AND state = $2";
  if (!f.kind.empty()) return "kind = $3";
  return "1 = 1";
}

}  // namespace

BundlePage search(storage::Transaction& t, const BundleFilter& f) {
  const auto start = position_of(f.cursor);
  const auto scanned = "(SELECT id, state, code, ended_ms, channel, kind, stored_ms FROM bundle WHERE " +
                       std::string(narrowest(f)) +
                       " AND (stored_ms, id) < ($5, $6) AND stored_ms <= $7 ORDER BY stored_ms DESC, id DESC LIMIT $8)";
  const std::vector<storage::Value> values{f.subject, f.state, f.kind,   f.channel, start.at_ms,
                                           start.id,  f.to_ms, kScanned, f.from_ms, f.limit};
  const auto found = t.query(
      "SELECT id, stored_ms FROM " + scanned +
          " AS scanned WHERE stored_ms >= $9 AND ($2 = '' OR state = $2 OR ($2 = 'not_applied' AND state = 'ended' AND "
          "code <> '') OR ($2 = 'quarantined' AND state = 'ended' AND ended_ms = 0)) AND ($4 = '' OR channel = $4) AND "
          "(($3 = '' AND kind <> 'receipts') OR kind = $3) ORDER BY stored_ms DESC, id DESC LIMIT $10",
      values);
  BundlePage page;
  for (const auto& row : found) page.entries.push_back(find(t, row.text(0)).value());
  if (static_cast<std::int64_t>(found.size()) == f.limit) {
    page.cursor = cursor_of(found.back().integer(1), found.back().text(0));
    return page;
  }
  // The page is not full: because there is no more, or because enough was looked at for one page.
  const auto last = t.query_one("SELECT COUNT(*), MIN(stored_ms) FROM " + scanned + " AS scanned", values);
  if (last->integer(0) < kScanned || last->integer(1) < f.from_ms) return page;
  const auto stop =
      t.query_one("SELECT stored_ms, id FROM " + scanned + " AS scanned ORDER BY stored_ms, id LIMIT 1", values);
  page.cursor = cursor_of(stop->integer(0), stop->text(1));
  return page;
}

std::optional<std::int64_t> oldest_ms(storage::Transaction& t, State state) {
  const auto row = t.query_one(
      "SELECT stored_ms FROM bundle WHERE state <> 'ended' AND state = $1 AND kind <> 'receipts' ORDER BY stored_ms, "
      "id "
      "LIMIT 1",
      {to_text(state)});
  if (!row) return {};
  return row->integer(0);
}

std::int64_t voyage_of_oldest_waiting(storage::Transaction& t) {
  const auto row = t.query_one(
      "SELECT voyage FROM bundle WHERE state <> 'ended' AND state = 'waiting' AND kind <> 'receipts' ORDER BY "
      "stored_ms, id LIMIT 1");
  return row ? std::max<std::int64_t>(row->integer(0), 0) : 0;
}

std::optional<Missing> missing(storage::Transaction& t, const std::string& channel) {
  const auto head = channel_head(t, channel);
  const auto behind = t.query_one(
      "SELECT sequence, stored_ms FROM bundle WHERE channel = $1 AND epoch = $2 AND sequence > $3 ORDER BY sequence "
      "LIMIT 1",
      {channel, std::int64_t{head.epoch}, static_cast<std::int64_t>(head.sequence)});
  if (!behind) return {};
  return Missing{static_cast<std::int64_t>(head.sequence) + 1, behind->integer(0) - 1, behind->integer(1)};
}

}  // namespace jindu::gateway::store
