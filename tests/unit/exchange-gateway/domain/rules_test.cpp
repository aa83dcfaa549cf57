#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "exchange-gateway/domain/channel.hpp"
#include "exchange-gateway/domain/ladder.hpp"
#include "exchange-gateway/domain/policy.hpp"
#include "exchange-gateway/domain/rate.hpp"

namespace jindu::gateway {
namespace {

crypto::Digest digest(int n, int branch = 0) {
  crypto::Digest d{};
  d[0] = static_cast<std::uint8_t>(n);
  d[1] = static_cast<std::uint8_t>(n >> 8);
  d[2] = static_cast<std::uint8_t>(branch);
  return d;
}

Link link(int sequence, int branch = 0) {
  return {1, static_cast<std::uint64_t>(sequence), sequence == 1 ? crypto::Digest{} : digest(sequence - 1, branch),
          digest(sequence, branch)};
}

std::string code(const result<void>& r) { return r ? "" : r.error().code; }

}  // namespace

TEST_CASE("a channel takes exactly the next link, whatever is offered in whatever order") {
  std::mt19937 random(20261124);
  for (int walk = 0; walk < 200; ++walk) {
    ChannelHead head;
    int expected = 1;
    for (int step = 0; step < 300; ++step) {
      const int sequence = std::max(1, expected + static_cast<int>(random() % 5) - 2);
      const int branch = random() % 8 == 0 ? 1 : 0;
      auto offered = link(sequence, branch);
      if (random() % 20 == 0) offered.epoch = 2;
      const auto answer = code(continues(head, offered));
      const bool follows = offered.previous_digest == head.manifest_digest;
      if (offered.epoch != 1)
        CHECK(answer == "bundle.epoch");
      else if (sequence < expected)
        CHECK(answer == "bundle.fork");
      else if (sequence > expected)
        CHECK(answer == "bundle.gap");
      else
        CHECK(answer == (follows ? "" : "bundle.fork"));
      if (!answer.empty()) continue;
      head = {1, offered.sequence, offered.manifest_digest};
      ++expected;
    }
    CHECK(head.sequence == static_cast<std::uint64_t>(expected - 1));
  }
}

TEST_CASE("a gap names the sequence that is expected") {
  const auto gap = continues({1, 4, digest(4)}, link(7));
  REQUIRE_FALSE(gap);
  CHECK(gap.error().code == "bundle.gap");
  CHECK(gap.error().field == "5");
}

TEST_CASE("links in any order fit to their neighbours, and a forged one beside a known one does not") {
  std::mt19937 random(7);
  for (int walk = 0; walk < 100; ++walk) {
    std::map<int, Link> present;
    std::vector<int> order;
    for (int n = 1; n <= 40; ++n) order.push_back(n);
    std::shuffle(order.begin(), order.end(), random);
    const auto around = [&](int n) {
      Neighbours neighbours;
      if (present.contains(n - 1)) neighbours.before = present[n - 1].manifest_digest;
      if (present.contains(n + 1)) neighbours.named = present[n + 1].previous_digest;
      neighbours.place_taken = present.contains(n);
      return neighbours;
    };
    for (int n : order) {
      if (n > 1 && (present.contains(n - 1) || present.contains(n + 1)))
        CHECK(code(fits(around(n), link(n, 1))) == "bundle.fork");
      CHECK(fits(around(n), link(n)));
      present[n] = link(n);
      CHECK(code(fits(around(n), link(n, 1))) == "bundle.fork");
    }
  }
}

TEST_CASE("in a place that the head has passed only the bundle is taken which the chain names") {
  Neighbours lost;
  lost.passed = true;
  CHECK(code(fits(lost, link(3))) == "bundle.gap");
  lost.named = digest(3);
  CHECK(fits(lost, link(3)));
  CHECK(code(fits(lost, link(3, 1))) == "bundle.fork");
  lost.place_taken = true;
  CHECK(code(fits(lost, link(3))) == "bundle.fork");
}

TEST_CASE("what ended never moves again, and no receipt moves a bundle back") {
  using jindu::v1::Rung;
  const auto height = [](State s) { return s == State::waiting ? 0 : s == State::carried ? 1 : 2; };
  for (const auto state : {State::waiting, State::carried, State::ended})
    for (int n = jindu::v1::RUNG_STORED; n <= jindu::v1::RUNG_EXPIRED; ++n) {
      const auto after = after_receipt(state, static_cast<Rung>(n));
      CHECK(height(after) >= height(state));
      if (ends(static_cast<Rung>(n))) CHECK(after == State::ended);
    }
}

TEST_CASE("only the destination says applied, only units tell of custody, a stranger says nothing") {
  using namespace jindu::v1;
  for (int n = RUNG_UNSPECIFIED; n <= RUNG_EXPIRED; ++n) {
    CHECK_FALSE(may_say(Teller::stranger, static_cast<Rung>(n)));
    const bool own = n == RUNG_DELIVERED || n == RUNG_APPLIED || n == RUNG_REFUSED;
    CHECK(may_say(Teller::destination, static_cast<Rung>(n)) == own);
  }
  CHECK_FALSE(may_say(Teller::unit_of_destination, RUNG_APPLIED));
  CHECK_FALSE(may_say(Teller::unit_of_sender, RUNG_CARRIED));
  CHECK(may_say(Teller::unit_of_destination, RUNG_CARRIED));
}

TEST_CASE("a unit lets expire only what nobody else can have") {
  CHECK(may_expire({State::waiting, true, false, false}));
  CHECK_FALSE(may_expire({State::waiting, true, true, false}));  // a carrier was given it
  CHECK_FALSE(may_expire({State::carried, true, true, false}));
  CHECK(may_expire({State::ready, false, false, false}));
  CHECK_FALSE(may_expire({State::ready, false, false, true}));  // the service was given it
  CHECK(may_expire({State::early, false, false, false}));
  CHECK(may_expire({State::held, false, false, false}));
  CHECK_FALSE(may_expire({State::ended, false, false, false}));
}

TEST_CASE("states are the words of the journal and back") {
  for (const auto state : {State::waiting, State::carried, State::ready, State::early, State::held, State::ended})
    CHECK(state_from_text(to_text(state)) == state);
  CHECK_FALSE(state_from_text("lost"));
}

TEST_CASE("the policy denies what no rule allows") {
  const Policy policy{
      {{"portal", "approval", "dossier", 100, 0, 0, false}, {"approval", "portal", "notice", 100, 0, 0, true}}};
  const auto now = from_unix_ms(1'000'000);
  const auto ruling = [&](Passenger p) {
    const auto r = judge(policy, p, now);
    return r ? std::string(*r == Ruling::hold ? "hold" : "pass") : r.error().code;
  };
  const auto later = now + std::chrono::hours(1);
  CHECK(ruling({"portal", "approval", "dossier", 100, later}) == "pass");
  CHECK(ruling({"portal", "approval", "dossier", 101, later}) == "policy.too_large");
  CHECK(ruling({"portal", "approval", "dossier", 100, now}) == "policy.expired");
  CHECK(ruling({"portal", "approval", "notice", 1, later}) == "policy.forbidden");
  CHECK(ruling({"approval", "portal", "dossier", 1, later}) == "policy.forbidden");
  CHECK(ruling({"portal", "approval", "receipts", 1, later}) == "policy.forbidden");
  CHECK(ruling({"approval", "portal", "notice", 1, later}) == "hold");
  CHECK(judge({}, {"portal", "approval", "dossier", 1, later}, now).has_error());
}

TEST_CASE("a rate never lets more pass than its burst and what the time has filled") {
  std::mt19937 random(3);
  for (int walk = 0; walk < 50; ++walk) {
    auto now = from_unix_ms(1'000'000);
    const auto start = now;
    const std::uint32_t per_minute = 1 + random() % 600, burst = 1 + random() % 50;
    Rate rate(per_minute, burst, now);
    std::int64_t passed = 0;
    for (int step = 0; step < 2000; ++step) {
      if (rate.pass(now)) ++passed;
      const auto most = burst + (now - start).count() * per_minute / 60'000;
      REQUIRE(passed <= most);
      now += std::chrono::milliseconds(random() % 200);
    }
    CHECK(passed > 0);
  }
  Rate rate(60, 1, from_unix_ms(100'000));
  CHECK(rate.pass(from_unix_ms(100'000)));
  CHECK_FALSE(rate.pass(from_unix_ms(100'500)));
  CHECK_FALSE(rate.pass(from_unix_ms(50'000)));  // a clock that goes back fills nothing
  CHECK(rate.pass(from_unix_ms(50'500)));        // and is followed from there
}

TEST_CASE("a rate that is recalled lets no more pass than one that never stopped, and after a quiet time as much") {
  std::mt19937 random(5);
  for (int walk = 0; walk < 200; ++walk) {
    auto now = from_unix_ms(1'000'000'000);
    const std::uint32_t per_minute = 1 + random() % 600, burst = 1 + random() % 50;
    Rate living(per_minute, burst, now);
    std::vector<Rate::Passed> passed;
    for (int step = 0; step < 300; ++step) {
      if (living.pass(now)) passed.push_back({now, 1});
      now += std::chrono::milliseconds(random() % 200);
    }
    std::erase_if(passed, [&](const auto& one) { return one.at <= now - living.window(); });
    Rate recalled(per_minute, burst, now);
    recalled.recall(now, passed);
    for (int step = 0, more = 0; step < 300; ++step) {
      more += static_cast<int>(living.pass(now)) - static_cast<int>(recalled.pass(now));
      REQUIRE(more >= 0);
      now += std::chrono::milliseconds(random() % 200);
    }
    Rate rested(per_minute, burst, now);
    rested.recall(now, {});
    std::uint32_t at_once = 0;
    while (rested.pass(now)) ++at_once;
    CHECK(at_once == burst);
  }
  // Also where it fills for longer than a day.
  Rate slow(1, 10'000, from_unix_ms(1'000'000'000));
  CHECK(slow.window() == std::chrono::hours(24));
  slow.recall(from_unix_ms(1'000'000'000), {{from_unix_ms(999'000'000), 9'999}});
  CHECK(slow.pass(from_unix_ms(1'000'000'000)));
}

TEST_CASE("fields that are not known are explained, and judged by the direction unless the rule says more") {
  const auto now = from_unix_ms(1'780'000'000'000);
  for (const bool outward : {false, true})
    for (const auto newer : {NewerFields::by_direction, NewerFields::carry, NewerFields::refuse}) {
      Policy policy{{{"a", "b", "status", 1000, 0, 0, false}}};
      policy.rules.front().newer = newer;
      const Passenger passenger{"a", "b", "status", 10, now + std::chrono::hours(1), true, outward};
      const bool carried = newer == NewerFields::carry || (newer == NewerFields::by_direction && !outward);
      const auto ruling = judge(policy, passenger, now);
      CHECK(ruling.has_value() == carried);
      if (!ruling) CHECK(ruling.error().code == "policy.newer_fields");
      CHECK(explain(policy, passenger, now).verdict == (carried ? "pass" : "refuse"));
      CHECK(newer_fields_from_text(to_text(newer)) == newer);
    }
  CHECK_FALSE(newer_fields_from_text("maybe"));
}

}  // namespace jindu::gateway
