#include "exchange-gateway/domain/policy.hpp"

namespace jindu::gateway {

const PolicyRule* find_rule(const Policy& policy, const Passenger& passenger) {
  for (const auto& rule : policy.rules)
    if (rule.from == passenger.from && rule.to == passenger.to && rule.kind == passenger.kind) return &rule;
  return nullptr;
}

result<Ruling> judge(const Policy& policy, const Passenger& passenger, Instant now) {
  const auto* rule = find_rule(policy, passenger);
  if (rule == nullptr)
    return Error{Fault::forbidden, "policy.forbidden",
                 "no rule lets '" + std::string(passenger.kind) + "' go from " + std::string(passenger.from) + " to " +
                     std::string(passenger.to)};
  if (passenger.bytes > rule->max_bytes)
    return Error{Fault::too_large, "policy.too_large",
                 "at most " + std::to_string(rule->max_bytes) + " bytes may cross as '" + rule->kind + "'"};
  if (passenger.expires <= now) return Error{Fault::expired, "policy.expired", "it expired before it was here"};
  return rule->hold ? Ruling::hold : Ruling::pass;
}

}  // namespace jindu::gateway
