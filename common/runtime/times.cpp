#include "common/runtime/times.hpp"

#include <cstdio>
#include <ctime>

#include "common/runtime/shape.hpp"

namespace jindu {

std::string utc_text(Instant at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return text;
}

result<LocalTime> local_time_from(std::string_view text, std::string_view option) {
  const Error wrong{
      Fault::invalid, "time.malformed",
      std::string(option) + " is a day such as 2026-11-29, or a minute such as 2026-11-29T14:30, in local time",
      std::string(option)};
  auto numbers = numbers_shaped(text, "0000-00-00");
  for (const char* shape : {"0000-00-00 00:00", "0000-00-00T00:00"})
    if (!numbers) numbers = numbers_shaped(text, shape);
  if (!numbers) return wrong;
  const auto& n = *numbers;
  LocalTime time{{std::chrono::year(n[0]), std::chrono::month(static_cast<unsigned>(n[1])),
                  std::chrono::day(static_cast<unsigned>(n[2]))}};
  if (n.size() > 3) time.minute = std::chrono::hours(n[3]) + std::chrono::minutes(n[4]);
  if (!time.day.ok() || (time.minute && (n[4] > 59 || *time.minute > std::chrono::hours(24)))) return wrong;
  return time;
}

Instant instant_of(const LocalTime& time, std::chrono::minutes utc_offset) {
  return std::chrono::sys_days(time.day) + time.minute.value_or(std::chrono::minutes(0)) - utc_offset;
}

Instant instant_here(const LocalTime& time) {
  std::tm local{};
  local.tm_year = static_cast<int>(time.day.year()) - 1900;
  local.tm_mon = static_cast<int>(static_cast<unsigned>(time.day.month())) - 1;
  local.tm_mday = static_cast<int>(static_cast<unsigned>(time.day.day()));
  local.tm_min = static_cast<int>(time.minute.value_or(std::chrono::minutes(0)).count());
  local.tm_isdst = -1;  // whether summer time was kept then, this place's rules say
  return Instant{std::chrono::seconds(std::mktime(&local))};
}

LocalTime end_of(const LocalTime& time) { return time.minute ? time : LocalTime{time.day, std::chrono::hours(24)}; }

}  // namespace jindu
