#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>
#include <set>

#include "common/runtime/files.hpp"
#include "extranet-portal/api/openapi.hpp"
#include "tests/unit/extranet-portal/world.hpp"

using namespace jindu;
using namespace jindu::portal;

namespace {
std::string word_of(http::Method method) {
  switch (method) {
    case http::Method::get:
      return "get";
    case http::Method::post:
      return "post";
    case http::Method::put:
      return "put";
    case http::Method::del:
      return "delete";
    default:
      return "other";
  }
}
}  // namespace

TEST_CASE("the description and the table of routes name the same calls, and the same ones need a session") {
  auto world = std::move(test::worlds().front());
  const auto description = boost::json::parse(api::openapi()).as_object();
  std::map<std::string, bool> described, served;
  for (const auto& path : description.at("paths").as_object())
    for (const auto& operation : path.value().as_object()) {
      if (path.key() == "/api/openapi.json") continue;
      described[std::string(operation.key()) + " " + std::string(path.key())] =
          !operation.value().at("security").as_array().empty();
    }
  for (const auto& route : api::routes(world->portal)) {
    http::Request request;
    request.method = route.method;
    const auto admitted = route.guard(request);
    served[word_of(route.method) + " " + route.path] = !admitted && admitted.error().code == "session.required";
  }
  CHECK(served == described);
  CHECK(files::read_text(JINDU_SOURCE_DIR "/extranet-portal/api/openapi.json").value() == api::openapi());
}
