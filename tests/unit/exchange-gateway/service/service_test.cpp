// Two services over two real units: what one enqueues, the other applies, once and in order, whatever fails in between.
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <thread>

#include "common/exchange/service/exchange.hpp"
#include "common/runtime/files.hpp"
#include "common/runtime/ids.hpp"
#include "exchange-gateway/api/unit_api.hpp"

namespace jindu::gateway {
namespace {

using namespace std::chrono_literals;
using exchange::Effects;
using exchange::Incoming;
using exchange::Outgoing;
using storage::Transaction;

// What the services and units of a test know of each other.
struct Names {
  crypto::PrivateKey root_key = crypto::PrivateKey::generate_p256();
  Instant now = SystemClock().now();
  crypto::Certificate root =
      crypto::issue_certificate(root_key, nullptr, root_key.public_key(), {.common_name = "Root"},
                                crypto::Profile::authority, now - 1h, now + 48h)
          .value();
  std::map<std::string, evidence::NodeSigner> nodes;

  Names() {
    for (const char* name : {"portal", "approval", "gateway-outer", "gateway-inner"}) {
      auto key = crypto::PrivateKey::generate_p256();
      auto certificate = crypto::issue_certificate(root_key, &root, key.public_key(), {.common_name = name},
                                                   crypto::Profile::citizen, now - 1h, now + 48h)
                             .value();
      nodes.emplace(name, evidence::NodeSigner{name, key, certificate});
    }
  }
  const evidence::NodeSigner& operator[](const std::string& name) const { return nodes.at(name); }
  evidence::NodeTrust trust() const { return {crypto::TrustStore::from_pem(root.pem()).value(), {}}; }
};

// How the way between a service and its unit behaves just now.
struct Weather {
  std::atomic<bool> away = false;       // every request is answered 503
  std::atomic<int> came_in_vain = 0;    // bundles that were brought meanwhile
  std::atomic<int> lost_receipts = 0;   // so many requests with the service's receipts never reach the unit
  std::atomic<int> false_receipts = 0;  // so many answers to bundles hold rubbish instead of receipts
};

// A unit with its journal, and the very routes it has for its service, without the certificate that TLS would show.
class Post {
 public:
  Post(const Names& names, const std::filesystem::path& folder, UnitOptions options) {
    options.directory = folder.string();
    REQUIRE(files::make_folder(folder / "bundles"));
    journal_ = storage::Database::open("sqlite:" + (folder / "journal.sqlite").string()).value();
    REQUIRE(journal_->migrate("gateway", store::migrations()));
    unit_ = std::make_unique<Unit>(*journal_, names[options.name], names.trust(), options);
    auto routes = unit_routes(*unit_);
    for (auto& route : routes) {
      route.guard = http::anyone();
      route.handler = [this, handler = route.handler, path = route.path,
                       method = route.method](http::Request& request) -> result<http::Response> {
        if (weather.away) {
          if (method == http::Method::put) ++weather.came_in_vain;
          return Error{Fault::unavailable, "test.away", "the unit is away"};
        }
        if (method == http::Method::put && weather.false_receipts > 0) {
          --weather.false_receipts;
          return http::Response::json({{"receipts", boost::json::array{"AAEC"}}});
        }
        if (method == http::Method::post && path.ends_with("receipts") && weather.lost_receipts > 0) {
          --weather.lost_receipts;
          return Error{Fault::unavailable, "test.lost", "the receipt is lost on its way"};
        }
        return handler(request);
      };
    }
    http::ServerOptions server;
    server.name = options.name;
    server.workers = 16;
    server_ = http::Server::start(std::move(server), std::move(routes)).value();
  }
  ~Post() {
    unit_->for_service().close();
    server_.reset();
  }
  Unit& unit() { return *unit_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
  Weather weather;

 private:
  std::unique_ptr<storage::Database> journal_;
  std::unique_ptr<Unit> unit_;
  std::unique_ptr<http::Server> server_;
};

UnitOptions options_of(const Names& names, const std::string& name, const std::string& peer,
                       const std::string& service) {
  UnitOptions options;
  options.name = name;
  options.peer = peer;
  options.service = service;
  for (const auto& [node, signer] : names.nodes) options.nodes.emplace(node, signer.certificate);
  for (const char* kind : {"dossier", "material", "strange"})
    options.policy.rules.push_back({.from = "portal", .to = "approval", .kind = kind, .max_bytes = 1 << 20});
  options.policy.rules.push_back({.from = "approval", .to = "portal", .kind = "status", .max_bytes = 1 << 20});
  return options;
}

// A service's database: what was applied, in order, and what its own bundles came to.
class Office {
 public:
  explicit Office(const std::filesystem::path& file)
      : database_(storage::Database::open("sqlite:" + file.string()).value()) {
    REQUIRE(database_->write([](Transaction& t) {
      t.execute("CREATE TABLE applied (number INTEGER PRIMARY KEY AUTOINCREMENT, word TEXT NOT NULL)");
      t.execute("CREATE TABLE progress (subject TEXT NOT NULL, rung TEXT NOT NULL, code TEXT NOT NULL)");
    }));
  }
  storage::Database& database() { return *database_; }
  void start(const Names& names, const std::string& name, const std::string& peer, const std::string& unit,
             const std::string& url, std::map<std::string, exchange::Receiver> receivers) {
    exchange::ServiceOptions options;
    options.node = name;
    options.peer = peer;
    options.unit = unit;
    options.client.base_url = url;
    service_ = exchange::Service::start(
                   *database_, names[name], names.trust(), names[peer].certificate, options, std::move(receivers),
                   [](Transaction& t, const exchange::Progress& p) {
                     t.execute("INSERT INTO progress (subject, rung, code) VALUES ($1, $2, $3)",
                               {p.subject, std::string(exchange::to_text(p.receipt.rung)), p.receipt.code});
                   })
                   .value();
  }
  void stop() { service_.reset(); }
  exchange::Service& service() { return *service_; }

  void enqueue(const std::string& subject, const std::string& word, const std::string& kind = "dossier") {
    REQUIRE(database_->write([&](Transaction& t) {
      exchange::enqueue(t, Outgoing{kind, subject, 1, Bytes(word.begin(), word.end())}, SystemClock().now());
    }));
    service_->wake();
  }
  std::vector<std::string> words() { return column("SELECT word FROM applied ORDER BY number"); }
  std::vector<std::string> rungs(const std::string& subject) {
    return column("SELECT rung FROM progress WHERE subject = '" + subject + "'");
  }
  std::vector<std::string> column(const std::string& sql) {
    std::vector<std::string> all;
    REQUIRE(database_->read([&](Transaction& t) {
      all.clear();
      for (const auto& row : t.query(sql)) all.push_back(row.text(0));
    }));
    return all;
  }

 private:
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<exchange::Service> service_;
};

class Road {
 public:
  Road()
      : folder_(fresh()),
        outer(names_, folder_ / "outer", options_of(names_, "gateway-outer", "gateway-inner", "portal")),
        inner(names_, folder_ / "inner", options_of(names_, "gateway-inner", "gateway-outer", "approval")),
        portal(folder_ / "portal.sqlite"),
        approval(folder_ / "approval.sqlite") {
    portal.start(names_, "portal", "approval", "gateway-outer", outer.url(), {});
    start_approval();
  }
  ~Road() {
    // A long poll ends when its unit says that it is closing.
    outer.unit().for_service().close();
    inner.unit().for_service().close();
    portal.stop();
    approval.stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void start_approval() {
    std::map<std::string, exchange::Receiver> receivers;
    for (const char* kind : {"dossier", "material"})
      receivers.emplace(kind, [this](const Incoming& incoming) { return take(incoming); });
    approval.start(names_, "approval", "portal", "gateway-inner", inner.url(), std::move(receivers));
  }
  // Carries both ways and looks again, until it is so or too much time has passed.
  template <class F>
  bool eventually(F is_so) {
    for (const auto until = std::chrono::steady_clock::now() + 60s; std::chrono::steady_clock::now() < until;) {
      carry();
      if (is_so()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

 private:
  static std::filesystem::path fresh() {
    auto folder = std::filesystem::temp_directory_path() / ("jindu-road-" + random_code(12));
    std::filesystem::create_directories(folder);
    return folder;
  }
  void carry() {
    for (auto [from, to] : {std::pair(&outer, &inner), std::pair(&inner, &outer)}) {
      while (from->unit().build_control().value()) {
      }
      const auto loads = from->unit().load(1000, 1 << 30).value();
      std::vector<Bytes> bundles;
      for (const auto& one : loads) bundles.push_back(one.bundle);
      if (!bundles.empty()) REQUIRE(from->unit().carried(to->unit().take_from_carrier(bundles)));
    }
  }

  // A receiver does as the word says.
  result<Effects> take(const Incoming& incoming) {
    const std::string word(text_of(incoming.payload));
    ++prepared;
    if (word == "no") return Error{Fault::invalid, "test.no", "never"};
    if (word.starts_with("later") && later > 0) {
      --later;
      return Error{Fault::unavailable, "test.later", "not now"};
    }
    return Effects([this, word](Transaction& t) {
      t.execute("INSERT INTO applied (word) VALUES ($1)", {word});
      if (word == "contradicts") throw ErrorException({Fault::conflict, "test.contradiction", "the state says no"});
      if (word == "crashes" && crashes > 0) {
        --crashes;
        throw ErrorException({Fault::internal, "test.crash", "in the middle"});
      }
    });
  }

  Names names_;
  std::filesystem::path folder_;

 public:
  std::atomic<int> later = 0, crashes = 0, prepared = 0;
  Post outer, inner;
  Office portal, approval;
};

bool contains(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("what one service enqueues, the other applies once, and the first hears of every rung") {
  Road road;
  road.portal.enqueue("s", "one");
  road.portal.enqueue("s", "two");
  REQUIRE(road.eventually(
      [&] { return road.portal.column("SELECT rung FROM progress WHERE rung = 'applied'").size() == 2; }));
  CHECK(road.approval.words() == Words{"one", "two"});
  for (const char* rung : {"stored", "verified", "carried", "delivered", "applied"})
    CHECK(contains(road.portal.rungs("s"), rung));
  const auto health = road.portal.service().health().value();
  CHECK(health.waiting == 0);
  CHECK(health.under_way == 0);
  CHECK(health.refused == 0);
  CHECK(health.unit_reachable);
  CHECK(health.other_side_last_heard);
  REQUIRE(road.portal.database().read([](Transaction& t) {
    const auto way = exchange::timeline(t, "s");
    REQUIRE(way.size() >= 10);
    CHECK(way.front().rung == "stored");
    CHECK(way.front().party == "gateway-outer");
    CHECK(way.back().rung == "applied");
    CHECK(way.back().party == "approval");
    CHECK(exchange::timeline(t, "other").empty());
  }));
}

TEST_CASE("one that cannot be applied now holds up its own subject, in order, and no other") {
  Road road;
  road.later = 1'000'000;
  road.portal.enqueue("a", "later a1");
  road.portal.enqueue("a", "a2");
  road.portal.enqueue("b", "b1");
  road.portal.enqueue("b", "b2");
  REQUIRE(road.eventually([&] { return road.approval.words().size() == 2; }));
  CHECK(road.approval.words() == Words{"b1", "b2"});
  road.later = 0;
  REQUIRE(road.eventually([&] { return road.approval.words().size() == 4; }));
  CHECK(road.approval.words() == Words{"b1", "b2", "later a1", "a2"});
}

TEST_CASE("effects that fail in the middle leave nothing, and are applied once when they can be") {
  Road road;
  road.crashes = 3;
  road.portal.enqueue("a", "crashes");
  road.portal.enqueue("a", "after");
  REQUIRE(road.eventually([&] { return road.approval.words().size() == 2; }));
  CHECK(road.approval.words() == Words{"crashes", "after"});
  CHECK(road.crashes == 0);
}

TEST_CASE("one that is refused for good tells its sender why, and what stands behind it goes on") {
  Road road;
  road.portal.enqueue("receiver", "no");
  road.portal.enqueue("receiver", "after");
  road.portal.enqueue("effects", "contradicts");
  road.portal.enqueue("effects", "after");
  road.portal.enqueue("kind", "anything", "strange");
  REQUIRE(road.eventually([&] {
    return road.portal.service().health().value().refused == 3 && road.portal.service().health().value().under_way == 0;
  }));
  CHECK(road.approval.words() == Words{"after", "after"});
  CHECK(road.portal.column("SELECT code FROM progress WHERE subject = 'receiver' AND rung = 'refused'") ==
        Words{"test.no"});
  CHECK(road.portal.column("SELECT code FROM progress WHERE subject = 'effects' AND rung = 'refused'") ==
        Words{"test.contradiction"});
  CHECK(road.portal.column("SELECT code FROM progress WHERE subject = 'kind' AND rung = 'refused'") ==
        Words{"exchange.unknown_kind"});
}

TEST_CASE("one that comes behind a later one about its subject is refused, and told of") {
  Road road;
  road.portal.enqueue("a", "later");
  REQUIRE(road.eventually([&] { return road.approval.words() == Words{"later"}; }));
  // As after a restored unit let pass what its operators had refused.
  REQUIRE(road.approval.database().write(
      [](storage::Transaction& t) { t.execute("UPDATE exchange_subject SET sequence = 5 WHERE direction = 'in'"); }));
  road.portal.enqueue("a", "comes late");
  road.portal.enqueue("b", "another");
  REQUIRE(road.eventually([&] { return road.portal.service().health().value().refused == 1; }));
  CHECK(road.portal.column("SELECT code FROM progress WHERE rung = 'refused'") == Words{"exchange.out_of_order"});
  REQUIRE(road.eventually([&] { return road.approval.words() == Words{"later", "another"}; }));
  CHECK(road.approval.column("SELECT 'kept' FROM exchange_subject WHERE direction = 'in' AND sequence = 5") ==
        Words{"kept"});
}

TEST_CASE("a delivery that comes again because its receipt was lost is not applied again, and gets the same receipt") {
  Road road;
  road.inner.weather.away = true;
  road.portal.enqueue("a", "one");
  road.portal.enqueue("b", "two");
  road.inner.weather.lost_receipts = 3;
  road.inner.weather.away = false;
  REQUIRE(road.eventually(
      [&] { return road.portal.column("SELECT rung FROM progress WHERE rung = 'applied'").size() == 2; }));
  CHECK(road.inner.weather.lost_receipts == 0);
  CHECK(road.approval.words().size() == 2);
  CHECK(road.approval.column("SELECT bundle_id FROM exchange_inbox WHERE outcome = 'applied'").size() == 2);
}

TEST_CASE("a service that is started again goes on where it was") {
  Road road;
  road.later = 1'000'000;
  road.portal.enqueue("a", "later a1");
  road.portal.enqueue("b", "b1");
  REQUIRE(road.eventually([&] { return road.approval.words().size() == 1; }));
  road.inner.unit().for_service().tell();
  road.approval.stop();
  road.later = 0;
  road.start_approval();
  road.portal.enqueue("b", "b2");
  REQUIRE(road.eventually([&] { return road.approval.words().size() == 3; }));
  auto words = road.approval.words();
  CHECK(words.front() == "b1");
  CHECK(contains(words, "later a1"));
  CHECK(contains(words, "b2"));
}

TEST_CASE("a unit that is away is noticed, and everything waits until it is back") {
  Road road;
  road.outer.weather.away = true;
  REQUIRE(road.eventually([&] { return !road.portal.service().health().value().unit_reachable; }));
  road.portal.enqueue("a", "one");
  REQUIRE(road.eventually([&] { return road.portal.service().health().value().waiting == 1; }));
  road.outer.weather.away = false;
  REQUIRE(road.eventually([&] { return road.approval.words() == Words{"one"}; }));
  const auto health = road.portal.service().health().value();
  CHECK(health.unit_reachable);
  CHECK(health.unit_last_heard);
}

TEST_CASE(
    "a unit that is away is not asked anew for everything that is enqueued meanwhile, and gets all when it is back") {
  Road road;
  road.outer.weather.away = true;
  road.portal.enqueue("a", "0");
  REQUIRE(road.eventually([&] { return road.outer.weather.came_in_vain > 0; }));
  const auto began = std::chrono::steady_clock::now();
  constexpr int kNumber = 200;
  Words words{"0"};
  for (int i = 1; i <= kNumber; ++i) {
    road.portal.enqueue("a", std::to_string(i));
    words.push_back(std::to_string(i));
    std::this_thread::sleep_for(2ms);
  }
  // Its pauses double, beginning with 200 ms.
  const auto passed = std::chrono::steady_clock::now() - began;
  CHECK(road.outer.weather.came_in_vain <= 3 + passed / 400ms);
  road.outer.weather.away = false;
  REQUIRE(road.eventually([&] { return road.approval.words() == words; }));
}

TEST_CASE("a receipt that is none is not believed: the bundle stays until a real one says that the unit has it") {
  Road road;
  road.outer.weather.false_receipts = 2;
  road.portal.enqueue("a", "one");
  REQUIRE(road.eventually([&] { return road.approval.words() == Words{"one"}; }));
  CHECK(road.outer.weather.false_receipts == 0);
  CHECK(road.portal.column("SELECT bundle_id FROM exchange_sent").size() == 1);
}

}  // namespace jindu::gateway
