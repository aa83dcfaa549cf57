#include "exchange-gateway/api/console_api.hpp"

#include <charconv>

#include "common/runtime/files.hpp"
#include "exchange-gateway/api/console_views.hpp"

namespace jindu::gateway {
namespace {

using http::Method;
using http::Request;
using http::Response;

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

result<std::string> reason_in(const Request& request) {
  auto body = request.json();
  if (!body) return body.error();
  const auto* reason = body->is_object() ? body->as_object().if_contains("reason") : nullptr;
  if (!reason || !reason->is_string() || reason->as_string().empty() || reason->as_string().size() > 1000)
    return Error{Fault::invalid, "console.reason_required", "say why, in at most 1,000 bytes", "/reason"};
  return std::string(reason->as_string());
}

// Answers with what a view reads in one transaction.
template <class View>
result<Response> show(Unit& unit, View view) {
  boost::json::object answer;
  auto ok = unit.journal().read([&](storage::Transaction& t) { answer = view(t); });
  if (!ok) return ok.error();
  return Response::json(answer);
}

}  // namespace

std::vector<http::Route> console_routes(Unit& unit, std::vector<Operator> operators, std::string carrier) {
  const auto reader = operator_with(operators, {"operator", "releaser", "auditor"});
  const auto releaser = operator_with(operators, {"releaser"});
  const auto act = [&unit](result<void> (Unit::*work)(const std::string&, const std::string&, const std::string&)) {
    return [&unit, work](Request& request) -> result<Response> {
      auto reason = reason_in(request);
      if (!reason) return reason.error();
      const auto& me = std::any_cast<const Operator&>(request.principal);
      const auto who = me.name + " " + me.fingerprint.substr(0, 16);
      if (auto ok = (unit.*work)(std::string(request.parameter("id")), who, *reason); !ok) return ok.error();
      return Response::empty();
    };
  };
  std::vector<http::Route> routes;
  routes.push_back(
      {Method::get, "/api/v1/me", reader, 0, [&unit](Request& request) -> result<Response> {
         const auto& me = std::any_cast<const Operator&>(request.principal);
         boost::json::array roles(me.roles.begin(), me.roles.end());
         return Response::json({{"name", me.name}, {"roles", std::move(roles)}, {"unit", unit.options().name}});
       }});
  routes.push_back({Method::get, "/api/v1/overview", reader, 0, [&unit, carrier](Request&) -> result<Response> {
                      return show(unit, [&](storage::Transaction& t) {
                        auto answer = views::overview(t, unit);
                        answer["carrier"] = carrier;
                        answer["disk_free_bytes"] = files::free_bytes(unit.options().directory);
                        answer["disk_minimum_bytes"] = unit.options().minimum_free_bytes;
                        return answer;
                      });
                    }});
  routes.push_back({Method::get, "/api/v1/bundles", reader, 0, [&unit](Request& request) -> result<Response> {
                      store::BundleFilter filter;
                      filter.state = request.query_value("state");
                      filter.kind = request.query_value("kind");
                      filter.channel = request.query_value("channel");
                      filter.before = request.query_value("cursor");
                      return show(unit, [&](storage::Transaction& t) { return views::bundles(t, filter); });
                    }});
  routes.push_back({Method::get, "/api/v1/bundles/{id}", reader, 0, [&unit](Request& request) -> result<Response> {
                      std::optional<boost::json::object> answer;
                      const std::string id(request.parameter("id"));
                      auto ok = unit.journal().read([&](storage::Transaction& t) { answer = views::bundle(t, id); });
                      if (!ok) return ok.error();
                      if (!answer) return Error{Fault::not_found, "bundle.unknown", "there is no such bundle"};
                      return Response::json(*answer);
                    }});
  routes.push_back({Method::post, "/api/v1/bundles/{id}/release", releaser, 4096, act(&Unit::release)});
  routes.push_back({Method::post, "/api/v1/bundles/{id}/refuse", releaser, 4096, act(&Unit::refuse)});
  routes.push_back(
      {Method::get, "/api/v1/voyages", reader, 0, [&unit](Request&) { return show(unit, views::voyages); }});
  routes.push_back({Method::get, "/api/v1/reconciliation", reader, 0, [&unit](Request& request) -> result<Response> {
                      std::int64_t upto = std::numeric_limits<std::int64_t>::max();
                      const auto text = request.query_value("upto");
                      std::from_chars(text.data(), text.data() + text.size(), upto);
                      return show(unit, [&](storage::Transaction& t) { return views::reconciliation(t, upto); });
                    }});
  routes.push_back({Method::get, "/api/v1/log", reader, 0, [&unit](Request&) { return show(unit, views::log); }});
  return routes;
}

}  // namespace jindu::gateway
