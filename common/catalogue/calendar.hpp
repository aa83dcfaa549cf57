#pragma once
// Working days in China: weekends are free unless the State Council makes one a workday (调休), workdays are worked
// unless it makes one a holiday. The lists are published each November for the year after; until then nothing is
// guessed: what is computed beyond the published years counts weekends alone and says that it is provisional.
#include <boost/json/fwd.hpp>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/clock.hpp"
#include "common/runtime/result.hpp"

namespace jindu::catalogue {

using Day = std::chrono::sys_days;

std::string to_iso(Day day);                      // "2026-02-14"
result<Day> day_from_iso(std::string_view text);  // strict; Fault::invalid "date.malformed"
// The date at the office (UTC+8 all year) and the instant at which it begins.
Day local_day(Instant instant);
Instant day_begins(Day day);

enum class DayKind { workday, makeup_workday, weekend, holiday };
std::string_view to_text(DayKind kind);

inline constexpr int kWorkingDaysMax = 3650;

// One day of a computation, or the last of a run of days of one kind that do not count.
struct TraceStep {
  enum class Kind { start_not_counted, counted, makeup_workday, weekend, holiday };
  Day day{};
  Kind kind = Kind::counted;
  int count = 0;             // working days counted up to and with this day
  bool provisional = false;  // in a year whose list is not published
  bool operator==(const TraceStep&) const = default;
};
std::string_view to_text(TraceStep::Kind kind);

struct Deadline {
  Day day{};
  bool provisional = false;
  std::vector<TraceStep> trace;
};

class Calendar {
 public:
  // The catalogue's "calendar" member, see docs/formats.md. Refused ("calendar.*"): a date outside its year, a make-up
  // workday that is no weekend, a date in both lists.
  static result<Calendar> parse(const boost::json::value& json);

  bool published(Day day) const;
  std::vector<int> years() const;
  DayKind kind(Day day) const;
  bool is_working_day(Day day) const;

  // The last day of a limit of `working_days` (0 to 3650) that begins on `start`; the first day is not counted (民法典
  // article 201).
  Deadline deadline(Day start, int working_days) const;

  // Working days in (from, to]; negative when `to` is before `from`.
  int working_days_between(Day from, Day to) const;

 private:
  struct Year {
    std::set<Day> holidays;
    std::set<Day> workdays;
  };
  std::map<int, Year> years_;
};

}  // namespace jindu::catalogue
