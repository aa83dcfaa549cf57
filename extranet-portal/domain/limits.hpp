#pragma once
// How often something may be tried: a bucket that holds `burst` attempts and fills up again with time. Pure: the caller
// keeps the bucket. Keys name the account together with the address, so that nobody locks an owner out from elsewhere.
#include "common/runtime/clock.hpp"

namespace jindu::portal {

struct Rate {
  int burst = 10;
  std::chrono::milliseconds each{60'000};  // one more attempt after that long
};

struct Bucket {
  // When the bucket will be full again; in the past: it is full.
  Instant full_at{};
};

// Takes one attempt out; false, with the bucket unchanged, when it is empty.
bool take(Bucket& bucket, const Rate& rate, Instant now);
std::chrono::milliseconds wait_for(const Bucket& bucket, const Rate& rate, Instant now);

}  // namespace jindu::portal
