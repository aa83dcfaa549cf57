#pragma once
// Bytes of bundles that lie in files beside the journal. A bundle that comes alone lives in the database, where the
// commit that takes it makes it durable; a large one has a file of its own, and small ones that come together share
// one: a file is written once, what the database keeps twice, into its log and into its pages.
#include <filesystem>
#include <mutex>

#include "exchange-gateway/store/journal.hpp"

namespace jindu::gateway::store {

inline constexpr std::size_t kSmall = 256 * 1024;  // up to here a bundle may live in the database

class BundleFiles {
 public:
  // From `shared_from` bytes on small ones that come together share a file.
  BundleFiles(storage::Database& journal, std::filesystem::path folder, std::size_t shared_from);

  struct Kept {
    Entry& entry;
    BytesView bundle;
    std::optional<Error> error = {};
  };
  // Before the transaction that inserts the entries: writes and syncs what is not for the database, and sets
  // entry.file. Those with an error are nowhere.
  void keep(std::vector<Kept>& list, Instant now) const;
  // After it: removes what it did not insert. Where it is not known whether it was committed, `sweep` looks again.
  void settled(const std::vector<Kept>& list, bool committed, Instant now);

  result<Bytes> read(const std::string& file, std::int64_t size) const;
  // The bytes of what ended before a moment go, a part of all files at each call. What in a shared file is still needed
  // moves into the database.
  result<void> sweep(Instant ended_before, Instant now);
  result<void> remove_orphans() const;  // files that a crash left; only before anything else runs

 private:
  result<void> clear(const std::string& name, std::int64_t ended_before_ms, Instant now);
  bool is_used(storage::Transaction& t, const std::string& name) const;
  void remove_left(Instant now);

  storage::Database& journal_;
  std::filesystem::path folder_;
  std::size_t shared_from_;
  std::string swept_up_to_;  // of one caller at a time
  struct Left {
    Instant at;
    std::string name;
  };
  std::mutex left_mutex_;
  std::vector<Left> left_;  // perhaps not needed any more
};

}  // namespace jindu::gateway::store
