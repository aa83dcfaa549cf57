#include "exchange-gateway/unit/unit.hpp"

#include <prometheus/counter.h>

#include "common/runtime/files.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/messages.hpp"
#include "common/runtime/metrics.hpp"

namespace jindu::gateway {
namespace {

using jindu::v1::Rung;
constexpr std::size_t kSmall = 256 * 1024;
constexpr std::string_view kControlKind = "receipts";
constexpr int kReceiptsAtOnce = 200;
constexpr std::chrono::hours kControlExpires{24 * 365};

bool is_control(const store::Entry& e) { return e.kind == kControlKind; }

crypto::Digest digest_of(BytesView bytes) {
  crypto::Digest digest{};
  std::copy_n(bytes.begin(), std::min<std::size_t>(bytes.size(), 32), digest.begin());
  return digest;
}

Link link_of(const store::Entry& e) {
  return {static_cast<std::uint32_t>(e.epoch), static_cast<std::uint64_t>(e.sequence), digest_of(e.previous_digest), digest_of(e.manifest_digest)};
}

Passenger passenger_of(const store::Entry& e) {
  return {e.from, e.to, e.kind, static_cast<std::uint64_t>(e.size), from_unix_ms(e.expires_ms)};
}

void count(std::string_view what, std::string_view kind) {
  metrics::counter("jindu_gateway_bundles_total", "Bundles by what happened to them", {{"what", std::string(what)}, {"kind", std::string(kind)}}).Increment();
}

}  // namespace

struct Unit::Checked {
  exchange::BundleView view;
  store::Entry entry;
};

Unit::Unit(storage::Database& journal, evidence::NodeSigner signer, evidence::NodeTrust trust, UnitOptions options)
    : journal_(journal), signer_(std::move(signer)), trust_(std::move(trust)), options_(std::move(options)) {}

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

// Who signed it, by the certificates that this unit knows, valid now.
result<Unit::Checked> Unit::check(BytesView bundle) {
  auto view = exchange::parse_bundle(bundle);
  if (!view) return view.error();
  const auto node = options_.nodes.find(view->manifest.from());
  if (node == options_.nodes.end())
    return Error{Fault::forbidden, "bundle.signer", "'" + view->manifest.from() + "' is not a node of this gateway"};
  if (auto ok = trust_.store.verify(node->second, trust_.intermediates, now()); !ok) return ok.error();
  if (auto ok = exchange::verify_bundle(*view, node->second.public_key()); !ok) return ok.error();
  Checked checked{std::move(*view), {}};
  checked.entry = entry_of(checked.view, bundle.size(), false);
  return checked;
}

std::string Unit::file_of(const std::string& id) const { return options_.directory + "/bundles/" + id + ".jdb"; }

result<void> Unit::room_for(std::size_t bytes) const {
  if (files::free_bytes(options_.directory) >= options_.minimum_free_bytes + bytes) return {};
  return Error{Fault::unavailable, "unit.disk_full", "the unit's disk has no room; nothing was taken"};
}

result<void> Unit::keep_file(const std::string& id, BytesView bundle) const {
  if (bundle.size() <= kSmall) return {};
  return files::write_durably(file_of(id), bundle);
}

result<Bytes> Unit::bytes_of_bundle(storage::Transaction& t, const store::Entry& entry) const {
  if (static_cast<std::size_t>(entry.size) > kSmall) return files::read(file_of(entry.id), static_cast<std::size_t>(entry.size));
  if (auto bytes = store::small(t, entry.id)) return std::move(*bytes);
  return Error{Fault::expired, "bundle.gone", "the bundle has ended; its bytes are not kept"};
}

// The receipt of a rung is made once; asked again, the first one is given.
Bytes Unit::sign(storage::Transaction& t, const store::Entry& entry, Rung rung, const std::string& code, const std::string& detail, bool for_service, bool to_send) {
  if (auto known = store::receipt_of(t, entry.id, rung, signer_.name)) return *known;
  exchange::Receipt receipt{*exchange::bundle_id_from_text(entry.id), digest_of(entry.manifest_digest), rung, signer_.name, now(), code, detail};
  Bytes encoded = exchange::sign_receipt(receipt, signer_);
  store::add_receipt(t, receipt, encoded, for_service, to_send);
  return encoded;
}

void Unit::end(storage::Transaction& t, const store::Entry& entry, const std::string& code) {
  store::set_state(t, entry.id, "ended", code);
  store::forget_small(t, entry.id);
}

result<Bytes> Unit::take_from_service(BytesView bundle) {
  if (auto ok = room_for(bundle.size()); !ok) return ok.error();
  auto checked = check(bundle);
  if (!checked) return checked.error();
  auto& e = checked->entry;
  e.outward = true;
  if (e.from != options_.service) return Error{Fault::forbidden, "unit.not_yours", "only bundles of '" + options_.service + "' are taken here"};
  if (auto ok = keep_file(e.id, bundle); !ok) return ok.error();
  Bytes answer;
  auto ok = journal_.write([&](storage::Transaction& t) {
    if (auto known = store::find(t, e.id)) {
      if (known->manifest_digest != e.manifest_digest) throw ErrorException({Fault::conflict, "bundle.fork", "another bundle with this id is here"});
      auto first = store::receipt_of(t, e.id, jindu::v1::RUNG_STORED, signer_.name);
      if (!first) first = store::receipt_of(t, e.id, jindu::v1::RUNG_REFUSED, signer_.name);
      if (!first) throw ErrorException({Fault::internal, "unit.receipt_missing", "a bundle without its first receipt"});
      answer = std::move(*first);
      return;
    }
    if (auto follows = continues(store::channel_head(t, e.channel), link_of(e)); !follows) throw ErrorException(follows.error());
    store::advance(t, e.channel, link_of(e));
    const auto ruling = judge(options_.policy, passenger_of(e), now());
    if (!ruling) {
      // The place in the channel is used, and the other side will hear of it: nothing is missing there.
      e.state = "ended";
      e.code = ruling.error().code;
      store::insert(t, e);
      answer = sign(t, e, jindu::v1::RUNG_REFUSED, ruling.error().code, ruling.error().detail, true, true);
      return;
    }
    e.state = *ruling == Ruling::hold ? "held" : "waiting";
    store::insert(t, e);
    if (static_cast<std::size_t>(e.size) <= kSmall) store::put_small(t, e.id, bundle);
    answer = sign(t, e, jindu::v1::RUNG_STORED, "", "", true, false);
    sign(t, e, jindu::v1::RUNG_VERIFIED, "", "", true, false);
    if (*ruling == Ruling::hold) sign(t, e, jindu::v1::RUNG_HELD, "policy.hold", "", true, true);
  });
  if (!ok) return ok.error();
  count("stored", e.kind);
  for_carrier_.tell();
  for_service_.tell();
  return answer;
}

// Gives a bundle from the other side its turn, and those that waited for it.
void Unit::promote(storage::Transaction& t, store::Entry e) {
  for (;;) {
    store::set_last_delivered(t, e);
    if (e.state != "ended") t.execute("UPDATE bundle SET state = 'ready', delivery = $2 WHERE id = $1", {e.id, store::next_delivery_number(t)});
    auto next = store::early_successor(t, e);
    if (!next || (next->state != "early" && next->state != "ended")) return;
    if (next->state == "ended" && store::last_delivered(t, *next) >= static_cast<std::uint64_t>(next->subject_sequence)) return;
    e = std::move(*next);
  }
}

void Unit::arrive(storage::Transaction& t, store::Entry e, Ruling ruling) {
  const auto turn = turn_of(store::last_delivered(t, e), static_cast<std::uint64_t>(e.subject_sequence));
  e.state = ruling == Ruling::hold ? "held" : "early";
  store::insert(t, e);
  if (ruling == Ruling::hold) {
    sign(t, e, jindu::v1::RUNG_HELD, "policy.hold", "", false, true);
    return;
  }
  if (turn == Turn::now) promote(t, e);
}

Custody Unit::take_one(storage::Transaction& t, const Bytes& bundle) {
  Custody custody;
  auto checked = check(bundle);
  if (!checked) {
    // What cannot be read or was not signed by who it says is not evidence of anything: not taken, and said in the log.
    log::error("unit.not_taken", log::of(checked.error()));
    count("not_taken", "");
    if (auto view = exchange::parse_bundle(bundle)) custody.id = exchange::to_text(view->id);
    custody.error = checked.error();
    return custody;
  }
  auto& e = checked->entry;
  custody.id = e.id;
  const auto known = store::find(t, e.id);
  if (known && known->manifest_digest == e.manifest_digest) {
    if (is_control(e)) return custody;
    auto receipt = store::receipt_of(t, e.id, jindu::v1::RUNG_CARRIED, signer_.name);
    if (!receipt) receipt = store::receipt_of(t, e.id, jindu::v1::RUNG_QUARANTINED, signer_.name);
    if (receipt) custody.receipt = std::move(*receipt);
    return custody;
  }
  const bool control = is_control(e);
  const bool right_way = control ? e.from == options_.peer && e.to == options_.name : e.to == options_.service && e.from != options_.service;
  auto ruling = !right_way ? result<Ruling>(Error{Fault::forbidden, "policy.wrong_way", "it does not go this way"})
                : control  ? result<Ruling>(Ruling::pass)
                           : judge(options_.policy, passenger_of(e), now());
  if (ruling)
    if (auto fit = fits(store::neighbours(t, e), link_of(e)); !fit) ruling = fit.error();
  if (known) ruling = Error{Fault::integrity, "bundle.fork", "another bundle with this id is here"};
  if (!ruling) {
    custody.error = {};
    log::error("unit.quarantined", log::of(ruling.error()));
    count("quarantined", e.kind);
    if (known) {
      custody.error = ruling.error();
      return custody;
    }
    e.state = "ended";
    e.code = ruling.error().code;
    store::insert(t, e);
    custody.receipt = sign(t, e, jindu::v1::RUNG_QUARANTINED, e.code, ruling.error().detail, false, true);
    // Kept for people to look at; nothing fetches it.
    if (static_cast<std::size_t>(e.size) <= kSmall) store::put_small(t, e.id, bundle);
    // Those behind it about the same subject go on: the sender hears that this one did not.
    if (e.code != "bundle.fork" && turn_of(store::last_delivered(t, e), static_cast<std::uint64_t>(e.subject_sequence)) == Turn::now) promote(t, e);
    return custody;
  }
  if (control) {
    auto payload = exchange::open_bundle(checked->view, signer_.key);
    jindu::v1::ReceiptBatch batch;
    if (!payload || !parse_message(*payload, batch)) {
      custody.error = payload ? Error{Fault::integrity, "receipt.malformed", "a batch of receipts is not readable"} : payload.error();
      log::error("unit.not_taken", log::of(*custody.error));
      return custody;
    }
    e.state = "ended";
    store::insert(t, e);
    apply_control(t, batch);
    return custody;
  }
  if (static_cast<std::size_t>(e.size) <= kSmall) store::put_small(t, e.id, bundle);
  custody.receipt = sign(t, e, jindu::v1::RUNG_CARRIED, "", "", false, true);
  count("carried", e.kind);
  arrive(t, e, *ruling);
  return custody;
}

std::vector<Custody> Unit::take_from_carrier(const std::vector<Bytes>& bundles) {
  std::vector<Custody> custody;
  const auto fail = [&](const Error& error) {
    custody.clear();
    for (const auto& bundle : bundles) {
      Custody none;
      if (auto view = exchange::parse_bundle(bundle)) none.id = exchange::to_text(view->id);
      none.error = error;
      custody.push_back(std::move(none));
    }
    return custody;
  };
  std::size_t bytes = 0;
  for (const auto& bundle : bundles) bytes += bundle.size();
  if (auto ok = room_for(bytes); !ok) return fail(ok.error());
  for (const auto& bundle : bundles)
    if (bundle.size() > kSmall)
      if (auto view = exchange::parse_bundle(bundle))
        if (auto ok = keep_file(exchange::to_text(view->id), bundle); !ok) return fail(ok.error());
  auto ok = journal_.write([&](storage::Transaction& t) {
    custody.clear();
    for (const auto& bundle : bundles) custody.push_back(take_one(t, bundle));
    store::set_state_value(t, "peer_heard_ms", to_unix_ms(now()));
  });
  if (!ok) return fail(ok.error());
  for_service_.tell();
  for_carrier_.tell();  // receipts to send
  return custody;
}

void Unit::apply_peer_receipt(storage::Transaction& t, BytesView encoded) {
  auto receipt = exchange::open_receipt(encoded, trust_);
  if (!receipt) {
    log::error("unit.bad_receipt", log::of(receipt.error()));
    return;
  }
  const auto id = exchange::to_text(receipt->bundle);
  const auto entry = store::find(t, id);
  if (!entry || digest_of(entry->manifest_digest) != receipt->manifest_digest) return;
  // Each rung belongs to a party: units tell of custody, the destination alone of its effects.
  const bool by_unit = receipt->party == options_.peer, by_destination = receipt->party == entry->to;
  const bool allowed = receipt->rung == jindu::v1::RUNG_APPLIED ? by_destination : by_unit || (by_destination && receipt->rung == jindu::v1::RUNG_REFUSED);
  if (!allowed) {
    log::error("unit.bad_receipt", {{"code", "receipt.party"}, {"party", receipt->party}});
    return;
  }
  store::add_receipt(t, *receipt, encoded, entry->outward, false);
  if (exchange::is_final(receipt->rung) && entry->state != "ended") end(t, *entry, receipt->code);
  else if (receipt->rung == jindu::v1::RUNG_CARRIED && entry->state == "waiting") store::set_state(t, id, "carried");
}

void Unit::apply_control(storage::Transaction& t, const jindu::v1::ReceiptBatch& batch) {
  for (const auto& ended : batch.ended()) {
    // A bundle that ended on the other side before it could cross: its place is filled here without it.
    exchange::BundleView view;
    view.manifest_bytes = bytes_of(ended.manifest());
    view.signature = bytes_of(ended.signature());
    if (!parse_message(view.manifest_bytes, view.manifest) || view.manifest.bundle_id().size() != 16) continue;
    std::copy(view.manifest.bundle_id().begin(), view.manifest.bundle_id().end(), reinterpret_cast<char*>(view.id.data()));
    view.manifest_digest = crypto::sha256(view.manifest_bytes);
    auto e = entry_of(view, view.manifest.payload_length(), false);
    if (store::find(t, e.id) || e.to != options_.service) continue;
    e.state = "ended";
    e.code = "ended_outside";
    store::insert(t, e);
    if (turn_of(store::last_delivered(t, e), static_cast<std::uint64_t>(e.subject_sequence)) == Turn::now) promote(t, e);
  }
  for (const auto& receipt : batch.receipts()) apply_peer_receipt(t, bytes_of(receipt));
}

result<std::vector<Unit::Delivery>> Unit::deliveries(std::int64_t after, std::int64_t limit) {
  std::vector<Delivery> list;
  auto ok = journal_.read([&](storage::Transaction& t) {
    list.clear();
    for (const auto& e : store::deliveries(t, options_.service, after, limit)) list.push_back({e.delivery, e.id, e.size});
  });
  if (!ok) return ok.error();
  return list;
}

result<Bytes> Unit::deliver(const std::string& id) {
  std::optional<store::Entry> entry;
  result<Bytes> bytes = Bytes{};
  bool told = false;
  auto ok = journal_.read([&](storage::Transaction& t) {
    entry = store::find(t, id);
    if (!entry || entry->outward || entry->to != options_.service || entry->state != "ready") return;
    bytes = bytes_of_bundle(t, *entry);
    told = store::receipt_of(t, id, jindu::v1::RUNG_DELIVERED, signer_.name).has_value();
  });
  if (!ok) return ok.error();
  if (!entry || entry->outward || entry->to != options_.service || entry->state != "ready")
    return Error{Fault::not_found, "bundle.unknown", "there is no such bundle to deliver"};
  if (!bytes || told) return bytes;
  ok = journal_.write([&](storage::Transaction& t) { sign(t, *entry, jindu::v1::RUNG_DELIVERED, "", "", false, true); });
  if (!ok) return ok.error();
  count("delivered", entry->kind);
  return bytes;
}

result<void> Unit::service_receipt(BytesView encoded) {
  auto receipt = exchange::open_receipt(encoded, trust_);
  if (!receipt) return receipt.error();
  if (receipt->party != options_.service) return Error{Fault::forbidden, "unit.not_yours", "only receipts of '" + options_.service + "' are taken here"};
  if (receipt->rung != jindu::v1::RUNG_APPLIED && receipt->rung != jindu::v1::RUNG_REFUSED)
    return Error{Fault::invalid, "receipt.rung", "a service says applied or refused"};
  const auto id = exchange::to_text(receipt->bundle);
  bool large = false;
  auto ok = journal_.write([&](storage::Transaction& t) {
    const auto entry = store::find(t, id);
    if (!entry || entry->outward || digest_of(entry->manifest_digest) != receipt->manifest_digest)
      throw ErrorException({Fault::not_found, "bundle.unknown", "there is no such bundle"});
    if (entry->state == "ended") return;
    store::add_receipt(t, *receipt, encoded, false, true);
    end(t, *entry, receipt->code);
    large = static_cast<std::size_t>(entry->size) > kSmall;
  });
  if (!ok) return ok;
  // After the commit; what a crash leaves here is removed by the next sweep.
  if (large) std::filesystem::remove(file_of(id));
  count(exchange::to_text(receipt->rung), "");
  for_carrier_.tell();
  return {};
}

result<std::vector<store::StoredReceipt>> Unit::receipts(std::int64_t after, std::int64_t limit) {
  std::vector<store::StoredReceipt> list;
  auto ok = journal_.read([&](storage::Transaction& t) { list = store::receipts_for_service(t, after, limit); });
  if (!ok) return ok.error();
  return list;
}

result<std::vector<Unit::Load>> Unit::load(std::int64_t limit, std::size_t bytes, bool unloaded_only) {
  std::vector<Load> loads;
  auto ok = journal_.read([&](storage::Transaction& t) {
    loads.clear();
    std::size_t total = 0;
    for (auto& e : store::to_carry(t, unloaded_only, limit)) {
      if (!loads.empty() && total + static_cast<std::size_t>(e.size) > bytes) break;
      auto bundle = bytes_of_bundle(t, e);
      if (!bundle) {
        log::error("unit.bytes_missing", {{"bundle", e.id}, {"code", bundle.error().code}});
        continue;
      }
      total += bundle->size();
      loads.push_back({e.id, std::move(*bundle), e.voyage});
    }
  });
  if (!ok) return ok.error();
  return loads;
}

result<void> Unit::carried(const std::vector<Custody>& custody) {
  std::vector<std::string> finished;
  auto ok = journal_.write([&](storage::Transaction& t) {
    finished.clear();
    for (const auto& one : custody) {
      if (one.error) continue;
      const auto entry = store::find(t, one.id);
      if (!entry || !entry->outward || entry->state != "waiting") continue;
      if (is_control(*entry)) {
        end(t, *entry, "");
        continue;
      }
      apply_peer_receipt(t, one.receipt);
    }
    store::set_state_value(t, "peer_heard_ms", to_unix_ms(now()));
  });
  if (ok) for_service_.tell();
  return ok;
}

result<void> Unit::loaded(const std::vector<std::string>& ids, std::int64_t voyage, std::int64_t bytes) {
  return journal_.write([&](storage::Transaction& t) {
    for (const auto& id : ids) t.execute("UPDATE bundle SET voyage = $2 WHERE id = $1", {id, voyage});
    t.execute("INSERT INTO voyage (direction, number, at_ms, bundles, bytes, damaged) VALUES ('loaded', $1, $2, $3, $4, 0)", {voyage, to_unix_ms(now()), static_cast<std::int64_t>(ids.size()), bytes});
  });
}

result<void> Unit::voyages_read(std::int64_t number, const std::vector<std::string>& damaged) {
  auto ok = journal_.write([&](storage::Transaction& t) {
    for (const auto& id : damaged) t.execute("UPDATE bundle SET voyage = 0 WHERE id = $1 AND state = 'waiting'", {id});
    // Receipts of custody follow; until then these are only known to have been unloaded.
    t.execute("UPDATE bundle SET state = 'ended' WHERE state = 'waiting' AND outward = 1 AND kind = 'receipts' AND voyage > 0 AND voyage <= $1", {number});
    t.execute("DELETE FROM bundle_bytes WHERE id IN (SELECT id FROM bundle WHERE state = 'ended' AND kind = 'receipts' AND outward = 1)");
    t.execute("UPDATE bundle SET state = 'carried' WHERE state = 'waiting' AND outward = 1 AND voyage > 0 AND voyage <= $1", {number});
    store::set_state_value(t, "peer_read", number);
    store::set_state_value(t, "peer_heard_ms", to_unix_ms(now()));
  });
  if (ok) for_service_.tell();
  return ok;
}

result<void> Unit::load_again_after(std::int64_t number) {
  return journal_.write([&](storage::Transaction& t) {
    t.execute("UPDATE bundle SET voyage = 0 WHERE state = 'waiting' AND outward = 1 AND voyage > $1", {number});
  });
}

result<bool> Unit::build_control() {
  bool built = false;
  auto ok = journal_.write([&](storage::Transaction& t) {
    built = false;
    const auto waiting = store::receipts_to_send(t, kReceiptsAtOnce);
    if (waiting.empty()) return;
    jindu::v1::ReceiptBatch batch;
    for (const auto& r : waiting) {
      batch.add_receipts(r.receipt.data(), r.receipt.size());
      store::mark_sent(t, r.number);
      if (!exchange::is_final(static_cast<Rung>(r.rung))) continue;
      const auto entry = store::find(t, r.id);
      if (!entry || !entry->outward) continue;
      auto& ended = *batch.add_ended();
      ended.set_manifest(entry->manifest.data(), entry->manifest.size());
      ended.set_signature(entry->signature.data(), entry->signature.size());
    }
    const auto channel = exchange::channel_of(options_.name, options_.peer);
    const auto head = store::channel_head(t, channel);
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
    auto bundle = exchange::build_bundle(draft, encode(batch), signer_.key, options_.nodes.at(options_.peer).public_key());
    if (!bundle) throw ErrorException(bundle.error());
    auto view = exchange::parse_bundle(bundle->bytes);
    auto e = entry_of(*view, bundle->bytes.size(), true);
    e.state = "waiting";
    store::insert(t, e);
    store::put_small(t, e.id, bundle->bytes);
    store::advance(t, channel, link_of(e));
    built = true;
  });
  if (!ok) return ok.error();
  if (built) for_carrier_.tell();
  return built;
}

result<void> Unit::expire() {
  return journal_.write([&](storage::Transaction& t) {
    for (const auto& e : store::expired(t, to_unix_ms(now()))) {
      sign(t, e, jindu::v1::RUNG_EXPIRED, "policy.expired", "", e.outward, true);
      end(t, e, "policy.expired");
      log::warn("unit.expired", {{"bundle", e.id}, {"kind", e.kind}});
      auto ended = e;
      ended.state = "ended";
      if (!e.outward && turn_of(store::last_delivered(t, e), static_cast<std::uint64_t>(e.subject_sequence)) == Turn::now) promote(t, ended);
    }
  });
}

result<void> Unit::sweep() {
  namespace fs = std::filesystem;
  std::error_code code;
  std::vector<std::string> gone;
  for (const auto& file : fs::directory_iterator(options_.directory + "/bundles", code)) {
    const auto id = file.path().stem().string();
    auto ok = journal_.read([&](storage::Transaction& t) {
      const auto entry = store::find(t, id);
      // Quarantined bundles are kept for people to look at; a file without an entry may be one that is being taken in.
      if (entry && entry->state == "ended" && !store::receipt_of(t, id, jindu::v1::RUNG_QUARANTINED, signer_.name)) gone.push_back(file.path());
    });
    if (!ok) return ok;
  }
  for (const auto& path : gone) fs::remove(path, code);
  return journal_.write([&](storage::Transaction& t) {
    // Control bundles are of no use once applied; the newest stay, for the chain's sake.
    t.execute("DELETE FROM bundle WHERE kind = 'receipts' AND state = 'ended' AND stored_ms < $1", {to_unix_ms(now() - std::chrono::hours(24 * 7))});
  });
}

result<void> Unit::release(const std::string& id, const std::string& who, const std::string& reason) {
  auto ok = journal_.write([&](storage::Transaction& t) {
    auto e = store::find(t, id);
    if (!e) throw ErrorException({Fault::not_found, "bundle.unknown", "there is no such bundle"});
    if (e->state != "held") throw ErrorException({Fault::conflict, "bundle.not_held", "it is not held: " + e->state});
    sign(t, *e, jindu::v1::RUNG_RELEASED, "", "", e->outward, true);
    store::log_act(t, who, "release", id, reason, to_unix_ms(now()));
    store::set_state(t, id, e->outward ? "waiting" : "early");
    e->state = e->outward ? "waiting" : "early";
    if (!e->outward && turn_of(store::last_delivered(t, *e), static_cast<std::uint64_t>(e->subject_sequence)) == Turn::now) promote(t, *e);
  });
  if (ok) {
    for_carrier_.tell();
    for_service_.tell();
  }
  return ok;
}

result<void> Unit::refuse(const std::string& id, const std::string& who, const std::string& reason) {
  auto ok = journal_.write([&](storage::Transaction& t) {
    auto e = store::find(t, id);
    if (!e) throw ErrorException({Fault::not_found, "bundle.unknown", "there is no such bundle"});
    if (e->state != "held") throw ErrorException({Fault::conflict, "bundle.not_held", "it is not held: " + e->state});
    sign(t, *e, jindu::v1::RUNG_REFUSED, "operator.refused", reason, e->outward, true);
    store::log_act(t, who, "refuse", id, reason, to_unix_ms(now()));
    end(t, *e, "operator.refused");
    e->state = "ended";
    if (!e->outward && turn_of(store::last_delivered(t, *e), static_cast<std::uint64_t>(e->subject_sequence)) == Turn::now) promote(t, *e);
  });
  if (ok) {
    for_carrier_.tell();
    for_service_.tell();
  }
  return ok;
}

result<void> Unit::heard_from_peer() {
  return journal_.write([&](storage::Transaction& t) { store::set_state_value(t, "peer_heard_ms", to_unix_ms(now())); });
}

}  // namespace jindu::gateway
