#include "intranet-approval/domain/clocks/clocks.hpp"

#include <algorithm>

namespace jindu::approval {
namespace {

using catalogue::Day;
using catalogue::local_day;

// Walks through the events; starts and ends clocks as they say.
class Walk {
 public:
  Walk(const Procedure& procedure, const catalogue::Calendar& calendar) : procedure_(procedure), calendar_(calendar) {}

  void step(const Event& event) {
    day_ = local_day(event.at);
    std::visit(*this, event.fact);
  }

  std::vector<CaseClock> take(Day today) {
    for (auto& clock : clocks_) {
      const Day until = clock.ended.value_or(today);
      clock.working_days_left = calendar_.working_days_between(until, clock.deadline.day);
      const bool late = until > clock.deadline.day;
      clock.state = clock.runs() ? (late ? ClockState::overdue : ClockState::running)
                                 : (late ? ClockState::breached : ClockState::met);
    }
    return std::move(clocks_);
  }

  void operator()(const Received& fact) { received(fact.received_outside); }
  void operator()(const SupplementReceived& fact) { received(fact.received_outside); }
  void operator()(const Returned&) {}
  void operator()(const SupplementReturned&) {}
  void operator()(const Recused&) {}
  void operator()(const Reviewed&) {}
  void operator()(const SentBack&) {}
  void operator()(const SupplementRequested&) {
    end(ClockKind::acceptance_check);
    end(ClockKind::stage);
  }
  void operator()(const NotAccepted&) {
    end(ClockKind::acceptance_check);
    end(ClockKind::stage);
  }
  void operator()(const Accepted&) { accepted(day_); }
  void operator()(const DeemedAccepted& fact) { accepted(local_day(fact.accepted_from)); }
  void operator()(const StageEntered& fact) { enter(fact.stage, day_); }
  void operator()(const Determined&) {
    end(ClockKind::promised);
    end(ClockKind::statutory);
  }
  void operator()(const Notified&) { end(ClockKind::stage); }
  void operator()(const SentAnew&) {}

 private:
  void start(ClockKind kind, Day day, int working_days, std::string stage = {}) {
    if (working_days <= 0) return;
    clocks_.push_back(
        {kind, std::move(stage), ClockState::running, day, working_days, calendar_.deadline(day, working_days)});
  }
  void end(ClockKind kind) {
    for (auto& clock : clocks_)
      if (clock.kind == kind && clock.runs()) clock.ended = day_;
  }
  void enter(const std::string& stage, Day day) {
    end(ClockKind::stage);
    if (const auto index = procedure_.index_of(stage))
      start(ClockKind::stage, day, procedure_.stages[*index].limit_working_days, stage);
  }
  // The applicant's time counts from the portal's receipt: the way through the gateway is the office's affair, not his.
  void received(Instant outside) {
    start(ClockKind::acceptance_check, local_day(outside), kAcceptanceCheckWorkingDays);
    enter(std::string{kAcceptance}, local_day(outside));
  }
  void accepted(Day from) {
    end(ClockKind::acceptance_check);
    start(ClockKind::promised, from, procedure_.promised_working_days);
    start(ClockKind::statutory, from, procedure_.statutory_working_days);
  }

  const Procedure& procedure_;
  const catalogue::Calendar& calendar_;
  Day day_{};
  std::vector<CaseClock> clocks_;
};

}  // namespace

std::string_view to_text(ClockKind kind) {
  switch (kind) {
    case ClockKind::acceptance_check:
      return "acceptance_check";
    case ClockKind::promised:
      return "promised";
    case ClockKind::statutory:
      return "statutory";
    case ClockKind::stage:
      return "stage";
  }
  return "stage";
}

std::string_view to_text(ClockState state) {
  switch (state) {
    case ClockState::running:
      return "running";
    case ClockState::overdue:
      return "overdue";
    case ClockState::met:
      return "met";
    case ClockState::breached:
      return "breached";
  }
  return "running";
}

std::vector<CaseClock> clocks(std::span<const Event> events, const Procedure& procedure,
                              const catalogue::Calendar& calendar, Day today) {
  Walk walk{procedure, calendar};
  for (const auto& event : events) walk.step(event);
  return walk.take(today);
}

const CaseClock* running(const std::vector<CaseClock>& clocks, ClockKind kind) {
  const auto found = std::find_if(clocks.begin(), clocks.end(),
                                  [&](const CaseClock& clock) { return clock.kind == kind && clock.runs(); });
  return found == clocks.end() ? nullptr : &*found;
}

bool silence_has_accepted(const std::vector<CaseClock>& clocks, Day today) {
  const auto* check = running(clocks, ClockKind::acceptance_check);
  return check && today > check->deadline.day;
}

}  // namespace jindu::approval
