// The server as the world meets it: over sockets, with clients that are slow, greedy or wrong.
#include "common/http/server.hpp"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "connection.hpp"

namespace jindu::http {
namespace {

using namespace std::chrono_literals;
using test::Connection;

// Lets handlers wait until the test says so.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait_for(lock, 30s, [&] { return open_; });
  }
  bool has_waiting(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 30s, [&] { return waiting_ >= count; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

// A file that goes away with the test.
struct TestFile {
  std::string path;
  explicit TestFile(std::string_view text) {
    char name[] = "/tmp/jindu-http-XXXXXX";
    ::close(::mkstemp(name));
    path = name;
    std::ofstream(path) << text;
  }
  ~TestFile() { ::unlink(path.c_str()); }
};

Guard refuse() {
  return [](Request&) -> result<void> { return Error{Fault::unauthorised, "test.who", "log in first"}; };
}

struct Site {
  Gate gate;
  TestFile file{"0123456789"};
  std::atomic<int> handled = 0;
  std::unique_ptr<Server> server;

  explicit Site(ServerLimits limits = {}, int workers = 4, std::string front_end = {}) {
    ServerOptions options;
    options.name = "test";
    options.limits = limits;
    options.workers = workers;
    options.static_directory = std::move(front_end);
    options.headers = browser_headers();
    server = Server::start(std::move(options), routes()).value();
  }
  Connection connect(const char* from = "127.0.0.1") { return Connection(server->port(), from); }

  std::vector<Route> routes() {
    const auto echo = [this](Request& request) -> result<Response> {
      ++handled;
      return Response::bytes(request.body, "application/octet-stream");
    };
    const auto about = [](Request& request) -> result<Response> {
      return Response::json({{"path", request.path},
                             {"id", request.parameter("id")},
                             {"query", request.query_value("q")},
                             {"cookie", request.cookie("c").value_or("none")},
                             {"address", request.remote_address},
                             {"request_id", request.request_id},
                             {"twice", request.header("x-twice")},
                             {"certificate", request.client_certificate.has_value()}});
    };
    return {{Method::post, "/echo", anyone(), 1000, echo},
            {Method::put, "/large", anyone(), 8 << 20, echo},
            {Method::post, "/guarded", refuse(), 1000, echo},
            {Method::get, "/api/v1/about/{id}", anyone(), 0, about},
            {Method::get, "/about/{id}", anyone(), 0, about},
            {Method::get, "/wait", anyone(), 0,
             [this](Request&) -> result<Response> {
               gate.pass();
               return Response::json({{"waited", true}});
             }},
            {Method::get, "/throws", anyone(), 0,
             [](Request&) -> result<Response> { throw std::runtime_error("secret detail"); }},
            {Method::get, "/error", anyone(), 0,
             [](Request&) -> result<Response> {
               throw ErrorException({Fault::conflict, "test.conflict", "no"});
             }},
            {Method::get, "/file", anyone(), 0,
             [this](Request&) -> result<Response> { return Response::file(file.path, "text/plain"); }},
            {Method::get, "/gone", anyone(), 0,
             [](Request&) -> result<Response> { return Response::file("/nowhere/at/all", "text/plain"); }},
            {Method::get, "/big", anyone(), 0,
             [](Request&) -> result<Response> { return Response::bytes(Bytes(3'000'000, 'b'), "text/plain"); }},
            {Method::del, "/nothing", anyone(), 0, [](Request&) -> result<Response> {
               return Response::empty().with("Set-Cookie", "a=1").with("Set-Cookie", "b=2");
             }}};
  }
};

std::string post(const std::string& body, const std::string& path = "/echo", const std::string& headers = {}) {
  return "POST " + path + " HTTP/1.1\r\nHost: test\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

ServerLimits quick() {
  ServerLimits limits;
  limits.header_timeout = limits.body_idle_timeout = limits.keep_alive_timeout = 1s;
  return limits;
}

}  // namespace

TEST_CASE("requests on one connection are answered one after the other, also when they come at once or in crumbs") {
  Site site;
  auto c = site.connect();
  CHECK(c.get("/about/a%2Fb?q=%E6%B4%A5+x", "Cookie: c=1\r\nCookie: d=2\r\nX-Twice: a\r\nX-Twice: b\r\n")
            .body.find(R"("id":"a/b","query":"津 x","cookie":"1")") != std::string::npos);
  c.say(post("first") + post("second") + "DELETE /nothing HTTP/1.1\r\nHost: test\r\n\r\n");
  CHECK(c.answer().body == "first");
  CHECK(c.answer().body == "second");
  const auto nothing = c.answer();
  CHECK(nothing.status == 204);
  CHECK(nothing.headers.count("set-cookie") == 2);
  CHECK(nothing.headers.count("content-length") == 0);
  for (const char byte : post("crumbs")) c.say({&byte, 1});
  CHECK(c.answer().body == "crumbs");
  CHECK(c.get("/about/x", "X-Twice: a\r\nX-Twice: b\r\n").body.find(R"("twice":"a, b")") != std::string::npos);
}

TEST_CASE("a small answer comes in one piece with its header, and one of any size comes whole") {
  Site site;
  auto c = site.connect();
  for (int i = 1; i <= 50; ++i) {
    CHECK(c.ask(post("small")).body == "small");
    CHECK(c.pieces() == i);
  }
  for (const std::size_t size : {0, 1, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 256 * 1024 + 1}) {
    const std::string body(size, 'b');
    CHECK(c.ask("PUT /large HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" + body)
              .body == body);
  }
}

TEST_CASE("a connection ends after its answer when the client wants that, or speaks HTTP/1.0") {
  Site site;
  auto close = site.connect();
  CHECK(close.get("/about/1", "Connection: close\r\n").status == 200);
  CHECK(close.ends());
  auto old = site.connect();
  CHECK(old.ask("GET /about/1 HTTP/1.0\r\n\r\n").status == 200);
  CHECK(old.ends());
}

TEST_CASE("a body in chunks, or announced first, arrives whole") {
  Site site;
  auto c = site.connect();
  CHECK(
      c.ask(
           "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
          .body == "hello world");
  c.say("POST /echo HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  CHECK(c.answer().status == 100);
  c.say("hello");
  CHECK(c.answer().body == "hello");
  CHECK(c.ask(post("")).body.empty());
  const std::string large(5'000'000, 'l');
  CHECK(c.ask("PUT /large HTTP/1.1\r\nHost: t\r\nContent-Length: 5000000\r\n\r\n" + large).body == large);
}

TEST_CASE("a body over its route's limit is refused before it is read, and in chunks as soon as it is over") {
  Site site;
  auto c = site.connect();
  CHECK(c.ask(post(std::string(1000, 'x'))).status == 200);
  const auto refused = c.ask("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 1001\r\n\r\n");
  CHECK(refused.status == 413);
  CHECK(refused.code() == "http.body_limit");
  CHECK(c.ends());
  auto chunked = site.connect();
  const auto late = chunked.ask("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" +
                                std::string(1000, 'x') + "\r\n1\r\ny\r\n0\r\n\r\n");
  CHECK(late.status == 413);
  CHECK(late.code() == "http.body_limit");
  CHECK(chunked.ends());
  auto huge = site.connect();
  CHECK(huge.ask("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 18446744073709551615\r\n\r\n").status == 413);
  CHECK(site.handled == 1);
}

TEST_CASE("a header over its limit is refused") {
  ServerLimits limits;
  limits.header_bytes = 2000;
  Site site(limits);
  auto c = site.connect();
  const auto refused = c.get("/about/1", "X-Long: " + std::string(3000, 'x') + "\r\n");
  CHECK(refused.status == 413);
  CHECK(refused.code() == "http.header_limit");
  CHECK(c.ends());
  auto good = site.connect();
  CHECK(good.get("/about/1", "X-Long: " + std::string(1500, 'x') + "\r\n").status == 200);
}

TEST_CASE("who says nothing, or stops in the middle, is not waited for") {
  Site site(quick());
  const auto start = std::chrono::steady_clock::now();
  SECTION("before the first byte") {
    auto c = site.connect();
    CHECK(c.ends());
  }
  SECTION("within the header, however busy it looks") {
    auto c = site.connect();
    c.say("GET /about/1 HTTP/1.1\r\n");
    for (int i = 0; i < 100 && c.say("X-A: b\r\n"); ++i) std::this_thread::sleep_for(30ms);
    CHECK(c.ends());
  }
  SECTION("within the body") {
    auto c = site.connect();
    c.say("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\nhalf");
    CHECK(c.ends());
    CHECK(site.handled == 0);
  }
  SECTION("between two requests") {
    auto c = site.connect();
    CHECK(c.get("/about/1").status == 200);
    CHECK(c.ends());
  }
  const auto took = std::chrono::steady_clock::now() - start;
  CHECK(took > 500ms);
  CHECK(took < 20s);
  auto after = site.connect();
  CHECK(after.get("/about/1").status == 200);
}

TEST_CASE("a client that hangs up in the middle of a body is forgotten, and its request never handled") {
  Site site;
  {
    auto c = site.connect();
    c.say("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\nhalf");
    c.done_saying();
    CHECK(c.ends());
  }
  CHECK(site.handled == 0);
}

TEST_CASE(
    "no more connections are open than allowed, at all and from one address, and a place that is left is free again") {
  ServerLimits limits;
  limits.connections = 3;
  limits.connections_per_address = 2;
  Site site(limits);
  auto first = std::make_unique<Connection>(site.server->port(), "127.0.0.2");
  auto second = site.connect("127.0.0.2"), other = site.connect("127.0.0.3");
  CHECK(first->get("/about/1").status == 200);
  CHECK(second.get("/about/1").status == 200);
  CHECK(other.get("/about/1").status == 200);
  auto third = site.connect("127.0.0.2");
  CHECK(third.ends());
  auto fourth = site.connect("127.0.0.4");
  CHECK(fourth.ends());
  first.reset();
  // The server hears of it a moment later.
  int status = 0;
  for (const auto until = std::chrono::steady_clock::now() + 20s;
       status == 0 && std::chrono::steady_clock::now() < until;) {
    auto again = site.connect("127.0.0.2");
    status = again.get("/about/1").status;
  }
  CHECK(status == 200);
}

TEST_CASE("more requests than may wait for a worker are told to come back") {
  ServerLimits limits;
  limits.waiting_requests = 2;  // one that works and one that waits
  Site site(limits, 1);
  auto first = site.connect();
  first.say("GET /wait HTTP/1.1\r\nHost: t\r\n\r\n");
  REQUIRE(site.gate.has_waiting(1));
  std::atomic<int> busy = 0, good = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 5; ++i)
    clients.emplace_back([&] {
      auto c = site.connect();
      const auto answer = c.get("/wait");
      if (answer.status == 200) ++good;
      if (answer.status == 503 && answer.code() == "http.busy" && answer.header("retry-after") == "5") ++busy;
    });
  for (const auto until = std::chrono::steady_clock::now() + 20s; busy < 4 && std::chrono::steady_clock::now() < until;)
    std::this_thread::sleep_for(5ms);
  site.gate.open();
  for (auto& client : clients) client.join();
  CHECK(first.answer().status == 200);
  CHECK(busy == 4);
  CHECK(good == 1);
}

TEST_CASE("a guard decides before the body is read") {
  Site site;
  auto c = site.connect();
  c.say("POST /guarded HTTP/1.1\r\nHost: t\r\nContent-Length: 500\r\n\r\n");
  const auto refused = c.answer();
  CHECK(refused.status == 401);
  CHECK(refused.code() == "test.who");
  CHECK(c.ends());  // the body that nobody reads cannot be stepped over
  auto empty = site.connect();
  CHECK(empty.ask(post("", "/guarded")).status == 401);
  CHECK(empty.get("/about/1").status == 200);  // nothing was left unread
  CHECK(site.handled == 0);
}

TEST_CASE("what is not there, not allowed or not understood is said so") {
  Site site;
  auto c = site.connect();
  CHECK(c.get("/nowhere").code() == "http.no_such_path");
  const auto method = c.ask("DELETE /echo HTTP/1.1\r\nHost: t\r\n\r\n");
  CHECK(method.status == 405);
  CHECK(method.header("allow") == "POST");
  CHECK(method.code() == "http.method");
  CHECK(c.get("/about/%zz").code() == "http.malformed");
  CHECK(site.connect().ask("OPTIONS /about/1 HTTP/1.1\r\nHost: t\r\n\r\n").code() == "http.malformed");
  CHECK(site.connect().ask("GET http://other/about/1 HTTP/1.1\r\nHost: t\r\n\r\n").code() == "http.malformed");
  for (const char* text :
       {"rubbish\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /a b HTTP/1.1\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: x\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
    INFO(text);
    auto wrong = site.connect();
    const auto refused = wrong.ask(text);
    CHECK(refused.status == 400);
    CHECK(refused.code() == "http.malformed");
    CHECK(wrong.ends());
  }
  CHECK(site.handled == 0);
}

TEST_CASE("what fails inside is told without its detail, what the caller may know with it") {
  Site site;
  auto c = site.connect();
  const auto failed = c.get("/throws");
  CHECK(failed.status == 500);
  CHECK(failed.body.find("secret") == std::string::npos);
  const auto conflict = c.get("/error");
  CHECK(conflict.status == 409);
  CHECK(conflict.code() == "test.conflict");
  CHECK(c.get("/about/1").status == 200);
}

TEST_CASE("a request keeps its id through answer and problem, unless the id could do harm in a log") {
  Site site;
  auto c = site.connect();
  const auto kept = c.get("/about/1", "X-Request-Id: abcd-1234\r\n");
  CHECK(kept.header("x-request-id") == "abcd-1234");
  CHECK(kept.body.find("\"request_id\":\"abcd-1234\"") != std::string::npos);
  CHECK(c.get("/nowhere", "X-Request-Id: abcd-1234\r\n").body.find("\"request_id\":\"abcd-1234\"") !=
        std::string::npos);
  for (const char* harmful : {"short", "with space 1", "<script>alert</script>",
                              "0123456789012345678901234567890123456789012345678901234567890123456789"}) {
    const auto given = c.get("/about/1", std::string("X-Request-Id: ") + harmful + "\r\n").header("x-request-id");
    CHECK(given != harmful);
    CHECK(given.size() == 36);
  }
}

TEST_CASE("HEAD says what GET would, without its body") {
  Site site;
  auto c = site.connect();
  c.say("HEAD /big HTTP/1.1\r\nHost: t\r\n\r\n");
  const auto head = c.answer(true);
  CHECK(head.status == 200);
  CHECK(head.header("content-length") == "3000000");
  CHECK(c.get("/big").body == std::string(3'000'000, 'b'));
}

TEST_CASE("a file is sent whole, in part, or not again when the client has it") {
  Site site;
  auto c = site.connect();
  const auto whole = c.get("/file");
  CHECK(whole.body == "0123456789");
  CHECK(whole.header("accept-ranges") == "bytes");
  const auto part = c.get("/file", "Range: bytes=2-4\r\n");
  CHECK(part.status == 206);
  CHECK(part.body == "234");
  CHECK(part.header("content-range") == "bytes 2-4/10");
  CHECK(c.get("/file", "Range: bytes=-3\r\n").body == "789");
  CHECK(c.get("/file", "Range: bytes=0-1,4-5\r\n").status == 200);
  const auto beyond = c.get("/file", "Range: bytes=10-\r\n");
  CHECK(beyond.status == 416);
  CHECK(beyond.header("content-range") == "bytes */10");
  const auto same = c.get("/file", "If-None-Match: " + whole.header("etag") + "\r\n");
  CHECK(same.status == 304);
  CHECK(same.body.empty());
  CHECK(c.get("/file", "If-None-Match: \"other\"\r\n").status == 200);
  CHECK(c.get("/gone").code() == "http.no_such_file");
  c.say("HEAD /file HTTP/1.1\r\nHost: t\r\n\r\n");
  CHECK(c.answer(true).header("content-length") == "10");
}

TEST_CASE("every answer carries the listener's headers, and answers of the API are not kept") {
  Site site;
  auto c = site.connect();
  for (const auto& answer : {c.get("/api/v1/about/1"), c.get("/nowhere"), c.get("/throws"), c.get("/file")}) {
    CHECK(answer.header("content-security-policy").find("default-src 'self'") != std::string::npos);
    CHECK(answer.header("x-content-type-options") == "nosniff");
  }
  CHECK(c.get("/api/v1/about/1").header("cache-control") == "no-store");
  CHECK(c.get("/about/1").header("cache-control").empty());
}

TEST_CASE("the front-end answers what no route takes, except below /api and for other methods") {
  char name[] = "/tmp/jindu-http-XXXXXX";
  const std::string folder = ::mkdtemp(name);
  std::ofstream(folder + "/index.html") << "the page";
  {
    Site site({}, 4, folder);
    auto c = site.connect();
    CHECK(c.get("/").body == "the page");
    CHECK(c.get("/any/where?x=1").body == "the page");
    CHECK(c.get("//etc/passwd").body == "the page");
    CHECK(c.get("/%2Fetc/passwd").body == "the page");
    CHECK(c.get("/api/v1/nowhere").status == 404);
    CHECK(c.ask(post("", "/nowhere")).status == 404);
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("stopping lets the request under way finish, ends idle connections and takes no new ones") {
  Site site;
  auto idle = site.connect(), working = site.connect();
  CHECK(idle.get("/about/1").status == 200);
  working.say("GET /wait HTTP/1.1\r\nHost: t\r\n\r\n");
  REQUIRE(site.gate.has_waiting(1));
  const auto port = site.server->port();
  std::thread stopping([&] { site.server->stop(20s); });
  // Refused or ended at once, as soon as the server has begun to stop.
  bool refused = false;
  for (const auto until = std::chrono::steady_clock::now() + 20s;
       !refused && std::chrono::steady_clock::now() < until;) {
    Connection late(port);
    refused = !late.connected();
  }
  CHECK(refused);
  site.gate.open();
  CHECK(working.answer().status == 200);
  stopping.join();
  site.server.reset();
  CHECK(working.ends());
  CHECK(idle.ends());
}

TEST_CASE("stopping does not wait for ever") {
  Site site;
  auto c = site.connect();
  c.say("GET /wait HTTP/1.1\r\nHost: t\r\n\r\n");
  REQUIRE(site.gate.has_waiting(1));
  std::thread opener([&] {
    std::this_thread::sleep_for(1500ms);
    site.gate.open();
  });
  const auto start = std::chrono::steady_clock::now();
  site.server->stop(0s);
  CHECK(std::chrono::steady_clock::now() - start < 20s);
  opener.join();
}

TEST_CASE("an address that is taken or is none is told at the start") {
  Site site;
  ServerOptions options;
  options.name = "second";
  options.port = site.server->port();
  const auto taken = Server::start(options, {});
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code == "http.listen");
  options.address = "nowhere";
  CHECK(Server::start(options, {}).error().code == "http.listen");
}

TEST_CASE("operations routes tell whether the program lives, is ready, and what it counts") {
  std::atomic<bool> database = true;
  ServerOptions options;
  options.name = "operations";
  auto server =
      Server::start(options, operations_routes({{"database",
                                                 [&]() -> result<void> {
                                                   if (database) return {};
                                                   return Error{Fault::unavailable, "storage.unavailable", "away"};
                                                 }}}))
          .value();
  Connection c(server->port());
  CHECK(c.get("/healthz").status == 200);
  CHECK(c.get("/readyz").body == R"({"ready":true,"checks":{"database":"ok"}})");
  database = false;
  const auto away = c.get("/readyz");
  CHECK(away.status == 503);
  CHECK(away.body.find("storage.unavailable") != std::string::npos);
  CHECK(c.get("/metrics").body.find("jindu_http_requests_total{listener=\"operations\",status=\"503\"} 1") !=
        std::string::npos);
}

}  // namespace jindu::http
