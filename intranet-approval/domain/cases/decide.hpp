#pragma once
// The rules of procedure: which events follow from a command, or why none do. Pure; the time, the official and
// everything else that is not in the history comes in as facts.
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/result.hpp"
#include "intranet-approval/domain/cases/command.hpp"
#include "intranet-approval/domain/cases/procedure.hpp"
#include "intranet-approval/domain/cases/state.hpp"
#include "intranet-approval/domain/people/official.hpp"

namespace jindu::approval {

// Numbers and names that are handed out before the decision, so that the decision itself stays pure.
struct Issued {
  std::string acceptance_number = {};
  std::string notice_number = {};
  std::string document_number = {};
  std::string check_code = {};
  std::string notice_id = {};
};

struct OfficialFacts {
  const Procedure& procedure;
  const Official& official;
  Instant now{};
  std::uint64_t expected_sequence = 0;  // what the official saw
  Issued issued = {};
};

// Faults: conflict "case.moved_on" (somebody else was faster), "case.closed", "case.waiting_for_applicant",
// "case.stage"; forbidden "case.role", "case.department", "case.four_eyes", "case.recused"; invalid
// "case.opinion_required", "case.reasons_required", "case.leader_reason_required", "case.items_required",
// "case.text_too_long".
result<std::vector<Event>> decide(const CaseState& state, const OfficialCommand& command, const OfficialFacts& facts);

struct SystemFacts {
  const Procedure& procedure;
  Instant now{};
  Issued issued = {};
  Actor applicant = {};  // for what arrives from outside
};

result<std::vector<Event>> decide(const CaseState& state, const SystemCommand& command, const SystemFacts& facts);

// Whether the official may have sent anew what was stopped on its way to the applicant: whoever has a part in the
// procedure, at any time, also when the case is closed; it decides nothing. Faults: not_found "case.unknown"; forbidden
// "case.department", "case.recused", "case.role".
result<void> may_send_anew(const CaseState& state, const Procedure& procedure, const Official& official);
// The act itself, one event for each bundle. Besides: invalid "case.reasons_required", "case.text_too_long".
result<std::vector<Event>> decide_sent_anew(const CaseState& state, const std::vector<SentAnew>& sent,
                                            const OfficialFacts& facts);

// What an official sees as buttons: each command that the stage knows and, where it is not allowed, the last part of
// the error code that giving it would bring ("four_eyes", "role", …).
struct Permission {
  std::string_view command;
  bool allowed = false;
  std::string reason = {};
};
std::vector<Permission> permissions(const CaseState& state, const Procedure& procedure, const Official& official);

// Officials who may not act in the case's stage whatever their role: the recused, and those whom four eyes forbid.
std::set<std::string> barred_officials(const CaseState& state, const Procedure& procedure);

// Whether the official may act in the case's stage now; the reason (as in Permission) when not, empty when so.
std::string blocked_by(const CaseState& state, const Procedure& procedure, const Official& official);

}  // namespace jindu::approval
