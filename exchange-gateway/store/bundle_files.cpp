#include "exchange-gateway/store/bundle_files.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "common/runtime/files.hpp"
#include "common/runtime/ids.hpp"
#include "common/runtime/log.hpp"

namespace jindu::gateway::store {
namespace {

namespace fs = std::filesystem;

constexpr int kFilesLookedAt = 500;
// A copy of the journal that is being made may tell of files for some time.
constexpr std::chrono::hours kLeftFor{1};

// In the order of writing: `sweep` begins with the oldest.
std::string new_name(Instant now) { return new_uuid(now) + ".jdb"; }

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

}  // namespace

BundleFiles::BundleFiles(storage::Database& journal, fs::path folder, std::size_t shared_from)
    : journal_(journal), folder_(std::move(folder)), shared_from_(shared_from) {}

void BundleFiles::keep(std::vector<Kept>& list, Instant now) const {
  std::vector<Kept*> together;
  std::vector<BytesView> parts;
  std::size_t bytes = 0;
  for (auto& one : list) {
    one.entry.file.clear();
    if (one.bundle.size() > kSmall) {
      one.entry.file = new_name(now);
      if (auto ok = files::write_durably(folder_ / one.entry.file, one.bundle); !ok) one.error = ok.error();
    } else {
      together.push_back(&one);
      parts.push_back(one.bundle);
      bytes += one.bundle.size();
    }
  }
  if (together.size() < 2 || bytes < shared_from_) return;
  const auto name = new_name(now);
  const auto ok = files::write_durably(folder_ / name, parts);
  std::uint64_t offset = 0;
  for (auto* one : together) {
    if (ok)
      one->entry.file = name + "@" + std::to_string(offset);
    else
      one->error = ok.error();
    offset += one->bundle.size();
  }
}

void BundleFiles::settled(const std::vector<Kept>& list, bool committed, Instant now) {
  std::set<std::string> names, unused;
  for (const auto& one : list)
    if (!one.error && !one.entry.file.empty()) names.insert(name_of(one.entry.file));
  if (names.empty()) return;
  if (committed)
    committed = journal_
                    .read([&](storage::Transaction& t) {
                      unused.clear();
                      for (const auto& name : names)
                        if (!is_used(t, name)) unused.insert(name);
                    })
                    .has_value();
  std::error_code code;
  for (const auto& name : unused) fs::remove(folder_ / name, code);
  if (committed) return;
  const std::lock_guard lock(left_mutex_);
  for (const auto& name : names) left_.push_back({now, name});
}

bool BundleFiles::is_used(storage::Transaction& t, const std::string& name) const {
  return t.query_one("SELECT 1 FROM bundle WHERE file >= $1 AND file < $2 AND file <> '' LIMIT 1", {name, behind(name)})
      .has_value();
}

result<Bytes> BundleFiles::read(const std::string& file, std::int64_t size) const {
  return files::read_part(folder_ / name_of(file), offset_of(file), static_cast<std::size_t>(size));
}

result<void> BundleFiles::sweep(Instant ended_before, Instant now) {
  remove_left(now);
  const auto bound = new_uuid(ended_before);
  std::vector<std::string> names;
  auto ok = journal_.read([&](storage::Transaction& t) {
    names.clear();
    auto after = swept_up_to_;
    while (names.size() < kFilesLookedAt) {
      const auto row =
          t.query_one("SELECT file FROM bundle WHERE file > $1 AND file <> '' ORDER BY file LIMIT 1", {after});
      if (!row || row->text(0) >= bound) break;
      names.push_back(name_of(row->text(0)));
      after = behind(names.back());
    }
  });
  if (!ok) return ok;
  for (const auto& name : names)
    if (ok = clear(name, to_unix_ms(ended_before), now); !ok) return ok;
  swept_up_to_ = names.size() < kFilesLookedAt ? "" : behind(names.back());
  return {};
}

// Not while some of it has ended, but not long ago; nor where nothing of it has ended.
result<void> BundleFiles::clear(const std::string& name, std::int64_t ended_before_ms, Instant now) {
  struct Needed {
    std::string id, file;
    std::int64_t size;
  };
  std::vector<Needed> needed;
  std::int64_t over = 0, recent = 0;
  auto ok = journal_.read([&](storage::Transaction& t) {
    needed.clear();
    over = recent = 0;
    for (auto& row :
         t.query("SELECT id, file, size, ended_ms FROM bundle WHERE file >= $1 AND file < $2 AND file <> ''",
                 {name, behind(name)})) {
      if (row.integer(3) == 0)
        needed.push_back({row.take_text(0), row.take_text(1), row.integer(2)});
      else
        ++(row.integer(3) <= ended_before_ms ? over : recent);
    }
  });
  if (!ok) return ok;
  if (over == 0 || recent > 0) return {};
  std::vector<Bytes> moved;
  for (const auto& one : needed) {
    auto bytes = read(one.file, one.size);
    if (!bytes) {
      log::error("unit.bytes_missing", {{"bundle", one.id}, {"code", bytes.error().code}});
      return {};
    }
    moved.push_back(std::move(*bytes));
  }
  ok = journal_.write([&](storage::Transaction& t) {
    for (std::size_t i = 0; i < needed.size(); ++i) put_small(t, needed[i].id, moved[i]);
    t.execute("UPDATE bundle SET file = '' WHERE file >= $1 AND file < $2 AND file <> ''", {name, behind(name)});
  });
  if (!ok) return ok;
  if (!needed.empty()) {
    const std::lock_guard lock(left_mutex_);
    left_.push_back({now, name});
    return {};
  }
  std::error_code code;
  fs::remove(folder_ / name, code);
  if (code) return Error{Fault::internal, "unit.sweep", name + ": " + code.message()};
  return {};
}

void BundleFiles::remove_left(Instant now) {
  const std::lock_guard lock(left_mutex_);
  const auto due = [&](const Left& one) { return one.at + kLeftFor <= now || one.at > now; };
  if (std::none_of(left_.begin(), left_.end(), due)) return;
  std::set<std::string> used;
  auto ok = journal_.read([&](storage::Transaction& t) {
    used.clear();
    for (const auto& one : left_)
      if (due(one) && is_used(t, one.name)) used.insert(one.name);
  });
  if (!ok) return;
  std::error_code code;
  for (const auto& one : left_)
    if (due(one) && !used.contains(one.name)) fs::remove(folder_ / one.name, code);
  std::erase_if(left_, due);
}

result<void> BundleFiles::remove_orphans() const {
  std::set<std::string> used;
  auto ok = journal_.read([&](storage::Transaction& t) {
    used.clear();
    std::string after;
    while (const auto row =
               t.query_one("SELECT file FROM bundle WHERE file > $1 AND file <> '' ORDER BY file LIMIT 1", {after}))
      after = behind(*used.insert(name_of(row->text(0))).first);
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
