// What senders have been told of what they sent, and what they have not sent yet.
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

Unsent unsent(storage::Transaction& transaction, std::string_view subject) {
  Unsent unsent;
  // Order is kept: what is put aside is the first of its subject.
  if (const auto row = transaction.query_one(
          "SELECT aside_code, aside_ms FROM exchange_outbox WHERE subject = $1 ORDER BY number LIMIT 1", {subject})) {
    unsent.any = true;
    if (!row->text(0).empty()) unsent.aside = Trouble{"aside", row->text(0), from_unix_ms(row->integer(1)), 1};
  } else {
    unsent.any =
        transaction.query_one("SELECT 1 FROM exchange_sent WHERE subject = $1 AND handed_over = 0 LIMIT 1", {subject})
            .has_value();
  }
  return unsent;
}

}  // namespace jindu::exchange
