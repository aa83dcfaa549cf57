#include "intranet-approval/domain/cases/decide.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace jindu::approval {
namespace {

using Outcomes = result<std::vector<Event>>;

Error refused(Fault fault, const char* code, std::string detail, std::string field = {}) {
  return Error{fault, code, std::move(detail), std::move(field)};
}

bool blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' '; });
}

result<void> require_text(std::string_view text, const char* code, const char* field) {
  if (blank(text))
    return refused(Fault::invalid, code, std::string{field} + " must say something", std::string{"/"} + field);
  if (text.size() > kOpinionBytesMax)
    return refused(Fault::invalid, "case.text_too_long", std::string{field} + " is longer than 16,000 bytes",
                   std::string{"/"} + field);
  return {};
}

result<void> limit_text(std::string_view text, const char* field) {
  if (text.size() > kOpinionBytesMax)
    return refused(Fault::invalid, "case.text_too_long", std::string{field} + " is longer than 16,000 bytes",
                   std::string{"/"} + field);
  return {};
}

// Which commands a stage knows. Recusal is known everywhere.
bool stage_knows(std::string_view stage, std::string_view command) {
  if (command == "recuse") return true;
  if (stage == kAcceptance) return command == "accept" || command == "not_accept" || command == "request_supplement";
  if (stage == kNotification) return command == "notify";
  if (stage == kDetermination) return command == "determine" || command == "send_back";
  return command == "review" || command == "send_back";
}

// The nearest review stage before or after, if there is one.
const Stage* neighbour(const Procedure& procedure, std::size_t index, int step) {
  const auto next = static_cast<std::ptrdiff_t>(index) + step;
  if (next < 0 || next >= static_cast<std::ptrdiff_t>(procedure.stages.size())) return nullptr;
  const Stage& stage = procedure.stages[static_cast<std::size_t>(next)];
  return is_review(stage.code) ? &stage : nullptr;
}

const Act* last_act(const CaseState& state, std::string_view stage) {
  const auto found =
      std::find_if(state.acts.rbegin(), state.acts.rend(), [&](const Act& act) { return act.stage == stage; });
  return found == state.acts.rend() ? nullptr : &*found;
}

// Four eyes: nobody reviews what he reviewed himself one stage before or after, and nobody determines what he had
// reviewed first, however many stages or returns lie between.
std::set<std::string> barred_by_four_eyes(const CaseState& state, const Procedure& procedure) {
  std::set<std::string> barred;
  const auto index = procedure.index_of(state.stage);
  if (!index || !is_review(state.stage)) return barred;
  for (const int step : {-1, 1}) {
    const Stage* stage = neighbour(procedure, *index, step);
    if (const Act* act = stage ? last_act(state, stage->code) : nullptr) barred.insert(act->official);
  }
  const auto everybody_in = [&](std::string_view stage) {
    for (const auto& act : state.acts)
      if (act.stage == stage) barred.insert(act.official);
  };
  if (state.stage == kDetermination) everybody_in(kInitialReview);
  if (state.stage == kInitialReview) everybody_in(kDetermination);
  return barred;
}

result<void> may_act(const CaseState& state, const Procedure& procedure, const Official& official) {
  if (state.closed() || !state.exists()) return refused(Fault::conflict, "case.closed", "the case is closed");
  if (official.department != state.department)
    return refused(Fault::forbidden, "case.department", "the case belongs to department " + state.department);
  if (state.recused.contains(official.fingerprint))
    return refused(Fault::forbidden, "case.recused", "the official is recused from this case");
  const auto index = procedure.index_of(state.stage);
  if (!index) return refused(Fault::internal, "case.unknown_stage", "the item version has no stage " + state.stage);
  if (!official.has(procedure.stages[*index].role))
    return refused(Fault::forbidden, "case.role",
                   "stage " + state.stage + " needs role " + procedure.stages[*index].role);
  if (barred_by_four_eyes(state, procedure).contains(official.fingerprint))
    return refused(Fault::forbidden, "case.four_eyes",
                   "the official already acted in a stage that this one must check");
  if (state.status == Status::supplement_requested)
    return refused(Fault::conflict, "case.waiting_for_applicant",
                   "a supplement notice waits for the applicant's answer");
  return {};
}

// For whom there is something to do in some stage of the procedure, whatever the present one.
result<void> has_part(const CaseState& state, const Procedure& procedure, const Official& official) {
  if (official.department != state.department)
    return refused(Fault::forbidden, "case.department", "the case belongs to department " + state.department);
  if (state.recused.contains(official.fingerprint))
    return refused(Fault::forbidden, "case.recused", "the official is recused from this case already");
  const bool concerned = std::any_of(procedure.stages.begin(), procedure.stages.end(),
                                     [&](const Stage& s) { return official.has(s.role); });
  if (!concerned) return refused(Fault::forbidden, "case.role", "the official has no role in this procedure");
  return {};
}

// Recusing oneself is a duty of anybody who could ever act on the case, whatever its stage.
result<void> may_recuse(const CaseState& state, const Procedure& procedure, const Official& official) {
  if (state.closed() || !state.exists()) return refused(Fault::conflict, "case.closed", "the case is closed");
  return has_part(state, procedure, official);
}

result<void> may_command(const CaseState& state, std::string_view command, const Procedure& procedure,
                         const Official& official) {
  if (command == "recuse") return may_recuse(state, procedure, official);
  if (auto allowed = may_act(state, procedure, official); !allowed) return allowed;
  if (!stage_knows(state.stage, command))
    return refused(Fault::conflict, "case.stage", "stage " + state.stage + " does not know " + std::string{command});
  if (command == "send_back" && !neighbour(procedure, *procedure.index_of(state.stage), -1))
    return refused(Fault::conflict, "case.stage", "there is no review stage before " + state.stage);
  return {};
}

// Numbers the facts that follow from one command.
class Journal {
 public:
  Journal(std::uint64_t sequence, Instant at, Actor actor) : sequence_(sequence), at_(at), actor_(std::move(actor)) {}
  Journal& add(Fact fact) {
    events_.push_back({++sequence_, at_, actor_, std::move(fact)});
    return *this;
  }
  Outcomes take() { return std::move(events_); }

 private:
  std::uint64_t sequence_;
  Instant at_;
  Actor actor_;
  std::vector<Event> events_;
};

const std::string& stage_after(const Procedure& procedure, const std::string& stage) {
  const auto index = procedure.index_of(stage);
  assert(index && *index + 1 < procedure.stages.size());
  return procedure.stages[*index + 1].code;
}

struct OfficialDecision {
  const CaseState& state;
  const OfficialFacts& facts;

  Journal journal() const {
    const auto& official = facts.official;
    return {state.sequence, facts.now,
            Actor{ActorKind::official, official.fingerprint, official.name, official.department}};
  }

  Outcomes operator()(const Accept& command) const {
    if (const auto ok = require_text(command.opinion, "case.opinion_required", "opinion"); !ok) return ok.error();
    assert(!facts.issued.acceptance_number.empty());
    return journal()
        .add(Accepted{facts.issued.acceptance_number, command.opinion})
        .add(StageEntered{stage_after(facts.procedure, state.stage)})
        .take();
  }
  Outcomes operator()(const NotAccept& command) const {
    if (const auto ok = require_text(command.reasons, "case.reasons_required", "reasons"); !ok) return ok.error();
    return journal().add(NotAccepted{command.reasons, facts.issued.notice_number}).take();
  }
  Outcomes operator()(const RequestSupplement& command) const {
    if (command.items.empty())
      return refused(Fault::invalid, "case.items_required", "a supplement notice lists what is missing", "/items");
    if (command.items.size() > kSupplementItemsMax)
      return refused(Fault::invalid, "case.items_required", "at most 100 items", "/items");
    for (const auto& item : command.items)
      if (const auto ok = require_text(item.message_zh, "case.items_required", "items"); !ok) return ok.error();
    if (state.supplement_notices > 0)
      if (const auto ok = require_text(command.leader_reason, "case.leader_reason_required", "leader_reason"); !ok)
        return ok.error();
    if (const auto ok = limit_text(command.leader_reason, "leader_reason"); !ok) return ok.error();
    assert(!facts.issued.notice_id.empty());
    return journal().add(SupplementRequested{facts.issued.notice_id, command.items, command.leader_reason}).take();
  }
  Outcomes operator()(const Review& command) const {
    if (const auto ok = require_text(command.opinion, "case.opinion_required", "opinion"); !ok) return ok.error();
    return journal()
        .add(Reviewed{state.stage, command.opinion, command.recommendation})
        .add(StageEntered{stage_after(facts.procedure, state.stage)})
        .take();
  }
  Outcomes operator()(const SendBack& command) const {
    if (const auto ok = require_text(command.reasons, "case.reasons_required", "reasons"); !ok) return ok.error();
    const Stage* to = neighbour(facts.procedure, *facts.procedure.index_of(state.stage), -1);
    return journal().add(SentBack{state.stage, to->code, command.reasons}).add(StageEntered{to->code}).take();
  }
  Outcomes operator()(const Recuse& command) const {
    if (const auto ok = require_text(command.reasons, "case.reasons_required", "reasons"); !ok) return ok.error();
    return journal().add(Recused{state.stage, command.reasons}).take();
  }
  Outcomes operator()(const Determine& command) const {
    if (const auto ok = require_text(command.opinion, "case.opinion_required", "opinion"); !ok) return ok.error();
    // A refusal without reasons is void (行政许可法 article 38).
    if (command.outcome == Outcome::refuse)
      if (const auto ok = require_text(command.reasons, "case.reasons_required", "reasons"); !ok) return ok.error();
    if (const auto ok = limit_text(command.reasons, "reasons"); !ok) return ok.error();
    assert(!facts.issued.document_number.empty() && !facts.issued.check_code.empty());
    return journal()
        .add(Determined{command.outcome, command.opinion, command.reasons, facts.issued.document_number,
                        facts.issued.check_code, command.record_sha256})
        .add(StageEntered{stage_after(facts.procedure, state.stage)})
        .take();
  }
  Outcomes operator()(const Notify& command) const {
    if (const auto ok = limit_text(command.opinion, "opinion"); !ok) return ok.error();
    assert(state.outcome);
    return journal().add(Notified{command.opinion, command.document_sha256}).take();
  }
};

struct SystemDecision {
  const CaseState& state;
  const SystemFacts& facts;

  Journal system() const { return {state.sequence, facts.now, Actor{}}; }
  Journal applicant() const { return {state.sequence, facts.now, facts.applicant}; }

  Outcomes operator()(const Receive& command) const {
    if (state.exists()) return refused(Fault::conflict, "case.exists", "the declaration is known already");
    return applicant().add(command.fact).take();
  }
  Outcomes operator()(const Return& command) const {
    if (state.exists()) return refused(Fault::conflict, "case.exists", "the declaration is known already");
    return system().add(command.fact).take();
  }
  Outcomes operator()(const ReceiveSupplement& command) const {
    if (const auto ok = awaited(command.fact.answers_notice_id); !ok) return ok.error();
    return applicant().add(command.fact).take();
  }
  Outcomes operator()(const ReturnSupplement& command) const {
    if (state.status != Status::supplement_requested)
      return refused(Fault::conflict, "case.not_awaited", "no supplement is awaited");
    return system().add(command.fact).take();
  }
  Outcomes operator()(const DeemAccepted&) const {
    if (state.status != Status::received || state.stage != kAcceptance)
      return refused(Fault::conflict, "case.stage", "only a case that waits for acceptance can be deemed accepted");
    assert(!facts.issued.acceptance_number.empty());
    return system()
        .add(DeemedAccepted{facts.issued.acceptance_number, state.received_outside})
        .add(StageEntered{stage_after(facts.procedure, state.stage)})
        .take();
  }

  result<void> awaited(const std::string& notice_id) const {
    if (state.status != Status::supplement_requested)
      return refused(Fault::conflict, "case.not_awaited", "no supplement is awaited");
    if (notice_id != state.open_notice_id)
      return refused(Fault::conflict, "case.other_notice", "the supplement answers another notice than the open one");
    return {};
  }
};

constexpr std::array<std::string_view, 8> kCommands{"accept",    "not_accept", "request_supplement", "review",
                                                    "send_back", "recuse",     "determine",          "notify"};

std::string last_part(const std::string& code) { return code.substr(code.rfind('.') + 1); }

}  // namespace

std::string_view name_of(const OfficialCommand& command) {
  static_assert(std::variant_size_v<OfficialCommand> == kCommands.size());
  return kCommands[command.index()];  // in the order of the variant
}

result<std::vector<Event>> decide(const CaseState& state, const OfficialCommand& command, const OfficialFacts& facts) {
  if (!state.exists()) return refused(Fault::not_found, "case.unknown", "there is no such case");
  if (facts.expected_sequence != state.sequence)
    return refused(Fault::conflict, "case.moved_on", "the case is at " + std::to_string(state.sequence) + " now");
  if (const auto ok = may_command(state, name_of(command), facts.procedure, facts.official); !ok) return ok.error();
  return std::visit(OfficialDecision{state, facts}, command);
}

result<std::vector<Event>> decide(const CaseState& state, const SystemCommand& command, const SystemFacts& facts) {
  return std::visit(SystemDecision{state, facts}, command);
}

result<void> may_send_anew(const CaseState& state, const Procedure& procedure, const Official& official) {
  if (!state.exists()) return refused(Fault::not_found, "case.unknown", "there is no such case");
  return has_part(state, procedure, official);
}

result<std::vector<Event>> decide_sent_anew(const CaseState& state, const std::vector<SentAnew>& sent,
                                            const OfficialFacts& facts) {
  if (const auto may = may_send_anew(state, facts.procedure, facts.official); !may) return may.error();
  auto journal = OfficialDecision{state, facts}.journal();
  for (const auto& one : sent) {
    if (const auto ok = require_text(one.reasons, "case.reasons_required", "reason"); !ok) return ok.error();
    journal.add(one);
  }
  return journal.take();
}

std::vector<Permission> permissions(const CaseState& state, const Procedure& procedure, const Official& official) {
  std::vector<Permission> answer;
  if (state.closed() || !state.exists()) return answer;
  for (const auto command : kCommands) {
    if (!stage_knows(state.stage, command)) continue;
    const auto allowed = may_command(state, command, procedure, official);
    if (!allowed && allowed.error().code == "case.stage") continue;
    answer.push_back({command, allowed.has_value(), allowed ? "" : last_part(allowed.error().code)});
  }
  return answer;
}

std::set<std::string> barred_officials(const CaseState& state, const Procedure& procedure) {
  auto barred = barred_by_four_eyes(state, procedure);
  barred.insert(state.recused.begin(), state.recused.end());
  return barred;
}

std::string blocked_by(const CaseState& state, const Procedure& procedure, const Official& official) {
  const auto allowed = may_act(state, procedure, official);
  return allowed ? std::string{} : last_part(allowed.error().code);
}

}  // namespace jindu::approval
