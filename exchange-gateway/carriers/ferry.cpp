#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "common/runtime/files.hpp"
#include "common/runtime/ids.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/worker.hpp"
#include "exchange-gateway/carriers/carrier.hpp"
#include "exchange-gateway/carriers/trip.hpp"
#include "exchange-gateway/store/restoration.hpp"

namespace jindu::gateway {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
constexpr int kVoyagesAtOnce = 64;
constexpr int kTryAgain = 5, kTryAgainMost = 64;  // looks, and times as many
constexpr int kLostDoublings = 4;                 // of the time after which a voyage is taken to be lost
constexpr int kRefusedKept = 999;  // of one and the same voyage; what comes after them stays under its own name
// The switch, or a person, may take the medium away when this is there.
constexpr std::string_view kFinished = "finished-";

// Who unmounts what is just read or written is told that it is busy; else the rest would go onto the folder below it.
class Hold {
 public:
  explicit Hold(const std::string& folder)
      : folder_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) {}
  ~Hold() {
    if (folder_ >= 0) ::close(folder_);
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  int folder_;
};

class Ferry final : public Carrier {
 public:
  Ferry(Unit& unit, FerryOptions options)
      : unit_(unit),
        options_(std::move(options)),
        worker_(
            "ferry", [this] { return look(); }, [this] { unit_.carrier_failed("ferry"); }) {}
  void stop() override { worker_.stop(); }

 private:
  milliseconds look() {
    const auto there = medium_at(options_.attachment, options_.must_be_mount);
    if (there != there_) {
      came_ = true;
      // Also where another one came in its place before anybody looked.
      if (there_) forget_lost();
      taken_.clear();
      pause_ = {};
    }
    there_ = there;
    if (!there) {
      forget_lost();
      return options_.look;
    }
    // A switch takes the sign away when it attaches the medium; a person does not, but takes the medium away for a
    // while.
    const auto wanted = unit_.voyage_is_wanted();
    if (!wanted) return failed(wanted.error());
    std::error_code code;
    // An operator may have wanted more to go on a medium that was finished.
    const bool again = !came_ && !*wanted, finished = again && fs::exists(marker(), code);
    if ((finished && !left_) || (again && std::chrono::steady_clock::now() < next_try_)) return options_.look;
    const Hold hold(options_.attachment);
    if (medium_at(options_.attachment, options_.must_be_mount) != there_) return options_.look;
    if (finished) {
      // The medium may go at any moment. As long as it stays, what was over its rate is taken little by little.
      if (auto ok = unload(); !ok) return failed(ok.error());
      put_off();
      return options_.look;
    }
    fs::remove(marker(), code);
    came_ = false;
    if (*wanted)
      if (auto ok = unit_.voyage_was_started(own_on_medium()); !ok) return failed(ok.error());
    clear_leftovers(options_.attachment, unit_.options().name, unit_.options().peer);
    // A medium pulled in the middle shows itself as a failure of some call: the next attachment starts over.
    const auto unloaded = unload();
    // Also when nothing can be taken: what waits here may be what fills the disk.
    if (auto ok = load(); !ok) return failed(ok.error());
    if (!unloaded) return failed(unloaded.error());
    if (auto ok = files::write_durably(marker(), {}); !ok) return failed(ok.error());
    put_off();
    return options_.look;
  }

  milliseconds failed(const Error& error) {
    if (medium_at(options_.attachment, options_.must_be_mount) != there_) return options_.look;  // only taken away
    log::warn("ferry.failed", log::of(error));
    if (error.code == "voyage.machine") unit_.carrier_failed("ferry");
    put_off();
    return kTryAgain * options_.look;
  }

  // What stays is tried again: soon where something of it could be taken, else later and later.
  void put_off() {
    const auto least = kTryAgain * options_.look;
    pause_ = took_ ? least : std::clamp(2 * pause_, least, kTryAgainMost * least);
    next_try_ = std::chrono::steady_clock::now() + pause_;
  }

  fs::path marker() const { return fs::path(options_.attachment) / (std::string(kFinished) + unit_.options().name); }

  // Without a word of a voyage for long, its medium is taken to be lost; so is one of our future, which a clock that
  // was ahead has dated: nobody knows how long ago it was loaded, and what comes twice is recognised. It may be there
  // all the same, and unread for as long as the other side cannot read it: until that reads again, later and later.
  void forget_lost() {
    if (std::chrono::steady_clock::now() < next_look_for_lost_) return;
    next_look_for_lost_ = std::chrono::steady_clock::now() + options_.look * 10;
    std::int64_t newest = 0;
    bool waits = false;
    const auto ahead = to_unix_ms(unit_.now() + std::chrono::minutes(1));
    auto ok = unit_.journal().read([&](storage::Transaction& t) {
      if (const auto read = store::state_value(t, "peer_read"); read != read_there_) {
        read_there_ = read;
        lost_ = 0;
      }
      const auto before = to_unix_ms(unit_.now() - options_.lost_after * (1 << lost_));
      const auto row = t.query_one(
          "SELECT MAX(number) FROM voyage WHERE direction = 'loaded' AND (at_ms < $1 OR at_ms > $2)", {before, ahead});
      newest = row && !row->is_null(0) ? row->integer(0) : 0;
      waits =
          t.query_one("SELECT 1 FROM bundle WHERE state = 'waiting' AND voyage > 0 AND voyage <= $1 LIMIT 1", {newest})
              .has_value();
    });
    if (!ok || !waits) return;
    log::warn("ferry.voyage_lost", {{"up_to", newest}});
    lost_ = std::min(lost_ + 1, kLostDoublings);
    if (ok = unit_.load_again(0, newest); !ok) log::error("ferry.failed", log::of(ok.error()));
  }

  // Voyages of the other side, the oldest first. One that stays, as not all of it can be taken now, keeps none behind
  // it waiting.
  result<void> unload() {
    left_ = took_ = false;
    std::optional<Error> not_now;
    std::vector<std::pair<std::uint64_t, std::string>> voyages;
    int strange = 0;
    for (const auto& name : names_on(options_.attachment)) {
      const auto folder = (fs::path(options_.attachment) / name).string();
      if (const auto id = strange_voyage_id(name, unit_.options().name, unit_.options().peer)) {
        if (strange++ >= kStrangeTold) continue;
        if (auto ok = refuse_voyage(unit_, folder, *id, strange_voyage()); !ok) return ok;
      }
      if (!voyage_id(name, unit_.options().peer)) continue;
      const auto voyage = read_voyage(folder, unit_.options().peer, unit_.options().name, unit_.trust(), unit_.now());
      if (voyage) {
        voyages.emplace_back(voyage->number(), folder);
      } else if (is_only_now(voyage.error())) {
        not_now = voyage.error();
        left_ = true;
      } else if (auto ok = refuse(folder, voyage.error()); !ok) {
        return ok;
      }
    }
    std::sort(voyages.begin(), voyages.end());
    for (const auto& [number, folder] : voyages) {
      auto ok = unload_one(folder);
      if (ok) continue;
      if (auto there = still_there(folder); !there) return there;
      not_now = ok.error();
      left_ = true;
    }
    if (not_now) return *not_now;
    return {};
  }

  // Nothing of a voyage without a good manifest is believed; it stays on the medium under a name that says so.
  result<void> refuse(const std::string& folder, const Error& error) {
    if (auto there = still_there(folder); !there) return there;
    log::error("ferry.voyage_refused", log::of(error));
    const auto id = voyage_id(fs::path(folder).filename().string(), unit_.options().peer).value();
    auto ok = refuse_voyage(unit_, folder, id, error);
    if (!ok) return ok;
    // One that was put there again stays beside the first: nobody has signed that it may be removed.
    std::error_code code;
    for (int copy = 1; copy <= kRefusedKept; ++copy) {
      fs::rename(folder, folder + ".refused" + (copy == 1 ? "" : "-" + std::to_string(copy)), code);
      if (!code) break;
    }
    return {};
  }

  result<void> unload_one(const std::string& folder) {
    const auto voyage = read_voyage(folder, unit_.options().peer, unit_.options().name, unit_.trust(), unit_.now());
    if (!voyage) return voyage.error();
    auto& before = taken_[id_text(voyage->id())];
    const auto count = [&] { return std::count(before.begin(), before.end(), true); };
    const auto known = count();
    auto taken = take_voyage(unit_, *voyage, folder, left_, &before);
    took_ = took_ || count() > known;
    if (!taken) return taken.error();
    damaged_.insert(taken->damaged.begin(), taken->damaged.end());
    if (taken->over_rate > 0) {
      left_ = true;
      return {};
    }
    // Our own that the other side did not unload and that are not on the medium any more went down with it.
    if (own_on_medium().empty())
      if (auto ok = unit_.load_again(static_cast<std::int64_t>(voyage->last_read()),
                                     std::numeric_limits<std::int64_t>::max());
          !ok)
        return ok;
    // One that stays is known when it is met again; those after it are not to wait.
    if (auto ok = remove_voyage(folder); !ok)
      log::warn("ferry.not_removed", log::of(ok.error()));
    else
      taken_.erase(id_text(voyage->id()));
    return {};
  }

  std::set<std::string> own_on_medium() const {
    std::set<std::string> ids;
    for (const auto& name : names_on(options_.attachment))
      if (auto id = voyage_id(name, unit_.options().name)) ids.insert(std::move(*id));
    return ids;
  }

  result<void> load() {
    if (auto ok = gather_receipts(unit_); !ok) return ok;
    const auto room = files::free_bytes(options_.attachment) / 2;
    std::size_t used = 0;
    for (int i = 0; i < kVoyagesAtOnce; ++i) {
      auto next = unit_.to_load(kVoyageBundlesMax, options_.voyage_bytes, {}, room - std::min(used, room));
      if (!next) return next.error();
      const auto tell = must_tell(unit_);
      if (!tell) return tell.error();
      if (next->list.empty() && next->no_room) log::warn("ferry.medium_full", {{"room", room}});
      // An empty trip is made only to say what was unloaded, or that this unit is there.
      if (next->list.empty() && !*tell && !silent_for_long()) return {};
      std::vector<std::string> ids;
      for (auto& one : next->list) ids.push_back(std::move(one.id));
      auto row = load_voyage(unit_, options_.attachment, ids, damaged_);
      // What could not be read was put off, and something else may be behind it.
      if (!row && row.error().code == "voyage.empty") continue;
      if (!row && row.error().code == "file.full") {
        // The other side makes room on it: it is to go there.
        log::warn("ferry.medium_full", {{"room", room}});
        return {};
      }
      if (!row) return row.error();
      damaged_.clear();
      told_ = std::chrono::steady_clock::now();
      used += static_cast<std::size_t>(row->bytes);
      if (ids.empty()) return {};
    }
    return {};
  }

  // The other unit would raise an alarm about a quiet night.
  bool silent_for_long() {
    if (std::chrono::steady_clock::now() - told_ < options_.tell_after) return false;
    auto recovery = store::Recovery::halted;
    auto ok = unit_.journal().read([&](storage::Transaction& t) { recovery = store::open_restoration(t).recovery(); });
    return ok && recovery == store::Recovery::none;
  }

  Unit& unit_;
  FerryOptions options_;
  std::chrono::steady_clock::time_point told_ = std::chrono::steady_clock::now();
  std::optional<Attached> there_;
  bool came_ = false;  // and was not looked at yet: a sign on it is of another time
  bool left_ = false;  // on the medium there is more to take
  bool took_ = false;  // the last time some of it was taken
  std::chrono::milliseconds pause_{};
  std::chrono::steady_clock::time_point next_try_{};
  std::map<std::string, std::vector<bool>> taken_;  // of the voyages that stay on this medium, what was taken already
  std::set<std::string> damaged_;                   // to be told to the other side's operators; nothing depends on it
  std::chrono::steady_clock::time_point next_look_for_lost_{};
  std::int64_t read_there_ = 0;  // the newest voyage that the other side has read
  int lost_ = 0;                 // how often since then voyages were taken to be lost
  Worker worker_;
};

}  // namespace

std::unique_ptr<Carrier> start_ferry(Unit& unit, FerryOptions options) {
  return std::make_unique<Ferry>(unit, std::move(options));
}

}  // namespace jindu::gateway
