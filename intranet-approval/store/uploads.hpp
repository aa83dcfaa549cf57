#pragma once
// Sealed material bytes that are still arriving. The bytes go to disk first; a row says that a slice of them is
// durable.
#include <cstdint>
#include <string>

#include "common/runtime/clock.hpp"
#include "common/storage/database.hpp"

namespace jindu::approval::store {

struct Slice {
  std::string declaration_id;
  std::string upload_id;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t total = 0;
};

// Records a slice; the same one again changes nothing. A slice that overlaps another one, passes the end or names
// another total is refused (thrown Fault::invalid "material.slice_conflict").
void put_slice(storage::Transaction& tx, const Slice& slice, Instant now);

// Bytes recorded so far, and the total (0 when nothing has arrived).
struct Progress {
  std::uint64_t received = 0;
  std::uint64_t total = 0;
  bool complete() const { return total > 0 && received == total; }
};
Progress upload_progress(storage::Transaction& tx, const std::string& declaration_id, const std::string& upload_id);

// The file is complete and kept under its digest now; the slices are of no more use.
void forget_slices(storage::Transaction& tx, const std::string& declaration_id, const std::string& upload_id);

}  // namespace jindu::approval::store
