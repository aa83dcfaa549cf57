#include <boost/json/serialize.hpp>

#include "common/crypto/cms.hpp"
#include "common/exchange/service/sent_anew.hpp"
#include "common/runtime/ids.hpp"
#include "intranet-approval/api/api.hpp"
#include "intranet-approval/api/command_body.hpp"
#include "intranet-approval/api/json.hpp"
#include "intranet-approval/api/papers.hpp"
#include "intranet-approval/domain/cases/decide.hpp"
#include "intranet-approval/domain/decisions/record.hpp"
#include "intranet-approval/domain/numbers/number.hpp"
#include "intranet-approval/exchange/history.hpp"
#include "intranet-approval/exchange/outgoing.hpp"
#include "intranet-approval/store/dossiers.hpp"
#include "intranet-approval/store/readings.hpp"

namespace jindu::approval::api {
namespace {

namespace json = boost::json;

DecisionRecord record_of(const std::string& id, const CaseState& state,
                         const std::vector<store::Submission>& submissions, const Applicant& applicant,
                         const Official& official, Outcome outcome, const std::string& opinion,
                         const std::string& reasons) {
  DecisionRecord record{id,
                        state.sequence,
                        state.item_id,
                        state.item_version,
                        state.acceptance_number,
                        state.department,
                        applicant.summary.name,
                        {},
                        outcome,
                        opinion,
                        reasons,
                        official.fingerprint};
  for (const auto& s : submissions)
    if (s.valid) record.content_sha256.push_back(s.content_sha256);
  return record;
}

// Everything about a case that a command needs, read in the transaction that carries it out.
struct Matter {
  History history;
  std::shared_ptr<const catalogue::Item> item;
  std::shared_ptr<const catalogue::Catalogue> catalogue;
  std::vector<store::Submission> submissions;
  std::optional<Applicant> applicant;
};

Matter read_matter(Office& office, storage::Transaction& t, const std::string& id) {
  Matter m;
  m.history = load_history(t, id);
  if (!m.history.state.exists()) throw ErrorException({Fault::not_found, "case.unknown", "there is no such case"});
  m.item = office.item(t, m.history.state.item_id, m.history.state.item_version);
  m.catalogue = office.catalogue(t);
  m.submissions = store::submissions(t, id);
  if (!m.item || !m.catalogue || m.submissions.empty())
    throw ErrorException({Fault::internal, "case.incomplete", "the item or the dossier of a case is not there"});
  const store::Submission* latest = &m.submissions.front();
  for (const auto& s : m.submissions)
    if (s.valid) latest = &s;
  auto applicant = applicant_of(latest->opened_content);
  if (!applicant) throw ErrorException(applicant.error());
  m.applicant = std::move(*applicant);
  return m;
}

// Whether the official may give the command now; asked before numbers are taken, signatures checked or papers drawn.
void demand_permission(const Matter& m, const std::string& command, std::uint64_t expected_sequence,
                       const Official& official) {
  const auto& state = m.history.state;
  if (auto may = may_read(state, m.item.get(), official); !may) throw ErrorException(may.error());
  if (expected_sequence != state.sequence)
    throw ErrorException({Fault::conflict, "case.moved_on", "the case is at " + std::to_string(state.sequence) + " now",
                          "/expected_sequence"});
  if (state.closed()) throw ErrorException({Fault::conflict, "case.closed", "the case is closed"});
  for (const auto& p : permissions(state, procedure_of(*m.item), official)) {
    if (p.command != command) continue;
    if (!p.allowed)
      throw ErrorException({p.reason == "waiting_for_applicant" ? Fault::conflict : Fault::forbidden,
                            "case." + p.reason, "this official may not do this now"});
    return;
  }
  throw ErrorException({Fault::conflict, "case.stage", "stage " + state.stage + " does not know " + command});
}

// The official's own signature over the very record that follows from the case as it is.
void check_signature(Office& office, const Asked& asked, const Determine& determine, const std::string& id,
                     const Matter& m, const Official& official) {
  const auto expected = to_bytes(record_of(id, m.history.state, m.submissions, *m.applicant, official,
                                           determine.outcome, determine.opinion, determine.reasons));
  if (text_of(asked.record) != expected)
    throw ErrorException(
        {Fault::conflict, "decision.record", "the case or the opinion is not what was signed", "/record"});
  if (auto ok = check_own_signature(office, official, asked.signature, asked.record, "decision.signer"); !ok)
    throw ErrorException(ok.error());
}

Issued issue(storage::Transaction& t, const Asked& asked, const std::string& id, const Matter& m, Instant now) {
  Issued issued;
  const auto get = [&](const char* series, std::string_view number_template, std::string* code = nullptr) {
    return reserve(t, id, series, number_template, *m.catalogue, *m.item, now, code);
  };
  if (asked.name == "accept") issued.acceptance_number = get("acceptance", kAcceptanceTemplate);
  if (asked.name == "not_accept") issued.notice_number = get("not_accepted", kNotAcceptedTemplate);
  if (const auto* determine = std::get_if<Determine>(&asked.command)) {
    const bool grant = determine->outcome == Outcome::grant;
    issued.document_number =
        get(grant ? "grant" : "refusal", grant ? m.item->grant.number_template : m.item->refusal.number_template,
            &issued.check_code);
  }
  issued.notice_id = new_uuid(now);
  return issued;
}

void tell_applicant(storage::Transaction& t, const Asked& asked, const std::string& id, const Matter& m,
                    const Issued& issued, const std::optional<Paper>& paper, Instant now) {
  jindu::v1::NoticeContent notice;
  notice.set_declaration_id(id);
  notice.set_notice_id(issued.notice_id);
  if (const auto* accept = std::get_if<Accept>(&asked.command)) {
    notice.set_kind("accepted");
    notice.set_body_zh(accept->opinion);
    notice.set_document_number(issued.acceptance_number);
  } else if (const auto* refused = std::get_if<NotAccept>(&asked.command)) {
    notice.set_kind("not_accepted");
    notice.set_body_zh(refused->reasons);
    notice.set_document_number(issued.notice_number);
  } else if (const auto* supplement = std::get_if<RequestSupplement>(&asked.command)) {
    notice.set_kind("supplement");
    for (const auto& item : supplement->items) {
      auto& one = *notice.add_findings();
      one.set_pointer(item.pointer);
      one.set_rule(item.rule);
      one.set_message_zh(item.message_zh);
      one.set_message_en(item.message_en);
    }
  } else if (paper) {
    notice.set_kind("decision");
    notice.set_title_zh(paper->document.title_zh);
    notice.set_title_en(paper->document.title_en);
    notice.set_body_zh(m.history.state.reasons);
    notice.set_document_number(paper->document.document_number);
    notice.set_document_name("decision-" + paper->document.check_code + ".pdf");
    notice.set_document(paper->document.body.data(), paper->document.body.size());
  } else {
    return;
  }
  send_notice(t, m.applicant->certificate.public_key(), std::move(notice), now);
}

}  // namespace

result<http::Response> give_command(Context& context, http::Request& request) {
  auto& office = context.office;
  const auto& official = who(request);
  const std::string id(request.parameter("id"));
  auto asked = read_command(request);
  if (!asked) return asked.error();
  const auto digest = crypto::sha256(request.body);
  const Bytes request_digest(digest.begin(), digest.end());

  // The paper takes time to draw and seal: it is made before the transaction and fits only if the case has not moved
  // on.
  std::optional<Paper> paper;
  if (asked->name == "notify") {
    std::optional<Matter> matter;
    auto ok = office.database.read([&](storage::Transaction& t) {
      matter.reset();
      if (store::find_command(t, id, asked->command_id)) return;  // answered below, without another paper
      matter = read_matter(office, t, id);
      demand_permission(*matter, asked->name, asked->expected_sequence, official);
    });
    if (!ok) return ok.error();
    if (matter) {
      auto made = make_paper(office, matter->history.state, *matter->item, *matter->catalogue, *matter->applicant,
                             office.now());
      if (!made) return made.error();
      paper = std::move(*made);
      std::get<Notify>(asked->command).document_sha256 = paper->document.sha256;
    }
  }
  json::object answer;
  auto ok = office.database.write([&](storage::Transaction& t) {
    answer = {};
    if (const auto past = store::find_command(t, id, asked->command_id)) {
      if (past->request_sha256 != request_digest)
        throw ErrorException(
            {Fault::conflict, "command.other", "this command id was used for something else", "/command_id"});
      const auto state = load_history(t, id).state;
      answer = {{"case_id", id},
                {"sequence", past->sequence},
                {"status", to_text(state.status)},
                {"stage", state.stage},
                {"repeated", true}};
      return;
    }
    const auto m = read_matter(office, t, id);
    const auto now = office.now();
    const auto procedure = procedure_of(*m.item);
    OfficialFacts facts{procedure, official, now, asked->expected_sequence, {}};
    demand_permission(m, asked->name, asked->expected_sequence, official);
    // The paper was drawn of this very state, or it is none.
    if (asked->name == "notify" && (!paper || paper->document.document_number != m.history.state.document_number))
      throw ErrorException({Fault::conflict, "case.moved_on", "the case has changed meanwhile", "/expected_sequence"});
    std::optional<store::OfficialSignature> signature;
    if (const auto* determine = std::get_if<Determine>(&asked->command)) {
      check_signature(office, *asked, *determine, id, m, official);
      signature = store::OfficialSignature{asked->record, asked->signature};
    }
    facts.issued = issue(t, *asked, id, m, now);
    auto events = decide(m.history.state, asked->command, facts);
    if (!events) throw ErrorException(events.error());
    const auto row =
        commit_change(office, t, m.history, {id, *events, asked->command_id, signature}, *m.item, m.applicant->summary);
    if (paper) {
      store::put_document(t, id, paper->document);
      const auto* department = m.catalogue->department(m.item->department);
      send_document_record(t, paper->document, id, m.item->id, department ? department->name : catalogue::Localised{});
    }
    tell_applicant(t, *asked, id, m, facts.issued, paper, now);
    store::put_command(t, id, asked->command_id, {request_digest, row.sequence}, now);
    answer = {
        {"case_id", id}, {"sequence", row.sequence}, {"status", row.status}, {"stage", row.stage}, {"repeated", false}};
  });
  if (!ok) return ok.error();
  context.exchange.wake();
  return http::Response::json(answer);
}

// What was stopped on its way to the applicant goes once more: an act of the case, with its reason, in the history.
result<http::Response> send_anew(Context& context, http::Request& request) {
  auto& office = context.office;
  const auto& official = who(request);
  const std::string id(request.parameter("id"));
  auto body = body_object(request);
  if (!body) return body.error();
  auto reason = text_member(*body, "reason", true, exchange::kReasonMax);
  if (!reason) return reason.error();
  json::object answer;
  auto ok = office.database.write([&](storage::Transaction& t) {
    const auto m = read_matter(office, t, id);
    const auto& state = m.history.state;
    if (auto may = may_read(state, m.item.get(), official); !may) throw ErrorException(may.error());
    const auto now = office.now();
    const auto procedure = procedure_of(*m.item);
    if (auto may = may_send_anew(state, procedure, official); !may) throw ErrorException(may.error());
    std::vector<SentAnew> sent;
    for (const auto& one : exchange::send_all_anew(t, id, {official.name, *reason}, now))
      sent.push_back({one.bundle, one.kind, *reason});
    auto events = decide_sent_anew(state, sent, {procedure, official, now, state.sequence, {}});
    if (!events) throw ErrorException(events.error());
    const auto row = commit_change(office, t, m.history, {id, *events}, *m.item, m.applicant->summary);
    answer = {{"case_id", id}, {"sequence", row.sequence}, {"bundles", sent.size()}};
  });
  if (!ok) return ok.error();
  context.exchange.wake();
  return http::Response::json(answer);
}

result<http::Response> decision_draft(Context& context, http::Request& request) {
  const auto& official = who(request);
  const std::string id(request.parameter("id"));
  auto body = body_object(request);
  if (!body) return body.error();
  auto outcome = outcome_member(*body, "outcome");
  auto opinion = text_member(*body, "opinion", true), reasons = text_member(*body, "reasons", false);
  if (!outcome) return outcome.error();
  if (!opinion) return opinion.error();
  if (!reasons) return reasons.error();
  if (*outcome == Outcome::refuse && reasons->empty())
    return Error{Fault::invalid, "case.reasons_required", "a refusal says why", "/reasons"};
  json::object answer;
  auto ok = context.office.database.read([&](storage::Transaction& t) {
    const auto m = read_matter(context.office, t, id);
    demand_permission(m, "determine", m.history.state.sequence, official);
    const auto record =
        to_bytes(record_of(id, m.history.state, m.submissions, *m.applicant, official, *outcome, *opinion, *reasons));
    answer = {{"record", to_base64(bytes_of(record))},
              {"sha256", to_hex(crypto::sha256(bytes_of(record)))},
              {"expected_sequence", m.history.state.sequence}};
  });
  if (!ok) return ok.error();
  return http::Response::json(answer);
}

result<http::Response> decision_preview(Context& context, http::Request& request) {
  const auto& official = who(request);
  const std::string id(request.parameter("id"));
  auto body = body_object(request);
  if (!body) return body.error();
  auto outcome = outcome_member(*body, "outcome");
  auto reasons = text_member(*body, "reasons", false);
  if (!outcome) return outcome.error();
  if (!reasons) return reasons.error();
  std::optional<Matter> matter;
  auto ok = context.office.database.write([&](storage::Transaction& t) {
    matter = read_matter(context.office, t, id);
    if (auto may = may_read(matter->history.state, matter->item.get(), official); !may)
      throw ErrorException(may.error());
    store::put_reading(t, {context.office.now(), official.fingerprint, id, "decision-preview", request.request_id});
  });
  if (!ok) return ok.error();
  auto state = matter->history.state;
  state.outcome = *outcome;
  state.reasons = *reasons;
  state.document_number.clear();
  state.check_code.clear();
  auto pdf =
      draw_paper(context.office, state, *matter->item, *matter->catalogue, *matter->applicant, context.office.now());
  if (!pdf) return pdf.error();
  return http::Response::bytes(std::move(*pdf), "application/pdf");
}

}  // namespace jindu::approval::api
