#include "exchange-gateway/store/told_block.hpp"

namespace jindu::gateway::store {

void put_told_block(storage::Transaction& t, const Stretch& s, std::int64_t first, BytesView detail) {
  take_told_block(t, s, first);
  t.execute("INSERT INTO told_block (day, channel, first_sequence, detail) VALUES ($1, $2, $3, $4)",
            {s.day, s.channel, first, Bytes(detail.begin(), detail.end())});
}

std::optional<Bytes> take_told_block(storage::Transaction& t, const Stretch& s, std::int64_t first) {
  const auto row = t.query_one("SELECT detail FROM told_block WHERE day = $1 AND channel = $2 AND first_sequence = $3",
                               {s.day, s.channel, first});
  if (!row) return {};
  t.execute("DELETE FROM told_block WHERE day = $1 AND channel = $2 AND first_sequence = $3",
            {s.day, s.channel, first});
  return row->blob(0);
}

void forget_told_blocks(storage::Transaction& t, const Stretch& s) {
  t.execute("DELETE FROM told_block WHERE day = $1 AND channel = $2", {s.day, s.channel});
}

}  // namespace jindu::gateway::store
