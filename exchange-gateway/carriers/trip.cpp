#include "exchange-gateway/carriers/trip.hpp"

#include "common/runtime/ids.hpp"
#include "common/runtime/log.hpp"

namespace jindu::gateway {
namespace {

constexpr std::size_t kTakenAtOnce = 8 * 1024 * 1024;
constexpr int kDamagedTold = 100;
constexpr std::int64_t kRefusedVoyagesMax = 1'000;  // for operators to look at; of more they are not told

}  // namespace

bool is_only_now(const Error& error) { return error.fault == Fault::unavailable || error.fault == Fault::internal; }

result<Taken> take_voyage(Unit& unit, const jindu::v1::Voyage& voyage, const std::string& folder, bool behind_others,
                          std::vector<bool>* before) {
  Taken taken{{"unloaded", id_text(voyage.id()), static_cast<std::int64_t>(voyage.number()), to_unix_ms(unit.now())},
              {}};
  auto& row = taken.row;
  std::string reason;            // the voyage was whole, but this of it was not taken
  std::optional<Error> machine;  // what could not be read says nothing, and keeps nothing else waiting
  std::vector<Bytes> batch;
  std::vector<std::size_t> places;
  std::size_t batch_bytes = 0;
  if (before != nullptr) before->resize(static_cast<std::size_t>(voyage.bundles_size()));
  const auto take = [&]() -> result<void> {
    std::optional<Error> not_now;
    const auto custody = unit.take_from_carrier(std::exchange(batch, {}));
    for (std::size_t i = 0; i < custody.size(); ++i) {
      const auto& one = custody[i];
      if (!one.error) {
        if (before != nullptr) (*before)[places[i]] = true;
      } else if (is_only_now(*one.error)) {
        not_now = one.error;
      } else if (one.error->fault == Fault::limited) {
        ++taken.over_rate;
      } else if (one.error->code == "policy.stopped") {
        ++taken.stopped;
      } else {
        taken.damaged.push_back(one.id);
        if (reason.empty()) reason = one.error->code;
      }
    }
    places.clear();
    batch_bytes = 0;
    if (not_now) return *not_now;
    return {};
  };
  for (int i = 0; i < voyage.bundles_size(); ++i) {
    const auto& entry = voyage.bundles(i);
    const auto place = static_cast<std::size_t>(i);
    if (before != nullptr && (*before)[place]) {
      ++row.bundles;
      row.bytes += static_cast<std::int64_t>(entry.size());
      continue;
    }
    auto bytes = read_voyage_bundle(folder, entry);
    if (!bytes) {
      if (auto there = still_there(folder); !there) return there.error();
      if (is_only_now(bytes.error())) {
        machine = bytes.error();
        continue;
      }
      log::error("ferry.bundle_damaged", {{"bundle", id_text(entry.bundle_id())}, {"detail", bytes.error().detail}});
      taken.damaged.push_back(id_text(entry.bundle_id()));
      reason = "voyage.damaged";
      continue;
    }
    ++row.bundles;
    row.bytes += static_cast<std::int64_t>(bytes->size());
    batch_bytes += bytes->size();
    batch.push_back(std::move(*bytes));
    places.push_back(place);
    if (batch_bytes < kTakenAtOnce) continue;
    if (auto ok = take(); !ok) return ok.error();
  }
  if (auto ok = take(); !ok) return ok.error();
  if (machine) return *machine;
  if (taken.over_rate > 0) {
    log::info("ferry.over_rate", {{"voyage", row.number}, {"bundles", taken.over_rate}});
    // It is not done, but the rest of it was taken.
    auto ok = unit.journal().write([&](storage::Transaction& t) {
      unit.log_by_hand(t, "import", std::to_string(row.number) + " " + row.id + " policy.rate");
    });
    if (!ok) return ok.error();
    return taken;
  }
  // Those of a stopped channel are no fault of the voyage: as it was read without a receipt for them, they come again.
  if (taken.stopped > 0) log::warn("ferry.stopped", {{"voyage", row.number}, {"bundles", taken.stopped}});
  row.damaged = static_cast<std::int64_t>(taken.damaged.size());
  row.code = reason;
  for (const auto& id : voyage.damaged()) log::warn("ferry.other_side_reports_damage", {{"bundle", id_text(id)}});
  if (auto ok = unit.unloaded(row, static_cast<std::int64_t>(voyage.last_read()),
                              static_cast<std::int64_t>(voyage.control_received()), behind_others);
      !ok)
    return ok.error();
  log::info("ferry.unloaded", {{"voyage", row.number}, {"bundles", row.bundles}, {"damaged", row.damaged}});
  return taken;
}

result<void> still_there(const std::filesystem::path& folder) {
  std::error_code code;
  if (std::filesystem::exists(std::filesystem::symlink_status(folder, code))) return {};
  return Error{Fault::unavailable, "voyage.gone", "the medium was taken away while it was read"};
}

result<void> refuse_voyage(Unit& unit, const std::string& folder, const std::string& id, const Error& error) {
  const bool of_peer = voyage_id(std::filesystem::path(folder).filename().string(), unit.options().peer).has_value();
  bool known = false, full = false;
  auto ok = unit.journal().read([&](storage::Transaction& t) {
    known = store::knows_refused(t, id);
    full = store::refused_count(t) >= kRefusedVoyagesMax;
  });
  if (!ok) return ok;
  // One of somebody else stays on the medium under its name: what operators have dismissed they are not told again.
  if (!of_peer && (known || full)) return {};
  const auto claim = claim_of_voyage(folder, unit.trust(), unit.now());
  return unit.journal().write([&](storage::Transaction& t) {
    if (known || !full)
      store::put_voyage(t, {"refused", id, 0, to_unix_ms(unit.now()), 0, 0, 0, error.code, claim.from, claim.signer,
                            error.detail, to_hex(claim.manifest_sha256)});
    unit.log_by_hand(t, "import", id + " " + error.code);
    // The other side hears what was read last, and loads again what was on this one.
    if (of_peer) store::set_state_value(t, "must_tell", 1);
  });
}

Error strange_voyage() {
  return {Fault::forbidden, "voyage.addressee", "it is from another unit than the one that we exchange with"};
}

result<void> gather_receipts(Unit& unit) {
  for (;;) {
    auto built = unit.build_control();
    if (!built) return built.error();
    if (!*built) return {};
  }
}

result<bool> must_tell(Unit& unit) {
  bool tell = false;
  auto ok = unit.journal().read([&](storage::Transaction& t) { tell = store::state_value(t, "must_tell") != 0; });
  if (!ok) return ok.error();
  return tell;
}

result<store::VoyageRow> load_voyage(Unit& unit, const std::string& medium, const std::vector<std::string>& ids,
                                     const std::set<std::string>& damaged) {
  const auto id = uuid_v7(unit.now());
  jindu::v1::Voyage voyage;
  voyage.set_version(1);
  voyage.set_id(id.data(), id.size());
  voyage.set_from(unit.options().name);
  voyage.set_to(unit.options().peer);
  voyage.set_created_ms(to_unix_ms(unit.now()));
  int told = 0;
  for (const auto& text : damaged) {
    const auto raw = exchange::bundle_id_from_text(text);
    if (raw && told++ < kDamagedTold) voyage.add_damaged(raw->data(), raw->size());
  }
  bool packed = false;
  auto ok = unit.journal().read([&](storage::Transaction& t) {
    packed = ids.size() >= unit.options().packed_from && store::state_value(t, store::kPeerReadsPacked) != 0;
    voyage.set_last_read(static_cast<std::uint64_t>(store::state_value(t, "own_read")));
    voyage.set_control_received(
        position_of(store::channel_head(t, exchange::channel_of(unit.options().peer, unit.options().name))));
  });
  if (!ok) return ok.error();
  Unit::Unread unread;
  const VoyageSource source{[&](const std::string& one) {
                              auto bytes = unit.bytes_of(one);
                              if (!bytes) unread.emplace_back(one, bytes.error().code);
                              return bytes;
                            },
                            // It is used up before anything bears it, so that two voyages never have the same one; and
                            // only when all else is written, so that a full medium does not use up one after the other.
                            [&]() -> result<std::uint64_t> {
                              std::int64_t number = 0;
                              auto used = unit.journal().write([&](storage::Transaction& t) {
                                number = store::state_value(t, "voyage") + 1;
                                store::set_state_value(t, "voyage", number);
                              });
                              if (!used) return used.error();
                              return static_cast<std::uint64_t>(number);
                            }};
  ok = write_voyage(medium, voyage, ids, packed, source, unit.signer());
  unit.bytes_missing(unread);
  if (!ok) return ok.error();
  store::VoyageRow row{"loaded", uuid_text(id), static_cast<std::int64_t>(voyage.number()), to_unix_ms(unit.now())};
  std::vector<std::string> went;
  for (const auto& entry : voyage.bundles()) {
    went.push_back(id_text(entry.bundle_id()));
    row.bytes += static_cast<std::int64_t>(entry.size());
  }
  row.bundles = static_cast<std::int64_t>(went.size());
  if (ok = unit.loaded(row, went); !ok) return ok.error();
  ok = unit.journal().write([&](storage::Transaction& t) { store::set_state_value(t, "must_tell", 0); });
  if (!ok) return ok.error();
  log::info("ferry.loaded", {{"voyage", row.number}, {"bundles", row.bundles}, {"bytes", row.bytes}});
  return row;
}

}  // namespace jindu::gateway
