#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "common/catalogue/calendar.hpp"

using namespace jindu;
using namespace jindu::catalogue;

namespace {

Day day(std::string_view iso) { return day_from_iso(iso).value(); }

boost::json::array days_of(std::initializer_list<std::pair<const char*, const char*>> runs) {
  boost::json::array list;
  for (const auto& [first, last] : runs)
    for (Day d = day(first); d <= day(last); d += std::chrono::days{1}) list.emplace_back(to_iso(d));
  return list;
}

// 国务院办公厅, notice of 2025-11-04.
Calendar china_2026() {
  boost::json::object year{
      {"holidays", days_of({{"2026-01-01", "2026-01-03"},
                            {"2026-02-15", "2026-02-23"},
                            {"2026-04-04", "2026-04-06"},
                            {"2026-05-01", "2026-05-05"},
                            {"2026-06-19", "2026-06-21"},
                            {"2026-09-25", "2026-09-27"},
                            {"2026-10-01", "2026-10-07"}})},
      {"workdays", {"2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"}}};
  return Calendar::parse(boost::json::object{{"years", boost::json::object{{"2026", year}}}}).value();
}

std::string calendar_refusal(const char* text) {
  const auto calendar = Calendar::parse(boost::json::parse(text));
  return calendar ? "ok" : calendar.error().code;
}

}  // namespace

TEST_CASE("deadlines in 2026 count make-up workdays and skip holidays") {
  const auto calendar = china_2026();
  struct Case {
    const char* start;
    int days;
    const char* due;
  };
  for (const auto& [start, count, due] : {Case{"2026-02-09", 5, "2026-02-14"},
                                          {"2026-02-09", 20, "2026-03-13"},
                                          {"2026-04-20", 20, "2026-05-20"},
                                          {"2026-09-14", 5, "2026-09-20"},
                                          {"2026-09-14", 20, "2026-10-16"},
                                          {"2026-09-28", 5, "2026-10-10"}}) {
    const auto deadline = calendar.deadline(day(start), count);
    CHECK(to_iso(deadline.day) == due);
    CHECK_FALSE(deadline.provisional);
    CHECK(deadline.trace.back().count == count);
    CHECK(calendar.working_days_between(day(start), deadline.day) == count);
    CHECK(calendar.working_days_between(deadline.day, day(start)) == -count);
  }
  CHECK(calendar.working_days_between(day("2025-12-31"), day("2026-12-31")) == 248);
}

TEST_CASE("a deadline explains itself day by day") {
  const auto trace = china_2026().deadline(day("2026-09-28"), 5).trace;
  using Kind = TraceStep::Kind;
  CHECK(trace == std::vector<TraceStep>{{day("2026-09-28"), Kind::start_not_counted, 0},
                                        {day("2026-09-29"), Kind::counted, 1},
                                        {day("2026-09-30"), Kind::counted, 2},
                                        {day("2026-10-07"), Kind::holiday, 2},
                                        {day("2026-10-08"), Kind::counted, 3},
                                        {day("2026-10-09"), Kind::counted, 4},
                                        {day("2026-10-10"), Kind::makeup_workday, 5}});
}

TEST_CASE("a deadline in a year that is not published yet is provisional") {
  const auto calendar = china_2026();
  const auto deadline = calendar.deadline(day("2026-12-28"), 5);
  CHECK(to_iso(deadline.day) == "2027-01-04");
  CHECK(deadline.provisional);
  CHECK_FALSE(calendar.deadline(day("2026-12-28"), 3).provisional);
}

TEST_CASE("no days at all end on the day of the start") {
  CHECK(china_2026().deadline(day("2026-05-01"), 0).day == day("2026-05-01"));
}

TEST_CASE("the office's day begins at four in the afternoon before, in UTC") {
  CHECK(to_iso(local_day(from_unix_ms(1'767'196'799'999))) == "2025-12-31");
  CHECK(to_iso(local_day(from_unix_ms(1'767'196'800'000))) == "2026-01-01");
  CHECK(to_unix_ms(day_begins(day("2026-01-01"))) == 1'767'196'800'000);
}

TEST_CASE("dates are read strictly") {
  for (const auto* bad : {"", "2026-2-14", "2026-02-30", "2026-13-01", "2026/02/14", "2026-02-14 ", "x026-02-14"})
    CHECK_FALSE(day_from_iso(bad));
  CHECK(to_iso(*day_from_iso("2028-02-29")) == "2028-02-29");
}

TEST_CASE("a calendar that contradicts itself is refused") {
  CHECK(calendar_refusal(R"({"years":{}})") == "ok");
  CHECK(calendar_refusal(R"([])") == "calendar.malformed");
  CHECK(calendar_refusal(R"({"years":{"26":{"holidays":[],"workdays":[]}}})") == "calendar.malformed");
  CHECK(calendar_refusal(R"({"years":{"2026":{"holidays":[]}}})") == "calendar.malformed");
  CHECK(calendar_refusal(R"({"years":{"2026":{"holidays":["2027-01-01"],"workdays":[]}}})") == "calendar.other_year");
  CHECK(calendar_refusal(R"({"years":{"2026":{"holidays":[1],"workdays":[]}}})") == "calendar.malformed");
  CHECK(calendar_refusal(R"({"years":{"2026":{"holidays":[],"workdays":["2026-01-05"]}}})") == "calendar.no_weekend");
  CHECK(calendar_refusal(R"({"years":{"2026":{"holidays":["2026-01-04"],"workdays":["2026-01-04"]}}})") ==
        "calendar.contradiction");
}
