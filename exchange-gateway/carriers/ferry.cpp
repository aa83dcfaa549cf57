#include "common/runtime/files.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/messages.hpp"
#include "common/runtime/worker.hpp"
#include "exchange-gateway/carriers/carrier.hpp"
#include "exchange-gateway/carriers/voyage.hpp"

namespace jindu::gateway {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
constexpr milliseconds kLook{100};
// The switch, or a person, takes the medium away when this is there; it is removed when it is attached.
constexpr std::string_view kDamaged = "damaged:";
constexpr std::string_view kFinished = "finished-";

class Ferry final : public Carrier {
 public:
  Ferry(Unit& unit, FerryOptions options)
      : unit_(unit), options_(std::move(options)), worker_("ferry", [this] { return look(); }) {}
  void stop() override { worker_.stop(); }

 private:
  milliseconds look() {
    std::error_code code;
    const bool attached = fs::is_directory(options_.attachment, code);
    if (!attached || fs::exists(marker(), code)) {
      if (!attached) forget_lost();
      return kLook;
    }
    // A medium pulled in the middle shows itself as a failure of some call: the next attachment starts over.
    if (auto ok = unload(); !ok) return failed(ok.error());
    if (auto ok = load(); !ok) return failed(ok.error());
    if (auto ok = files::write_durably(marker(), {}); !ok) return failed(ok.error());
    return kLook;
  }

  milliseconds failed(const Error& error) {
    std::error_code code;
    if (fs::is_directory(options_.attachment, code)) log::warn("ferry.failed", log::of(error));
    return milliseconds(500);
  }

  fs::path marker() const { return fs::path(options_.attachment) / (std::string(kFinished) + unit_.options().name); }

  // Without a word of a voyage for long, its medium is taken to be lost.
  void forget_lost() {
    std::int64_t read = 0;
    bool old = false;
    const auto before = to_unix_ms(unit_.now() - options_.lost_after);
    auto ok = unit_.journal().read([&](storage::Transaction& t) {
      read = store::state_value(t, "peer_read");
      const auto row = t.query_one("SELECT MAX(at_ms) FROM voyage WHERE direction = 'loaded' AND number > $1", {read});
      old = row && !row->is_null(0) && row->integer(0) < before;
      if (old) old = !t.query("SELECT 1 FROM bundle WHERE state = 'waiting' AND outward = 1 AND voyage > $1 LIMIT 1", {read}).empty();
    });
    if (ok && old) {
      log::warn("ferry.voyage_lost", {{"after", read}});
      (void)unit_.load_again_after(read);
    }
  }

  result<void> unload() {
    std::vector<std::pair<std::uint64_t, fs::path>> voyages;
    std::error_code code;
    for (const auto& folder : fs::directory_iterator(options_.attachment, code))
      if (auto number = voyage_number(folder.path().filename().string(), unit_.options().name); number && folder.is_directory(code))
        voyages.emplace_back(*number, folder.path());
    std::sort(voyages.begin(), voyages.end());
    for (const auto& [number, folder] : voyages)
      if (auto ok = unload_one(number, folder); !ok) return ok;
    return {};
  }

  result<void> unload_one(std::uint64_t number, const fs::path& folder) {
    auto read = read_voyage(folder, unit_.options().peer, unit_.options().name, unit_.trust(), unit_.now());
    if (!read || read->voyage.number() != number) {
      // Nothing of a voyage without a good manifest is believed; it stays on the medium under a name that says so.
      log::error("ferry.voyage_refused", log::of(read ? Error{Fault::integrity, "voyage.malformed", "folder and manifest have different numbers"} : read.error()));
      std::error_code code;
      fs::rename(folder, folder.string() + ".refused", code);
      return {};
    }
    std::int64_t last = 0;
    std::int64_t bytes = 0;
    for (const auto& bundle : read->bundles) bytes += static_cast<std::int64_t>(bundle.size());
    const auto custody = unit_.take_from_carrier(read->bundles);
    for (const auto& one : custody) {
      if (!one.error) continue;
      if (one.error->fault == Fault::unavailable || one.error->fault == Fault::internal) return *one.error;  // leave it for later
      if (!one.id.empty()) read->damaged.push_back(one.id);
    }
    if (auto ok = unit_.voyages_read(static_cast<std::int64_t>(read->voyage.last_read()), damaged_of(read->voyage)); !ok) return ok;
    if (auto ok = unit_.journal().write([&](storage::Transaction& t) {
          last = store::state_value(t, "own_read");
          if (static_cast<std::int64_t>(number) > last) store::set_state_value(t, "own_read", static_cast<std::int64_t>(number));
          // With the number, so that a crash never tells of a voyage without telling what was damaged in it.
          for (const auto& id : read->damaged) store::set_state_value(t, std::string(kDamaged) + id, 1);
          if (!read->bundles.empty() || !read->damaged.empty()) store::set_state_value(t, "must_tell", 1);
          if (!t.query_one("SELECT 1 FROM voyage WHERE direction = 'unloaded' AND number = $1", {static_cast<std::int64_t>(number)}))
            t.execute("INSERT INTO voyage (direction, number, at_ms, bundles, bytes, damaged) VALUES ('unloaded', $1, $2, $3, $4, $5)",
                      {static_cast<std::int64_t>(number), to_unix_ms(unit_.now()), static_cast<std::int64_t>(read->bundles.size()), bytes, static_cast<std::int64_t>(read->damaged.size())});
        }); !ok)
      return ok;
    // Our own that the other side did not unload and that are not on the medium any more went down with it.
    std::error_code code;
    bool still_here = false;
    for (const auto& other : fs::directory_iterator(options_.attachment, code))
      still_here = still_here || voyage_number(other.path().filename().string(), unit_.options().peer).has_value();
    if (!still_here)
      if (auto ok = unit_.load_again_after(static_cast<std::int64_t>(read->voyage.last_read())); !ok) return ok;
    fs::remove_all(folder, code);
    log::info("ferry.unloaded", {{"voyage", number}, {"bundles", read->bundles.size()}, {"damaged", read->damaged.size()}});
    return files::sync_folder(options_.attachment);
  }

  static std::vector<std::string> damaged_of(const jindu::v1::Voyage& voyage) {
    std::vector<std::string> ids;
    for (const auto& bytes : voyage.damaged()) {
      exchange::BundleId id{};
      if (bytes.size() == id.size()) std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(id.data()));
      ids.push_back(exchange::to_text(id));
    }
    return ids;
  }

  result<void> load() {
    while (true) {
      auto built = unit_.build_control();
      if (!built) return built.error();
      if (!*built) break;
    }
    const auto room = files::free_bytes(options_.attachment);
    auto loads = unit_.load(kVoyageBundlesMax, std::min<std::size_t>(options_.voyage_bytes, room / 2), true);
    if (!loads) return loads.error();
    std::int64_t own_read = 0, number = 0;
    bool must_tell = false;
    std::vector<std::string> damaged;
    if (auto ok = unit_.journal().read([&](storage::Transaction& t) {
          damaged.clear();
          own_read = store::state_value(t, "own_read");
          must_tell = store::state_value(t, "must_tell") == 1;
          number = store::state_value(t, "voyage") + 1;
          for (const auto& row : t.query("SELECT name FROM unit_state WHERE name LIKE 'damaged:%'")) damaged.push_back(row.text(0).substr(kDamaged.size()));
        }); !ok)
      return ok;
    // An empty trip is made only to say what was unloaded.
    if (loads->empty() && !must_tell) return {};
    jindu::v1::Voyage voyage;
    voyage.set_version(1);
    voyage.set_from(unit_.options().name);
    voyage.set_to(unit_.options().peer);
    voyage.set_number(static_cast<std::uint64_t>(number));
    voyage.set_created_ms(to_unix_ms(unit_.now()));
    voyage.set_last_read(static_cast<std::uint64_t>(own_read));
    for (const auto& text : damaged) {
      auto id = exchange::bundle_id_from_text(text);
      if (id) voyage.add_damaged(id->data(), id->size());
    }
    // The number is used up before it is written: two voyages never have the same one.
    if (auto ok = unit_.journal().write([&](storage::Transaction& t) { store::set_state_value(t, "voyage", number); }); !ok) return ok;
    if (auto ok = write_voyage(options_.attachment, *loads, voyage, unit_.signer()); !ok) return ok;
    std::vector<std::string> ids;
    std::int64_t bytes = 0;
    for (const auto& load : *loads) {
      ids.push_back(load.id);
      bytes += static_cast<std::int64_t>(load.bundle.size());
    }
    if (auto ok = unit_.loaded(ids, number, bytes); !ok) return ok;
    if (auto ok = unit_.journal().write([&](storage::Transaction& t) {
          store::set_state_value(t, "must_tell", 0);
          for (const auto& id : damaged) t.execute("DELETE FROM unit_state WHERE name = $1", {std::string(kDamaged) + id});
        }); !ok)
      return ok;
    log::info("ferry.loaded", {{"voyage", number}, {"bundles", ids.size()}, {"bytes", bytes}});
    return {};
  }

  Unit& unit_;
  FerryOptions options_;
  Worker worker_;
};

}  // namespace

std::unique_ptr<Carrier> start_ferry(Unit& unit, FerryOptions options) { return std::make_unique<Ferry>(unit, std::move(options)); }

}  // namespace jindu::gateway
