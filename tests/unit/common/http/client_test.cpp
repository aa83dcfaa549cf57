#include "common/http/client.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <thread>

#include "common/http/server.hpp"

namespace jindu::http {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<Server> serve() {
  ServerOptions options;
  options.name = "client-test";
  const auto tell = [](Request& request) -> result<Response> {
    return Response::json({{"method", static_cast<int>(request.method)},
                           {"body", text_of(request.body)},
                           {"type", request.header("content-type")},
                           {"word", request.header("x-word")},
                           {"cookie", request.cookie("c").value_or("")}})
        .with("Set-Cookie", "c=kept; Path=/");
  };
  std::vector<Route> routes;
  for (const auto method : {Method::get, Method::put, Method::post, Method::patch, Method::del})
    routes.push_back({method, "/tell", anyone(), 1000, tell});
  routes.push_back({Method::get, "/slow", anyone(), 0, [](Request&) -> result<Response> {
                      std::this_thread::sleep_for(2s);
                      return Response::empty();
                    }});
  routes.push_back({Method::get, "/large", anyone(), 0,
                    [](Request&) -> result<Response> { return Response::bytes(Bytes(100'000, 'l'), "text/plain"); }});
  routes.push_back({Method::get, "/refused", anyone(), 0, [](Request&) -> result<Response> {
                      return Error{Fault::integrity, "test.refused", "because", "/here"};
                    }});
  routes.push_back({Method::get, "/plain/{status}", anyone(), 0, [](Request& request) -> result<Response> {
                      return Response::bytes({}, "text/plain", std::stoi(std::string(request.parameter("status"))));
                    }});
  return Server::start(std::move(options), std::move(routes)).value();
}

ClientOptions to(const Server& server) { return {"http://127.0.0.1:" + std::to_string(server.port()), ""}; }

boost::json::value told(Client& client, std::string_view method, std::string_view body = {},
                        std::string_view type = "text/x") {
  auto answer = client.send(method, "/tell", bytes_of(body), type);
  REQUIRE(answer);
  REQUIRE(answer->status == 200);
  CHECK(answer->content_type == "application/json");
  return boost::json::parse(text_of(answer->body));
}

}  // namespace

TEST_CASE("a client sends each method with its body, and nothing of one request stays in the next") {
  const auto server = serve();
  Client client(to(*server));
  CHECK(told(client, "PUT", "put").at("body") == "put");
  CHECK(told(client, "GET").at("body") == "");
  CHECK(told(client, "GET").at("method") == static_cast<int>(Method::get));
  CHECK(told(client, "POST", "").at("method") == static_cast<int>(Method::post));
  CHECK(told(client, "DELETE").at("method") == static_cast<int>(Method::del));
  CHECK(told(client, "PATCH", "津渡", "application/x").at("type") == "application/x");
  client.set_header("X-Word", "said");
  CHECK(told(client, "GET").at("word") == "said");
  client.set_header("X-Word", "");
  CHECK(told(client, "GET").at("word") == "");
}

TEST_CASE("cookies are kept where that is wanted, and nowhere else") {
  const auto server = serve();
  Client plain(to(*server));
  told(plain, "GET");
  CHECK(told(plain, "GET").at("cookie") == "");
  auto options = to(*server);
  options.keeps_cookies = true;
  Client browser(options);
  told(browser, "GET");
  CHECK(told(browser, "GET").at("cookie") == "kept");
}

TEST_CASE("an answer that says no becomes the error that it names") {
  const auto server = serve();
  Client client(to(*server));
  const auto refused = client.send("GET", "/refused").value().succeeded();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "test.refused");
  CHECK(refused.error().detail == "because");
  CHECK(refused.error().field == "/here");
  CHECK(refused.error().fault == Fault::integrity);
  const std::pair<int, Fault> plain[]{{400, Fault::invalid},    {401, Fault::unauthorised}, {403, Fault::forbidden},
                                      {404, Fault::not_found},  {409, Fault::conflict},     {413, Fault::too_large},
                                      {422, Fault::integrity},  {429, Fault::unavailable},  {500, Fault::unavailable},
                                      {503, Fault::unavailable}};
  for (const auto& [status, fault] : plain) {
    INFO(status);
    const auto answer = client.send("GET", "/plain/" + std::to_string(status)).value().succeeded();
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == "http.status");
    CHECK(answer.error().fault == fault);
  }
  CHECK(client.send("GET", "/plain/204").value().succeeded());
}

TEST_CASE("a peer that is away, slow or says too much is told by name, and the next request is not hurt by it") {
  const auto server = serve();
  auto options = to(*server);
  options.answer_limit = 1000;
  Client client(options);
  const auto slow = client.send("GET", "/slow", {}, "text/x", 200ms);
  REQUIRE_FALSE(slow);
  CHECK(slow.error().code == "http.timeout");
  CHECK(slow.error().fault == Fault::unavailable);
  const auto large = client.send("GET", "/large");
  REQUIRE_FALSE(large);
  CHECK(large.error().code == "http.too_large");
  CHECK(large.error().fault == Fault::too_large);
  told(client, "GET");
  options.base_url = "http://127.0.0.1:1";
  CHECK(Client(options).send("GET", "/").error().code == "http.unreachable");
}

TEST_CASE("a request under way ends when another thread cancels it") {
  const auto server = serve();
  Client client(to(*server));
  std::thread other([&] {
    std::this_thread::sleep_for(100ms);
    client.cancel();
  });
  const auto ended = client.send("GET", "/slow");
  other.join();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().fault == Fault::unavailable);
}

}  // namespace jindu::http
