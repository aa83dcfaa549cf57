// A calendar from outside: a deadline by it is as many working days away as was asked for, and its trace counts them.
#include "common/catalogue/calendar.hpp"

#include <boost/json/parse.hpp>

#include "tests/fuzz/world.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu;
  using namespace jindu::fuzz;
  Input input(data, size);
  const int limit = (input.byte() << 8 | input.byte()) % 400;
  const auto start = catalogue::day_from_iso(input.line());
  if (start) promise(catalogue::day_from_iso(catalogue::to_iso(*start)).value() == *start, "a date has one spelling");
  boost::system::error_code bad;
  const auto json = boost::json::parse(input.text(), bad);
  if (bad) return 0;
  const auto calendar = catalogue::Calendar::parse(json);
  if (!calendar || !start) return 0;
  const auto deadline = calendar->deadline(*start, limit);
  promise(calendar->working_days_between(*start, deadline.day) == limit, "a deadline is as far as was asked for");
  promise(deadline.trace.back().count == limit && (limit == 0 || calendar->is_working_day(deadline.day)),
          "the trace counts every day");
  return 0;
}
