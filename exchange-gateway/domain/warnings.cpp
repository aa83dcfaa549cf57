#include "exchange-gateway/domain/warnings.hpp"

#include <limits>

namespace jindu::gateway {
namespace {

std::int64_t milliseconds_of(std::chrono::seconds time) { return std::chrono::milliseconds(time).count(); }

}  // namespace

bool is_warning_due(const Contact& contact, const Waited& waited, Instant now) {
  if (waited.warned_ms == 0) return true;
  const auto now_ms = to_unix_ms(now);
  // A warning in the future was written by a clock that was ahead.
  const auto quiet = now_ms >= waited.warned_ms ? now_ms - waited.warned_ms : std::numeric_limits<std::int64_t>::max();
  const bool in_none = waited.newest_stored_ms + milliseconds_of(contact.after) > waited.warned_ms;
  return quiet >= milliseconds_of(in_none ? std::min(contact.after, contact.again) : contact.again);
}

std::int64_t warned_enough_up_to(const Contact& contact, const std::vector<std::int64_t>& warned_ms) {
  if (warned_ms.size() < kWarningsBeforeExpiry) return -1;
  return warned_ms[kWarningsBeforeExpiry - 1] - milliseconds_of(contact.after);
}

}  // namespace jindu::gateway
