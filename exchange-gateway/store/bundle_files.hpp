#pragma once
// Bytes of bundles that lie in files beside the journal. A bundle that comes alone lives in the database, where the
// commit that takes it makes it durable; a large one has a file of its own, and others that come together share one: a
// file is written once, what the database keeps twice, into its log and into its pages, and is synced once for all.
#include <filesystem>
#include <mutex>
#include <set>

#include "common/runtime/files.hpp"
#include "exchange-gateway/store/journal.hpp"

namespace jindu::gateway::store {

inline constexpr std::size_t kSmall = 256 * 1024;        // up to here a bundle may live in the database
inline constexpr std::size_t kShares = 2 * 1024 * 1024;  // and up to here share a file

// Up to which UUID a round of sweeping looks: what was made since cannot have ended so long ago. Some rounds look at
// all, as clocks that were ahead give ids of times to come.
std::string sweep_bound(unsigned round, Instant ended_before);

// Tells whether a disk gives back what it was given: a CRC of 64 bits, as a whole number. It is no proof against people
// who write to that disk: the next to receive the bundle holds it to its signed digests, and so does the last.
// 0 for what there is none of.
std::int64_t checksum_of(BytesView bundle);

class BundleFiles {
 public:
  // From `shared_from` bytes on those that come together share a file.
  BundleFiles(storage::Database& journal, std::filesystem::path folder, std::size_t shared_from);

  // The bytes of the bundles of one commit: added and written before the transaction that inserts the entries, settled
  // after it.
  class Batch {
   public:
    Batch(BundleFiles& files, Instant now) : files_(files), now_(now) {}
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;
    ~Batch();  // where nobody has said what became of it
    void add(Entry& entry, BytesView bundle) { list_.push_back({&entry, bundle, {}}); }
    std::size_t size() const { return list_.size(); }
    // Writes and syncs what is not for the database, and sets file and checksum of all entries.
    void write();
    // Of the one that was added at this place: why its bytes are nowhere.
    const std::optional<Error>& error(std::size_t place) const { return list_[place].error; }
    // Removes what no entry that was inserted names.
    void settle(bool committed);

   private:
    struct One {
      Entry* entry;
      BytesView bundle;
      std::optional<Error> error;
    };
    void write(std::span<One* const> together);
    BundleFiles& files_;
    Instant now_;
    std::vector<One> list_;
    std::vector<std::string> names_;  // files that were begun
  };

  result<Bytes> read(const std::string& file, std::int64_t size, files::Parts& parts) const;
  // The bytes of what ended so long ago go, a part of all files at each call. What of a shared file is still needed
  // then moves into the database, or into a file of its own.
  result<void> sweep(std::chrono::hours kept, Instant now);
  result<void> remove_orphans() const;  // files that a crash left; only before anything else runs

 private:
  result<void> clear(const std::string& name, std::chrono::hours kept, Instant now);
  void remove_unused(const std::vector<std::string>& names, bool committed);
  void remove_moved(Instant now);

  storage::Database& journal_;
  std::filesystem::path folder_;
  std::size_t shared_from_;
  // Of `sweep` alone, one caller at a time.
  std::string swept_up_to_;
  unsigned rounds_ = 0;
  std::set<std::string> unreadable_;
  struct Moved {
    Instant at;
    std::string name;
  };
  std::vector<Moved> moved_;
  std::mutex unsure_mutex_;
  std::vector<std::string> unsure_;  // written for a commit of which nothing is known
};

}  // namespace jindu::gateway::store
