// What the unit does by itself from time to time.
#include <prometheus/gauge.h>

#include <filesystem>

#include "common/runtime/files.hpp"
#include "exchange-gateway/unit/parts.hpp"

namespace jindu::gateway {
namespace {

constexpr std::int64_t kAtOnce = 200;
constexpr std::chrono::hours kControlKept{24 * 7};

}  // namespace

result<void> Unit::expire() {
  bool any = false;
  auto ok = journal_.write([&](storage::Transaction& t) {
    for (const auto& found : store::out_of_time(t, to_unix_ms(now()), kAtOnce)) {
      // One before it in this list may have given it its turn.
      auto e = store::find(t, found.id).value();
      const bool fetched =
          store::receipt_of(t, e.id, e.manifest_digest, jindu::v1::RUNG_DELIVERED, signer_.name).has_value();
      if (!may_expire({e.state, e.outward, e.offered, fetched})) continue;
      const bool turn_was_over = e.state == State::ready;
      sign(t, e, jindu::v1::RUNG_EXPIRED, "policy.expired", "", e.outward, true);
      store::end(t, e.id, "policy.expired", to_unix_ms(now()));
      e.state = State::ended;
      if (!e.outward && !turn_was_over) promote_if_next(t, e);
      log::warn("unit.expired", {{"bundle", e.id}, {"kind", kind_label(options_.policy, e.kind)}});
      any = true;
    }
  });
  if (any) {
    for_service_.tell();
    for_carrier_.tell();
  }
  return ok;
}

result<void> Unit::sweep() {
  const auto finished = to_unix_ms(now() - options_.keep_finished);
  std::vector<std::pair<std::string, std::string>> files;
  auto ok = journal_.read([&](storage::Transaction& t) {
    files.clear();
    for (const auto& row :
         t.query("SELECT id, file FROM bundle WHERE file <> '' AND ended_ms > 0 AND ended_ms <= $1 LIMIT $2",
                 {finished, kAtOnce}))
      files.emplace_back(row.text(0), row.text(1));
  });
  if (!ok) return ok;
  for (const auto& [id, file] : files) {
    std::error_code code;
    std::filesystem::remove(path_of(file), code);
    if (code) return Error{Fault::internal, "unit.sweep", file + ": " + code.message()};
  }
  return journal_.write([&](storage::Transaction& t) {
    for (const auto& [id, file] : files) t.execute("UPDATE bundle SET file = '' WHERE id = $1", {id});
    t.execute(
        "DELETE FROM bundle_bytes WHERE id IN (SELECT y.id FROM bundle_bytes y JOIN bundle b ON b.id = y.id WHERE "
        "b.state = 'ended' AND b.ended_ms > 0 AND b.ended_ms <= $1)",
        {finished});
    // Control bundles say nothing that the receipts in them do not say; the channel's head keeps the chain.
    t.execute("DELETE FROM bundle WHERE kind = 'receipts' AND state = 'ended' AND ended_ms > 0 AND ended_ms <= $1",
              {std::min(finished, to_unix_ms(now() - kControlKept))});
  });
}

result<void> Unit::remove_orphans() {
  namespace fs = std::filesystem;
  std::set<std::string> used;
  auto ok = journal_.read([&](storage::Transaction& t) {
    used.clear();
    for (const auto& row : t.query("SELECT file FROM bundle WHERE file <> ''")) used.insert(row.text(0));
  });
  if (!ok) return ok;
  std::error_code code;
  std::vector<fs::path> orphans;
  for (const auto& file : fs::directory_iterator(options_.directory + "/bundles", code))
    if (!used.contains(file.path().filename().string())) orphans.push_back(file.path());
  for (const auto& path : orphans) {
    log::info("unit.orphan_removed", {{"file", path.filename().string()}});
    fs::remove(path, code);
  }
  return {};
}

void Unit::measure() {
  std::map<std::string, double> values;
  auto ok = journal_.read([&](storage::Transaction& t) {
    values.clear();
    for (const auto* state : {"waiting", "carried", "ready", "early", "held"}) {
      const auto row =
          t.query_one("SELECT COUNT(*) FROM bundle WHERE state = $1 AND kind <> 'receipts'", {std::string(state)});
      values[state] = static_cast<double>(row->integer(0));
    }
    values["quarantined"] = static_cast<double>(t.query_one("SELECT COUNT(*) FROM stray")->integer(0));
    values["heard"] = static_cast<double>(store::state_value(t, "peer_heard_ms")) / 1000;
  });
  if (!ok) return;
  for (const auto& [name, value] : values)
    if (name != "heard")
      metrics::gauge("jindu_gateway_bundles", "Bundles in the journal that have not ended", {{"state", name}})
          .Set(value);
  metrics::gauge("jindu_gateway_other_side_heard_seconds", "Unix time at which the other unit was heard last")
      .Set(values["heard"]);
  metrics::gauge("jindu_gateway_disk_free_bytes", "Free bytes where the journal is")
      .Set(static_cast<double>(files::free_bytes(options_.directory)));
}

}  // namespace jindu::gateway
