#include "exchange-gateway/store/bundle_files.hpp"

#include <isa-l/crc64.h>

#include <algorithm>
#include <bit>
#include <charconv>

#include "common/runtime/ids.hpp"
#include "common/runtime/log.hpp"

namespace jindu::gateway::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesLookedAt = 2'000;
constexpr unsigned kRoundsToTheEnd = 64;
// A copy of the journal that was made before its bytes moved tells of the file: so long may a backup take.
constexpr std::chrono::hours kMovedKept{24};
// While the journal commits nothing, no more of the disk is used than 32 batches.
constexpr std::size_t kUnsureMax = 32;

// "name", or "name@offset" where several share a file.
std::string name_of(const std::string& file) { return file.substr(0, file.find('@')); }

std::uint64_t offset_of(const std::string& file) {
  std::uint64_t offset = 0;
  if (const auto at = file.find('@'); at != std::string::npos)
    std::from_chars(file.data() + at + 1, file.data() + file.size(), offset);
  return offset;
}

// All rows of a file are from its name on and before this.
std::string behind(const std::string& name) { return name + static_cast<char>('@' + 1); }

bool is_used(storage::Transaction& t, const std::string& name) {
  return t.query_one("SELECT 1 FROM bundle WHERE file >= $1 AND file < $2 AND file <> '' LIMIT 1", {name, behind(name)})
      .has_value();
}

// The next file that rows name.
std::optional<std::string> next_name(storage::Transaction& t, const std::string& after) {
  const auto row = t.query_one("SELECT file FROM bundle WHERE file > $1 AND file <> '' ORDER BY file LIMIT 1", {after});
  if (!row) return {};
  return name_of(row->text(0));
}

}  // namespace

std::string sweep_bound(unsigned round, Instant ended_before) {
  return round % kRoundsToTheEnd == 0 ? "~" : new_uuid(ended_before);
}

std::int64_t checksum_of(BytesView bundle) {
  return std::bit_cast<std::int64_t>(crc64_ecma_refl(0, bundle.data(), bundle.size()));
}

BundleFiles::BundleFiles(storage::Database& journal, fs::path folder, std::size_t shared_from)
    : journal_(journal), folder_(std::move(folder)), shared_from_(shared_from) {}

// One file for all of them.
void BundleFiles::Batch::write(std::span<One* const> together) {
  // In the order of writing: `sweep` begins with the oldest.
  const auto& name = names_.emplace_back(new_uuid(now_) + ".jdb");
  std::vector<BytesView> parts;
  std::uint64_t offset = 0;
  for (auto* one : together) {
    one->entry->file = together.size() == 1 ? name : name + "@" + std::to_string(offset);
    parts.push_back(one->bundle);
    offset += one->bundle.size();
  }
  if (auto ok = files::write_new_synced(files_.folder_ / name, parts); !ok)
    for (auto* one : together) one->error = ok.error();
}

void BundleFiles::Batch::write() {
  std::vector<One*> alone, together;
  std::size_t bytes = 0;
  bool too_many = false;
  {
    const std::lock_guard lock(files_.unsure_mutex_);
    too_many = files_.unsure_.size() >= kUnsureMax;
  }
  for (auto& one : list_) {
    one.entry->file.clear();
    one.entry->checksum = checksum_of(one.bundle);
    if (too_many) {
      one.error = Error{Fault::unavailable, "unit.journal_away",
                        "the journal takes nothing at present; nothing was taken, and it will be when it does again"};
    } else if (one.bundle.size() > kShares) {
      alone.push_back(&one);
    } else {
      together.push_back(&one);
      bytes += one.bundle.size();
    }
  }
  if (together.size() >= 2 && bytes >= files_.shared_from_)
    write(together);
  else
    std::copy_if(together.begin(), together.end(), std::back_inserter(alone),
                 [](const One* one) { return one->bundle.size() > kSmall; });
  for (auto* one : alone) write(std::span(&one, 1));
  if (names_.empty()) return;
  if (auto ok = files::sync_folder(files_.folder_); !ok)
    for (auto& one : list_)
      if (!one.entry->file.empty() && !one.error) one.error = ok.error();
}

BundleFiles::Batch::~Batch() {
  try {
    settle(false);
  } catch (const std::exception& e) {
    log::error("unit.files_left", {{"files", names_.size()}, {"detail", e.what()}});  // the next start removes them
  }
}

void BundleFiles::Batch::settle(bool committed) {
  if (!names_.empty()) files_.remove_unused(names_, committed);
  names_.clear();
}

void BundleFiles::remove_unused(const std::vector<std::string>& names, bool committed) {
  std::vector<std::string> unused;
  const auto look = [&](storage::Transaction& t) {
    unused.clear();
    std::copy_if(names.begin(), names.end(), std::back_inserter(unused),
                 [&](const std::string& name) { return !is_used(t, name); });
  };
  // What failed to commit may still stand in the database's log, and come back with it, until something else does.
  auto ok = committed ? result<void>() : journal_.write([](storage::Transaction& t) {
    set_state_value(t, "files_looked_at", state_value(t, "files_looked_at") + 1);
  });
  if (ok) ok = journal_.read(look);
  if (!ok) {
    const std::lock_guard lock(unsure_mutex_);
    unsure_.insert(unsure_.end(), names.begin(), names.end());
    return;
  }
  std::error_code code;
  for (const auto& name : unused) fs::remove(folder_ / name, code);
}

result<Bytes> BundleFiles::read(const std::string& file, std::int64_t size, files::Parts& parts) const {
  return parts.read(folder_ / name_of(file), offset_of(file), static_cast<std::size_t>(size));
}

result<void> BundleFiles::sweep(std::chrono::hours kept, Instant now) {
  std::vector<std::string> names;
  {
    const std::lock_guard lock(unsure_mutex_);
    names.swap(unsure_);
  }
  if (!names.empty()) remove_unused(names, false);
  remove_moved(now);
  const auto bound = sweep_bound(rounds_, now - kept);
  auto ok = journal_.read([&](storage::Transaction& t) {
    names.clear();
    auto after = swept_up_to_;
    while (names.size() < kFilesLookedAt) {
      auto name = next_name(t, after);
      if (!name || *name >= bound) break;
      after = behind(names.emplace_back(std::move(*name)));
    }
  });
  if (!ok) return ok;
  for (const auto& name : names)
    if (ok = clear(name, kept, now); !ok) return ok;
  swept_up_to_ = names.size() < kFilesLookedAt ? "" : behind(names.back());
  if (swept_up_to_.empty()) ++rounds_;
  return {};
}

// Not where nothing of it has ended long ago; nor, for as long again, while the rest will follow soon.
result<void> BundleFiles::clear(const std::string& name, std::chrono::hours kept, Instant now) {
  const auto long_ago = to_unix_ms(now - kept), overdue = to_unix_ms(now - 2 * kept);
  std::vector<Entry> needed;  // of each its id, place and size
  bool over = false, recent = false, late = false;
  auto ok = journal_.read([&](storage::Transaction& t) {
    needed.clear();
    over = recent = late = false;
    for (auto& row :
         t.query("SELECT id, file, size, ended_ms FROM bundle WHERE file >= $1 AND file < $2 AND file <> ''",
                 {name, behind(name)})) {
      const auto ended = row.integer(3);
      const bool goes = ended > 0 && ended <= long_ago;
      if (!goes) {
        auto& e = needed.emplace_back();
        e.id = row.take_text(0);
        e.file = row.take_text(1);
        e.size = row.integer(2);
      }
      over = over || goes;
      recent = recent || (ended > 0 && !goes);
      late = late || (goes && ended <= overdue);
    }
  });
  if (!ok) return ok;
  if (!over || (recent && !late)) return {};
  std::vector<Bytes> moved;
  files::Parts parts;
  for (const auto& one : needed) {
    auto bytes = read(one.file, one.size, parts);
    if (!bytes) {
      if (unreadable_.insert(name).second)
        log::error("unit.bytes_missing", {{"bundle", one.id}, {"code", bytes.error().code}});
      return {};
    }
    moved.push_back(std::move(*bytes));
  }
  Batch large(*this, now);
  for (std::size_t i = 0; i < needed.size(); ++i) {
    needed[i].file.clear();
    if (moved[i].size() > kSmall) large.add(needed[i], moved[i]);
  }
  large.write();
  for (std::size_t i = 0; i < large.size(); ++i)
    if (large.error(i)) return *large.error(i);
  ok = journal_.write([&](storage::Transaction& t) {
    for (std::size_t i = 0; i < needed.size(); ++i) {
      if (needed[i].file.empty()) put_small(t, needed[i].id, moved[i]);
      t.execute("UPDATE bundle SET file = $2 WHERE id = $1", {needed[i].id, needed[i].file});
    }
    t.execute("UPDATE bundle SET file = '' WHERE file >= $1 AND file < $2 AND file <> ''", {name, behind(name)});
  });
  large.settle(ok.has_value());
  if (!ok) return ok;
  if (!needed.empty()) {
    moved_.push_back({now, name});
    return {};
  }
  std::error_code code;
  fs::remove(folder_ / name, code);
  if (code) return Error{Fault::internal, "unit.sweep", name + ": " + code.message()};
  return {};
}

void BundleFiles::remove_moved(Instant now) {
  std::vector<std::string> names;
  std::erase_if(moved_, [&](const Moved& one) {
    const bool due = one.at + kMovedKept <= now;
    if (due) names.push_back(one.name);
    return due;
  });
  if (!names.empty()) remove_unused(names, true);
}

result<void> BundleFiles::remove_orphans() const {
  std::set<std::string> used;
  auto ok = journal_.read([&](storage::Transaction& t) {
    used.clear();
    std::string after;
    while (auto name = next_name(t, after)) after = behind(*used.insert(std::move(*name)).first);
  });
  if (!ok) return ok;
  std::error_code code;
  std::vector<fs::path> orphans;
  for (const auto& file : fs::directory_iterator(folder_, code))
    if (!used.contains(file.path().filename().string())) orphans.push_back(file.path());
  for (const auto& path : orphans) {
    log::info("unit.orphan_removed", {{"file", path.filename().string()}});
    fs::remove(path, code);
  }
  return {};
}

}  // namespace jindu::gateway::store
