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

std::vector<std::string> raised(Side& side, const std::string& code) {
  std::vector<std::string> about;
  REQUIRE(side->journal().read([&](storage::Transaction& t) {
    about.clear();
    for (const auto& one : side->alarms(t))
      if (one.code == code) about.push_back(one.about);
  }));
  return about;
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

TEST_CASE("bundles whose bytes are gone stay behind, are named, and keep nothing waiting") {
  World w;
  Crossing c(w);
  const auto bundles = hand_over(w, 3, 600 * 1024);
  const auto ids = ids_of(bundles);
  for (int i = 0; i < 2; ++i)
    fs::remove(w.folder / "outer" / "bundles" /
               w.outer.text("SELECT file FROM bundle WHERE id = '" + ids[static_cast<std::size_t>(i)] + "'"));
  c.to_outer();
  REQUIRE(c.voyages("gateway-outer").size() == 1);
  CHECK(fs::exists(c.voyages("gateway-outer").at(0) / (ids[2] + ".jdb")));
  CHECK(raised(w.outer, "alarm.bytes_missing") == std::vector{ids[0]});
}

TEST_CASE("a voyage that could not be written leaves nothing on the medium, and uses up no number") {
  World w;
  const auto medium = w.folder / "medium";
  fs::create_directory(medium);
  const auto id = World::id_of(hand_over(w, 1).front());
  // The second of the same name cannot be written.
  CHECK_FALSE(load_voyage(w.outer.unit(), medium.string(), {id, id}, {}));
  CHECK(fs::is_empty(medium));
  CHECK(w.outer.count("SELECT COALESCE(MAX(value), 0) FROM unit_state WHERE name = 'voyage'") == 0);
  CHECK(load_voyage(w.outer.unit(), medium.string(), {id}, {}).value().number == 1);
}

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

TEST_CASE("no more than fits is given to a medium, and it is said that there is more") {
  World w;
  hand_over(w, 2, 10'000);
  const auto in = [&](std::size_t room) { return w.outer->to_load(10, 1, {}, room).value(); };
  const auto size = static_cast<std::size_t>(w.outer.count("SELECT size FROM bundle LIMIT 1"));
  CHECK(in(size - 1).list.empty());
  CHECK(in(size - 1).no_room);
  // What was not given out may still expire here.
  CHECK(w.outer.count("SELECT COUNT(*) FROM bundle WHERE offered = 1") == 0);
  CHECK(in(size).list.size() == 1);
  CHECK_FALSE(in(size).no_room);  // it is a voyage that is full, not the medium
  const auto all = w.outer->to_load(10, 1 << 20, {}, 2 * size - 1).value();
  CHECK(all.list.size() == 1);
  CHECK(all.no_room);
}

TEST_CASE("a person carries what a diode has sent and nobody has confirmed, beside what no carrier has had") {
  World w;
  const auto ids = ids_of(hand_over(w, 4));
  REQUIRE(w.outer->journal().write([](storage::Transaction& t) {
    t.execute("UPDATE bundle SET voyage = -17 WHERE outward = 1 AND subject_sequence IN (1, 4)");
    t.execute("UPDATE bundle SET voyage = 3 WHERE outward = 1 AND subject_sequence = 2");
  }));
  const auto given = [&](store::Choice choice) {
    std::vector<std::string> list;
    for (const auto& one : w.outer->to_load(10, 1 << 20, choice).value().list) list.push_back(one.id);
    return list;
  };
  CHECK(given({}) == std::vector{ids[2]});
  CHECK(given({.marked_too = true}) == std::vector{ids[0], ids[2], ids[3]});
}

}  // namespace jindu::gateway::test
