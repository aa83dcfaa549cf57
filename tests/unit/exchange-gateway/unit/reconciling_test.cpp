#include <catch2/catch.hpp>

#include "../world.hpp"

namespace jindu::gateway::test {

namespace {
const std::string kReconciler = "谢运 3333333333333333";

std::string verdicts(Side& side) {
  return side.text(
      "SELECT COALESCE(group_concat(day || ' ' || channel || ' ' || verdict, ', '), '') FROM (SELECT * FROM "
      "reconciliation ORDER BY channel, day)");
}
std::string differences(Side& side) {
  return side.text(
      "SELECT COALESCE(group_concat(sequence || ' ' || what || ' ' || here || ' ' || there, ', '), '') FROM "
      "(SELECT * FROM difference ORDER BY sequence)");
}
void send(World& w, int number) {
  for (int i = 0; i < number; ++i) REQUIRE(w.outer->take_from_service(w.from_portal.next(i % 7, std::to_string(i))));
}
void settle(World& w) {
  w.carry_all();
  while (!w.apply_all(w.inner, w.approval).empty()) {
  }
  w.carry_all();
}
// The world's first day, local time.
const std::string kDay = "2026-05-29";
}  // namespace

TEST_CASE("when everything has ended, both units sign the same counts and root, and hold each other's word") {
  World w;
  send(w, 1500);
  settle(w);
  CHECK(w.outer->reconcile(kReconciler).value() == 1);
  w.carry_all();
  const auto agreed = kDay + " portal>approval agrees";
  CHECK(verdicts(w.outer) == agreed);
  CHECK(verdicts(w.inner) == agreed);
  CHECK(w.outer.count("SELECT last_sequence FROM reconciliation") == 1500);
  CHECK(w.outer.count("SELECT COUNT(*) FROM reconciliation WHERE length(mine) > 0 AND length(theirs) > 0") == 1);
  std::string mine, theirs;
  REQUIRE(w.outer->journal().read([&](storage::Transaction& t) {
    const auto s = store::stretch(t, kDay, "portal>approval").value();
    CHECK(evidence::open_signed(s.mine, kReconciliationType, w.outer->trust(), w.clock->now(), "gateway-outer"));
    CHECK(evidence::open_signed(s.theirs, kReconciliationType, w.outer->trust(), w.clock->now(), "gateway-inner"));
  }));
  // What is new since then is another stretch; nothing is counted twice.
  send(w, 3);
  settle(w);
  REQUIRE(w.outer->reconcile(kReconciler));
  w.carry_all();
  CHECK(verdicts(w.outer) == agreed + ", " + kDay + "/2 portal>approval agrees");
  CHECK(w.outer.count("SELECT first_sequence FROM reconciliation WHERE day LIKE '%/2'") == 1501);
}

TEST_CASE("what is under way leaves a stretch open, and it agrees when asked again later") {
  World w;
  send(w, 5);
  w.carry_all();
  send(w, 2);  // with the outer unit alone
  REQUIRE(w.outer->reconcile(kReconciler));
  // The question goes with the two: by the answer they are there, and none is taken to be missing.
  w.carry_all();
  CHECK(verdicts(w.outer) == kDay + " portal>approval open");
  CHECK(verdicts(w.inner) == kDay + " portal>approval open");
  CHECK(differences(w.outer) == "");
  settle(w);
  REQUIRE(w.outer->reconcile_if_due());  // the first look of a day only remembers the day
  w.clock->advance(std::chrono::minutes(61));
  REQUIRE(w.outer->reconcile_if_due());
  w.carry_all();
  CHECK(verdicts(w.outer) == kDay + " portal>approval agrees");
  CHECK(verdicts(w.inner) == kDay + " portal>approval agrees");
}

TEST_CASE("a question that was overtaken by a later one does not undo what was agreed") {
  World w;
  send(w, 5);
  w.carry_all();
  while (!w.apply_all(w.inner, w.approval).empty()) {
  }
  // Asked before the outer unit has heard of the ends, and again afterwards.
  const auto question = [&] {
    REQUIRE(w.outer->reconcile(kReconciler));
    REQUIRE(w.outer->build_control().value());
    return w.outer->load(1, 1 << 20).value().at(0).bundle;
  };
  const auto early = question();
  while (w.inner->build_control().value()) {
  }
  for (const auto& load : w.inner->load(10, 1 << 20).value())
    REQUIRE_FALSE(w.outer->take_from_carrier({load.bundle})[0].error);
  const auto late = question();
  REQUIRE(early != late);
  REQUIRE_FALSE(w.inner->take_from_carrier({late})[0].error);
  const auto agreed = kDay + " portal>approval agrees";
  CHECK(verdicts(w.inner) == agreed);
  REQUIRE_FALSE(w.inner->take_from_carrier({early})[0].error);
  w.outer->forget_leases();
  w.inner->forget_leases();
  w.carry_all();
  CHECK(verdicts(w.outer) == agreed);
  CHECK(verdicts(w.inner) == agreed);
}

TEST_CASE("what one unit has lost is named by both, raises an alarm at both, and is healed by asking for it") {
  World w;
  send(w, 700);
  settle(w);
  w.outer->reconcile(kReconciler).value();
  w.carry_all();
  send(w, 600);
  w.carry_all();
  // Two vanish from the inner unit's journal.
  REQUIRE(w.inner->journal().write([](storage::Transaction& t) {
    t.execute("DELETE FROM bundle WHERE channel = 'portal>approval' AND sequence IN (705, 1299)");
  }));
  w.outer->reconcile(kReconciler).value();
  w.carry_all();
  CHECK(differences(w.outer) == "705 missing_there open , 1299 missing_there open ");
  CHECK(differences(w.inner) == "705 missing_here  open, 1299 missing_here  open");
  for (auto* side : {&w.outer, &w.inner}) {
    std::vector<Alarm> raised;
    REQUIRE(side->unit().journal().read([&](storage::Transaction& t) { raised = side->unit().alarms(t); }));
    const auto found = std::find_if(raised.begin(), raised.end(),
                                    [](const Alarm& a) { return a.code == "alarm.reconciliation_differs"; });
    REQUIRE(found != raised.end());
    CHECK(found->number == 2);
    CHECK(found->about == kDay + "/2 portal>approval");
  }
}

TEST_CASE("while the other unit is away it is asked once about a stretch, and again when it was heard") {
  World w;
  send(w, 2);
  settle(w);
  const auto questions = [&] { return w.outer.count("SELECT COUNT(*) FROM unit_message"); };
  REQUIRE(w.outer->reconcile(kReconciler).value() == 1);
  REQUIRE(w.outer->reconcile_if_due());  // the first look of a day only remembers the day
  for (int hour = 0; hour < 10; ++hour) {
    w.clock->advance(std::chrono::minutes(61));
    REQUIRE(w.outer->reconcile_if_due());
  }
  CHECK(questions() == 1);
  REQUIRE(w.outer->heard_from_peer());
  REQUIRE(w.outer->reconcile_if_due());
  CHECK(questions() == 2);
  w.carry_all();
  CHECK(verdicts(w.outer) == kDay + " portal>approval agrees");
}

TEST_CASE("each day is closed by itself, also one on which nothing crossed") {
  World w;
  send(w, 2);
  settle(w);
  REQUIRE(w.outer->reconcile_if_due());
  CHECK(verdicts(w.outer) == "");
  w.clock->advance(std::chrono::hours(24));
  REQUIRE(w.outer->reconcile_if_due());
  REQUIRE(w.outer->reconcile_if_due());
  w.carry_all();
  CHECK(verdicts(w.outer) == kDay + " portal>approval agrees");
  w.clock->advance(std::chrono::hours(24));
  REQUIRE(w.outer->reconcile_if_due());
  w.carry_all();
  CHECK(verdicts(w.outer) == kDay + " portal>approval agrees, 2026-05-30 portal>approval agrees");
  CHECK(w.outer.count("SELECT last_sequence - first_sequence FROM reconciliation WHERE day = '2026-05-30'") == -1);
}

TEST_CASE("a statement of a stranger, or an answer to something older, changes nothing") {
  World w;
  send(w, 3);
  settle(w);
  w.outer->reconcile(kReconciler).value();
  w.clock->advance(std::chrono::seconds(1));
  w.outer->reconcile(kReconciler).value();  // asked again before the first answer is here
  w.carry_all();
  CHECK(verdicts(w.outer) == kDay + " portal>approval agrees");
}

}  // namespace jindu::gateway::test
