#include "exchange-gateway/carriers/diode/ledger.hpp"

#include <algorithm>
#include <limits>

namespace jindu::gateway::diode {
namespace {

constexpr const char* kMark = "voyage";
constexpr const char* kBlock = "diode_block";

}  // namespace

result<void> Ledger::begin() {
  return unit_.journal().write([&](storage::Transaction& t) {
    t.execute("UPDATE bundle SET voyage = 0 WHERE state = 'waiting' AND outward = 1 AND voyage <> 0");
    mark_ = static_cast<std::uint64_t>(store::state_value(t, kMark));
  });
}

result<void> Ledger::mark_sent(const std::vector<Sent>& bundles) {
  std::uint64_t mark = 0;
  auto ok = unit_.journal().write([&](storage::Transaction& t) {
    // An export or a new epoch may have used higher numbers meanwhile: what the other side has read of them must not be
    // more than this journal knows.
    mark = std::max(static_cast<std::uint64_t>(store::state_value(t, kMark)), mark_) + 1;
    const auto twice = 2 * static_cast<std::int64_t>(mark);
    for (const auto& one : bundles)
      t.execute("UPDATE bundle SET voyage = $2 WHERE id = $1",
                {one.id, -(twice + static_cast<std::int64_t>(index_of(one.lane)))});
    store::set_state_value(t, kMark, static_cast<std::int64_t>(mark));
  });
  if (ok) mark_ = mark;
  return ok;
}

result<std::vector<std::string>> Ledger::unanswered(Lane lane, std::uint64_t mark, std::int64_t limit) {
  std::vector<std::string> ids;
  auto ok = unit_.journal().read([&](storage::Transaction& t) {
    ids.clear();
    for (const auto& row :
         t.query("SELECT id FROM bundle WHERE state = 'waiting' AND voyage < 0 AND voyage >= $1 AND -voyage % 2 = $2 "
                 "ORDER BY voyage DESC LIMIT $3",
                 {-2 * static_cast<std::int64_t>(mark) - 1, static_cast<std::int64_t>(index_of(lane)), limit}))
      ids.push_back(row.text(0));
  });
  if (!ok) return ok.error();
  return ids;
}

result<void> Ledger::send_again(const std::vector<std::string>& ids) {
  auto ok = unit_.journal().write([&](storage::Transaction& t) {
    for (const auto& id : ids)
      t.execute("UPDATE bundle SET voyage = 0 WHERE id = $1 AND state = 'waiting' AND voyage < 0", {id});
  });
  unit_.for_carrier().tell();
  return ok;
}

// By the journal and by the clock: a restored backup knows fewer numbers than were used.
result<std::uint64_t> Ledger::reserve_blocks(std::uint64_t count) {
  std::uint64_t first = 0;
  auto ok = unit_.journal().write([&](storage::Transaction& t) {
    const auto stored = static_cast<std::uint64_t>(store::state_value(t, kBlock));
    const auto by_clock = static_cast<std::uint64_t>(to_unix_ms(unit_.now())) * (kFirstBlockStep / 256);
    first = (std::max(stored, by_clock) / kFirstBlockStep + 1) * kFirstBlockStep;
    store::set_state_value(t, kBlock, static_cast<std::int64_t>(first + count));
  });
  if (!ok) return ok.error();
  return first;
}

result<void> Ledger::reserve_up_to(std::uint64_t block) {
  return unit_.journal().write(
      [&](storage::Transaction& t) { store::set_state_value(t, kBlock, static_cast<std::int64_t>(block)); });
}

result<Ledger::Standing> Ledger::standing() {
  Standing s;
  auto ok = unit_.journal().read([&](storage::Transaction& t) {
    const auto& o = unit_.options();
    s.control_sent = position_of(store::channel_head(t, exchange::channel_of(o.name, o.peer)));
    s.control_received = position_of(store::channel_head(t, exchange::channel_of(o.peer, o.name)));
    s.first_untold_receipt = store::first_to_send(t).value_or(std::numeric_limits<std::int64_t>::max());
    const auto last = t.query_one("SELECT MAX(number) FROM receipt");
    s.last_receipt = last && !last->is_null(0) ? last->integer(0) : 0;
  });
  if (!ok) return ok.error();
  return s;
}

result<void> Ledger::control_arrived(std::uint64_t position) {
  return unit_.journal().write([&](storage::Transaction& t) {
    unit_.control_arrived(t, position);
    store::set_state_value(t, "peer_heard_ms", to_unix_ms(unit_.now()));
  });
}

}  // namespace jindu::gateway::diode
