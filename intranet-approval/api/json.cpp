#include "intranet-approval/api/json.hpp"

namespace jindu::approval::api {

namespace json = boost::json;

json::object to_json(const catalogue::Localised& text) { return {{"zh", text.zh}, {"en", text.en}}; }

json::object department_reference(const std::string& id, const catalogue::Catalogue* catalogue) {
  const auto* department = catalogue ? catalogue->department(id) : nullptr;
  return {{"id", id}, {"name", department ? to_json(department->name) : to_json({id, id})}};
}

json::object item_reference(const catalogue::Item& item, const catalogue::Catalogue* catalogue) {
  return {{"id", item.id},
          {"version", item.version},
          {"code", item.code},
          {"name", to_json(item.name)},
          {"department", department_reference(item.department, catalogue)}};
}

json::object clock_json(const CaseClock& clock) {
  json::array trace;
  for (const auto& step : clock.deadline.trace)
    trace.push_back({{"date", catalogue::to_iso(step.day)},
                     {"kind", step.provisional ? "provisional" : catalogue::to_text(step.kind)},
                     {"count", step.count}});
  json::object out{{"kind", to_text(clock.kind)},
                   {"state", to_text(clock.state)},
                   {"stage", clock.stage},
                   {"start_date", catalogue::to_iso(clock.start)},
                   {"working_days", clock.working_days},
                   {"due_date", catalogue::to_iso(clock.deadline.day)},
                   {"working_days_left", clock.working_days_left},
                   {"provisional", clock.deadline.provisional},
                   {"trace", std::move(trace)}};
  if (clock.ended) out["ended_date"] = catalogue::to_iso(*clock.ended);
  return out;
}

json::value due_json(const std::string& date, bool provisional, const catalogue::Calendar& calendar,
                     catalogue::Day today) {
  if (date == store::kNoDate) return nullptr;
  const auto day = catalogue::day_from_iso(date);
  if (!day) return nullptr;
  return {{"date", date},
          {"working_days_left", calendar.working_days_between(today, *day)},
          {"overdue", today > *day},
          {"provisional", provisional}};
}

json::object certificate_json(const crypto::Certificate& certificate) {
  return {{"subject", certificate.common_name()},
          {"issuer", certificate.issuer_common_name()},
          {"serial", certificate.serial_hex()},
          {"not_after", to_unix_ms(certificate.not_after())},
          {"fingerprint", to_hex(certificate.fingerprint())}};
}

}  // namespace jindu::approval::api
