#pragma once
// When a technical contact is warned by mail that something of a channel has not been delivered in time. Pure.
#include <chrono>
#include <string>
#include <vector>

#include "common/runtime/clock.hpp"

namespace jindu::gateway {

struct Contact {
  std::string channel;                   // "portal>approval": one direction
  std::vector<std::string> mail;         // whom to
  std::chrono::seconds after{3600};      // a bundle has waited so long
  std::chrono::seconds again{4 * 3600};  // and again, as long as something does
};

// A unit says "expired" of a bundle only after that many warnings in which it had its part.
inline constexpr int kWarningsBeforeExpiry = 2;

// What of a channel has waited too long: when the newest of it was stored, and when people were warned last (0: never).
struct Waited {
  std::int64_t newest_stored_ms = 0;
  std::int64_t warned_ms = 0;
};
// At once for the first; for further ones not more often than `after`, so that a stream of them is no stream of mail.
bool is_warning_due(const Contact& contact, const Waited& waited, Instant now);

// Bundles of the channel stored up to then were in enough warnings. `warned_ms`: of the newest warnings, newest first.
std::int64_t warned_enough_up_to(const Contact& contact, const std::vector<std::int64_t>& warned_ms);

}  // namespace jindu::gateway
