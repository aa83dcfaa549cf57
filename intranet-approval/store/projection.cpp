#include "intranet-approval/store/projection.hpp"

#include <cassert>

#include "intranet-approval/domain/cases/decide.hpp"
#include "intranet-approval/domain/clocks/clocks.hpp"

namespace jindu::approval::store {
namespace {

std::string date_of(const CaseClock* clock) {
  return clock ? catalogue::to_iso(clock->deadline.day) : std::string{kNoDate};
}

}  // namespace

CaseRow project(const std::string& case_id, std::span<const Event> events, const Procedure& procedure,
                const catalogue::Calendar& calendar, const ApplicantSummary& applicant) {
  assert(!events.empty());
  const auto state = fold(events);
  // Deadlines do not depend on the day on which they are asked for; how much is left of them is said when they are
  // read.
  const auto all = clocks(events, procedure, calendar, catalogue::local_day(events.back().at));
  const auto* check = running(all, ClockKind::acceptance_check);
  const auto* promised = running(all, ClockKind::promised);
  const auto* statutory = running(all, ClockKind::statutory);
  const auto* stage = running(all, ClockKind::stage);

  CaseRow row;
  row.case_id = case_id;
  row.sequence = state.sequence;
  row.status = to_text(state.status);
  row.stage = state.stage;
  if (const auto index = procedure.index_of(state.stage)) row.role = procedure.stages[*index].role;
  if (!state.closed()) row.barred = barred_officials(state, procedure);
  row.department = state.department;
  row.item_id = state.item_id;
  row.item_version = state.item_version;
  row.declaration_number = state.declaration_number;
  row.acceptance_number = state.acceptance_number;
  row.document_number = state.document_number;
  row.applicant_name = applicant.name;
  row.applicant_kind = applicant.kind;
  row.received_at = fold(events.first(1)).received_outside;
  row.received_inside = events.front().at;
  row.stage_entered = events.front().at;
  for (const auto& event : events)
    if (std::holds_alternative<StageEntered>(event.fact)) row.stage_entered = event.at;
  row.closed = state.closed();
  // What is sent anew later does not close it once more.
  if (row.closed)
    for (const auto& event : events)
      if (!std::holds_alternative<SentAnew>(event.fact)) row.closed_at = event.at;
  row.deemed_accepted = state.deemed_accepted;
  row.acceptance_check_date = date_of(check);
  row.due_date = check ? date_of(check) : date_of(promised ? promised : statutory);
  row.statutory_due_date = date_of(statutory);
  row.stage_due_date = date_of(stage);
  for (const auto* clock : {check, promised, statutory, stage}) row.provisional |= clock && clock->deadline.provisional;
  return row;
}

}  // namespace jindu::approval::store
