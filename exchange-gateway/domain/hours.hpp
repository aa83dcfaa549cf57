#pragma once
// When a rule is open. Times are local to the deployment: a fixed distance from UTC, as all of China has. Pure.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/clock.hpp"
#include "common/runtime/result.hpp"

namespace jindu::gateway {

struct Opening {
  int first_day = 0;  // 0 Monday … 6 Sunday
  int last_day = 6;
  int from_minute = 0;  // of the day
  int to_minute = 24 * 60;
};

struct Hours {
  std::vector<Opening> openings = {};  // none: always open
  int utc_offset_minutes = 8 * 60;
};

// "mon-fri 08:30-17:30", "sat 09:00-12:00", "daily 06:00-24:00"; the end is after the beginning. Code policy.hours.
result<Opening> parse_opening(std::string_view text);
std::string to_text(const Opening& opening);

bool is_open(const Hours& hours, Instant at);
// The first moment from `at` on when it is open; nothing when it never is.
std::optional<Instant> opens_next(const Hours& hours, Instant at);

// The date at that distance from UTC, "2026-11-24".
std::string local_day(Instant at, int utc_offset_minutes);

}  // namespace jindu::gateway
