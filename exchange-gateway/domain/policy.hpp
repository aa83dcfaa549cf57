#pragma once
// What may cross: default deny. The file is reviewed; both units decide by their own copy, independently.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exchange-gateway/domain/hours.hpp"

namespace jindu::v1 {
class BundleManifest;
}

namespace jindu::gateway {

// What of a bundle with fields that this unit's program does not know, as a newer program writes them. Nothing that
// cannot be read leaves the isolated network unless a rule says so; inward it is carried as it is.
enum class NewerFields { by_direction, carry, refuse };
std::string_view to_text(NewerFields newer);
std::optional<NewerFields> newer_fields_from_text(std::string_view text);  // "carry", "refuse", "" by direction

struct PolicyRule {
  std::string from;
  std::string to;
  std::string kind;
  std::uint64_t max_bytes = 0;   // of the whole bundle
  std::uint32_t per_minute = 0;  // 0: no limit of its own
  std::uint32_t burst = 0;       // how many at once after a quiet time
  bool hold = false;             // waits for a releaser
  std::uint32_t releasers = 1;   // how many different ones must agree
  Hours hours = {};              // when it is carried and delivered; it is taken at any time
  NewerFields newer = NewerFields::by_direction;
};

// How much of a sender may wait in a unit: in its own to be carried, in the other one to be fetched.
struct Quota {
  std::string sender;
  std::uint64_t max_bundles = 0;  // 0: no limit
  std::uint64_t max_bytes = 0;    // 0: no limit
};

struct Policy {
  std::vector<PolicyRule> rules;
  std::vector<Quota> quotas = {};
};

// What is known of a bundle before its body is read.
struct Passenger {
  std::string_view from;
  std::string_view to;
  std::string_view kind;
  std::uint64_t bytes = 0;
  Instant expires{};
  bool newer = false;            // it has fields that are not known here
  bool leaves_intranet = false;  // it comes from the isolated network
};
// Who wants to pass, as the manifest says; it must outlive the passenger.
Passenger passenger_of(const jindu::v1::BundleManifest& manifest, std::uint64_t bytes, bool newer,
                       bool leaves_intranet);

// Whether what has fields that are not known here may go out, as a bundle of this rule or as a receipt about one; of
// what no rule names, inward alone.
bool carries_newer(const PolicyRule* rule, bool leaves_intranet);

// What keeps a passenger out, in the order in which it is looked at.
enum class Bar { none, rule, size, fields, expiry };

// The one decision: judge() acts by it, explain() says why.
struct Decision {
  const PolicyRule* rule = nullptr;
  Bar bar = Bar::none;
};
Decision decide(const Policy& policy, const Passenger& passenger, Instant now);
// policy.forbidden, policy.too_large, policy.newer_fields, policy.expired; "" where nothing bars it.
std::string_view code_of(Bar bar);

enum class Ruling { pass, hold };

// Its codes are those of the bars.
result<Ruling> judge(const Policy& policy, const Passenger& passenger, Instant now);
const PolicyRule* find_rule(const Policy& policy, const Passenger& passenger);

// Whether one more of `bytes` may wait beside what waits already. Code policy.quota.
result<void> within_quota(const Policy& policy, std::string_view sender, std::uint64_t bundles, std::uint64_t waiting,
                          std::uint64_t bytes);

// Why the policy decides as it does, one check after the other; the last one that does not hold decides.
struct Check {
  std::string name;    // "rule", "size", "fields", "expiry", "rate", "hours", "hold"
  bool holds = true;   // false: it stops here, or has to wait here
  std::string words;   // for a reader of the command line
  std::string detail;  // the number, rule or time it is about
};
struct Explanation {
  std::string verdict;    // "pass", "hold", "wait" or "refuse"
  std::string code = {};  // of the refusal
  std::size_t rule = 0;   // 1, 2, 3 … in the file; 0: none
  std::vector<Check> checks = {};
};
Explanation explain(const Policy& policy, const Passenger& passenger, Instant now);
// How far the policy's local time, in which its hours are, is ahead of UTC.
std::chrono::minutes utc_offset_of(const Policy& policy);

// What is allowed but makes no sense or lets more pass than anybody may want, for the reviewer. `from` alone of what is
// about a sender, and nothing of what is about the policy as a whole.
struct Remark {
  std::string name;  // "same_node", "no_rate", "releasers_not_asked", "no_rule", "no_quota"
  std::string from = {};
  std::string to = {};
  std::string kind = {};
  std::string words = {};
  bool operator==(const Remark&) const = default;
};
std::vector<Remark> remarks(const Policy& policy);
// What cannot be: two rules for the same passengers, which would leave the second without effect. Code policy.twice.
result<void> check_policy(const Policy& policy);

}  // namespace jindu::gateway
