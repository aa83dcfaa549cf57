// What `policy explain --bundle` says of a bundle is what both units do with it, each by its own policy.
#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

#include "../world.hpp"
#include "exchange-gateway/unit/settings.hpp"

namespace jindu::gateway::test {
namespace {

struct Traveller {
  Bytes bundle;
  bool outward = false;
  std::size_t size() const { return bundle.size(); }
};

Policy policy_about(std::mt19937& random, const Traveller& one, const std::string& kind) {
  Policy policy;
  const auto once_in = [&](unsigned n) { return random() % n == 0; };
  const std::string from = one.outward ? "approval" : "portal", to = one.outward ? "portal" : "approval";
  policy.rules.push_back({to, from, kind, 1 << 20});  // the other way: never about it
  if (once_in(6)) return policy;
  PolicyRule rule{from, to, kind, one.size() - (once_in(5) ? 1 : 0)};
  rule.hold = once_in(4);
  rule.newer = static_cast<NewerFields>(random() % 3);
  // The test's clock begins on a Thursday at 20:26 UTC.
  if (once_in(3)) rule.hours = {{parse_opening(once_in(2) ? "daily 20:00-21:00" : "daily 08:00-09:00").value()}, 0};
  policy.rules.push_back(std::move(rule));
  return policy;
}

}  // namespace

TEST_CASE("what is explained of a bundle is what its sender's unit does with it, and the other one") {
  std::mt19937 random(20261124);
  std::map<std::string, int> seen;
  const std::map<std::string, std::string> after_arrival{
      {"refuse", "ended"}, {"hold", "held"}, {"wait", "early"}, {"pass", "ready"}};
  for (int round = 0; round < 120; ++round) {
    World w;
    const auto once_in = [&](unsigned n) { return random() % n == 0; };
    Traveller one;
    one.outward = once_in(2);
    auto& sender = one.outward ? w.from_approval : w.from_portal;
    sender.kind = once_in(2) ? "dossier" : "status";
    sender.lives = std::chrono::minutes(1);
    one.bundle = sender.next(1, "hello");
    if (once_in(3)) one.bundle = newer(one.bundle, sender.signer);
    if (once_in(6)) w.clock->advance(std::chrono::minutes(1));
    const auto view = exchange::parse_bundle(one.bundle).value();
    const auto id = World::id_of(one.bundle);
    const auto explained = [&](const Policy& policy) {
      return explain(policy, passenger_of(view.manifest, one.size(), view.newer, one.outward), w.clock->now());
    };
    auto& first = one.outward ? w.inner : w.outer;
    auto& second = one.outward ? w.outer : w.inner;
    INFO("round " << round);
    const auto here = policy_about(random, one, sender.kind), there = policy_about(random, one, sender.kind);
    first.restart_with(here);
    second.restart_with(there);

    const auto said = explained(here);
    const auto answer = first->take_from_service(one.bundle);
    CHECK(code_of(answer) == said.code);
    // What is too new for a unit waits at its service.
    if (said.code == "policy.newer_fields") {
      CHECK_FALSE(answer);
      CHECK(first.count("SELECT COUNT(*) FROM bundle WHERE id = '" + id + "'") == 0);
    } else {
      REQUIRE(rung_of(answer) == (said.verdict == "refuse" ? "refused" : "stored"));
      CHECK(first.state_of(id) == (said.verdict == "refuse" ? "ended" : said.verdict == "hold" ? "held" : "waiting"));
    }
    // One alone is in this unit: what goes to a carrier now is that, or nothing.
    CHECK(first->load(10, 1 << 20).value().size() == (said.verdict == "pass" ? 1 : 0));
    ++seen["first " + (said.code.empty() ? said.verdict : said.code)];

    const auto said_there = explained(there);
    REQUIRE_FALSE(second->take_from_carrier({one.bundle}).front().error);
    CHECK(second.text("SELECT code FROM bundle WHERE id = '" + id + "'") == said_there.code);
    CHECK(second.state_of(id) == after_arrival.at(said_there.verdict));
    CHECK(second->deliveries(0, 10).value().size() == (said_there.verdict == "pass" ? 1 : 0));
    ++seen["second " + (said_there.code.empty() ? said_there.verdict : said_there.code)];
  }
  for (const std::string unit : {"first ", "second "})
    for (const auto* outcome :
         {"policy.forbidden", "policy.too_large", "policy.newer_fields", "policy.expired", "hold", "wait", "pass"}) {
      INFO(unit << outcome);
      CHECK(seen[unit + outcome] > 0);
    }
}

TEST_CASE(
    "the deployed policy lets exactly the kinds of the list leave the isolated network, and nothing unknown in them") {
  std::set<std::string> listed, allowed;
  std::ifstream list(JINDU_SOURCE_DIR "/proto/leaves-intranet.txt");
  for (std::string line, word, kind; std::getline(list, line);)
    if (std::istringstream words(line); words >> word >> kind && word == "kind") listed.insert(kind);
  // What units tell each other goes by no rule.
  REQUIRE(listed.erase("receipts") == 1);
  for (const auto& rule : read_policy(JINDU_SOURCE_DIR "/deploy/config/policy.toml.in").value().rules) {
    if (rule.from == "portal") continue;
    allowed.insert(rule.kind);
    CHECK(rule.newer != NewerFields::carry);
  }
  CHECK(allowed == listed);
}

}  // namespace jindu::gateway::test
