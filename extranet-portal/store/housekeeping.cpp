#include "extranet-portal/store/housekeeping.hpp"

#include "common/exchange/service/exchange.hpp"
#include "extranet-portal/store/sessions.hpp"

namespace jindu::portal::store {

result<int> keep_house(storage::Database& database, UploadFiles& files, const HousekeepingLimits& limits, Instant now) {
  const Instant before = now - limits.stale_upload;
  std::vector<Upload> useless;
  const auto looked = database.write([&](storage::Transaction& tx) {
    forget_old(tx, limits.session, now);
    useless = useless_uploads(tx, before, 200);
    // A unit that was restored may ask for a slice again until the other side has it.
    std::erase_if(useless, [&](const Upload& upload) {
      return jindu::exchange::is_needed(tx, files.path_of(upload.key).string());
    });
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
