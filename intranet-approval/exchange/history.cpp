#include "intranet-approval/exchange/history.hpp"

#include <jindu/v1/dossier.pb.h>

#include "common/runtime/ids.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/messages.hpp"
#include "intranet-approval/domain/cases/decide.hpp"
#include "intranet-approval/domain/clocks/clocks.hpp"
#include "intranet-approval/domain/numbers/number.hpp"
#include "intranet-approval/exchange/outgoing.hpp"
#include "intranet-approval/store/dossiers.hpp"

namespace jindu::approval {

History load_history(storage::Transaction& t, const std::string& case_id) {
  History history;
  history.stored = store::load_events(t, case_id);
  history.events = store::events_of(history.stored);
  history.state = fold(history.events);
  return history;
}

store::CaseRow commit_change(Office& office, storage::Transaction& t, const History& before, const Change& change,
                             const catalogue::Item& item, const store::ApplicantSummary& applicant) {
  const auto catalogue = office.catalogue(t);
  if (!catalogue) throw ErrorException({Fault::unavailable, "catalogue.none", "no catalogue is published yet"});
  store::append_events(t, change.case_id, change.events, change.command_id, change.signature, [&](BytesView body) {
    return evidence::sign_statement(evidence::kCaseEventType, body, office.node);
  });
  auto events = before.events;
  events.insert(events.end(), change.events.begin(), change.events.end());
  const auto procedure = procedure_of(item);
  auto row = store::project(change.case_id, events, procedure, catalogue->calendar, applicant);
  store::put_case_row(t, row);
  const auto at = change.events.back().at;
  const auto all = clocks(events, procedure, catalogue->calendar, catalogue::local_day(at));
  const auto* clock = running(all, ClockKind::acceptance_check);
  if (!clock) clock = running(all, ClockKind::promised);
  // Acceptance and the stage after it come as one change; the applicant sees each of them.
  auto until = before.events;
  auto status = before.state.status;
  for (std::size_t i = 0; i + 1 < change.events.size(); ++i) {
    until.push_back(change.events[i]);
    const auto state = fold(until);
    if (state.status == status || to_text(state.status) == row.status) continue;
    status = state.status;
    send_status(t, store::project(change.case_id, until, procedure, catalogue->calendar, applicant),
                change.events[i].at, clock ? clock->working_days_left : 0);
  }
  // That something was sent anew says nothing of the case: told again, what it says would take back what the applicant
  // has done since.
  if (!std::all_of(change.events.begin(), change.events.end(),
                   [](const Event& event) { return std::holds_alternative<SentAnew>(event.fact); }))
    send_status(t, row, at, clock ? clock->working_days_left : 0);
  return row;
}

result<Applicant> applicant_of(BytesView opened_content) {
  jindu::v1::SignedContent outer;
  jindu::v1::DossierContent content;
  if (auto ok = parse_message(opened_content, outer); !ok) return ok.error();
  if (auto ok = parse_message(bytes_of(outer.content()), content); !ok) return ok.error();
  auto certificate = crypto::Certificate::from_der(bytes_of(content.applicant().certificate()));
  if (!certificate) return certificate.error();
  const auto& party = content.applicant();
  return Applicant{{party.name(), party.kind() == jindu::v1::PARTY_KIND_COMPANY ? "company" : "citizen"},
                   party.id_number(),
                   party.phone(),
                   *certificate};
}

std::string reserve(storage::Transaction& t, const std::string& case_id, const std::string& series,
                    std::string_view number_template, const catalogue::Catalogue& catalogue,
                    const catalogue::Item& item, Instant now, std::string* check_code_out) {
  const auto* department = catalogue.department(item.department);
  NumberFacts facts;
  facts.department_code = department ? department->code : item.department;
  facts.item_code = item.code;
  facts.year = static_cast<int>(std::chrono::year_month_day(catalogue::local_day(now)).year());
  // One counter for each pattern that numbers are made of: whatever templates items of a department share or not, no
  // two numbers are the same.
  const auto pattern = format_number(number_template, facts);
  if (!pattern) throw ErrorException(pattern.error());
  const Bytes random = crypto::random_bytes(16);
  std::array<std::uint8_t, 16> seed;
  std::copy(random.begin(), random.end(), seed.begin());
  const auto reservation = store::reserve_number(
      t, {case_id, item.department + " " + *pattern, series, facts.year, check_code(seed), [&](std::uint64_t sequence) {
            auto with = facts;
            with.sequence = sequence;
            auto number = format_number(number_template, with);
            if (!number) throw ErrorException(number.error());
            return *number;
          }});
  if (check_code_out) *check_code_out = reservation.check_code;
  return reservation.number;
}

result<int> accept_silent_cases(Office& office) {
  int accepted = 0;
  std::vector<std::string> waiting;
  const auto now = office.now();
  const auto today = catalogue::local_day(now);
  if (auto ok = office.database.read(
          [&](storage::Transaction& t) { waiting = store::unanswered_cases(t, catalogue::to_iso(today), 100); });
      !ok)
    return ok.error();
  for (const auto& id : waiting) {
    bool done = false;
    auto ok = office.database.write([&](storage::Transaction& t) {
      done = false;
      const auto history = load_history(t, id);
      const auto item = office.item(t, history.state.item_id, history.state.item_version);
      const auto catalogue = office.catalogue(t);
      const auto submissions = store::submissions(t, id);
      if (!item || !catalogue || submissions.empty()) return;
      const auto procedure = procedure_of(*item);
      if (!silence_has_accepted(clocks(history.events, procedure, catalogue->calendar, today), today)) return;
      SystemFacts facts{procedure, now, {}, {}};
      facts.issued.acceptance_number = reserve(t, id, "acceptance", kAcceptanceTemplate, *catalogue, *item, now);
      auto events = decide(history.state, SystemCommand{DeemAccepted{}}, facts);
      if (!events) return;
      auto applicant = applicant_of(submissions.back().opened_content);
      if (!applicant) throw ErrorException(applicant.error());
      commit_change(office, t, history, {id, *events}, *item, applicant->summary);
      jindu::v1::NoticeContent notice;
      notice.set_declaration_id(id);
      notice.set_notice_id(new_uuid(now));
      notice.set_kind("accepted");
      notice.set_document_number(facts.issued.acceptance_number);
      send_notice(t, applicant->certificate.public_key(), std::move(notice), now);
      done = true;
    });
    if (!ok) return ok.error();
    if (done) {
      ++accepted;
      log::warn("case.deemed_accepted", {{"case", id}});
    }
  }
  return accepted;
}

result<int> refresh_rows(Office& office) {
  std::vector<std::string> open;
  if (auto ok = office.database.read([&](storage::Transaction& t) { open = store::open_case_ids(t); }); !ok)
    return ok.error();
  int refreshed = 0;
  for (const auto& id : open) {
    const auto differs = [&](storage::Transaction& t) -> std::optional<store::CaseRow> {
      const auto row = store::find_case_row(t, id);
      const auto catalogue = office.catalogue(t);
      const auto item = row ? office.item(t, row->item_id, row->item_version) : nullptr;
      if (!item || !catalogue) return std::nullopt;
      const auto history = load_history(t, id);
      auto fresh = store::project(id, history.events, procedure_of(*item), catalogue->calendar,
                                  {row->applicant_name, row->applicant_kind});
      return fresh == *row ? std::nullopt : std::optional(std::move(fresh));
    };
    // Most do not differ, and reading disturbs nobody.
    std::optional<store::CaseRow> fresh;
    if (auto ok = office.database.read([&](storage::Transaction& t) { fresh = differs(t); }); !ok) return ok.error();
    if (!fresh) continue;
    auto ok = office.database.write([&](storage::Transaction& t) {
      fresh = differs(t);
      if (fresh) store::put_case_row(t, *fresh);
    });
    if (!ok) return ok.error();
    ++refreshed;
  }
  return refreshed;
}

}  // namespace jindu::approval
