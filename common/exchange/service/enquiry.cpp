#include "common/exchange/service/enquiry.hpp"

#include "common/exchange/service/outbox.hpp"

namespace jindu::exchange {
namespace {

void add_sent(storage::Transaction& t, const std::string& about, std::vector<Passage>& passages) {
  for (const auto& row : t.query(
           "SELECT s.bundle_id, s.kind, COALESCE(r.rung, 0), COALESCE(r.party, ''), COALESCE(r.at_ms, s.created_ms), "
           "COALESCE(r.code, '') FROM exchange_sent s LEFT JOIN exchange_receipt r ON r.bundle_id = s.bundle_id WHERE "
           "s.subject = $1 ORDER BY s.sequence, r.rung, r.at_ms",
           {about})) {
    Passage one{row.text(0), row.text(1), true, {}, row.text(3), from_unix_ms(row.integer(4)), row.text(5)};
    if (row.integer(2) > 0) one.rung = to_text(static_cast<jindu::v1::Rung>(row.integer(2)));
    // The receipts of a bundle follow each other, the newest rung last.
    if (!passages.empty() && passages.back().bundle == one.bundle)
      passages.back() = std::move(one);
    else
      passages.push_back(std::move(one));
  }
}

void add_received(storage::Transaction& t, const std::string& about, std::vector<Passage>& passages) {
  for (const auto& row : t.query(
           "SELECT i.bundle_id, i.kind, i.outcome, i.at_ms FROM exchange_subject s JOIN exchange_inbox i ON i.subject "
           "= s.subject AND i.subject <> '' WHERE s.direction = 'in' AND s.about = $1 AND s.about <> '' ORDER BY "
           "i.at_ms, i.bundle_id",
           {about}))
    passages.push_back({row.text(0), row.text(1), false, row.text(2), {}, from_unix_ms(row.integer(3)), {}});
}

}  // namespace

void note_about(storage::Transaction& transaction, const std::string& subject, const std::string& about) {
  if (subject.empty()) return;
  // Its row is there already when this is among the effects; when it is refused, it counts as nothing applied yet.
  transaction.execute(
      "INSERT INTO exchange_subject (direction, subject, sequence, about) VALUES ('in', $1, 0, $2) ON CONFLICT "
      "(direction, subject) DO UPDATE SET about = $2 WHERE exchange_subject.about = ''",
      {subject, about});
}

Enquiry enquire(storage::Transaction& transaction, const std::string& about) {
  Enquiry found;
  if (const auto mine = subject_pseudonym(transaction, about)) found.subject = to_hex(*mine);
  for (const auto& row : transaction.query(
           "SELECT subject FROM exchange_subject WHERE direction = 'in' AND about = $1 AND about <> '' ORDER BY "
           "subject",
           {about}))
    found.theirs.push_back(row.text(0));
  found.not_built = static_cast<std::uint64_t>(
      transaction.query_one("SELECT COUNT(*) FROM exchange_outbox WHERE subject = $1", {about})->integer(0));
  add_sent(transaction, about, found.passages);
  const auto anew = sent_anew(transaction, about);
  std::map<std::string, Stopped> ended;
  for (auto& one : stopped(transaction, about)) ended.emplace(one.bundle, std::move(one));
  for (auto& one : found.passages) {
    if (const auto end = ended.find(one.bundle); end != ended.end()) {
      one.needless = end->second.needless;
      one.can_be_sent_anew = end->second.can_be_sent_anew();
    }
    if (const auto record = anew.find(one.bundle); record != anew.end()) one.anew = record->second;
  }
  add_received(transaction, about, found.passages);
  return found;
}

}  // namespace jindu::exchange
