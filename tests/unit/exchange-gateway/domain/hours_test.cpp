#include <catch2/catch.hpp>

#include "exchange-gateway/domain/policy.hpp"

using namespace jindu;
using namespace jindu::gateway;

namespace {
// 2026-11-24 was a Tuesday. Local times of UTC+8.
Instant at(int day, int hour, int minute) {
  using namespace std::chrono;
  return sys_days{year{2026} / November / day} + hours(hour - 8) + minutes(minute);
}
Hours office() { return {{parse_opening("mon-fri 08:30-17:30").value(), parse_opening("sat 09:00-12:00").value()}}; }
}  // namespace

TEST_CASE("a rule is open exactly within its hours, local time") {
  CHECK_FALSE(is_open(office(), at(24, 8, 29)));
  CHECK(is_open(office(), at(24, 8, 30)));
  CHECK(is_open(office(), at(24, 17, 29)));
  CHECK_FALSE(is_open(office(), at(24, 17, 30)));
  CHECK(is_open(office(), at(28, 9, 0)));  // Saturday
  CHECK_FALSE(is_open(office(), at(28, 12, 0)));
  CHECK_FALSE(is_open(office(), at(29, 10, 0)));  // Sunday
  CHECK(is_open({}, at(29, 3, 0)));
}

TEST_CASE("the next opening is found over nights and weekends") {
  CHECK(opens_next(office(), at(24, 10, 0)) == at(24, 10, 0));
  CHECK(opens_next(office(), at(24, 18, 0)) == at(25, 8, 30));
  CHECK(opens_next(office(), at(28, 12, 0)) == at(30, 8, 30));
  CHECK(opens_next({{parse_opening("mon 08:00-09:00").value()}}, at(23, 9, 0)) == at(30, 8, 0));
}

TEST_CASE("opening hours are read exactly, or refused with what they should look like") {
  for (const auto* text : {"mon-fri 08:30-17:30", "sat 09:00-12:00", "daily 06:00-24:00"})
    CHECK(to_text(parse_opening(text).value()) == text);
  CHECK(to_text(parse_opening("mon-sun 00:00-24:00").value()) == "daily 00:00-24:00");
  for (const auto* text : {"", "mon", "fri-mon 08:00-09:00", "mon 8:00-9:00", "mon 08:00-08:00", "mon 09:00-08:00",
                           "mon 08:60-09:00", "mon 08:00-24:01", "day 08:00-09:00", "mon-fri 08:00-17:30 "}) {
    const auto read = parse_opening(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == "policy.hours");
  }
}

TEST_CASE("the local day begins at local midnight") {
  CHECK(local_day(at(24, 0, 0), 480) == "2026-11-24");
  CHECK(local_day(at(24, 0, 0) - std::chrono::milliseconds(1), 480) == "2026-11-23");
}

TEST_CASE("the policy says which rule decides, and why") {
  Policy policy{{{"portal", "approval", "dossier", 1000, 60, 10, false},
                 {"portal", "approval", "notice", 1000, 60, 10, true, 2, office()}},
                {{"portal", 10, 5000}}};
  const auto night = at(24, 20, 0);
  const auto ask = [&](std::string_view kind, std::uint64_t bytes, Instant expires) {
    return explain(policy, {"portal", "approval", kind, bytes, expires}, night);
  };
  const auto tomorrow = night + std::chrono::hours(24);
  CHECK(ask("dossier", 1000, tomorrow).verdict == "pass");
  CHECK(ask("dossier", 1000, tomorrow).rule == 1);
  CHECK(ask("dossier", 1001, tomorrow).code == "policy.too_large");
  CHECK(ask("dossier", 1, night).code == "policy.expired");
  CHECK(ask("secrets", 1, tomorrow).code == "policy.forbidden");
  CHECK(ask("secrets", 1, tomorrow).rule == 0);
  const auto held = ask("notice", 1, tomorrow);
  CHECK(held.verdict == "hold");
  CHECK(held.rule == 2);
  REQUIRE(held.checks.size() == 6);
  CHECK(held.checks[4].name == "hours");
  CHECK_FALSE(held.checks[4].holds);
  CHECK(held.checks[4].detail == "2026-11-25 08:30 (UTC+08:00)");
  CHECK(held.checks[5].words.find("2 different releasers") != std::string::npos);
  policy.rules[1].hold = false;
  CHECK(ask("notice", 1, tomorrow).verdict == "wait");
  CHECK(check_policy(policy));
  policy.rules.push_back(policy.rules[0]);
  CHECK(check_policy(policy).error().code == "policy.twice");
}

TEST_CASE("a quota counts bundles and bytes, and says what waits") {
  const Policy policy{{}, {{"portal", 10, 5000}}};
  CHECK(within_quota(policy, "portal", 9, 4000, 1000));
  CHECK(within_quota(policy, "portal", 10, 0, 1).error().code == "policy.quota");
  CHECK(within_quota(policy, "portal", 0, 4000, 1001).error().fault == Fault::limited);
  CHECK(within_quota(policy, "approval", 1'000'000, 1u << 30, 1));
}
