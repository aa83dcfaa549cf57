#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include "../world.hpp"
#include "common/runtime/files.hpp"
#include "exchange-gateway/api/console_api.hpp"
#include "exchange-gateway/api/openapi.hpp"
#include "exchange-gateway/api/unit_api.hpp"

namespace jindu::gateway::test {

namespace {

std::string word_of(http::Method method) {
  switch (method) {
    case http::Method::get:
      return "get";
    case http::Method::post:
      return "post";
    default:
      return "other";
  }
}

// The console of the outer unit, and one person for each role.
struct Desk {
  World w;
  std::map<std::string, crypto::Certificate> people;
  std::vector<Operator> operators;
  std::vector<http::Route> routes;

  Desk() {
    for (const auto* role : {"operator", "releaser", "auditor", "editor"}) {
      const auto key = crypto::PrivateKey::generate_p256();
      const auto certificate =
          crypto::issue_certificate(w.root_key, &w.root, key.public_key(), {.common_name = role},
                                    crypto::Profile::citizen, w.clock->now(), w.clock->now() + std::chrono::hours(24))
              .value();
      people.emplace(role, certificate);
      operators.push_back({to_hex(certificate.fingerprint()), role, {role}});
    }
    routes = console_routes(w.outer.unit(), operators, "ferry");
  }

  http::Request request(const std::string& role, http::Method method) {
    http::Request r;
    r.method = method;
    r.client_certificate = people.at(role).der();
    r.headers["x-requested-with"] = "jindu";
    r.headers["content-type"] = "application/json";
    return r;
  }

  result<boost::json::value> call(const std::string& role, http::Method method, const std::string& path,
                                  std::map<std::string, std::string> parameters = {}, const std::string& body = {},
                                  std::multimap<std::string, std::string> query = {}) {
    for (const auto& route : routes) {
      if (route.path != path || route.method != method) continue;
      auto r = request(role, method);
      r.parameters = std::move(parameters);
      r.query = std::move(query);
      r.body = Bytes(body.begin(), body.end());
      if (auto ok = route.guard(r); !ok) return ok.error();
      auto answer = route.handler(r);
      if (!answer) return answer.error();
      if (const auto* text = std::get_if<std::string>(&answer->body))
        return text->empty() ? boost::json::value() : boost::json::parse(*text);
      const auto& bytes = std::get<Bytes>(answer->body);
      return boost::json::value(boost::json::string(text_of(bytes)));
    }
    FAIL("no route " << path);
    return boost::json::value();
  }
};

}  // namespace

TEST_CASE("the description and the table of routes name the same calls, open to the same roles") {
  Desk desk;
  const auto description = boost::json::parse(openapi()).as_object();
  std::map<std::string, std::set<std::string>> described, served;
  for (const auto& path : description.at("paths").as_object())
    for (const auto& operation : path.value().as_object())
      for (const auto& role : operation.value().at("x-roles").as_array())
        described[std::string(operation.key()) + " " + std::string(path.key())].emplace(role.as_string());
  for (const auto& route : desk.routes) {
    auto& roles = served[word_of(route.method) + " " + route.path];
    for (const auto& [role, certificate] : desk.people) {
      auto request = desk.request(role, route.method);
      if (route.guard(request)) roles.insert(role);
    }
    http::Request stranger;
    stranger.method = route.method;
    CHECK(route.guard(stranger).error().code == "console.no_certificate");
    if (route.method == http::Method::post) {
      auto request = desk.request("operator", route.method);
      request.headers.clear();
      CHECK_FALSE(route.guard(request));
    }
  }
  CHECK(served == described);
  CHECK(files::read_text(JINDU_SOURCE_DIR "/exchange-gateway/api/openapi.json").value() == openapi());
}

TEST_CASE(
    "a unit lets its own service in, by a key that it knows: a name that somebody was given a certificate of opens "
    "nothing") {
  World w;
  const auto routes = unit_routes(w.outer.unit());
  const auto enter = [&](const std::optional<crypto::Certificate>& certificate) {
    std::set<std::string> codes;
    for (const auto& route : routes) {
      http::Request request;
      if (certificate) request.client_certificate = certificate->der();
      const auto ok = route.guard(request);
      codes.insert(ok ? "" : ok.error().code);
    }
    return codes;
  };
  using Codes = std::set<std::string>;
  const auto namesake = crypto::issue_certificate(w.root_key, &w.root, crypto::PrivateKey::generate_p256().public_key(),
                                                  {.common_name = "portal"}, crypto::Profile::citizen, w.clock->now(),
                                                  w.clock->now() + std::chrono::hours(24))
                            .value();
  CHECK(enter(w.portal.certificate) == Codes{""});
  CHECK(enter(namesake) == Codes{"unit.unknown_key"});
  CHECK(enter(w.portal.certificate) == Codes{""});
  CHECK(enter(w.approval.certificate) == Codes{"unit.not_yours"});
  CHECK(enter({}) == Codes{"unit.no_certificate"});
}

TEST_CASE("answers have exactly the members that the description names") {
  Desk desk;
  auto& w = desk.w;
  REQUIRE(w.outer->take_from_service(w.from_portal.next(1, "x")));
  w.carry_all();
  const auto description = boost::json::parse(openapi()).as_object();
  const auto& schemas = description.at("components").at("schemas").as_object();
  const auto members = [&](const char* name) {
    std::set<std::string> list;
    for (const auto& member : schemas.at(name).at("properties").as_object()) list.emplace(member.key());
    return list;
  };
  const auto found = [](const boost::json::value& value) {
    std::set<std::string> list;
    for (const auto& member : value.as_object()) list.emplace(member.key());
    return list;
  };
  using http::Method;
  const auto overview = desk.call("auditor", Method::get, "/api/v1/overview").value();
  CHECK(found(overview) == members("Overview"));
  CHECK(found(overview.at("channels").at(0)) == members("Channel"));
  const auto page = desk.call("operator", Method::get, "/api/v1/bundles").value();
  CHECK(found(page) == members("BundlePage"));
  CHECK(found(page.at("bundles").at(0)) == members("Bundle"));
  const std::string id(page.at("bundles").at(0).at("id").as_string());
  const auto one = desk.call("operator", Method::get, "/api/v1/bundles/{id}", {{"id", id}}).value();
  CHECK(found(one) == members("BundleDetail"));
  CHECK(found(one.at("receipts").at(0)) == members("Receipt"));
  CHECK(found(desk.call("operator", Method::get, "/api/v1/me").value()) == members("Me"));
  CHECK(found(desk.call("operator", Method::get, "/api/v1/policy").value()) == members("Policy"));
  const auto explained = desk.call("operator", Method::post, "/api/v1/policy/explain", {},
                                   R"({"from": "portal", "to": "approval", "kind": "dossier", "bytes": 5})")
                             .value();
  CHECK(found(explained) == members("Explanation"));
  CHECK(explained.at("verdict").as_string() == "pass");
  CHECK(found(desk.call("operator", Method::post, "/api/v1/reconciliation", {}, "{}").value()) == members("Asked"));
  const auto stretches = desk.call("operator", Method::get, "/api/v1/reconciliation").value();
  CHECK(found(stretches.at("stretches").at(0)) == members("Stretch"));
  const auto stretch = desk.call("operator", Method::get, "/api/v1/reconciliation/stretch", {}, {},
                                 {{"day", std::string(stretches.at("stretches").at(0).at("day").as_string())},
                                  {"channel", "portal>approval"}})
                           .value();
  CHECK(found(stretch) == members("StretchDetail"));
  CHECK(found(desk.call("auditor", Method::get, "/api/v1/epoch").value()) == members("Epoch"));
  // What is set aside: a forgery, and a voyage that was refused.
  auto forged = w.from_approval.next(1, "forged");
  const auto view = exchange::parse_bundle(forged).value();
  forged[static_cast<std::size_t>(view.signature.data() - forged.data()) + view.signature.size() - 1] ^= 1;
  REQUIRE(w.outer->take_from_carrier({forged}).front().error);
  const auto manifest = to_hex(crypto::sha256(Bytes{}));
  REQUIRE(w.outer->journal().write([&](storage::Transaction& t) {
    store::put_voyage(t, {"refused", "v", 0, 1, 0, 0, 0, "voyage.unreadable", "", "", "no manifest", manifest});
    store::put_voyage(t, {"loaded", "w", 1, 1, 1, 10, 0});
    t.execute("UPDATE bundle SET voyage = 1, state = 'waiting' WHERE kind = 'dossier'");
  }));
  const auto aside = desk.call("auditor", Method::get, "/api/v1/quarantine").value();
  const auto& list = aside.at("quarantined").as_array();
  REQUIRE(list.size() == 2);
  auto of_stray = members("Quarantined");
  for (const auto* placed_only : {"channel", "kind", "sequence", "size"}) of_stray.erase(placed_only);
  for (const auto& entry : list) CHECK(found(entry) == of_stray);
  CHECK(list[0].at("from").as_string() == "approval");
  CHECK(list[0].at("signed_by").as_string().empty());
  CHECK(list[1].at("what").as_string() == "voyage");
  auto of_detail = members("QuarantinedDetail");
  for (const auto* placed_only : {"channel", "kind", "sequence", "size"}) of_detail.erase(placed_only);
  for (const auto& entry : list) {
    const std::map<std::string, std::string> place{{"id", std::string(entry.at("id").as_string())},
                                                   {"digest", std::string(entry.at("manifest_digest").as_string())}};
    const auto detail = desk.call("auditor", Method::get, "/api/v1/quarantine/{id}/{digest}", place).value();
    CHECK(found(detail) == of_detail);
    CHECK(detail.at("manifest").is_object() == (entry.at("what").as_string() == "bundle"));
  }
  const auto voyages = desk.call("auditor", Method::get, "/api/v1/voyages").value();
  CHECK(found(voyages) == members("Voyages"));
  CHECK(found(voyages.at("voyages").at(0)) == members("Voyage"));
  CHECK(found(voyages.at("summary")) == members("VoyageSummary"));
  CHECK(voyages.at("summary").at("under_way").as_array().size() == 1);
  CHECK(voyages.at("summary").at("bundles_under_way").as_int64() == 1);
  const auto counted = desk.call("auditor", Method::get, "/api/v1/overview").value();
  CHECK(counted.at("voyages_refused").as_int64() == 1);
  CHECK(found(counted.at("alarms").at(0)) == members("Alarm"));
  REQUIRE(desk.call("operator", Method::post, "/api/v1/quarantine/{id}/{digest}/dismiss",
                    {{"id", "v"}, {"digest", manifest}}, R"({"reason": "of the training set"})"));
  const auto dismissed = desk.call("auditor", Method::get, "/api/v1/dismissed").value();
  CHECK(found(dismissed) == members("DismissedList"));
  CHECK(found(dismissed.at("dismissed").at(0)) == members("Dismissed"));
  CHECK(dismissed.at("dismissed").at(0).at("what").as_string() == "voyage");
  CHECK(dismissed.at("dismissed").at(0).at("code").as_string() == "voyage.unreadable");
  CHECK(desk.call("auditor", Method::get, "/api/v1/overview").value().at("voyages_refused").as_int64() == 0);
  CHECK(desk.call("auditor", Method::get, "/api/v1/bundles/{id}", {{"id", "v"}}).value().at("state").as_string() ==
        "dismissed");
  CHECK(
      found(desk.call("operator", Method::post, "/api/v1/voyages", {}, R"({"reason": "the medium stays"})").value()) ==
      members("VoyageStarted"));
  const auto log = desk.call("auditor", Method::get, "/api/v1/log").value();
  CHECK(found(log) == members("Log"));
  CHECK(found(log.at("log").at(0)) == members("Act"));
}

TEST_CASE("why the policy would decide is asked for any time, in the policy's own local time") {
  Desk desk;
  auto policy = desk.w.policy();
  for (auto& rule : policy.rules) rule.hours = {{parse_opening("mon-fri 08:30-17:30").value()}, 7 * 60};
  desk.w.outer.restart_with(policy);
  desk.routes = console_routes(desk.w.outer.unit(), desk.operators, "ferry");
  const auto ask = [&](const std::string& when) {
    return desk.call("auditor", http::Method::post, "/api/v1/policy/explain", {},
                     R"({"from": "portal", "to": "approval", "kind": "dossier", "bytes": 5)" + when + "}");
  };
  const auto verdict = [&](const std::string& when) {
    return std::string(ask(when).value().at("verdict").as_string());
  };
  const auto wrong = [&](const std::string& when) { return ask(when).error().code + " " + ask(when).error().field; };
  CHECK(verdict(R"(, "at": "2026-11-24T08:30")") == "pass");
  CHECK(verdict(R"(, "at": "2026-11-24 08:29")") == "wait");
  CHECK(verdict(R"(, "at": "2026-11-24T17:29")") == "pass");
  CHECK(verdict(R"(, "at": "2026-11-24T17:30")") == "wait");
  CHECK(verdict(R"(, "at": "2026-11-24")") == "wait");
  CHECK(verdict(R"(, "at": "2026-11-28T10:00")") == "wait");  // a Saturday
  // 01:30 UTC is 08:30 there. The first of both counts.
  CHECK(verdict(R"(, "at_ms": 1795483800000)") == "pass");
  CHECK(verdict(R"(, "at_ms": 1795483799999)") == "wait");
  CHECK(verdict(R"(, "at_ms": 1795483799999, "at": "2026-11-24T08:30")") == "pass");
  // Of now, where none is said; the clock of the test begins on a Thursday evening.
  CHECK(verdict("") == "wait");
  desk.w.clock->advance(std::chrono::hours(6));
  CHECK(verdict("") == "pass");
  CHECK(wrong(R"(, "at": "tomorrow")") == "time.malformed /at");
  CHECK(wrong(R"(, "at": "2026-02-30")") == "time.malformed /at");
  CHECK(wrong(R"(, "at": 5)") == "http.member /at");
  CHECK(wrong(R"(, "at_ms": "5")") == "http.member /at_ms");
  CHECK(wrong(R"(, "at_ms": -1)") == "http.member /at_ms");
  CHECK(wrong(R"(, "at_ms": 9223372036854775807)") == "http.member /at_ms");
}

TEST_CASE("what is asked wrongly is refused with the member it is about") {
  Desk desk;
  using http::Method;
  const auto code = [](const result<boost::json::value>& answer) {
    return answer ? "none" : answer.error().code + " " + answer.error().field;
  };
  CHECK(code(desk.call("operator", Method::get, "/api/v1/bundles", {}, {}, {{"state", "lost"}})) == "http.query state");
  CHECK(code(desk.call("operator", Method::get, "/api/v1/bundles", {}, {}, {{"limit", "1000"}})) == "http.query limit");
  CHECK(code(desk.call("operator", Method::get, "/api/v1/bundles", {}, {}, {{"subject", "xy"}})) ==
        "http.query subject");
  CHECK(code(desk.call("operator", Method::get, "/api/v1/bundles/{id}", {{"id", "?"}})) == "bundle.unknown ");
  CHECK(code(desk.call("operator", Method::post, "/api/v1/channels/{channel}/stop", {{"channel", "a>b"}},
                       R"({"reason": ""})")) == "console.reason_required /reason");
  CHECK(code(desk.call("operator", Method::post, "/api/v1/channels/{channel}/stop", {{"channel", "a>b"}},
                       R"({"reason": "why"})")) == "channel.unknown channel");
  CHECK(code(desk.call("auditor", Method::post, "/api/v1/channels/{channel}/stop", {{"channel", "portal>approval"}},
                       R"({"reason": "why"})")) == "console.role ");
  CHECK(code(desk.call("operator", Method::post, "/api/v1/epoch", {}, R"({"reason": "why"})")) == "epoch.not_due ");
  CHECK(code(desk.call("operator", Method::post, "/api/v1/policy/explain", {}, R"({"from": "portal"})")) ==
        "http.member /to");
}

}  // namespace jindu::gateway::test
