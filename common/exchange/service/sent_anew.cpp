#include "common/exchange/service/sent_anew.hpp"

#include <functional>

#include "common/exchange/service/outbox.hpp"
#include "common/runtime/messages.hpp"

namespace jindu::exchange {
namespace {

// Rungs above APPLIED are its ends; who has both was applied by a destination that its units had given up.
#define JINDU_STOPPED                                                                                              \
  "NOT EXISTS (SELECT 1 FROM exchange_sent_anew a WHERE a.bundle_id = s.bundle_id) AND NOT EXISTS (SELECT 1 FROM " \
  "exchange_receipt a WHERE a.bundle_id = s.bundle_id AND a.rung = 7)"
#define JINDU_STOPPED_COLUMNS                                                                                        \
  "s.bundle_id, s.kind, s.subject, r.rung, r.party, r.at_ms, r.code, CASE WHEN p.number IS NULL THEN 0 ELSE 1 END, " \
  "s.sequence FROM exchange_sent s JOIN exchange_receipt r ON r.bundle_id = s.bundle_id AND r.rung > 7 LEFT JOIN "   \
  "exchange_built b ON b.bundle_id = s.bundle_id LEFT JOIN exchange_payload p ON p.number = b.payload"

constexpr std::string_view kStoppedAbout = "SELECT " JINDU_STOPPED_COLUMNS " WHERE s.subject = $1 AND " JINDU_STOPPED
                                           " ORDER BY s.sequence, r.at_ms, r.rung, r.party";
constexpr std::string_view kStopped =
    "SELECT " JINDU_STOPPED_COLUMNS
    " WHERE s.bundle_id IN (SELECT s.bundle_id FROM exchange_sent s WHERE s.rung > 7 AND s.sequence < $2 "
    "AND " JINDU_STOPPED " ORDER BY s.sequence DESC LIMIT $1) ORDER BY s.sequence DESC, r.at_ms, r.rung, r.party";
// Asked often: without a look at receipts. What was applied after all has no payload here any more.
constexpr std::string_view kNotSentAnew =
    " WHERE s.rung > 7 AND NOT EXISTS (SELECT 1 FROM exchange_sent_anew a WHERE a.bundle_id = s.bundle_id)";
constexpr std::string_view kMaterial = "material";

#undef JINDU_STOPPED
#undef JINDU_STOPPED_COLUMNS

std::vector<Stopped> stopped_in(const std::vector<storage::Row>& rows) {
  std::vector<Stopped> list;
  for (const auto& row : rows) {
    // Several may have told its end: the first did end it.
    if (!list.empty() && list.back().bundle == row.text(0)) continue;
    list.push_back({row.text(0), row.text(1), row.text(2),
                    std::string(to_text(static_cast<jindu::v1::Rung>(row.integer(3)))), row.text(4),
                    from_unix_ms(row.integer(5)), row.text(6), row.integer(7) == 1, row.integer(8)});
  }
  return list;
}

// A material is for the next about its subject that is none, whatever that was sent anew as: where that is not stopped,
// it goes or went without it.
void find_needless(storage::Transaction& t, std::string_view subject, std::vector<Stopped>& all) {
  if (std::none_of(all.begin(), all.end(), [](const Stopped& one) { return one.kind == kMaterial; })) return;
  std::map<std::string, std::string> anew;
  std::map<std::int64_t, std::string> wholes;  // by sequence
  for (const auto& row :
       t.query("SELECT s.sequence, s.bundle_id, a.anew FROM exchange_sent s LEFT JOIN exchange_sent_anew a ON "
               "a.bundle_id = s.bundle_id WHERE s.subject = $1 AND s.kind <> $2",
               {subject, kMaterial})) {
    wholes[row.integer(0)] = row.text(1);
    if (!row.is_null(2)) anew[row.text(1)] = row.text(2);
  }
  for (auto& one : all) {
    const auto next = wholes.upper_bound(one.sequence);
    if (one.kind != kMaterial || next == wholes.end()) continue;
    auto whole = next->second;
    for (auto as = anew.find(whole); as != anew.end(); as = anew.find(whole)) whole = as->second;
    one.needless = std::none_of(all.begin(), all.end(), [&](const Stopped& other) { return other.bundle == whole; });
  }
}

[[noreturn]] void refuse(Fault fault, const char* code, std::string detail) {
  throw ErrorException({fault, code, std::move(detail)});
}

void check(const Asking& asking) {
  if (asking.reason.empty() || asking.reason.size() > kReasonMax)
    throw ErrorException(
        {Fault::invalid, "exchange.reason", "a reason has 1 to " + std::to_string(kReasonMax) + " bytes", "/reason"});
}

[[noreturn]] void refuse_second_time(const std::string& bundle, const std::string& anew) {
  refuse(
      Fault::conflict, "exchange.already_sent_anew",
      bundle + " was sent anew before" + (anew.empty() ? ", and its new bundle is about to be built" : " as " + anew));
}

}  // namespace

std::vector<Stopped> stopped(storage::Transaction& t, std::string_view subject) {
  auto all = stopped_in(t.query(kStoppedAbout, {subject}));
  find_needless(t, subject, all);
  return all;
}

std::set<std::string> can_be_sent_anew(storage::Transaction& t, std::string_view subject) {
  std::set<std::string> kept;
  for (const auto& one : stopped(t, subject))
    if (one.can_be_sent_anew()) kept.insert(one.bundle);
  return kept;
}

std::vector<Stopped> all_stopped(storage::Transaction& t, std::int64_t limit, std::int64_t before) {
  return stopped_in(t.query(kStopped, {limit, before}));
}

std::int64_t number_stopped(storage::Transaction& t) {
  return t.query_one("SELECT COUNT(*) FROM exchange_sent s" + std::string(kNotSentAnew))->integer(0);
}

std::int64_t number_to_send_anew(storage::Transaction& t) {
  return t
      .query_one(
          "SELECT COUNT(*) FROM exchange_sent s JOIN exchange_built b ON b.bundle_id = s.bundle_id JOIN "
          "exchange_payload p ON p.number = b.payload" +
          std::string(kNotSentAnew))
      ->integer(0);
}

std::map<std::string, SentAnew> sent_anew(storage::Transaction& t, std::string_view subject) {
  std::map<std::string, SentAnew> list;
  for (const auto& row :
       t.query("SELECT a.bundle_id, a.anew, a.at_ms, a.who, a.reason FROM exchange_sent s JOIN exchange_sent_anew a ON "
               "a.bundle_id = s.bundle_id WHERE s.subject = $1",
               {subject}))
    list.emplace(row.text(0), SentAnew{row.text(1), from_unix_ms(row.integer(2)), row.text(3), row.text(4)});
  return list;
}

Stopped send_anew(storage::Transaction& t, const std::string& bundle, const Asking& asking, Instant now) {
  check(asking);
  const auto sent = t.query_one(
      "SELECT s.subject, a.anew, (SELECT MAX(CASE WHEN r.rung = 7 THEN 100 ELSE r.rung END) FROM exchange_receipt r "
      "WHERE r.bundle_id = s.bundle_id) FROM exchange_sent s LEFT JOIN exchange_sent_anew a ON a.bundle_id = "
      "s.bundle_id WHERE s.bundle_id = $1",
      {bundle});
  if (!sent) refuse(Fault::not_found, "exchange.bundle_unknown", "this service has sent no bundle " + bundle);
  if (!sent->is_null(1)) refuse_second_time(bundle, sent->text(1));
  const auto rung = sent->is_null(2) ? 0 : sent->integer(2);
  if (rung == 100) refuse(Fault::conflict, "exchange.was_applied", bundle + " has arrived and was applied");
  if (rung <= jindu::v1::RUNG_APPLIED)
    refuse(Fault::conflict, "exchange.not_ended", bundle + " is still on its way, or waits for somebody there");
  const auto all = stopped(t, sent->text(0));
  const auto one = std::find_if(all.begin(), all.end(), [&](const Stopped& s) { return s.bundle == bundle; });
  if (one != all.end() && one->needless)
    refuse(Fault::conflict, "exchange.needless", "what " + bundle + " is for is not stopped, and goes without it");
  const auto built = t.query_one(
      "SELECT bundle, file_key, payload, COALESCE(path, ''), COALESCE(file_offset, 0), COALESCE(file_length, 0) FROM "
      "exchange_built WHERE bundle_id = $1",
      {bundle});
  const auto head =
      built ? head_of_bundle(built->blob(0)) : result<BundleHead>(Error{Fault::not_found, "bundle.unknown", ""});
  if (one == all.end() || !one->kept || !head)
    refuse(Fault::not_found, "exchange.payload_gone", "the payload of " + bundle + " is not kept any more");
  // Only the very payload that was sealed before is sealed again: a file may have changed.
  const auto number = t.query_one(
      "INSERT INTO exchange_outbox (kind, subject, priority, path, file_offset, file_length, at_ms, was_bundle, "
      "was_key, instead_of) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING number",
      {one->kind, one->subject, std::int64_t{head->manifest.priority()}, built->text(3), built->integer(4),
       built->integer(5), to_unix_ms(now), built->blob(0), built->blob(1), bundle});
  t.execute("UPDATE exchange_payload SET number = $2 WHERE number = $1", {built->integer(2), number->integer(0)});
  t.execute("INSERT INTO exchange_sent_anew (bundle_id, anew, at_ms, who, reason) VALUES ($1, '', $2, $3, $4)",
            {bundle, to_unix_ms(now), asking.who, asking.reason});
  forget_bytes(t, bundle);
  return *one;
}

std::vector<Stopped> send_all_anew(storage::Transaction& t, const std::string& subject, const Asking& asking,
                                   Instant now) {
  check(asking);
  auto all = stopped(t, subject);
  // What is not kept any more, or of no use, is no reason to leave the rest where it is.
  const auto goes = std::mem_fn(&Stopped::can_be_sent_anew);
  if (std::any_of(all.begin(), all.end(), goes)) std::erase_if(all, std::not_fn(goes));
  for (const auto& one : all) send_anew(t, one.bundle, asking, now);
  if (!all.empty()) return all;
  if (const auto last = t.query_one(
          "SELECT a.bundle_id, a.anew FROM exchange_sent s JOIN exchange_sent_anew a ON a.bundle_id = s.bundle_id "
          "WHERE s.subject = $1 ORDER BY s.sequence DESC LIMIT 1",
          {subject}))
    refuse_second_time(last->text(0), last->text(1));
  refuse(Fault::conflict, "exchange.nothing_stopped", "nothing about it has ended without being applied");
}

std::vector<std::string> forget_kept(storage::Transaction& t, Instant made_before) {
  std::vector<std::string> gone;
  for (const auto& row :
       t.query("SELECT s.bundle_id FROM exchange_sent s JOIN exchange_built b ON b.bundle_id = s.bundle_id WHERE "
               "s.rung > 7 "
               "AND s.ended = 1 AND s.created_ms < $1 AND b.payload IS NOT NULL ORDER BY s.sequence LIMIT 1000",
               {to_unix_ms(made_before)})) {
    gone.push_back(row.text(0));
    forget_bytes(t, gone.back());
  }
  return gone;
}

}  // namespace jindu::exchange
