// What the unit does by itself from time to time.
#include <prometheus/gauge.h>

#include "exchange-gateway/unit/log_witness.hpp"
#include "exchange-gateway/unit/parts.hpp"

namespace jindu::gateway {
namespace {

constexpr std::int64_t kAtOnce = 200;
constexpr int kPagesAtOnce = 20;
constexpr std::chrono::hours kControlKept{24 * 7};
constexpr std::chrono::hours kLogChecked{1};
constexpr std::chrono::hours kDamageShown{24}, kFailureShown{1};

}  // namespace

result<void> Unit::expire() {
  bool any = false;
  auto ok = journal_.write([&](storage::Transaction& t) {
    if (store::open_restoration(t).recovery() != store::Recovery::none) return;
    ReceiptBook book(t, signer_, now());
    for (const auto& found :
         store::out_of_time(t, to_unix_ms(now()), kAtOnce, not_yet_expiring(t), forgotten_before_ms(t))) {
      // One before it in this list may have given it its turn.
      auto e = store::find(t, found.id).value();
      const bool fetched = store::has_receipt(t, e.id, e.manifest_digest, jindu::v1::RUNG_DELIVERED, signer_.name);
      if (!may_expire({e.state, e.outward, e.offered, fetched})) continue;
      const bool turn_was_over = e.state == State::ready;
      book.add(e, jindu::v1::RUNG_EXPIRED, "policy.expired", "", {e.outward, true});
      store::end(t, e, "policy.expired", to_unix_ms(now()));
      if (!e.outward && !turn_was_over) promote_if_next(t, e);
      log::warn("unit.expired", {{"bundle", e.id}, {"kind", kind_label(options_.policy, e.kind)}});
      any = true;
    }
    book.keep();
  });
  if (any) {
    for_service_.tell();
    for_carrier_.tell();
  }
  return ok;
}

// "Expired" is said after all else: where people are to be warned, they were, and again.
std::vector<store::StoredAfter> Unit::not_yet_expiring(storage::Transaction& t) const {
  std::vector<store::StoredAfter> list;
  for (const auto& contact : options_.contacts)
    list.push_back(
        {contact.channel,
         warned_enough_up_to(contact, store::warned_ms(t, contact.channel, to_unix_ms(now()), kWarningsBeforeExpiry))});
  return list;
}

// What does not wait here any more, since it has ended or never was ours, nobody brings again.
result<void> Unit::forget_away() {
  std::vector<std::string> ids;
  {
    const std::lock_guard lock(away_mutex_);
    for (const auto& one : away_) ids.push_back(one.first);
  }
  auto ok = journal_.read([&](storage::Transaction& t) {
    std::erase_if(ids, [&](const std::string& id) {
      const auto entry = store::outline(t, id);
      return entry && entry->outward && entry->state == State::waiting;
    });
  });
  if (!ok) return ok;
  const std::lock_guard lock(away_mutex_);
  for (const auto& id : ids) away_.erase(id);
  return {};
}

result<void> Unit::sweep() {
  if (auto ok = forget_away(); !ok) return ok;
  const auto finished = now() - options_.keep_finished;
  if (auto ok = files_.sweep(options_.keep_finished, now()); !ok) return ok;
  const auto before = store::sweep_bound(byte_rounds_, finished);
  std::string after;
  for (int page = 0; page < kPagesAtOnce; ++page) {
    auto ok = journal_.write([&](storage::Transaction& t) {
      after = store::remove_bytes(t, bytes_swept_up_to_, before, to_unix_ms(finished));
    });
    if (!ok) return ok;
    bytes_swept_up_to_ = after;
    if (!after.empty()) continue;
    ++byte_rounds_;
    break;
  }
  return journal_.write([&](storage::Transaction& t) {
    // Control bundles say nothing that the receipts in them do not say; the channel's head keeps the chain. By the time
    // they were stored, of which there is an index: all of the last week would be read each time.
    t.execute(
        "DELETE FROM bundle WHERE kind = 'receipts' AND state = 'ended' AND ended_ms > 0 AND ended_ms <= $1 AND "
        "stored_ms <= $1",
        {std::min(to_unix_ms(finished), to_unix_ms(now() - kControlKept))});
  });
}

void Unit::measure() {
  std::map<std::string, double> places;
  double quarantined = 0, heard = 0, oldest = 0, damaged = 0;
  std::map<std::string, double> alarms_by_level{{"yellow", 0}, {"red", 0}};
  std::vector<Alarm> raised;
  auto ok = journal_.read([&](storage::Transaction& t) {
    places = {{"waiting", 0}, {"carried", 0}, {"ready", 0}, {"early", 0}, {"held", 0}};
    for (const auto& one : store::tallies(t))
      if (places.contains(one.place)) places[one.place] += static_cast<double>(one.bundles);
    quarantined = static_cast<double>(store::quarantined_count(t));
    heard = static_cast<double>(store::state_value(t, "peer_heard_ms")) / 1000;
    oldest = static_cast<double>(store::oldest_ms(t, State::waiting).value_or(to_unix_ms(now())));
    raised = alarms(t);
    damaged = static_cast<double>(damaged_voyages(t).size());
    if (to_unix_ms(now()) - log_checked_ms_ >= std::chrono::milliseconds(kLogChecked).count()) {
      log_whole_ = store::acts_hold(t) && !weigh_own_log(t, options_.name).contradicting;
      log_checked_ms_ = to_unix_ms(now());
    }
  });
  metrics::gauge("jindu_gateway_disk_free_bytes", "Free bytes where the journal is")
      .Set(static_cast<double>(free_bytes()));
  {
    const std::lock_guard lock(away_mutex_);
    metrics::gauge("jindu_gateway_under_way", "Bundles that a link has under way, or tries again later")
        .Set(static_cast<double>(away_.size()));
  }
  const auto alarm = [](const std::string& code, double number) {
    metrics::gauge("jindu_gateway_alarm", "How often an alarm is raised now", {{"code", code}}).Set(number);
  };
  if (!ok) {
    // All else stays as it was read last. A journal that gives no answer is the one thing that must be told without it.
    log::error("unit.not_measured", log::of(ok.error()));
    if (journal_.damaged()) alarm("alarm.journal_damaged", 1);
    return;
  }
  const auto bundles = [](const std::string& state, double value) {
    metrics::gauge("jindu_gateway_bundles", "Bundles in the journal that have not ended", {{"state", state}})
        .Set(value);
  };
  for (const auto& [name, value] : places) bundles(name, value);
  bundles("quarantined", quarantined);
  metrics::gauge("jindu_gateway_voyages_damaged",
                 "Voyages of the last day that were refused, or of which not all could be taken, up to 100")
      .Set(damaged);
  for (const auto& one : raised) alarms_by_level[one.level == Level::red ? "red" : "yellow"] += 1;
  for (const auto& [level, number] : alarms_by_level)
    metrics::gauge("jindu_gateway_alarms", "Alarms that are raised now", {{"level", level}}).Set(number);
  for (const auto* code : {"alarm.oldest_waiting",
                           "alarm.oldest_ready",
                           "alarm.other_side_silent",
                           "alarm.held",
                           "alarm.quarantined",
                           "alarm.disk_low",
                           "alarm.disk_full",
                           "alarm.certificate_expires",
                           "alarm.certificate_expired",
                           "alarm.clock_skew",
                           "alarm.reconciliation_differs",
                           "alarm.channel_stopped",
                           "alarm.restored",
                           "alarm.voyage_damaged",
                           "alarm.not_taken",
                           "alarm.not_taken_full",
                           "alarm.log_broken",
                           "alarm.journal_damaged",
                           "alarm.bytes_missing",
                           "alarm.mail_failing",
                           "alarm.mail_refused",
                           "alarm.gap",
                           "alarm.crl_expires",
                           "alarm.crl_expired",
                           "alarm.carrier_failing",
                           "alarm.receipts_unverified"}) {
    const auto number = std::count_if(raised.begin(), raised.end(), [&](const Alarm& a) { return a.code == code; });
    alarm(code, static_cast<double>(number));
  }
  metrics::gauge("jindu_gateway_oldest_waiting_seconds", "Age of the oldest bundle that waits to be carried")
      .Set((static_cast<double>(to_unix_ms(now())) - oldest) / 1000);
  metrics::gauge("jindu_gateway_other_side_heard_seconds", "Unix time at which the other unit was heard last")
      .Set(heard);
}

std::vector<store::VoyageRow> Unit::damaged_voyages(storage::Transaction& t) const {
  return store::damaged_voyages(t, to_unix_ms(now() - kDamageShown));
}

std::vector<Alarm> Unit::alarms(storage::Transaction& t) const {
  Facts f;
  f.now = now();
  f.oldest_waiting_ms = store::oldest_ms(t, State::waiting).value_or(0);
  f.oldest_waiting_voyage = store::voyage_of_oldest_waiting(t);
  f.oldest_ready_ms = oldest_to_fetch_ms(t);
  f.oldest_held_ms = store::oldest_ms(t, State::held).value_or(0);
  for (const auto& one : store::tallies(t))
    if (one.place == "held") f.held += one.bundles;
  f.quarantined = store::quarantined_count(t);
  f.peer_heard_ms = store::state_value(t, "peer_heard_ms");
  f.started_ms = to_unix_ms(started_);
  f.peer_ahead_ms = store::state_value(t, "peer_ahead_ms");
  f.disk_free = free_bytes();
  f.disk_minimum = options_.minimum_free_bytes;
  f.log_whole = log_whole_;
  f.journal_damaged = journal_.damaged();
  const auto unread = store::unreadable(t, to_unix_ms(now() - kDamageShown));
  f.unreadable = unread.bundles;
  f.first_unreadable = unread.first;
  f.unreadable_ms = unread.since_ms;
  f.certificates.emplace_back(signer_.name, to_unix_ms(signer_.certificate.not_after()));
  // Of each node the one that lasts longest: that an older one ends is what a rollover wants.
  std::map<std::string, std::int64_t> last;
  for (const auto& [name, certificate] : options_.nodes)
    last[name] = std::max(last[name], to_unix_ms(certificate.not_after()));
  for (const auto& one : last) f.certificates.push_back(one);
  for (const auto& [name, until] : options_.other_certificates) f.certificates.emplace_back(name, to_unix_ms(until));
  // Of an issuer the one that ends first: an interface may have its own.
  std::map<std::string, crypto::RevocationList> lists;
  for (const auto& some : {trust_.store.lists(), options_.other_lists})
    for (const auto& one : some) {
      auto& first = lists.try_emplace(one.issuer, one).first->second;
      if (one.until < first.until) first = one;
    }
  for (const auto& [issuer, one] : lists) f.lists.push_back({issuer, to_unix_ms(one.issued), to_unix_ms(one.until)});
  {
    const std::lock_guard lock(failures_mutex_);
    f.damaged_bytes_of = damaged_bytes_of_;
    for (const auto& [part, at] : carrier_failures_)
      if (at > now() - kFailureShown) f.carrier_failures.emplace_back(part, to_unix_ms(at));
  }
  for (const auto& one : store::unverified_by_code(t)) f.unverified[one.code] = {one.number, one.since_ms};
  if (const auto r = store::open_restoration(t); r.number != 0) {
    f.restored = std::string(store::to_text(r.recovery()));
    f.restored_ms = r.found_ms;
    f.epoch_approvals = static_cast<std::int64_t>(store::epoch_votes(t, r.number).size());
  }
  for (const auto& stop : store::stops(t)) f.stops.emplace_back(stop.channel, stop.at_ms);
  for (const auto& one : store::unsettled(t, std::numeric_limits<std::int64_t>::max(), 1000))
    if (one.verdict == "differs")
      f.differing.emplace_back(one.day + " " + one.channel, store::difference_count(t, one.day, one.channel));
  for (const auto& voyage : damaged_voyages(t))
    f.damaged.emplace_back(voyage.number > 0 ? std::to_string(voyage.number) : voyage.id, voyage.at_ms);
  for (const auto& channel : channels())
    if (const auto gap = store::missing(t, channel); gap && !channel.starts_with(options_.service + ">"))
      f.gaps.push_back(
          {channel, gap->first, gap->last, gap->since_ms, store::requested_ms(t, channel, gap->first, gap->last)});
  for (const auto& one : store::not_taken_open(t, to_unix_ms(now() - kForeignShown))) {
    auto found = std::find_if(f.not_taken.begin(), f.not_taken.end(),
                              [&](const NotTaken& other) { return other.here == one.here; });
    if (found == f.not_taken.end())
      f.not_taken.push_back({one.here, one.id, 1, one.at_ms});
    else
      ++found->number;
  }
  f.not_taken_full = store::is_not_taken_full(t, to_unix_ms(now() - kForeignShown));
  if (const auto unsent = store::oldest_unsent(t)) f.unsent_mail_ms = unsent->at_ms;
  note_refused_addresses(t, f);
  return alarms_of(f, options_.alarms);
}

// With the first look all that is early is asked, whatever the policy says now: the hours for which it waited, or the
// rule that had them, may be gone.
result<void> Unit::open_up() {
  bool opened = false;
  std::set<const PolicyRule*> closed;
  for (const auto& rule : options_.policy.rules)
    if (!is_open(rule.hours, now())) closed.insert(&rule);
  {
    const std::lock_guard lock(hours_mutex_);
    opened = !closed_ ||
             std::any_of(closed_->begin(), closed_->end(), [&](const auto* rule) { return !closed.contains(rule); });
    if (!opened) closed_ = std::move(closed);
  }
  if (!opened) return {};
  // Page by page; those whose turn has not come stay so.
  std::vector<store::Entry> page;
  do {
    const auto after_ms = page.empty() ? std::int64_t{0} : page.back().stored_ms;
    const auto after = page.empty() ? std::string() : page.back().id;
    auto ok = journal_.write([&](storage::Transaction& t) {
      page = store::early(t, after_ms, after, kAtOnce);
      for (const auto& one : page) {
        const auto e = store::find(t, one.id).value();
        if (e.state == State::early) promote_if_next(t, e);
      }
    });
    if (!ok) return ok;
  } while (static_cast<std::int64_t>(page.size()) == kAtOnce);
  {
    const std::lock_guard lock(hours_mutex_);
    closed_ = std::move(closed);
  }
  for_service_.tell();
  for_carrier_.tell();
  return {};
}

}  // namespace jindu::gateway
