#include "exchange-gateway/api/console_api.hpp"

#include <boost/json/serialize.hpp>
#include <charconv>

#include "common/runtime/ids.hpp"
#include "common/runtime/times.hpp"
#include "exchange-gateway/api/console_views.hpp"
#include "exchange-gateway/api/openapi.hpp"

namespace jindu::gateway {
namespace {

using http::Method;
using http::Request;
using http::Response;

constexpr std::size_t kSmallBody = 4096;
constexpr std::int64_t kPageMax = 200;
constexpr std::int64_t kStretchesExported = 1000;  // more than a year of two channels

http::Guard operator_with(std::vector<Operator> operators, std::vector<std::string> roles) {
  return [operators = std::move(operators), roles = std::move(roles)](Request& request) -> result<void> {
    if (!request.client_certificate)
      return Error{Fault::unauthorised, "console.no_certificate", "a client certificate is required"};
    auto certificate = crypto::Certificate::from_der(*request.client_certificate);
    if (!certificate) return certificate.error();
    const auto fingerprint = to_hex(certificate->fingerprint());
    for (const auto& one : operators) {
      if (one.fingerprint != fingerprint) continue;
      for (const auto& role : one.roles)
        if (std::find(roles.begin(), roles.end(), role) != roles.end()) {
          request.principal = one;
          // A page of another origin cannot set this header without being asked first, and we answer no such question.
          if (request.method != Method::get && request.header("x-requested-with") != "jindu")
            return Error{Fault::forbidden, "console.cross_site", "the header X-Requested-With is missing"};
          return {};
        }
      return Error{Fault::forbidden, "console.role", "this needs the role " + roles.front()};
    }
    return Error{Fault::forbidden, "console.not_registered", "this certificate is not in the register of operators"};
  };
}

const Operator& me(const Request& request) { return std::any_cast<const Operator&>(request.principal); }
std::string who(const Request& request) { return me(request).name + " " + me(request).fingerprint.substr(0, 16); }

result<boost::json::object> object_in(const Request& request) {
  auto body = request.json();
  if (!body) return body.error();
  if (!body->is_object()) return Error{Fault::invalid, "http.json", "an object is expected"};
  return std::move(body->as_object());
}

result<std::string> text_in(const boost::json::object& body, std::string_view name, std::size_t most) {
  const auto* member = body.if_contains(name);
  if (!member || !member->is_string() || member->as_string().empty() || member->as_string().size() > most)
    return Error{Fault::invalid, "http.member",
                 std::string(name) + " is a text of 1 to " + std::to_string(most) + " bytes", "/" + std::string(name)};
  return std::string(member->as_string());
}

result<std::int64_t> number_in(const boost::json::object& body, std::string_view name) {
  const auto* member = body.if_contains(name);
  if (!member || !member->is_int64() || member->as_int64() < 0)
    return Error{Fault::invalid, "http.member", std::string(name) + " is a whole number from 0 on",
                 "/" + std::string(name)};
  return member->as_int64();
}

// "at": a local time of the policy, as its hours are; or "at_ms"; now where neither is there.
result<Instant> time_in(const boost::json::object& body, const Unit& unit) {
  if (body.contains("at")) {
    auto text = text_in(body, "at", 20);
    if (!text) return text.error();
    const auto given = local_time_from(*text, "at");
    if (!given) return Error{Fault::invalid, given.error().code, given.error().detail, "/at"};
    return instant_of(*given, utc_offset_of(unit.options().policy));
  }
  if (!body.contains("at_ms")) return unit.now();
  constexpr std::int64_t year_10000 = 253'402'300'800'000;
  auto given = number_in(body, "at_ms");
  if (!given) return given.error();
  if (*given >= year_10000) return Error{Fault::invalid, "http.member", "at_ms is before the year 10000", "/at_ms"};
  return from_unix_ms(*given);
}

result<std::string> reason_in(const Request& request) {
  auto body = object_in(request);
  if (!body) return body.error();
  auto reason = text_in(*body, "reason", 1000);
  if (!reason) return Error{Fault::invalid, "console.reason_required", "say why, in at most 1,000 bytes", "/reason"};
  return reason;
}

result<std::int64_t> query_number(const Request& request, std::string_view name, std::int64_t fallback,
                                  std::int64_t least, std::int64_t most) {
  const auto text = request.query_value(name);
  if (text.empty()) return fallback;
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size() || value < least || value > most)
    return Error{Fault::invalid, "http.query",
                 std::string(name) + " is a number from " + std::to_string(least) + " to " + std::to_string(most),
                 std::string(name)};
  return value;
}

// Answers with what a view reads in one transaction.
template <class View>
result<Response> show(Unit& unit, View view) {
  boost::json::object answer;
  auto ok = unit.journal().read([&](storage::Transaction& t) { answer = view(t); });
  if (!ok) return ok.error();
  return Response::json(answer);
}

template <class View>
result<Response> show_or(Unit& unit, const Error& missing, View view) {
  std::optional<boost::json::object> answer;
  auto ok = unit.journal().read([&](storage::Transaction& t) { answer = view(t); });
  if (!ok) return ok.error();
  if (!answer) return missing;
  return Response::json(*answer);
}

Response download(Bytes bytes, const std::string& type, const std::string& name) {
  return Response::bytes(std::move(bytes), type).with("Content-Disposition", "attachment; filename=\"" + name + "\"");
}

result<store::BundleFilter> filter_of(const Request& request) {
  static const std::vector<std::string_view> kStates{"",     "waiting", "carried",     "ready",      "early",
                                                     "held", "ended",   "not_applied", "quarantined"};
  store::BundleFilter filter;
  filter.state = request.query_value("state");
  if (std::find(kStates.begin(), kStates.end(), filter.state) == kStates.end())
    return Error{Fault::invalid, "http.query", "there is no such state", "state"};
  filter.kind = request.query_value("kind");
  filter.channel = request.query_value("channel");
  filter.cursor = request.query_value("cursor");
  if (const auto text = request.query_value("subject"); !text.empty()) {
    auto subject = from_hex(text);
    if (!subject || subject->size() != 16)
      return Error{Fault::invalid, "http.query", "a subject is 32 hexadecimal digits", "subject"};
    filter.subject = std::move(*subject);
  }
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  const auto from = query_number(request, "from_ms", 0, 0, most), to = query_number(request, "to_ms", most, 0, most),
             limit = query_number(request, "limit", 50, 1, kPageMax);
  for (const auto* one : {&from, &to, &limit})
    if (!*one) return one->error();
  filter.from_ms = *from;
  filter.to_ms = *to;
  filter.limit = *limit;
  return filter;
}

const Error kUnknownBundle{Fault::not_found, "bundle.unknown", "there is no such bundle"};
const Error kUnknownStray{Fault::not_found, "quarantine.unknown", "nothing like this is quarantined"};

class Console {
 public:
  Console(Unit& unit, const std::vector<Operator>& operators, std::string carrier)
      : unit_(unit),
        carrier_(std::move(carrier)),
        reader_(operator_with(operators, {"operator", "releaser", "auditor"})),
        operator_(operator_with(operators, {"operator"})),
        releaser_(operator_with(operators, {"releaser"})),
        actor_(operator_with(operators, {"operator", "releaser"})) {}

  std::vector<http::Route> routes() {
    Unit& unit = unit_;
    std::vector<http::Route> r;
    r.push_back({Method::get, "/api/openapi.json", reader_, 0, [](Request&) -> result<Response> {
                   const auto text = openapi();
                   return Response::bytes(Bytes(text.begin(), text.end()), "application/json");
                 }});
    r.push_back({Method::get, "/api/v1/me", reader_, 0, [&unit](Request& q) -> result<Response> {
                   boost::json::array roles(me(q).roles.begin(), me(q).roles.end());
                   return Response::json({{"name", me(q).name},
                                          {"who", who(q)},
                                          {"roles", std::move(roles)},
                                          {"unit", unit.options().name},
                                          {"peer", unit.options().peer}});
                 }});
    r.push_back(
        {Method::get, "/api/v1/overview", reader_, 0, [&unit, carrier = carrier_](Request&) -> result<Response> {
           return show(unit, [&](storage::Transaction& t) {
             auto answer = views::overview(t, unit);
             answer["carrier"] = carrier;
             return answer;
           });
         }});
    bundles(r);
    quarantine(r);
    channels(r);
    policy(r);
    records(r);
    return r;
  }

 private:
  void bundles(std::vector<http::Route>& r) {
    Unit& unit = unit_;
    r.push_back({Method::get, "/api/v1/bundles", reader_, 0, [&unit](Request& q) -> result<Response> {
                   auto filter = filter_of(q);
                   if (!filter) return filter.error();
                   return show(unit, [&](storage::Transaction& t) { return views::bundles(t, unit, *filter); });
                 }});
    r.push_back({Method::get, "/api/v1/bundles/{id}", reader_, 0, [&unit](Request& q) -> result<Response> {
                   const std::string id(q.parameter("id"));
                   return show_or(unit, kUnknownBundle,
                                  [&](storage::Transaction& t) { return views::bundle(t, unit, id); });
                 }});
    const auto decide = [&unit](auto work) {
      return [&unit, work](Request& q) -> result<Response> {
        auto reason = reason_in(q);
        if (!reason) return reason.error();
        auto decided = (unit.*work)(std::string(q.parameter("id")), who(q), *reason);
        if (!decided) return decided.error();
        return Response::json({{"done", decided->done}, {"said", decided->said}, {"needed", decided->needed}});
      };
    };
    r.push_back({Method::post, "/api/v1/bundles/{id}/release", releaser_, kSmallBody, decide(&Unit::release)});
    r.push_back({Method::post, "/api/v1/bundles/{id}/refuse", releaser_, kSmallBody, decide(&Unit::refuse)});
  }

  void quarantine(std::vector<http::Route>& r) {
    Unit& unit = unit_;
    r.push_back(
        {Method::get, "/api/v1/quarantine", reader_, 0, [&unit](Request&) { return show(unit, views::quarantine); }});
    r.push_back({Method::get, "/api/v1/dismissed", reader_, 0, [&unit](Request& q) -> result<Response> {
                   auto limit = query_number(q, "limit", 50, 1, kPageMax);
                   if (!limit) return limit.error();
                   return show(unit, [&](storage::Transaction& t) { return views::dismissed(t, *limit); });
                 }});
    r.push_back({Method::get, "/api/v1/quarantine/{id}/{digest}", reader_, 0, [&unit](Request& q) -> result<Response> {
                   auto digest = from_hex(q.parameter("digest"));
                   if (!digest) return kUnknownStray;
                   const std::string id(q.parameter("id"));
                   return show_or(unit, kUnknownStray, [&](storage::Transaction& t) {
                     return views::quarantined(t, unit, id, *digest, false);
                   });
                 }});
    r.push_back(
        {Method::get, "/api/v1/quarantine/{id}/{digest}/evidence", reader_, 0, [&unit](Request& q) -> result<Response> {
           auto digest = from_hex(q.parameter("digest"));
           const std::string id(q.parameter("id"));
           if (!digest || !is_uuid(id)) return kUnknownStray;
           std::optional<boost::json::object> evidence;
           auto ok = unit.journal().read(
               [&](storage::Transaction& t) { evidence = views::quarantined(t, unit, id, *digest, true); });
           if (!ok) return ok.error();
           if (!evidence) return kUnknownStray;
           (*evidence)["unit"] = unit.options().name;
           (*evidence)["exported_by"] = who(q);
           (*evidence)["exported_at_ms"] = to_unix_ms(unit.now());
           // Signed as a whole: nobody can say later that the unit had kept something else.
           const auto text = boost::json::serialize(*evidence);
           return download(evidence::sign_statement(kRecordType, bytes_of(text), unit.signer()),
                           "application/octet-stream", "evidence-" + id + ".jds");
         }});
    r.push_back({Method::post, "/api/v1/quarantine/{id}/{digest}/dismiss", operator_, kSmallBody,
                 [&unit](Request& q) -> result<Response> {
                   auto digest = from_hex(q.parameter("digest"));
                   if (!digest) return kUnknownStray;
                   auto reason = reason_in(q);
                   if (!reason) return reason.error();
                   auto ok = unit.dismiss(std::string(q.parameter("id")), *digest, who(q), *reason);
                   if (!ok) return ok.error();
                   return Response::empty();
                 }});
    r.push_back({Method::post, "/api/v1/quarantine/{id}/{digest}/retry", operator_, kSmallBody,
                 [&unit](Request& q) -> result<Response> {
                   auto digest = from_hex(q.parameter("digest"));
                   if (!digest) return kUnknownStray;
                   auto reason = reason_in(q);
                   if (!reason) return reason.error();
                   auto rung = unit.retry(std::string(q.parameter("id")), *digest, who(q), *reason);
                   if (!rung) return rung.error();
                   return Response::json({{"rung", *rung}});
                 }});
  }

  void channels(std::vector<http::Route>& r) {
    Unit& unit = unit_;
    const auto act = [&unit](auto work) {
      return [&unit, work](Request& q) -> result<Response> {
        auto reason = reason_in(q);
        if (!reason) return reason.error();
        if (auto ok = (unit.*work)(std::string(q.parameter("channel")), who(q), *reason); !ok) return ok.error();
        return Response::empty();
      };
    };
    r.push_back({Method::post, "/api/v1/channels/{channel}/stop", actor_, kSmallBody, act(&Unit::stop_channel)});
    r.push_back({Method::post, "/api/v1/channels/{channel}/resume", actor_, kSmallBody, act(&Unit::resume_channel)});
    r.push_back({Method::post, "/api/v1/channels/{channel}/request", operator_, kSmallBody,
                 [&unit](Request& q) -> result<Response> {
                   auto reason = reason_in(q);
                   if (!reason) return reason.error();
                   auto body = object_in(q);
                   auto first = number_in(*body, "first"), last = number_in(*body, "last");
                   if (!first) return first.error();
                   if (!last) return last.error();
                   auto ok = unit.request_again(std::string(q.parameter("channel")), *first, *last, who(q), *reason);
                   if (!ok) return ok.error();
                   return Response::empty();
                 }});
    r.push_back({Method::get, "/api/v1/voyages", reader_, 0, [&unit](Request&) {
                   return show(unit, [&](storage::Transaction& t) { return views::voyages(t, unit); });
                 }});
    r.push_back({Method::post, "/api/v1/voyages", operator_, kSmallBody,
                 [&unit, carrier = carrier_](Request& q) -> result<Response> {
                   auto reason = reason_in(q);
                   if (!reason) return reason.error();
                   if (carrier != "ferry")
                     return Error{Fault::conflict, "voyage.no_ferry",
                                  "the carrier of this unit is " + carrier + ": it makes no voyages"};
                   auto wanted = unit.start_voyage(who(q), *reason);
                   if (!wanted) return wanted.error();
                   return Response::json({{"waiting", wanted->waiting}, {"under_way", wanted->under_way}});
                 }});
    r.push_back({Method::get, "/api/v1/epoch", reader_, 0, [&unit](Request&) -> result<Response> {
                   return show(unit, [&](storage::Transaction& t) { return views::epoch(t, unit); });
                 }});
    r.push_back(
        {Method::post, "/api/v1/epoch", actor_, kSmallBody, [&unit](Request& q) -> result<Response> {
           auto reason = reason_in(q);
           if (!reason) return reason.error();
           auto decided = unit.approve_epoch(who(q), *reason);
           if (!decided) return decided.error();
           return Response::json({{"done", decided->done}, {"said", decided->said}, {"needed", decided->needed}});
         }});
  }

  void policy(std::vector<http::Route>& r) {
    Unit& unit = unit_;
    r.push_back({Method::get, "/api/v1/policy", reader_, 0, [&unit](Request&) -> result<Response> {
                   return Response::json(views::policy(unit.options().policy));
                 }});
    r.push_back({Method::post, "/api/v1/policy/explain", reader_, kSmallBody, [&unit](Request& q) -> result<Response> {
                   auto body = object_in(q);
                   if (!body) return body.error();
                   auto from = text_in(*body, "from", 64), to = text_in(*body, "to", 64),
                        kind = text_in(*body, "kind", 64);
                   for (const auto* one : {&from, &to, &kind})
                     if (!*one) return one->error();
                   auto bytes = number_in(*body, "bytes");
                   if (!bytes) return bytes.error();
                   auto at = time_in(*body, unit);
                   if (!at) return at.error();
                   return Response::json(views::explanation(explain(
                       unit.options().policy,
                       {*from, *to, *kind, static_cast<std::uint64_t>(*bytes), *at + std::chrono::hours(24)}, *at)));
                 }});
  }

  void records(std::vector<http::Route>& r) {
    Unit& unit = unit_;
    r.push_back({Method::get, "/api/v1/alarms", reader_, 0, [&unit](Request&) -> result<Response> {
                   return show(unit, [&](storage::Transaction& t) { return views::alarms(t, unit); });
                 }});
    r.push_back({Method::get, "/api/v1/reconciliation", reader_, 0, [&unit](Request& q) -> result<Response> {
                   auto limit = query_number(q, "limit", 60, 1, kPageMax);
                   if (!limit) return limit.error();
                   return show(unit, [&](storage::Transaction& t) { return views::reconciliation(t, *limit); });
                 }});
    r.push_back(
        {Method::post, "/api/v1/reconciliation", operator_, kSmallBody, [&unit](Request& q) -> result<Response> {
           auto asked = unit.reconcile(who(q));
           if (!asked) return asked.error();
           return Response::json({{"asked", *asked}});
         }});
    const auto named = [](const Request& q) {
      return std::pair(std::string(q.query_value("day")), std::string(q.query_value("channel")));
    };
    const Error unknown{Fault::not_found, "reconciliation.unknown", "nothing was compared under this day and channel"};
    r.push_back({Method::get, "/api/v1/reconciliation/stretch", reader_, 0,
                 [&unit, named, unknown](Request& q) -> result<Response> {
                   const auto name = named(q);
                   return show_or(unit, unknown,
                                  [&](storage::Transaction& t) { return views::stretch(t, name.first, name.second); });
                 }});
    r.push_back({Method::get, "/api/v1/reconciliation/statement", reader_, 0,
                 [&unit, named, unknown](Request& q) -> result<Response> {
                   const auto name = named(q);
                   const bool theirs = q.query_value("of") == "theirs";
                   std::optional<store::Stretch> found;
                   auto ok = unit.journal().read(
                       [&](storage::Transaction& t) { found = store::stretch(t, name.first, name.second); });
                   if (!ok) return ok.error();
                   if (!found || (theirs ? found->theirs : found->mine).empty()) return unknown;
                   return download(theirs ? found->theirs : found->mine, "application/octet-stream",
                                   "reconciliation-" + found->day.substr(0, 10) + ".jds");
                 }});
    r.push_back({Method::get, "/api/v1/reconciliation/statements", reader_, 0, [&unit](Request& q) -> result<Response> {
                   auto limit = query_number(q, "limit", kStretchesExported, 1, kStretchesExported);
                   if (!limit) return limit.error();
                   return show(unit, [&](storage::Transaction& t) { return views::statements(t, unit, *limit); });
                 }});
    r.push_back({Method::get, "/api/v1/log", reader_, 0, [&unit](Request& q) -> result<Response> {
                   constexpr auto most = std::numeric_limits<std::int64_t>::max();
                   auto before = query_number(q, "cursor", 0, 0, most), limit = query_number(q, "limit", 100, 1, 500);
                   if (!before) return before.error();
                   if (!limit) return limit.error();
                   return show(unit, [&](storage::Transaction& t) { return views::log(t, unit, *before, *limit); });
                 }});
    r.push_back({Method::get, "/api/v1/log/export", reader_, 0, [&unit](Request&) -> result<Response> {
                   std::string lines;
                   auto ok = unit.journal().read([&](storage::Transaction& t) { lines = views::log_lines(t, unit); });
                   if (!ok) return ok.error();
                   return download(Bytes(lines.begin(), lines.end()), "application/x-ndjson", "operator-log.ndjson");
                 }});
  }

  Unit& unit_;
  std::string carrier_;
  http::Guard reader_, operator_, releaser_, actor_;
};

}  // namespace

std::vector<http::Route> console_routes(Unit& unit, const std::vector<Operator>& operators, std::string carrier) {
  return Console(unit, operators, std::move(carrier)).routes();
}

}  // namespace jindu::gateway
