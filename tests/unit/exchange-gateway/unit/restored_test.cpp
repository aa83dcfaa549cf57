// A unit's disk is lost and an older journal put back: it finds out, sends nothing until two people have approved a new
// epoch, gets back what it has forgotten, and everything is applied once, in order, again and again.
#include <jindu/v1/epoch.pb.h>

#include <catch2/catch.hpp>

#include "../world.hpp"
#include "common/runtime/messages.hpp"
#include "exchange-gateway/store/restoration.hpp"

namespace jindu::gateway::test {
namespace {

const std::string kHe = "何安 1111111111111111", kHeAgain = "何安 2222222222222222", kWei = "魏澜 3333333333333333";

// A service as the product's own is: it keeps what the other side does not have yet, follows its receipts, and knows
// again what it has applied.
struct Desk {
  Side& side;
  Sender& sender;
  const evidence::NodeSigner& signer;
  const World& world;
  struct Sent {
    Bytes bundle;
    std::string id;
    int subject = 0;
    bool handed_over = false, kept = true;
    std::set<std::int64_t> rungs = {};
    std::vector<Bytes> by_unit = {};  // receipts of our own unit
  };
  std::vector<Sent> sent = {};
  std::int64_t cursor = 0;
  std::map<std::string, Bytes> inbox = {};
  std::vector<std::string> applied = {};

  std::string channel() const { return exchange::channel_of(sender.name, sender.peer); }

  void send(int subject, const std::string& text) {
    auto bundle = sender.next(subject, text);
    auto id = World::id_of(bundle);
    sent.push_back({std::move(bundle), std::move(id), subject});
  }

  void again_from(std::int64_t sequence) {
    for (std::size_t i = static_cast<std::size_t>(sequence - 1); i < sent.size(); ++i)
      if (sent[i].kept) sent[i].handed_over = false;
  }

  // Gives the code of what stopped it; empty when everything is handed over.
  std::string hand_over() {
    for (int round = 0; round < 100; ++round) {
      const auto next = std::find_if(sent.begin(), sent.end(), [](const Sent& one) { return !one.handed_over; });
      if (next == sent.end()) return "";
      const auto taken = side->take_from_service(next->bundle);
      if (taken) {
        next->handed_over = true;
        continue;
      }
      if (taken.error().code != "bundle.gap") return taken.error().code;
      const auto before = next - sent.begin();
      again_from(std::stoll(taken.error().field));
      if (std::find_if(sent.begin(), sent.end(), [](const Sent& one) { return !one.handed_over; }) - sent.begin() ==
          before)
        return "bundle.gap";
    }
    return "without end";
  }

  void follow() {
    for (;;) {
      std::int64_t handed_over = 0;
      for (std::size_t i = 0; i < sent.size(); ++i)
        if (sent[i].handed_over) handed_over = static_cast<std::int64_t>(i) + 1;
      const auto list = side->receipts(cursor, 1000, {channel(), handed_over}).value();
      for (const auto& one : list) {
        cursor = std::max(cursor, one.number);
        const auto receipt = exchange::open_receipt(one.receipt.whole(), side->trust()).value();
        for (auto& mine : sent)
          if (mine.id == one.id &&
              exchange::parse_bundle(mine.bundle).value().manifest_digest == receipt.manifest_digest) {
            mine.rungs.insert(receipt.rung);
            if (receipt.party == side->options().name) mine.by_unit.push_back(one.receipt.whole());
            // As mark_arrived of the outbox.
            if (receipt.rung >= jindu::v1::RUNG_CARRIED) {
              mine.kept = false;
              mine.handed_over = true;
            }
          }
      }
      remind();
      const auto taken = side->taken_up_to(channel()).value();
      if (taken && static_cast<std::int64_t>(taken->sequence) < handed_over)
        again_from(static_cast<std::int64_t>(taken->sequence) + 1);
      if (list.empty()) return;
    }
  }

  // What our unit had said of the end of bundles, where it asks.
  void remind() {
    const auto asked = side->forgotten(channel()).value();
    if (!asked) return;
    std::vector<Bytes> told;
    for (std::size_t i = 0; i < sent.size(); ++i) {
      const auto sequence = static_cast<std::int64_t>(i) + 1;
      const bool open = std::find(asked->open.begin(), asked->open.end(), sequence) != asked->open.end();
      if (sent[i].by_unit.empty() || (sequence <= asked->after && !open)) continue;
      const auto view = exchange::parse_bundle(sent[i].bundle).value();
      jindu::v1::Remembered one;
      one.set_manifest(view.manifest_bytes.data(), view.manifest_bytes.size());
      one.set_signature(view.signature.data(), view.signature.size());
      for (const auto& receipt : sent[i].by_unit) one.add_receipts(receipt.data(), receipt.size());
      told.push_back(encode(one));
    }
    // A part is not all: the unit goes on asking.
    REQUIRE(side->remember_from_service({told.begin(), told.begin() + std::ptrdiff_t(told.size() / 2)}, false));
    REQUIRE(side->forgotten(channel()).value());
    REQUIRE(side->remember_from_service({told.begin() + std::ptrdiff_t(told.size() / 2), told.end()}, true));
  }

  void fetch() {
    for (const auto& id : world.deliverable(side)) {
      const auto bundle = side->deliver(id).value();
      auto& receipt = inbox[id];
      if (receipt.empty()) {
        receipt = world.receipt(signer, bundle, jindu::v1::RUNG_APPLIED);
        applied.push_back(id);
      }
      REQUIRE(side->service_receipt(receipt));
    }
  }

  std::vector<std::string> ids() const {
    std::vector<std::string> list;
    for (const auto& one : sent) list.push_back(one.id);
    return list;
  }
};

struct Two {
  World w;
  Desk portal{w.outer, w.from_portal, w.portal, w};
  Desk approval{w.inner, w.from_approval, w.approval, w};

  Side& of(bool outer) { return outer ? w.outer : w.inner; }
  Desk& desk(bool outer) { return outer ? portal : approval; }

  void exchange() {
    for (int round = 0; round < 6; ++round) {
      for (auto* one : {&portal, &approval}) {
        one->hand_over();
        one->follow();
      }
      w.carry_all();
      for (auto* one : {&portal, &approval}) one->fetch();
      w.clock->advance(std::chrono::minutes(2));
    }
    w.carry_all();
    for (auto* one : {&portal, &approval}) one->follow();
  }

  // What the portal sends is held from now on; one is.
  void begin_held() {
    auto policy = w.policy();
    policy.rules.front().hold = true;
    w.outer.restart_with(policy);
    portal.send(1, "held in the backup");
    portal.hand_over();
  }

  // What is held is released and crosses, and the outer unit gets a copy of its disk from before; its id.
  std::string forget_a_release() {
    begin_held();
    const auto backup = w.folder / "backup";
    w.outer.back_up(backup);
    auto id = portal.ids().front();
    REQUIRE(w.outer->release(id, kHe, "read"));
    exchange();
    w.outer.restore(backup);
    return id;
  }

  // A backup of a unit from after something has crossed both ways.
  std::filesystem::path begun_and_backed_up(bool outer) {
    portal.send(1, "before");
    approval.send(1, "status before");
    exchange();
    of(outer).back_up(w.folder / "backup");
    return w.folder / "backup";
  }

  std::string recovery(bool outer) {
    std::string state;
    REQUIRE(of(outer)->journal().read(
        [&](storage::Transaction& t) { state = store::to_text(store::open_restoration(t).recovery()); }));
    return state;
  }

  std::int64_t epoch(bool outer, bool seen_by_outer) {
    const std::string channel = outer ? "gateway-outer>gateway-inner" : "gateway-inner>gateway-outer";
    return of(seen_by_outer).count("SELECT epoch FROM channel WHERE name = '" + channel + "'");
  }

  void approve(bool outer) {
    CHECK_FALSE(of(outer)->approve_epoch(kHe, "the disk was replaced").value().done);
    CHECK(of(outer)->approve_epoch(kHe, "once more").error().code == "epoch.said_already");
    CHECK(of(outer)->approve_epoch(kHeAgain, "with another certificate").error().code == "epoch.said_already");
    CHECK(of(outer)->approve_epoch(kWei, "I have looked at the protocol").value().done);
    CHECK(of(outer)->approve_epoch(kWei, "late").error().code == "epoch.not_due");
  }

  // Everything was applied once and in order per subject, both sides say so, and so do both services.
  void check_promise() {
    const std::pair<Desk*, Desk*> ways[] = {{&portal, &approval}, {&approval, &portal}};
    for (const auto& [from, to] : ways) {
      INFO(from->channel());
      std::map<std::string, int> subject_of;
      std::map<int, std::vector<std::string>> sent, applied;
      for (const auto& one : from->sent) {
        subject_of[one.id] = one.subject;
        sent[one.subject].push_back(one.id);
        INFO(one.id);
        CHECK(one.rungs.contains(jindu::v1::RUNG_APPLIED));
        // An answer that got lost is asked for again.
        CHECK(rung_of(from->side->take_from_service(one.bundle)) == "stored");
        CHECK(from->side.state_of(one.id) == "ended");
        CHECK(to->side.state_of(one.id) == "ended");
        for (auto* side : {&from->side, &to->side})
          CHECK(side->text("SELECT code FROM bundle WHERE id = '" + one.id + "'").empty());
      }
      for (const auto& id : to->applied) applied[subject_of.at(id)].push_back(id);
      CHECK(applied == sent);
    }
    for (auto* side : {&w.outer, &w.inner}) {
      CHECK(side->count("SELECT COUNT(*) FROM stray") == 0);
      CHECK(side->count("SELECT COUNT(*) FROM restoration WHERE healed_ms = 0") == 0);
    }
  }

  // What crosses and ends while nobody takes a backup; some of it only half of its way.
  void live(int round) {
    const auto name = [&](const char* what) { return std::to_string(round) + what; };
    portal.send(1, name("applied"));
    approval.send(1, name("status applied"));
    exchange();
    // Carried and applied, but the word of it is not back; carried only; only stored.
    portal.send(1, name("applied, untold"));
    portal.send(2, name("carried"));
    approval.send(2, name("status, untold"));
    portal.hand_over();
    approval.hand_over();
    for (auto [from, to] : {std::pair(&w.outer, &w.inner), std::pair(&w.inner, &w.outer)}) {
      auto loads = from->unit().load(1000, 1 << 30).value();
      if (round % 2 == 0 && loads.size() > 1) {
        // The first did not cross, those behind it did.
        from->unit().came_back({loads.front().id});
        loads.erase(loads.begin());
      }
      REQUIRE(from->unit().carried(to->unit().take_from_carrier(World::bytes_of_loads(loads))));
    }
    approval.fetch();
    portal.fetch();
    portal.send(1, name("stored"));
    portal.send(3, name("stored, of another"));
    approval.send(1, name("status stored"));
    portal.hand_over();
    approval.hand_over();
    portal.follow();
    approval.follow();
  }
};

// All that a side has to say and to give, under way; and its coming to the other side, whose answers come back.
std::vector<Unit::Load> say(Side& from) {
  while (from->build_control().value()) {
  }
  return from->load(1000, 1 << 30).value();
}

void arrive(Side& from, const std::vector<Unit::Load>& loads, Side& to) {
  REQUIRE_FALSE(loads.empty());
  REQUIRE(from->carried(to->take_from_carrier(World::bytes_of_loads(loads))));
}

}  // namespace

TEST_CASE("a restored unit sends nothing until two people have approved a new epoch, and then everything is healed") {
  const bool outer = GENERATE(true, false);
  INFO((outer ? "outer" : "inner"));
  Two two;
  auto& w = two.w;
  const auto backup = two.begun_and_backed_up(outer);
  two.live(1);
  two.of(outer).restore(backup);

  two.desk(outer).follow();
  CHECK(two.recovery(outer) == "halted");
  two.desk(outer).send(4, "new");
  CHECK(two.desk(outer).hand_over() == "unit.restored");
  CHECK_FALSE(two.of(outer)->build_control().value());
  CHECK(two.of(outer)->load(1000, 1 << 30).value().empty());
  CHECK(two.of(outer)->to_load(1000, 1 << 30).value().list.empty());
  CHECK(w.deliverable(two.of(outer)).empty());
  std::vector<Alarm> alarms;
  REQUIRE(two.of(outer)->journal().read([&](storage::Transaction& t) { alarms = two.of(outer)->alarms(t); }));
  CHECK(std::count_if(alarms.begin(), alarms.end(), [](const Alarm& a) {
          return a.code == "alarm.restored" && a.about == "halted" && a.level == Level::red;
        }) == 1);
  two.of(outer).restart();
  CHECK(two.recovery(outer) == "halted");

  two.approve(outer);
  CHECK(two.recovery(outer) == "healing");
  two.exchange();
  CHECK(two.recovery(outer) == "none");
  CHECK(two.epoch(outer, true) == 2);
  CHECK(two.epoch(outer, false) == 2);
  // The other side's operators can read who has approved it.
  CHECK(two.of(!outer).text("SELECT reason FROM operator_log WHERE act = 'epoch'").find("何安") != std::string::npos);
  two.check_promise();
}

TEST_CASE("a unit may be restored again and again, also from what is older than an earlier restoration") {
  const bool outer = GENERATE(true, false), hears = GENERATE(true, false);
  INFO((outer ? "outer" : "inner") << (hears ? ", hears" : ", does not hear"));
  Two two;
  two.portal.send(1, "before");
  two.approval.send(1, "status before");
  two.exchange();
  const auto oldest = two.w.folder / "oldest", backup = two.w.folder / "backup";
  two.of(outer).back_up(oldest);
  for (int round = 1; round <= 4; ++round) {
    INFO("round " << round);
    two.of(outer).back_up(backup);
    two.live(round);
    two.of(outer).restore(round == 3 ? oldest : backup);
    two.desk(outer).follow();
    REQUIRE(two.recovery(outer) == "halted");
    if (hears) two.w.carry_all();  // what the other unit says meanwhile, such as how many epochs there were
    two.approve(outer);
    two.exchange();
    REQUIRE(two.recovery(outer) == "none");
    CHECK(two.epoch(outer, true) == two.epoch(outer, false));
    CHECK(two.epoch(outer, true) >= round + 1);
    if (hears) CHECK(two.epoch(outer, true) == round + 1);
    two.check_promise();
  }
}

TEST_CASE(
    "a place in an epoch of the same number, which the other unit knows from an earlier restoration, is not ours") {
  const bool outer = GENERATE(true, false);
  INFO((outer ? "outer" : "inner"));
  Two two;
  const auto backup = two.begun_and_backed_up(outer);
  for (int round = 0; round < 2; ++round) {
    two.live(round + 1);
    two.of(outer).restore(backup);
    two.desk(outer).follow();
    REQUIRE(two.recovery(outer) == "halted");
    two.approve(outer);
    if (round == 0) two.exchange();
  }
  // Of the second restoration the other unit has not heard.
  REQUIRE(two.epoch(outer, true) == 2);
  REQUIRE(two.epoch(outer, false) == 2);
  REQUIRE(two.of(outer)->build_control().value());
  REQUIRE_FALSE(two.of(outer)->load(1000, 1 << 30).value().empty());  // and all of it is lost
  // What a ferry or diode brings: up to where nothing is missing there.
  const auto lost = [&] {
    return two.of(outer).count(
        "SELECT COUNT(*) FROM bundle WHERE kind = 'receipts' AND outward = 1 AND epoch = 2 AND "
        "state = 'waiting'");
  };
  const auto before = lost();
  REQUIRE(before > 0);
  REQUIRE(two.of(outer)->journal().write(
      [&](storage::Transaction& t) { two.of(outer)->control_arrived(t, position_of(2, 1)); }));
  CHECK(lost() == before);
  two.of(outer)->forget_leases();
  two.exchange();
  CHECK(two.recovery(outer) == "none");
  CHECK(two.epoch(outer, true) == 3);
  CHECK(two.epoch(outer, false) == 3);
  two.check_promise();
}

TEST_CASE("both units are restored one after the other") {
  Two two;
  two.exchange();
  const auto backup = two.w.folder / "backup";
  for (int round = 1; round <= 4; ++round) {
    const bool outer = round % 2 == 1;
    INFO("round " << round);
    two.of(outer).back_up(backup);
    two.live(round);
    two.of(outer).restore(backup);
    two.desk(outer).follow();
    REQUIRE(two.recovery(outer) == "halted");
    two.approve(outer);
    two.exchange();
    REQUIRE(two.recovery(true) == "none");
    REQUIRE(two.recovery(false) == "none");
    two.check_promise();
  }
  CHECK(two.epoch(true, false) == 3);
  CHECK(two.epoch(false, true) == 3);
}

TEST_CASE("a unit is restored to before the other one's new epoch, or while that one waits for its answer") {
  const bool outer = GENERATE(true, false), waits = GENERATE(true, false);
  INFO((outer ? "outer" : "inner") << (waits ? ", waits" : ", healed"));
  Two two;
  two.portal.send(1, "before");
  two.approval.send(1, "status before");
  two.exchange();
  const auto backup = two.w.folder / "backup", of_other = two.w.folder / "of-other";
  two.of(outer).back_up(backup);
  two.of(!outer).back_up(of_other);
  two.live(1);
  two.of(outer).restore(backup);
  two.desk(outer).follow();
  two.approve(outer);
  if (waits) {
    // Its question reaches the other unit, which is lost with the answer.
    while (two.of(outer)->build_control().value()) {
    }
    const auto loads = two.of(outer)->load(1000, 1 << 30).value();
    REQUIRE_FALSE(loads.empty());
    REQUIRE(two.of(outer)->carried(two.of(!outer)->take_from_carrier(World::bytes_of_loads(loads))));
  } else {
    two.exchange();
    two.live(2);
  }
  two.of(!outer).restore(of_other);
  two.desk(!outer).follow();
  REQUIRE(two.recovery(!outer) == "halted");
  two.approve(!outer);
  two.exchange();
  // What was with both units alone nobody has any more; the rest is as it should be.
  CHECK(two.recovery(outer) == "none");
  CHECK(two.recovery(!outer) == "none");
  for (const bool one : {true, false}) {
    CHECK(two.epoch(one, true) == 2);
    CHECK(two.epoch(one, false) == 2);
  }
  if (!waits) two.check_promise();
}

TEST_CASE("a unit is restored to before its question of the same epoch was answered") {
  Two two;
  auto& w = two.w;
  two.portal.send(1, "before");
  two.approval.send(1, "status before");
  two.exchange();
  const auto backup = w.folder / "backup", asking = w.folder / "asking";
  w.inner.back_up(backup);
  two.live(1);
  w.inner.restore(backup);
  two.approval.follow();
  two.approve(false);
  // As by a medium: the other unit cannot say at once what it does not take.
  const auto cross = [&](Side& from, Side& to) {
    const auto bundles = World::bytes_of_loads(say(from));
    from->forget_leases();
    return to->take_from_carrier(bundles);
  };
  cross(w.inner, w.outer);
  w.inner.back_up(asking);
  // The answer reaches the unit that is lost then, which has said something in the new epoch.
  cross(w.outer, w.inner);
  REQUIRE(w.inner->say_hello());
  cross(w.inner, w.outer);
  cross(w.outer, w.inner);
  w.inner.restore(asking);
  REQUIRE(w.inner->say_hello());
  const auto custody = cross(w.inner, w.outer);
  CHECK(std::any_of(custody.begin(), custody.end(),
                    [](const Custody& one) { return one.error && one.error->code == "control.forgotten"; }));
  // It was told only now how far its control bundles are there, so it is told again a little later.
  CHECK_FALSE(w.outer->build_control().value());
  w.clock->advance(std::chrono::seconds(6));
  CHECK(w.outer->build_control().value());
  cross(w.outer, w.inner);
  CHECK(two.epoch(false, false) == 3);
  two.exchange();
  CHECK(two.recovery(false) == "none");
  two.check_promise();
}

TEST_CASE("what the other side has behind a gap is stepped over when the service has filled that") {
  Two two;
  two.exchange();
  const auto backup = two.w.folder / "backup";
  two.w.outer.back_up(backup);
  two.portal.send(1, "crosses");
  two.portal.send(2, "does not cross");
  two.portal.send(3, "crosses, too");
  CHECK(two.portal.hand_over().empty());
  auto loads = two.w.outer->load(1000, 1 << 30).value();
  std::erase_if(loads, [&](const Unit::Load& one) { return one.id == two.portal.ids()[1]; });
  REQUIRE(loads.size() == 2);
  arrive(two.w.outer, loads, two.w.inner);
  two.w.outer.restore(backup);
  two.portal.follow();
  two.approve(true);
  two.portal.follow();
  two.portal.again_from(1);  // its unit wanted all of them again
  two.w.carry_all();
  REQUIRE(two.recovery(true) == "none");
  two.portal.follow();  // that two have crossed
  CHECK(two.recovery(true) == "none");
  two.portal.send(4, "behind them");
  CHECK(two.portal.hand_over().empty());
  CHECK(two.recovery(true) == "none");
  two.exchange();
  two.check_promise();
}

TEST_CASE("what a service had said or sent before it handed over again shows no second restoration") {
  Two two;
  auto& w = two.w;
  const auto backup = two.begun_and_backed_up(true);
  two.portal.send(1, "only stored");
  two.portal.send(2, "only stored, too");
  CHECK(two.portal.hand_over().empty());
  w.outer.restore(backup);
  two.portal.follow();
  two.approve(true);
  two.portal.follow();
  w.carry_all();
  REQUIRE(two.recovery(true) == "none");
  const auto channel = two.portal.channel();
  // The unit holds the question of a service that is gone meanwhile, and looks at it again whenever there is news.
  const Unit::Handed held{channel, 3}, newest{channel, 1};
  REQUIRE(w.outer->receipts(two.portal.cursor, 1000, held));
  two.portal.again_from(2);
  REQUIRE(w.outer->receipts(two.portal.cursor, 1000, newest));
  two.portal.send(3, "behind them");
  SECTION("a question that is held") { REQUIRE(w.outer->receipts(two.portal.cursor, 1000, held)); }
  SECTION("a bundle that was on its way") {
    CHECK(w.outer->take_from_service(two.portal.sent.back().bundle).error().code == "bundle.gap");
  }
  CHECK(two.recovery(true) == "none");
  two.exchange();
  two.check_promise();
  // From now on it is one again.
  w.outer.back_up(backup);
  two.portal.send(1, "forgotten");
  CHECK(two.portal.hand_over().empty());
  w.outer.restore(backup);
  REQUIRE(w.outer->receipts(two.portal.cursor, 1000, {channel, 5}));
  CHECK(two.recovery(true) == "halted");
  CHECK(w.outer.text("SELECT code FROM restoration ORDER BY number DESC LIMIT 1") == "restored.taken");
}

TEST_CASE("a control bundle that was forgotten is missed although later ones have come") {
  Two two;
  auto& w = two.w;
  const auto backup = two.begun_and_backed_up(true);
  // Of what ends before it crosses nothing but one control bundle tells.
  w.from_approval.kind = "forbidden";
  two.approval.send(1, "ends there");
  CHECK(two.approval.hand_over().empty());
  const auto ended = two.approval.ids().back();
  arrive(w.inner, say(w.inner), w.outer);
  REQUIRE(w.outer.state_of(ended) == "ended");
  w.outer.restore(backup);
  two.portal.follow();
  CHECK(two.recovery(true) == "none");
  w.from_approval.kind = "status";
  two.portal.send(1, "later");
  two.exchange();
  CHECK(two.recovery(true) == "halted");
  CHECK(w.outer.text("SELECT code FROM restoration") == "restored.read");
  two.approve(true);
  two.exchange();
  CHECK(two.recovery(true) == "none");
  CHECK(w.outer.state_of(ended) == "ended");
}

TEST_CASE("a unit that is restored while it heals is told again what it had been told") {
  Two two;
  auto& w = two.w;
  two.portal.send(1, "before");
  two.exchange();
  const auto before = w.folder / "before", healing = w.folder / "healing";
  w.outer.back_up(before);
  two.live(1);
  w.outer.restore(before);
  two.portal.follow();
  two.approve(true);
  two.portal.follow();  // its service has told what it knows, the other unit has not
  CHECK(two.recovery(true) == "healing");
  w.outer.back_up(healing);
  two.exchange();
  REQUIRE(two.recovery(true) == "none");
  w.from_portal.kind = "forbidden";
  two.portal.send(1, "ended here, as only the service knows");
  CHECK(two.portal.hand_over().empty());
  const auto forbidden = two.portal.ids().back();
  two.portal.follow();
  w.outer.restore(healing);
  w.from_portal.kind = "material";
  two.portal.send(1, "behind it");
  two.exchange();
  CHECK(two.recovery(true) == "none");
  CHECK(two.portal.hand_over().empty());
  CHECK(w.outer.text("SELECT code FROM bundle WHERE id = '" + forbidden + "'") == "policy.forbidden");
  CHECK(two.approval.applied.back() == two.portal.ids().back());
}

TEST_CASE("what ended after the other unit's answer, and was told before that came, is not forgotten again") {
  Two two;
  auto& w = two.w;
  two.exchange();
  const auto backup = w.folder / "backup";
  w.inner.back_up(backup);
  two.approval.send(1, "x");
  two.approval.hand_over();
  w.carry_all();
  two.approval.follow();
  w.inner.restore(backup);
  two.approval.follow();
  two.approve(false);
  arrive(w.inner, say(w.inner), w.outer);
  const auto answer = say(w.outer);
  two.portal.fetch();
  const auto end = say(w.outer);
  REQUIRE_FALSE(end.empty());
  arrive(w.outer, end, w.inner);
  arrive(w.outer, answer, w.inner);
  two.exchange();
  CHECK(two.recovery(false) == "none");
  two.check_promise();
}

TEST_CASE("a question which the other unit passes over without having read it is asked again") {
  Two two;
  auto& w = two.w;
  const auto backup = two.begun_and_backed_up(false);
  two.live(1);
  w.inner.restore(backup);
  two.approval.follow();
  two.approve(false);
  arrive(w.inner, say(w.inner), w.outer);
  // The answer, and a question with it, is late. A word comes before it, which shows that there is an answer.
  const auto answer = say(w.outer);
  REQUIRE(w.outer->say_hello());
  arrive(w.outer, say(w.outer), w.inner);
  const auto asked_again = say(w.inner);
  REQUIRE_FALSE(asked_again.empty());
  arrive(w.outer, answer, w.inner);
  // Our own answer overtakes what was asked again: the other unit takes it that it has read all before it.
  arrive(w.inner, say(w.inner), w.outer);
  arrive(w.inner, asked_again, w.outer);
  two.exchange();
  CHECK(two.recovery(false) == "none");
  two.check_promise();
}

TEST_CASE("a journal that is lost whole is as one that was restored from the very beginning") {
  Two two;
  const auto empty = two.w.folder / "empty";
  two.w.outer.back_up(empty);
  two.live(1);
  two.w.outer.restore(empty);
  two.portal.follow();
  REQUIRE(two.recovery(true) == "halted");
  two.approve(true);
  two.exchange();
  CHECK(two.recovery(true) == "none");
  two.check_promise();
}

TEST_CASE("each trace of what a unit has forgotten is enough to find out") {
  Two two;
  auto& w = two.w;
  const auto backup = two.begun_and_backed_up(true);
  const auto code = [&] { return w.outer.text("SELECT code FROM restoration ORDER BY number DESC LIMIT 1"); };
  SECTION("its service has receipts that it does not") {
    two.portal.send(1, "x");
    two.exchange();
    w.outer.restore(backup);
    CHECK(code().empty());
    two.portal.follow();
    CHECK(code() == "restored.receipts");
  }
  SECTION("its service has handed over what it does not have") {
    two.portal.send(1, "x");
    two.portal.hand_over();
    w.outer.restore(backup);
    REQUIRE(w.outer->receipts(0, 10, {"portal>approval", 2}));
    CHECK(code() == "restored.taken");
  }
  SECTION("its service was given another receipt under the same number") {
    w.outer.restore(backup);
    const auto number = w.outer.count("SELECT MAX(number) FROM receipt WHERE for_service = 1");
    const auto digest = to_hex(crypto::sha256(w.outer->receipts(number - 1, 1).value().front().receipt.whole()));
    REQUIRE(w.outer->receipts(number, 10, {"portal>approval", 0, 0, digest}));
    CHECK(code().empty());
    REQUIRE(w.outer->receipts(number, 10, {"portal>approval", 0, 0, std::string(64, '0')}));
    CHECK(code() == "restored.receipts");
  }
  SECTION("its service has concluded what it has not given out") {
    w.outer.restore(backup);
    REQUIRE(w.outer->receipts(0, 10, {"portal>approval", 0, 100}));
    CHECK(code() == "restored.delivered");
    // Found once: the number is not given out again, and the same word of the service says nothing new.
    REQUIRE(w.outer->receipts(0, 10, {"portal>approval", 0, 100}));
    CHECK(w.outer.count("SELECT COUNT(*) FROM restoration") == 1);
    CHECK(w.outer.count("SELECT value FROM unit_state WHERE name = 'delivery'") == 100);
  }
  SECTION("its service offers what follows something that it does not have") {
    two.portal.send(1, "x");
    two.portal.hand_over();
    w.outer.restore(backup);
    CHECK(w.outer->take_from_service(w.from_portal.next(1, "y")).error().code == "bundle.gap");
    CHECK(code() == "restored.taken");
  }
  SECTION("the other unit has another control bundle in the place") {
    two.approval.send(1, "x");
    two.approval.hand_over();
    w.carry_all();
    w.outer.restore(backup);
    two.approval.send(1, "y");
    two.approval.hand_over();
    w.carry_all();
    CHECK(code() == "restored.control");
  }
  SECTION("the other unit's voyage says what it has of us") {
    for (const auto& [read, control] : {std::pair(1, 0), std::pair(0, 1000)}) {
      w.outer.restore(backup);
      REQUIRE(w.outer->unloaded({"unloaded", "019a0000-0000-7000-8000-000000000001", 1, 1}, read, control));
      CHECK(code() == (read > 0 ? "restored.voyages" : "restored.control"));
    }
  }
  SECTION("the other unit has its receipt of custody, and both say hello when one begins") {
    two.approval.send(1, "x");
    two.approval.hand_over();
    REQUIRE(w.inner->carried(w.outer->take_from_carrier(World::bytes_of_loads(w.inner->load(10, 1 << 20).value()))));
    w.outer.restore(backup);
    REQUIRE(w.outer->say_hello());
    w.carry_all();
    CHECK(code() == "restored.custody");
  }
  SECTION("the other unit has our word that we have read what it said") {
    two.portal.send(1, "x");
    two.portal.hand_over();
    w.carry_all();
    w.outer.back_up(backup);
    two.approval.fetch();
    REQUIRE(w.inner->build_control().value());
    REQUIRE(w.inner->carried(w.outer->take_from_carrier(World::bytes_of_loads(w.inner->load(10, 1 << 20).value()))));
    w.outer.restore(backup);
    CHECK(w.outer.state_of(two.portal.ids().back()) == "carried");
    REQUIRE(w.outer->say_hello());
    w.carry_all();
    CHECK(code() == "restored.read");
  }
  SECTION("the other unit says now and then how far it has our control channel") {
    two.approval.send(1, "x");
    two.approval.hand_over();
    w.carry_all();
    w.outer.restore(backup);
    w.clock->advance(std::chrono::minutes(2));
    two.approval.side->receipts(0, 1);
    // Something for the other unit to say, while ours has nothing.
    REQUIRE(w.inner->reconcile(kHe));
    REQUIRE(w.inner->build_control().value());
    w.outer->take_from_carrier(World::bytes_of_loads(w.inner->load(100, 1 << 30).value()));
    CHECK(code() == "restored.control");
  }
  CHECK(two.recovery(true) == "halted");
}

TEST_CASE("what a unit had said of a bundle and has forgotten is never said otherwise") {
  Two two;
  auto& w = two.w;
  w.from_portal.lives = std::chrono::hours(1);
  w.from_approval.lives = std::chrono::hours(1);
  two.portal.send(1, "waits in the backup");
  two.portal.hand_over();
  two.approval.send(1, "arrives in the backup");
  two.approval.hand_over();
  const auto inward = w.inner->load(100, 1 << 30).value();
  w.outer->take_from_carrier(World::bytes_of_loads(inward));
  w.inner->came_back(World::ids_of(inward));
  const auto backup = w.folder / "backup";
  w.outer.back_up(backup);
  two.exchange();
  w.outer.restore(backup);
  two.portal.follow();
  REQUIRE(two.recovery(true) == "halted");
  w.clock->advance(std::chrono::hours(2));
  REQUIRE(w.outer->expire());
  CHECK(w.outer.count("SELECT COUNT(*) FROM receipt WHERE rung = 10") == 0);
  two.approve(true);
  REQUIRE(w.outer->expire());
  two.exchange();
  REQUIRE(w.outer->expire());
  two.exchange();
  CHECK(w.outer.count("SELECT COUNT(*) FROM receipt WHERE rung = 10") == 0);
  two.check_promise();
}

TEST_CASE("a held bundle that was released and has crossed cannot be refused by a unit that has forgotten it") {
  Two two;
  auto& w = two.w;
  const auto id = two.forget_a_release();
  two.portal.follow();
  CHECK(w.outer->refuse(id, kWei, "no").error().code == "unit.restored");
  two.approve(true);
  CHECK(w.outer->refuse(id, kWei, "no").error().code == "unit.restored");
  two.exchange();
  CHECK(w.outer->refuse(id, kWei, "no").error().code == "bundle.not_held");
  two.check_promise();
}

TEST_CASE("a restored unit that could not record what its service knows better decides nothing meanwhile") {
  Two two;
  auto& w = two.w;
  const auto id = two.forget_a_release();
  w.outer.restart(false);
  const auto in_journal = [&](const char* sql) {
    REQUIRE(w.outer->journal().write([&](storage::Transaction& t) { t.execute(sql); }));
  };
  in_journal("CREATE TRIGGER broken BEFORE INSERT ON restoration BEGIN SELECT RAISE(ABORT, 'a bad disk'); END");
  REQUIRE_FALSE(w.outer->receipts(1'000, 10));
  CHECK(w.outer->refuse(id, kWei, "no").error().code == "unit.just_begun");
  in_journal("DROP TRIGGER broken");
  two.portal.follow();
  CHECK(w.outer->refuse(id, kWei, "no").error().code == "unit.restored");
}

TEST_CASE("an old copy of a unit that was healed but for a word of its service cannot refuse what has crossed since") {
  Two two;
  auto& w = two.w;
  two.begin_held();
  const auto before = w.folder / "before", healing = w.folder / "healing";
  w.outer.back_up(before);
  const auto id = two.portal.ids().front();
  two.portal.send(2, "held, too");
  two.portal.hand_over();
  two.portal.follow();
  w.outer.restore(before);
  two.portal.follow();
  two.approve(true);
  w.carry_all();  // the other unit has told what it knows, its service has not
  REQUIRE(two.recovery(true) == "healing");
  w.outer.back_up(healing);
  two.exchange();
  REQUIRE(two.recovery(true) == "none");
  REQUIRE(w.outer->release(id, kHe, "read"));
  two.exchange();
  w.outer.restore(healing);
  REQUIRE(w.outer->say_hello());
  two.portal.follow();
  CHECK(two.recovery(true) == "healing");
  CHECK(w.outer->refuse(id, kWei, "no").error().code == "unit.restored");
  two.exchange();
  CHECK(two.recovery(true) == "none");
  CHECK(w.outer->refuse(id, kWei, "no").error().code == "bundle.not_held");
}

TEST_CASE("what may have been released and applied before a unit was restored cannot be refused") {
  Two two;
  auto& w = two.w;
  auto policy = w.policy();
  policy.rules.front().hold = true;
  w.inner.restart_with(policy);
  two.portal.send(1, "held in the backup");
  two.exchange();
  const auto backup = w.folder / "backup";
  w.inner.back_up(backup);
  const auto id = two.portal.ids().front();
  REQUIRE(w.inner->release(id, kHe, "read"));
  two.approval.fetch();
  REQUIRE(two.approval.applied == std::vector{id});
  two.approval.send(1, "by which the unit finds out");
  two.approval.hand_over();
  w.inner.restore(backup);
  two.approval.follow();
  two.approve(false);
  two.exchange();
  REQUIRE(two.recovery(false) == "none");
  CHECK(w.inner.state_of(id) == "held");
  CHECK(w.inner->refuse(id, kWei, "no").error().code == "unit.may_have_passed");
  REQUIRE(w.inner->release(id, kWei, "yes"));
  two.exchange();
  two.check_promise();
}

TEST_CASE("what a unit had ended itself, and nobody but its service knows, it ends again in the same way") {
  const bool held_in_backup = GENERATE(true, false);
  INFO((held_in_backup ? "held in the backup" : "not in the backup"));
  Two two;
  auto& w = two.w;
  auto policy = w.policy();
  policy.rules.front().hold = true;
  w.outer.restart_with(policy);
  const auto backup = w.folder / "backup";
  if (!held_in_backup) w.outer.back_up(backup);
  two.portal.send(1, "held");
  two.portal.hand_over();
  if (held_in_backup) w.outer.back_up(backup);
  w.from_portal.kind = "forbidden";
  two.portal.send(1, "forbidden");
  two.portal.hand_over();
  const auto held = two.portal.ids()[0], forbidden = two.portal.ids()[1];
  REQUIRE(w.outer->refuse(held, kHe, "not this one").value().done);
  two.portal.follow();
  w.outer.restore(backup);
  two.portal.follow();
  two.approve(true);
  w.carry_all();
  CHECK(two.recovery(true) == "healing");  // the other unit alone is not enough
  w.from_portal.kind = "material";
  two.portal.send(1, "behind them");
  two.exchange();
  CHECK(two.recovery(true) == "none");
  for (auto* side : {&w.outer, &w.inner})
    for (const auto& id : {held, forbidden}) CHECK(side->state_of(id) == "ended");
  CHECK(w.outer.text("SELECT code FROM bundle WHERE id = '" + held + "'") == "operator.refused");
  CHECK(w.outer.text("SELECT code FROM bundle WHERE id = '" + forbidden + "'") == "policy.forbidden");
  CHECK(w.outer->release(held, kWei, "after all").error().code == "bundle.not_held");
  CHECK(two.approval.applied == std::vector{two.portal.ids()[2]});
}

TEST_CASE("a new epoch without two people's approval is not believed, nor one that goes back") {
  Two two;
  auto& w = two.w;
  two.portal.send(1, "x");
  two.approval.send(1, "y");
  two.exchange();
  Sender control{"gateway-outer", "gateway-inner", w.outer_signer, w.inner_signer.key.public_key(), w.clock};
  control.kind = "receipts";
  control.place.epoch = 2;
  const auto custody = w.inner->take_from_carrier({control.next(0, "")});
  REQUIRE(custody.front().error);
  CHECK(custody.front().error->code == "bundle.epoch");
  CHECK(two.epoch(true, false) == 1);
  control = {"gateway-outer", "gateway-inner", w.outer_signer, w.inner_signer.key.public_key(), w.clock};
  control.kind = "receipts";
  const auto again = w.inner->take_from_carrier({control.next(0, "")});
  REQUIRE(again.front().error);
  CHECK(again.front().error->code == "control.forgotten");
}

TEST_CASE("positions rise over epochs and stay within what the other formats allow") {
  CHECK(position_of(1, 0) == 0);
  CHECK(position_of(1, kSequencesOfEpoch - 1) < position_of(2, 0));
  CHECK(position_of(kEpochMax, kSequencesOfEpoch - 1) < std::uint64_t{1} << 60);
  for (const std::uint32_t epoch : {1u, 2u, 77u, kEpochMax}) CHECK(epoch_at(position_of(epoch, 5)) == epoch);
}

}  // namespace jindu::gateway::test
