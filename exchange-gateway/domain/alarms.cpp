#include "exchange-gateway/domain/alarms.hpp"

#include <algorithm>

namespace jindu::gateway {
namespace {

constexpr std::int64_t kDayMs = 24LL * 3'600'000;
constexpr std::int64_t kExpiryDays[] = {1, 7, 14, 30, 60};
constexpr std::int64_t kExpiryRedDays = 14;
constexpr std::int64_t kListYellowDays = 30, kListRedDays = 7;

template <class Duration>
std::int64_t ms(Duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

void too_old(std::vector<Alarm>& list, const Facts& f, const std::string& code, std::int64_t since, std::int64_t yellow,
             std::int64_t red, const std::string& about = "") {
  if (since == 0) return;
  const auto age = to_unix_ms(f.now) - since;
  if (age >= yellow) list.push_back({code, age >= red ? Level::red : Level::yellow, about, age, since});
}

void certificate_ends(std::vector<Alarm>& list, const Facts& f, const std::string& whose, std::int64_t until) {
  const auto left = until - to_unix_ms(f.now);
  if (left <= 0) {
    list.push_back({"alarm.certificate_expired", Level::red, whose, left / kDayMs, until});
    return;
  }
  for (const auto days : kExpiryDays)
    if (left <= days * kDayMs) {
      list.push_back({"alarm.certificate_expires", days <= kExpiryRedDays ? Level::red : Level::yellow, whose,
                      (left + kDayMs - 1) / kDayMs, until - days * kDayMs});
      return;
    }
}

// Revocation lists last a day or a year: how early is early goes by how long this one lasts.
void list_ends(std::vector<Alarm>& list, const Facts& f, const ListEnd& one) {
  const auto left = one.until_ms - to_unix_ms(f.now), life = one.until_ms - one.issued_ms;
  const auto yellow = std::min(kListYellowDays * kDayMs, life / 4), red = std::min(kListRedDays * kDayMs, life / 10);
  if (left <= 0)
    list.push_back({"alarm.crl_expired", Level::red, one.issuer, left / kDayMs, one.until_ms});
  else if (left <= yellow)
    list.push_back({"alarm.crl_expires", left <= red ? Level::red : Level::yellow, one.issuer,
                    (left + kDayMs - 1) / kDayMs, one.until_ms - yellow});
}

}  // namespace

std::vector<Alarm> alarms_of(const Facts& f, const AlarmLimits& l) {
  std::vector<Alarm> list;
  if (f.journal_damaged || !f.damaged_bytes_of.empty())
    list.push_back({"alarm.journal_damaged", Level::red, f.damaged_bytes_of, 0, 0});
  if (f.unreadable > 0)
    list.push_back({"alarm.bytes_missing", Level::red, f.first_unreadable, f.unreadable, f.unreadable_ms});
  if (!f.log_whole) list.push_back({"alarm.log_broken", Level::red, "", 0, 0});
  if (!f.restored.empty()) list.push_back({"alarm.restored", Level::red, f.restored, f.epoch_approvals, f.restored_ms});
  for (const auto& [part, at] : f.carrier_failures)
    list.push_back({"alarm.carrier_failing", Level::red, part, to_unix_ms(f.now) - at, at});
  for (const auto& [code, one] : f.unverified)
    list.push_back({"alarm.receipts_unverified", Level::red, code, one.number, one.since_ms});
  for (const auto& [channel, since] : f.stops)
    list.push_back({"alarm.channel_stopped", Level::red, channel, to_unix_ms(f.now) - since, since});
  for (const auto& [what, number] : f.differing)
    list.push_back({"alarm.reconciliation_differs", Level::red, what, number, 0});
  const auto reserve = f.disk_minimum + f.disk_minimum / 2;
  if (f.disk_free < f.disk_minimum)
    list.push_back({"alarm.disk_full", Level::red, "", static_cast<std::int64_t>(f.disk_free), 0});
  else if (f.disk_free < reserve)
    list.push_back({"alarm.disk_low", Level::yellow, "", static_cast<std::int64_t>(f.disk_free), 0});
  too_old(list, f, "alarm.oldest_waiting", f.oldest_waiting_ms, ms(l.oldest_yellow), ms(l.oldest_red),
          f.oldest_waiting_voyage > 0 ? std::to_string(f.oldest_waiting_voyage) : "");
  too_old(list, f, "alarm.oldest_ready", f.oldest_ready_ms, ms(l.oldest_yellow), ms(l.oldest_red));
  too_old(list, f, "alarm.other_side_silent", f.peer_heard_ms > 0 ? f.peer_heard_ms : f.started_ms, ms(l.silent_yellow),
          ms(l.silent_red));
  too_old(list, f, "alarm.mail_failing", f.unsent_mail_ms, ms(l.mail_yellow), ms(l.mail_red));
  for (const auto& [address, since] : f.refused_addresses)
    list.push_back({"alarm.mail_refused", Level::yellow, address, to_unix_ms(f.now) - since, since});
  if (f.held > 0) {
    const auto age = to_unix_ms(f.now) - f.oldest_held_ms;
    list.push_back({"alarm.held", age >= ms(l.held_red) ? Level::red : Level::yellow, "", f.held, f.oldest_held_ms});
  }
  if (f.quarantined > 0) list.push_back({"alarm.quarantined", Level::red, "", f.quarantined, 0});
  for (const auto& one : f.not_taken)
    list.push_back({"alarm.not_taken", Level::red, one.here + " " + one.first, one.number, one.since_ms});
  if (f.not_taken_full) list.push_back({"alarm.not_taken_full", Level::red, "", 0, 0});
  for (const auto& g : f.gaps)
    if (to_unix_ms(f.now) - g.since_ms >= ms(l.gap))
      list.push_back({"alarm.gap", Level::yellow,
                      g.channel + " " + std::to_string(g.first) + " " + std::to_string(g.last), g.last - g.first + 1,
                      g.since_ms, g.asked_ms});
  if (f.peer_ahead_ms > ms(l.skew)) list.push_back({"alarm.clock_skew", Level::yellow, "", f.peer_ahead_ms, 0});
  // One line for all: where a bundle cannot be taken, every voyage brings it again.
  if (!f.damaged.empty())
    list.push_back({"alarm.voyage_damaged", Level::yellow, f.damaged.front().first,
                    static_cast<std::int64_t>(f.damaged.size()), f.damaged.front().second});
  for (const auto& [whose, until] : f.certificates) certificate_ends(list, f, whose, until);
  for (const auto& one : f.lists) list_ends(list, f, one);
  std::stable_sort(list.begin(), list.end(),
                   [](const Alarm& a, const Alarm& b) { return a.level == Level::red && b.level != Level::red; });
  return list;
}

}  // namespace jindu::gateway
