// What senders have been told of what they sent.
#include "common/exchange/service/exchange.hpp"

namespace jindu::exchange {

std::vector<Rung> timeline(storage::Transaction& transaction, std::string_view subject) {
  std::vector<Rung> rungs;
  for (const auto& row : transaction.query(
           "SELECT s.bundle_id, s.kind, r.rung, r.party, r.at_ms, r.code FROM exchange_sent s JOIN exchange_receipt r "
           "ON r.bundle_id = s.bundle_id WHERE s.subject = $1 ORDER BY s.sequence, r.rung, r.at_ms",
           {std::string(subject)}))
    rungs.push_back({row.text(0), row.text(1), std::string(to_text(static_cast<jindu::v1::Rung>(row.integer(2)))),
                     row.text(3), from_unix_ms(row.integer(4)), row.text(5)});
  return rungs;
}

}  // namespace jindu::exchange
