#pragma once
// How often something may pass: a bucket that fills evenly. The time is passed in. Pure.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/runtime/clock.hpp"

namespace jindu::gateway {

class Rate {
 public:
  // `burst`: how many may pass at once after a quiet time, such as what waited while the other side was away.
  Rate(std::uint32_t per_minute, std::uint32_t burst, Instant start)
      : per_minute_(per_minute), burst_(std::max<std::uint32_t>(burst, 1)), level_(burst_ * kUnit), at_(start) {}

  // How long it takes to fill: what passed longer ago says nothing any more. A day at most, as with filling.
  std::chrono::milliseconds window() const {
    return std::chrono::milliseconds(std::min(burst_ * kUnit / per_minute_, kDayMs));
  }
  struct Passed {
    Instant at;
    std::int64_t number = 0;
  };
  // As one that has seen these pass, the oldest first, within its window before `now`. How full it was before them
  // nobody knows: so that it never lets more pass than it may, it is taken to have been just so full that it is full
  // now where nothing passed.
  void recall(Instant now, const std::vector<Passed>& before) {
    at_ = now - window();
    level_ = burst_ * kUnit - window().count() * per_minute_;
    for (const auto& [at, number] : before) {
      fill(at);
      level_ = std::max<std::int64_t>(0, level_ - number * kUnit);
    }
    fill(now);
  }

  // True, and one less is left; false when it is too often. A clock that goes back fills nothing, and is followed: one
  // that was ahead for a moment must not stop everything until it is there again.
  bool pass(Instant now) {
    fill(now);
    if (level_ < kUnit) return false;
    level_ -= kUnit;
    return true;
  }

 private:
  void fill(Instant now) {
    if (now > at_)
      level_ = std::min(burst_ * kUnit, level_ + std::min<std::int64_t>((now - at_).count(), kDayMs) * per_minute_);
    at_ = now;
  }

  static constexpr std::int64_t kUnit = 60'000;  // one passenger, in milliseconds times passengers per minute
  static constexpr std::int64_t kDayMs = 24LL * 3'600'000;
  std::int64_t per_minute_;
  std::int64_t burst_;
  std::int64_t level_;
  Instant at_;
};

}  // namespace jindu::gateway
