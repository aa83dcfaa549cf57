#pragma once
// What may cross: default deny. The file is reviewed; both units decide by their own copy, independently.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/clock.hpp"
#include "common/runtime/result.hpp"

namespace jindu::gateway {

struct PolicyRule {
  std::string from;
  std::string to;
  std::string kind;
  std::uint64_t max_bytes = 0;   // of the whole bundle
  std::uint32_t per_minute = 0;  // 0: no limit of its own
  std::uint32_t burst = 0;       // how many at once after a quiet time
  bool hold = false;             // waits for a releaser
};

struct Policy {
  std::vector<PolicyRule> rules;
};

// What is known of a bundle before its body is read.
struct Passenger {
  std::string_view from;
  std::string_view to;
  std::string_view kind;
  std::uint64_t bytes = 0;
  Instant expires{};
};

enum class Ruling { pass, hold };

// Codes: policy.forbidden, policy.too_large, policy.expired.
result<Ruling> judge(const Policy& policy, const Passenger& passenger, Instant now);
const PolicyRule* find_rule(const Policy& policy, const Passenger& passenger);

}  // namespace jindu::gateway
