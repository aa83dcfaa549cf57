#pragma once
// What the sources of the unit share among themselves.
#include <prometheus/counter.h>

#include "common/runtime/log.hpp"
#include "common/runtime/metrics.hpp"
#include "exchange-gateway/store/restoration.hpp"
#include "exchange-gateway/unit/receipt_book.hpp"
#include "exchange-gateway/unit/unit.hpp"

namespace jindu::gateway {

inline constexpr std::string_view kControlKind = "receipts";
inline constexpr std::int64_t kSequenceMax = std::int64_t{1} << 60;

struct Unit::Checked {
  exchange::BundleView view;
  store::Entry entry;
};

inline bool is_control(const store::Outline& e) { return e.kind == kControlKind; }

inline crypto::Digest digest_of(BytesView bytes) {
  crypto::Digest digest{};
  std::copy_n(bytes.begin(), std::min<std::size_t>(bytes.size(), 32), digest.begin());
  return digest;
}

inline Link link_of(const store::Entry& e) {
  return {static_cast<std::uint32_t>(e.epoch), static_cast<std::uint64_t>(e.sequence), digest_of(e.previous_digest),
          digest_of(e.manifest_digest)};
}

inline Passenger passenger_of(const store::Entry& e) {
  return {e.from, e.to, e.kind, static_cast<std::uint64_t>(e.size), from_unix_ms(e.expires_ms)};
}

// By which the bundles of a channel go, from>to.
inline const PolicyRule* rule_of(const Policy& policy, std::string_view channel, std::string_view kind) {
  const auto arrow = channel.find('>');
  if (arrow == channel.npos) return nullptr;
  return find_rule(policy, {channel.substr(0, arrow), channel.substr(arrow + 1), kind});
}

inline void count(std::string_view what, std::string_view kind) {
  metrics::counter("jindu_gateway_bundles_total", "Bundles by what happened to them",
                   {{"what", std::string(what)}, {"kind", std::string(kind)}})
      .Increment();
}

inline Error stopped(const std::string& channel) {
  return {Fault::unavailable, "policy.stopped",
          "an operator has stopped the channel " + channel + "; nothing was taken, and it will be after the stop"};
}

// What the other unit did not take and we have not sent: it says when its operators have dealt with it, but may have
// forgotten it together with its disk.
inline constexpr std::chrono::hours kForeignShown{7 * 24};

// What the other unit has asked for and is not here: the first of a channel, whose name follows.
inline const std::string kLost = "lost ";

inline constexpr const char* kHello = "say_hello";  // to the other unit, with the next control bundle

// Of each code the first speaks for all: they come again and again, and would fill the disk with what is known.
void log_not_taken(std::string_view event, const std::vector<Custody>& custody);

// What a clock far ahead of ours has made is not taken before its time: by its date it would stand behind everything,
// and expire long after it should.
inline constexpr std::chrono::hours kAheadMost{7 * 24};
inline result<void> check_date(const store::Entry& e, Instant now) {
  if (e.created_ms <= to_unix_ms(now + kAheadMost)) return {};
  return Error{Fault::unavailable, "bundle.future_dated",
               "it is dated more than 7 days ahead of this unit's clock, and is taken when its time has come"};
}

// Whether a bundle that was offered again is the one that was taken.
result<void> is_as_taken(BytesView bundle, const store::Entry& e);
// Whether the disk gave back what was taken: whoever gets something else refuses it.
result<void> is_as_kept(BytesView bundle, const store::Entry& e);

// While a unit does not know what it had signed.
Error restored_error();

// Two certificates of the same name are not two people.
inline std::string_view person(std::string_view who) { return who.substr(0, who.rfind(' ')); }

// Kinds come from outside: only those of the policy are names of metrics.
inline std::string kind_label(const Policy& policy, std::string_view kind) {
  for (const auto& rule : policy.rules)
    if (rule.kind == kind) return rule.kind;
  return kind == kControlKind ? std::string(kind) : "other";
}

}  // namespace jindu::gateway
