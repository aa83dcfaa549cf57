#include "intranet-approval/domain/cases/procedure.hpp"

#include <set>

namespace jindu::approval {

std::optional<std::size_t> Procedure::index_of(std::string_view code) const {
  for (std::size_t i = 0; i < stages.size(); ++i)
    if (stages[i].code == code) return i;
  return std::nullopt;
}

result<void> check_procedure(const Procedure& procedure) {
  const auto fault = [](const char* code, std::string detail) {
    return Error{Fault::invalid, code, std::move(detail), "/workflow/stages"};
  };
  const auto& stages = procedure.stages;
  if (stages.size() < 3 || stages.front().code != kAcceptance || stages.back().code != kNotification ||
      stages[stages.size() - 2].code != kDetermination)
    return fault("procedure.order", "stages begin with acceptance and end with determination and notification");
  std::set<std::string_view> seen;
  for (const auto& stage : stages) {
    if (!seen.insert(stage.code).second)
      return fault("procedure.repeated_stage", "stage " + stage.code + " stands twice");
    if (stage.role.empty()) return fault("procedure.no_role", "stage " + stage.code + " names no role");
    if (stage.limit_working_days < 0) return fault("procedure.limit", "stage " + stage.code + " has a negative limit");
  }
  return {};
}

bool is_review(std::string_view stage_code) {
  return !stage_code.empty() && stage_code != kAcceptance && stage_code != kNotification;
}

}  // namespace jindu::approval
