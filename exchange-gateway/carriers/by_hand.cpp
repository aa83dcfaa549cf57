#include "exchange-gateway/carriers/by_hand.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "common/runtime/command_line.hpp"
#include "common/runtime/config.hpp"
#include "common/runtime/files.hpp"
#include "common/runtime/local_person.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/terminal.hpp"
#include "exchange-gateway/carriers/trip.hpp"
#include "exchange-gateway/store/restoration.hpp"
#include "exchange-gateway/unit/settings.hpp"
#include "exchange-gateway/unit_lock.hpp"

namespace jindu::gateway {
namespace {

namespace fs = std::filesystem;
constexpr int kDone = 0, kCannot = 1, kLookAfter = 3, kNothing = 4;
constexpr std::size_t kRoomLeast = 1024 * 1024;

struct Asked {
  explicit Asked(const Voice& v) : voice(v) {}
  Voice voice;
  std::string verb, option, config, side, medium;
  std::int64_t again = 0;

  // The same, by another account.
  std::string as(std::uint32_t account) const {
    std::vector<std::string> words{
        verb, "--unit", side, "--config", fs::absolute(config).string(), option, fs::absolute(medium).string()};
    if (again > 0) words.insert(words.end(), {"--again", std::to_string(again)});
    return command_as(account, words);
  }
};

// As a shell takes it for one word.
std::string quoted(const std::string& word) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) || std::string_view("-_./:=@,+").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

// Names on a medium are not ours: nothing of them but harmless signs reaches the terminal.
std::string shown(const std::string& name) {
  std::string text;
  for (const char c : name.substr(0, 100))
    text += std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' ? c : '?';
  return text;
}

// The unit's journal, beside the unit that runs: every step is a transaction, so both may work at once.
class Beside {
 public:
  static result<std::unique_ptr<Beside>> open(const Asked& asked) {
    auto settings = read_settings(asked.config, asked.side);
    if (!settings) return settings.error();
    // Before anything is opened: what is made here must be the unit's own.
    struct stat directory {};
    if (::stat(settings->unit.directory.c_str(), &directory) == 0 && directory.st_uid != ::geteuid())
      return Error{Fault::forbidden, "by_hand.account", "the unit's files belong to another account",
                   asked.as(directory.st_uid)};
    auto lock = UnitLock::shared(settings->unit.directory);
    if (!lock) return lock.error();
    auto journal = storage::Database::open("sqlite:" + settings->unit.directory + "/journal.sqlite");
    if (!journal) return journal.error();
    if (auto ok = (*journal)->migrate("gateway", store::migrations()); !ok) return ok.error();
    std::unique_ptr<Beside> beside(new Beside(std::move(*settings), std::move(*lock), std::move(*journal)));
    beside->unit_.is_carried_by(local_person(), printable(asked.medium));
    if (auto ok = beside->unit_.log_rules(local_person()); !ok) return ok.error();
    return beside;
  }
  Unit& unit() { return unit_; }
  std::size_t voyage_bytes() const { return settings_.ferry.voyage_bytes; }

 private:
  Beside(Settings settings, UnitLock lock, std::unique_ptr<storage::Database> journal)
      : settings_(std::move(settings)),
        lock_(std::move(lock)),
        journal_(std::move(journal)),
        unit_(*journal_, settings_.signer, settings_.trust, settings_.unit) {}

  Settings settings_;
  UnitLock lock_;
  std::unique_ptr<storage::Database> journal_;
  Unit unit_;
};

// Says so where there is none, or none that can be read.
bool is_medium(const Asked& asked) {
  std::error_code code;
  if (!fs::is_directory(asked.medium, code)) return asked.voice.say("medium.none", {{"medium", asked.medium}}), false;
  const fs::directory_iterator names(asked.medium, code);
  if (!code) return true;
  return asked.voice.say("medium.unreadable", {{"medium", asked.medium}, {"why", code.message()}}), false;
}

// --- export --------------------------------------------------------------------------------------------------------

// Voyages of ours that the other side has said it has read, and halves of interrupted exports.
result<void> clear_own(Unit& unit, const std::string& medium) {
  clear_leftovers(medium, unit.options().name, unit.options().peer);
  std::int64_t read = 0;
  auto ok = unit.journal().read([&](storage::Transaction& t) { read = store::state_value(t, "peer_read"); });
  if (!ok) return ok;
  for (const auto& name : names_on(medium)) {
    if (!voyage_id(name, unit.options().name)) continue;
    const auto folder = (fs::path(medium) / name).string();
    const auto voyage = read_voyage(folder, unit.options().name, unit.options().peer, unit.trust(), unit.now());
    if (!voyage || static_cast<std::int64_t>(voyage->number()) > read) continue;
    // One that stays is known when it is met again, and a medium that cannot be written is told when it is.
    if (auto removed = remove_voyage(folder); !removed) log::warn("ferry.not_removed", log::of(removed.error()));
  }
  return {};
}

int export_to(const Asked& asked) {
  const auto& voice = asked.voice;
  if (!is_medium(asked)) return kCannot;
  auto beside = Beside::open(asked);
  if (!beside) return voice.fail(beside.error());
  auto& unit = (*beside)->unit();
  auto recovery = store::Recovery::none;
  auto looked = unit.journal().read([&](storage::Transaction& t) { recovery = store::open_restoration(t).recovery(); });
  if (!looked) return voice.fail(looked.error());
  if (recovery == store::Recovery::halted) return voice.say("export.restored"), kCannot;
  if (asked.again > 0) {
    if (auto ok = unit.load_again(asked.again - 1, asked.again); !ok) return voice.fail(ok.error());
    voice.say("export.again", {{"number", asked.again}});
  }
  if (auto ok = clear_own(unit, asked.medium); !ok) return voice.fail(ok.error());
  if (auto ok = gather_receipts(unit); !ok) return voice.fail(ok.error());
  std::int64_t voyages = 0;
  const auto full = [&] { return voice.say("export.no_room"), voyages > 0 ? kDone : kCannot; };
  for (;;) {
    const auto free = files::free_bytes(asked.medium) / 2;
    const auto room = free < kRoomLeast ? 0 : free;
    // What a diode has sent and nobody has confirmed goes along: who carries by hand has no other way.
    auto next = unit.to_load(kVoyageBundlesMax, (*beside)->voyage_bytes(), {.marked_too = true}, room);
    if (!next) return voice.fail(next.error());
    const auto tell = must_tell(unit);
    if (!tell) return voice.fail(tell.error());
    if (next->list.empty() && next->no_room) return full();
    if (next->list.empty() && !*tell) break;
    std::vector<std::string> ids;
    for (auto& one : next->list) ids.push_back(std::move(one.id));
    auto row = load_voyage(unit, asked.medium, ids, {});
    if (!row && row.error().code == "file.full") return full();
    const bool empty = !row && row.error().code == "voyage.empty";
    if (!row && !empty) return voice.fail(row.error());
    const auto went = empty ? 0 : row->bundles, left = static_cast<std::int64_t>(ids.size()) - went;
    if (left > 0) voice.say("export.unreadable", {{"n", left}});
    if (empty) continue;
    ++voyages;
    voice.say("export.written", {{"number", row->number}, {"n", row->bundles}, {"bytes", row->bytes}});
    if (ids.empty()) break;
  }
  if (voyages > 0) return kDone;
  return voice.say("export.nothing"), kNothing;
}

// --- import --------------------------------------------------------------------------------------------------------

// Why a manifest is not believed, as a person would say it.
const char* refusal(const std::string& code) {
  if (code == "voyage.addressee" || code == "signed.signer") return "import.addressee";
  if (code == "certificate.unknown_issuer") return "import.foreign";
  return "import.tampered";
}

struct Found {
  std::uint64_t number;
  std::string folder, name;
};

class Importing {
 public:
  Importing(Unit& unit, const Asked& asked) : unit_(unit), asked_(asked), voice_(asked.voice) {}

  int run() {
    for (const auto& name : names_on(asked_.medium))
      if (auto ok = look_at(name); !ok) return is_only_now(ok.error()) ? not_now(ok.error()) : voice_.fail(ok.error());
    std::sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) { return a.number < b.number; });
    for (const auto& one : found_) {
      if (auto ok = take(one); !ok) return not_now(ok.error());
    }
    if (found_.empty() && !look_after_) voice_.say("import.nothing");
    return look_after_ ? kLookAfter : found_.empty() ? kNothing : kDone;
  }

 private:
  int not_now(const Error& error) const {
    log::error("import.not_now", log::of(error));
    return voice_.say("import.not_now", {{"why", error.detail}}), kCannot;
  }

  result<void> look_at(const std::string& name) {
    const auto& o = unit_.options();
    constexpr std::string_view partial = ".part";
    const bool half = name.ends_with(partial);
    const auto whole = half ? name.substr(0, name.size() - partial.size()) : name;
    if (voyage_id(whole, o.name) && !half) voice_.say("import.own", {{"folder", shown(name)}});
    if (const auto id = strange_voyage_id(name, o.name, o.peer)) {
      const auto error = strange_voyage();
      look_after_ = true;
      voice_.say(refusal(error.code), {{"folder", shown(name)}, {"code", error.code}});
      if (strange_++ >= kStrangeTold) return {};
      return refuse_voyage(unit_, (fs::path(asked_.medium) / name).string(), *id, error);
    }
    const auto id = voyage_id(whole, o.peer);
    if (!id) return {};
    if (half) {
      voice_.say("import.half_written", {{"folder", shown(name)}});
      look_after_ = true;
      return {};
    }
    const auto folder = (fs::path(asked_.medium) / name).string();
    auto voyage = read_voyage(folder, o.peer, o.name, unit_.trust(), unit_.now());
    if (voyage) {
      found_.push_back({voyage->number(), folder, name});
      return {};
    }
    if (is_only_now(voyage.error())) return voyage.error();
    if (auto there = still_there(folder); !there) return there;
    look_after_ = true;
    // A folder without its manifest is one that was still being copied.
    std::error_code code;
    const bool no_manifest = !fs::exists(fs::symlink_status(fs::path(folder) / std::string(kVoyageManifest), code));
    if (no_manifest)
      voice_.say("import.half_written", {{"folder", shown(name)}});
    else
      voice_.say(refusal(voyage.error().code), {{"folder", shown(name)}, {"code", voyage.error().code}});
    return refuse_voyage(unit_, folder, *id, voyage.error());
  }

  result<void> take(const Found& one) {
    const auto& o = unit_.options();
    const auto voyage = read_voyage(one.folder, o.peer, o.name, unit_.trust(), unit_.now());
    if (!voyage) return voyage.error();
    const auto number = static_cast<std::int64_t>(one.number);
    bool known = false;
    std::int64_t newest = 0;
    auto ok = unit_.journal().read([&](storage::Transaction& t) {
      const auto row =
          t.query_one("SELECT damaged FROM voyage WHERE direction = 'unloaded' AND id = $1", {id_text(voyage->id())});
      // One that came damaged may come again whole.
      known = row && row->integer(0) == 0;
      newest = store::state_value(t, "own_read");
    });
    if (!ok) return ok;
    if (known) {
      voice_.say("import.duplicate", {{"folder", shown(one.name)}, {"number", number}});
      return {};
    }
    if (number < newest) {
      voice_.say("import.late", {{"number", number}});
      look_after_ = true;
    } else if (number > newest + 1 && newest > 0) {
      voice_.say("import.missing_before", {{"number", number}, {"first", newest + 1}, {"last", number - 1}});
      look_after_ = true;
    }
    auto taken = take_voyage(unit_, *voyage, one.folder, over_rate_);
    if (!taken) return taken.error();
    if (taken->over_rate > 0) {
      voice_.say("import.over_rate", {{"number", number}, {"n", taken->over_rate}});
      over_rate_ = look_after_ = true;
      return {};
    }
    voice_.say("import.taken", {{"number", number}, {"n", taken->row.bundles}});
    for (const auto& id : taken->damaged) voice_.say("import.bundle_damaged", {{"id", id}});
    if (taken->stopped > 0) voice_.say("import.stopped", {{"n", taken->stopped}});
    look_after_ = look_after_ || !taken->damaged.empty() || taken->stopped > 0;
    return {};
  }

  Unit& unit_;
  const Asked& asked_;
  const Voice& voice_;
  std::vector<Found> found_;
  bool look_after_ = false, over_rate_ = false;
  int strange_ = 0;
};

int import_from(const Asked& asked) {
  if (!is_medium(asked)) return kCannot;
  auto beside = Beside::open(asked);
  if (!beside) return asked.voice.fail(beside.error());
  return Importing((*beside)->unit(), asked).run();
}

}  // namespace

std::string command_as(std::uint32_t account, const std::vector<std::string>& words) {
  std::string command =
      "sudo -u " + quoted(account_name(account).value_or("#" + std::to_string(account))) + " jindu-gateway";
  for (const auto& word : words) command += " " + quoted(word);
  return printable(command);
}

void add_by_hand(Command& app, const Voice& voice, std::function<int()>& work) {
  const auto add = [&](const std::string& name, const char* option, int (*act)(const Asked&)) {
    auto asked = std::make_shared<Asked>(voice);
    asked->verb = name;
    asked->option = option;
    auto command = app.command(name, voice.text("help." + name));
    command.option("--config", asked->config, voice.text("help.config_of_unit")).required();
    command.option("--unit", asked->side, voice.text("help.unit")).one_of({"outer", "inner"}).required();
    command.option(option, asked->medium, voice.text("help.directory")).required();
    command.language_option();
    if (name == "export") command.option("--again", asked->again, voice.text("help.again"));
    command.when_chosen([&work, asked, act] {
      work = [asked, act] {
        log::start("gateway-by-hand", "error");
        return act(*asked);
      };
    });
  };
  add("export", "--to", export_to);
  add("import", "--from", import_from);
}

}  // namespace jindu::gateway
