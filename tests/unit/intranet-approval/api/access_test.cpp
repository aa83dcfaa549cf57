// Who comes in, who sees what, and that the description of the API is what is served.
#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include "common/runtime/files.hpp"
#include "common/runtime/ids.hpp"
#include "intranet-approval/api/openapi.hpp"
#include "intranet-approval/store/officials.hpp"
#include "tests/unit/intranet-approval/api/world.hpp"

namespace jindu::approval {
namespace {
using namespace std::chrono_literals;
namespace json = boost::json;

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
}  // namespace

TEST_CASE("the description and the table of routes name the same calls") {
  auto world = std::move(test::worlds().front());
  const auto description = json::parse(api::openapi()).as_object();
  std::set<std::string> described, served;
  for (const auto& path : description.at("paths").as_object())
    for (const auto& operation : path.value().as_object())
      described.insert(std::string(operation.key()) + " " + std::string(path.key()));
  for (const auto& route : api::routes({world->office, world->exchange, "", {}}))
    served.insert(word_of(route.method) + " " + route.path);
  CHECK(served == described);
  CHECK(files::read_text(JINDU_SOURCE_DIR "/intranet-approval/api/openapi.json").value() == api::openapi());
}

TEST_CASE("nothing is reachable without the certificate of a registered official") {
  auto world = std::move(test::worlds().front());
  auto& w = *world;
  for (const auto& route : api::routes({w.office, w.exchange, "", {}})) {
    INFO(route.path);
    http::Request request;
    request.method = route.method;
    request.headers["x-requested-with"] = "jindu";
    const auto nobody = route.guard(request);
    REQUIRE_FALSE(nobody);
    CHECK(nobody.error().code == "official.no_certificate");
    request.client_certificate = w.people.at("stranger").certificate.der();
    const auto stranger = route.guard(request);
    REQUIRE_FALSE(stranger);
    CHECK(stranger.error().code == "official.not_registered");
    // What changes something needs the header that other sites' pages cannot send.
    request.client_certificate = w.people.at("editor").certificate.der();
    CHECK(route.guard(request));
    request.headers.clear();
    CHECK(route.guard(request).has_value() == (route.method == http::Method::get));
  }
}

TEST_CASE("who was taken out of the register stays out") {
  auto world = std::move(test::worlds().front());
  auto& w = *world;
  CHECK(w.seat("acceptor").get("/api/v1/me").status == 200);
  REQUIRE(w.database->write([](storage::Transaction& t) { store::replace_officials(t, {}); }));
  CHECK(w.seat("acceptor").get("/api/v1/me").code() == "official.not_registered");
}

TEST_CASE("personal data is for the officials of the case, and every reading is on record") {
  for (auto& world : test::worlds()) {
    auto& w = *world;
    w.publish();
    const auto id = w.new_case(SystemClock().now() - 1h);
    const std::string path = "/api/v1/cases/" + id;
    REQUIRE(w.seat("acceptor").get(path).status == 200);
    CHECK(w.seat("acceptor").get("/api/v1/me").json.at("handles_cases").as_bool());
    CHECK_FALSE(w.seat("administrator").get("/api/v1/me").json.at("handles_cases").as_bool());
    for (const char* other : {"neighbour", "editor", "administrator"}) {
      INFO(other);
      CHECK(w.seat(other).get(path).status == 404);
      CHECK(w.seat(other).get(path + "/materials/1").status == 404);
      CHECK(w.seat(other).get("/api/v1/worklist").json.at("entries").as_array().empty());
      CHECK(w.seat(other).post(path + "/decision-preview", {{"outcome", "grant"}, {"opinion", "x"}}).status == 404);
    }
    REQUIRE(w.seat("acceptor").get(path + "/materials/1").status == 200);
    std::vector<std::string> readings;
    REQUIRE(w.database->read([&](storage::Transaction& t) {
      for (const auto& row : t.query("SELECT what FROM reading WHERE case_id = $1 AND official = $2 ORDER BY id",
                                     {id, w.seat("acceptor").fingerprint()}))
        readings.push_back(row.text(0));
    }));
    CHECK(readings == std::vector<std::string>{"case", "material/1"});
    CHECK(w.seat("acceptor").get("/api/v1/cases/" + new_uuid(SystemClock().now())).status == 404);
    CHECK(w.seat("acceptor").get("/api/v1/cases/nonsense").status == 404);
  }
}

TEST_CASE("worklists filter, sort and page as described") {
  for (auto& world : test::worlds()) {
    auto& w = *world;
    w.publish();
    std::vector<std::string> ids;
    for (int i = 0; i < 5; ++i) ids.push_back(w.new_case(SystemClock().now() - std::chrono::hours(50 - i)));
    const auto seat = w.seat("acceptor");
    const auto all = [&](const std::string& query) {
      std::vector<std::string> seen;
      std::string cursor;
      for (;;) {
        const auto page = seat.get("/api/v1/worklist?limit=2&" + query + (cursor.empty() ? "" : "&cursor=" + cursor));
        REQUIRE(page.status == 200);
        for (const auto& entry : page.json.at("entries").as_array()) seen.emplace_back(entry.at("case_id").as_string());
        cursor = page.text("next_cursor");
        if (cursor.empty()) return seen;
      }
    };
    CHECK(all("sort=received") == ids);
    CHECK(all("sort=-received") == std::vector<std::string>(ids.rbegin(), ids.rend()));
    CHECK(all("sort=due").size() == 5);
    CHECK(all("scope=closed").empty());
    CHECK(all("q=" + ids[2].substr(24)) == std::vector<std::string>{ids[2]});
    CHECK(all("due=overdue").empty());
    CHECK(all("item=pharmacy").empty());
    CHECK(seat.get("/api/v1/worklist?sort=upwards").status == 400);
    CHECK(seat.get("/api/v1/worklist?limit=0").status == 400);
    CHECK(seat.get("/api/v1/worklist?cursor=x").status == 400);
    CHECK(seat.get("/api/v1/worklist?q=1").status == 400);
    CHECK(seat.get("/api/v1/worklist?limit=2").number("total") == 5);

    const auto overview = seat.get("/api/v1/overview");
    REQUIRE(overview.status == 200);
    CHECK(overview.number("open") == 5);
    CHECK(w.seat("neighbour").get("/api/v1/overview").number("open") == 0);
  }
}

TEST_CASE("live news are of the official's own department and since what was seen") {
  for (auto& world : test::worlds()) {
    auto& w = *world;
    w.publish();
    const auto first = w.seat("acceptor").get("/api/v1/live");
    REQUIRE(first.status == 200);
    CHECK(first.headers.at("Content-Type") == "text/event-stream");
    const std::string opening(text_of(first.bytes));
    const auto at = opening.rfind("id: ");
    REQUIRE(at != std::string::npos);
    const auto last = opening.substr(at + 4, opening.find('\n', at) - at - 4);
    const auto id = w.new_case(SystemClock().now() - 1h);
    const auto since = [&](const std::string& who) {
      const auto answer = w.seat(who).send(http::Method::get, "/api/v1/live", {}, {{"last-event-id", last}});
      return std::string(text_of(answer.bytes));
    };
    CHECK(since("acceptor").find(id) != std::string::npos);
    CHECK(since("neighbour").find(id) == std::string::npos);
    CHECK(since("editor").find(id) == std::string::npos);
  }
}

}  // namespace jindu::approval
