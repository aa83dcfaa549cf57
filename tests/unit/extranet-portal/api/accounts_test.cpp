#include <boost/json/object.hpp>
#include <catch2/catch.hpp>

#include "tests/unit/extranet-portal/world.hpp"

using namespace jindu;
using namespace jindu::portal;
using namespace jindu::portal::test;
using namespace std::chrono_literals;
namespace json = boost::json;

TEST_CASE("a citizen registers, logs in, is known, logs out") {
  for (auto& world : worlds()) {
    Browser browser(world->router);
    World::Citizen citizen{"13800138000"};
    const auto registered = world->register_citizen(browser, citizen);
    REQUIRE(registered.status == 201);
    REQUIRE(citizen.chain.size() == 2);
    CHECK(citizen.chain[0].common_name() == "王小明");
    CHECK(citizen.chain[0].key_id() == citizen.key.key_id());
    CHECK(world->trust.verify(citizen.chain[0], {citizen.chain[1]}, world->clock.now()));
    World::Citizen again{"13800138000"};
    CHECK(world->register_citizen(browser, again).code() == "account.taken");

    CHECK_FALSE(browser.get("/api/v1/session").json.at("authenticated").as_bool());
    CHECK(browser.get("/api/v1/drafts").status == 401);
    const auto login = world->login_citizen(browser, citizen);
    REQUIRE(login.status == 200);
    CHECK(login.json.at("wrapped_key") == word(to_base64(Bytes(100, 1))));
    CHECK(login.headers.at("Set-Cookie").find("__Host-jindu=") == 0);
    for (const auto* word : {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"})
      CHECK(login.headers.at("Set-Cookie").find(word) != std::string::npos);
    const auto session = browser.get("/api/v1/session");
    CHECK(session.json.at("account").at("id") == word(citizen.account_id));
    CHECK(session.json.at("csrf_token") == word(browser.token));
    CHECK(session.json.at("certificates").as_array().size() == 2);
    CHECK(session.headers.at("Cache-Control") == "no-store");

    CHECK(browser.post("/api/v1/session/logout", json::object()).status == 204);
    CHECK_FALSE(browser.get("/api/v1/session").json.at("authenticated").as_bool());
  }
}

TEST_CASE("neither salt nor refusal tells whether an account exists") {
  for (auto& world : worlds()) {
    Browser browser(world->router);
    World::Citizen citizen{"13800138000"};
    REQUIRE(world->register_citizen(browser, citizen).status == 201);
    const auto known = browser.post("/api/v1/accounts/citizen/parameters", {{"account", "13800138000"}});
    const auto unknown = browser.post("/api/v1/accounts/citizen/parameters", {{"account", "13900139000"}});
    const auto unknown_again = browser.post("/api/v1/accounts/citizen/parameters", {{"account", "13900139000"}});
    CHECK(known.json.at("salt") == word(to_base64(Bytes(16, 5))));
    CHECK(unknown.json == unknown_again.json);
    CHECK(unknown.json.at("salt") != known.json.at("salt"));
    CHECK(unknown.json.as_object().size() == known.json.as_object().size());
    const auto wrong =
        browser.post("/api/v1/session/citizen", {{"account", "13800138000"}, {"login_key", to_base64(Bytes(32, 0))}});
    const auto nobody =
        browser.post("/api/v1/session/citizen", {{"account", "13900139000"}, {"login_key", to_base64(Bytes(32, 0))}});
    CHECK(wrong.status == 401);
    CHECK(wrong.json == nobody.json);
  }
}

TEST_CASE("guessing is limited where it comes from, and does not lock the owner out") {
  for (auto& world : worlds()) {
    Browser owner(world->router, "192.0.2.1"), guesser(world->router, "198.51.100.9");
    World::Citizen citizen{"13800138000"};
    REQUIRE(world->register_citizen(owner, citizen).status == 201);
    int refused = 0;
    Answer last;
    for (int i = 0; i < 20; ++i) {
      last =
          guesser.post("/api/v1/session/citizen",
                       {{"account", "13800138000"}, {"login_key", to_base64(Bytes(32, static_cast<std::uint8_t>(i)))}});
      refused += last.code() == "login.refused";
    }
    CHECK(refused == world->portal.limits.login.burst);
    CHECK(last.code() == "rate.limited");
    CHECK(last.status == 429);
    CHECK(world->login_citizen(guesser, citizen).code() == "rate.limited");
    CHECK(world->login_citizen(owner, citizen).status == 200);
    world->clock.advance(1h);
    CHECK(world->login_citizen(guesser, citizen).status == 200);
  }
}

TEST_CASE("a session ends by itself, and what changes something needs its token and its own pages") {
  for (auto& world : worlds()) {
    Browser browser(world->router);
    World::Citizen citizen{"13800138000"};
    REQUIRE(world->register_citizen(browser, citizen).status == 201);
    REQUIRE(world->login_citizen(browser, citizen).status == 200);
    const std::string token = browser.token;
    browser.token = "";
    CHECK(browser.post("/api/v1/session/logout", json::object()).code() == "session.csrf");
    browser.token = csrf_token(new_session_token());
    CHECK(browser.post("/api/v1/session/logout", json::object()).code() == "session.csrf");
    browser.token = token;
    CHECK(browser.send(http::Method::post, "/api/v1/session/logout", {}, {{"sec-fetch-site", "cross-site"}}).code() ==
          "session.other_site");
    CHECK(browser.send(http::Method::post, "/api/v1/session/citizen", {}, {{"sec-fetch-site", "same-site"}}).code() ==
          "session.other_site");
    for (int i = 0; i < 5; ++i) {
      world->clock.advance(20min);
      CHECK(browser.get("/api/v1/drafts").status == 200);
    }
    world->clock.advance(31min);
    CHECK(browser.get("/api/v1/drafts").code() == "session.required");
  }
}

TEST_CASE("a recovery code gives a new password, once, and ends what was open") {
  for (auto& world : worlds()) {
    Browser browser(world->router), thief(world->router);
    World::Citizen citizen{"13800138000"};
    REQUIRE(world->register_citizen(browser, citizen).status == 201);
    REQUIRE(world->login_citizen(thief, citizen).status == 200);
    const auto recovery = to_base64(crypto::sha256(bytes_of("recovery 13800138000")));
    const json::object asked{{"account", "13800138000"}, {"recovery_login_key", recovery}};
    const auto first = browser.post("/api/v1/accounts/citizen/recover", asked);
    REQUIRE(first.status == 200);
    CHECK(first.json.at("recovery_wrapped_key") == word(to_base64(Bytes(100, 2))));
    CHECK_FALSE(first.json.at("replaced").as_bool());
    CHECK(thief.get("/api/v1/drafts").status == 200);

    json::object replacing = asked;
    replacing["replacement"] = {{"salt", to_base64(Bytes(16, 6))},
                                {"login_key", to_base64(Bytes(32, 3))},
                                {"wrapped_key", to_base64(Bytes(90, 4))},
                                {"recovery_login_key", to_base64(Bytes(32, 5))},
                                {"recovery_wrapped_key", to_base64(Bytes(90, 6))}};
    const auto second = browser.post("/api/v1/accounts/citizen/recover", replacing);
    REQUIRE(second.status == 200);
    CHECK(second.json.at("replaced").as_bool());
    CHECK(thief.get("/api/v1/drafts").status == 401);
    CHECK(world->login_citizen(browser, citizen).code() == "login.refused");
    CHECK(browser.post("/api/v1/accounts/citizen/recover", asked).code() == "login.refused");
    CHECK(browser.post("/api/v1/session/citizen", {{"account", "13800138000"}, {"login_key", to_base64(Bytes(32, 3))}})
              .json.at("wrapped_key") == word(to_base64(Bytes(90, 4))));
  }
}

TEST_CASE("bodies are exactly what is described") {
  for (auto& world : worlds()) {
    Browser browser(world->router);
    const std::string path = "/api/v1/accounts/citizen/parameters";
    CHECK(browser.send(http::Method::post, path, {'{', '}'}, {{"content-type", "text/plain"}}).code() ==
          "http.content_type");
    CHECK(browser.send(http::Method::post, path, {'{'}, {{"content-type", "application/json"}}).code() == "http.json");
    CHECK(browser.post(path, json::object()).code() == "http.member");
    CHECK(browser.post(path, {{"account", 5}}).code() == "http.member");
    const auto more = browser.post(path, {{"account", "13800138000"}, {"extra", 1}});
    CHECK(more.code() == "http.unknown_member");
    CHECK(more.json.at("field") == "/extra");
  }
}

TEST_CASE("a company logs in by its certificate over a fresh challenge") {
  for (auto& world : worlds()) {
    Browser browser(world->router);
    const auto made = world->person(
        {.common_name = "渡口餐饮", .organisation = "渡口餐饮管理有限公司", .serial_number = "91120101MA05TK1Q3G"});
    const crypto::Identity company{made.key, made.certificate, {}};
    const auto login = world->login_company(browser, company);
    INFO(login.code());
    REQUIRE(login.status == 200);
    CHECK(login.json.at("account").at("login") == "91120101MA05TK1Q3G");
    CHECK(login.json.at("account").at("name") == "渡口餐饮管理有限公司");
    Browser again(world->router);
    REQUIRE(world->login_company(again, company).status == 200);
    CHECK(world->count("SELECT COUNT(*) FROM account") == 1);

    const auto nobody = world->person({.common_name = "somebody"});
    CHECK(world->login_company(browser, {nobody.key, nobody.certificate, {}}).code() == "login.certificate");
    const World stranger(std::move(worlds().front()->database));
    const auto foreign = stranger.person({.common_name = "x", .serial_number = "91120101MA05TK1Q3G"});
    CHECK(world->login_company(browser, {foreign.key, foreign.certificate, {}}).code() == "certificate.unknown_issuer");
  }
}

TEST_CASE("a company's challenge holds once, for five minutes, for the one who signed it") {
  for (auto& world : worlds()) {
    Browser browser(world->router);
    const auto made = world->person({.common_name = "渡口餐饮", .serial_number = "91120101MA05TK1Q3G"});
    const auto other = world->person({.common_name = "远帆", .serial_number = "91120101MA06WD8H2L"});
    const auto challenge = [&] { return browser.post("/api/v1/session/company/challenge", json::object()).json; };
    const auto login = [&](const json::value& c, const crypto::Certificate& shown) {
      const std::string words(c.at("text").as_string());
      return browser.post(
          "/api/v1/session/company",
          {{"challenge", c.at("challenge")},
           {"certificates", json::array{to_base64(shown.der())}},
           {"signature", to_base64(crypto::cms_sign(bytes_of(words), made.key, made.certificate).value())}});
    };
    const auto once = challenge();
    CHECK(std::string(once.at("text").as_string()).starts_with("jindu/company-session/v1\nportal.test\n"));
    CHECK(login(once, made.certificate).status == 200);
    CHECK(login(once, made.certificate).code() == "login.challenge");
    CHECK(login(challenge(), other.certificate).code() == "login.certificate");
    auto swapped = challenge().as_object();
    swapped["text"] = challenge().at("text");
    CHECK(login(swapped, made.certificate).code() == "cms.signature");
    const auto late = challenge();
    world->clock.advance(5min);
    CHECK(login(late, made.certificate).code() == "login.challenge");
  }
}
