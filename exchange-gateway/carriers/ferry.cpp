#include <filesystem>

#include "common/runtime/files.hpp"
#include "common/runtime/ids.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/worker.hpp"
#include "exchange-gateway/carriers/carrier.hpp"
#include "exchange-gateway/carriers/voyage.hpp"

namespace jindu::gateway {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
constexpr int kVoyagesAtOnce = 64;
constexpr std::size_t kTakenAtOnce = 8 * 1024 * 1024;
constexpr int kDamagedTold = 100;
// The switch, or a person, may take the medium away when this is there.
constexpr std::string_view kFinished = "finished-";

class Ferry final : public Carrier {
 public:
  Ferry(Unit& unit, FerryOptions options)
      : unit_(unit), options_(std::move(options)), worker_("ferry", [this] { return look(); }) {}
  void stop() override { worker_.stop(); }

 private:
  milliseconds look() {
    std::error_code code;
    const bool attached = fs::symlink_status(options_.attachment, code).type() == fs::file_type::directory;
    const bool came = attached && !attached_;
    attached_ = attached;
    if (!attached) {
      forget_lost();
      return options_.look;
    }
    // A switch takes the sign away when it attaches the medium; a person does not, but takes the medium away for a
    // while.
    if (!came && fs::exists(marker(), code)) return options_.look;
    fs::remove(marker(), code);
    remove_partial_voyages(options_.attachment, unit_.options().name);
    // A medium pulled in the middle shows itself as a failure of some call: the next attachment starts over.
    if (auto ok = unload(); !ok) return failed(ok.error());
    if (auto ok = load(); !ok) return failed(ok.error());
    if (auto ok = files::write_durably(marker(), {}); !ok) return failed(ok.error());
    return options_.look;
  }

  milliseconds failed(const Error& error) {
    std::error_code code;
    if (fs::is_directory(options_.attachment, code)) log::warn("ferry.failed", log::of(error));
    return options_.look * 5;
  }

  fs::path marker() const { return fs::path(options_.attachment) / (std::string(kFinished) + unit_.options().name); }

  // Without a word of a voyage for long, its medium is taken to be lost.
  void forget_lost() {
    if (std::chrono::steady_clock::now() < next_look_for_lost_) return;
    next_look_for_lost_ = std::chrono::steady_clock::now() + options_.look * 10;
    std::int64_t newest = 0;
    bool waits = false;
    const auto before = to_unix_ms(unit_.now() - options_.lost_after);
    auto ok = unit_.journal().read([&](storage::Transaction& t) {
      const auto row =
          t.query_one("SELECT MAX(number) FROM voyage WHERE direction = 'loaded' AND at_ms < $1", {before});
      newest = row && !row->is_null(0) ? row->integer(0) : 0;
      waits =
          t.query_one("SELECT 1 FROM bundle WHERE state = 'waiting' AND voyage > 0 AND voyage <= $1 LIMIT 1", {newest})
              .has_value();
    });
    if (!ok || !waits) return;
    log::warn("ferry.voyage_lost", {{"up_to", newest}});
    if (ok = unit_.load_again(0, newest); !ok) log::error("ferry.failed", log::of(ok.error()));
  }

  // Voyages of the other side, the oldest first.
  result<void> unload() {
    std::vector<std::pair<jindu::v1::Voyage, std::string>> voyages;
    std::error_code code;
    std::vector<fs::path> folders;
    for (const auto& folder : fs::directory_iterator(options_.attachment, code))
      if (voyage_id(folder.path().filename().string(), unit_.options().peer)) folders.push_back(folder.path());
    for (const auto& folder : folders) {
      auto voyage = read_voyage(folder, unit_.options().peer, unit_.options().name, unit_.trust(), unit_.now());
      if (voyage) {
        voyages.emplace_back(std::move(*voyage), folder.string());
        continue;
      }
      if (auto ok = refuse(folder, voyage.error()); !ok) return ok;
    }
    std::sort(voyages.begin(), voyages.end(),
              [](const auto& a, const auto& b) { return a.first.number() < b.first.number(); });
    for (const auto& [voyage, folder] : voyages)
      if (auto ok = unload_one(voyage, folder); !ok) return ok;
    return {};
  }

  // Nothing of a voyage without a good manifest is believed; it stays on the medium under a name that says so.
  result<void> refuse(const fs::path& folder, const Error& error) {
    log::error("ferry.voyage_refused", log::of(error));
    const auto id = voyage_id(folder.filename().string(), unit_.options().peer).value();
    auto ok = unit_.journal().write([&](storage::Transaction& t) {
      store::put_voyage(t, {"refused", id, 0, to_unix_ms(unit_.now()), 0, 0, 0, error.code});
      // The other side hears what was read last, and loads again what was on this one.
      store::set_state_value(t, "must_tell", 1);
    });
    if (!ok) return ok;
    std::error_code code;
    fs::rename(folder, folder.string() + ".refused", code);
    if (code) fs::remove_all(folder, code);
    return {};
  }

  result<void> unload_one(const jindu::v1::Voyage& voyage, const std::string& folder) {
    store::VoyageRow row{"unloaded", id_text(voyage.id()), static_cast<std::int64_t>(voyage.number()),
                         to_unix_ms(unit_.now())};
    std::vector<std::string> damaged;
    std::vector<Bytes> batch;
    std::size_t batch_bytes = 0;
    const auto take = [&]() -> result<void> {
      for (auto& one : unit_.take_from_carrier(std::exchange(batch, {}))) {
        if (!one.error) continue;
        const auto fault = one.error->fault;
        if (fault == Fault::unavailable || fault == Fault::internal || fault == Fault::limited) return *one.error;
        damaged.push_back(one.id);  // not taken for what it is; the other side keeps it
      }
      batch_bytes = 0;
      return {};
    };
    for (const auto& entry : voyage.bundles()) {
      auto bytes = read_voyage_bundle(folder, entry);
      if (!bytes) {
        log::error("ferry.bundle_damaged", {{"bundle", id_text(entry.bundle_id())}, {"detail", bytes.error().detail}});
        damaged.push_back(id_text(entry.bundle_id()));
        continue;
      }
      ++row.bundles;
      row.bytes += static_cast<std::int64_t>(bytes->size());
      batch_bytes += bytes->size();
      batch.push_back(std::move(*bytes));
      if (batch_bytes < kTakenAtOnce) continue;
      if (auto ok = take(); !ok) return ok;
    }
    if (auto ok = take(); !ok) return ok;
    row.damaged = static_cast<std::int64_t>(damaged.size());
    row.code = damaged.empty() ? "" : "voyage.damaged";
    for (const auto& id : voyage.damaged()) log::warn("ferry.other_side_reports_damage", {{"bundle", id_text(id)}});
    const auto last_read = static_cast<std::int64_t>(voyage.last_read());
    if (auto ok = unit_.unloaded(row, last_read, static_cast<std::int64_t>(voyage.control_received())); !ok) return ok;
    damaged_.insert(damaged.begin(), damaged.end());
    std::error_code code;
    // Our own that the other side did not unload and that are not on the medium any more went down with it.
    if (!own_on_medium())
      if (auto ok = unit_.load_again(last_read, std::numeric_limits<std::int64_t>::max()); !ok) return ok;
    fs::remove_all(folder, code);
    log::info("ferry.unloaded", {{"voyage", row.number}, {"bundles", row.bundles}, {"damaged", row.damaged}});
    return files::sync_folder(options_.attachment);
  }

  bool own_on_medium() const {
    std::error_code code;
    for (const auto& folder : fs::directory_iterator(options_.attachment, code))
      if (voyage_id(folder.path().filename().string(), unit_.options().name)) return true;
    return false;
  }

  result<void> load() {
    // Receipts of what was unloaded go with the same trip: without them the other side would load again.
    for (;;) {
      auto built = unit_.build_control();
      if (!built) return built.error();
      if (!*built) break;
    }
    const auto room = files::free_bytes(options_.attachment) / 2;
    std::size_t used = 0;
    for (int i = 0; i < kVoyagesAtOnce && used < room; ++i) {
      auto list = unit_.to_load(kVoyageBundlesMax, std::min<std::size_t>(options_.voyage_bytes, room - used));
      if (!list) return list.error();
      std::int64_t must_tell = 0;
      auto ok = unit_.journal().read([&](storage::Transaction& t) { must_tell = store::state_value(t, "must_tell"); });
      if (!ok) return ok;
      // An empty trip is made only to say what was unloaded.
      if (list->empty() && must_tell == 0) return {};
      std::vector<std::string> ids;
      for (auto& one : *list) ids.push_back(std::move(one.id));
      auto bytes = load_one(ids);
      if (!bytes) return bytes.error();
      used += *bytes;
      // Nothing could be read: what is left would come up again at once.
      if (*bytes == 0) return {};
    }
    return {};
  }

  result<std::size_t> load_one(const std::vector<std::string>& ids) {
    const auto id = uuid_v7(unit_.now());
    jindu::v1::Voyage voyage;
    voyage.set_version(1);
    voyage.set_id(id.data(), id.size());
    voyage.set_from(unit_.options().name);
    voyage.set_to(unit_.options().peer);
    voyage.set_created_ms(to_unix_ms(unit_.now()));
    int told = 0;
    for (const auto& text : damaged_) {
      const auto raw = exchange::bundle_id_from_text(text);
      if (raw && told++ < kDamagedTold) voyage.add_damaged(raw->data(), raw->size());
    }
    // The number is used up before it is written: two voyages never have the same one.
    auto ok = unit_.journal().write([&](storage::Transaction& t) {
      const auto number = store::state_value(t, "voyage") + 1;
      store::set_state_value(t, "voyage", number);
      voyage.set_number(static_cast<std::uint64_t>(number));
      voyage.set_last_read(static_cast<std::uint64_t>(store::state_value(t, "own_read")));
      voyage.set_control_received(
          store::channel_head(t, exchange::channel_of(unit_.options().peer, unit_.options().name)).sequence);
    });
    if (!ok) return ok.error();
    ok = write_voyage(
        options_.attachment, voyage, ids, [this](const std::string& one) { return unit_.bytes_of(one); },
        unit_.signer());
    if (!ok) return ok.error();
    store::VoyageRow row{"loaded", uuid_text(id), static_cast<std::int64_t>(voyage.number()), to_unix_ms(unit_.now())};
    std::vector<std::string> went;
    for (const auto& entry : voyage.bundles()) {
      went.push_back(id_text(entry.bundle_id()));
      row.bytes += static_cast<std::int64_t>(entry.size());
    }
    row.bundles = static_cast<std::int64_t>(went.size());
    if (ok = unit_.loaded(row, went); !ok) return ok.error();
    ok = unit_.journal().write([&](storage::Transaction& t) { store::set_state_value(t, "must_tell", 0); });
    if (!ok) return ok.error();
    damaged_.clear();
    log::info("ferry.loaded", {{"voyage", row.number}, {"bundles", row.bundles}, {"bytes", row.bytes}});
    return static_cast<std::size_t>(row.bytes);
  }

  Unit& unit_;
  FerryOptions options_;
  bool attached_ = false;
  std::set<std::string> damaged_;  // to be told to the other side's operators; nothing depends on it
  std::chrono::steady_clock::time_point next_look_for_lost_{};
  Worker worker_;
};

}  // namespace

std::unique_ptr<Carrier> start_ferry(Unit& unit, FerryOptions options) {
  return std::make_unique<Ferry>(unit, std::move(options));
}

}  // namespace jindu::gateway
