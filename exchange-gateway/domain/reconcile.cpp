#include "exchange-gateway/domain/reconcile.hpp"

namespace jindu::gateway {
namespace {

bool ended(Outcome outcome) { return outcome == Outcome::applied || outcome == Outcome::not_applied; }

// `sender` is what the unit says that took it in, `other` what the one says that should have it.
bool contradict(Outcome sender, Outcome other) {
  if (ended(sender) && ended(other)) return sender != other;
  // What the destination applied, its unit has seen applied. A refusal may have been made at the sender's unit, and the
  // word of it be under way.
  return sender == Outcome::applied && !ended(other);
}

}  // namespace

Bytes leaf_of(const Known& known) {
  Bytes leaf(known.manifest_digest.begin(), known.manifest_digest.end());
  leaf.push_back(ended(known.outcome) ? static_cast<std::uint8_t>(known.outcome) : 0);
  return leaf;
}

std::string to_text(Outcome outcome) {
  switch (outcome) {
    case Outcome::not_given:
      return "not_given";
    case Outcome::open:
      return "open";
    case Outcome::applied:
      return "applied";
    case Outcome::not_applied:
      return "not_applied";
  }
  return "";
}

Comparison compare(const std::vector<Known>& here, const std::vector<Known>& there, bool sender_is_here) {
  std::map<std::uint64_t, std::pair<const Known*, const Known*>> pairs;
  for (const auto& one : here) pairs[one.sequence].first = &one;
  for (const auto& one : there) pairs[one.sequence].second = &one;
  Comparison result;
  for (const auto& [sequence, pair] : pairs) {
    const auto [mine, theirs] = pair;
    const auto* sent = sender_is_here ? mine : theirs;
    const auto* got = sender_is_here ? theirs : mine;
    std::string what;
    if (sent && !got) {
      // An end before the crossing is told with the next receipts.
      if (sent->outcome == Outcome::not_given || sent->outcome == Outcome::not_applied)
        ++result.under_way;
      else
        what = sender_is_here ? "missing_there" : "missing_here";
    } else if (!sent) {
      what = sender_is_here ? "missing_here" : "missing_there";
    } else if (sent->manifest_digest != got->manifest_digest) {
      what = "fork";
    } else if (contradict(sent->outcome, got->outcome)) {
      what = "outcome";
    } else if (ended(sent->outcome) != ended(got->outcome) || !ended(sent->outcome)) {
      ++result.under_way;
    }
    if (!what.empty())
      result.differences.push_back(
          {sequence, what, mine ? to_text(mine->outcome) : "", theirs ? to_text(theirs->outcome) : ""});
  }
  return result;
}

}  // namespace jindu::gateway
