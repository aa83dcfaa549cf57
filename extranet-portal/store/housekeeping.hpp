#pragma once
// What time has made useless goes: ended sessions, used challenges, and files nobody needs.
#include "extranet-portal/domain/session.hpp"
#include "extranet-portal/store/upload_files.hpp"

namespace jindu::portal::store {

struct HousekeepingLimits {
  SessionLimits session;
  std::chrono::hours stale_upload{24 * 30};
};

// Files removed. Safe beside running requests and other processes.
result<int> keep_house(storage::Database& database, UploadFiles& files, const HousekeepingLimits& limits, Instant now);

}  // namespace jindu::portal::store
