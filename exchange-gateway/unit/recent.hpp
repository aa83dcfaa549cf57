#pragma once
// How many bundles passed in each of the last minutes; begins anew with the program. Thread-safe.
#include <array>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "common/runtime/clock.hpp"

namespace jindu::gateway {

class Recent {
 public:
  static constexpr std::int64_t kMinutes = 60;

  void add(const std::string& what, Instant now, std::int64_t number = 1) {
    const std::lock_guard lock(mutex_);
    auto& ring = rings_[what];
    const auto minute = minute_of(now);
    auto& slot = ring[static_cast<std::size_t>(minute % kMinutes)];
    if (slot.minute != minute) slot = {minute, 0};
    slot.number += number;
  }

  // The oldest minute first; the last one is under way.
  std::vector<std::int64_t> minutes(const std::string& what, Instant now) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::int64_t> numbers(kMinutes, 0);
    const auto found = rings_.find(what);
    if (found == rings_.end()) return numbers;
    const auto last = minute_of(now);
    for (const auto& slot : found->second)
      if (slot.minute > last - kMinutes && slot.minute <= last)
        numbers[static_cast<std::size_t>(kMinutes - 1 - (last - slot.minute))] = slot.number;
    return numbers;
  }

 private:
  struct Slot {
    std::int64_t minute = -1;
    std::int64_t number = 0;
  };
  static std::int64_t minute_of(Instant at) { return to_unix_ms(at) / 60'000; }

  mutable std::mutex mutex_;
  std::map<std::string, std::array<Slot, kMinutes>> rings_;
};

}  // namespace jindu::gateway
