#pragma once
// Time limits of a case (时限): pure functions of its events, its procedure and the signed calendar, each with the
// trace that explains it. Nothing here is stored as truth; a corrected calendar gives corrected clocks.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/catalogue/calendar.hpp"
#include "intranet-approval/domain/cases/event.hpp"
#include "intranet-approval/domain/cases/procedure.hpp"

namespace jindu::approval {

// Days that the office has to say whether a dossier is complete, from its receipt outside; after them the law accepts
// it (行政许可法 article 32).
inline constexpr int kAcceptanceCheckWorkingDays = 5;

enum class ClockKind { acceptance_check, promised, statutory, stage };
std::string_view to_text(ClockKind kind);

// met and breached are ends: in time and late. overdue still runs.
enum class ClockState { running, overdue, met, breached };
std::string_view to_text(ClockState state);

struct CaseClock {
  ClockKind kind = ClockKind::stage;
  std::string stage = {};  // of a stage's own limit
  ClockState state = ClockState::running;
  catalogue::Day start{};  // not counted itself
  int working_days = 0;
  catalogue::Deadline deadline = {};
  int working_days_left = 0;  // 0 on the last day, negative afterwards; at the end for a clock that has ended
  std::optional<catalogue::Day> ended = {};

  bool runs() const { return !ended; }
};

// Every clock that has started, in the order of their starts: one acceptance check for each submission, the two legal
// limits from acceptance to determination, one for each stay in a stage that has a limit.
std::vector<CaseClock> clocks(std::span<const Event> events, const Procedure& procedure,
                              const catalogue::Calendar& calendar, catalogue::Day today);

// The running clock of a kind, if any; for stages that of the present one.
const CaseClock* running(const std::vector<CaseClock>& clocks, ClockKind kind);

// Whether the time for checking passed in silence, so that the case is accepted by law.
bool silence_has_accepted(const std::vector<CaseClock>& clocks, catalogue::Day today);

}  // namespace jindu::approval
