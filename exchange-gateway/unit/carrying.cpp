// What the unit gives to carriers, and what it learns from the other side about it.
#include <jindu/v1/receipt.pb.h>

#include <bit>

#include "common/runtime/messages.hpp"
#include "exchange-gateway/unit/parts.hpp"

namespace jindu::gateway {
namespace {

constexpr int kReceiptsAtOnce = 1'000, kReceiptsAtOnceAlone = 400;
constexpr std::size_t kControlBytes = 200 * 1024;
constexpr std::chrono::hours kControlExpires{24 * 365};
using Steady = std::chrono::steady_clock;

constexpr std::chrono::seconds kStoppedThere{10}, kRateThere{1};
constexpr std::chrono::seconds kLinkSaysSo{2};  // every second, while it is up
constexpr std::chrono::seconds kUnreadable{60};
constexpr std::int64_t kToldAtOnce = 50;

// In a control bundle, of which `sheets` are known to it; somewhat too much, as neighbours share hashes.
std::size_t size_of(const exchange::ReceiptBytes& receipt, std::set<const evidence::Sheet*>& sheets) {
  if (!receipt.sheet) return receipt.bytes.size();
  const auto& together = receipt.sheet->together();
  const auto own = receipt.bytes.size() + 2 * sizeof(crypto::Digest);
  if (!sheets.insert(receipt.sheet.get()).second) return own;
  const auto path = sizeof(crypto::Digest) * static_cast<std::size_t>(std::bit_width(together.together));
  return own + path + together.certificate.size() + together.signature.size() + together.key_id.size() +
         together.type.size();
}

// What went on our voyages after `after` up to `up_to` and is not there has to go once more. Perhaps an older program
// is there now, which refuses packed ones; if not, its next control bundle says so.
// (Above zero, as it says beside that: the index is of those alone.)
void went_in_vain(storage::Transaction& t, std::int64_t after, std::int64_t up_to) {
  const auto bundles = t.execute(
      "UPDATE bundle SET voyage = 0 WHERE state = 'waiting' AND outward = 1 AND voyage > 0 AND "
      "voyage > $1 AND voyage <= $2",
      {after, up_to});
  if (bundles > 0 && store::state_value(t, store::kPeerReadsPacked) != 0)
    store::set_state_value(t, store::kPeerReadsPacked, 0);
}

// What the other unit does not take just now says nothing against the bundle.
bool is_soon_over(std::string_view code) {
  return code == "policy.stopped" || code == "policy.rate" || code == "policy.quota" || code == "control.too_much";
}

// Whether it was so: what has been offered before, or does not wait any more, stays as it is.
bool mark_offered(storage::Transaction& t, const std::string& id) {
  return 0 < t.execute("UPDATE bundle SET offered = 1 WHERE id = $1 AND offered = 0 AND state = 'waiting'", {id});
}

}  // namespace

void log_not_taken(std::string_view event, const std::vector<Custody>& custody) {
  std::map<std::string_view, std::pair<const Custody*, std::int64_t>> by_code;
  for (const auto& one : custody)
    if (one.error) ++by_code.try_emplace(one.error->code, &one, 0).first->second.second;
  for (const auto& [code, some] : by_code)
    log::error(
        event,
        {{"bundle", some.first->id}, {"code", code}, {"detail", some.first->error->detail}, {"of", some.second}});
}

// What a carrier may be given now: not what an operator has stopped, nor what is out of its hours.
std::vector<store::Lane> Unit::open_lanes(storage::Transaction& t) {
  std::vector<store::Lane> open;
  const auto recovery = store::open_restoration(t).recovery();
  if (recovery == store::Recovery::halted) return open;
  for (auto& lane : store::lanes(t)) {
    if (store::is_stopped(t, lane.channel)) continue;
    // What the other unit is asked, and its answers, go before everything else.
    if (recovery == store::Recovery::healing && lane.kind != kControlKind) continue;
    const auto* rule = rule_of(options_.policy, lane.channel, lane.kind);
    if (rule != nullptr && !is_open(rule->hours, now())) continue;
    open.push_back(std::move(lane));
  }
  return open;
}

// What a carrier is given is what was taken: else the other side refuses it again and again, and nobody would look for
// the fault at this unit's disk.
result<Bytes> Unit::bytes_to_carry(storage::Transaction& t, const store::Entry& e, files::Parts& parts) {
  auto bytes = read_bytes(t, e.id, e.file, e.size, parts);
  if (!bytes) return bytes;
  auto ok = is_as_kept(*bytes, e);
  if (ok) return bytes;
  if (e.state != State::ended) note_damaged(e.id);
  return ok.error();
}

std::set<std::string> Unit::away_now() const {
  std::set<std::string> away;
  for (const auto& [id, entry] : away_)
    if (entry.until > Steady::now()) away.insert(id);
  return away;
}

result<std::vector<Unit::Load>> Unit::load(std::int64_t limit, std::size_t bytes, store::Choice choice) {
  const std::lock_guard one_at_a_time(loading_mutex_);
  std::set<std::string> away;
  std::set<std::pair<std::string, std::string>> refused_there;
  {
    const std::lock_guard lock(away_mutex_);
    away = away_now();
    for (const auto& [lane, until] : refused_there_)
      if (until > Steady::now()) refused_there.insert(lane);
  }
  std::vector<Load> loads;
  Unread unread;
  std::vector<std::string> fresh;
  auto ok = journal_.read([&](storage::Transaction& t) {
    loads.clear();
    unread.clear();
    fresh.clear();
    files::Parts parts;
    std::size_t total = 0;
    auto lanes = open_lanes(t);
    std::erase_if(lanes, [&](const store::Lane& lane) {
      return refused_there.contains({lane.channel, std::string()}) || refused_there.contains({lane.channel, lane.kind});
    });
    for (const auto& one : store::to_carry(t, lanes, false, limit + static_cast<std::int64_t>(away.size()), choice)) {
      if (away.contains(one.id)) continue;
      if (static_cast<std::int64_t>(loads.size()) >= limit) break;
      if (!loads.empty() && total + static_cast<std::size_t>(one.size) > bytes) break;
      const auto entry = store::find(t, one.id);
      if (!entry) continue;
      auto bundle = bytes_to_carry(t, *entry, parts);
      if (!bundle) {
        unread.emplace_back(one.id, bundle.error().code);
        continue;
      }
      if (!one.offered) fresh.push_back(one.id);
      total += bundle->size();
      loads.push_back({one.id, std::move(*bundle)});
    }
  });
  if (!ok) return ok.error();
  if (!fresh.empty()) {
    // What has ended since it was chosen is nobody's to give out any more: its sender hears so already.
    std::set<std::string> ended;
    ok = journal_.write([&](storage::Transaction& t) {
      ended.clear();
      for (const auto& id : fresh) {
        if (mark_offered(t, id)) continue;
        if (const auto present = store::outline(t, id); !present || present->state != State::waiting) ended.insert(id);
      }
    });
    if (!ok) return ok.error();
    std::erase_if(loads, [&](const Load& one) { return ended.contains(one.id); });
  }
  bytes_missing(unread);
  const std::lock_guard lock(away_mutex_);
  for (const auto& one : loads) away_[one.id].until = Steady::now() + kLease;
  return loads;
}

void Unit::bytes_missing(const Unread& unread) {
  if (unread.empty()) return;
  {
    const std::lock_guard lock(away_mutex_);
    for (const auto& [id, code] : unread) away_[id].until = Steady::now() + kUnreadable;
  }
  for (const auto& [id, code] : unread) log::error("unit.bytes_missing", {{"bundle", id}, {"code", code}});
  bool found = false;
  auto ok = journal_.write([&](storage::Transaction& t) {
    found = false;
    for (const auto& [id, code] : unread) {
      found = found || store::bytes_missed_ms(t, id) == 0;
      store::set_bytes_missed(t, id, to_unix_ms(now()));
    }
  });
  if (!ok) log::error("unit.not_recorded", log::of(ok.error()));
  if (!ok || !found) return;
  const std::lock_guard lock(failures_mutex_);
  asks_service_at_ = {};
}

void Unit::link_is_up() { link_is_up_until_ = Steady::now() + kLinkSaysSo; }

void Unit::came_back(const std::vector<std::string>& ids) {
  if (ids.empty()) return;
  {
    const std::lock_guard lock(away_mutex_);
    for (const auto& id : ids) away_.erase(id);
  }
  for_carrier_.tell();
}

void Unit::forget_leases() {
  {
    const std::lock_guard lock(away_mutex_);
    std::erase_if(away_, [](const auto& entry) { return entry.second.failures == 0; });
  }
  for_carrier_.tell();
}

result<void> Unit::carried(std::vector<Custody> custody) {
  std::vector<exchange::ReceiptBytes> given;
  std::vector<Custody*> with;
  std::vector<const Custody*> without;
  for (auto& one : custody) {
    if (one.error) continue;
    if (one.receipt.empty()) {
      without.push_back(&one);
    } else {
      given.push_back(one.receipt);
      with.push_back(&one);
    }
  }
  std::vector<exchange::SignedReceipt> receipts;
  auto opened = exchange::open_receipts(given, trust_);
  for (std::size_t i = 0; i < opened.size(); ++i) {
    if (opened[i])
      receipts.push_back(std::move(*opened[i]));
    else
      with[i]->error = opened[i].error();  // as good as not taken: it is not believed
  }
  std::map<std::pair<std::string, std::string>, std::chrono::seconds> refused_there;
  std::int64_t crossed = 0;
  auto ok = journal_.write([&](storage::Transaction& t) {
    crossed = 0;
    for (const auto& one : receipts) crossed += apply_receipt(t, one) ? 1 : 0;
    for (const auto* one : without) {
      auto entry = store::outline(t, one->id);
      if (entry && entry->outward && is_control(*entry) && entry->state == State::waiting)
        store::end(t, *entry, "", to_unix_ms(now()));
    }
    refused_there.clear();
    for (const auto& one : custody) {
      if (!one.error) continue;
      const auto& code = one.error->code;
      if (code == "control.forgotten") {
        if (const auto entry = store::find(t, one.id)) control_refused(t, *entry);
      } else if (is_soon_over(code)) {
        const auto entry = store::outline(t, one.id);
        if (entry && code == "policy.stopped") refused_there[{entry->channel, std::string()}] = kStoppedThere;
        if (entry && code == "policy.quota") refused_there.try_emplace({entry->channel, std::string()}, kRateThere);
        // Or all that waits would be carried there in vain, again and again.
        if (entry && code == "policy.rate") refused_there[{entry->channel, entry->kind}] = kRateThere;
      }
    }
    store::set_state_value(t, "peer_heard_ms", to_unix_ms(now()));
  });
  {
    const std::lock_guard lock(away_mutex_);
    for (const auto& [lane, pause] : refused_there) refused_there_[lane] = Steady::now() + pause;
    for (const auto& one : custody) {
      if (!one.error) {
        away_.erase(one.id);
        continue;
      }
      // Tried again later and later, so that what the other side does not take never keeps the rest waiting. A rate
      // only wants a moment.
      auto& away = away_[one.id];
      const auto pause = is_soon_over(one.error->code)
                             ? 1
                             : std::min<std::int64_t>(std::int64_t{1} << std::min(away.failures++, 9), 300);
      away.until = Steady::now() + std::chrono::seconds(pause);
    }
  }
  log_not_taken("unit.not_taken_by_peer", custody);
  if (ok) recent_.add("carried", now(), crossed);
  for_service_.tell();
  return ok;
}

result<Unit::ToLoad> Unit::to_load(std::int64_t limit, std::size_t bytes, store::Choice choice, std::size_t room) {
  std::set<std::string> away;
  {
    const std::lock_guard lock(away_mutex_);
    away = away_now();
  }
  ToLoad next;
  auto ok = journal_.write([&](storage::Transaction& t) {
    next = {};
    std::size_t total = 0;
    for (auto& one : store::to_carry(t, open_lanes(t), true, limit + static_cast<std::int64_t>(away.size()), choice)) {
      if (away.contains(one.id)) continue;
      if (static_cast<std::int64_t>(next.list.size()) >= limit) break;
      total += static_cast<std::size_t>(one.size);
      if (total > bytes && !next.list.empty()) break;
      next.no_room = total > room;
      if (next.no_room) break;
      mark_offered(t, one.id);
      next.list.push_back(std::move(one));
    }
  });
  if (!ok) return ok.error();
  return next;
}

result<Bytes> Unit::bytes_of(const std::string& id) {
  result<Bytes> bytes = Error{Fault::not_found, "bundle.unknown", "there is no such bundle"};
  auto ok = journal_.read([&](storage::Transaction& t) {
    files::Parts parts;
    if (const auto entry = store::find(t, id)) bytes = bytes_to_carry(t, *entry, parts);
  });
  if (!ok) return ok.error();
  return bytes;
}

result<void> Unit::loaded(const store::VoyageRow& voyage, const std::vector<std::string>& ids) {
  return journal_.write([&](storage::Transaction& t) {
    for (const auto& id : ids)
      t.execute("UPDATE bundle SET voyage = $2, bytes_missed_ms = 0 WHERE id = $1", {id, voyage.number});
    store::put_voyage(t, voyage);
    log_by_hand(t, "export", std::to_string(voyage.number) + " " + voyage.id);
  });
}

void Unit::is_carried_by(std::string who, std::string medium) {
  carried_by_ = std::move(who);
  medium_ = std::move(medium);
}

void Unit::log_by_hand(storage::Transaction& t, const std::string& act, const std::string& about) {
  if (!carried_by_.empty()) store::log_act(t, {0, to_unix_ms(now()), carried_by_, act, about, medium_});
}

result<void> Unit::unloaded(const store::VoyageRow& voyage, std::int64_t last_read, std::int64_t control_received,
                            bool behind_others) {
  auto ok = journal_.write([&](storage::Transaction& t) {
    control_arrived(t, static_cast<std::uint64_t>(control_received));
    if (last_read > store::state_value(t, "voyage"))
      found_restored(t, {"restored.voyages", "the other unit has read our voyage " + std::to_string(last_read) +
                                                 ", and this journal knows of " +
                                                 std::to_string(store::state_value(t, "voyage")) + " voyages"});
    // The receipts of custody came with this voyage or before it: what has none was not in what was read there.
    went_in_vain(t, 0, last_read);
    store::put_voyage(t, voyage);
    log_by_hand(t, "import", std::to_string(voyage.number) + " " + voyage.id);
    // Else the other side would load again what stays on the medium before this one.
    if (!behind_others) {
      const auto newest = t.query_one("SELECT MAX(number) FROM voyage WHERE direction = 'unloaded'")->integer(0);
      if (newest > store::state_value(t, "own_read")) store::set_state_value(t, "own_read", newest);
    }
    if (last_read > store::state_value(t, "peer_read")) store::set_state_value(t, "peer_read", last_read);
    if (voyage.bundles > 0 || voyage.damaged > 0) store::set_state_value(t, "must_tell", 1);
    store::set_state_value(t, "peer_heard_ms", to_unix_ms(now()));
  });
  for_service_.tell();
  return ok;
}

result<void> Unit::load_again(std::int64_t after, std::int64_t up_to) {
  return journal_.write([&](storage::Transaction& t) {
    went_in_vain(t, std::max<std::int64_t>(after, 0), up_to);
    log_by_hand(t, "again", std::to_string(up_to));
  });
}

result<void> Unit::forget_marks() {
  return journal_.write([](storage::Transaction& t) {
    t.execute("UPDATE bundle SET voyage = 0 WHERE state = 'waiting' AND voyage < 0");
  });
}

result<Unit::Control> Unit::build_control() {
  bool due = false;
  Control control;
  auto ok = journal_.read([&](storage::Transaction& t) {
    due = (store::first_to_send(t) || !store::to_tell(t, 1).empty() || !store::untold_strays(t, 1).empty() ||
           store::state_value(t, kHello) != 0 || owes_seen(t)) &&
          store::open_restoration(t).recovery() != store::Recovery::halted;
  });
  if (!ok) return ok.error();
  if (!due) return control;
  const auto known = node(options_.peer);
  if (!known) return known.error();
  const auto peer = (*known)->to_seal_to(trust_, now());
  if (!peer) return peer.error();
  ok = journal_.write([&](storage::Transaction& t) {
    control = {};
    if (store::open_restoration(t).recovery() == store::Recovery::halted) return;
    tell_not_taken(t);
    jindu::v1::ReceiptBatch batch;
    const auto channel = control_channel();
    const auto head = store::channel_head(t, channel);
    if (head.epoch > 1 && head.sequence == 0)
      if (const auto begun = store::restoration_of_epoch(t, head.epoch))
        batch.add_receipts(begun->statement.data(), begun->statement.size());
    for (const auto& one : store::to_tell(t, kToldAtOnce)) {
      if (batch.receipts_size() > 0 && batch.ByteSizeLong() > kControlBytes) break;
      batch.add_receipts(one.message.data(), one.message.size());
      store::told(t, one.number);
    }
    std::int64_t sent = 0;
    const bool together = peer_reads_together_;
    std::vector<exchange::ReceiptBytes> receipts;
    std::size_t bytes = batch.ByteSizeLong();
    std::set<const evidence::Sheet*> sheets;
    for (auto& r : store::receipts_to_send(t, together ? kReceiptsAtOnce : kReceiptsAtOnceAlone)) {
      if ((batch.receipts_size() > 0 || !receipts.empty()) && bytes > kControlBytes) break;
      if (!together && r.receipt.sheet) r.receipt = {r.receipt.whole()};
      bytes += size_of(r.receipt, sheets);
      receipts.push_back(std::move(r.receipt));
      sent = r.number;
      if (!ends(static_cast<jindu::v1::Rung>(r.rung)) || !store::is_outward(t, r.id)) continue;
      const auto entry = store::find(t, r.id);
      auto& ended = *batch.add_ended();
      ended.set_manifest(entry->manifest.data(), entry->manifest.size());
      ended.set_signature(entry->signature.data(), entry->signature.size());
      bytes += entry->manifest.size() + entry->signature.size();
    }
    exchange::put_receipts(receipts, batch);
    batch.set_reads_together(true);
    batch.set_reads_packed(true);
    if (sent != 0) store::mark_sent(t, sent);
    control.more = sent != 0 && store::first_to_send(t);
    // A word about what was seen stands behind all that is told of it.
    const bool told_all = store::to_tell(t, 1).empty();
    const bool hello = told_all && store::state_value(t, kHello) != 0;
    const bool owed = told_all && owes_seen(t);
    if (batch.receipts_size() == 0 && batch.together_size() == 0 && !hello && !owed) return;
    if (hello) store::set_state_value(t, kHello, 0);
    if (hello || owed || (told_all && seen_is_due(t))) {
      const auto seen = say_seen(t, hello);
      batch.add_receipts(seen.data(), seen.size());
    }
    exchange::BundleDraft draft;
    draft.id = exchange::new_bundle_id(now());
    draft.from = options_.name;
    draft.to = options_.peer;
    draft.kind = kControlKind;
    draft.subject = Bytes(16);
    draft.priority = 0;
    draft.created = now();
    draft.expires = now() + kControlExpires;
    draft.place = {head.epoch, head.sequence + 1, head.manifest_digest, head.sequence + 1};
    auto bundle = exchange::build_bundle(draft, encode(batch), signer_.key, *peer);
    if (!bundle) throw ErrorException(bundle.error());
    const auto view = exchange::parse_bundle(bundle->bytes);
    if (!view) throw ErrorException(view.error());
    auto e = entry_of(*view, bundle->bytes.size(), true);
    e.state = State::waiting;
    store::insert(t, e);
    store::put_small(t, e.id, bundle->bytes);
    store::set_channel_head(t, channel, link_of(e));
    control.built = true;
  });
  if (!ok) return ok.error();
  if (control) for_carrier_.tell();
  return control;
}

}  // namespace jindu::gateway
