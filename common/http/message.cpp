// Requests, answers and problem documents: what does not need a network.
#include <prometheus/counter.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "common/http/client.hpp"
#include "common/http/server.hpp"
#include "common/runtime/metrics.hpp"

namespace jindu::http {

std::string_view Request::header(std::string_view name) const {
  const auto found = headers.find(std::string(name));
  return found == headers.end() ? std::string_view{} : found->second;
}

std::string_view Request::query_value(std::string_view name) const {
  const auto found = query.find(std::string(name));
  return found == query.end() ? std::string_view{} : found->second;
}

std::string_view Request::parameter(std::string_view name) const {
  const auto found = parameters.find(std::string(name));
  return found == parameters.end() ? std::string_view{} : found->second;
}

std::optional<std::string> Request::cookie(std::string_view name) const {
  std::string_view rest = header("cookie");
  while (!rest.empty()) {
    const auto end = rest.find(';');
    std::string_view pair = rest.substr(0, end);
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) return std::string(pair.substr(equals + 1));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return {};
}

result<boost::json::value> Request::json() const {
  boost::json::parse_options options;
  options.max_depth = 32;
  boost::system::error_code error;
  auto value = boost::json::parse(text_of(body), error, {}, options);
  if (error) return Error{Fault::invalid, "http.json", "the body is not JSON of at most 32 levels: " + error.message()};
  return value;
}

Response Response::json(const boost::json::value& value, int status) {
  return {status, {{"Content-Type", "application/json"}}, boost::json::serialize(value)};
}
Response Response::bytes(Bytes body, std::string content_type, int status) {
  return {status, {{"Content-Type", std::move(content_type)}}, std::move(body)};
}
Response Response::file(std::string path, std::string content_type) {
  return {200, {{"Content-Type", std::move(content_type)}}, FileBody{std::move(path)}};
}
Response Response::empty(int status) { return {status, {}, std::string{}}; }
Response&& Response::with(std::string name, std::string value) && {
  headers.emplace_back(std::move(name), std::move(value));
  return std::move(*this);
}

int status_of(Fault fault) {
  switch (fault) {
    case Fault::invalid:
      return 400;
    case Fault::unauthorised:
      return 401;
    case Fault::forbidden:
      return 403;
    case Fault::not_found:
      return 404;
    case Fault::conflict:
      return 409;
    case Fault::expired:
      return 410;
    case Fault::too_large:
      return 413;
    case Fault::unsupported:
      return 415;
    case Fault::integrity:
      return 422;
    case Fault::limited:
      return 429;
    case Fault::unavailable:
      return 503;
    case Fault::internal:
      return 500;
  }
  return 500;
}

namespace {
std::string_view title_of(int status) {
  switch (status) {
    case 400:
      return "The request breaks a rule";
    case 401:
      return "Log in first";
    case 403:
      return "Not allowed";
    case 404:
      return "Not found";
    case 409:
      return "The state has moved on";
    case 410:
      return "No longer valid";
    case 413:
      return "Too large";
    case 415:
      return "Not supported";
    case 422:
      return "A signature, digest or seal does not hold";
    case 429:
      return "Too often";
    case 503:
      return "Try again later";
    default:
      return "Something failed on our side";
  }
}
}  // namespace

Response problem(const Error& error, std::string_view request_id) {
  const int status = status_of(error.fault);
  boost::json::object body{{"type", "urn:jindu:problem:" + error.code},
                           {"title", title_of(status)},
                           {"status", status},
                           {"code", error.code},
                           {"request_id", request_id}};
  // What failed inside is for our logs, not for the world: a database tells its address and our statements.
  const bool inside = error.fault == Fault::internal || error.code.starts_with("storage.");
  if (!inside) body["detail"] = error.detail;
  if (!error.field.empty()) body["field"] = error.field;
  Response response{status,
                    {{"Content-Type", "application/problem+json"}, {"Cache-Control", "no-store"}},
                    boost::json::serialize(body)};
  if (error.fault == Fault::unavailable) response.headers.emplace_back("Retry-After", "5");
  if (error.fault == Fault::limited) response.headers.emplace_back("Retry-After", "60");
  return response;
}

result<void> Answer::succeeded() const {
  if (status >= 200 && status < 300) return {};
  Error error{status == 409   ? Fault::conflict
              : status == 404 ? Fault::not_found
              : status == 413 ? Fault::too_large
              : status == 403 ? Fault::forbidden
              : status == 401 ? Fault::unauthorised
              : status == 422 ? Fault::integrity
              : status == 400 ? Fault::invalid
                              : Fault::unavailable,
              "http.status", "the peer answers " + std::to_string(status)};
  boost::system::error_code code;
  const auto value = boost::json::parse(text_of(body), code);
  if (!code && value.is_object()) {
    const auto text = [&](const char* name) {
      const auto* member = value.as_object().if_contains(name);
      return member != nullptr && member->is_string() ? std::string(member->as_string()) : std::string{};
    };
    if (auto given = text("code"); !given.empty()) error.code = given;
    if (auto detail = text("detail"); !detail.empty()) error.detail = detail;
    error.field = text("field");
  }
  return error;
}

Guard anyone() {
  return [](Request&) -> result<void> { return {}; };
}

std::vector<std::pair<std::string, std::string>> browser_headers() {
  return {{"Content-Security-Policy",
           "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; img-src 'self' data: "
           "blob:; object-src 'none'; frame-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action "
           "'self'"},
          {"Strict-Transport-Security", "max-age=31536000"},
          {"X-Content-Type-Options", "nosniff"},
          {"X-Frame-Options", "DENY"},
          {"Referrer-Policy", "no-referrer"},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()"}};
}

std::vector<Route> operations_routes(std::vector<ReadyCheck> checks) {
  std::vector<Route> routes;
  routes.push_back({Method::get, "/healthz", anyone(), 0, [](Request&) -> result<Response> {
                      return Response::json({{"status", "alive"}});
                    }});
  routes.push_back({Method::get, "/readyz", anyone(), 0, [checks = std::move(checks)](Request&) -> result<Response> {
                      boost::json::object answers;
                      bool ready = true;
                      for (const auto& check : checks) {
                        const auto holds = check.holds();
                        ready = ready && holds.has_value();
                        answers[check.name] = holds ? "ok" : holds.error().code;
                      }
                      return Response::json({{"ready", ready}, {"checks", answers}}, ready ? 200 : 503);
                    }});
  routes.push_back(
      {Method::get, "/metrics", anyone(), 0, [](Request&) -> result<Response> {
         return Response{200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, metrics::text()};
       }});
  return routes;
}

}  // namespace jindu::http
