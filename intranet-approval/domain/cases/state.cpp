#include "intranet-approval/domain/cases/state.hpp"

#include <array>
#include <cassert>

#include "intranet-approval/domain/cases/procedure.hpp"

namespace jindu::approval {
namespace {

constexpr std::array<std::string_view, 12> kStatusTexts{
    "none",           "received",  "returned",      "supplement_requested", "accepted", "not_accepted",
    "initial_review", "re_review", "determination", "notification",         "granted",  "refused"};

// Items may define review stages of their own; outside, they are told as the nearest word that docs/formats.md knows.
Status status_in(std::string_view stage) {
  if (stage == kAcceptance) return Status::received;
  if (stage == kReReview) return Status::re_review;
  if (stage == kDetermination) return Status::determination;
  if (stage == kNotification) return Status::notification;
  return Status::initial_review;
}

// Applies one fact; one overload for each, so that a new kind of fact does not compile until it has a meaning.
struct Application {
  CaseState& s;
  const Event& event;

  void begin(const auto& fact) {
    s.declaration_number = fact.declaration_number;
    s.item_id = fact.item_id;
    s.item_version = fact.item_version;
    s.department = fact.department;
    s.received_outside = fact.received_outside;
  }
  void close(Status status) {
    s.status = status;
    s.stage.clear();
    s.open_notice_id.clear();
    s.open_findings.clear();
  }
  void acted(const std::string& stage) { s.acts.push_back({stage, event.actor.fingerprint}); }

  void operator()(const Received& fact) {
    begin(fact);
    s.status = Status::received;
    s.stage = kAcceptance;
  }
  void operator()(const Returned& fact) {
    begin(fact);
    close(Status::returned);
  }
  void operator()(const SupplementRequested& fact) {
    acted(s.stage);
    s.status = Status::supplement_requested;
    s.supplement_notices += 1;
    s.open_notice_id = fact.notice_id;
    s.open_findings = fact.findings;
  }
  void operator()(const SupplementReceived& fact) {
    s.status = Status::received;
    s.received_outside = fact.received_outside;
    s.open_notice_id.clear();
    s.open_findings.clear();
  }
  void operator()(const SupplementReturned& fact) { s.open_findings = fact.findings; }
  void operator()(const Accepted& fact) {
    acted(s.stage);
    s.status = Status::accepted;
    s.acceptance_number = fact.acceptance_number;
    s.accepted_from = event.at;
  }
  void operator()(const DeemedAccepted& fact) {
    s.status = Status::accepted;
    s.acceptance_number = fact.acceptance_number;
    s.accepted_from = fact.accepted_from;
    s.deemed_accepted = true;
  }
  void operator()(const NotAccepted& fact) {
    acted(s.stage);
    s.reasons = fact.reasons;
    close(Status::not_accepted);
  }
  void operator()(const StageEntered& fact) {
    s.stage = fact.stage;
    s.status = status_in(fact.stage);
  }
  void operator()(const Reviewed& fact) { acted(fact.stage); }
  void operator()(const SentBack& fact) { acted(fact.stage); }
  void operator()(const Recused&) { s.recused.insert(event.actor.fingerprint); }
  void operator()(const Determined& fact) {
    acted(s.stage);
    s.outcome = fact.outcome;
    s.opinion = fact.opinion;
    s.reasons = fact.reasons;
    s.document_number = fact.document_number;
    s.check_code = fact.check_code;
  }
  void operator()(const Notified&) {
    acted(s.stage);
    close(s.outcome == Outcome::grant ? Status::granted : Status::refused);
  }
  void operator()(const SentAnew&) {}
};

}  // namespace

std::string_view to_text(Status status) { return kStatusTexts[static_cast<std::size_t>(status)]; }

std::optional<Status> status_from_text(std::string_view text) {
  for (std::size_t i = 1; i < kStatusTexts.size(); ++i)
    if (kStatusTexts[i] == text) return static_cast<Status>(i);
  return std::nullopt;
}

bool CaseState::closed() const {
  return status == Status::returned || status == Status::not_accepted || status == Status::granted ||
         status == Status::refused;
}

CaseState apply(CaseState state, const Event& event) {
  assert(event.sequence == state.sequence + 1);
  std::visit(Application{state, event}, event.fact);
  state.sequence = event.sequence;
  return state;
}

CaseState fold(std::span<const Event> events) {
  CaseState state;
  for (const auto& event : events) state = apply(std::move(state), event);
  return state;
}

}  // namespace jindu::approval
