#pragma once
// Moments as texts.
#include <optional>
#include <string>

#include "common/runtime/clock.hpp"
#include "common/runtime/result.hpp"

namespace jindu {

// ISO 8601, UTC, to the millisecond: "2026-05-04T03:02:01.000Z".
std::string utc_text(Instant at);

// A day, or a minute of it, as the clocks of some place show it.
struct LocalTime {
  std::chrono::year_month_day day;
  std::optional<std::chrono::minutes> minute = {};  // of the day, up to 24:00
};
// As a person types it for `option`: "2026-11-29", "2026-11-29 14:30" or "2026-11-29T14:30". Code time.malformed.
result<LocalTime> local_time_from(std::string_view text, std::string_view option);

// When that was or will be; a day means its beginning.
Instant instant_of(const LocalTime& time, std::chrono::minutes utc_offset);  // by clocks that are ahead of UTC so much
Instant instant_here(const LocalTime& time);                                 // by the clock of this machine
LocalTime end_of(const LocalTime& time);                                     // of a day; a minute stays as it is

}  // namespace jindu
