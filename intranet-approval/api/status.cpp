#include "common/exchange/service/sent_anew.hpp"
#include "intranet-approval/api/api.hpp"
#include "intranet-approval/api/json.hpp"
#include "intranet-approval/domain/cases/decide.hpp"
#include "intranet-approval/exchange/history.hpp"
#include "intranet-approval/store/dossiers.hpp"

namespace jindu::approval::api {

namespace json = boost::json;

result<http::Response> overview(Context& context, http::Request& request) {
  const auto& official = who(request);
  const auto now = context.office.now();
  json::object answer;
  auto ok = context.office.database.read([&](storage::Transaction& t) {
    const auto today = catalogue::local_day(now);
    const auto catalogue = context.office.catalogue(t);
    // Counts name nobody; those with the role see them for all departments.
    std::vector<std::string> departments{official.department};
    if (official.has(kRoleOverview) && catalogue) {
      departments.clear();
      for (const auto& department : catalogue->departments) departments.push_back(department.id);
    }
    store::CountsQuery query;
    query.today = catalogue::to_iso(today);
    query.soon = catalogue::to_iso(catalogue ? catalogue->calendar.deadline(today, 2).day : today);
    query.today_begins = catalogue::day_begins(today);
    query.closed_since = now - std::chrono::days(30);
    store::Counts sum;
    std::int64_t transit = 0, received = 0;
    json::array stages;
    for (const auto& department : departments) {
      query.department = department;
      const auto c = store::counts(t, query);
      for (const auto& s : c.by_stage)
        stages.push_back({{"department", department},
                          {"stage", s.stage},
                          {"count", s.count},
                          {"overdue", s.overdue},
                          {"due_soon", s.due_soon}});
      sum.open += c.open;
      sum.overdue += c.overdue;
      sum.due_soon += c.due_soon;
      sum.waiting_for_applicant += c.waiting_for_applicant;
      sum.received_today += c.received_today;
      sum.closed += c.closed;
      sum.granted += c.granted;
      sum.refused += c.refused;
      sum.returned += c.returned;
      sum.deemed_accepted += c.deemed_accepted;
      transit += c.mean_transit_ms * c.received;
      received += c.received;
    }
    answer = {{"open", sum.open},
              {"overdue", sum.overdue},
              {"due_soon", sum.due_soon},
              {"waiting_for_applicant", sum.waiting_for_applicant},
              {"received_today", sum.received_today},
              {"closed_30_days", sum.closed},
              {"granted_30_days", sum.granted},
              {"refused_30_days", sum.refused},
              {"returned_30_days", sum.returned},
              {"deemed_accepted_30_days", sum.deemed_accepted},
              {"by_stage", std::move(stages)},
              {"dossiers_waiting", static_cast<std::int64_t>(store::intake_problems(t, 1000).size())},
              {"mean_transit_ms", received > 0 ? transit / received : 0}};
  });
  if (!ok) return ok.error();
  return http::Response::json(answer);
}

namespace {

constexpr std::size_t kStoppedShown = 200;
// What was stopped and is looked at for them: in an incident much of it is of cases of others.
constexpr std::int64_t kStoppedAtOnce = 200, kStoppedLookedAt = 1'000;

// A case of which something was stopped, for those who may read it.
std::optional<json::object> stopped_case(Office& office, storage::Transaction& t, const Official& official,
                                         const store::CaseRow& row) {
  const auto item = office.item(t, row.item_id, row.item_version);
  const auto state = load_history(t, row.case_id).state;
  if (!item || !may_read(state, item.get(), official)) return {};
  return json::object{{"case_id", row.case_id},
                      {"declaration_number", row.declaration_number},
                      {"applicant_name", row.applicant_name},
                      {"may_send_anew", may_send_anew(state, procedure_of(*item), official).has_value()}};
}

// What will not arrive, the newest first, with the cases of those who may read them; of the others only how many
// bundles there are. What is about no case, such as a release of the catalogue, is everybody's.
void add_stopped(Office& office, storage::Transaction& t, const Official& official, json::array& list,
                 std::int64_t& elsewhere) {
  // By subject, as several bundles are of one: none is of no case, an empty one of a case that is not theirs to read.
  std::map<std::string, std::optional<json::object>> cases;
  const auto case_of = [&](const std::string& subject) -> const std::optional<json::object>& {
    const auto [known, fresh] = cases.try_emplace(subject);
    if (!fresh) return known->second;
    if (const auto row = store::find_case_row(t, subject))
      known->second = stopped_case(office, t, official, *row).value_or(json::object());
    return known->second;
  };
  auto page = exchange::all_stopped(t, kStoppedAtOnce);
  for (auto left = kStoppedLookedAt - kStoppedAtOnce; !page.empty(); left -= kStoppedAtOnce) {
    for (const auto& one : page) {
      if (list.size() == kStoppedShown) return;
      json::object entry{{"bundle_id", one.bundle}, {"kind", one.kind}, {"rung", one.rung},
                         {"party", one.party},      {"code", one.code}, {"at", to_unix_ms(one.at)},
                         {"kept", one.kept}};
      if (const auto& of = case_of(one.subject)) {
        if (of->empty()) {
          ++elsewhere;
          continue;
        }
        entry["case"] = *of;
      }
      list.push_back(std::move(entry));
    }
    if (left <= 0) return;
    page = exchange::all_stopped(t, kStoppedAtOnce, page.back().sequence);
  }
}

}  // namespace

result<http::Response> exchange_health(Context& context, http::Request& request) {
  const auto& official = who(request);
  auto health = context.exchange.health();
  if (!health) return health.error();
  json::array held, stopped;
  std::int64_t applied = 0, stopped_elsewhere = 0;
  auto ok = context.office.database.read([&](storage::Transaction& t) {
    held.clear();
    stopped.clear();
    stopped_elsewhere = 0;
    add_stopped(context.office, t, official, stopped, stopped_elsewhere);
    for (const auto& p : store::intake_problems(t, 200))
      held.push_back({{"declaration_id", p.declaration_id},
                      {"at", to_unix_ms(p.at)},
                      {"attempts", p.attempts},
                      {"code", p.code},
                      {"detail", p.detail}});
    applied = store::bundles_applied(t);
  });
  if (!ok) return ok.error();
  const auto now = context.office.now();
  json::array troubles;
  for (const auto& one : health->troubles)
    troubles.push_back(
        {{"what", one.what}, {"code", one.code}, {"since", to_unix_ms(one.since)}, {"messages", one.messages}});
  return http::Response::json(
      {{"reachable", health->unit_reachable},
       {"last_contact", health->unit_last_heard ? to_unix_ms(*health->unit_last_heard) : 0},
       {"outgoing_waiting", health->waiting},
       {"outgoing_under_way", health->under_way},
       {"outgoing_refused", health->refused},
       {"stopped", std::move(stopped)},
       {"stopped_elsewhere", stopped_elsewhere},
       {"outgoing_oldest_ms", health->oldest_under_way ? to_unix_ms(now) - to_unix_ms(*health->oldest_under_way) : 0},
       {"other_side_last_heard", health->other_side_last_heard ? to_unix_ms(*health->other_side_last_heard) : 0},
       {"incoming_applied", applied},
       {"held", std::move(held)},
       {"troubles", std::move(troubles)}});
}

}  // namespace jindu::approval::api
