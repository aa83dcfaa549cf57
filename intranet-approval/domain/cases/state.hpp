#pragma once
// What a case is now: the fold of its events.
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "intranet-approval/domain/cases/event.hpp"

namespace jindu::approval {

// The words of docs/formats.md that the intranet gives.
enum class Status {
  none,  // no event yet
  received,
  returned,
  supplement_requested,
  accepted,
  not_accepted,
  initial_review,
  re_review,
  determination,
  notification,
  granted,
  refused,
};
std::string_view to_text(Status status);
std::optional<Status> status_from_text(std::string_view text);

// Who acted in a stage, in the order in which it happened; four eyes are decided by it.
struct Act {
  std::string stage;
  std::string official;  // fingerprint
  bool operator==(const Act&) const = default;
};

struct CaseState {
  std::uint64_t sequence = 0;
  Status status = Status::none;
  std::string stage;  // empty once closed
  std::string declaration_number;
  std::string item_id;
  int item_version = 0;
  std::string department;
  std::string acceptance_number;
  std::string document_number;
  std::string check_code;
  Instant received_outside{};  // of the latest submission
  std::optional<Instant> accepted_from;
  bool deemed_accepted = false;
  std::vector<Act> acts;
  std::set<std::string> recused;  // fingerprints
  int supplement_notices = 0;
  std::string open_notice_id;  // the supplement notice that waits for an answer
  std::vector<CaseFinding> open_findings;
  std::optional<Outcome> outcome;
  std::string reasons;
  std::string opinion;
  bool operator==(const CaseState&) const = default;

  bool exists() const { return sequence > 0; }
  bool closed() const;
};

// Applies one event. The event is one that `decide` made: a gap in the sequence is our own mistake and asserts.
CaseState apply(CaseState state, const Event& event);
CaseState fold(std::span<const Event> events);

}  // namespace jindu::approval
