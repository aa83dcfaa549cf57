#pragma once
// What an operator must know of now, derived from what the unit knows; nothing is stored that could be forgotten. Pure.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/runtime/clock.hpp"

namespace jindu::gateway {

enum class Level { yellow, red };

struct Alarm {
  std::string code;  // "alarm.disk_low"; interfaces say by it what to do
  Level level = Level::yellow;
  std::string about;  // channel, certificate, bundle, day, voyage; of a gap "CHANNEL FIRST LAST", of what was not taken
                      // "HERE BUNDLE"
  std::int64_t number = 0;    // age in milliseconds, count, bytes or days, as the code says
  std::int64_t since_ms = 0;  // 0: not known
  std::int64_t asked_ms = 0;  // of a gap: when operators asked for just these again; 0: not yet
};

// From when on something is an alarm.
struct AlarmLimits {
  std::chrono::seconds oldest_yellow{60 * 60};
  std::chrono::seconds oldest_red{4 * 60 * 60};
  std::chrono::seconds silent_yellow{30 * 60};  // without a word of the other side
  std::chrono::seconds silent_red{4 * 60 * 60};
  std::chrono::seconds held_red{4 * 60 * 60};  // one waits this long for a releaser
  std::chrono::seconds gap{4 * 60 * 60};       // one before it is missing for this long
  std::chrono::seconds skew{30};
  std::chrono::minutes mail_yellow{5};  // a letter cannot be sent
  std::chrono::minutes mail_red{60};
};

// What of a channel from the other side is missing although a later one is here.
struct Gap {
  std::string channel;
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t since_ms = 0;
  std::int64_t asked_ms = 0;
};

// Bundles that the other unit was brought and did not take, because their signature does not hold.
struct NotTaken {
  std::string here;  // "sound": our copy holds; "damaged": it does not; "foreign": we have sent nothing like it
  std::string first;
  std::int64_t number = 0;
  std::int64_t since_ms = 0;
};

// By which no certificate of its issuer is believed any more when the next one has not come.
struct ListEnd {
  std::string issuer;
  std::int64_t issued_ms = 0;
  std::int64_t until_ms = 0;
};

// Batches of receipts from the other side in which something cannot be verified yet.
struct Unverified {
  std::int64_t number = 0;
  std::int64_t since_ms = 0;
};

struct Facts {
  Instant now{};
  std::int64_t oldest_waiting_ms = 0;      // 0: nothing waits
  std::int64_t oldest_waiting_voyage = 0;  // 0: it is on none
  std::int64_t oldest_ready_ms = 0;
  std::int64_t oldest_held_ms = 0;
  std::int64_t held = 0;
  std::int64_t quarantined = 0;
  std::int64_t peer_heard_ms = 0;  // 0: never
  std::int64_t started_ms = 0;     // since when this unit could have heard
  std::int64_t peer_ahead_ms = 0;  // how far its clock is ahead of ours, as far as can be told
  std::uint64_t disk_free = 0;
  std::uint64_t disk_minimum = 0;
  bool log_whole = true;
  bool journal_damaged = false;
  std::string damaged_bytes_of = {};  // a bundle whose bytes are not those that were taken; empty: none
  std::int64_t unreadable = 0;        // bundles that wait to be carried, and whose bytes cannot be read
  std::string first_unreadable = {};
  std::int64_t unreadable_ms = 0;
  std::string restored = {};  // "halted" or "healing": the journal is older than what was signed
  std::int64_t restored_ms = 0;
  std::int64_t epoch_approvals = 0;
  std::int64_t unsent_mail_ms = 0;                                           // 0: every letter was sent
  std::vector<std::pair<std::string, std::int64_t>> refused_addresses = {};  // by the mail server, and when
  std::vector<std::pair<std::string, std::int64_t>> certificates = {};       // whose, and until when
  std::vector<ListEnd> lists = {};
  std::vector<std::pair<std::string, std::int64_t>> carrier_failures = {};  // part, when it failed last
  std::map<std::string, Unverified> unverified = {};                        // by the code that says what is lacking
  std::vector<std::pair<std::string, std::int64_t>> stops = {};             // channel, since when
  std::vector<std::pair<std::string, std::int64_t>> differing = {};         // "day channel", how many differences
  std::vector<std::pair<std::string, std::int64_t>> damaged = {};           // voyage, when; the newest first
  std::vector<Gap> gaps = {};
  std::vector<NotTaken> not_taken = {};
  bool not_taken_full = false;  // further ones are told by the log alone
};

// The red ones first.
std::vector<Alarm> alarms_of(const Facts& facts, const AlarmLimits& limits);

}  // namespace jindu::gateway
