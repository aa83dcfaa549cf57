// Whatever the policy and whoever asks: what is explained is what is done.
#include "exchange-gateway/domain/policy.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <random>

namespace jindu::gateway {
namespace {

constexpr Instant kNoon = Instant{} + std::chrono::hours(24 * 20'000 + 12);  // a noon

// Few names and numbers, so that rules and passengers often meet, and often just at a limit.
class PolicyDraw {
 public:
  explicit PolicyDraw(unsigned seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  bool once_in(std::uint64_t n) { return below(n) == 0; }
  std::string_view word(const std::vector<const char*>& words) { return words[below(words.size())]; }

  Policy policy() {
    Policy policy;
    for (auto rules = below(8); rules > 0; --rules) {
      PolicyRule rule{std::string(word(kNodes)), std::string(word(kNodes)), std::string(word(kKinds)), 98 + below(5)};
      rule.per_minute = once_in(2) ? 0 : 60;
      rule.hold = once_in(3);
      rule.releasers = 1 + static_cast<std::uint32_t>(below(2));
      rule.newer = static_cast<NewerFields>(below(3));
      if (once_in(2)) rule.hours.openings = {parse_opening(word({"daily 00:00-12:00", "daily 12:00-24:00"})).value()};
      rule.hours.utc_offset_minutes = 0;
      policy.rules.push_back(std::move(rule));
    }
    return policy;
  }
  Passenger passenger() {
    const auto expires = kNoon + std::chrono::milliseconds(static_cast<std::int64_t>(below(7)) - 1);
    return {word(kNodes), word(kNodes), word(kKinds), 98 + below(5), expires, once_in(3), once_in(2)};
  }

 private:
  const std::vector<const char*> kNodes{"portal", "approval"}, kKinds{"dossier", "status", "notice"};
  std::mt19937 random_;
};

// The rules once more, as a reader of the policy would apply them by hand.
std::string decided_by_hand(const PolicyRule* rule, const Passenger& p) {
  if (rule == nullptr) return "policy.forbidden";
  if (p.bytes > rule->max_bytes) return "policy.too_large";
  if (p.newer && rule->newer == NewerFields::refuse) return "policy.newer_fields";
  if (p.newer && rule->newer == NewerFields::by_direction && p.leaves_intranet) return "policy.newer_fields";
  if (p.expires <= kNoon) return "policy.expired";
  if (rule->hold) return "hold";
  return is_open(rule->hours, kNoon) ? "pass" : "wait";
}

const std::map<std::string, std::string> kDecidingCheck{{"policy.forbidden", "rule"},
                                                        {"policy.too_large", "size"},
                                                        {"policy.newer_fields", "fields"},
                                                        {"policy.expired", "expiry"},
                                                        {"hold", "hold"},
                                                        {"wait", "hours"}};

}  // namespace

TEST_CASE("what is explained is what is judged, by the same rule, for any policy and any passenger") {
  std::map<std::string, int> seen;
  for (unsigned seed = 1; seed <= 20'000; ++seed) {
    PolicyDraw draw(seed);
    const auto policy = draw.policy();
    const auto passenger = draw.passenger();
    INFO("seed " << seed);
    const auto ruling = judge(policy, passenger, kNoon);
    const auto explained = explain(policy, passenger, kNoon);
    const auto* rule = find_rule(policy, passenger);
    const auto due = decided_by_hand(rule, passenger);
    ++seen[due];
    REQUIRE(explained.rule == (rule == nullptr ? 0 : static_cast<std::size_t>(rule - policy.rules.data()) + 1));
    REQUIRE(ruling.has_value() == (explained.verdict != "refuse"));
    if (!ruling) {
      REQUIRE(ruling.error().code == due);
      REQUIRE(explained.code == due);
    } else {
      REQUIRE(explained.code.empty());
      REQUIRE(explained.verdict == due);
      REQUIRE((*ruling == Ruling::hold) == (due == "hold"));
    }
    // The last check that does not hold is the one that decides; where it passes, there is none.
    std::string decides;
    for (const auto& check : explained.checks)
      if (!check.holds) decides = check.name;
    REQUIRE(decides == (due == "pass" ? "" : kDecidingCheck.at(due)));
    // What is refused is refused there: nothing is said of what is not looked at.
    if (!ruling) REQUIRE(explained.checks.back().name == decides);
  }
  for (const auto* outcome :
       {"policy.forbidden", "policy.too_large", "policy.newer_fields", "policy.expired", "hold", "wait", "pass"}) {
    INFO(outcome);
    CHECK(seen[outcome] > 100);
  }
}

}  // namespace jindu::gateway
