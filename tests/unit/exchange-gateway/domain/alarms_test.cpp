#include <catch2/catch.hpp>

#include "exchange-gateway/domain/alarms.hpp"
#include "exchange-gateway/domain/reconcile.hpp"

using namespace jindu;
using namespace jindu::gateway;

namespace {
constexpr std::int64_t kNow = 1'780'000'000'000, kMinute = 60'000, kDay = 24 * 60 * kMinute;

Facts quiet() {
  Facts f;
  f.now = from_unix_ms(kNow);
  f.started_ms = f.peer_heard_ms = kNow;
  f.disk_free = 1000;
  f.disk_minimum = 100;
  return f;
}
// "code level" of each alarm.
std::vector<std::string> raised(const Facts& facts) {
  std::vector<std::string> list;
  for (const auto& a : alarms_of(facts, {})) list.push_back(a.code + (a.level == Level::red ? " red" : " yellow"));
  return list;
}
using List = std::vector<std::string>;

Known known(std::uint64_t sequence, Outcome outcome, std::uint8_t digest = 1) {
  Known one{sequence, {}, outcome};
  one.manifest_digest.fill(digest);
  return one;
}
std::string first_difference(const std::vector<Known>& sender, const std::vector<Known>& other) {
  const auto at_sender = compare(sender, other, true), at_other = compare(other, sender, false);
  // Both name the same, each from its side.
  CHECK(at_sender.differences.size() == at_other.differences.size());
  return at_sender.differences.empty() ? "" : at_sender.differences.front().what;
}
}  // namespace

TEST_CASE("a quiet unit has no alarm") { CHECK(raised(quiet()).empty()); }

TEST_CASE("each alarm rises at its limit and not before") {
  auto f = quiet();
  f.oldest_waiting_ms = kNow - 60 * kMinute + 1;
  CHECK(raised(f).empty());
  f.oldest_waiting_ms = kNow - 60 * kMinute;
  CHECK(raised(f) == List{"alarm.oldest_waiting yellow"});
  f.oldest_waiting_ms = kNow - 240 * kMinute;
  CHECK(raised(f) == List{"alarm.oldest_waiting red"});
  f.oldest_waiting_ms = 0;
  f.unsent_mail_ms = kNow - 5 * kMinute + 1;
  CHECK(raised(f).empty());
  f.unsent_mail_ms = kNow - 5 * kMinute;
  CHECK(raised(f) == List{"alarm.mail_failing yellow"});
  f.unsent_mail_ms = kNow - 60 * kMinute;
  CHECK(raised(f) == List{"alarm.mail_failing red"});
  f.unsent_mail_ms = 0;
  f.oldest_waiting_ms = kNow - 240 * kMinute;
  f = quiet();
  f.peer_heard_ms = kNow - 30 * kMinute;
  CHECK(raised(f) == List{"alarm.other_side_silent yellow"});
  f.peer_heard_ms = 0;  // never, but only just started
  CHECK(raised(f).empty());
  f.started_ms = kNow - 240 * kMinute;
  CHECK(raised(f) == List{"alarm.other_side_silent red"});
  f = quiet();
  f.disk_free = 149;
  CHECK(raised(f) == List{"alarm.disk_low yellow"});
  f.disk_free = 99;
  CHECK(raised(f) == List{"alarm.disk_full red"});
  f = quiet();
  f.peer_ahead_ms = 30'001;
  CHECK(raised(f) == List{"alarm.clock_skew yellow"});
  f = quiet();
  f.quarantined = 1;
  f.held = 1;
  f.oldest_held_ms = kNow;
  CHECK(raised(f) == List{"alarm.quarantined red", "alarm.held yellow"});
  f = quiet();
  f.stops = {{"portal>approval", kNow - 5}};
  f.differing = {{"2026-11-24 portal>approval", 3}};
  f.damaged = {{"7", kNow}, {"6", kNow - 1}};
  f.log_whole = false;
  f.journal_damaged = true;
  CHECK(raised(f) == List{"alarm.journal_damaged red", "alarm.log_broken red", "alarm.channel_stopped red",
                          "alarm.reconciliation_differs red", "alarm.voyage_damaged yellow"});
}

TEST_CASE("what waits is named with its voyage, and what is missing with its numbers") {
  auto f = quiet();
  f.oldest_waiting_ms = kNow - 60 * kMinute;
  CHECK(alarms_of(f, {}).front().about.empty());
  f.oldest_waiting_voyage = 7;
  CHECK(alarms_of(f, {}).front().about == "7");
  f = quiet();
  f.gaps = {{"portal>approval", 5, 7, kNow - 240 * kMinute + 1}};
  CHECK(raised(f).empty());
  f.gaps[0].since_ms = kNow - 240 * kMinute;
  CHECK(raised(f) == List{"alarm.gap yellow"});
  CHECK(alarms_of(f, {}).front().about == "portal>approval 5 7");
  CHECK(alarms_of(f, {}).front().number == 3);
  CHECK(alarms_of(f, {}).front().asked_ms == 0);
  f.gaps[0].asked_ms = kNow - 1;
  CHECK(alarms_of(f, {}).front().asked_ms == kNow - 1);
}

TEST_CASE("bundles that cannot be read are one alarm, with the first of them") {
  auto f = quiet();
  f.unreadable = 2;
  f.first_unreadable = "0199";
  f.unreadable_ms = kNow - 5;
  CHECK(raised(f) == List{"alarm.bytes_missing red"});
  const auto one = alarms_of(f, {}).front();
  CHECK(one.about == "0199");
  CHECK(one.number == 2);
  CHECK(one.since_ms == kNow - 5);
}

TEST_CASE("what the other unit does not take is told by what our copy is, once for each") {
  auto f = quiet();
  f.not_taken = {{"damaged", "0199", 2, kNow - 5}, {"foreign", "0200", 1, kNow}};
  CHECK(raised(f) == List{"alarm.not_taken red", "alarm.not_taken red"});
  const auto list = alarms_of(f, {});
  CHECK(list[0].about == "damaged 0199");
  CHECK(list[0].number == 2);
  CHECK(list[0].since_ms == kNow - 5);
  CHECK(list[1].about == "foreign 0200");
}

TEST_CASE("the end of a certificate is announced 60, 30, 14, 7 and 1 days before") {
  auto f = quiet();
  const auto left = [&](std::int64_t ms) {
    f.certificates = {{"portal", kNow + ms}};
    const auto list = alarms_of(f, {});
    return list.empty() ? std::string("none")
                        : list.front().code + " " + std::to_string(list.front().number) +
                              (list.front().level == Level::red ? " red" : " yellow");
  };
  CHECK(left(60 * kDay + 1) == "none");
  CHECK(left(60 * kDay) == "alarm.certificate_expires 60 yellow");
  CHECK(left(30 * kDay) == "alarm.certificate_expires 30 yellow");
  CHECK(left(14 * kDay) == "alarm.certificate_expires 14 red");
  CHECK(left(kDay / 2) == "alarm.certificate_expires 1 red");
  CHECK(left(0) == "alarm.certificate_expired 0 red");
}

TEST_CASE("the end of a revocation list is announced by how long it lasts") {
  auto f = quiet();
  const auto left = [&](std::int64_t life, std::int64_t ms) {
    f.lists = {{"Root", kNow + ms - life, kNow + ms}};
    const auto list = alarms_of(f, {});
    return list.empty() ? std::string("none")
                        : list.front().code + " " + std::to_string(list.front().number) +
                              (list.front().level == Level::red ? " red" : " yellow");
  };
  CHECK(left(365 * kDay, 30 * kDay + 1) == "none");
  CHECK(left(365 * kDay, 30 * kDay) == "alarm.crl_expires 30 yellow");
  CHECK(left(365 * kDay, 7 * kDay) == "alarm.crl_expires 7 red");
  // One that is made anew each week is not always about to end.
  CHECK(left(7 * kDay, 2 * kDay) == "none");
  CHECK(left(7 * kDay, kDay) == "alarm.crl_expires 1 yellow");
  CHECK(left(7 * kDay, kDay / 2) == "alarm.crl_expires 1 red");
  CHECK(left(7 * kDay, 0) == "alarm.crl_expired 0 red");
  CHECK(alarms_of(f, {}).front().about == "Root");
}

TEST_CASE("what is under way is no difference; what is lost, forked or told otherwise is") {
  using O = Outcome;
  CHECK(first_difference({known(1, O::applied)}, {known(1, O::applied)}) == "");
  CHECK(first_difference({known(1, O::not_given)}, {}) == "");
  CHECK(first_difference({known(1, O::not_given)}, {known(1, O::open)}) == "");
  CHECK(first_difference({known(1, O::open)}, {known(1, O::applied)}) == "");
  CHECK(first_difference({known(1, O::not_applied)}, {}) == "");
  CHECK(first_difference({known(1, O::open)}, {}) == "missing_there");
  CHECK(first_difference({known(1, O::applied)}, {}) == "missing_there");
  CHECK(first_difference({}, {known(1, O::open)}) == "missing_here");
  CHECK(first_difference({known(1, O::open, 1)}, {known(1, O::open, 2)}) == "fork");
  CHECK(first_difference({known(1, O::applied)}, {known(1, O::open)}) == "outcome");
  CHECK(first_difference({known(1, O::applied)}, {known(1, O::not_applied)}) == "outcome");
  CHECK(compare({known(1, O::not_given), known(2, O::applied)}, {known(2, O::applied)}, true).under_way == 1);
  CHECK(leaf_of(known(1, O::open)) == leaf_of(known(1, O::not_given)));
  CHECK(leaf_of(known(1, O::open)) != leaf_of(known(1, O::applied)));
}
