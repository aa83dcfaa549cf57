#pragma once
// What we sent and what ended without being applied: refused, quarantined or expired. Its payload is kept until it is
// sent anew, as a bundle of its own behind everything that was sent meanwhile, or until time has passed. Nothing is
// sent anew by itself: what a rule has refused it would refuse again, and where everything expires, because a clock is
// wrong or nobody carries anything, each round would fill the channel once more.
#include <limits>
#include <map>
#include <set>

#include "common/exchange/service/exchange.hpp"

namespace jindu::exchange {

inline constexpr std::size_t kReasonMax = 16'000;  // bytes

// One that ended without being applied and was not sent anew.
struct Stopped {
  std::string bundle;  // id
  std::string kind;
  std::string subject;        // as enqueued
  std::string rung;           // "refused", "quarantined" or "expired"
  std::string party;          // who said so
  Instant at{};               // when
  std::string code;           // why, where it was said
  bool kept = false;          // its payload is here, so that it can be sent anew
  std::int64_t sequence = 0;  // in our channel
  bool needless = false;      // a material, and what it is for is not stopped: known of what is about one subject
  bool can_be_sent_anew() const { return kept && !needless; }
};
// About a subject, in the order in which they were made. Sees what the same transaction has recorded.
std::vector<Stopped> stopped(storage::Transaction& transaction, std::string_view subject);
// Of these the bundles that can be sent anew, and are of use then.
std::set<std::string> can_be_sent_anew(storage::Transaction& transaction, std::string_view subject);
// About anything, the newest first, of those before a sequence.
std::vector<Stopped> all_stopped(storage::Transaction& transaction, std::int64_t limit,
                                 std::int64_t before = std::numeric_limits<std::int64_t>::max());
std::int64_t number_stopped(storage::Transaction& transaction);
// Of these, what waits for somebody who has it sent anew.
std::int64_t number_to_send_anew(storage::Transaction& transaction);

struct SentAnew {
  std::string bundle;  // the new one; empty until it is built
  Instant at{};
  std::string who;
  std::string reason;
};
// What was sent anew about a subject, by the id of the bundle that had ended.
std::map<std::string, SentAnew> sent_anew(storage::Transaction& transaction, std::string_view subject);

// Who wants it and why, for the record.
struct Asking {
  std::string who;
  std::string reason;  // 1 to kReasonMax bytes
};
// Enqueues the same payload once more, with its kind, subject and priority, in the caller's transaction. Once only: the
// second time it is an error that names the new bundle. Throws ErrorException: exchange.reason, exchange.bundle_unknown
// (none of ours), exchange.not_ended, exchange.was_applied, exchange.already_sent_anew, exchange.payload_gone,
// exchange.needless.
Stopped send_anew(storage::Transaction& transaction, const std::string& bundle, const Asking& asking, Instant now);
// The same of all that is stopped about a subject and of use, in its old order: what it is made of before what needs
// it. All or none. Besides: exchange.nothing_stopped; exchange.already_sent_anew where the newest was.
std::vector<Stopped> send_all_anew(storage::Transaction& transaction, const std::string& subject, const Asking& asking,
                                   Instant now);

// Lets go of the payloads of what was made before that, at most 1,000. Gives whose.
std::vector<std::string> forget_kept(storage::Transaction& transaction, Instant made_before);

}  // namespace jindu::exchange
