#include "extranet-portal/store/housekeeping.hpp"

#include "common/exchange/service/exchange.hpp"
#include "extranet-portal/store/sessions.hpp"

namespace jindu::portal::store {
namespace {

constexpr int kAtOnce = 200, kLookedAtMost = 20'000;

}  // namespace

result<int> keep_house(storage::Database& database, UploadFiles& files, const HousekeepingLimits& limits, Instant now) {
  const Instant before = now - limits.stale_upload;
  std::vector<Upload> useless;
  const auto looked = database.write([&](storage::Transaction& tx) {
    forget_old(tx, limits.session, now);
    // Those that may have to be sent once more stay, and must not keep all others here: where most of the oldest are
    // such, more are looked at.
    for (int looked_at = kAtOnce; looked_at <= kLookedAtMost; looked_at *= 10) {
      useless = useless_uploads(tx, before, looked_at);
      const bool all = useless.size() < static_cast<std::size_t>(looked_at);
      std::erase_if(useless, [&](const Upload& upload) {
        return jindu::exchange::is_needed(tx, files.path_of(upload.key).string());
      });
      if (all || useless.size() >= kAtOnce / 2) break;
    }
    if (useless.size() > kAtOnce) useless.resize(kAtOnce);
    // From here on nobody submits them.
    for (const auto& upload : useless) release_upload(tx, upload.key, now);
  });
  if (!looked) return looked.error();
  int removed = 0;
  for (const auto& upload : useless) {
    const std::lock_guard lock(files.lock_of(upload.key));
    // The file first: a row without a file is found again, a file without a row is not.
    files.remove(upload.key);
    const auto forgotten = database.write([&](storage::Transaction& tx) { forget_upload(tx, upload.key); });
    if (!forgotten) return forgotten.error();
    ++removed;
  }
  return removed;
}

}  // namespace jindu::portal::store
