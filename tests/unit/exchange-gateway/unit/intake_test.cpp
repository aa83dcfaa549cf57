#include <catch2/catch.hpp>
#include <fstream>

#include "../world.hpp"

namespace jindu::gateway::test {

TEST_CASE("a bundle is answered with a receipt, and again with the same bytes, also after a restart") {
  World w;
  const auto bundle = w.from_portal.next(1, "hello");
  const auto first = w.outer->take_from_service(bundle);
  REQUIRE(rung_of(first) == "stored");
  CHECK(w.outer->take_from_service(bundle).value() == *first);
  w.outer.restart();
  CHECK(w.outer->take_from_service(bundle).value() == *first);
  CHECK(w.outer.count("SELECT COUNT(*) FROM bundle") == 1);
}

TEST_CASE("after a gap a unit takes nothing more: its service would not skip what it has no receipt for") {
  World w;
  REQUIRE(w.outer->take_from_service(w.from_portal.next(1, "1")));
  const auto second = w.from_portal.next(1, "2");
  const auto gap = w.outer->take_from_service(w.from_portal.next(1, "3"));
  REQUIRE_FALSE(gap);
  CHECK(gap.error().code == "bundle.gap");
  CHECK(gap.error().field == "2");
  CHECK(gap.error().fault == Fault::conflict);
  const auto halted = w.outer->take_from_service(second);
  REQUIRE_FALSE(halted);
  CHECK(halted.error().code == "unit.restored");
  CHECK(halted.error().fault == Fault::unavailable);
}

TEST_CASE("forks and other epochs are refused with a conflict and use no place") {
  World w;
  REQUIRE(w.outer->take_from_service(w.from_portal.next(1, "1")));
  const auto second = w.from_portal.next(1, "2");
  const auto third = w.from_portal.next(1, "3");
  // The same place with other bytes.
  auto other = w.from_portal;
  other.place.sequence = 0;
  other.place.previous_digest = {};
  other.subjects.clear();
  CHECK(code_of(w.outer->take_from_service(other.next(2, "x"))) == "bundle.fork");
  // The right place on another chain.
  CHECK(code_of(w.outer->take_from_service(other.next(2, "y"))) == "bundle.fork");
  auto later = w.from_portal;
  later.place.epoch = 2;
  CHECK(code_of(w.outer->take_from_service(later.next(9, "z"))) == "bundle.epoch");
  CHECK(rung_of(w.outer->take_from_service(second)) == "stored");
  CHECK(rung_of(w.outer->take_from_service(third)) == "stored");
}

TEST_CASE("the same id with another manifest is a fork and does not touch what is kept") {
  World w;
  const Bytes large(600 * 1024, 'a');
  const auto bundle = w.from_portal.next(1, large);
  REQUIRE(w.outer->take_from_service(bundle));
  const auto view = exchange::parse_bundle(bundle).value();
  exchange::BundleDraft draft;
  draft.id = view.id;
  draft.from = "portal";
  draft.to = "approval";
  draft.kind = "dossier";
  draft.subject = Bytes(16, 1);
  draft.created = w.clock->now();
  draft.expires = w.clock->now() + std::chrono::hours(1);
  draft.place = {1, 1, {}, 1};
  const auto twin =
      exchange::build_bundle(draft, Bytes(600 * 1024, 'b'), w.portal.key, w.approval.key.public_key()).value();
  CHECK(code_of(w.outer->take_from_service(twin.bytes)) == "bundle.fork");
  CHECK(w.outer->bytes_of(World::id_of(bundle)).value() == bundle);
}

TEST_CASE("a bundle that another node signed, or that is damaged, is not taken") {
  World w;
  auto forger = w.from_portal;
  forger.signer = w.stranger;
  CHECK(code_of(w.outer->take_from_service(forger.next(1, "x"))) == "bundle.signer");
  auto damaged = w.from_portal.next(1, "hello");
  damaged.back() ^= 1;
  CHECK(code_of(w.outer->take_from_service(damaged)) == "bundle.digest");
  auto of_approval = w.from_approval.next(1, "x");
  CHECK(code_of(w.outer->take_from_service(of_approval)) == "unit.not_yours");
  CHECK(code_of(w.outer->take_from_service(bytes_of("JDB1"))) == "bundle.truncated");
  CHECK(w.outer.count("SELECT COUNT(*) FROM bundle") == 0);
}

TEST_CASE("what is dated more than a week ahead is taken when its time has come, and what is here stays answered") {
  World w;
  const auto now = w.clock->now();
  const auto from_future = [&](std::chrono::milliseconds ahead) {
    w.clock->advance(ahead);
    auto bundle = w.from_portal.next(1, "x");
    w.clock->advance(-ahead);
    return bundle;
  };
  const auto week = std::chrono::hours(7 * 24);
  const auto early = from_future(week), future = from_future(week + std::chrono::milliseconds(1));
  CHECK(rung_of(w.outer->take_from_service(early)) == "stored");
  const auto answer = w.outer->take_from_service(future);
  CHECK(code_of(answer) == "bundle.future_dated");
  CHECK(answer.error().fault == Fault::unavailable);
  w.clock->advance(std::chrono::milliseconds(1));
  CHECK(rung_of(w.outer->take_from_service(future)) == "stored");
  w.clock->advance(-std::chrono::hours(1));
  REQUIRE(w.clock->now() < now);
  CHECK(rung_of(w.outer->take_from_service(future)) == "stored");
}

TEST_CASE("what is larger than its rule allows is refused with a receipt where it is handed over") {
  World w;
  auto policy = w.policy();
  policy.rules[0].max_bytes = 2000;
  w.outer.restart_with(policy);
  CHECK(code_of(w.outer->take_from_service(w.from_portal.next(1, Bytes(2000, 'x')))) == "policy.too_large");
  CHECK(rung_of(w.outer->take_from_service(w.from_portal.next(1, "small"))) == "stored");
  CHECK(w.outer.text("SELECT state FROM bundle WHERE sequence = 1") == "ended");
}

TEST_CASE("what the policy refuses gets a signed refusal, uses its place, and the channel goes on") {
  World w;
  w.from_portal.kind = "secrets";
  const auto refused = w.from_portal.next(1, "1");
  const auto answer = w.outer->take_from_service(refused);
  CHECK(rung_of(answer) == "refused");
  CHECK(code_of(answer) == "policy.forbidden");
  CHECK(w.outer->take_from_service(refused).value() == *answer);
  w.from_portal.kind = "dossier";
  const auto next = w.from_portal.next(1, "2");
  CHECK(rung_of(w.outer->take_from_service(next)) == "stored");
  w.carry_all();
  // On the other side nothing is missing: the one behind it about the same subject is delivered.
  CHECK(w.deliverable(w.inner) == std::vector{World::id_of(next)});
  CHECK(w.inner.count("SELECT sequence FROM channel WHERE name = 'portal>approval'") == 2);
}

TEST_CASE("more than the rate allows is not taken, and is taken later") {
  World w;
  w.outer.restart_with(w.slow_policy());
  CHECK(rung_of(w.outer->take_from_service(w.from_portal.next(1, "1"))) == "stored");
  CHECK(rung_of(w.outer->take_from_service(w.from_portal.next(1, "2"))) == "stored");
  const auto third = w.from_portal.next(1, "3");
  const auto early = w.outer->take_from_service(third);
  CHECK(code_of(early) == "policy.rate");
  CHECK(early.error().fault == Fault::limited);
  w.clock->advance(std::chrono::seconds(1));
  CHECK(rung_of(w.outer->take_from_service(third)) == "stored");
}

TEST_CASE("a unit that starts again takes no more in a minute than one that never stopped, from either side") {
  World w;
  auto policy = w.policy();
  for (auto& rule : policy.rules) {
    rule.per_minute = 60;
    rule.burst = 3;
  }
  w.outer.restart_with(policy);
  w.inner.restart_with(policy);
  std::vector<Bytes> bundles;
  for (int i = 0; i < 6; ++i) bundles.push_back(w.from_portal.next(1, "x"));
  const auto take = [&](int from, int number) {
    const std::vector<Bytes> some(bundles.begin() + from, bundles.begin() + from + number);
    const auto custody = w.inner->take_from_carrier(some);
    int taken = 0;
    for (int i = 0; i < number; ++i) {
      const auto outside = w.outer->take_from_service(some[static_cast<std::size_t>(i)]);
      const auto& inside = custody[static_cast<std::size_t>(i)].error;
      CHECK(outside.has_value() == !inside);
      if (!outside) CHECK(code_of(outside) == "policy.rate");
      if (inside) CHECK(inside->code == "policy.rate");
      taken += outside ? 1 : 0;
    }
    return taken;
  };
  CHECK(take(0, 3) == 3);
  w.outer.restart();
  w.inner.restart();
  CHECK(take(3, 1) == 0);
  w.clock->advance(std::chrono::seconds(1));
  CHECK(take(3, 2) == 1);
  w.outer.restart();
  w.inner.restart();
  CHECK(take(4, 1) == 0);

  w.from_portal.lives = std::chrono::seconds(1);
  const auto late = w.from_portal.next(2, "late");
  w.from_portal.lives = std::chrono::hours(1);
  w.clock->advance(std::chrono::seconds(3));
  CHECK(take(4, 2) == 2);
  // What was refused has taken nobody's place, and other kinds have rates of their own.
  CHECK(rung_of(w.outer->take_from_service(late)) == "refused");
  w.from_portal.kind = "material";
  CHECK(rung_of(w.outer->take_from_service(w.from_portal.next(3, "x"))) == "stored");
  w.from_portal.kind = "dossier";
  w.outer.restart();
  CHECK(rung_of(w.outer->take_from_service(w.from_portal.next(4, "x"))) == "stored");
  CHECK(code_of(w.outer->take_from_service(w.from_portal.next(5, "x"))) == "policy.rate");
}

TEST_CASE("before the disk is full nothing new is taken") {
  World w;
  UnitOptions options = w.outer->options();
  options.minimum_free_bytes = std::uint64_t{1} << 60;
  Unit full(w.outer->journal(), w.outer_signer, w.outer->trust(), options, w.clock);
  const auto answer = full.take_from_service(w.from_portal.next(1, "1"));
  CHECK(code_of(answer) == "unit.disk_full");
  CHECK(answer.error().fault == Fault::unavailable);
  CHECK_FALSE(full.has_room());
}

TEST_CASE("a large bundle lives in a file until it has ended and its time is over; what a crash left is removed") {
  World w;
  const auto bundle = w.from_portal.next(1, Bytes(700 * 1024, 'x'));
  REQUIRE(w.outer->take_from_service(bundle));
  const auto folder = w.folder / "outer" / "bundles";
  const auto files = [&] {
    return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
  };
  CHECK(files() == 1);
  std::ofstream(folder / "left-over.jdb") << "x";
  w.outer.restart();
  CHECK(files() == 1);
  w.carry_all();
  REQUIRE(w.apply_all(w.inner, w.approval).size() == 1);
  w.carry_all();
  CHECK(w.outer.state_of(World::id_of(bundle)) == "ended");
  REQUIRE(w.outer->sweep());
  CHECK(files() == 1);
  w.clock->advance(std::chrono::hours(25));
  REQUIRE(w.outer->sweep());
  CHECK(files() == 0);
  CHECK(w.outer.count("SELECT COUNT(*) FROM bundle WHERE kind = 'dossier'") == 1);  // the row stays
  CHECK(rung_of(w.outer->take_from_service(bundle)) == "stored");                   // and so does its receipt
}

TEST_CASE("the operators' log shows when a line was changed") {
  World w;
  for (int i = 0; i < 3; ++i)
    REQUIRE(w.outer->journal().write([&](storage::Transaction& t) {
      store::log_act(t, {0, i, "a", "release", "b", "c"});
    }));
  const auto holds = [&] {
    bool whole = false;
    REQUIRE(w.outer->journal().read([&](storage::Transaction& t) { whole = store::acts_hold(t); }));
    return whole;
  };
  CHECK(holds());
  REQUIRE(w.outer->journal().write(
      [&](storage::Transaction& t) { t.execute("UPDATE operator_log SET reason = 'd' WHERE number = 2"); }));
  CHECK_FALSE(holds());
}

}  // namespace jindu::gateway::test
