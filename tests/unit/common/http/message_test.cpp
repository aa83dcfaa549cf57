// Requests, answers and problem documents, without a network.
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include "common/http/server.hpp"

namespace jindu::http {
namespace {

Request with_cookies(const std::string& text) {
  Request request;
  request.headers["cookie"] = text;
  return request;
}

Request with_body(std::string_view text) {
  Request request;
  request.body.assign(text.begin(), text.end());
  return request;
}

std::string header_of(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return {};
}

}  // namespace

TEST_CASE("a cookie is found by its whole name, wherever it stands") {
  const auto request = with_cookies("a=1; __Host-session=x=y; b=;c=3; ab=4");
  CHECK(request.cookie("a") == "1");
  CHECK(request.cookie("__Host-session") == "x=y");
  CHECK(request.cookie("b") == "");
  CHECK(request.cookie("c") == "3");
  CHECK(request.cookie("ab") == "4");
  CHECK_FALSE(request.cookie("session"));
  CHECK_FALSE(request.cookie("d"));
  CHECK_FALSE(with_cookies("session").cookie("session"));
  CHECK_FALSE(with_cookies(";;; ;").cookie(""));
  CHECK_FALSE(Request{}.cookie("a"));
}

TEST_CASE("what a request does not have is empty") {
  Request request;
  request.query.emplace("a", "first");
  request.query.emplace("a", "second");
  request.parameters["id"] = "7";
  CHECK(request.query_value("a") == "first");
  CHECK(request.query_value("b").empty());
  CHECK(request.header("host").empty());
  CHECK(request.parameter("id") == "7");
  CHECK(request.parameter("x").empty());
}

TEST_CASE("a JSON body is read to 32 levels and not further") {
  CHECK(with_body(R"({"a":[1,"津渡",null]})").json().value().at("a").as_array().size() == 3);
  CHECK(with_body(std::string(32, '[') + std::string(32, ']')).json());
  for (const auto& text : {std::string(33, '[') + std::string(33, ']'), std::string("{"), std::string(),
                           std::string("{} {}"), std::string("\"\xff\""), std::string("nul")}) {
    INFO(text);
    const auto json = with_body(text).json();
    REQUIRE_FALSE(json);
    CHECK(json.error().code == "http.json");
    CHECK(json.error().fault == Fault::invalid);
  }
}

TEST_CASE("every kind of fault has its status, and its problem document says what a client needs") {
  const std::pair<Fault, int> all[]{{Fault::invalid, 400},   {Fault::unauthorised, 401}, {Fault::forbidden, 403},
                                    {Fault::not_found, 404}, {Fault::conflict, 409},     {Fault::expired, 410},
                                    {Fault::too_large, 413}, {Fault::unsupported, 415},  {Fault::integrity, 422},
                                    {Fault::limited, 429},   {Fault::internal, 500},     {Fault::unavailable, 503}};
  for (const auto& [fault, status] : all) {
    const auto response = problem({fault, "a.code", "detail \"quoted\"", "/field"}, "request-1");
    INFO(status);
    CHECK(response.status == status);
    CHECK(status_of(fault) == status);
    CHECK(header_of(response, "Content-Type") == "application/problem+json");
    CHECK(header_of(response, "Cache-Control") == "no-store");
    CHECK(header_of(response, "Retry-After").empty() == (fault != Fault::limited && fault != Fault::unavailable));
    const auto body = boost::json::parse(std::get<std::string>(response.body));
    CHECK(body.at("type") == "urn:jindu:problem:a.code");
    CHECK(body.at("status") == status);
    CHECK(body.at("code") == "a.code");
    CHECK(body.at("field") == "/field");
    CHECK(body.at("request_id") == "request-1");
    CHECK_FALSE(body.at("title").as_string().empty());
    // What failed inside is for our logs.
    CHECK(body.as_object().contains("detail") == (fault != Fault::internal));
  }
  CHECK_FALSE(boost::json::parse(std::get<std::string>(problem({Fault::invalid, "c", "d"}, "").body))
                  .as_object()
                  .contains("field"));
}

TEST_CASE("pages for browsers load nothing from elsewhere, run nothing inline, and cannot be framed or guessed") {
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : browser_headers()) headers[name] = value;
  const auto& policy = headers["Content-Security-Policy"];
  for (const char* needed :
       {"default-src 'self'", "object-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"})
    CHECK(policy.find(needed) != std::string::npos);
  for (const char* forbidden : {"unsafe-inline", "'unsafe-eval'", "http:", "https:", "*"})
    CHECK(policy.find(forbidden) == std::string::npos);
  CHECK(headers["X-Content-Type-Options"] == "nosniff");
  CHECK(headers["X-Frame-Options"] == "DENY");
  CHECK(headers["Referrer-Policy"] == "no-referrer");
  CHECK(headers["Strict-Transport-Security"].starts_with("max-age="));
  CHECK(headers["Cross-Origin-Opener-Policy"] == "same-origin");
}

}  // namespace jindu::http
