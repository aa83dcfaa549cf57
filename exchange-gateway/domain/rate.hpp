#pragma once
// How often something may pass: a bucket that fills evenly. The time is passed in. Pure.
#include <algorithm>
#include <cstdint>

#include "common/runtime/clock.hpp"

namespace jindu::gateway {

class Rate {
 public:
  // `burst`: how many may pass at once after a quiet time, such as what waited while the other side was away.
  Rate(std::uint32_t per_minute, std::uint32_t burst, Instant start)
      : per_minute_(per_minute), burst_(std::max<std::uint32_t>(burst, 1)), level_(burst_ * kUnit), at_(start) {}

  // True, and one less is left; false when it is too often. A clock that goes back fills nothing, and is followed: one
  // that was ahead for a moment must not stop everything until it is there again.
  bool pass(Instant now) {
    if (now > at_) {
      const auto passed = std::min<std::int64_t>((now - at_).count(), 24LL * 3'600'000);
      level_ = std::min<std::int64_t>(burst_ * kUnit, level_ + passed * per_minute_);
    }
    at_ = now;
    if (level_ < kUnit) return false;
    level_ -= kUnit;
    return true;
  }

 private:
  static constexpr std::int64_t kUnit = 60'000;  // one passenger, in milliseconds times passengers per minute
  std::int64_t per_minute_;
  std::int64_t burst_;
  std::int64_t level_;
  Instant at_;
};

}  // namespace jindu::gateway
