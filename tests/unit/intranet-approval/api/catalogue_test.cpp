// Publishing: signed by the editor who asks, whole or not at all, and sent outside.
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include "common/crypto/cms.hpp"
#include "common/runtime/messages.hpp"
#include "intranet-approval/store/case_rows.hpp"
#include "tests/unit/intranet-approval/api/world.hpp"

namespace jindu::approval {
namespace {
using namespace std::chrono_literals;
namespace json = boost::json;
}  // namespace

TEST_CASE("a signed catalogue is in force inside and on its way outside") {
  for (auto& world : test::worlds()) {
    auto& w = *world;
    CHECK(w.seat("acceptor").get("/api/v1/catalogue").number("serial") == 0);
    CHECK(w.seat("editor").get("/api/v1/catalogue/release").code() == "catalogue.none");
    const auto text = w.catalogue_json(3);
    REQUIRE(w.publish(w.seat("editor"), text).status == 200);
    CHECK(w.seat("acceptor").get("/api/v1/catalogue").number("serial") == 3);
    const auto item = w.seat("acceptor").get("/api/v1/items/food/1");
    REQUIRE(item.status == 200);
    CHECK(item.json == json::parse(text).at("items").at(0));
    CHECK(w.seat("acceptor").get("/api/v1/items/food/2").status == 404);
    // Editors go on from what is in force, byte for byte.
    CHECK(w.seat("editor").get("/api/v1/catalogue/release").json == json::parse(text));
    CHECK(w.seat("acceptor").get("/api/v1/catalogue/release").status == 403);
    jindu::v1::CatalogueRelease release;
    REQUIRE(w.outbox().size() == 1);
    REQUIRE(parse_message(w.outbox()[0].payload, release));
    CHECK(release.serial() == 3);
    CHECK(release.catalogue_json() == text);
    CHECK(release.department_certificates_size() == 2);
    CHECK(crypto::cms_verify(bytes_of(release.signature()), bytes_of(text)));
    // The same again is answered, not sent again.
    CHECK(w.publish(w.seat("editor"), text).status == 200);
    CHECK(w.outbox().size() == 1);
    CHECK(w.publish(w.seat("editor"), w.catalogue_json(2)).code() == "catalogue.serial");
  }
}

TEST_CASE("a catalogue with a mistake is refused whole, with the place of the mistake") {
  auto world = std::move(test::worlds().front());
  auto& w = *world;
  const auto editor = w.seat("editor");
  const auto refused = [&](const std::function<void(json::object&)>& change) {
    const auto answer = w.publish(editor, w.catalogue_json(1, change));
    CHECK(answer.status >= 400);
    return answer.text("field");
  };
  const auto item = [](json::object& c) -> json::object& { return c["items"].at(1).as_object(); };
  CHECK(refused([&](json::object& c) { item(c)["department"] = "nobody"; }) == "/items/1/department");
  CHECK(refused([&](json::object& c) {
          item(c)["form"].at("schema").as_object()["type"] = "objekt";
        }).starts_with("/items/1/form/schema"));
  CHECK(refused([&](json::object& c) {
          item(c)["workflow"].at("stages").as_array().pop_back();
        }).starts_with("/items/1/workflow"));
  CHECK(refused([&](json::object& c) {
          item(c)["documents"].at("grant").as_object()["number_template"] = "without a sequence";
        }) == "/items/1/documents/grant/number_template");
  CHECK(refused([&](json::object& c) {
          c["departments"].at(0).as_object()["certificate"] = to_base64(w.root.certificate.der());
        }) == "/departments/0/certificate");
  CHECK(w.seat("acceptor").get("/api/v1/catalogue").number("serial") == 0);
  CHECK(w.outbox().empty());

  const auto checked = editor.send(http::Method::post, "/api/v1/catalogue/check",
                                   [] {
                                     const std::string text = "{\n \"serial\": 1,\n \"departments\": 7\n}";
                                     return Bytes(text.begin(), text.end());
                                   }(),
                                   {{"content-type", "application/json"}, {"x-requested-with", "jindu"}});
  REQUIRE(checked.status == 200);
  CHECK_FALSE(checked.json.at("valid").as_bool());
  CHECK(checked.json.at("findings").at(0).at("line") == json::value(3));
}

TEST_CASE("nobody but an editor publishes, and only what he signed himself") {
  auto world = std::move(test::worlds().front());
  auto& w = *world;
  const auto text = w.catalogue_json(1);
  CHECK(w.publish(w.seat("acceptor"), text).code() == "official.role");
  const auto by = w.people.at("acceptor");
  const auto other = crypto::cms_sign(bytes_of(text), by.key, by.certificate).value();
  const json::object body{{"catalogue", to_base64(bytes_of(text))}, {"signature", to_base64(other)}};
  CHECK(w.seat("editor").post("/api/v1/catalogue/publish", body).code() == "catalogue.signer");
  const auto changed = w.catalogue_json(2);
  const auto& editor = w.people.at("editor");
  const auto signature = crypto::cms_sign(bytes_of(text), editor.key, editor.certificate).value();
  CHECK(w.seat("editor")
            .post("/api/v1/catalogue/publish",
                  {{"catalogue", to_base64(bytes_of(changed))}, {"signature", to_base64(signature)}})
            .code() == "cms.signature");
  CHECK(w.outbox().empty());
}

TEST_CASE("what dossiers are pinned to never changes") {
  auto world = std::move(test::worlds().front());
  auto& w = *world;
  w.publish();
  const auto changed = w.catalogue_json(2, [](json::object& c) { c["items"].at(0).as_object()["code"] = "XX"; });
  CHECK(w.publish(w.seat("editor"), changed).code() == "catalogue.version_changed");
  const auto next = w.catalogue_json(2, [](json::object& c) {
    c["items"].at(0).as_object()["code"] = "XX";
    c["items"].at(0).as_object()["version"] = 2;
  });
  REQUIRE(w.publish(w.seat("editor"), next).status == 200);
  CHECK(w.seat("acceptor").get("/api/v1/items/food/1").text("code") == "FB");
  CHECK(w.seat("acceptor").get("/api/v1/items/food/2").text("code") == "XX");
}

}  // namespace jindu::approval
