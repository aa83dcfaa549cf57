#include "intranet-approval/api/papers.hpp"

#include "intranet-approval/documents/decision_pdf.hpp"
#include "intranet-approval/documents/pades.hpp"

namespace jindu::approval::api {
namespace {

using Ymd = std::chrono::year_month_day;

std::string chinese_date(catalogue::Day day) {
  const Ymd d(day);
  return std::to_string(static_cast<int>(d.year())) + "年" + std::to_string(static_cast<unsigned>(d.month())) + "月" +
         std::to_string(static_cast<unsigned>(d.day())) + "日";
}

const catalogue::DocumentTemplate& template_of(const CaseState& state, const catalogue::Item& item) {
  return state.outcome == Outcome::grant ? item.grant : item.refusal;
}

std::string valid_until(const CaseState& state, const catalogue::Item& item, Instant now) {
  const int years = template_of(state, item).valid_years;
  if (years == 0) return {};
  // To the day before the same day so many years on; from 29 February to the last of that month.
  Ymd end = Ymd(catalogue::local_day(now)) + std::chrono::years(years);
  if (!end.ok()) end = end.year() / end.month() / std::chrono::last;
  return catalogue::to_iso(catalogue::Day(end) - std::chrono::days(1));
}

}  // namespace

result<Bytes> draw_paper(const Office& office, const CaseState& state, const catalogue::Item& item,
                         const catalogue::Catalogue& catalogue, const Applicant& applicant, Instant now) {
  const auto& words = template_of(state, item);
  const auto* department = catalogue.department(item.department);
  const auto received = catalogue::local_day(state.received_outside);
  const std::vector<std::pair<std::string, std::string>> zh{{"applicant", applicant.summary.name},
                                                            {"item", item.name.zh},
                                                            {"acceptance_number", state.acceptance_number},
                                                            {"received_date", chinese_date(received)},
                                                            {"reasons", state.reasons},
                                                            {"opinion", state.opinion}};
  const std::vector<std::pair<std::string, std::string>> en{{"applicant", applicant.summary.name},
                                                            {"item", item.name.en},
                                                            {"acceptance_number", state.acceptance_number},
                                                            {"received_date", catalogue::to_iso(received)},
                                                            {"reasons", state.reasons},
                                                            {"opinion", state.opinion}};
  const auto today = catalogue::local_day(now);
  documents::DecisionPaper paper;
  paper.department_zh = department ? department->name.zh : item.department;
  paper.department_en = department ? department->name.en : item.department;
  paper.title_zh = words.title.zh;
  paper.title_en = words.title.en;
  paper.number = state.document_number;
  paper.body_zh = documents::fill(words.body.zh, zh);
  paper.body_en = documents::fill(words.body.en, en);
  paper.issued_zh = chinese_date(today);
  paper.issued_en = catalogue::to_iso(today);
  paper.valid_until = valid_until(state, item, now);
  paper.preview = state.document_number.empty();
  paper.check_code = state.check_code;
  paper.check_url = office.options.portal_public_url + "/check/" + state.check_code;
  return documents::render_pdf(paper);
}

result<Paper> make_paper(const Office& office, const CaseState& state, const catalogue::Item& item,
                         const catalogue::Catalogue& catalogue, const Applicant& applicant, Instant now) {
  const auto key = office.departments.find(item.department);
  if (key == office.departments.end())
    return Error{Fault::unavailable, "department.no_key", "the key of " + item.department + " is not configured"};
  auto drawn = draw_paper(office, state, item, catalogue, applicant, now);
  if (!drawn) return drawn.error();
  const auto& words = template_of(state, item);
  const auto* department = catalogue.department(item.department);
  auto sealed = documents::sign_pdf(
      *drawn, key->second,
      {department ? department->name.zh : item.department, words.title.zh + " " + state.document_number, now});
  if (!sealed) return sealed.error();
  const auto digest = crypto::sha256(*sealed);
  return Paper{{0, state.outcome == Outcome::grant ? "grant" : "refusal", state.document_number, words.title.zh,
                words.title.en, now, valid_until(state, item, now), Bytes(digest.begin(), digest.end()),
                state.check_code, std::move(*sealed), 0}};
}

}  // namespace jindu::approval::api
