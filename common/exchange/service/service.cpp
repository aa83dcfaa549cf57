#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <boost/json/parse.hpp>

#include <charconv>
#include <set>
#include <span>

#include "common/exchange/codec/batch.hpp"
#include "common/exchange/service/exchange.hpp"
#include "common/exchange/service/health.hpp"
#include "common/exchange/service/kept_receipts.hpp"
#include "common/exchange/service/outbox.hpp"
#include "common/exchange/service/sent_anew.hpp"
#include "common/exchange/service/standstill.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/metrics.hpp"
#include "common/runtime/worker.hpp"

namespace jindu::exchange {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kAtOnce{0};
constexpr milliseconds kPollAnswer{40'000};  // longer than the unit holds a poll
constexpr int kDeliveriesAtOnce = 128;
constexpr std::int64_t kHandedOverAtOnce = 256;
constexpr std::size_t kReceiptsAtOnce = 1000;
// Between two looks for receipts, which come one by one: nobody sees so short a time, and many share a commit.
constexpr milliseconds kGathersReceipts{50};
constexpr std::chrono::seconds kReceiptsWait{20}, kReceiptsWaitSoon{1};
constexpr std::int64_t kNumberMax = std::int64_t{1} << 60;  // of receipts
constexpr std::size_t kBytesRemembered = 6 * 1024 * 1024;
constexpr std::size_t kBytesHandedOverAtOnce = 8 * 1024 * 1024;
// So long at most does something that is prepared wait for others to be committed with it.
constexpr milliseconds kHeldTogether{50};
constexpr std::chrono::minutes kForgetsAgain{10};  // between two looks for payloads that are kept no longer
constexpr std::chrono::seconds kCountsAgain{10};   // between two counts of what was stopped

bool tries_again(const Error& error) { return error.fault == Fault::unavailable || error.fault == Fault::internal; }

// Waits longer each time something fails, up to 15 s.
class Backoff {
 public:
  milliseconds failed() {
    const auto pause = pause_;
    pause_ = std::min(pause_ * 2, milliseconds(15'000));
    return pause;
  }
  void worked() { pause_ = milliseconds(200); }

 private:
  milliseconds pause_{200};
};

std::vector<crypto::Certificate> all_of(crypto::Certificate first, std::vector<crypto::Certificate> others) {
  others.insert(others.begin(), std::move(first));
  return others;
}

// Zero where it is none.
std::int64_t sequence_in(std::string_view text) {
  std::int64_t sequence = 0;
  std::from_chars(text.data(), text.data() + text.size(), sequence);
  return sequence;
}

Error not_understood() { return {Fault::unavailable, "exchange.unit_answer", "the unit's answer is not understood"}; }

result<boost::json::object> object_in(BytesView text) {
  boost::system::error_code code;
  auto value = boost::json::parse(text_of(text), code);
  if (code || !value.is_object()) return not_understood();
  return std::move(value.as_object());
}

result<boost::json::array> list_in(const http::Answer& answer, const char* name) {
  auto object = object_in(answer.body);
  if (!object) return object.error();
  auto* list = object->if_contains(name);
  if (list == nullptr || !list->is_array()) return not_understood();
  return std::move(list->as_array());
}

class ServiceImpl final : public Service {
 public:
  ServiceImpl(storage::Database& database, evidence::NodeSigner node, evidence::NodeTrust trust,
              crypto::Certificate peer, ServiceOptions options, std::map<std::string, Receiver> receivers,
              std::function<void(storage::Transaction&, const Progress&)> progress)
      : database_(database),
        node_(std::move(node)),
        trust_(std::move(trust)),
        peer_(options.peer, all_of(std::move(peer), options.rollover.peer_certificates)),
        options_(std::move(options)),
        receivers_(std::move(receivers)),
        progress_(std::move(progress)),
        sending_client_(options_.client),
        fetching_client_(options_.client),
        receipts_client_(options_.client) {}
  ~ServiceImpl() override { stop(); }

  void begin() {
    builder_ = std::make_unique<Worker>("exchange-build", [this] { return build(); });
    sender_ = std::make_unique<Worker>("exchange-send", [this] { return send(); });
    receiver_ = std::make_unique<Worker>("exchange-receive", [this] { return receive(); });
    receipts_ = std::make_unique<Worker>("exchange-receipts", [this] { return follow(); });
    begun_ = true;
    wake(builder_);
    wake(sender_);
  }

  void wake() override { wake(builder_); }

  void stop() override {
    if (stopped_.exchange(true)) return;
    sending_client_.cancel();
    fetching_client_.cancel();
    receipts_client_.cancel();
    // Ended, not taken away: one that still runs may wake another.
    for (auto* worker : {builder_.get(), sender_.get(), receiver_.get(), receipts_.get()})
      if (worker != nullptr) worker->stop();
  }

  result<TransitHealth> health() override {
    TransitHealth health;
    auto ok = database_.read([&](storage::Transaction& t) { health = transit_health(t); });
    if (!ok) return ok.error();
    const auto heard = unit_heard_ms_.load();
    health.unit_reachable = unit_reachable_;
    if (heard != 0) health.unit_last_heard = from_unix_ms(heard);
    for (const auto* one : {&sending_stands_, &building_stands_, &receipts_stand_, &reporting_stands_})
      if (auto trouble = one->trouble()) health.troubles.push_back(std::move(*trouble));
    return health;
  }

  std::optional<Trouble> sending_stopped() const override {
    auto trouble = sending_stands_.trouble();
    return trouble ? trouble : building_stands_.trouble();
  }

 private:
  Instant now() const { return SystemClock().now(); }

  // The first may run before the last is there.
  void wake(const std::unique_ptr<Worker>& worker) {
    if (begun_) worker->wake();
  }

  // Remembers whether the unit answers, and says so in the log when that changes. Gives whether it is back.
  bool unit_answers(const result<void>& answered) {
    const bool reachable = answered.has_value() || answered.error().fault != Fault::unavailable;
    if (reachable) unit_heard_ms_ = to_unix_ms(now());
    if (unit_reachable_.exchange(reachable) == reachable || stopped_) return false;
    if (reachable)
      log::info("exchange.unit_reachable", {{"unit", options_.unit}});
    else
      log::warn("exchange.unit_unreachable", log::of(answered.error()));
    return reachable;
  }

  result<http::Answer> ask(http::Client& client, std::string_view method, const std::string& path, BytesView body = {},
                           milliseconds timeout = milliseconds(60'000)) {
    auto answer = client.send(method, path, body, "application/octet-stream", timeout);
    if (!answer) {
      unit_answers(answer.error());
      return answer.error();
    }
    if (auto ok = answer->succeeded(); !ok) {
      unit_answers(ok);
      return ok.error();
    }
    // What waits for the unit need not wait for the end of the sender's pause.
    if (unit_answers({}) && &client != &sending_client_) wake(sender_);
    return answer;
  }

  // Makes bundles of what waits while those before them are handed over; not many, as what is urgent passes only what
  // is not built yet.
  milliseconds build() {
    if (stopped_) return kAtOnce;
    const auto peer_key = peer_.to_seal_to(trust_, now());
    if (!peer_key) return cannot_build(peer_key.error());
    std::vector<Built> built;
    std::vector<PutAside> changes;
    std::vector<std::string> gone;
    std::int64_t aside = 0;
    const bool forgets = std::chrono::steady_clock::now() >= forgets_again_;
    auto ok = database_.write([&](storage::Transaction& t) {
      built.clear();
      changes.clear();
      gone.clear();
      if (forgets) gone = forget_kept(t, now() - options_.keeps_stopped);
      if (may_build_ahead(t))
        built = build_waiting(t, {node_, options_.peer, *peer_key, options_.expires}, now(), &changes);
      aside = number_aside(t);
    });
    if (!ok) return cannot_build(ok.error());
    building_.worked();
    building_stands_.goes_on();
    for (const auto& one : changes) tell_of(one);
    for (const auto& one : built)
      if (!one.instead_of.empty())
        log::info("exchange.sent_anew", {{"bundle", one.bundle_id}, {"instead_of", one.instead_of}});
    for (const auto& id : gone) log::warn("exchange.payload_forgotten", {{"bundle", id}});
    if (forgets) forgets_again_ = std::chrono::steady_clock::now() + kForgetsAgain;
    count_stopped();
    metrics::gauge("jindu_exchange_put_aside", "Messages that cannot be built and wait for what they are made of")
        .Set(static_cast<double>(aside));
    if (built.empty()) return milliseconds(1'000);  // other processes enqueue too
    fresh_.put(std::move(built));
    wake(sender_);
    return kAtOnce;
  }

  // Not at each look, nor in a commit: what was ever stopped is gone through for it.
  void count_stopped() {
    if (std::chrono::steady_clock::now() < counts_again_) return;
    counts_again_ = std::chrono::steady_clock::now() + kCountsAgain;
    std::int64_t stopped = 0;
    if (!database_.read([&](storage::Transaction& t) { stopped = number_to_send_anew(t); })) return;
    metrics::gauge("jindu_exchange_stopped", "Bundles that ended without being applied, were not sent anew and can be")
        .Set(static_cast<double>(stopped));
  }

  milliseconds cannot_build(const Error& why) {
    building_stands_.stands(why, now());
    return building_.failed();
  }

  static void tell_of(const PutAside& one) {
    log::Fields fields = one.reason ? log::of(*one.reason) : log::Fields{};
    fields["number"] = one.number;
    fields["kind"] = one.kind;
    fields["subject"] = one.subject;
    if (one.reason)
      log::error("exchange.put_aside", fields);
    else
      log::info("exchange.taken_up_again", fields);
  }

  // While the unit is away the pause is kept, whoever enqueues, unless another worker hears the unit: to read, and
  // partly to seal, again and again what it does not get would take the processor from those who enqueue.
  milliseconds send() {
    if (stopped_) return kAtOnce;
    const auto paused = std::chrono::ceil<milliseconds>(sends_again_ - std::chrono::steady_clock::now());
    if (!unit_reachable_ && paused > kAtOnce) return paused;
    std::vector<Built> next;
    auto ok = database_.read([&](storage::Transaction& t) {
      next = next_to_hand_over(t, kHandedOverAtOnce, kBytesHandedOverAtOnce, fresh_);
    });
    if (ok && next.empty()) {
      fresh_.clear();
      sending_stands_.goes_on();
      return milliseconds(1'000);
    }
    if (ok) ok = hand_over(next);
    fresh_.put(std::move(next));
    if (!ok && (ok.error().code == "certificate.revoked" || ok.error().code == "certificate.expired" ||
                ok.error().code == "bundle.signer")) {
      if (const auto anew = sign_anew(); !anew)
        ok = anew.error();
      else if (*anew > 0)
        return kAtOnce;
    }
    if (!ok && ok.error().code == "bundle.gap" && hand_over_from(sequence_in(ok.error().field))) return kAtOnce;
    if (!ok && lacks_bytes(ok.error().code) && free_from_unreadable(ok.error())) return kAtOnce;
    if (!ok) {
      // The unit says that this cannot follow, or its bytes are not here and may come back: it has its place in the
      // channel, and nothing may be skipped here.
      if (!stopped_) sending_stands_.stands(ok.error(), now());
      const auto pause = sending_.failed();
      sends_again_ = std::chrono::steady_clock::now() + pause;
      return pause;
    }
    sending_.worked();
    sending_stands_.goes_on();
    wake(builder_);
    return kAtOnce;
  }

  // Whether what stands behind a bundle that cannot be read was freed of it: long enough after the unit was heard for
  // the first time since, and as it says by now what it has. By a clock that does not jump: nothing is to be on its way
  // to the unit. (One whose disk stands still for longer, and yet answers, would tell of a fork.)
  bool free_from_unreadable(const Error& error) {
    if (!is_unreadable()) {
      const std::lock_guard lock(unit_has_mutex_);
      unit_has_ = {};
      first_heard_.reset();
    }
    std::optional<Taken> taken;
    {
      const std::lock_guard lock(unit_has_mutex_);
      if (first_heard_ && std::chrono::steady_clock::now() - *first_heard_ >= options_.gives_up_place)
        taken = unit_has_;
    }
    if (!taken) return false;
    Freed freed;
    auto ok = database_.write(
        [&](storage::Transaction& t) { freed = free_channel(t, channel_of(node_.name, options_.peer), *taken); });
    if (!ok || freed.handed_over + freed.taken_back == 0) return false;
    log::warn("exchange.channel_freed", {{"code", error.code},
                                         {"detail", error.detail},
                                         {"taken_back", freed.taken_back},
                                         {"handed_over", freed.handed_over}});
    fresh_.clear();
    wake(builder_);
    return true;
  }

  static bool lacks_bytes(std::string_view code) {
    return code == "exchange.file_missing" || code == "exchange.payload_changed" || code == "exchange.payload_missing";
  }

  // Whether sending stands still before a bundle whose bytes are not here.
  bool is_unreadable() const {
    const auto trouble = sending_stands_.trouble();
    return trouble && lacks_bytes(trouble->code);
  }

  // The unit did not take it, because of a key that we have replaced since: it and those behind it are signed anew.
  result<int> sign_anew() {
    const auto peer_key = peer_.to_seal_to(trust_, now());
    if (!peer_key) return peer_key.error();
    int number = 0;
    auto ok = database_.write([&](storage::Transaction& t) {
      number = sign_waiting_anew(t, {node_, options_.peer, *peer_key, options_.expires});
    });
    if (!ok) return ok.error();
    if (number > 0) log::warn("exchange.signed_anew", {{"bundles", number}});
    return number;
  }

  // The unit has forgotten what it had taken: it gets again, from the sequence that it wants on, what is still here.
  bool hand_over_from(std::int64_t from) {
    std::int64_t number = 0;
    if (from <= 0) return false;
    auto ok = database_.write([&](storage::Transaction& t) { number = hand_over_again(t, from); });
    if (!ok || number == 0) return false;
    log::warn("exchange.handed_over_again", {{"from", from}, {"bundles", number}});
    return true;
  }

  // Gives the unit the bundles in their order; those that it has taken are out of our hands, and out of `next`, when
  // this returns.
  result<void> hand_over(std::vector<Built>& next) {
    const auto batch = batch_of(next, [](const Built& one) { return BytesView(one.bundle); });
    auto answer = ask(sending_client_, "PUT", "/unit/v1/bundles", batch);
    if (!answer) return answer.error();
    auto list = open_receipts(answer->body, trust_);
    if (!list) return not_understood();
    if (list->empty() || list->size() > next.size())
      return Error{Fault::unavailable, "exchange.unit_answer", "the unit's answer does not fit what it was given"};
    std::map<std::string, SignedReceipt> by_bundle;
    for (auto& receipt : *list) {
      // Under a code of its own: the unit has taken what this is about, which must not be signed anew.
      if (!receipt)
        return Error{
            Fault::unavailable, "exchange.unit_receipt",
            "the unit's receipt is not believed: " + receipt.error().detail + " [" + receipt.error().code + "]"};
      auto id = to_text(receipt->receipt.bundle);
      by_bundle.emplace(std::move(id), std::move(*receipt));
    }
    std::vector<SignedReceipt> receipts;
    for (std::size_t i = 0; i < list->size(); ++i) {
      const auto found = by_bundle.find(next[i].bundle_id);
      if (found == by_bundle.end())
        return Error{Fault::integrity, "exchange.unit_answer", "a receipt is about another bundle"};
      receipts.push_back(std::move(found->second));
    }
    auto ok = database_.write([&](storage::Transaction& t) {
      std::optional<Instant> other_side;
      for (std::size_t i = 0; i < receipts.size(); ++i) {
        record(t, receipts[i], other_side);
        mark_handed_over(t, next[i].bundle_id);
      }
      if (other_side) other_side_heard(t, *other_side);
    });
    if (!ok) return ok;
    next.erase(next.begin(), next.begin() + static_cast<std::ptrdiff_t>(receipts.size()));
    metrics::counter("jindu_exchange_sent_total", "Bundles handed to the unit")
        .Increment(static_cast<double>(receipts.size()));
    return {};
  }

  static bool has_arrived(std::int64_t rung) {
    return rung >= jindu::v1::RUNG_CARRIED && rung <= jindu::v1::RUNG_APPLIED;
  }

  // A new rung of something we sent. Repeated receipts change nothing. `other_side`: when it was last heard of.
  void record(storage::Transaction& t, const SignedReceipt& told, std::optional<Instant>& other_side) {
    const auto& receipt = told.receipt;
    const auto id = to_text(receipt.bundle);
    auto* const sent = find_sent(t, id);
    if (sent == nullptr || text_of(sent->manifest_digest) != text_of(receipt.manifest_digest))
      return;  // about something that is not ours
    if (receipt.rung == jindu::v1::RUNG_APPLIED && receipt.party != options_.peer)
      return;  // only the destination can say so
    // Looked for first: what it was signed together with would be written for nothing.
    if (t.query_one("SELECT 1 FROM exchange_receipt WHERE bundle_id = $1 AND rung = $2 AND party = $3",
                    {id, std::int64_t{receipt.rung}, receipt.party}))
      return;
    const auto kept = kept_receipt(t, told.bytes);
    t.execute(
        "INSERT INTO exchange_receipt (bundle_id, rung, party, at_ms, code, receipt, certificate, together, place) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        {id, std::int64_t{receipt.rung}, receipt.party, to_unix_ms(receipt.at), receipt.code, kept.bytes,
         kept.certificate, kept.together, kept.place});
    if (receipt.party != options_.unit) other_side = std::max(other_side, std::optional(receipt.at));
    const auto before = sent->rung;
    if (!sent->ended && receipt.rung > before) {
      sent->rung = receipt.rung;
      sent->ended = is_final(receipt.rung);
      sent->code = receipt.code;
    }
    // The other side has it, or our own unit has ended it, whether or not the unit's answer came back.
    if (receipt.rung == jindu::v1::RUNG_APPLIED)
      mark_applied(t, id);
    else if (receipt.rung >= jindu::v1::RUNG_CARRIED && !has_arrived(before))
      mark_handed_over(t, id);
    if (progress_) progress_(t, Progress{sent->kind, sent->subject, receipt});
  }

  // A restored unit asks what it had said itself of bundles that it has forgotten; it goes on when it has been told.
  result<void> remind(const boost::json::object& answer) {
    const auto* asked = answer.if_contains("forgotten");
    if (asked == nullptr || !asked->is_object()) return {};
    const auto* after = asked->as_object().if_contains("after");
    const auto* open = asked->as_object().if_contains("open");
    if (after == nullptr || !after->is_int64() || open == nullptr || !open->is_array())
      return Error{Fault::unavailable, "exchange.unit_answer", "the unit's answer is not understood"};
    std::set<std::int64_t> sequences;
    for (const auto& one : open->as_array())
      if (one.is_int64()) sequences.insert(one.as_int64());
    std::optional<std::int64_t> behind = 0;
    while (behind) {
      Memories part;
      auto ok = database_.read([&](storage::Transaction& t) {
        part = remembered_for(t, options_.unit, after->as_int64(), sequences, *behind, kBytesRemembered);
      });
      if (!ok) return ok;
      behind = part.behind;
      auto told = ask(receipts_client_, "POST", behind ? "/unit/v1/remembered?more=1" : "/unit/v1/remembered",
                      batch_of(part.list));
      if (!told) return told.error();
      log::warn("exchange.unit_reminded", {{"bundles", part.list.size()}});
    }
    return {};
  }

  // Without the digest by an older unit.
  static std::optional<Taken> taken_up_to(const boost::json::object& answer) {
    const auto* taken = answer.if_contains("taken_up_to");
    if (taken == nullptr || !taken->is_int64()) return {};
    const auto* newest = answer.if_contains("taken_newest");
    auto digest = newest != nullptr && newest->is_string() ? from_hex(newest->as_string()) : result<Bytes>(Bytes{});
    if (!digest) return {};
    return Taken{taken->as_int64(), std::move(*digest)};
  }

  // Up to where receipts have come: the number of the last one and the digest of its bytes.
  struct Position {
    std::int64_t number = 0;
    Bytes newest = {};
  };

  // Of the last of the receipts that come with it; nothing where there are none.
  static std::optional<Position> newest_in(const boost::json::object& answer) {
    const auto* number = answer.if_contains("number");
    const auto* newest = answer.if_contains("newest");
    if (number == nullptr || !number->is_int64() || newest == nullptr || !newest->is_string()) return {};
    auto digest = from_hex(newest->as_string());
    if (!digest) return {};
    return Position{number->as_int64(), std::move(*digest)};
  }

  // Whether a receipt may be good and only what it is verified with is lacking here, such as a new revocation list or
  // issuer. What is false, revoked or malformed stays so.
  static bool may_be_verified_later(const Error& error) {
    return error.fault == Fault::unavailable || error.code == "certificate.unknown_issuer";
  }

  // A receipt that cannot be verified yet is not passed: the cursor stays before the batch that has it, which is asked
  // for again, also after a restart. Meanwhile others behind it are followed from `ahead_`.
  milliseconds follow() {
    if (stopped_) return kAtOnce;
    std::int64_t handed_over = 0, delivered = 0;
    Position cursor;
    auto ok = database_.read([&](storage::Transaction& t) {
      if (const auto row = t.query_one("SELECT value, secret FROM exchange_state WHERE name = 'receipts-cursor'")) {
        cursor = {row->integer(0), row->blob(1)};
      }
      const auto row = t.query_one("SELECT value FROM exchange_state WHERE name = 'delivered'");
      delivered = row ? row->integer(0) : 0;
      handed_over = handed_over_up_to(t);
    });
    if (!ok) return following_.failed();
    const auto again_in = std::chrono::ceil<std::chrono::seconds>(verifies_again_ - std::chrono::steady_clock::now());
    const bool ahead = ahead_ && again_in.count() > 0;
    const auto at = ahead ? *ahead_ : cursor;
    // Where sending stands still, up to where the unit has our channel is wanted soon.
    const auto most = is_unreadable() ? kReceiptsWaitSoon : kReceiptsWait;
    const auto wait = ahead ? std::min(again_in, most) : most;
    // What it has of us shows the unit whether it has forgotten something.
    auto answer =
        ask(receipts_client_, "GET",
            "/unit/v1/receipts?limit=" + std::to_string(kReceiptsAtOnce) + "&wait=" + std::to_string(wait.count()) +
                "&after=" + std::to_string(at.number) + "&channel=" + node_.name + "%3E" + options_.peer +
                "&handed_over=" + std::to_string(handed_over) + "&delivered=" + std::to_string(delivered) +
                "&newest=" + to_hex(at.newest),
            {}, kPollAnswer);
    if (!answer) return following_.failed();
    const auto parts = parts_of_batch(answer->body);
    const auto told =
        !parts || parts->empty() ? result<boost::json::object>(not_understood()) : object_in(parts->back());
    if (!told) return following_.failed();
    const auto taken = taken_up_to(*told);
    if (taken && is_unreadable()) {
      const std::lock_guard lock(unit_has_mutex_);
      unit_has_ = taken;
      if (!first_heard_) first_heard_ = std::chrono::steady_clock::now();
    }
    if (taken && taken->sequence < handed_over && hand_over_from(taken->sequence + 1)) wake(sender_);
    // What our unit's disk has damaged, and the other side does not have yet, is here.
    const auto* again = told->if_contains("again_from");
    if (again != nullptr && again->is_int64() && hand_over_from(again->as_int64())) wake(sender_);
    if (auto ok_told = remind(*told); !ok_told) return following_.failed();
    if (parts->size() == 1) {
      if (!ahead) nothing_lacks();
      return kAtOnce;
    }
    const auto last = newest_in(*told);
    auto list = open_receipts(parts->front(), trust_);
    if (!list || !last || parts->size() != 2 || last->number > kNumberMax) return following_.failed();
    std::optional<Error> lacking;
    std::vector<Error> bad;
    for (const auto& receipt : *list) {
      if (receipt) continue;
      if (may_be_verified_later(receipt.error()))
        lacking = receipt.error();
      else
        bad.push_back(receipt.error());
    }
    // Not each time that the same come again.
    if (ahead || bad.size() > bad_told_)
      for (const auto& one : bad) log::error("exchange.bad_receipt", log::of(one));
    if (!ahead) bad_told_ = lacking ? bad.size() : 0;
    ok = database_.write([&](storage::Transaction& t) {
      std::optional<Instant> other_side;
      for (const auto& receipt : *list)
        if (receipt) record(t, *receipt, other_side);
      if (other_side) other_side_heard(t, *other_side);
      if (lacking || ahead || last->number <= cursor.number) return;
      const std::vector<storage::Value> to{last->number, last->newest};
      if (t.execute("UPDATE exchange_state SET value = $1, secret = $2 WHERE name = 'receipts-cursor'", to) == 0)
        t.execute("INSERT INTO exchange_state (name, value, secret) VALUES ('receipts-cursor', $1, $2)", to);
    });
    if (!ok) {
      log::error("exchange.receipts_failed", log::of(ok.error()));
      return following_.failed();
    }
    following_.worked();
    if (!ahead && lacking) {
      receipts_stand_.stands(*lacking, now());
      verifies_again_ = std::chrono::steady_clock::now() + verifying_.failed();
    }
    const bool passes = ahead_ && last->number >= ahead_->number;
    if (ahead || lacking) {
      if (!ahead_ || passes) ahead_ = *last;
    } else {
      verifying_.worked();
      if (!ahead_ || passes) nothing_lacks();
    }
    return list->size() < kReceiptsAtOnce ? kGathersReceipts : kAtOnce;
  }

  void nothing_lacks() {
    ahead_.reset();
    receipts_stand_.goes_on();
  }

  milliseconds receive() {
    if (stopped_) return kAtOnce;
    parked_.clear();
    troubled_ = false;
    std::uint64_t after = 0;
    bool first = true, anything = false;
    for (;;) {
      auto answer = ask(fetching_client_, "GET",
                        "/unit/v1/deliveries?limit=" + std::to_string(kDeliveriesAtOnce) +
                            "&after=" + std::to_string(after) + (first ? "&wait=20" : "&wait=0"),
                        {}, kPollAnswer);
      first = false;
      if (!answer) {
        if (!tries_again(answer.error())) log::error("exchange.unit_refuses", log::of(answer.error()));
        return receiving_.failed();
      }
      auto deliveries = deliveries_in(answer->body);
      if (!deliveries) {
        log::error("exchange.bad_delivery", log::of(deliveries.error()));
        return receiving_.failed();
      }
      if (deliveries->empty()) break;
      after = deliveries->back().number;
      const auto concluded = take(*deliveries);
      if (!concluded) return receiving_.failed();
      anything = anything || *concluded;
    }
    // Whatever our unit did not take would have come again with its delivery.
    if (!troubled_) reporting_stands_.goes_on();
    if ((!parked_.empty() && !anything) || troubled_) return receiving_.failed();
    receiving_.worked();
    return kAtOnce;
  }

  struct Delivery {
    std::uint64_t number;
    BundleView view;
  };
  // Views point into `batch`.
  static result<std::vector<Delivery>> deliveries_in(BytesView batch) {
    auto parts = parts_of_batch(batch);
    if (!parts) return parts.error();
    std::vector<Delivery> list;
    for (const auto part : *parts) {
      const auto entry = numbered(part);
      if (!entry) return entry.error();
      auto view = parse_bundle(entry->bytes);
      if (!view) return view.error();
      list.push_back({entry->number, std::move(*view)});
    }
    return list;
  }

  // One that is to be concluded: applied with its effects, or refused.
  struct Conclusion {
    std::uint64_t number;  // of its delivery
    BundleView view;
    result<Effects> effects;
    Receipt receipt;
    ReceiptBytes signed_receipt;
    bool applied() const { return receipt.rung == jindu::v1::RUNG_APPLIED; }
  };

  // Concludes what can be, in commits of several about different subjects, and tells the unit. Gives whether there was
  // any; an Error means that the unit does not know yet: all of it comes again.
  result<bool> take(const std::vector<Delivery>& deliveries) {
    std::vector<ReceiptBytes> receipts;
    std::vector<Conclusion> together;
    std::set<std::string> subjects;
    auto began = std::chrono::steady_clock::now();
    const auto commit_those = [&] {
      conclude(together, receipts);
      together.clear();
      subjects.clear();
      began = std::chrono::steady_clock::now();
    };
    std::map<std::string, ReceiptBytes> known;
    if (auto ok = database_.read([&](storage::Transaction& t) {
          known.clear();
          for (const auto& one : deliveries)
            if (auto row =
                    t.query_one("SELECT receipt, certificate, together, place FROM exchange_inbox WHERE bundle_id = $1",
                                {to_text(one.view.id)}))
              known.emplace(to_text(one.view.id), receipt_in(t, *row, 0));
        });
        !ok)
      return ok.error();
    for (const auto& one : deliveries) {
      if (stopped_) break;
      if (const auto before = known.find(to_text(one.view.id)); before != known.end()) {
        receipts.push_back(before->second);
        continue;
      }
      const auto& subject = one.view.manifest.subject();
      // The next about a subject may need to see what the one before it did.
      if (subjects.contains(subject)) commit_those();
      if (parked_.contains(subject)) continue;
      auto effects = prepare(one.view);
      if (!effects && tries_again(effects.error())) {
        log::warn("exchange.apply_later", log::of(effects.error()));
        parked_.insert(subject);
        continue;
      }
      together.push_back({one.number, one.view, std::move(effects), {}, {}});
      subjects.insert(subject);
      if (std::chrono::steady_clock::now() - began > kHeldTogether) commit_those();
    }
    commit_those();
    if (receipts.empty()) return false;
    auto taken = report(receipts);
    if (!taken) return taken.error();
    return *taken > 0;
  }

  // A certificate or a key that is not here yet can be put right as long as the bundle has not expired; what is revoked
  // stays so.
  Error perhaps_later(Error error, const BundleId& id, const jindu::v1::BundleManifest& m) const {
    static const std::set<std::string_view> lacking{"bundle.signer", "certificate.not_yet_valid",
                                                    "certificate.crl_missing", "certificate.expired",
                                                    "seal.not_a_recipient"};
    if (!lacking.contains(error.code) || to_unix_ms(now()) >= m.expires_ms()) return error;
    error.fault = Fault::unavailable;
    error.detail += "; bundle " + to_text(id) + " waits until the configuration has what it needs";
    return error;
  }

  result<Effects> prepare(const BundleView& view) {
    const auto& m = view.manifest;
    if (m.to() != node_.name || m.from() != options_.peer)
      return Error{Fault::forbidden, "exchange.misdelivered",
                   "this bundle is for another node or from one we do not know"};
    const auto signer = peer_.signed_with(m.signer_key_id(), trust_, now());
    if (!signer) return perhaps_later(signer.error(), view.id, m);
    if (auto ok = verify_bundle(view, *signer, *trust_.held); !ok) return ok.error();
    const auto receiver = receivers_.find(m.kind());
    if (receiver == receivers_.end())
      return Error{Fault::unsupported, "exchange.unknown_kind", "nothing here takes '" + m.kind() + "'"};
    auto payload = open_with_any(view, node_.key, options_.rollover.other_keys, trust_, now());
    if (!payload) return perhaps_later(payload.error(), view.id, m);
    return receiver->second(Incoming{view.id, m.from(), m.kind(), from_unix_ms(m.created_ms()), std::move(*payload),
                                     to_hex(bytes_of(m.subject()))});
  }

  void tell_of(Conclusion& one) {
    one.receipt = {one.view.id, one.view.manifest_digest, jindu::v1::RUNG_APPLIED, node_.name, now(), {}, {}};
    if (!one.effects) {
      one.receipt.rung = jindu::v1::RUNG_REFUSED;
      one.receipt.code = one.effects.error().code;
      one.receipt.detail = one.effects.error().detail;
      log::error("exchange.refused", log::of(one.effects.error()));
    }
  }

  void sign(std::span<Conclusion> together) {
    std::vector<Receipt> receipts;
    for (auto& one : together) {
      tell_of(one);
      receipts.push_back(one.receipt);
    }
    auto made = sign_receipts_as_one(receipts, node_);
    for (std::size_t i = 0; i < together.size(); ++i) together[i].signed_receipt = std::move(made[i]);
  }

  // In the caller's transaction: the inbox row and the effects.
  void settle(storage::Transaction& t, const Conclusion& one) {
    const auto& m = one.view.manifest;
    if (t.query_one("SELECT 1 FROM exchange_inbox WHERE bundle_id = $1", {to_text(one.view.id)})) return;
    const std::string subject = to_hex(bytes_of(m.subject()));
    const auto row =
        t.query_one("SELECT sequence FROM exchange_subject WHERE direction = 'in' AND subject = $1", {subject});
    const std::int64_t last = row ? row->integer(0) : 0, mine = static_cast<std::int64_t>(m.subject_sequence());
    // One that the units refused on the way leaves a hole; what stands behind it must still come. Going back is a
    // replay, or the word of operators of a unit that has forgotten what they had said: it is refused, and its sender
    // hears so.
    if (mine <= last && one.applied())
      throw ErrorException(
          {Fault::conflict, "exchange.out_of_order", "a later one about the same subject was applied before"});
    if (mine > last)
      t.execute(
          "INSERT INTO exchange_subject (direction, subject, sequence) VALUES ('in', $1, $2) ON CONFLICT (direction, "
          "subject) DO UPDATE SET sequence = $2",
          {subject, mine});
    const auto kept = kept_receipt(t, one.signed_receipt);
    t.execute(
        "INSERT INTO exchange_inbox (bundle_id, kind, sender, at_ms, outcome, receipt, certificate, together, place, "
        "subject) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        {to_text(one.view.id), m.kind(), m.from(), to_unix_ms(one.receipt.at), one.applied() ? "applied" : "refused",
         kept.bytes, kept.certificate, kept.together, kept.place, subject});
    if (one.applied()) (*one.effects)(t);
  }

  // The newest delivery that was concluded here: a unit that has not given out as many has forgotten something.
  static void remember_delivered(storage::Transaction& t, std::span<const Conclusion> together) {
    std::uint64_t newest = 0;
    for (const auto& one : together) newest = std::max(newest, one.number);
    t.execute(
        "INSERT INTO exchange_state (name, value, secret) VALUES ('delivered', $1, $2) ON CONFLICT (name) DO UPDATE "
        "SET "
        "value = CASE WHEN exchange_state.value < $1 THEN $1 ELSE exchange_state.value END",
        {static_cast<std::int64_t>(newest), Bytes{}});
  }

  // All in one commit; where that cannot be, each by itself, so that one which says no does not touch the others.
  void conclude(std::vector<Conclusion>& together, std::vector<ReceiptBytes>& receipts) {
    if (together.empty()) return;
    sign(together);
    const auto committed = database_.write([&](storage::Transaction& t) {
      for (const auto& one : together) settle(t, one);
      remember_delivered(t, together);
    });
    for (auto& one : together) {
      if (!committed && !conclude_alone(one)) continue;
      metrics::counter("jindu_exchange_received_total", "Bundles that ended here",
                       {{"outcome", std::string(to_text(one.receipt.rung))}})
          .Increment();
      receipts.push_back(std::move(one.signed_receipt));
    }
    wake(builder_);  // effects often have an answer
  }

  // Signed by itself, as what it was signed together with is not committed.
  bool conclude_alone(Conclusion& one) {
    sign({&one, 1});
    const auto commit = [&] {
      return database_.write([&](storage::Transaction& t) {
        settle(t, one);
        remember_delivered(t, {&one, 1});
      });
    };
    auto committed = commit();
    if (!committed && !tries_again(committed.error())) {
      // The effects themselves say no for good.
      one.effects = committed.error();
      sign({&one, 1});
      committed = commit();
    }
    if (committed) return true;
    log::warn("exchange.apply_later", log::of(committed.error()));
    parked_.insert(one.view.manifest.subject());
    return false;
  }

  // Gives how many the unit took. One that it did not take comes again with its delivery.
  result<std::size_t> report(const std::vector<ReceiptBytes>& receipts) {
    auto answer = ask(fetching_client_, "POST", "/unit/v1/receipts", encode_receipts(receipts));
    if (!answer) return answer.error();
    auto refused = list_in(*answer, "refused");
    if (!refused) return refused.error();
    if (!refused->empty()) {
      troubled_ = true;
      const auto* first = refused->front().if_object();
      const auto* code = first != nullptr ? first->if_contains("code") : nullptr;
      reporting_stands_.stands(
          {Fault::conflict, code != nullptr && code->is_string() ? std::string(code->as_string()) : "",
           "our unit does not take " + std::to_string(refused->size()) + " of our receipts"},
          now());
    }
    return receipts.size() - std::min(receipts.size(), refused->size());
  }

  storage::Database& database_;
  evidence::NodeSigner node_;
  evidence::NodeTrust trust_;
  KnownNode peer_;
  ServiceOptions options_;
  std::map<std::string, Receiver> receivers_;
  std::function<void(storage::Transaction&, const Progress&)> progress_;
  http::Client sending_client_, fetching_client_, receipts_client_;
  FreshlyBuilt fresh_;
  std::mutex unit_has_mutex_;  // of what the unit has said while something could not be read
  std::optional<Taken> unit_has_;
  std::optional<std::chrono::steady_clock::time_point> first_heard_;
  Backoff building_, sending_, receiving_, following_, verifying_;
  Standstill building_stands_{"building"}, sending_stands_{"sending"}, receipts_stand_{"receipts"},
      reporting_stands_{"reporting"};
  std::chrono::steady_clock::time_point sends_again_{};                     // of the sending worker alone
  std::chrono::steady_clock::time_point forgets_again_{}, counts_again_{};  // of the building worker alone
  std::set<std::string> parked_;  // subjects whose next bundle cannot be applied now; of the receiving worker alone
  bool troubled_ = false;         // a receipt was not taken in this round
  // Of the worker that follows receipts alone.
  std::optional<Position> ahead_;  // beyond the cursor, where one before it cannot be verified yet
  std::chrono::steady_clock::time_point verifies_again_{};
  std::size_t bad_told_ = 0;  // of the batch at the cursor
  std::atomic<bool> begun_ = false, stopped_ = false, unit_reachable_ = false;
  std::atomic<std::int64_t> unit_heard_ms_ = 0;
  std::unique_ptr<Worker> builder_, sender_, receiver_, receipts_;
};

}  // namespace

result<std::unique_ptr<Service>> Service::start(storage::Database& database, evidence::NodeSigner node,
                                                evidence::NodeTrust trust, crypto::Certificate peer_certificate,
                                                ServiceOptions options, std::map<std::string, Receiver> receivers,
                                                std::function<void(storage::Transaction&, const Progress&)> progress) {
  if (auto ok = database.migrate("exchange", service_migrations()); !ok) return ok.error();
  if (auto ok = database.write([&](storage::Transaction& t) { look_back_for_other_side(t, options.unit); }); !ok)
    return ok.error();
  auto service = std::make_unique<ServiceImpl>(database, std::move(node), std::move(trust), std::move(peer_certificate),
                                               std::move(options), std::move(receivers), std::move(progress));
  service->begin();
  return std::unique_ptr<Service>(std::move(service));
}

}  // namespace jindu::exchange
