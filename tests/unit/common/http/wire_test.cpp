// What TLS and time do to a connection: records cut and joined, bodies of any size, ends of every kind, and who is
// waited for how long.
#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "common/http/server.hpp"
#include "tls_connection.hpp"

namespace jindu::http {
namespace {

using namespace std::chrono_literals;
using test::Connection;
using test::TlsConnection;

const auto& pki() { return test::Certificates::all(); }

struct Site {
  std::atomic<int> handled = 0;
  std::unique_ptr<Server> server;

  explicit Site(ServerLimits limits = {}, int io_threads = 1, bool tls = true) {
    ServerOptions options;
    options.name = "wire-test";
    options.limits = limits;
    options.io_threads = io_threads;
    if (tls) options.tls = TlsOptions{pki().pem("server"), pki().key("server"), {}, pki().pem("ca"), {}, true};
    const auto echo = [this](Request& request) -> result<Response> {
      ++handled;
      return Response::bytes(request.body, "application/octet-stream");
    };
    const auto slow = [](Request&) -> result<Response> {
      std::this_thread::sleep_for(2500ms);
      return Response::json({{"slow", true}});
    };
    const auto slow_guard = [](Request&) -> result<void> {
      std::this_thread::sleep_for(2500ms);
      return {};
    };
    server = Server::start(std::move(options), {{Method::put, "/echo", anyone(), 16 << 20, echo},
                                                {Method::put, "/slowly-guarded", slow_guard, 1000, echo},
                                                {Method::get, "/slow", anyone(), 0, slow}})
                 .value();
  }
  std::uint16_t port() const { return server->port(); }
};

// Every place has its own byte, so that nothing can change places.
std::string content(std::size_t size) {
  std::string text(size, '\0');
  std::uint32_t state = 1;
  for (auto& byte : text) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return text;
}

std::string put(const std::string& body, const std::string& path = "/echo") {
  return "PUT " + path + " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

ServerLimits quick() {
  ServerLimits limits;
  limits.header_timeout = limits.body_idle_timeout = limits.keep_alive_timeout = 1s;
  return limits;
}

}  // namespace

TEST_CASE("bodies of many MiB go over TLS and come back whole, at once and in chunks, by each version") {
  Site site;
  const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
  TlsConnection c(site.port(), 1 << 20, version);
  REQUIRE(c.open());
  for (const std::size_t size : {0, 1, 16 * 1024, 16 * 1024 + 1, 64 * 1024, 256 * 1024 + 1, 7'000'001}) {
    const auto body = content(size);
    CHECK(c.ask(put(body)).body == body);
  }
  const auto body = content(3'000'000);
  c.say("PUT /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (std::size_t from = 0; from < body.size(); from += 100'000)
    c.say("186a0\r\n" + body.substr(from, 100'000) + "\r\n");
  c.say("0\r\n\r\n");
  CHECK(c.answer().body == body);
}

TEST_CASE("connections on several threads do not get into each other's way") {
  Site site({}, 3);
  std::atomic<int> good = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 6; ++i)
    clients.emplace_back([&site, &good, i] {
      TlsConnection c(site.port());
      for (int round = 0; round < 5; ++round) {
        const auto body = content(static_cast<std::size_t>(400'000 + i));
        if (c.ask(put(body)).body == body) ++good;
      }
    });
  for (auto& client : clients) client.join();
  CHECK(good == 30);
}

TEST_CASE("a record is understood when it comes byte by byte, and several when they come as one") {
  Site site;
  TlsConnection crumbs(site.port(), 1);
  REQUIRE(crumbs.open());
  CHECK(crumbs.ask(put("crumbs")).body == "crumbs");
  CHECK(crumbs.ask(put("again")).body == "again");
  TlsConnection lump(site.port());
  std::string together;
  for (int i = 0; i < 300; ++i) {
    const auto request = put("number " + std::to_string(i));
    together += lump.sealed(request.substr(0, 20));
    together += lump.sealed(request.substr(20));
  }
  CHECK(lump.say_sealed(together));
  for (int i = 0; i < 300; ++i) CHECK(lump.answer().body == "number " + std::to_string(i));
}

TEST_CASE("requests that come before their predecessors are answered keep their order, bodies and all") {
  Site site;
  TlsConnection c(site.port());
  std::string together;
  for (const std::size_t size : {10, 0, 100'000, 3, 70'000}) together += put(content(size));
  c.say(together + "GET /nowhere HTTP/1.1\r\nHost: test\r\n\r\n");
  for (const std::size_t size : {10, 0, 100'000, 3, 70'000}) CHECK(c.answer().body == content(size));
  CHECK(c.answer().status == 404);
}

TEST_CASE("keys change while bodies are on their way") {
  Site site;
  TlsConnection c(site.port());
  const auto body = content(1'000'000);
  for (int i = 0; i < 4; ++i) {
    const auto request = put(body);
    for (std::size_t from = 0; from < request.size(); from += 300'000) {
      c.update_keys();
      c.say(std::string_view(request).substr(from, 300'000));
    }
    CHECK(c.answer().body == body);
  }
}

TEST_CASE("a client that ends without saying so, or says what is no record, is forgotten") {
  ServerLimits limits;
  limits.connections = 1;  // so that the next is let in only when the last is gone
  Site site(limits);
  const auto let_in = [&] {
    for (const auto until = std::chrono::steady_clock::now() + 20s; std::chrono::steady_clock::now() < until;) {
      TlsConnection next(site.port());
      if (next.open() && next.ask(put("next")).body == "next") return true;
      std::this_thread::sleep_for(5ms);
    }
    return false;
  };
  SECTION("before it asked") {
    TlsConnection c(site.port());
    c.done_saying();
    CHECK(c.ends());
    CHECK(c.ended_politely());
  }
  SECTION("in the middle of a record") {
    TlsConnection c(site.port());
    c.say_sealed(c.sealed(put("never")).substr(0, 30));
    c.done_saying();
    CHECK(c.ends());
  }
  SECTION("in the middle of a body") {
    TlsConnection c(site.port());
    c.say("PUT /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\nhalf");
    c.done_saying();
    CHECK(c.ends());
  }
  SECTION("with a record that was changed on its way") {
    TlsConnection c(site.port());
    auto bytes = c.sealed(put("never"));
    bytes.back() ^= 1;
    c.say_sealed(bytes);
    CHECK(c.ends());
  }
  SECTION("gone while it is answered") {
    TlsConnection c(site.port());
    c.say(put(content(16 << 20)));
  }
  const int before = site.handled;
  CHECK(let_in());
  CHECK(before <= 1);
}

TEST_CASE("the server says that nothing follows after its last answer") {
  Site site;
  TlsConnection c(site.port());
  CHECK(c.get("/nowhere", "Connection: close\r\n").status == 404);
  CHECK_FALSE(c.ended_politely());
  CHECK(c.ends());
  CHECK(c.ended_politely());
}

TEST_CASE("a refused body does not take the refusal with it") {
  Site site;
  TlsConnection c(site.port());
  c.say("PUT /slowly-guarded HTTP/1.1\r\nHost: test\r\nContent-Length: 900000\r\n\r\n");
  c.say(content(900'000));
  CHECK(c.answer().status == 413);
  CHECK(c.ends());
}

TEST_CASE("over TLS too, who is slow is not waited for") {
  Site site(quick());
  const auto start = std::chrono::steady_clock::now();
  SECTION("before the first request") {
    TlsConnection c(site.port());
    CHECK(c.ends());
  }
  SECTION("within a record of the header, however busy it looks") {
    TlsConnection c(site.port());
    const auto bytes = c.sealed("GET /nowhere HTTP/1.1\r\nX-Long: " + std::string(3000, 'x'));
    for (std::size_t i = 0; i < bytes.size() && c.say_sealed(bytes.substr(i, 1)); ++i)
      std::this_thread::sleep_for(10ms);
    CHECK(c.ends());
  }
  SECTION("within the body") {
    TlsConnection c(site.port());
    c.say("PUT /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\nhalf");
    CHECK(c.ends());
    CHECK(site.handled == 0);
  }
  SECTION("between two requests") {
    TlsConnection c(site.port());
    CHECK(c.ask(put("one")).body == "one");
    CHECK(c.ends());
  }
  const auto took = std::chrono::steady_clock::now() - start;
  CHECK(took > 500ms);
  CHECK(took < 20s);
}

TEST_CASE("a body may take long as a whole when some of it comes all the time") {
  Site site(quick());
  TlsConnection c(site.port());
  c.say("PUT /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 20\r\n\r\n");
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(150ms);
    c.say("x");
  }
  CHECK(c.answer().body == std::string(20, 'x'));
}

TEST_CASE("a handler that works longer than clients are waited for is not cut off, and time runs again behind it") {
  const bool tls = GENERATE(true, false);
  Site site(quick(), 1, tls);
  const auto made = tls ? std::make_unique<TlsConnection>(site.port()) : std::make_unique<Connection>(site.port());
  auto& c = *made;
  CHECK(c.get("/slow").status == 200);
  CHECK(c.ask(put("guarded", "/slowly-guarded")).body == "guarded");
  CHECK(c.get("/slow").status == 200);
  const auto start = std::chrono::steady_clock::now();
  CHECK(c.ends());
  CHECK(std::chrono::steady_clock::now() - start < 20s);
}

TEST_CASE("a server goes away under connections in any state") {
  for (const int io_threads : {1, 3}) {
    auto site = std::make_unique<Site>(ServerLimits{}, io_threads);
    Connection silent(site->port()), stuck(site->port());
    stuck.say("\x16\x03\x01");
    TlsConnection idle(site->port()), asking(site->port()), hearing(site->port());
    CHECK(idle.ask(put("one")).body == "one");
    asking.say("PUT /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\nhalf");
    hearing.say(put(content(16 << 20)));
    site->server->stop(0s);
    site.reset();
    CHECK(idle.ends());
    CHECK(asking.ends());
    CHECK(silent.ends());
    CHECK(stuck.ends());
  }
}

}  // namespace jindu::http
