#include "exchange-gateway/domain/policy.hpp"

#include <jindu/v1/bundle.pb.h>

#include <set>
#include <tuple>

namespace jindu::gateway {
namespace {

std::string way_of(std::string_view from, std::string_view to, std::string_view kind) {
  return "'" + std::string(kind) + "' from " + std::string(from) + " to " + std::string(to);
}

// "2026-11-24 08:30 (UTC+08:00)"
std::string time_text(Instant at, int offset) {
  const auto local = at + std::chrono::minutes(offset);
  const auto minute = std::chrono::floor<std::chrono::minutes>(local).time_since_epoch().count() % (24 * 60);
  const auto two = [](std::int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  const auto distance = offset < 0 ? -offset : offset;
  return local_day(at, offset) + " " + two(minute / 60) + ":" + two(minute % 60) + " (UTC" + (offset < 0 ? "-" : "+") +
         two(distance / 60) + ":" + two(distance % 60) + ")";
}

std::string hours_text(const Hours& hours) {
  std::string text;
  for (const auto& opening : hours.openings) text += (text.empty() ? "" : ", ") + to_text(opening);
  return text;
}

}  // namespace

std::string_view to_text(NewerFields newer) {
  return newer == NewerFields::carry ? "carry" : newer == NewerFields::refuse ? "refuse" : "";
}

std::optional<NewerFields> newer_fields_from_text(std::string_view text) {
  for (const auto one : {NewerFields::by_direction, NewerFields::carry, NewerFields::refuse})
    if (to_text(one) == text) return one;
  return {};
}

bool carries_newer(const PolicyRule* rule, bool leaves_intranet) {
  const auto newer = rule == nullptr ? NewerFields::by_direction : rule->newer;
  return newer == NewerFields::carry || (newer == NewerFields::by_direction && !leaves_intranet);
}

Passenger passenger_of(const jindu::v1::BundleManifest& manifest, std::uint64_t bytes, bool newer,
                       bool leaves_intranet) {
  return {manifest.from(), manifest.to(),  manifest.kind(), bytes, from_unix_ms(manifest.expires_ms()),
          newer,           leaves_intranet};
}

const PolicyRule* find_rule(const Policy& policy, const Passenger& passenger) {
  for (const auto& rule : policy.rules)
    if (rule.from == passenger.from && rule.to == passenger.to && rule.kind == passenger.kind) return &rule;
  return nullptr;
}

Decision decide(const Policy& policy, const Passenger& passenger, Instant now) {
  const auto* rule = find_rule(policy, passenger);
  if (rule == nullptr) return {nullptr, Bar::rule};
  if (passenger.bytes > rule->max_bytes) return {rule, Bar::size};
  if (passenger.newer && !carries_newer(rule, passenger.leaves_intranet)) return {rule, Bar::fields};
  if (passenger.expires <= now) return {rule, Bar::expiry};
  return {rule, Bar::none};
}

std::string_view code_of(Bar bar) {
  switch (bar) {
    case Bar::none:
      return "";
    case Bar::rule:
      return "policy.forbidden";
    case Bar::size:
      return "policy.too_large";
    case Bar::fields:
      return "policy.newer_fields";
    case Bar::expiry:
      return "policy.expired";
  }
  return "";
}

result<Ruling> judge(const Policy& policy, const Passenger& passenger, Instant now) {
  const auto decision = decide(policy, passenger, now);
  const auto* rule = decision.rule;
  const auto refused = [&](Fault fault, std::string detail) {
    return Error{fault, std::string(code_of(decision.bar)), std::move(detail)};
  };
  switch (decision.bar) {
    case Bar::none:
      break;
    case Bar::rule:
      return refused(Fault::forbidden, "no rule lets '" + std::string(passenger.kind) + "' go from " +
                                           std::string(passenger.from) + " to " + std::string(passenger.to));
    case Bar::size:
      return refused(Fault::too_large,
                     "at most " + std::to_string(rule->max_bytes) + " bytes may cross as '" + rule->kind + "'");
    case Bar::fields:
      return refused(Fault::forbidden,
                     "its manifest has fields that this unit does not know, and the rule lets no such thing pass");
    case Bar::expiry:
      return refused(Fault::expired, "it expired before it was here");
  }
  return rule->hold ? Ruling::hold : Ruling::pass;
}

result<void> within_quota(const Policy& policy, std::string_view sender, std::uint64_t bundles, std::uint64_t waiting,
                          std::uint64_t bytes) {
  for (const auto& quota : policy.quotas) {
    if (quota.sender != sender) continue;
    if (quota.max_bundles > 0 && bundles + 1 > quota.max_bundles)
      return Error{Fault::limited, "policy.quota",
                   std::to_string(bundles) + " bundles of " + quota.sender + " wait already, and at most " +
                       std::to_string(quota.max_bundles) + " may; try again when some have crossed"};
    if (quota.max_bytes > 0 && waiting + bytes > quota.max_bytes)
      return Error{Fault::limited, "policy.quota",
                   std::to_string(waiting) + " bytes of " + quota.sender +
                       " wait already, and with this one it would be "
                       "more than " +
                       std::to_string(quota.max_bytes) + "; try again when some have crossed"};
  }
  return {};
}

Explanation explain(const Policy& policy, const Passenger& passenger, Instant now) {
  Explanation e;
  const auto [rule, bar] = decide(policy, passenger, now);
  const auto way = way_of(passenger.from, passenger.to, passenger.kind);
  const auto refuse = [&e, bar = bar](Check check) {
    check.holds = false;
    e.checks.push_back(std::move(check));
    e.verdict = "refuse";
    e.code = code_of(bar);
    return e;
  };
  if (bar == Bar::rule)
    return refuse({"rule", false, "No rule names " + way + "; what no rule names may not cross.", ""});
  e.rule = static_cast<std::size_t>(rule - policy.rules.data()) + 1;
  e.checks.push_back({"rule", true, "Rule " + std::to_string(e.rule) + " names " + way + ".", std::to_string(e.rule)});
  const auto size = std::to_string(passenger.bytes), most = std::to_string(rule->max_bytes);
  if (bar == Bar::size)
    return refuse({"size", false, "It has " + size + " bytes; the rule allows at most " + most + ".", most});
  e.checks.push_back({"size", true, "Its " + size + " bytes are within the " + most + " that the rule allows.", most});
  if (bar == Bar::fields)
    return refuse({"fields", false,
                   "Its manifest has fields that are not known here, and the rule does not carry them" +
                       std::string(rule->newer == NewerFields::refuse ? "." : " out of the isolated network."),
                   ""});
  if (passenger.newer)
    e.checks.push_back({"fields", true, "Its manifest has fields that are not known here; they are carried.", ""});
  const auto until = time_text(passenger.expires, rule->hours.utc_offset_minutes);
  if (bar == Bar::expiry) return refuse({"expiry", false, "It expired at " + until + ".", until});
  e.checks.push_back({"expiry", true, "It expires at " + until + ".", until});
  const auto rate = std::to_string(rule->per_minute);
  if (rule->per_minute > 0)
    e.checks.push_back({"rate", true,
                        "At most " + rate + " a minute, and " + std::to_string(rule->burst) +
                            " at once after a quiet time; one that comes sooner is asked to come again.",
                        rate});
  e.verdict = "pass";
  if (!rule->hours.openings.empty()) {
    const auto hours = hours_text(rule->hours);
    if (is_open(rule->hours, now)) {
      e.checks.push_back({"hours", true, "The rule is open now (" + hours + ").", hours});
    } else {
      const auto next = opens_next(rule->hours, now);
      const auto when = next ? time_text(*next, rule->hours.utc_offset_minutes) : std::string("never");
      e.checks.push_back({"hours", false,
                          "It is taken, but carried and delivered only in the opening hours (" + hours +
                              "); the next time is " + when + ".",
                          when});
      e.verdict = "wait";
    }
  }
  if (rule->hold) {
    const auto releasers = std::to_string(rule->releasers);
    e.checks.push_back({"hold", false,
                        rule->releasers > 1 ? "It is held until " + releasers + " different releasers let it go."
                                            : std::string("It is held until a releaser lets it go."),
                        releasers});
    e.verdict = "hold";
  }
  return e;
}

std::chrono::minutes utc_offset_of(const Policy& policy) {
  return std::chrono::minutes(policy.rules.empty() ? Hours{}.utc_offset_minutes
                                                   : policy.rules.front().hours.utc_offset_minutes);
}

result<void> check_policy(const Policy& policy) {
  std::set<std::tuple<std::string, std::string, std::string>> known;
  std::set<std::string> senders;
  for (const auto& rule : policy.rules)
    if (!known.emplace(rule.from, rule.to, rule.kind).second)
      return Error{Fault::invalid, "policy.twice",
                   "two rules are about " + way_of(rule.from, rule.to, rule.kind) + "; only the first would count"};
  for (const auto& quota : policy.quotas)
    if (!senders.insert(quota.sender).second)
      return Error{Fault::invalid, "policy.twice", "two quotas are about " + quota.sender};
  return {};
}

std::vector<Remark> remarks(const Policy& policy) {
  std::vector<Remark> list;
  for (const auto& rule : policy.rules) {
    const auto add = [&](const char* name, const char* words) {
      list.push_back({name, rule.from, rule.to, rule.kind, way_of(rule.from, rule.to, rule.kind) + ": " + words});
    };
    if (rule.from == rule.to) add("same_node", "sender and destination are the same; nothing ever goes this way");
    if (rule.per_minute == 0) add("no_rate", "has no rate; a flood is not slowed");
    if (rule.releasers > 1 && !rule.hold)
      add("releasers_not_asked", "names releasers but is not held; they are not asked");
  }
  if (policy.rules.empty()) list.push_back({"no_rule", "", "", "", "there is no rule; nothing may cross"});
  for (const auto& rule : policy.rules) {
    bool has_quota = false;
    for (const auto& quota : policy.quotas) has_quota = has_quota || quota.sender == rule.from;
    const Remark remark{"no_quota", rule.from, "", "",
                        rule.from + ": has no quota; it may fill its unit's disk down to the limit"};
    if (!has_quota && std::find(list.begin(), list.end(), remark) == list.end()) list.push_back(remark);
  }
  return list;
}

}  // namespace jindu::gateway
