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

}  // namespace jindu::gateway::test
