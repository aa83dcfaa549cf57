#include "extranet-portal/domain/limits.hpp"

#include <algorithm>

namespace jindu::portal {

std::chrono::milliseconds wait_for(const Bucket& bucket, const Rate& rate, Instant now) {
  const Instant next = std::max(bucket.full_at, now) + rate.each;
  return std::max(std::chrono::milliseconds(0), next - (now + rate.each * rate.burst));
}

bool take(Bucket& bucket, const Rate& rate, Instant now) {
  if (wait_for(bucket, rate, now).count() > 0) return false;
  bucket.full_at = std::max(bucket.full_at, now) + rate.each;
  return true;
}

}  // namespace jindu::portal
