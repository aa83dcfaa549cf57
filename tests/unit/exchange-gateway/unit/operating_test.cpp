// What operators do, on two units: holds, stops, quarantine, requests, quotas, hours.
#include <catch2/catch.hpp>

#include <boost/json/parse.hpp>

#include "../world.hpp"

namespace jindu::gateway::test {

namespace {
const std::string kZou = "邹放 1111111111111111", kZouAgain = "邹放 2222222222222222", kXie = "谢运 3333333333333333";

Policy holding(const World& w, std::uint32_t releasers) {
  auto policy = w.policy();
  policy.rules[0].hold = true;
  policy.rules[0].releasers = releasers;
  return policy;
}
}  // namespace

TEST_CASE("where the policy wants four eyes, two different people must say the same") {
  World w;
  w.outer.restart_with(holding(w, 2));
  const auto bundle = w.from_portal.next(1, "x");
  REQUIRE(rung_of(w.outer->take_from_service(bundle)) == "stored");
  const auto id = World::id_of(bundle);
  const auto first = w.outer->release(id, kZou, "checked").value();
  CHECK_FALSE(first.done);
  CHECK(first.said == 1);
  CHECK(first.needed == 2);
  CHECK(w.outer->release(id, kZou, "again").error().code == "hold.said_already");
  CHECK(w.outer->release(id, kZouAgain, "with my other certificate").error().code == "hold.said_already");
  CHECK(w.outer.state_of(id) == "held");
  // Another opinion does not count for this one.
  CHECK_FALSE(w.outer->refuse(id, kXie, "not sure").value().done);
  CHECK(w.outer.state_of(id) == "held");
  CHECK(w.outer->release(id, kXie, "convinced").value().done);
  CHECK(w.outer.state_of(id) == "waiting");
  CHECK(w.outer.count("SELECT COUNT(*) FROM operator_log") == 3);
  CHECK(w.outer->release(id, kXie, "late").error().code == "bundle.not_held");
}

TEST_CASE("of a person the newest word alone counts, whichever certificate said the older one") {
  World w;
  w.outer.restart_with(holding(w, 2));
  const auto bundle = w.from_portal.next(1, "x");
  REQUIRE(w.outer->take_from_service(bundle));
  const auto id = World::id_of(bundle);
  REQUIRE(w.outer->release(id, kZou, "checked"));
  REQUIRE(w.outer->refuse(id, kZouAgain, "I was wrong"));
  // Else this would be the second word for it.
  CHECK_FALSE(w.outer->release(id, kXie, "fine with me").value().done);
  CHECK(w.outer.state_of(id) == "held");
  CHECK(w.outer.count("SELECT COUNT(*) FROM vote") == 2);
  CHECK(w.outer->release(id, kZou, "it was fine after all").value().done);
}

TEST_CASE("a held bundle is refused by two as well, and its sender is told") {
  World w;
  w.outer.restart_with(holding(w, 2));
  const auto bundle = w.from_portal.next(1, "x");
  REQUIRE(w.outer->take_from_service(bundle));
  const auto id = World::id_of(bundle);
  CHECK_FALSE(w.outer->refuse(id, kZou, "no").value().done);
  CHECK(w.outer->refuse(id, kXie, "no").value().done);
  CHECK(w.outer.state_of(id) == "ended");
  CHECK(w.outer.count("SELECT COUNT(*) FROM receipt WHERE rung = 8 AND for_service = 1") == 1);
}

TEST_CASE(
    "nothing that is held is decided before the unit's service has asked: it may have been decided, and have crossed") {
  World w;
  w.outer.restart_with(holding(w, 1));
  const auto bundle = w.from_portal.next(1, "x");
  REQUIRE(w.outer->take_from_service(bundle));
  const auto id = World::id_of(bundle);
  w.outer.restart(false);
  CHECK(w.outer->refuse(id, kZou, "no").error().code == "unit.just_begun");
  CHECK(w.outer->release(id, kZou, "yes").error().code == "unit.just_begun");
  CHECK(w.outer.state_of(id) == "held");
  REQUIRE(w.outer->receipts(0, 1));
  CHECK(w.outer->release(id, kZou, "yes").value().done);
}

TEST_CASE("a stopped channel takes, carries and delivers nothing, also after a restart; others go on") {
  World w;
  const auto first = w.from_portal.next(1, "1");
  REQUIRE(w.outer->take_from_service(first));
  REQUIRE(w.outer->stop_channel("portal>approval", kXie, "a suspicion"));
  CHECK(w.outer->stop_channel("portal>approval", kXie, "twice").error().code == "channel.stopped");
  CHECK(w.outer->stop_channel("portal>elsewhere", kXie, "?").error().code == "channel.unknown");
  w.outer.restart();
  const auto second = w.from_portal.next(2, "2");
  const auto refused = w.outer->take_from_service(second);
  CHECK(code_of(refused) == "policy.stopped");
  CHECK(refused.error().fault == Fault::unavailable);
  CHECK(w.outer->load(10, 1 << 20).value().empty());
  // The other direction is another channel.
  REQUIRE(w.inner->take_from_service(w.from_approval.next(1, "status")));
  w.carry_all();
  CHECK(w.deliverable(w.outer).size() == 1);
  CHECK(w.inner.count("SELECT COUNT(*) FROM bundle WHERE channel = 'portal>approval'") == 0);
  REQUIRE(w.outer->resume_channel("portal>approval", kXie, "it was nothing"));
  CHECK(w.outer->resume_channel("portal>approval", kXie, "twice").error().code == "channel.not_stopped");
  CHECK(rung_of(w.outer->take_from_service(second)) == "stored");
  w.carry_all();
  CHECK(w.deliverable(w.inner).size() == 2);
}

TEST_CASE("a channel stopped at its end is not taken there, and what is there is not delivered") {
  World w;
  const auto first = w.from_portal.next(1, "1"), second = w.from_portal.next(2, "2");
  REQUIRE(w.outer->take_from_service(first));
  w.carry_all();
  REQUIRE(w.inner->stop_channel("portal>approval", kXie, "a suspicion"));
  CHECK(w.deliverable(w.inner).empty());
  CHECK(code_of(w.inner->deliver(World::id_of(first))) == "policy.stopped");
  REQUIRE(w.outer->take_from_service(second));
  const auto loads = w.outer->load(10, 1 << 20).value();
  REQUIRE(loads.size() == 1);
  const auto custody = w.inner->take_from_carrier(World::bytes_of_loads(loads));
  REQUIRE(custody.front().error);
  CHECK(custody.front().error->code == "policy.stopped");
  REQUIRE(w.outer->carried(custody));
  // Its unit does not try all the others in vain.
  REQUIRE(w.outer->take_from_service(w.from_portal.next(3, "3")));
  CHECK(w.outer->load(10, 1 << 20).value().empty());
  REQUIRE(w.inner->resume_channel("portal>approval", kXie, "it was nothing"));
  CHECK(w.deliverable(w.inner) == std::vector{World::id_of(first)});
  CHECK(w.inner->take_from_carrier(World::bytes_of_loads(loads)).front().error == std::nullopt);
}

TEST_CASE("over its quota a sender is asked to come again, and is taken when something has crossed") {
  World w;
  auto policy = w.policy();
  policy.quotas = {{"portal", 2, 0}};
  w.outer.restart_with(policy);
  REQUIRE(w.outer->take_from_service(w.from_portal.next(1, "1")));
  REQUIRE(w.outer->take_from_service(w.from_portal.next(2, "2")));
  const auto third = w.from_portal.next(3, "3");
  const auto refused = w.outer->take_from_service(third);
  CHECK(code_of(refused) == "policy.quota");
  CHECK(refused.error().detail.find("2 bundles of portal wait") != std::string::npos);
  w.carry_all();
  CHECK(rung_of(w.outer->take_from_service(third)) == "stored");
}

TEST_CASE("a sender's quota holds at its destination too, and what is early never keeps out what it waits for") {
  World w;
  auto policy = w.policy();
  policy.quotas = {{"portal", 3, 0}};
  w.inner.restart_with(policy);
  std::vector<Bytes> bundles;
  for (int i = 0; i < 6; ++i) bundles.push_back(w.from_portal.next(1, "x"));
  const auto code = [&](const Bytes& bundle) {
    const auto custody = w.inner->take_from_carrier({bundle});
    return custody.front().error ? custody.front().error->code : rung_of(custody.front().receipt.whole());
  };
  // Three that wait for the first fill it; one more of them is not taken, the first is.
  for (int i = 1; i <= 3; ++i) CHECK(code(bundles[static_cast<std::size_t>(i)]) == "carried");
  const auto custody = w.inner->take_from_carrier({bundles[4]});
  REQUIRE(custody.front().error);
  CHECK(custody.front().error->code == "policy.quota");
  CHECK(custody.front().error->fault == Fault::limited);
  CHECK(code(bundles[1]) == "carried");  // what is here is answered as ever
  CHECK(code(bundles[0]) == "carried");
  CHECK(w.deliverable(w.inner).size() == 4);
  // All have their turn now: the next one, too, which is one too many.
  CHECK(code(bundles[4]) == "policy.quota");
  CHECK(w.apply_all(w.inner, w.approval).size() == 4);
  // Those of one batch count beside each other.
  auto three = std::vector<Bytes>{bundles[4], bundles[5]};
  for (int i = 0; i < 2; ++i) three.push_back(w.from_portal.next(2, "x"));
  std::vector<std::string> taken;
  for (const auto& one : w.inner->take_from_carrier(three)) taken.push_back(one.error ? one.error->code : "");
  CHECK(taken == std::vector<std::string>{"", "", "", "policy.quota"});
  // Control bundles are no one's guests.
  REQUIRE(w.outer->take_from_service(bundles[0]));
  REQUIRE(w.outer->say_hello());
  REQUIRE(w.outer->build_control().value());
  const auto loads = w.outer->load(10, 1 << 20).value();
  REQUIRE(loads.size() == 2);
  CHECK_FALSE(w.inner->take_from_carrier({loads[0].bundle}).front().error);
}

TEST_CASE("that a revocation list ends is told before nothing is believed any more") {
  World w;
  const auto alarms = [&] {
    std::vector<std::string> list;
    REQUIRE(w.outer->journal().read([&](storage::Transaction& t) {
      list.clear();
      for (const auto& alarm : w.outer->alarms(t))
        if (alarm.code.starts_with("alarm.crl")) list.push_back(alarm.code + " " + alarm.about);
    }));
    return list;
  };
  const auto now = w.clock->now(), day_before = now - std::chrono::hours(24);
  w.outer.restart_with([&](UnitOptions& options) {
    options.other_lists = {{"Officials", day_before, now + std::chrono::hours(1)},
                           {"Companies", day_before, now + std::chrono::hours(24)}};
  });
  CHECK(alarms() == std::vector<std::string>{"alarm.crl_expires Officials"});
  w.clock->advance(std::chrono::hours(1));
  CHECK(alarms() == std::vector<std::string>{"alarm.crl_expired Officials"});
}

TEST_CASE("a part of the carrier that has failed is told for an hour") {
  World w;
  const auto failing = [&] {
    std::string about;
    REQUIRE(w.outer->journal().read([&](storage::Transaction& t) {
      for (const auto& alarm : w.outer->alarms(t))
        if (alarm.code == "alarm.carrier_failing") about += alarm.about;
    }));
    return about;
  };
  CHECK(failing().empty());
  w.outer->carrier_failed("diode-send");
  CHECK(failing() == "diode-send");
  w.clock->advance(std::chrono::hours(1));
  CHECK(failing().empty());
}

TEST_CASE("out of its hours a kind is taken and waits, at both units, and order is kept") {
  World w;
  // The world's clock stands at 2026-05-28 20:26:40 UTC, 04:26 local time on a Friday.
  auto policy = w.policy();
  policy.rules[0].hours.openings = {parse_opening("daily 08:00-18:00").value()};
  w.outer.restart_with(policy);
  const auto dossier = w.from_portal.next(1, "dossier");
  REQUIRE(rung_of(w.outer->take_from_service(dossier)) == "stored");
  w.from_portal.kind = "material";
  const auto after = w.from_portal.next(1, "after it"), other = w.from_portal.next(2, "of another");
  REQUIRE(w.outer->take_from_service(after));
  REQUIRE(w.outer->take_from_service(other));
  w.carry_all();
  CHECK(w.outer.state_of(World::id_of(dossier)) == "waiting");
  CHECK(w.deliverable(w.inner) == std::vector{World::id_of(other)});
  // The inner unit keeps its own hours: what comes too early waits there.
  w.inner.restart_with(policy);
  w.outer.restart_with(w.policy());
  w.carry_all();
  CHECK(w.inner.state_of(World::id_of(dossier)) == "early");
  REQUIRE(w.inner->open_up());
  CHECK(w.inner.state_of(World::id_of(dossier)) == "early");
  w.clock->advance(std::chrono::hours(4));
  REQUIRE(w.inner->open_up());
  CHECK(w.deliverable(w.inner) == std::vector{World::id_of(other), World::id_of(dossier), World::id_of(after)});
}

TEST_CASE(
    "what is ready when its hours end is delivered when they begin again, and nothing else waits for it but order") {
  World w;
  // 04:26 local time on a Friday, as above.
  auto policy = w.policy();
  policy.rules[0].hours.openings = {parse_opening("daily 04:00-05:00").value()};
  w.inner.restart_with(policy);
  std::vector<Bytes> bundles;
  const auto send = [&](int subject, const std::string& kind) {
    w.from_portal.kind = kind;
    bundles.push_back(w.from_portal.next(subject, "x"));
    REQUIRE(w.outer->take_from_service(bundles.back()));
  };
  send(1, "dossier");
  send(1, "material");
  send(2, "material");
  send(3, "dossier");
  w.carry_all();
  const auto given = [&] {
    std::vector<std::string> ids;
    for (std::int64_t after = 0;;) {
      const auto page = w.inner->deliver(after, 2, 1 << 20).value();
      if (page.empty()) return ids;
      after = page.back().number;
      for (const auto& one : page) ids.push_back(one.entry.id);
    }
  };
  const auto ids = w.deliverable(w.inner);
  REQUIRE(ids.size() == 4);
  const auto oldest_ready = [&] {
    bool raised = false;
    REQUIRE(w.inner->journal().read([&](storage::Transaction& t) {
      const auto list = w.inner->alarms(t);
      raised = std::any_of(list.begin(), list.end(), [](const Alarm& a) { return a.code == "alarm.oldest_ready"; });
    }));
    return raised;
  };
  w.clock->advance(std::chrono::hours(1));
  CHECK(given() == std::vector{World::id_of(bundles[2])});
  CHECK(w.deliverable(w.inner) == given());
  CHECK(code_of(w.inner->deliver(World::id_of(bundles[0]))) == "policy.hours");
  CHECK(code_of(w.inner->deliver(World::id_of(bundles[1]))) == "policy.hours");
  CHECK(w.inner.count("SELECT COUNT(*) FROM receipt WHERE rung = 6") == 1);
  // The service concludes that one: what only waits for its hours is no reason to look after the service.
  REQUIRE(w.inner->service_receipt(w.receipt(w.approval, bundles[2], jindu::v1::RUNG_APPLIED)));
  w.clock->advance(std::chrono::hours(8));
  CHECK(given().empty());
  CHECK_FALSE(oldest_ready());
  w.clock->advance(std::chrono::hours(15));
  CHECK(given() == std::vector{World::id_of(bundles[0]), World::id_of(bundles[1]), World::id_of(bundles[3])});
  CHECK(oldest_ready());
}

TEST_CASE("what is quarantined is shown, dismissed with a signed record, or checked again") {
  World w;
  auto forger = w.from_portal;
  const auto real = w.from_portal.next(1, "real");
  // The same key id, but another's signature: a false signature stays aside.
  auto forged = forger.next(1, "forged");
  const auto view = exchange::parse_bundle(forged).value();
  const auto place = static_cast<std::size_t>(view.signature.data() - forged.data());
  forged[place + view.signature.size() - 1] ^= 1;
  const auto custody = w.inner->take_from_carrier({forged});
  REQUIRE(custody.front().error);
  const auto id = World::id_of(forged);
  const Bytes digest(view.manifest_digest.begin(), view.manifest_digest.end());
  REQUIRE(w.inner.count("SELECT COUNT(*) FROM stray") == 1);
  CHECK(w.inner->retry(id, digest, kXie, "once more").error().code == "bundle.signature");
  CHECK(w.inner.count("SELECT COUNT(*) FROM stray") == 1);
  CHECK(w.inner->dismiss(id, Bytes(32), kXie, "?").error().code == "quarantine.unknown");
  REQUIRE(w.inner->dismiss(id, digest, kXie, "reported to the security office"));
  CHECK(w.inner.count("SELECT COUNT(*) FROM stray") == 0);
  std::vector<store::Dismissal> kept;
  REQUIRE(w.inner->journal().read([&](storage::Transaction& t) { kept = store::dismissals(t, id); }));
  REQUIRE(kept.size() == 1);
  const auto record =
      evidence::open_signed(kept.front().record, kRecordType, w.inner->trust(), w.clock->now(), "gateway-inner");
  REQUIRE(record);
  const auto said = boost::json::parse(text_of(record->body)).as_object();
  CHECK(said.at("reason").as_string() == "reported to the security office");
  CHECK(said.at("says_it_is_from").as_string() == "portal");
  CHECK(said.at("signed_by").as_string().empty());
  // The chain of the operators' log keeps the record, too.
  CHECK(w.inner.text("SELECT about FROM operator_log WHERE act = 'dismiss'") ==
        id + " " + to_hex(digest) + " record " + to_hex(crypto::sha256(kept.front().record)));
}

TEST_CASE("of what contradicts another the sender is proved, and the record of its dismissal says so") {
  World w;
  auto other = w.from_portal;
  REQUIRE_FALSE(w.inner->take_from_carrier({w.from_portal.next(1, "first")}).front().error);
  const auto fork = other.next(2, "another in the same place");
  REQUIRE(rung_of(w.inner->take_from_carrier({fork}).front().receipt.whole()) == "quarantined");
  const auto view = exchange::parse_bundle(fork).value();
  REQUIRE(w.inner->dismiss(World::id_of(fork), view.manifest_digest, kXie, "the portal was restored"));
  std::vector<store::Dismissal> kept;
  REQUIRE(w.inner->journal().read([&](storage::Transaction& t) { kept = store::newest_dismissals(t, 5); }));
  REQUIRE(kept.size() == 1);
  const auto record = evidence::read_signed(kept.front().record, kRecordType).value();
  CHECK(boost::json::parse(text_of(record.body)).at("signed_by").as_string() == "portal");
}

namespace {

// "HERE BUNDLE number" of each alarm about what the other unit does not take.
std::vector<std::string> not_taken(Side& side) {
  std::vector<std::string> list;
  REQUIRE(side->journal().read([&](storage::Transaction& t) {
    list.clear();
    for (const auto& alarm : side->alarms(t))
      if (alarm.code == "alarm.not_taken") list.push_back(alarm.about + " " + std::to_string(alarm.number));
  }));
  return list;
}

Bytes with_false_signature(Bytes bundle) {
  const auto view = exchange::parse_bundle(bundle).value();
  bundle[static_cast<std::size_t>(view.signature.data() - bundle.data()) + view.signature.size() - 1] ^= 1;
  return bundle;
}

}  // namespace

TEST_CASE(
    "that a bundle is refused as falsely signed is told to its unit, which knows whether its own disk is to blame") {
  World w;
  const auto real = w.from_portal.next(1, "real");
  const auto id = World::id_of(real);
  REQUIRE(w.outer->take_from_service(real));
  const auto on_disk = [&](const Bytes& bytes) {
    REQUIRE(w.outer->journal().write([&](storage::Transaction& t) {
      t.execute("UPDATE bundle_bytes SET bundle = $2 WHERE id = $1", {id, bytes});
    }));
  };
  std::string here;
  SECTION("it was") {
    here = "damaged";
    // It was given out as the disk gave it back; by now it would not be.
    REQUIRE(w.outer->load(10, 1 << 20).value().size() == 1);
    on_disk(with_false_signature(real));
    REQUIRE(w.outer->carried(w.inner->take_from_carrier({with_false_signature(real)})));
    w.carry_all();
  }
  SECTION("it was not: somebody changed it on the way") {
    here = "sound";
    const auto loads = w.outer->load(10, 1 << 20).value();
    REQUIRE(loads.size() == 1);
    REQUIRE(w.outer->carried(w.inner->take_from_carrier({with_false_signature(loads[0].bundle)})));
    w.carry_all();
  }
  CHECK(not_taken(w.outer) == std::vector{here + " " + id + " 1"});
  CHECK(not_taken(w.inner).empty());
  // Told once, however often it comes.
  CHECK(w.inner.count("SELECT COUNT(*) FROM stray WHERE told = 1") == 1);
  CHECK_FALSE(w.inner->build_control().value());
  // The real one comes after all: nothing is to be done here any more, whatever is in quarantine over there.
  on_disk(real);
  REQUIRE(w.outer->carried(w.inner->take_from_carrier({real})));
  CHECK(not_taken(w.outer).empty());
  // And when that is dealt with, this unit forgets it.
  CHECK(w.outer.count("SELECT COUNT(*) FROM not_taken") == 1);
  const auto digest = exchange::parse_bundle(real).value().manifest_digest;
  REQUIRE(w.inner->retry(id, digest, kXie, "the medium was replaced").value() == "carried");
  w.carry_all();
  CHECK(w.outer.count("SELECT COUNT(*) FROM not_taken") == 0);
}

TEST_CASE("a forgery in a service's name is told to that service's unit, until the other one has dismissed it") {
  World w;
  const auto forged = with_false_signature(w.from_portal.next(1, "never handed over"));
  REQUIRE(w.inner->take_from_carrier({forged}).front().error);
  w.carry_all();
  CHECK(not_taken(w.outer) == std::vector{"foreign " + World::id_of(forged) + " 1"});
  const auto digest = exchange::parse_bundle(forged).value().manifest_digest;
  SECTION("dismissed") {
    REQUIRE(w.inner->dismiss(World::id_of(forged), digest, kXie, "reported"));
    w.carry_all();
  }
  SECTION("or forgotten over there") { w.clock->advance(std::chrono::hours(7 * 24 + 1)); }
  CHECK(not_taken(w.outer).empty());
}

TEST_CASE("what is told to be forged has room again after a week, and until then an alarm says that there is none") {
  World w;
  const auto put = [&](int number, const std::string& here) {
    bool kept = false;
    REQUIRE(w.outer->journal().write([&](storage::Transaction& t) {
      const auto now = w.clock->now();
      kept = store::put_not_taken(t, {std::to_string(number), Bytes(32), "c", 1, to_unix_ms(now), here},
                                  to_unix_ms(now - std::chrono::hours(7 * 24)));
    }));
    return kept;
  };
  const auto full = [&] {
    bool raised = false;
    REQUIRE(w.outer->journal().read([&](storage::Transaction& t) {
      const auto list = w.outer->alarms(t);
      raised = std::any_of(list.begin(), list.end(), [](const Alarm& a) { return a.code == "alarm.not_taken_full"; });
    }));
    return raised;
  };
  CHECK(put(0, "sound"));  // of ours, and over, as nothing of it waits
  w.clock->advance(std::chrono::hours(1));
  for (int i = 1; i < store::kStraysMax; ++i) REQUIRE(put(i, "foreign"));
  CHECK(full());
  CHECK_FALSE(put(2000, "foreign"));
  CHECK(put(5, "foreign"));  // which is there already
  w.clock->advance(std::chrono::hours(7 * 24 + 1));
  CHECK_FALSE(full());
  CHECK(put(2000, "foreign"));
  CHECK(not_taken(w.outer) == std::vector<std::string>{"foreign 2000 1"});
  CHECK(w.outer.count("SELECT COUNT(*) FROM not_taken WHERE here = 'sound'") == 1);  // those of others go first
  CHECK(w.outer.count("SELECT COUNT(*) FROM not_taken") == store::kStraysMax);
}

TEST_CASE("a bad copy leaves the quarantine when it is checked again after the real one has come") {
  World w;
  const auto real = w.from_portal.next(1, "real");
  auto copy = real;
  const auto view = exchange::parse_bundle(copy).value();
  const auto place = static_cast<std::size_t>(view.signature.data() - copy.data());
  copy[place + view.signature.size() - 1] ^= 1;
  REQUIRE(w.inner->take_from_carrier({copy}).front().error);
  const auto id = World::id_of(real);
  const Bytes digest(view.manifest_digest.begin(), view.manifest_digest.end());
  CHECK(w.inner->retry(id, digest, kXie, "too early").error().code == "bundle.signature");
  REQUIRE_FALSE(w.inner->take_from_carrier({real}).front().error);
  CHECK(w.inner->retry(id, digest, kXie, "the disk was repaired").value() == "carried");
  CHECK(w.inner.count("SELECT COUNT(*) FROM stray") == 0);
  // Not without a record of what it was, which the operators' log keeps.
  std::vector<store::Dismissal> kept;
  REQUIRE(w.inner->journal().read([&](storage::Transaction& t) { kept = store::dismissals(t, id); }));
  REQUIRE(kept.size() == 1);
  const auto record =
      evidence::open_signed(kept.front().record, kRecordType, w.inner->trust(), w.clock->now(), "gateway-inner");
  REQUIRE(record);
  const auto said = boost::json::parse(text_of(record->body)).as_object();
  CHECK(said.at("record").as_string() == "replaced");
  CHECK(said.at("bundle_sha256").as_string() == to_hex(crypto::sha256(copy)));
  CHECK(said.at("who").as_string() == kXie);
  CHECK(w.inner.text("SELECT about FROM operator_log WHERE act = 'retry' ORDER BY number DESC LIMIT 1") ==
        id + " " + to_hex(digest) + " record " + to_hex(crypto::sha256(kept.front().record)));
  CHECK(w.inner.count("SELECT COUNT(*) FROM operator_log WHERE act = 'retry'") == 2);
  CHECK(w.apply_all(w.inner, w.approval) == std::vector{id});
  CHECK(w.inner->retry(id, digest, kXie, "again").error().code == "quarantine.unknown");
}

TEST_CASE("what is taken when it is checked again leaves one line in the operators' log, with its record") {
  World w;
  auto forgetful = w.from_portal;
  const auto first = w.from_portal.next(1, "first"), fork = forgetful.next(1, "another of the same place");
  REQUIRE_FALSE(w.inner->take_from_carrier({first}).front().error);
  w.inner->take_from_carrier({fork});
  REQUIRE(w.inner.count("SELECT COUNT(*) FROM stray") == 1);
  // What it contradicts is not there any more.
  REQUIRE(w.inner->journal().write([](storage::Transaction& t) {
    for (const auto* table : {"bundle", "channel", "receipt"}) t.execute(std::string("DELETE FROM ") + table);
  }));
  const auto view = exchange::parse_bundle(fork).value();
  const Bytes digest(view.manifest_digest.begin(), view.manifest_digest.end());
  CHECK(w.inner->retry(World::id_of(fork), digest, kXie, "the other one was lost").value() == "carried");
  CHECK(w.inner.count("SELECT COUNT(*) FROM stray") == 0);
  CHECK(w.inner.count("SELECT COUNT(*) FROM operator_log") == 1);
  CHECK(w.inner.text("SELECT about FROM operator_log WHERE act = 'retry'").find(" record ") != std::string::npos);
}

TEST_CASE("a policy or a register that was exchanged stands in the operators' log with its old and its new digest") {
  World w;
  const auto lines = [&] {
    return w.outer.text(
        "SELECT COALESCE(group_concat(who || ' ' || act || ' ' || about, ', '), '') FROM (SELECT * FROM operator_log "
        "ORDER BY number)");
  };
  const auto start_with = [&](std::map<std::string, std::string> rules) {
    w.outer.restart_with([&](UnitOptions& options) { options.rules = rules; });
    REQUIRE(w.outer->log_rules("gateway-outer"));
  };
  start_with({{"nodes", "aa"}, {"policy", "bb"}});
  CHECK(lines() == "gateway-outer nodes - aa, gateway-outer policy - bb");
  start_with({{"nodes", "aa"}, {"policy", "bb"}});
  CHECK(w.outer.count("SELECT COUNT(*) FROM operator_log") == 2);
  start_with({{"nodes", "aa"}, {"policy", "cc"}});
  start_with({{"nodes", "dd"}, {"policy", "cc"}});
  start_with({{"nodes", "dd"}, {"policy", "bb"}});  // the old one again is a change as well
  CHECK(lines() ==
        "gateway-outer nodes - aa, gateway-outer policy - bb, gateway-outer policy bb cc, gateway-outer nodes aa dd, "
        "gateway-outer policy cc bb");
}

TEST_CASE("a gap in what comes from the other side is told, with the numbers to ask for") {
  World w;
  std::vector<Bytes> bundles;
  for (int i = 1; i <= 5; ++i) bundles.push_back(w.from_portal.next(i, "x"));
  REQUIRE_FALSE(w.inner->take_from_carrier({bundles[0]}).front().error);
  const auto gap = [&] {
    std::string about;
    REQUIRE(w.inner->journal().read([&](storage::Transaction& t) {
      for (const auto& alarm : w.inner->alarms(t))
        if (alarm.code == "alarm.gap") about = alarm.about;
    }));
    return about;
  };
  REQUIRE_FALSE(w.inner->take_from_carrier({bundles[4]}).front().error);
  CHECK(gap().empty());
  w.clock->advance(std::chrono::hours(4));
  CHECK(gap() == "portal>approval 2 4");
  // That just these were asked for stands beside it; others are another matter.
  const auto asked_ms = [&] {
    std::int64_t at = -1;
    REQUIRE(w.inner->journal().read([&](storage::Transaction& t) {
      for (const auto& alarm : w.inner->alarms(t))
        if (alarm.code == "alarm.gap") at = alarm.asked_ms;
    }));
    return at;
  };
  REQUIRE(w.inner->request_again("portal>approval", 2, 3, kXie, "some of them"));
  CHECK(asked_ms() == 0);
  REQUIRE(w.inner->request_again("portal>approval", 2, 4, kXie, "all of them"));
  CHECK(asked_ms() == to_unix_ms(w.clock->now()));
  REQUIRE_FALSE(w.inner->take_from_carrier({bundles[1], bundles[3]}).front().error);
  w.clock->advance(std::chrono::hours(4));
  CHECK(gap() == "portal>approval 3 3");
  CHECK(asked_ms() == 0);
  REQUIRE_FALSE(w.inner->take_from_carrier({bundles[2]}).front().error);
  CHECK(gap().empty());
  // What a service has not handed over in order is never taken: nothing is missing of what goes out.
  REQUIRE(w.outer->take_from_service(bundles[0]));
  CHECK(gap().empty());
}

TEST_CASE("what the policy quarantined was told to its sender: it cannot come again, only be dismissed") {
  World w;
  auto strict = w.policy();
  strict.rules.erase(strict.rules.begin());
  w.inner.restart_with(strict);
  const auto bundle = w.from_portal.next(1, "x");
  REQUIRE(w.outer->take_from_service(bundle));
  w.carry_all();
  const auto view = exchange::parse_bundle(bundle).value();
  const Bytes digest(view.manifest_digest.begin(), view.manifest_digest.end());
  const auto id = World::id_of(bundle);
  CHECK(w.inner->retry(id, digest, kXie, "?").error().code == "quarantine.told");
  REQUIRE(w.inner->dismiss(id, digest, kXie, "known mistake of the sender"));
  CHECK(w.inner.count("SELECT COUNT(*) FROM bundle WHERE ended_ms = 0 AND state = 'ended'") == 0);
}

TEST_CASE("what a unit has lost, it asks for and gets again, and its end where it has ended") {
  World w;
  const auto first = w.from_portal.next(1, "1"), second = w.from_portal.next(2, "2");
  REQUIRE(w.outer->take_from_service(first));
  REQUIRE(w.outer->take_from_service(second));
  w.carry_all();
  CHECK(w.outer.state_of(World::id_of(first)) == "carried");
  // An old backup: nothing of the channel is known any more.
  REQUIRE(w.inner->journal().write([](storage::Transaction& t) {
    for (const auto* table : {"bundle", "bundle_bytes", "channel", "subject_order", "tally"})
      t.execute("DELETE FROM " + std::string(table) +
                (std::string(table) == "channel" ? " WHERE name = 'portal>approval'" : ""));
  }));
  CHECK(w.inner->request_again("approval>portal", 1, 2, kXie, "?").error().code == "channel.unknown");
  CHECK(w.inner->request_again("portal>approval", 0, 2, kXie, "?").error().code == "channel.range");
  REQUIRE(w.inner->request_again("portal>approval", 1, 2, kXie, "restored from a backup"));
  w.carry_all();
  CHECK(w.deliverable(w.inner).size() == 2);
  CHECK(w.apply_all(w.inner, w.approval).size() == 2);
  w.carry_all();
  CHECK(w.outer.state_of(World::id_of(first)) == "ended");
}

TEST_CASE("what a unit has lost before others that it has is taken when those vouch for it, and nothing else is") {
  World w;
  std::vector<Bytes> bundles;
  for (int i = 0; i < 3; ++i) bundles.push_back(w.from_portal.next(1, std::to_string(i)));
  auto twin = w.from_portal;
  bundles.push_back(w.from_portal.next(1, "the last"));
  for (const auto& one : bundles) REQUIRE(w.outer->take_from_service(one));
  w.carry_all();
  const auto lose = [&](Side& side, const std::string& which) {
    REQUIRE(side->journal().write([&](storage::Transaction& t) {
      t.execute("DELETE FROM bundle WHERE channel = 'portal>approval' AND sequence IN (" + which + ")");
    }));
  };
  const auto bring = [&] {
    w.outer.restart();  // tries again at once
    w.carry_all();
    auto there = w.deliverable(w.inner);
    std::sort(there.begin(), there.end());
    return there;
  };
  std::vector<std::string> all;
  for (const auto& one : bundles) all.push_back(World::id_of(one));
  std::sort(all.begin(), all.end());
  SECTION("by the one behind it, also of several that follow each other") {
    lose(w.inner, "2, 3");
    REQUIRE(w.inner->request_again("portal>approval", 2, 3, kXie, "they are gone"));
    bring();
    CHECK(bring() == all);
  }
  SECTION("by the head of the channel") {
    lose(w.inner, "4");
    const auto other = twin.next(1, "another");
    CHECK(code_of(w.inner->take_from_carrier({other})[0].receipt.whole()) == "bundle.fork");
    REQUIRE(w.inner->request_again("portal>approval", 4, 4, kXie, "it is gone"));
    CHECK(bring() == all);
  }
  SECTION("also its end alone, where it has ended") {
    w.apply_all(w.inner, w.approval);
    w.carry_all();
    lose(w.inner, "2");
    REQUIRE(w.inner->request_again("portal>approval", 2, 2, kXie, "it is gone"));
    w.carry_all();
    w.carry_all();
    CHECK(w.inner.state_of(World::id_of(bundles[1])) == "ended");
  }
  CHECK(w.outer.count("SELECT COUNT(*) FROM bundle WHERE code <> ''") == 0);
  // The order of its subject is what it was.
  const auto next = w.from_portal.next(1, "next");
  REQUIRE(w.outer->take_from_service(next));
  w.carry_all();
  CHECK(w.deliverable(w.inner).back() == World::id_of(next));
}

TEST_CASE("what the sender's unit has lost it has its service hand over again when the other unit asks for it") {
  World w;
  std::vector<Bytes> bundles;
  for (int i = 0; i < 4; ++i) bundles.push_back(w.from_portal.next(i, "x"));
  for (const auto& one : bundles) REQUIRE(w.outer->take_from_service(one));
  REQUIRE(w.outer->journal().write([](storage::Transaction& t) {
    t.execute("DELETE FROM bundle WHERE channel = 'portal>approval' AND sequence IN (2, 3)");
  }));
  w.carry_all();
  CHECK(w.deliverable(w.inner).size() == 2);
  CHECK_FALSE(w.outer->wanted_again("portal>approval").value());
  REQUIRE(w.inner->request_again("portal>approval", 1, 4, kXie, "they do not come"));
  w.carry_all();
  CHECK(w.outer->wanted_again("portal>approval").value() == 2);
  CHECK_FALSE(w.outer->wanted_again("portal>approval").value());  // not at once again
  for (std::size_t i = 1; i < bundles.size(); ++i) CHECK(w.outer->take_from_service(bundles[i]));
  w.carry_all();
  CHECK(w.deliverable(w.inner).size() == 4);
  CHECK(w.outer.count("SELECT sequence FROM channel WHERE name = 'portal>approval'") == 4);
  w.outer.restart();
  CHECK_FALSE(w.outer->wanted_again("portal>approval").value());
}

TEST_CASE("counts are kept with every change of state") {
  World w;
  const auto counted = [](Side& side) {
    return side.text(
        "SELECT COALESCE(group_concat(channel || place || bundles || '/' || bytes, ' '), '') FROM (SELECT * "
        "FROM tally WHERE bundles <> 0 ORDER BY channel, place)");
  };
  const auto real = [](Side& side) {
    return side.text(
        "SELECT COALESCE(group_concat(channel || place || n || '/' || b, ' '), '') FROM (SELECT channel, CASE WHEN "
        "state "
        "<> 'ended' THEN state WHEN code = '' THEN 'applied' ELSE 'not_applied' END AS place, COUNT(*) AS n, SUM(size) "
        "AS b FROM bundle WHERE kind <> 'receipts' GROUP BY 1, 2 ORDER BY 1, 2)");
  };
  const auto same = [&] {
    CHECK(counted(w.outer) == real(w.outer));
    CHECK(counted(w.inner) == real(w.inner));
  };
  w.outer.restart_with(holding(w, 1));
  for (int i = 1; i <= 4; ++i) REQUIRE(w.outer->take_from_service(w.from_portal.next(i, std::to_string(i))));
  same();
  REQUIRE(w.outer->release(w.outer.text("SELECT id FROM bundle WHERE sequence = 1"), kZou, "y"));
  REQUIRE(w.outer->release(w.outer.text("SELECT id FROM bundle WHERE sequence = 2"), kZou, "y"));
  REQUIRE(w.outer->refuse(w.outer.text("SELECT id FROM bundle WHERE sequence = 3"), kZou, "n"));
  same();
  w.carry_all();
  same();
  w.apply_all(w.inner, w.approval);
  same();
  w.carry_all();
  w.clock->advance(std::chrono::hours(48));
  REQUIRE(w.outer->expire());
  REQUIRE(w.outer->sweep());
  same();
}

TEST_CASE("what waits for hours that are taken out of the policy gets its turn with the first look after the start") {
  World w;
  auto policy = w.policy();
  policy.rules[0].hours.openings = {parse_opening("daily 08:00-18:00").value()};
  w.inner.restart_with(policy);
  const auto dossier = w.from_portal.next(1, "dossier");
  w.from_portal.kind = "material";
  const auto behind = w.from_portal.next(1, "behind it");
  for (const auto& one : {dossier, behind}) REQUIRE(w.outer->take_from_service(one));
  w.carry_all();
  REQUIRE(w.inner->open_up());
  REQUIRE(w.deliverable(w.inner).empty());
  SECTION("the hours") { w.inner.restart_with(w.policy()); }
  SECTION("the whole rule") {
    policy.rules.erase(policy.rules.begin());
    w.inner.restart_with(policy);
  }
  REQUIRE(w.inner->open_up());
  CHECK(w.deliverable(w.inner) == std::vector{World::id_of(dossier), World::id_of(behind)});
}

TEST_CASE("however many came at one moment and wait for others, those behind them get their turn") {
  World w;
  auto policy = w.policy();
  policy.rules[0].hours.openings = {parse_opening("daily 08:00-18:00").value()};
  w.inner.restart_with(policy);
  std::vector<Bytes> bundles;
  constexpr int waiting = 600, next = 50;
  for (int i = 0; i < waiting + next; ++i) {
    const auto subject = Bytes{static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)};
    // Those before most of them have not come.
    const auto before = i < waiting ? std::uint64_t{1} : std::uint64_t{0};
    exchange::BundleDraft draft;
    draft.id = exchange::new_bundle_id(w.clock->now());
    draft.from = "portal";
    draft.to = "approval";
    draft.kind = "dossier";
    draft.subject = Bytes(16);
    std::copy(subject.begin(), subject.end(), draft.subject.begin());
    draft.created = w.clock->now();
    draft.expires = w.clock->now() + std::chrono::hours(24);
    ++w.from_portal.place.sequence;
    draft.place = w.from_portal.place;
    draft.place.subject_sequence = before + 1;
    auto built = exchange::build_bundle(draft, bytes_of("x"), w.portal.key, w.approval.key.public_key()).value();
    w.from_portal.place.previous_digest = built.manifest_digest;
    bundles.push_back(std::move(built.bytes));
  }
  for (const auto& one : w.inner->take_from_carrier(bundles)) REQUIRE_FALSE(one.error);
  REQUIRE(w.inner->open_up());
  w.clock->advance(std::chrono::hours(4));
  REQUIRE(w.inner->open_up());
  CHECK(w.deliverable(w.inner).size() == next);
}

TEST_CASE("what was not given in a round because something before it could not be is not given later in that round") {
  World w;
  // 04:26 local time on a Friday.
  auto policy = w.policy();
  policy.rules[0].hours.openings = {parse_opening("daily 04:00-05:00").value()};
  w.inner.restart_with(policy);
  std::vector<std::string> ids;
  const auto send = [&](int subject, const std::string& kind) {
    w.from_portal.kind = kind;
    const auto bundle = w.from_portal.next(subject, "x");
    ids.push_back(World::id_of(bundle));
    REQUIRE(w.outer->take_from_service(bundle));
  };
  send(1, "dossier");
  send(2, "material");
  send(1, "material");  // behind the first
  send(3, "material");
  w.carry_all();
  REQUIRE(w.deliverable(w.inner) == ids);
  const auto page = [&](std::int64_t after, std::int64_t limit) {
    std::vector<std::string> given;
    for (const auto& one : w.inner->deliver(after, limit, 1 << 20).value()) given.push_back(one.entry.id);
    return given;
  };
  const std::vector all_later{ids[0], ids[1], ids[2], ids[3]};
  SECTION("when its hours begin meanwhile") {
    w.clock->advance(std::chrono::hours(1));
    REQUIRE(page(0, 1) == std::vector{ids[1]});
    w.clock->advance(std::chrono::hours(23));
    CHECK(page(2, 10) == std::vector{ids[3]});
  }
  SECTION("when they end and begin meanwhile") {
    REQUIRE(page(1, 1) == std::vector<std::string>{});  // no round has begun
    w.clock->advance(std::chrono::hours(24));
    REQUIRE(page(0, 1) == std::vector{ids[0]});
    w.clock->advance(std::chrono::hours(1));
    REQUIRE(page(1, 1) == std::vector{ids[1]});
    w.clock->advance(std::chrono::hours(23));
    CHECK(page(2, 10) == std::vector{ids[3]});
  }
  SECTION("when a stop of its channel ends meanwhile") {
    REQUIRE(w.inner->stop_channel("portal>approval", "alice", "look"));
    REQUIRE(page(0, 1).empty());
    REQUIRE(w.inner->resume_channel("portal>approval", "alice", "seen"));
    CHECK(page(2, 10).empty());
  }
  SECTION("when the unit was started again meanwhile, which cannot know what it had not given") {
    w.clock->advance(std::chrono::hours(1));
    REQUIRE(page(0, 1) == std::vector{ids[1]});
    w.clock->advance(std::chrono::hours(23));
    w.inner.restart();
    CHECK(page(2, 10).empty());
  }
  CHECK(page(0, 10) == all_later);
}

}  // namespace jindu::gateway::test
