#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "intranet-approval/domain/clocks/clocks.hpp"

using namespace jindu;
using namespace jindu::approval;
using catalogue::Day;

namespace {

Day day(std::string_view iso) { return catalogue::day_from_iso(iso).value(); }
// Ten in the morning at the office.
Instant at(std::string_view iso) { return catalogue::day_begins(day(iso)) + std::chrono::hours{10}; }

catalogue::Calendar calendar() {
  return catalogue::Calendar::parse(boost::json::parse(R"({"years":{"2026":{
    "holidays":["2026-02-15","2026-02-16","2026-02-17","2026-02-18","2026-02-19","2026-02-20","2026-02-21","2026-02-22","2026-02-23","2026-04-04","2026-04-05","2026-04-06"],
    "workdays":["2026-02-14","2026-02-28"]}}})"))
      .value();
}

Procedure procedure() {
  return {
      "item",
      1,
      "health",
      {{"acceptance", "acceptor", 2}, {"initial_review", "r", 5}, {"determination", "d", 3}, {"notification", "n", 0}},
      20,
      12};
}

struct History {
  std::vector<Event> events = {};
  History& then(std::string_view iso, Fact fact) {
    events.push_back({events.size() + 1, at(iso), {}, std::move(fact)});
    return *this;
  }
  std::vector<CaseClock> on(std::string_view today) const {
    return clocks(events, procedure(), calendar(), day(today));
  }
};

History received_on(std::string_view outside, std::string_view inside) {
  return History{}.then(inside, Received{"SB", "item", 1, "health", at(outside), {}});
}

}  // namespace

TEST_CASE("the acceptance check runs from the receipt outside, not from the arrival inside") {
  const auto history = received_on("2026-02-09", "2026-02-12");
  const auto all = history.on("2026-02-13");
  const auto* check = running(all, ClockKind::acceptance_check);
  REQUIRE(check);
  CHECK(check->deadline.day == day("2026-02-14"));  // a Saturday that is worked
  CHECK(check->working_days_left == 1);
  CHECK(check->state == ClockState::running);
  CHECK(running(all, ClockKind::stage)->deadline.day == day("2026-02-11"));
  CHECK(running(all, ClockKind::stage)->state == ClockState::overdue);
  CHECK_FALSE(running(all, ClockKind::promised));
}

TEST_CASE("silence accepts after the fifth working day, not on it") {
  const auto history = received_on("2026-02-09", "2026-02-09");
  CHECK_FALSE(silence_has_accepted(history.on("2026-02-14"), day("2026-02-14")));
  CHECK(silence_has_accepted(history.on("2026-02-15"), day("2026-02-15")));
  auto answered = history;
  answered.then("2026-02-10", SupplementRequested{"n", {}, ""});
  CHECK_FALSE(silence_has_accepted(answered.on("2026-03-30"), day("2026-03-30")));
}

TEST_CASE("the legal limits run from acceptance to determination") {
  auto history = received_on("2026-02-09", "2026-02-09");
  history.then("2026-02-10", Accepted{"SL", "x"}).then("2026-02-10", StageEntered{"initial_review"});
  const auto all = history.on("2026-02-24");
  CHECK(running(all, ClockKind::statutory)->start == day("2026-02-10"));
  CHECK(running(all, ClockKind::statutory)->working_days == 20);
  CHECK(running(all, ClockKind::promised)->working_days == 12);
  CHECK_FALSE(running(all, ClockKind::acceptance_check));
  CHECK(all[0].state == ClockState::met);
  history.then("2026-03-20", Determined{}).then("2026-03-20", StageEntered{"notification"});
  const auto ended = history.on("2026-06-01");
  for (const auto& clock : ended)
    if (clock.kind == ClockKind::promised) {
      CHECK(clock.state == ClockState::breached);
      CHECK(clock.working_days_left < 0);
      CHECK(clock.ended == day("2026-03-20"));
    }
}

TEST_CASE("a case that silence accepted counts from the day of receipt") {
  auto history = received_on("2026-02-09", "2026-02-12");
  history.then("2026-02-15", DeemedAccepted{"SL", at("2026-02-09")}).then("2026-02-15", StageEntered{"initial_review"});
  const auto all = history.on("2026-02-24");
  CHECK(running(all, ClockKind::statutory)->deadline.day == day("2026-03-13"));
  CHECK(all[0].state == ClockState::breached);
}

TEST_CASE("a supplement starts a new check and leaves no legal limit running before acceptance") {
  auto history = received_on("2026-03-02", "2026-03-02");
  history.then("2026-03-03", SupplementRequested{"n", {}, ""});
  CHECK_FALSE(running(history.on("2026-03-20"), ClockKind::acceptance_check));
  history.then("2026-03-24", SupplementReceived{"n", at("2026-03-23"), {}});
  const auto all = history.on("2026-03-24");
  CHECK(running(all, ClockKind::acceptance_check)->start == day("2026-03-23"));
  CHECK(running(all, ClockKind::acceptance_check)->deadline.day == day("2026-03-30"));
  CHECK_FALSE(running(all, ClockKind::statutory));
}

TEST_CASE("each stay in a stage has its own clock; a stage without a limit has none") {
  auto history = received_on("2026-03-02", "2026-03-02");
  history.then("2026-03-03", Accepted{"SL", "x"})
      .then("2026-03-03", StageEntered{"initial_review"})
      .then("2026-03-05", StageEntered{"determination"});
  history.then("2026-03-06", SentBack{"determination", "initial_review", "again"})
      .then("2026-03-06", StageEntered{"initial_review"});
  CHECK(running(history.on("2026-03-09"), ClockKind::stage)->start == day("2026-03-06"));
  history.then("2026-03-09", StageEntered{"notification"});
  const auto all = history.on("2026-03-09");
  CHECK_FALSE(running(all, ClockKind::stage));
  CHECK(std::count_if(all.begin(), all.end(), [](const auto& c) { return c.kind == ClockKind::stage; }) == 4);
}

TEST_CASE("a limit that reaches into an unpublished year is provisional") {
  auto history = received_on("2026-12-28", "2026-12-28");
  history.then("2026-12-29", Accepted{"SL", "x"}).then("2026-12-29", StageEntered{"initial_review"});
  CHECK(running(history.on("2026-12-30"), ClockKind::statutory)->deadline.provisional);
}
