#include "exchange-gateway/domain/hours.hpp"

#include <algorithm>
#include <array>

namespace jindu::gateway {
namespace {

constexpr std::array<std::string_view, 7> kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr int kDay = 24 * 60;

std::optional<int> day_from(std::string_view text) {
  const auto found = std::find(kDays.begin(), kDays.end(), text);
  if (found == kDays.end()) return {};
  return static_cast<int>(found - kDays.begin());
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<int> minute_from(std::string_view text) {
  if (text.size() != 5 || text[2] != ':' || !is_digit(text[0]) || !is_digit(text[1]) || !is_digit(text[3]) ||
      !is_digit(text[4]))
    return {};
  const int hour = (text[0] - '0') * 10 + text[1] - '0', minute = (text[3] - '0') * 10 + text[4] - '0';
  if (minute > 59 || hour * 60 + minute > kDay) return {};
  return hour * 60 + minute;
}

std::string two(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }
std::string time_text(int minute) { return two(minute / 60) + ":" + two(minute % 60); }

// Minutes since the Monday before 1970-01-01, which was a Thursday.
std::int64_t local_minutes(Instant at, int utc_offset_minutes) {
  return std::chrono::floor<std::chrono::minutes>(at).time_since_epoch().count() + utc_offset_minutes + 3 * kDay;
}

}  // namespace

result<Opening> parse_opening(std::string_view text) {
  const Error wrong{Fault::invalid, "policy.hours",
                    "'" + std::string(text) +
                        "' is not like \"mon-fri 08:30-17:30\", \"sat 09:00-12:00\" or \"daily "
                        "06:00-24:00\""};
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return wrong;
  const auto days = text.substr(0, space), times = text.substr(space + 1);
  Opening opening;
  if (days != "daily") {
    const auto dash = days.find('-');
    const auto first = day_from(days.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : day_from(days.substr(dash + 1));
    if (!first || !last || *last < *first) return wrong;
    opening.first_day = *first;
    opening.last_day = *last;
  }
  if (times.size() != 11 || times[5] != '-') return wrong;
  const auto from = minute_from(times.substr(0, 5)), to = minute_from(times.substr(6));
  if (!from || !to || *to <= *from) return wrong;
  opening.from_minute = *from;
  opening.to_minute = *to;
  return opening;
}

std::string to_text(const Opening& o) {
  std::string days = "daily";
  if (o.first_day != 0 || o.last_day != 6) {
    days = kDays[static_cast<std::size_t>(o.first_day)];
    if (o.last_day != o.first_day) days += "-" + std::string(kDays[static_cast<std::size_t>(o.last_day)]);
  }
  return days + " " + time_text(o.from_minute) + "-" + time_text(o.to_minute);
}

bool is_open(const Hours& hours, Instant at) {
  if (hours.openings.empty()) return true;
  const auto minutes = local_minutes(at, hours.utc_offset_minutes);
  const auto day = static_cast<int>((minutes / kDay) % 7), minute = static_cast<int>(minutes % kDay);
  return std::any_of(hours.openings.begin(), hours.openings.end(), [&](const Opening& o) {
    return day >= o.first_day && day <= o.last_day && minute >= o.from_minute && minute < o.to_minute;
  });
}

std::optional<Instant> opens_next(const Hours& hours, Instant at) {
  if (is_open(hours, at)) return at;
  const auto minutes = local_minutes(at, hours.utc_offset_minutes);
  std::optional<std::int64_t> best;
  for (const auto& o : hours.openings)
    for (int ahead = 0; ahead <= 7; ++ahead) {
      const auto midnight = (minutes / kDay + ahead) * kDay;
      const auto day = static_cast<int>((midnight / kDay) % 7);
      const auto start = midnight + o.from_minute;
      if (day >= o.first_day && day <= o.last_day && start > minutes && (!best || start < *best)) best = start;
    }
  if (!best) return {};
  return Instant{std::chrono::minutes(*best - hours.utc_offset_minutes - 3 * kDay)};
}

std::string local_day(Instant at, int utc_offset_minutes) {
  const std::chrono::year_month_day date{
      std::chrono::floor<std::chrono::days>(at + std::chrono::minutes(utc_offset_minutes))};
  return std::to_string(static_cast<int>(date.year())) + "-" +
         two(static_cast<int>(static_cast<unsigned>(date.month()))) + "-" +
         two(static_cast<int>(static_cast<unsigned>(date.day())));
}

}  // namespace jindu::gateway
