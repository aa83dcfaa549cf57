#include "common/catalogue/calendar.hpp"

#include <boost/json.hpp>
#include <cassert>
#include <cstdio>

namespace jindu::catalogue {
namespace {

using std::chrono::days;
using std::chrono::year_month_day;

constexpr std::chrono::hours kOfficeOffset{8};

int year_of(Day day) { return static_cast<int>(year_month_day{day}.year()); }

bool is_weekend(Day day) {
  const std::chrono::weekday weekday{day};
  return weekday == std::chrono::Saturday || weekday == std::chrono::Sunday;
}

Error fault(const char* code, std::string detail, std::string field) {
  return {Fault::invalid, code, std::move(detail), std::move(field)};
}

result<std::set<Day>> dates_of(const boost::json::object& year, std::string_view name, int number,
                               const std::string& pointer) {
  std::set<Day> dates;
  const auto* list = year.if_contains(name);
  if (!list || !list->is_array()) return fault("calendar.malformed", "a list of dates is needed", pointer);
  for (const auto& entry : list->get_array()) {
    const auto day =
        entry.is_string() ? day_from_iso(entry.get_string()) : result<Day>{fault("date.malformed", "no string", "")};
    if (!day) return fault("calendar.malformed", "not an ISO date", pointer);
    if (year_of(*day) != number)
      return fault("calendar.other_year", to_iso(*day) + " is not in " + std::to_string(number), pointer);
    dates.insert(*day);
  }
  return dates;
}

}  // namespace

std::string to_iso(Day day) {
  const year_month_day date{day};
  char text[16];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  return text;
}

result<Day> day_from_iso(std::string_view text) {
  const auto malformed = fault("date.malformed", "a date is written 2026-02-14", "");
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return malformed;
  int numbers[3] = {0, 0, 0};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 4 || i == 7) continue;
    if (text[i] < '0' || text[i] > '9') return malformed;
    int& number = numbers[i < 4 ? 0 : i < 7 ? 1 : 2];
    number = number * 10 + (text[i] - '0');
  }
  const year_month_day date{std::chrono::year{numbers[0]}, std::chrono::month{static_cast<unsigned>(numbers[1])},
                            std::chrono::day{static_cast<unsigned>(numbers[2])}};
  if (!date.ok()) return malformed;
  return Day{date};
}

Day local_day(Instant instant) { return std::chrono::floor<days>(instant + kOfficeOffset); }
Instant day_begins(Day day) { return Instant{day} - kOfficeOffset; }

std::string_view to_text(DayKind kind) {
  switch (kind) {
    case DayKind::workday:
      return "workday";
    case DayKind::makeup_workday:
      return "makeup_workday";
    case DayKind::weekend:
      return "weekend";
    case DayKind::holiday:
      return "holiday";
  }
  return "workday";
}

std::string_view to_text(TraceStep::Kind kind) {
  switch (kind) {
    case TraceStep::Kind::start_not_counted:
      return "start_not_counted";
    case TraceStep::Kind::counted:
      return "counted";
    case TraceStep::Kind::makeup_workday:
      return "makeup_workday";
    case TraceStep::Kind::weekend:
      return "weekend";
    case TraceStep::Kind::holiday:
      return "holiday";
  }
  return "counted";
}

result<Calendar> Calendar::parse(const boost::json::value& json) {
  const auto* years = json.is_object() ? json.get_object().if_contains("years") : nullptr;
  if (!years || !years->is_object()) return fault("calendar.malformed", "a calendar has years", "/years");
  Calendar calendar;
  for (const auto& [key, value] : years->get_object()) {
    const std::string name{key};
    const std::string pointer = "/years/" + name;
    if (name.size() != 4 || name.find_first_not_of("0123456789") != std::string::npos || !value.is_object())
      return fault("calendar.malformed", "a year is written 2026", pointer);
    const int number = std::stoi(name);
    auto holidays = dates_of(value.get_object(), "holidays", number, pointer + "/holidays");
    if (!holidays) return holidays.error();
    auto workdays = dates_of(value.get_object(), "workdays", number, pointer + "/workdays");
    if (!workdays) return workdays.error();
    for (const auto day : *workdays) {
      if (!is_weekend(day))
        return fault("calendar.no_weekend", to_iso(day) + " is a workday anyway", pointer + "/workdays");
      if (holidays->contains(day))
        return fault("calendar.contradiction", to_iso(day) + " is in both lists", pointer + "/workdays");
    }
    calendar.years_.emplace(number, Year{std::move(*holidays), std::move(*workdays)});
  }
  return calendar;
}

bool Calendar::published(Day day) const { return years_.contains(year_of(day)); }

std::vector<int> Calendar::years() const {
  std::vector<int> list;
  for (const auto& [year, lists] : years_) list.push_back(year);
  return list;
}

DayKind Calendar::kind(Day day) const {
  if (const auto year = years_.find(year_of(day)); year != years_.end()) {
    if (year->second.holidays.contains(day)) return DayKind::holiday;
    if (year->second.workdays.contains(day)) return DayKind::makeup_workday;
  }
  return is_weekend(day) ? DayKind::weekend : DayKind::workday;
}

bool Calendar::is_working_day(Day day) const {
  const auto k = kind(day);
  return k == DayKind::workday || k == DayKind::makeup_workday;
}

Deadline Calendar::deadline(Day start, int working_days) const {
  assert(working_days >= 0 && working_days <= kWorkingDaysMax);
  using Kind = TraceStep::Kind;
  Deadline deadline{start, false, {{start, Kind::start_not_counted, 0, !published(start)}}};
  int count = 0;
  for (Day day = start; count < working_days;) {
    day += days{1};
    Kind kind = Kind::counted;
    switch (this->kind(day)) {
      case DayKind::workday:
        break;
      case DayKind::makeup_workday:
        kind = Kind::makeup_workday;
        break;
      case DayKind::weekend:
        kind = Kind::weekend;
        break;
      case DayKind::holiday:
        kind = Kind::holiday;
        break;
    }
    const bool counts = kind == Kind::counted || kind == Kind::makeup_workday;
    count += counts;
    const bool provisional = !published(day);
    deadline.provisional |= provisional;
    deadline.day = day;
    auto& last = deadline.trace.back();
    if (!counts && last.kind == kind && last.provisional == provisional) {
      last.day = day;
    } else {
      deadline.trace.push_back({day, kind, count, provisional});
    }
  }
  return deadline;
}

int Calendar::working_days_between(Day from, Day to) const {
  if (to < from) return -working_days_between(to, from);
  int count = 0;
  for (Day day = from + days{1}; day <= to; day += days{1}) count += is_working_day(day);
  return count;
}

}  // namespace jindu::catalogue
