#include <charconv>

#include "intranet-approval/api/api.hpp"
#include "intranet-approval/api/json.hpp"
#include "intranet-approval/domain/cases/decide.hpp"
#include "intranet-approval/exchange/history.hpp"
#include "intranet-approval/store/officials.hpp"

namespace jindu::approval::api {
namespace {

namespace json = boost::json;

std::string why_not(const store::CaseRow& row, Office& office, storage::Transaction& t, const Official& official) {
  if (row.closed) return "closed";
  if (row.department != official.department) return "department";
  if (row.status == "supplement_requested") return "waiting_for_applicant";
  if (!official.has(row.role)) return "role";
  if (!row.barred.contains(official.fingerprint)) return {};
  // The row does not say which of the two it is; few rows bar the one who asks.
  const auto item = office.item(t, row.item_id, row.item_version);
  return item ? blocked_by(load_history(t, row.case_id).state, procedure_of(*item), official) : "four_eyes";
}

json::object entry(const store::CaseRow& row, Office& office, storage::Transaction& t,
                   const catalogue::Catalogue& catalogue, const Official& official, catalogue::Day today) {
  const auto item = office.item(t, row.item_id, row.item_version);
  catalogue::Localised stage_name{row.stage, row.stage};
  if (item)
    for (const auto& stage : item->stages)
      if (stage.code == row.stage) stage_name = stage.name;
  const auto blocked = why_not(row, office, t, official);
  return {{"case_id", row.case_id},
          {"sequence", row.sequence},
          {"declaration_number", row.declaration_number},
          {"acceptance_number", row.acceptance_number},
          {"item", item ? item_reference(*item, &catalogue) : json::object{}},
          {"applicant_name", row.applicant_name},
          {"applicant_kind", row.applicant_kind},
          {"status", row.status},
          {"stage", row.stage},
          {"stage_name", to_json(stage_name)},
          {"received_at", to_unix_ms(row.received_at)},
          {"stage_entered_at", to_unix_ms(row.stage_entered)},
          {"due", due_json(row.due_date, row.provisional, catalogue.calendar, today)},
          {"stage_due", due_json(row.stage_due_date, row.provisional, catalogue.calendar, today)},
          {"deemed_accepted", row.deemed_accepted},
          {"actionable", blocked.empty()},
          {"blocked_by", blocked}};
}

}  // namespace

result<http::Response> me(Context& context, http::Request& request) {
  const auto& official = who(request);
  json::object answer;
  auto ok = context.office.database.read([&](storage::Transaction& t) {
    const auto catalogue = context.office.catalogue(t);
    const auto found = store::find_official(t, official.fingerprint);
    auto certificate = found ? crypto::Certificate::from_der(found->certificate) : result<crypto::Certificate>(Error{});
    json::array roles(official.roles.begin(), official.roles.end());
    answer = {{"fingerprint", official.fingerprint},
              {"name", official.name},
              {"department", department_reference(official.department, catalogue.get())},
              {"roles", std::move(roles)},
              {"handles_cases", catalogue && handles_cases(*catalogue, official)},
              {"certificate_not_after", certificate ? to_unix_ms(certificate->not_after()) : 0},
              {"today", catalogue::to_iso(catalogue::local_day(context.office.now()))},
              {"server_time", to_unix_ms(context.office.now())}};
  });
  if (!ok) return ok.error();
  return http::Response::json(answer);
}

result<http::Response> worklist(Context& context, http::Request& request) {
  const auto& official = who(request);
  store::WorklistQuery query;
  query.department = official.department;
  query.official = official.fingerprint;
  query.roles = official.roles;
  const auto scope = request.query_value("scope"), sort = request.query_value("sort"), due = request.query_value("due"),
             limit = request.query_value("limit");
  const auto bad = [](const char* name, const char* what) {
    return Error{Fault::invalid, "request.query", what, name};
  };
  if (scope == "mine")
    query.scope = store::Scope::mine;
  else if (scope == "closed")
    query.scope = store::Scope::closed;
  else if (!scope.empty() && scope != "department")
    return bad("scope", "scope is mine, department or closed");
  if (sort == "received")
    query.sort = store::Sort::received;
  else if (sort == "-received")
    query.sort = store::Sort::received_newest;
  else if (!sort.empty() && sort != "due")
    return bad("sort", "sort is due, received or -received");
  query.stage = request.query_value("stage");
  query.status = request.query_value("status");
  query.item = request.query_value("item");
  query.text = request.query_value("q");
  const auto characters =
      std::count_if(query.text.begin(), query.text.end(), [](char c) { return (c & 0xc0) != 0x80; });
  if (!query.text.empty() && (characters < 2 || query.text.size() > 200))
    return bad("q", "q has at least 2 characters and at most 200 bytes");
  if (!due.empty() && due != "overdue" && due != "today" && due != "soon")
    return bad("due", "due is overdue, today or soon");
  query.cursor = request.query_value("cursor");
  if (!limit.empty()) {
    const auto [end, code] = std::from_chars(limit.data(), limit.data() + limit.size(), query.limit);
    if (code != std::errc{} || query.limit < 1 || query.limit > 200) return bad("limit", "limit is 1 to 200");
  }
  json::object answer;
  auto ok = context.office.database.read([&](storage::Transaction& t) {
    answer = {{"entries", json::array{}}, {"next_cursor", nullptr}, {"total", 0}};
    const auto catalogue = context.office.catalogue(t);
    if (!catalogue || !handles_cases(*catalogue, official))
      return;  // nothing can have arrived yet, or it is not for him
    const auto today = catalogue::local_day(context.office.now());
    if (due == "overdue") query.due_to = catalogue::to_iso(today - std::chrono::days(1));
    if (due == "today") query.due_from = query.due_to = catalogue::to_iso(today);
    if (due == "soon") {
      query.due_from = catalogue::to_iso(today);
      query.due_to = catalogue::to_iso(catalogue->calendar.deadline(today, 2).day);
    }
    const auto page = store::worklist(t, query);
    json::array entries;
    for (const auto& row : page.rows) entries.push_back(entry(row, context.office, t, *catalogue, official, today));
    answer["entries"] = std::move(entries);
    if (!page.next_cursor.empty()) answer["next_cursor"] = page.next_cursor;
    answer["total"] = page.total;
  });
  if (!ok) return ok.error();
  return http::Response::json(answer);
}

}  // namespace jindu::approval::api
