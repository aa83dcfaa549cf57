// What goes wrong with a medium itself, and with the machine that reads it.
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <prometheus/counter.h>

#include <catch2/catch.hpp>

#include "common/runtime/files.hpp"
#include "common/runtime/metrics.hpp"
#include "crossing.hpp"
#include "exchange-gateway/carriers/by_hand.hpp"
#include "exchange-gateway/carriers/diode/ledger.hpp"
#include "exchange-gateway/carriers/trip.hpp"

namespace jindu::gateway::test {
namespace {

bool within(std::chrono::seconds most, const std::function<bool()>& seen) {
  const auto until = std::chrono::steady_clock::now() + most;
  while (!seen() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(kLook);
  return seen();
}

// Fails once in another thread than the one that made it.
class BrokenClock final : public Clock {
 public:
  Instant now() const override {
    if (std::this_thread::get_id() != maker_ && breaks_.exchange(false)) throw std::runtime_error("a broken clock");
    return from_unix_ms(1'780'000'000'000);
  }

 private:
  const std::thread::id maker_ = std::this_thread::get_id();
  mutable std::atomic<bool> breaks_ = true;
};

}  // namespace

TEST_CASE("marks of a diode go on behind the number that an export or a new epoch has used meanwhile") {
  World w;
  diode::Ledger ledger(w.outer.unit());
  REQUIRE(ledger.begin());
  const auto number = [&] { return w.outer.count("SELECT value FROM unit_state WHERE name = 'voyage'"); };
  REQUIRE(ledger.mark_sent({}));
  CHECK(number() == 1);
  REQUIRE(w.outer->journal().write([](storage::Transaction& t) { store::set_state_value(t, "voyage", 100); }));
  REQUIRE(ledger.mark_sent({}));
  CHECK(number() == 101);
  CHECK(ledger.next_mark() == 102);
}

TEST_CASE("a part of a ferry or a link that fails by something unforeseen is named by an alarm") {
  World w;
  hand_over(w, 1);
  Unit unit(w.outer->journal(), w.outer_signer, w.outer->trust(), w.outer->options(), std::make_shared<BrokenClock>());
  const auto failing = [&] {
    std::string about;
    REQUIRE(unit.journal().read([&](storage::Transaction& t) {
      about.clear();
      for (const auto& alarm : unit.alarms(t))
        if (alarm.code == "alarm.carrier_failing") about += alarm.about;
    }));
    return about;
  };
  std::unique_ptr<Carrier> carrier;
  std::string part;
  SECTION("ferry") {
    FerryOptions options;
    options.attachment = (w.folder / "no-medium").string();
    options.look = kLook;
    carrier = start_ferry(unit, options);
    part = "ferry";
  }
  SECTION("link") {
    carrier = start_link_inner(unit, {"https://127.0.0.1:1"});
    part = "link-push";
  }
  CHECK(within(std::chrono::seconds(10), [&] { return !failing().empty(); }));
  CHECK(failing() == part);
  carrier->stop();
}

}  // namespace jindu::gateway::test
