#include <jindu/v1/epoch.pb.h>
#include <jindu/v1/receipt.pb.h>
#include <prometheus/gauge.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "../world.hpp"
#include "common/runtime/messages.hpp"
#include "common/runtime/metrics.hpp"
#include "exchange-gateway/unit/receipt_book.hpp"
#include "tests/support/revocation_list.hpp"

namespace jindu::gateway::test {
namespace {

std::vector<std::string> rungs_for_service(Side& side, const std::string& id) {
  std::vector<std::string> rungs;
  for (const auto& r : side->receipts(0, 10'000).value())
    if (r.id == id)
      rungs.push_back(std::string(exchange::to_text(static_cast<jindu::v1::Rung>(r.rung))) + " " + r.party);
  return rungs;
}

}  // namespace

TEST_CASE("a bundle climbs its ladder and its sender sees every rung") {
  World w;
  const auto bundle = w.from_portal.next(1, "hello");
  const auto id = World::id_of(bundle);
  const auto stored = exchange::open_receipt(w.outer->take_from_service(bundle).value(), w.outer->trust()).value();
  CHECK(exchange::to_text(stored.bundle) == id);
  CHECK(stored.rung == jindu::v1::RUNG_STORED);
  w.carry_all();
  CHECK(w.outer.state_of(id) == "carried");
  REQUIRE(w.inner->deliver(id).value() == bundle);
  REQUIRE(w.inner->service_receipt(w.receipt(w.approval, bundle, jindu::v1::RUNG_DELIVERED)));
  REQUIRE(w.inner->service_receipt(w.receipt(w.approval, bundle, jindu::v1::RUNG_APPLIED)));
  w.carry_all();
  CHECK(w.outer.state_of(id) == "ended");
  CHECK(rungs_for_service(w.outer, id) == std::vector<std::string>{"verified gateway-outer", "carried gateway-inner",
                                                                   "delivered gateway-inner", "delivered approval",
                                                                   "applied approval"});
  CHECK(w.deliverable(w.inner).empty());
}

TEST_CASE("order is kept per subject, whatever order a carrier brings") {
  World w;
  std::mt19937 random(5);
  std::vector<Bytes> bundles;
  std::map<int, std::vector<std::string>> sent;
  for (int i = 0; i < 60; ++i) {
    const int subject = static_cast<int>(random() % 7);
    bundles.push_back(w.from_portal.next(subject, std::to_string(i)));
    sent[subject].push_back(World::id_of(bundles.back()));
  }
  auto shuffled = bundles;
  std::shuffle(shuffled.begin(), shuffled.end(), random);
  std::map<int, std::vector<std::string>> applied;
  for (const auto& bundle : shuffled) {
    const auto custody = w.inner->take_from_carrier({bundle});
    REQUIRE(rung_of(custody[0].receipt.whole()) == "carried");
    CHECK(w.inner->take_from_carrier({bundle})[0].receipt.whole() ==
          custody[0].receipt.whole());  // again: the same receipt
    if (random() % 3 == 0) w.inner.restart();
    for (const auto& id : w.apply_all(w.inner, w.approval))
      for (const auto& [subject, ids] : sent)
        if (std::find(ids.begin(), ids.end(), id) != ids.end()) applied[subject].push_back(id);
  }
  CHECK(applied == sent);
}

TEST_CASE("what comes again long after its receipts were told is told of again, and not before") {
  World w;
  const auto bundle = w.from_portal.next(1, "hello");
  REQUIRE(w.outer->take_from_service(bundle));
  REQUIRE(w.inner->take_from_carrier({bundle})[0].error == std::nullopt);
  const auto to_tell = [&] { return w.inner.count("SELECT COUNT(*) FROM receipt WHERE to_send = 1"); };
  REQUIRE(to_tell() == 1);
  // The control bundle that tells it is lost, and with it all that this unit knows of it having been needed.
  REQUIRE(w.inner->build_control().value());
  CHECK(to_tell() == 0);
  w.clock->advance(std::chrono::seconds(30));
  REQUIRE(w.inner->take_from_carrier({bundle})[0].error == std::nullopt);
  CHECK(to_tell() == 0);
  REQUIRE(w.apply_all(w.inner, w.approval).size() == 1);
  REQUIRE(w.inner->build_control().value());
  CHECK(to_tell() == 0);
  w.clock->advance(std::chrono::seconds(90));
  REQUIRE(w.inner->take_from_carrier({bundle})[0].error == std::nullopt);
  CHECK(to_tell() == 3);  // carried and delivered by the unit, applied by the service
  w.carry_all();
  CHECK(w.outer.state_of(World::id_of(bundle)) == "ended");
}

TEST_CASE("what comes again and again is told of again now and then, not each time") {
  World w;
  const auto bundle = w.from_portal.next(1, "hello");
  REQUIRE(w.outer->take_from_service(bundle));
  const auto told = [&] { return w.inner.count("SELECT COUNT(*) FROM bundle WHERE kind = 'receipts'"); };
  const auto comes = [&] {
    REQUIRE(w.inner->take_from_carrier({bundle})[0].error == std::nullopt);
    REQUIRE(w.inner->build_control());
  };
  comes();
  CHECK(told() == 1);
  w.clock->advance(std::chrono::seconds(90));
  for (int i = 0; i < 100; ++i) comes();
  CHECK(told() == 2);
  // What told it may be lost once more: so again, and rarer and rarer as long as it goes on.
  w.clock->advance(std::chrono::seconds(60));
  comes();
  CHECK(told() == 3);
  for (int minute = 0; minute < 4 * 60; ++minute) {
    w.clock->advance(std::chrono::minutes(1));
    comes();
  }
  CHECK(told() > 10);
  CHECK(told() < 4 * 4 + 8);
  // After a long silence it is no repetition any more.
  const auto before = told();
  w.clock->advance(std::chrono::hours(1));
  comes();
  w.clock->advance(std::chrono::seconds(61));
  comes();
  CHECK(told() == before + 2);
}

TEST_CASE("over a way that loses, repeats and reorders, and with crashes, everything is applied once and in order") {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    World w;
    std::mt19937 random(seed);
    std::map<int, std::vector<std::string>> sent, applied;
    std::map<std::string, int> subject_of;
    std::vector<Bytes> to_hand_over;
    std::vector<std::pair<bool, Bytes>> in_flight;  // to the inner side?
    int made = 0;
    const auto step = [&](bool faults) {
      switch (random() % 7) {
        case 0:
          if (made < 40) {
            const int subject = static_cast<int>(random() % 4);
            w.from_portal.kind = random() % 10 == 0 ? "forbidden" : "dossier";
            to_hand_over.push_back(w.from_portal.next(subject, std::to_string(made++)));
            const auto id = World::id_of(to_hand_over.back());
            subject_of[id] = subject;
            if (w.from_portal.kind == "dossier") sent[subject].push_back(id);
          }
          break;
        case 1:
          while (!to_hand_over.empty()) {
            REQUIRE(w.outer->take_from_service(to_hand_over.front()));
            if (faults && random() % 4 == 0) break;  // the answer got lost: handed over again
            to_hand_over.erase(to_hand_over.begin());
          }
          break;
        case 2:
        case 3: {
          const bool inwards = random() % 2 == 0;
          auto& from = inwards ? w.outer : w.inner;
          REQUIRE(from->build_control());
          auto loads = from->load(1 + random() % 5, 1 << 30).value();
          if (faults && random() % 3 == 0) from->came_back(World::ids_of(loads));
          for (auto& one : loads) in_flight.emplace_back(inwards, std::move(one.bundle));
          break;
        }
        case 4: {
          std::shuffle(in_flight.begin(), in_flight.end(), random);
          for (int i = 0; i < 4 && !in_flight.empty(); ++i) {
            const auto [inwards, bundle] = in_flight.back();
            if (!faults || random() % 3 != 0) in_flight.pop_back();  // or it comes twice
            if (faults && random() % 5 == 0) continue;               // or never
            auto custody = (inwards ? w.inner : w.outer)->take_from_carrier({bundle});
            REQUIRE_FALSE(custody[0].error);
            if (!faults || random() % 3 != 0) REQUIRE((inwards ? w.outer : w.inner)->carried(custody));
          }
          break;
        }
        case 5:
          for (const auto& id : w.apply_all(w.inner, w.approval)) applied[subject_of.at(id)].push_back(id);
          break;
        default:
          if (faults && random() % 4 == 0)
            (random() % 2 == 0 ? w.outer : w.inner).restart();
          else if (random() % 4 == 0) {
            w.outer->forget_leases();
            w.inner->forget_leases();
          }
      }
    };
    for (int i = 0; i < 400; ++i) step(true);
    for (int i = 0; i < 400; ++i) step(false);
    for (int i = 0; i < 3; ++i) {
      for (const auto& bundle : std::exchange(to_hand_over, {})) REQUIRE(w.outer->take_from_service(bundle));
      w.outer->forget_leases();
      w.inner->forget_leases();
      w.carry_all();
      for (const auto& id : w.apply_all(w.inner, w.approval)) applied[subject_of.at(id)].push_back(id);
    }
    w.carry_all();
    CAPTURE(seed);
    CHECK(applied == sent);
    CHECK(w.outer.count("SELECT COUNT(*) FROM bundle WHERE state <> 'ended'") == 0);
    CHECK(w.inner.count("SELECT COUNT(*) FROM bundle WHERE state <> 'ended'") == 0);
    CHECK(w.inner.count("SELECT sequence FROM channel WHERE name = 'portal>approval'") == made);
    CHECK(w.outer.count("SELECT COUNT(*) FROM stray") + w.inner.count("SELECT COUNT(*) FROM stray") == 0);
  }
}

TEST_CASE("the inner unit quarantines by its own policy, keeps the bundle, says so, and goes on") {
  World w;
  Policy narrow;
  narrow.rules = {{"portal", "approval", "material", 1000, 0, 0, false}};
  w.inner.restart_with(narrow);
  const auto bad = w.from_portal.next(1, "1");
  w.from_portal.kind = "material";
  const auto good = w.from_portal.next(1, "2");
  REQUIRE(w.outer->take_from_service(bad));
  REQUIRE(w.outer->take_from_service(good));
  w.carry_all();
  CHECK(w.deliverable(w.inner) == std::vector{World::id_of(good)});
  CHECK(w.inner.text("SELECT code FROM bundle WHERE id = '" + World::id_of(bad) + "'") == "policy.forbidden");
  CHECK(w.outer.state_of(World::id_of(bad)) == "ended");
  CHECK(rungs_for_service(w.outer, World::id_of(bad)).back() == "quarantined gateway-inner");
  w.clock->advance(std::chrono::hours(100));
  REQUIRE(w.inner->sweep());
  CHECK(w.inner->bytes_of(World::id_of(bad)).value() == bad);  // kept for people to look at
}

TEST_CASE("a forged bundle and a fork are kept aside without a place; the real one still comes") {
  World w;
  // Signed by the portal's key id but not by its key: the signature is of another manifest.
  const auto real = w.from_portal.next(1, "real");
  auto twin = w.from_portal;
  twin.place.sequence = 0;
  twin.place.previous_digest = {};
  twin.subjects.clear();
  auto fork = twin.next(1, "fork");
  auto forged = real;
  {
    // The real manifest's signature under another manifest of the same length.
    const auto a = exchange::parse_bundle(real).value();
    auto bytes = fork;
    const auto b = exchange::parse_bundle(fork).value();
    const auto at = static_cast<std::size_t>(b.signature.data() - fork.data());
    bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at) - 2,
                bytes.begin() + static_cast<std::ptrdiff_t>(at + b.signature.size()));
    Bytes signature{static_cast<std::uint8_t>(a.signature.size() >> 8), static_cast<std::uint8_t>(a.signature.size())};
    signature.insert(signature.end(), a.signature.begin(), a.signature.end());
    bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at) - 2, signature.begin(), signature.end());
    forged = bytes;
  }
  auto custody = w.inner->take_from_carrier({forged});
  // Nothing is signed about a manifest that may be real.
  REQUIRE(custody[0].error);
  CHECK(custody[0].error->code == "bundle.signature");
  CHECK(custody[0].receipt.empty());
  CHECK(w.inner.text("SELECT code FROM stray") == "bundle.signature");
  CHECK(rung_of(w.inner->take_from_carrier({real})[0].receipt.whole()) == "carried");
  custody = w.inner->take_from_carrier({fork});
  // The same manifest as the forged one, now truly signed, but a fork of the real one.
  CHECK(rung_of(custody[0].receipt.whole()) == "quarantined");
  CHECK(code_of(custody[0].receipt.whole()) == "bundle.fork");
  CHECK(w.deliverable(w.inner) == std::vector{World::id_of(real)});
  CHECK(w.inner.count("SELECT COUNT(*) FROM stray") == 1);
}

TEST_CASE("what is damaged on the way, or signed with a key not known yet, is only not taken") {
  World w;
  auto damaged = w.from_portal.next(1, "hello");
  const auto whole = damaged;
  damaged.back() ^= 1;
  auto custody = w.inner->take_from_carrier({damaged});
  REQUIRE(custody[0].error);
  CHECK(custody[0].error->code == "bundle.digest");
  CHECK(rung_of(w.inner->take_from_carrier({whole})[0].receipt.whole()) == "carried");
  auto renewed = w.from_portal;
  renewed.signer = w.stranger;
  custody = w.inner->take_from_carrier({renewed.next(1, "x")});
  REQUIRE(custody[0].error);
  CHECK(custody[0].error->code == "bundle.signer");
}

TEST_CASE("a bundle the other side does not take is put off and keeps nothing waiting") {
  World w;
  REQUIRE(w.outer->take_from_service(w.from_portal.next(1, "1")));
  REQUIRE(w.outer->take_from_service(w.from_portal.next(2, "2")));
  auto loads = w.outer->load(1, 1 << 20).value();
  REQUIRE(loads.size() == 1);
  REQUIRE(w.outer->carried({{loads[0].id, {}, Error{Fault::unavailable, "bundle.signer", ""}}}));
  const auto next = w.outer->load(10, 1 << 20).value();
  REQUIRE(next.size() == 1);
  CHECK(next[0].id != loads[0].id);
}

TEST_CASE("what the destination's disk has changed or lost is not given out, and comes again from the other unit") {
  World w;
  const bool large = GENERATE(false, true);
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    const auto bundle = w.from_portal.next(i < 2 ? 1 : 2, Bytes(large ? 3 << 20 : 100, 'x'));
    REQUIRE(w.outer->take_from_service(bundle));
    ids.push_back(World::id_of(bundle));
  }
  w.carry_all();
  const auto file = w.inner.text("SELECT file FROM bundle WHERE id = '" + ids[0] + "'");
  REQUIRE(file.empty() != large);
  const auto path = w.folder / "inner" / "bundles" / file;
  const auto write_over = [&](std::int64_t at) {
    if (large) {
      std::fstream stored(path, std::ios::in | std::ios::out | std::ios::binary);
      const auto byte = static_cast<char>(stored.seekg(at).get() ^ 1);
      stored.seekp(at).put(byte);
    } else {
      REQUIRE(w.inner->journal().write([&](storage::Transaction& t) {
        auto bytes = store::small(t, ids[0]).value();
        bytes[static_cast<std::size_t>(at)] ^= 1;
        t.execute("UPDATE bundle_bytes SET bundle = $2 WHERE id = $1", {ids[0], bytes});
      }));
    }
  };
  SECTION("in its manifest") { write_over(20); }
  SECTION("in its seal") { write_over(static_cast<std::int64_t>(w.outer->bytes_of(ids[0])->size()) - 3); }
  SECTION("lost") {
    if (large)
      std::filesystem::remove(path);
    else
      REQUIRE(w.inner->journal().write(
          [&](storage::Transaction& t) { t.execute("DELETE FROM bundle_bytes WHERE id = $1", {ids[0]}); }));
  }
  const auto others = w.inner->deliver(0, 100, 1 << 24).value();
  CHECK(std::none_of(others.begin(), others.end(), [&](const auto& one) { return one.entry.id == ids[0]; }));
  CHECK(others.size() == 1);
  std::vector<Alarm> alarms;
  REQUIRE(w.inner->journal().read([&](storage::Transaction& t) { alarms = w.inner->alarms(t); }));
  CHECK(std::any_of(alarms.begin(), alarms.end(), [](const Alarm& a) { return a.code == "alarm.journal_damaged"; }));
  w.carry_all();
  CHECK(w.apply_all(w.inner, w.approval).size() == 3);
  w.carry_all();
  CHECK(w.outer.count("SELECT COUNT(*) FROM bundle WHERE state = 'ended' AND code = '' AND kind = 'dossier'") == 3);
}

TEST_CASE(
    "bytes that a unit has asked for again are taken by whoever brings them: a person's import, or the next start") {
  World w;
  const bool large = GENERATE(false, true);
  const auto bundle = w.from_portal.next(1, Bytes(large ? 600 * 1024 : 100, 'x'));
  const auto id = World::id_of(bundle);
  REQUIRE(w.outer->take_from_service(bundle));
  w.carry_all();
  if (large)
    std::filesystem::remove(w.folder / "inner" / "bundles" /
                            w.inner.text("SELECT file FROM bundle WHERE id = '" + id + "'"));
  else
    REQUIRE(w.inner->journal().write(
        [&](storage::Transaction& t) { t.execute("DELETE FROM bundle_bytes WHERE id = $1", {id}); }));
  REQUIRE_FALSE(w.inner->deliver(id));
  const auto requests = [&] { return w.inner.count("SELECT COUNT(*) FROM unit_message"); };
  REQUIRE(requests() == 1);
  SECTION("an import is a program of its own") {
    Unit beside(w.inner->journal(), w.inner_signer, w.inner->trust(), w.inner->options(), w.clock);
    REQUIRE_FALSE(beside.take_from_carrier({bundle})[0].error);
  }
  SECTION("the unit was started again") {
    w.inner.restart();
    REQUIRE_FALSE(w.inner->deliver(id));
    CHECK(requests() == 1);  // it was asked for just before
    REQUIRE_FALSE(w.inner->take_from_carrier({bundle})[0].error);
  }
  CHECK(w.inner->deliver(id).value() == bundle);
  CHECK(w.apply_all(w.inner, w.approval).size() == 1);
}

TEST_CASE(
    "a receipt of custody that is not believed leaves its bundle where it was, and it goes again later, not at once") {
  World w;
  const auto bundle = w.from_portal.next(1, "x");
  REQUIRE(w.outer->take_from_service(bundle));
  const auto loads = w.outer->load(10, 1 << 20).value();
  REQUIRE(loads.size() == 1);
  const auto forged = w.receipt(w.stranger, bundle, jindu::v1::RUNG_CARRIED);
  auto broken = forged;
  broken[broken.size() / 2] ^= 1;
  REQUIRE(w.outer->carried({{loads[0].id, {broken}}}));
  CHECK(w.outer.state_of(loads[0].id) == "waiting");
  CHECK(w.outer->load(10, 1 << 20).value().empty());
}

TEST_CASE("urgent traffic that never ends leaves a share for what is not urgent") {
  World w;
  const auto taken = [&](const char* kind, const std::function<void()>& then) {
    w.from_portal.kind = kind;
    w.from_portal.priority = std::string_view(kind) == "material" ? 3 : 1;
    const auto bundle = w.from_portal.next(1, "x");
    REQUIRE(w.outer->take_from_service(bundle));
    then();
    return World::id_of(bundle);
  };
  const auto old = taken("material", [&] { w.clock->advance(std::chrono::seconds(1)); });
  for (int i = 0; i < 20; ++i) taken("dossier", [] {});
  CHECK(World::ids_of(w.outer->load(10, 1 << 20).value()).size() == 10);
  const auto patient = World::ids_of(w.outer->load(1, 1 << 20, {.oldest_first = true}).value());
  CHECK(patient == std::vector{old});
}

TEST_CASE("the inner unit slows a flood by its own policy, and takes everything in the end") {
  World w;
  auto policy = w.policy();
  policy.rules[0].per_minute = 600;
  policy.rules[0].burst = 5;
  w.inner.restart_with(policy);
  std::vector<Bytes> bundles;
  for (int i = 0; i < 12; ++i) bundles.push_back(w.from_portal.next(1, "x"));
  const auto first = w.inner->take_from_carrier(bundles);
  CHECK(std::count_if(first.begin(), first.end(), [](const auto& c) { return !c.error; }) == 5);
  CHECK(first.back().error->code == "policy.rate");
  for (int i = 0; i < 10 && w.inner.count("SELECT COUNT(*) FROM bundle") < 12; ++i) {
    w.clock->advance(std::chrono::milliseconds(200));
    w.inner->take_from_carrier(bundles);  // what is here already costs nothing
  }
  CHECK(w.deliverable(w.inner).size() == 12);
}

TEST_CASE("what expires before it was given to a carrier ends there, and the other side misses nothing") {
  World w;
  w.from_portal.lives = std::chrono::hours(1);
  const auto late = w.from_portal.next(1, "late");
  w.from_portal.lives = std::chrono::hours(100);
  const auto next = w.from_portal.next(1, "next");
  REQUIRE(w.outer->take_from_service(late));
  REQUIRE(w.outer->take_from_service(next));
  w.clock->advance(std::chrono::hours(2));
  REQUIRE(w.outer->expire());
  CHECK(rungs_for_service(w.outer, World::id_of(late)).back() == "expired gateway-outer");
  w.carry_all();
  CHECK(w.deliverable(w.inner) == std::vector{World::id_of(next)});
}

TEST_CASE("what a carrier brings too early by its date is not taken now, and keeps nothing beside it waiting") {
  World w;
  w.clock->advance(std::chrono::hours(8 * 24));
  const auto future = w.from_portal.next(1, "x");
  w.clock->advance(-std::chrono::hours(8 * 24));
  const auto other = w.from_portal.next(2, "x");
  const auto custody = w.inner->take_from_carrier({future, other});
  REQUIRE(custody[0].error);
  CHECK(custody[0].error->code == "bundle.future_dated");
  CHECK(custody[0].error->fault == Fault::conflict);
  CHECK(rung_of(custody[1].receipt.whole()) == "carried");
  CHECK(w.inner.count("SELECT COUNT(*) FROM stray") == 0);
  w.clock->advance(std::chrono::hours(24));
  CHECK(rung_of(w.inner->take_from_carrier({future})[0].receipt.whole()) == "carried");
  CHECK(w.deliverable(w.inner).size() == 2);
  // A unit's own word is taken at any time: an alarm tells that its clock is ahead.
  w.clock->advance(std::chrono::hours(8 * 24));
  REQUIRE(w.outer->say_hello());
  REQUIRE(w.outer->build_control().value());
  const auto loads = w.outer->load(10, 1 << 20).value();
  w.clock->advance(-std::chrono::hours(8 * 24));
  CHECK_FALSE(w.inner->take_from_carrier(World::bytes_of_loads(loads))[0].error);
}

TEST_CASE("what does not go this way, or is larger than its rule allows, is quarantined where it arrives") {
  World w;
  auto policy = w.policy();
  policy.rules[0].max_bytes = 2000;
  w.inner.restart_with(policy);
  const auto quarantined = [](Side& side, const Bytes& bundle) {
    const auto custody = side->take_from_carrier({bundle});
    REQUIRE_FALSE(custody[0].error);
    REQUIRE(rung_of(custody[0].receipt.whole()) == "quarantined");
    return code_of(custody[0].receipt.whole());
  };
  CHECK(quarantined(w.inner, w.from_portal.next(1, Bytes(2000, 'x'))) == "policy.too_large");
  CHECK(quarantined(w.inner, w.from_approval.next(1, "its own service's")) == "policy.wrong_way");
  CHECK(quarantined(w.outer, w.from_portal.next(1, "for another")) == "policy.wrong_way");
  CHECK(rung_of(w.inner->take_from_carrier({w.from_portal.next(2, "x")})[0].receipt.whole()) == "carried");
  CHECK(w.inner.count("SELECT COUNT(*) FROM bundle WHERE state = 'ended' AND ended_ms = 0") == 2);
}

TEST_CASE("what may have been here before a restoration never expires, and keeps nothing else from expiring") {
  World w;
  w.from_portal.lives = std::chrono::hours(1);
  for (int i = 0; i < 250; ++i) REQUIRE_FALSE(w.inner->take_from_carrier({w.from_portal.next(i, "x")}).front().error);
  w.clock->advance(std::chrono::hours(1));
  REQUIRE(w.inner->journal().write(
      [&](storage::Transaction& t) { store::set_state_value(t, "forgotten_before_ms", to_unix_ms(w.clock->now())); }));
  w.from_approval.lives = std::chrono::hours(1);
  const auto late = w.from_approval.next(1, "late");
  REQUIRE(w.inner->take_from_service(late));
  w.clock->advance(std::chrono::hours(2));
  REQUIRE(w.inner->expire());
  CHECK(w.inner.state_of(World::id_of(late)) == "ended");
  CHECK(w.inner.count("SELECT COUNT(*) FROM bundle WHERE state = 'ready'") == 250);
}

TEST_CASE("of a kind that is over its rate at the other unit nothing is carried for a moment, and other kinds go on") {
  World w;
  auto policy = w.policy();
  policy.rules[0].per_minute = 60;
  policy.rules[0].burst = 2;
  w.inner.restart_with(policy);
  std::vector<std::string> ids;
  for (int i = 0; i < 9; ++i) {
    w.from_portal.kind = i == 8 ? "material" : "dossier";
    const auto bundle = w.from_portal.next(i, "x");
    REQUIRE(w.outer->take_from_service(bundle));
    ids.push_back(World::id_of(bundle));
  }
  const auto carry = [&](std::int64_t limit) {
    const auto loads = w.outer->load(limit, 1 << 20).value();
    REQUIRE(w.outer->carried(w.inner->take_from_carrier(World::bytes_of_loads(loads))));
    return World::ids_of(loads);
  };
  CHECK(carry(4) == std::vector(ids.begin(), ids.begin() + 4));  // two of them are over the rate
  CHECK(carry(4) == std::vector{ids[8]});
  CHECK(carry(4).empty());
  CHECK(w.outer.count("SELECT COUNT(*) FROM bundle WHERE state = 'carried'") == 3);
  // They are tried again by themselves.
  w.clock->advance(std::chrono::minutes(1));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::size_t tried = 0;
  while (tried < 6 && std::chrono::steady_clock::now() < until) {
    tried += carry(100).size();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  CHECK(tried >= 6);
}

TEST_CASE("what a link had under way is forgotten when it does not wait here any more") {
  World w;
  const auto under_way = [&] {
    w.outer->measure();
    const auto text = metrics::text();
    const std::string name = "\njindu_gateway_under_way ";
    return std::stod(text.substr(text.find(name) + name.size()));
  };
  for (int i = 0; i < 3; ++i) REQUIRE(w.outer->take_from_service(w.from_portal.next(i, "x")));
  const auto ids = World::ids_of(w.outer->load(10, 1 << 20).value());
  REQUIRE(ids.size() == 3);
  const Error full{Fault::unavailable, "unit.disk_full", "no room"};
  // Of one the word comes by another way, and of one the other unit alone knows what it is.
  REQUIRE(w.outer->carried({{ids[1], {}, full}, {"019e7044-8800-7464-ae76-63bf447bd073", {}, full}}));
  CHECK(under_way() == 4);
  w.inner->take_from_carrier(std::vector<Bytes>{w.outer->bytes_of(ids[1]).value()});
  while (w.inner->build_control().value()) {
  }
  REQUIRE(w.outer->take_from_carrier(World::bytes_of_loads(w.inner->load(10, 1 << 20).value())).size() == 1);
  REQUIRE(w.outer->sweep());
  CHECK(under_way() == 2);
  CHECK(w.outer->load(10, 1 << 20).value().empty());
}

TEST_CASE("what can be measured without the journal is measured also when it gives no answer") {
  World w;
  w.outer->measure();
  const std::string free = "jindu_gateway_disk_free_bytes";
  metrics::gauge(free, "").Set(-1);
  REQUIRE(w.outer->journal().write([](storage::Transaction& t) { t.execute("DROP TABLE voyage"); }));
  w.outer->measure();
  CHECK(metrics::text().find(free + " -1") == std::string::npos);
}

TEST_CASE("what the next request of a link takes counts as given out, and nothing else does") {
  World w;
  const auto offered = [&](const Bytes& bundle) {
    return w.outer.count("SELECT offered FROM bundle WHERE id = '" + World::id_of(bundle) + "'");
  };
  const auto take = [&](const std::string& text) {
    const auto bundle = w.from_portal.next(1, text);
    REQUIRE(w.outer->take_from_service(bundle));
    return offered(bundle);
  };
  CHECK(take("no link") == 0);
  w.outer->link_is_up();
  CHECK(take("next") == 1);
  // Large ones are taken alone, and whether their bytes are still there is known only then.
  CHECK(take(std::string(std::size_t{300} * 1024, 'x')) == 0);
  for (int n = 3; n < kLoadBundles - 1; ++n) take("more");
  w.outer->link_is_up();  // as it says each second: these may have taken longer
  CHECK(take("the last that fits") == 1);
  CHECK(take("one too many") == 0);
}

TEST_CASE("what was said of a bundle first stays, however often it is said") {
  World w;
  const auto bundle = w.from_portal.next(1, "x");
  const auto first = w.outer->take_from_service(bundle).value();
  exchange::ReceiptBytes again, twice;
  REQUIRE(w.outer->journal().write([&](storage::Transaction& t) {
    const auto entry = store::outline(t, World::id_of(bundle)).value();
    ReceiptBook book(t, w.outer->signer(), w.clock->now() + std::chrono::minutes(1));
    book.add(entry, jindu::v1::RUNG_STORED, "other.code", "", {}, &again);
    book.add(entry, jindu::v1::RUNG_STORED, "", "", {}, &twice);
    book.keep();
  }));
  CHECK(again.whole() == first);
  CHECK(twice.whole() == first);
}

TEST_CASE("what expires under way is told by the side that has it, and never both expired and applied") {
  World w;
  w.from_portal.lives = std::chrono::hours(1);
  const auto bundle = w.from_portal.next(1, "x");
  const auto id = World::id_of(bundle);
  REQUIRE(w.outer->take_from_service(bundle));
  REQUIRE(w.outer->load(10, 1 << 20).value().size() == 1);  // and no answer comes
  w.clock->advance(std::chrono::hours(2));
  REQUIRE(w.outer->expire());
  CHECK(w.outer.state_of(id) == "waiting");
  SECTION("it had arrived in time and is applied") {
    w.clock->advance(-std::chrono::hours(2));
    REQUIRE(rung_of(w.inner->take_from_carrier({bundle})[0].receipt.whole()) == "carried");
    REQUIRE(w.inner->deliver(id));
    w.clock->advance(std::chrono::hours(2));
    REQUIRE(w.inner->expire());
    REQUIRE(w.inner->service_receipt(w.receipt(w.approval, bundle, jindu::v1::RUNG_APPLIED)));
    w.carry_all();
    CHECK(rungs_for_service(w.outer, id).back() == "applied approval");
  }
  SECTION("it arrives too late") {
    w.outer->forget_leases();
    w.carry_all();
    CHECK(rungs_for_service(w.outer, id).back() == "expired gateway-inner");
  }
  CHECK(w.outer.count("SELECT COUNT(*) FROM receipt WHERE rung IN (7, 10)") == 1);
  CHECK(w.outer.state_of(id) == "ended");
}

TEST_CASE("what is held waits for a releaser, and others pass") {
  World w;
  auto policy = w.policy();
  policy.rules[0].hold = true;
  w.inner.restart_with(policy);
  const auto held = w.from_portal.next(1, "held"), behind = w.from_portal.next(1, "refused");
  w.from_portal.kind = "material";
  const auto last = w.from_portal.next(1, "last"), other = w.from_portal.next(2, "other");
  for (const auto& bundle : {held, behind, last, other}) REQUIRE(w.outer->take_from_service(bundle));
  w.carry_all();
  CHECK(w.deliverable(w.inner) == std::vector{World::id_of(other)});
  REQUIRE(w.inner->release(World::id_of(held), "邹放", "checked"));
  CHECK(w.deliverable(w.inner).size() == 2);
  CHECK(w.inner->release(World::id_of(held), "邹放", "again").error().code == "bundle.not_held");
  REQUIRE(w.inner->refuse(World::id_of(behind), "邹放", "not this one"));
  CHECK(w.deliverable(w.inner) == std::vector{World::id_of(other), World::id_of(held), World::id_of(last)});
  w.carry_all();
  CHECK(rungs_for_service(w.outer, World::id_of(behind)).back() == "refused gateway-inner");
  CHECK(w.inner.count("SELECT COUNT(*) FROM operator_log") == 2);
}

TEST_CASE("receipts by others than they say change nothing") {
  World w;
  const auto bundle = w.from_portal.next(1, "x");
  const auto id = World::id_of(bundle);
  REQUIRE(w.outer->take_from_service(bundle));
  REQUIRE(w.outer->load(10, 1 << 20));
  // The other unit cannot say that it was applied, nor the destination that it is carried, nor a stranger anything.
  REQUIRE(w.outer->carried({{id, {w.receipt(w.inner_signer, bundle, jindu::v1::RUNG_APPLIED)}, {}},
                            {id, {w.receipt(w.approval, bundle, jindu::v1::RUNG_CARRIED)}, {}},
                            {id, {w.receipt(w.stranger, bundle, jindu::v1::RUNG_REFUSED)}, {}},
                            {id, {}, {}}}));
  CHECK(w.outer.state_of(id) == "waiting");
  // The service's own unit takes only what the service may say, of what was delivered.
  w.outer->forget_leases();
  CHECK(w.inner->service_receipt(w.receipt(w.approval, bundle, jindu::v1::RUNG_APPLIED)).error().code ==
        "bundle.unknown");
  w.carry_all();
  CHECK(w.inner->service_receipt(w.receipt(w.portal, bundle, jindu::v1::RUNG_APPLIED)).error().code ==
        "unit.not_yours");
  CHECK(w.inner->service_receipt(w.receipt(w.approval, bundle, jindu::v1::RUNG_CARRIED)).error().code ==
        "receipt.rung");
}

TEST_CASE("the other unit cannot fill a place in a channel with a manifest that the sender did not sign") {
  World w;
  const auto bundle = w.from_portal.next(1, "x");
  const auto view = exchange::parse_bundle(bundle).value();
  jindu::v1::ReceiptBatch batch;
  auto& ended = *batch.add_ended();
  ended.set_manifest(view.manifest_bytes.data(), view.manifest_bytes.size());
  const auto signature = w.outer_signer.key.sign(view.manifest_bytes);
  ended.set_signature(signature.data(), signature.size());
  exchange::BundleDraft draft;
  draft.id = exchange::new_bundle_id(w.clock->now());
  draft.from = "gateway-outer";
  draft.to = "gateway-inner";
  draft.kind = "receipts";
  draft.subject = Bytes(16);
  draft.created = w.clock->now();
  draft.expires = w.clock->now() + std::chrono::hours(1);
  draft.place = {1, 1, {}, 1};
  const auto control =
      exchange::build_bundle(draft, encode(batch), w.outer_signer.key, w.inner_signer.key.public_key()).value();
  REQUIRE_FALSE(w.inner->take_from_carrier({control.bytes})[0].error);
  CHECK(w.inner.count("SELECT COUNT(*) FROM bundle WHERE channel = 'portal>approval'") == 0);
  CHECK(rung_of(w.inner->take_from_carrier({bundle})[0].receipt.whole()) == "carried");
}

TEST_CASE("thousands of receipts cross in batches of bounded size") {
  World w;
  std::vector<Bytes> bundles;
  for (int i = 0; i < 700; ++i) bundles.push_back(w.from_portal.next(i % 50, "x"));
  for (const auto& bundle : bundles) REQUIRE(w.outer->take_from_service(bundle));
  w.carry_all();
  CHECK(w.apply_all(w.inner, w.approval).size() == 700);
  REQUIRE(w.inner->build_control().value());
  const auto control = w.inner->load(1, 1 << 20).value().at(0);
  w.inner->forget_leases();
  w.carry_all();
  CHECK(w.outer.count("SELECT COUNT(*) FROM bundle WHERE state <> 'ended'") == 0);
  CHECK(w.inner.count("SELECT MAX(size) FROM bundle WHERE kind = 'receipts'") < 700 * 1024);
  // Old control bundles go; one of them again is known all the same.
  w.clock->advance(std::chrono::hours(24 * 8));
  REQUIRE(w.inner->sweep());
  REQUIRE(w.outer->sweep());
  CHECK(w.inner.count("SELECT COUNT(*) FROM bundle WHERE kind = 'receipts'") == 0);
  CHECK(w.outer.count("SELECT COUNT(*) FROM bundle WHERE kind = 'receipts'") == 0);
  const auto custody = w.outer->take_from_carrier({control.bundle});
  CHECK_FALSE(custody[0].error);
  CHECK(custody[0].receipt.empty());
  CHECK(w.outer.count("SELECT COUNT(*) FROM stray") == 0);
  w.from_portal.lives = std::chrono::hours(1000);
  REQUIRE(w.outer->take_from_service(w.from_portal.next(1, "y")));
  w.carry_all();
  CHECK(w.apply_all(w.inner, w.approval).size() == 1);
  w.carry_all();
  CHECK(w.outer.count("SELECT COUNT(*) FROM bundle WHERE state <> 'ended'") == 0);
}

namespace {

std::string unverified_receipts(Side& side) {
  std::string told;
  REQUIRE(side->journal().read([&](storage::Transaction& t) {
    told.clear();
    for (const auto& alarm : side->alarms(t))
      if (alarm.code == "alarm.receipts_unverified") told += std::to_string(alarm.number) + " " + alarm.about;
  }));
  return told;
}

// The service of the other side with a new certificate, by an issuer that is not installed; and with it installed.
std::pair<evidence::NodeSigner, evidence::NodeTrust> approval_by_another_issuer(const World& w) {
  const auto from = w.clock->now() - std::chrono::hours(24), until = w.clock->now() + std::chrono::hours(24 * 700);
  const auto next_key = crypto::PrivateKey::generate_p256(), own_key = crypto::PrivateKey::generate_p256();
  const auto next_root =
      crypto::issue_certificate(next_key, nullptr, next_key.public_key(), {.common_name = "Next Root"},
                                crypto::Profile::authority, from, until)
          .value();
  auto certificate = crypto::issue_certificate(next_key, &next_root, own_key.public_key(), {.common_name = "approval"},
                                               crypto::Profile::citizen, from, until)
                         .value();
  return {{"approval", own_key, std::move(certificate)},
          {crypto::TrustStore::from_pem(w.root.pem() + next_root.pem()).value(), {}}};
}

}  // namespace

TEST_CASE("a unit that has forgotten is heard at once, whatever beside its question cannot be verified") {
  World w;
  const auto bundle = w.from_portal.next(1, "x");
  Sender unit{"gateway-inner", "gateway-outer", w.inner_signer, w.outer_signer.key.public_key(), w.clock};
  unit.kind = "receipts";
  jindu::v1::Recall recall;
  recall.set_version(1);
  recall.set_unit("gateway-inner");
  const auto question = evidence::sign_statement(kRecallType, encode(recall), w.inner_signer);
  const auto receipt = w.receipt(approval_by_another_issuer(w).first, bundle, jindu::v1::RUNG_APPLIED);
  const auto control = [&](const std::vector<Bytes>& said) {
    jindu::v1::ReceiptBatch batch;
    for (const auto& one : said) batch.add_receipts(one.data(), one.size());
    return unit.next(0, encode(batch));
  };
  const auto alone = control({receipt}), beside = control({question, receipt});
  CHECK_FALSE(w.outer->take_from_carrier({alone}).front().error);
  CHECK(unverified_receipts(w.outer) == "1 certificate.unknown_issuer");
  CHECK_FALSE(w.outer->take_from_carrier({beside}).front().error);
  CHECK(unverified_receipts(w.outer) == "1 certificate.unknown_issuer");
}

TEST_CASE("receipts that cannot be verified yet are kept: nothing comes again for them, and everything else goes on") {
  World w;
  const auto [approval, both] = approval_by_another_issuer(w);
  w.inner.restart_with(both);
  const auto bundle = w.from_portal.next(1, "x"), beside = w.from_portal.next(2, "y"),
             later = w.from_portal.next(3, "z");
  for (const auto& one : {bundle, beside, later}) REQUIRE(w.outer->take_from_service(one));
  w.carry_all();
  for (const auto& one : {bundle, beside, later}) REQUIRE(w.inner->deliver(World::id_of(one)));
  REQUIRE(w.inner->service_receipt(w.receipt(approval, bundle, jindu::v1::RUNG_APPLIED)));
  REQUIRE(w.inner->service_receipt(w.receipt(w.approval, beside, jindu::v1::RUNG_APPLIED)));
  w.carry_all();
  REQUIRE(w.inner->service_receipt(w.receipt(w.approval, later, jindu::v1::RUNG_APPLIED)));
  w.carry_all();
  CHECK(w.outer.state_of(World::id_of(bundle)) == "carried");
  CHECK(w.outer.state_of(World::id_of(beside)) == "ended");
  CHECK(w.outer.state_of(World::id_of(later)) == "ended");
  CHECK(unverified_receipts(w.outer) == "1 certificate.unknown_issuer");
  CHECK(w.inner.count("SELECT COUNT(*) FROM bundle WHERE kind = 'receipts' AND state = 'waiting'") == 0);
  // Nor does it take the turn of anything, when the hours of a rule begin.
  REQUIRE(w.outer->open_up());
  w.outer.restart();
  REQUIRE(w.outer->verify_again());
  CHECK(unverified_receipts(w.outer) == "1 certificate.unknown_issuer");
  SECTION("until what they are verified with is here") {
    w.outer.restart_with(both);
    REQUIRE(w.outer->verify_again());
    CHECK(w.outer.state_of(World::id_of(bundle)) == "ended");
  }
  SECTION("but not for ever: what is beside them is taken without them") {
    w.clock->advance(std::chrono::hours(24 * 5));
    w.outer.restart();
    REQUIRE(w.outer->verify_again());
    CHECK(w.outer.state_of(World::id_of(bundle)) == "carried");
  }
  CHECK(unverified_receipts(w.outer).empty());
  w.clock->advance(std::chrono::hours(24 * 8));
  REQUIRE(w.outer->sweep());
  CHECK(w.outer.count("SELECT COUNT(*) FROM bundle WHERE kind = 'receipts'") == 0);
}

TEST_CASE("of much that cannot be verified a look stops where it is in vain, and goes on there at the next") {
  World w;
  const auto [approval, both] = approval_by_another_issuer(w);
  Sender unit{"gateway-inner", "gateway-outer", w.inner_signer, w.outer_signer.key.public_key(), w.clock};
  unit.kind = "receipts";
  std::vector<Bytes> ours;
  for (int i = 0; i < 50; ++i) {
    ours.push_back(w.from_portal.next(i, "x"));
    REQUIRE(w.outer->take_from_service(ours.back()));
    jindu::v1::ReceiptBatch batch;
    const auto receipt = w.receipt(approval, ours.back(), jindu::v1::RUNG_APPLIED);
    batch.add_receipts(receipt.data(), receipt.size());
    REQUIRE_FALSE(w.outer->take_from_carrier({unit.next(0, encode(batch))}).front().error);
    w.clock->advance(std::chrono::milliseconds(1));
  }
  REQUIRE(w.outer->verify_again());
  CHECK(unverified_receipts(w.outer) == "50 certificate.unknown_issuer");
  w.outer.restart_with(both);
  REQUIRE(w.outer->verify_again());
  CHECK(unverified_receipts(w.outer).empty());
  CHECK(w.outer.count("SELECT COUNT(*) FROM bundle WHERE state <> 'ended'") == 0);
}

TEST_CASE("a receipt by a clock that is ahead waits for a revocation list that covers its time") {
  World w;
  const auto list_until = [&](const std::string& until) {
    const auto crl = revocation_list(w.root_key, w.root, nullptr, "20260520000000Z", until);
    return evidence::NodeTrust{crypto::TrustStore::from_pem(w.root.pem(), crl).value(), {}};
  };
  const auto bundle = w.from_portal.next(1, "x");
  REQUIRE(w.outer->take_from_service(bundle));
  w.carry_all();
  const auto view = exchange::parse_bundle(w.inner->deliver(World::id_of(bundle)).value()).value();
  // It is 2026-05-28, 20:26 here; there, the 30th.
  REQUIRE(w.inner->service_receipt(exchange::sign_receipt({view.id,
                                                           view.manifest_digest,
                                                           jindu::v1::RUNG_APPLIED,
                                                           w.approval.name,
                                                           w.clock->now() + std::chrono::hours(30),
                                                           "",
                                                           {}},
                                                          w.approval)));
  w.outer.restart_with(list_until("20260529230000Z"));
  w.carry_all();
  CHECK(w.outer.state_of(World::id_of(bundle)) == "carried");
  CHECK(unverified_receipts(w.outer) == "1 certificate.crl_expired");
  w.outer.restart_with(list_until("20260605000000Z"));
  REQUIRE(w.outer->verify_again());
  CHECK(w.outer.state_of(World::id_of(bundle)) == "ended");
}

namespace {

evidence::NodeTrust trust_that_revokes(const World& w, const evidence::NodeSigner& node) {
  const auto crl = revocation_list(w.root_key, w.root, &node.certificate, "20260520000000Z", "20270520000000Z");
  return {crypto::TrustStore::from_pem(w.root.pem(), crl).value(), {}};
}

// The portal with another key, known to both units beside the one that it has.
evidence::NodeSigner another_portal(World& w, Instant until) {
  const auto key = crypto::PrivateKey::generate_p256();
  const auto certificate =
      crypto::issue_certificate(w.root_key, &w.root, key.public_key(), {.common_name = "portal"},
                                crypto::Profile::citizen, w.clock->now() - std::chrono::hours(1), until)
          .value();
  for (auto* side : {&w.outer, &w.inner})
    side->restart_with([&](UnitOptions& options) { options.nodes.emplace("portal", certificate); });
  return {"portal", key, certificate};
}

}  // namespace

TEST_CASE("what was signed with a key that is revoked ends where it arrives, unapplied, and its sender is told") {
  World w;
  const auto renewed = another_portal(w, w.clock->now() + std::chrono::hours(24 * 700));
  const auto bad = w.from_portal.next(1, "old key");
  REQUIRE(w.outer->take_from_service(bad));
  w.inner.restart_with(trust_that_revokes(w, w.portal));
  SECTION("whose signature holds") {
    w.carry_all();
    CHECK(w.outer.state_of(World::id_of(bad)) == "ended");
    CHECK(w.outer.text("SELECT code FROM bundle WHERE id = '" + World::id_of(bad) + "'") == "certificate.revoked");
    CHECK(rungs_for_service(w.outer, World::id_of(bad)).back() == "quarantined gateway-inner");
    CHECK(w.deliverable(w.inner).empty());
    // What comes behind it, by the new key, about the same subject goes on.
    w.from_portal.signer = renewed;
    const auto good = w.from_portal.next(1, "new key");
    REQUIRE(w.outer->take_from_service(good));
    w.carry_all();
    CHECK(w.deliverable(w.inner) == std::vector{World::id_of(good)});
  }
  SECTION("whose signature does not hold") {
    auto forged = bad;
    forged[20] ^= 1;
    const auto custody = w.inner->take_from_carrier({forged});
    CHECK(custody[0].error);
    CHECK(w.inner.count("SELECT COUNT(*) FROM bundle") + w.inner.count("SELECT COUNT(*) FROM stray") == 0);
  }
  SECTION("and that may have been applied before a restoration is not said to be quarantined") {
    REQUIRE(w.inner->journal().write([&](storage::Transaction& t) {
      store::set_state_value(t, "forgotten_before_ms", to_unix_ms(w.clock->now()) + 1);
    }));
    const auto custody = w.inner->take_from_carrier({bad});
    REQUIRE(custody[0].error);
    CHECK(custody[0].error->code == "certificate.revoked");
    CHECK(w.inner.count("SELECT COUNT(*) FROM bundle") == 0);
  }
}

TEST_CASE("what was signed with a key whose certificate has ended is waited for until it expires itself") {
  World w;
  w.from_portal.signer = another_portal(w, w.clock->now() + std::chrono::hours(12));
  const auto bundle = w.from_portal.next(1, "x");
  REQUIRE(w.outer->take_from_service(bundle));
  REQUIRE(w.outer->load(10, 1 << 20).value().size() == 1);  // from now on the other side alone can tell its end
  const auto carried_after = [&](std::chrono::hours time) {
    w.clock->advance(time);
    w.outer.restart();  // tries again at once
    w.carry_all();
    return w.outer.state_of(World::id_of(bundle));
  };
  // A new certificate for the key, or a clock that is put right, would let it pass.
  CHECK(carried_after(std::chrono::hours(13)) == "waiting");
  CHECK(carried_after(std::chrono::hours(11)) == "ended");
  CHECK(w.outer.text("SELECT code FROM bundle WHERE id = '" + World::id_of(bundle) + "'") == "policy.expired");
  CHECK(w.inner.text("SELECT code FROM bundle WHERE id = '" + World::id_of(bundle) + "'") == "policy.expired");
}

TEST_CASE("what ended here after its key was revoked leaves no gap at the other unit") {
  World w;
  const auto renewed = another_portal(w, w.clock->now() + std::chrono::hours(24 * 700));
  auto policy = w.policy();
  policy.rules[0].hold = true;
  w.outer.restart_with(policy);
  const auto held = w.from_portal.next(1, "x");
  REQUIRE(w.outer->take_from_service(held));
  for (auto* side : {&w.outer, &w.inner}) side->restart_with(trust_that_revokes(w, w.portal));
  REQUIRE(w.outer->refuse(World::id_of(held), "alice", "its key was stolen"));
  w.outer.restart_with(w.policy());
  w.from_portal.signer = renewed;
  const auto next = w.from_portal.next(1, "y");
  REQUIRE(w.outer->take_from_service(next));
  w.carry_all();
  CHECK(w.inner.text("SELECT code FROM bundle WHERE id = '" + World::id_of(held) + "'") == "ended.before_crossing");
  CHECK(w.deliverable(w.inner) == std::vector{World::id_of(next)});
  CHECK(w.inner.count("SELECT sequence FROM channel WHERE name = 'portal>approval'") == 2);
}

TEST_CASE("what ends between being chosen and being given out is not given out") {
  World w;
  w.from_portal.lives = std::chrono::hours(1);
  const auto late = w.from_portal.next(1, "late");
  w.from_portal.lives = std::chrono::hours(24);
  const auto other = w.from_portal.next(2, "other");
  for (const auto& one : {late, other}) REQUIRE(w.outer->take_from_service(one));
  w.clock->advance(std::chrono::hours(1));
  // The carrier's choice looks at the hours of what waits.
  w.clock->at_next_look = [&] { REQUIRE(w.outer->expire()); };
  CHECK(World::ids_of(w.outer->load(10, 1 << 20).value()) == std::vector{World::id_of(other)});
  CHECK(w.outer.state_of(World::id_of(late)) == "ended");
  CHECK(w.outer.count("SELECT COUNT(*) FROM bundle WHERE offered = 1") == 1);
}

TEST_CASE("what this unit's own disk has changed goes to no carrier, is told to operators, and keeps nothing waiting") {
  World w;
  const auto bad = w.from_portal.next(1, "x"), good = w.from_portal.next(2, "y");
  for (const auto& one : {bad, good}) REQUIRE(w.outer->take_from_service(one));
  const auto at = GENERATE(20, -3);  // in the manifest, in the seal
  const bool older = GENERATE(false, true);
  REQUIRE(w.outer->journal().write([&](storage::Transaction& t) {
    CHECK(store::find(t, World::id_of(bad))->checksum == store::checksum_of(bad));
    if (older) t.execute("UPDATE bundle SET checksum = 0", {});  // as of those that were taken before there was one
    auto bytes = store::small(t, World::id_of(bad)).value();
    bytes[at < 0 ? bytes.size() - 3 : static_cast<std::size_t>(at)] ^= 1;
    t.execute("UPDATE bundle_bytes SET bundle = $2 WHERE id = $1", {World::id_of(bad), bytes});
  }));
  const auto damaged = [&] {
    std::string about = "none";
    REQUIRE(w.outer->journal().read([&](storage::Transaction& t) {
      for (const auto& alarm : w.outer->alarms(t))
        if (alarm.code == "alarm.journal_damaged") about = alarm.about;
    }));
    return about;
  };
  CHECK(damaged() == "none");
  SECTION("by a link") { CHECK(World::ids_of(w.outer->load(10, 1 << 20).value()) == std::vector{World::id_of(good)}); }
  SECTION("by a carrier that asks for the bytes of each") {
    CHECK_FALSE(w.outer->bytes_of(World::id_of(bad)));
    CHECK(w.outer->bytes_of(World::id_of(good)).value() == good);
  }
  CHECK(damaged() == World::id_of(bad));
}

TEST_CASE("what this unit's own disk has changed or lost is wanted again of its service, and goes when it has come") {
  World w;
  const bool large = GENERATE(false, true);
  std::vector<Bytes> bundles;
  for (int i = 0; i < 3; ++i) {
    bundles.push_back(w.from_portal.next(i, Bytes(large ? 600 * 1024 : 100, 'x')));
    REQUIRE(w.outer->take_from_service(bundles.back()));
  }
  const auto bad = World::id_of(bundles[1]);
  const auto file = w.outer.text("SELECT file FROM bundle WHERE id = '" + bad + "'");
  REQUIRE(file.empty() != large);
  if (large)
    std::filesystem::remove(w.folder / "outer" / "bundles" / file);
  else
    REQUIRE(w.outer->journal().write([&](storage::Transaction& t) {
      t.execute("UPDATE bundle_bytes SET bundle = $2 WHERE id = $1", {bad, Bytes(10, 'y')});
    }));
  CHECK_FALSE(w.outer->wanted_again("portal>approval").value());
  w.carry_all();
  CHECK(w.outer.state_of(bad) == "waiting");
  CHECK(w.outer->wanted_again("portal>approval").value() == 2);
  CHECK_FALSE(w.outer->wanted_again("portal>approval").value());  // not at once again
  // Something else under its name is not what was taken.
  auto forged = bundles[1];
  forged[forged.size() - 3] ^= 1;
  CHECK_FALSE(w.outer->take_from_service(forged));
  w.carry_all();
  CHECK(w.outer.state_of(bad) == "waiting");
  for (std::size_t i = 1; i < bundles.size(); ++i) CHECK(rung_of(w.outer->take_from_service(bundles[i])) == "stored");
  w.carry_all();
  CHECK(w.apply_all(w.inner, w.approval).size() == 3);
  w.carry_all();
  CHECK(w.outer.state_of(bad) == "ended");
}

}  // namespace jindu::gateway::test
