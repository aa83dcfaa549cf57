#include "common/tools/verify/report.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <sstream>

#include "common/runtime/shape.hpp"
#include "common/tools/verify/words.hpp"

namespace jindu::verify {
namespace {

namespace json = boost::json;

void list(std::ostringstream& out, std::string_view title, const std::vector<Saying>& sayings, Language language) {
  if (sayings.empty()) return;
  out << "\n" << say(title, language) << "\n";
  for (const auto& saying : sayings) out << "  - " << say(saying.key, language, saying.values) << "\n";
}

json::array sentences(const std::vector<Saying>& sayings, Language language) {
  json::array list;
  for (const auto& saying : sayings)
    list.push_back({{"key", saying.key}, {"text", say(saying.key, language, saying.values)}});
  return list;
}

}  // namespace

void Report::fact(std::string_view key, std::string_view value) { facts.emplace_back(key, value); }
void Report::prove(std::string_view key, Values values) { proven.push_back({std::string(key), std::move(values)}); }
void Report::leave_open(std::string_view key, Values values) {
  not_proven.push_back({std::string(key), std::move(values)});
}
Report& Report::fail(Error why) {
  error = std::move(why);
  return *this;
}

std::string as_text(const Report& report, Language language) {
  std::ostringstream out;
  out << say(report.subject, language) << ": " << say(report.good() ? "verdict.proven" : "verdict.refused", language)
      << "\n";
  for (const auto& [key, value] : report.facts) out << "  " << say("fact." + key, language) << ": " << value << "\n";
  if (report.error) {
    const auto plain = reason(report.error->code, language);
    out << "\n" << say("title.reason", language) << "\n  - ";
    if (!plain.empty()) out << plain << " ";
    out << "(" << report.error->detail << ") [" << report.error->code << "]";
    if (!report.error->field.empty()) out << " " << report.error->field;
    out << "\n";
  }
  list(out, "title.proven", report.proven, language);
  list(out, "title.not_proven", report.not_proven, language);
  return out.str();
}

std::string as_json(const Report& report, Language language) {
  json::object facts;
  for (const auto& [key, value] : report.facts) facts[key] = value;
  json::object answer{{"subject", report.subject},
                      {"proven_all", report.good()},
                      {"facts", std::move(facts)},
                      {"proven", sentences(report.proven, language)},
                      {"not_proven", sentences(report.not_proven, language)}};
  if (report.error)
    answer["error"] = {{"code", report.error->code},
                       {"text", reason(report.error->code, language)},
                       {"detail", report.error->detail},
                       {"field", report.error->field}};
  return json::serialize(answer);
}

result<Instant> instant_from(const std::string& text) {
  auto numbers = numbers_shaped(text, "0000-00-00T00:00:00Z");
  if (!numbers) numbers = numbers_shaped(text, "0000-00-00");
  const Error wrong{Fault::invalid, "input.time", "a time is written 2026-05-04 or 2026-05-04T03:02:01Z (UTC)"};
  if (!numbers) return wrong;
  numbers->resize(6);
  const auto& n = *numbers;
  const std::chrono::year_month_day date{std::chrono::year(n[0]), std::chrono::month(static_cast<unsigned>(n[1])),
                                         std::chrono::day(static_cast<unsigned>(n[2]))};
  if (!date.ok() || n[3] > 23 || n[4] > 59 || n[5] > 59) return wrong;
  return Instant{std::chrono::sys_days(date)} + std::chrono::hours(n[3]) + std::chrono::minutes(n[4]) +
         std::chrono::seconds(n[5]);
}

}  // namespace jindu::verify
