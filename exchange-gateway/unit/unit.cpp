#include "exchange-gateway/unit/unit.hpp"

#include "common/runtime/files.hpp"
#include "exchange-gateway/unit/parts.hpp"

namespace jindu::gateway {

Unit::Unit(storage::Database& journal, evidence::NodeSigner signer, evidence::NodeTrust trust, UnitOptions options,
           std::shared_ptr<const Clock> clock)
    : journal_(journal),
      signer_(std::move(signer)),
      trust_(std::move(trust)),
      options_(std::move(options)),
      clock_(std::move(clock)),
      files_(journal_, options_.directory + "/bundles", options_.shared_from),
      started_(clock_->now()) {
  for (auto one = options_.nodes.begin(); one != options_.nodes.end(); one = options_.nodes.upper_bound(one->first)) {
    std::vector<crypto::Certificate> certificates;
    const auto [from, to] = options_.nodes.equal_range(one->first);
    std::transform(from, to, std::back_inserter(certificates), [](const auto& entry) { return entry.second; });
    nodes_.try_emplace(one->first, one->first, certificates);
  }
  for (const auto& rule : options_.policy.rules)
    if (rule.per_minute > 0) rates_.emplace(&rule, Rate(rule.per_minute, rule.burst, started_));
  recall_rates();
}

// However often the program starts, no more passes in a minute: the journal knows what it has taken.
void Unit::recall_rates() {
  auto ok = journal_.read([&](storage::Transaction& t) {
    for (auto& [rule, rate] : rates_)
      rate.recall(started_, store::taken_within(t, *rule, started_ - rate.window(), started_));
  });
  if (!ok) log::error("unit.rates_not_recalled", log::of(ok.error()));
}

result<exchange::KnownNode*> Unit::node(const std::string& name) {
  const auto found = nodes_.find(name);
  if (found == nodes_.end())
    return Error{Fault::forbidden, "bundle.signer", "'" + name + "' is not a node of this gateway"};
  return &found->second;
}

bool Unit::knows(const std::string& name, const crypto::Digest& key_id) {
  const auto known = node(name);
  return known && (*known)->has(key_id);
}

result<crypto::PublicKey> Unit::signer_of(const jindu::v1::BundleManifest& manifest) {
  const auto known = node(manifest.from());
  if (!known) return known.error();
  return (*known)->signed_with(manifest.signer_key_id(), trust_, now());
}

result<crypto::PublicKey> Unit::known_signer_of(const jindu::v1::BundleManifest& manifest) {
  const auto known = node(manifest.from());
  if (!known) return known.error();
  if (auto key = (*known)->key(manifest.signer_key_id())) return std::move(*key);
  return Error{Fault::integrity, "bundle.signer", "signed with another key than those by which its node is known here"};
}

store::Entry Unit::entry_of(const exchange::BundleView& view, std::size_t size, bool outward) const {
  const auto& m = view.manifest;
  store::Entry e;
  e.id = exchange::to_text(view.id);
  e.outward = outward;
  e.channel = m.channel();
  e.epoch = m.epoch();
  e.sequence = static_cast<std::int64_t>(m.sequence());
  e.from = m.from();
  e.to = m.to();
  e.kind = m.kind();
  e.subject.assign(m.subject().begin(), m.subject().end());
  e.subject_sequence = static_cast<std::int64_t>(m.subject_sequence());
  e.priority = m.priority();
  e.size = static_cast<std::int64_t>(size);
  e.manifest_digest.assign(view.manifest_digest.begin(), view.manifest_digest.end());
  e.previous_digest.assign(m.previous_digest().begin(), m.previous_digest().end());
  e.manifest.assign(view.manifest_bytes.begin(), view.manifest_bytes.end());
  e.signature.assign(view.signature.begin(), view.signature.end());
  e.created_ms = m.created_ms();
  e.expires_ms = m.expires_ms();
  e.stored_ms = to_unix_ms(now());
  return e;
}

result<Ruling> Unit::judge_by_policy(const exchange::BundleView& view, const store::Entry& e) const {
  const bool leaves_intranet = options_.inner == e.outward;
  return judge(options_.policy,
               passenger_of(view.manifest, static_cast<std::uint64_t>(e.size), view.newer, leaves_intranet), now());
}

bool Unit::in_time(const store::Entry& entry) {
  const auto* rule = find_rule(options_.policy, passenger_of(entry));
  const std::lock_guard lock(rates_mutex_);
  const auto rate = rates_.find(rule);
  return rate == rates_.end() || rate->second.pass(now());
}

// Out of its hours a kind is taken, but neither carried nor delivered.
bool Unit::is_open_now(const store::Entry& e) const {
  if (is_control(e)) return true;
  const auto* rule = find_rule(options_.policy, passenger_of(e));
  return rule == nullptr || is_open(rule->hours, now());
}

result<void> Unit::check_quota(storage::Transaction& t, const store::Entry& e) const {
  if (options_.policy.quotas.empty()) return {};
  const auto here = store::sum_of(t, e.from, {State::waiting, State::held});
  return within_quota(options_.policy, e.from, static_cast<std::uint64_t>(here.bundles),
                      static_cast<std::uint64_t>(here.bytes), static_cast<std::uint64_t>(e.size));
}

// What is not taken just now, of this bundle or of its sender: it comes again.
result<void> Unit::may_come_now(const store::Entry& e, bool passes, GuestsOf& guests) {
  if (auto ok = check_date(e, now()); !ok) return Error{Fault::conflict, ok.error().code, ok.error().detail};
  if (!passes) return {};
  return check_quota_here(e, guests);
}

// The sender's unit asks the same, but this one does not rely on it. What has its turn is asked only beside what goes
// on from here by itself: else what is early would keep out just what it waits for.
result<void> Unit::check_quota_here(const store::Entry& e, GuestsOf& guests) {
  const auto& quotas = options_.policy.quotas;
  if (std::none_of(quotas.begin(), quotas.end(), [&](const Quota& one) { return one.sender == e.from; })) return {};
  auto found = guests.find(e.from);
  if (found == guests.end()) {
    Guests counted;
    auto ok = journal_.read([&](storage::Transaction& t) {
      counted = {store::sum_of(t, e.from, {State::ready, State::held}), store::sum_of(t, e.from, {State::early})};
    });
    if (!ok) return ok;
    found = guests.emplace(e.from, counted).first;
  }
  auto& [with_turn, early] = found->second;
  const auto beside = [&](const store::Sum& sum) {
    return within_quota(options_.policy, e.from, static_cast<std::uint64_t>(sum.bundles),
                        static_cast<std::uint64_t>(sum.bytes), static_cast<std::uint64_t>(e.size));
  };
  auto fits = beside({with_turn.bundles + early.bundles, with_turn.bytes + early.bytes});
  if (!fits && early.bundles > 0) {
    auto one = e;
    one.state = State::early;
    bool has_turn = false;
    if (auto ok = journal_.read([&](storage::Transaction& t) { has_turn = is_next(t, one); }); !ok) return ok;
    if (has_turn) fits = beside(with_turn);
  }
  if (!fits) return fits;
  // Wherever it will stand: those that come together are few.
  ++with_turn.bundles;
  with_turn.bytes += e.size;
  return {};
}

std::uint64_t Unit::free_bytes() const { return files::free_bytes(options_.directory); }

result<void> Unit::room_for(std::size_t bytes, std::uint64_t free) const {
  if (free >= options_.minimum_free_bytes + bytes) return {};
  return Error{Fault::unavailable, "unit.disk_full",
               "the unit's disk has " + std::to_string(free) + " bytes free and keeps " +
                   std::to_string(options_.minimum_free_bytes) +
                   " for receipts; nothing was taken, and it will be when there is room again"};
}

result<Bytes> Unit::read_bytes(storage::Transaction& t, const store::Entry& entry) const {
  files::Parts parts;
  return read_bytes(t, entry.id, entry.file, entry.size, parts);
}

result<Bytes> Unit::read_bytes(storage::Transaction& t, const std::string& id, const std::string& file,
                               std::int64_t size, files::Parts& parts) const {
  if (!file.empty()) return files_.read(file, size, parts);
  if (auto bytes = store::small(t, id)) return std::move(*bytes);
  return Error{Fault::expired, "bundle.gone", "the bundle has ended; its bytes are not kept"};
}

// Gives a bundle from the other side its turn, and those that waited for it. One whose turn was before this unit lost
// it changes nothing for others.
void Unit::promote(storage::Transaction& t, store::Entry e) {
  if (turn_of(store::last_delivered(t, e), static_cast<std::uint64_t>(e.subject_sequence)) == Turn::past) {
    if (e.state == State::early) store::make_ready(t, e);
    return;
  }
  for (;;) {
    store::set_last_delivered(t, e);
    if (e.state == State::early) store::make_ready(t, e);
    auto next = store::next_of_subject(t, e);
    // One that is held keeps its turn until it is released, one out of its hours until they begin.
    if (!next || (next->state != State::early && next->state != State::ended)) return;
    if (next->state == State::early && !is_open_now(*next)) return;
    e = std::move(*next);
  }
}

bool Unit::is_next(storage::Transaction& t, const store::Entry& e) {
  if (e.state == State::early && !is_open_now(e)) return false;
  return turn_of(store::last_delivered(t, e), static_cast<std::uint64_t>(e.subject_sequence)) != Turn::early;
}

void Unit::promote_if_next(storage::Transaction& t, const store::Entry& e) {
  if (is_next(t, e)) promote(t, e);
}

void Unit::note_damaged(const std::string& id) {
  const std::lock_guard lock(failures_mutex_);
  damaged_bytes_of_ = id;
}

void Unit::has_sent_bytes_of(const std::string& id) {
  {
    const std::lock_guard lock(failures_mutex_);
    if (damaged_bytes_of_ == id) damaged_bytes_of_.clear();
  }
  log::warn("unit.bytes_replaced", {{"bundle", id}});
  came_back({id});
}

result<std::optional<std::int64_t>> Unit::wanted_again(const std::string& channel) {
  {
    const std::lock_guard lock(failures_mutex_);
    if (std::chrono::steady_clock::now() < asks_service_at_) return std::optional<std::int64_t>{};
  }
  std::optional<std::int64_t> from;
  auto ok = journal_.read([&](storage::Transaction& t) {
    from = store::first_missed(t, channel);
    const auto lost = store::state_value(t, kLost + channel);
    if (lost > 0 && !store::digest_at(t, channel, store::channel_head(t, channel).epoch, lost))
      from = std::min(from.value_or(lost), lost);
  });
  if (!ok) return ok.error();
  if (from) {
    const std::lock_guard lock(failures_mutex_);
    asks_service_at_ = std::chrono::steady_clock::now() + kServiceAskedAgain;
  }
  return from;
}

void Unit::carrier_failed(const std::string& part) {
  const std::lock_guard lock(failures_mutex_);
  carrier_failures_[part] = now();
}

// Every poll of the link says so; one commit a second is enough to know it by.
result<void> Unit::heard_from_peer() {
  const auto at = to_unix_ms(now()), last = heard_written_ms_.load();
  if (at >= last && at - last < 1'000) return {};
  auto ok = journal_.write([&](storage::Transaction& t) { store::set_state_value(t, "peer_heard_ms", at); });
  if (ok) heard_written_ms_ = at;
  return ok;
}

}  // namespace jindu::gateway
