#include "common/runtime/times.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>

namespace jindu {
namespace {

using namespace std::chrono_literals;

// While it lives, this machine stands there.
class Place {
 public:
  explicit Place(const char* zone) {
    if (const char* before = std::getenv("TZ")) before_ = before;
    set(zone);
  }
  ~Place() { set(before_ ? before_->c_str() : nullptr); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  static void set(const char* zone) {
    zone ? ::setenv("TZ", zone, 1) : ::unsetenv("TZ");
    ::tzset();
  }
  std::optional<std::string> before_;
};

std::string in_utc(std::string_view text) { return utc_text(instant_of(local_time_from(text, "--at").value(), 0min)); }
std::string here(std::string_view text) { return utc_text(instant_here(local_time_from(text, "--at").value())); }

}  // namespace

TEST_CASE("a moment is written in UTC to the millisecond") {
  CHECK(utc_text(from_unix_ms(1)) == "1970-01-01T00:00:00.001Z");
  CHECK(utc_text(from_unix_ms(-1)) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("a day and a minute of it are taken as people type them") {
  CHECK(in_utc("2026-11-29") == "2026-11-29T00:00:00.000Z");
  CHECK(in_utc("2026-11-29 14:30") == "2026-11-29T14:30:00.000Z");
  CHECK(in_utc("2026-11-29T14:30") == "2026-11-29T14:30:00.000Z");
  CHECK_FALSE(local_time_from("2026-11-29", "--at").value().minute);
  CHECK(local_time_from("2026-11-29 00:00", "--at").value().minute == 0min);
}

TEST_CASE("the last that is taken is taken, and what comes after it is not") {
  CHECK(in_utc("2026-11-29 23:59") == "2026-11-29T23:59:00.000Z");
  CHECK(in_utc("2026-12-31 24:00") == "2027-01-01T00:00:00.000Z");
  CHECK(in_utc("2028-02-29") == "2028-02-29T00:00:00.000Z");
  CHECK(in_utc("9999-12-31 24:00") == "10000-01-01T00:00:00.000Z");
  for (const char* wrong : {"2026-11-29 24:01", "2026-11-29 25:00", "2026-11-29 14:60", "2026-02-29", "2026-13-01",
                            "2026-00-10", "2026-01-00", "2026-04-31"}) {
    INFO(wrong);
    CHECK_FALSE(local_time_from(wrong, "--at"));
  }
}

TEST_CASE("any other text is refused, with the option that it was given for") {
  for (const char* wrong :
       {"", "yesterday", "2026", "2026-11", "2026-1-5", "2026/11/29", "2026-11-29T", "2026-11-29 9:05",
        "2026-11-29 14:30:00", "2026-11-29T14:30Z", " 2026-11-29", "2026-11-29 ", "-026-11-29"}) {
    INFO(wrong);
    const auto read = local_time_from(wrong, "--from");
    REQUIRE_FALSE(read);
    CHECK(read.error().code == "time.malformed");
    CHECK(read.error().field == "--from");
    CHECK(read.error().detail.starts_with("--from is a day such as "));
  }
}

TEST_CASE("a time is of the place whose clocks are asked") {
  const auto noon = local_time_from("2026-11-29 12:00", "--at").value();
  CHECK(utc_text(instant_of(noon, 8h)) == "2026-11-29T04:00:00.000Z");
  CHECK(utc_text(instant_of(noon, -90min)) == "2026-11-29T13:30:00.000Z");
  {
    const Place shanghai("CST-8");
    CHECK(here("2026-11-29") == "2026-11-28T16:00:00.000Z");
    CHECK(here("2026-11-29 24:00") == "2026-11-29T16:00:00.000Z");
  }
  // Where summer time is kept, a day has its own beginning and end by it.
  const Place berlin("CET-1CEST,M3.5.0,M10.5.0/3");
  CHECK(here("2026-07-01T12:00") == "2026-07-01T10:00:00.000Z");
  CHECK(here("2026-12-01T12:00") == "2026-12-01T11:00:00.000Z");
  const auto short_day = local_time_from("2026-03-29", "--to").value();
  CHECK(instant_here(end_of(short_day)) - instant_here(short_day) == 23h);
}

TEST_CASE("a day ends where the next one begins, and a minute is what it is") {
  CHECK(instant_of(end_of(local_time_from("2026-11-29", "--to").value()), 0min) ==
        instant_of(local_time_from("2026-11-30", "--to").value(), 0min));
  CHECK(end_of(local_time_from("2026-11-29 00:00", "--to").value()).minute == 0min);
}

}  // namespace jindu
