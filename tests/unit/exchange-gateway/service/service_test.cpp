// Two services over two real units: what one enqueues, the other applies, once and in order, whatever fails in between.
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "common/exchange/codec/batch.hpp"
#include "common/exchange/service/enquiry.hpp"
#include "common/exchange/service/exchange.hpp"
#include "common/exchange/service/sent_anew.hpp"
#include "common/runtime/files.hpp"
#include "common/runtime/ids.hpp"
#include "exchange-gateway/api/unit_api.hpp"
#include "tests/support/captured_log.hpp"
#include "tests/support/revocation_list.hpp"

namespace jindu::gateway {
namespace {

using namespace std::chrono_literals;
using exchange::Effects;
using exchange::Incoming;
using exchange::Outgoing;
using storage::Transaction;

struct Root {
  std::string name;
  Instant now = SystemClock().now();
  crypto::PrivateKey key = crypto::PrivateKey::generate_p256();
  crypto::Certificate certificate = crypto::issue_certificate(key, nullptr, key.public_key(), {.common_name = name},
                                                              crypto::Profile::authority, now - 1h, now + 48h)
                                        .value();

  evidence::NodeSigner node(const std::string& node) const {
    auto own = crypto::PrivateKey::generate_p256();
    auto issued = crypto::issue_certificate(key, &certificate, own.public_key(), {.common_name = node},
                                            crypto::Profile::citizen, now - 1h, now + 48h);
    return {node, own, issued.value()};
  }
  std::string list(const crypto::Certificate* revoked, const std::string& next = "20990101000000Z") const {
    return revocation_list(key, certificate, revoked, "20260101000000Z", next);
  }
};

// What the services and units of a test know of each other. The inner unit has its certificate from another authority.
struct Names {
  Root root{"Root"}, other_root{"Another root"};
  Instant now = root.now;
  std::map<std::string, evidence::NodeSigner> nodes;

  Names() {
    for (const char* name : {"portal", "approval", "gateway-outer"}) nodes.emplace(name, root.node(name));
    nodes.emplace("gateway-inner", other_root.node("gateway-inner"));
  }
  const evidence::NodeSigner& operator[](const std::string& name) const { return nodes.at(name); }
  std::string roots() const { return root.certificate.pem() + other_root.certificate.pem(); }
  evidence::NodeTrust trust() const { return trust(roots(), ""); }
  static evidence::NodeTrust trust(const std::string& roots, const std::string& lists) {
    return {crypto::TrustStore::from_pem(roots, lists).value(), {}};
  }
};

// How the way between a service and its unit behaves just now.
struct Weather {
  std::atomic<bool> away = false;       // every request is answered 503
  std::atomic<int> came_in_vain = 0;    // bundles that were brought meanwhile
  std::atomic<int> lost_receipts = 0;   // so many requests with the service's receipts never reach the unit
  std::atomic<int> false_receipts = 0;  // so many answers to bundles hold rubbish instead of receipts
  std::atomic<int> asked_for_receipts = 0;
  std::atomic<bool> is_older = false;  // the unit knows fields of the service's receipts no more
  std::mutex mutex;
  Bytes delivers_instead = {};   // once, instead of what there is
  std::vector<Bytes> told = {};  // receipts of the service, as they came
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
        if (path.ends_with("deliveries")) {
          const std::lock_guard lock(weather.mutex);
          if (auto instead = std::exchange(weather.delivers_instead, {}); !instead.empty())
            return http::Response::bytes(std::move(instead), "application/octet-stream");
        }
        if (path.ends_with("receipts") && method == http::Method::get) ++weather.asked_for_receipts;
        if (path.ends_with("receipts") && method == http::Method::post) {
          const std::lock_guard lock(weather.mutex);
          weather.told.push_back(Bytes(request.body.begin(), request.body.end()));
          if (weather.is_older)
            return http::Response::json(
                {{"refused", boost::json::array{{{"place", 0}, {"code", "policy.newer_fields"}}}}});
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
  std::chrono::milliseconds gives_up_place = exchange::ServiceOptions{}.gives_up_place;
  void start(const Names& names, const std::string& name, const std::string& peer, const std::string& unit,
             const std::string& url, std::map<std::string, exchange::Receiver> receivers,
             std::optional<evidence::NodeTrust> trust = {}) {
    exchange::ServiceOptions options;
    options.node = name;
    options.peer = peer;
    options.unit = unit;
    options.client.base_url = url;
    options.gives_up_place = gives_up_place;
    service_ = exchange::Service::start(
                   *database_, names[name], trust ? std::move(*trust) : names.trust(), names[peer].certificate, options,
                   std::move(receivers),
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
  void enqueue(const std::string& subject, const exchange::FileSlice& slice) {
    REQUIRE(database_->write([&](Transaction& t) {
      exchange::enqueue(t, Outgoing{"material", subject, 1, slice}, SystemClock().now());
    }));
    service_->wake();
  }
  // Of what stands still; nothing where it does not.
  std::optional<exchange::Trouble> trouble(const std::string& what) {
    for (auto& one : service_->health().value().troubles)
      if (one.what == what) return one;
    return {};
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
    start_portal(names_.trust());
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

  void start_portal(evidence::NodeTrust trust) {
    portal.start(names_, "portal", "approval", "gateway-outer", outer.url(), {}, std::move(trust));
  }
  void stop_portal() {
    outer.unit().for_service().tell();
    portal.stop();
  }
  const Names& names() const { return names_; }

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
    if (word == "no" && !relents) return Error{Fault::invalid, "test.no", "never"};
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
  std::atomic<bool> relents = false;
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
  // The receiver keeps the pseudonym that the units saw, so that both sides can name it to who searches there.
  REQUIRE(road.portal.database().read([&](Transaction& t) {
    CHECK(road.approval.column("SELECT DISTINCT subject FROM exchange_inbox") ==
          Words{exchange::enquire(t, "s").subject});
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

TEST_CASE("what was refused is applied once when it is sent anew after the cause was put right, behind what went on") {
  Road road;
  const CapturedLog log;
  const auto resend = [&] {
    return road.portal.database().write([](Transaction& t) {
      exchange::send_all_anew(t, "a", {"somebody", "the cause is put right"}, SystemClock().now());
    });
  };
  road.portal.enqueue("a", "no");
  road.portal.enqueue("a", "after");
  REQUIRE(road.eventually([&] { return road.portal.service().health().value().refused == 1; }));
  REQUIRE(road.eventually([&] { return road.approval.words() == Words{"after"}; }));
  // Too early: it is refused once more, and can be sent once more.
  REQUIRE(resend());
  CHECK(road.portal.service().health().value().refused == 0);
  REQUIRE(road.eventually([&] { return road.portal.service().health().value().refused == 1; }));
  road.relents = true;
  REQUIRE(resend());
  REQUIRE(road.eventually([&] { return road.approval.words() == Words{"after", "no"}; }));
  CHECK_FALSE(resend());
  REQUIRE(road.eventually([&] { return road.portal.service().health().value().under_way == 0; }));
  CHECK(road.portal.service().health().value().refused == 0);
  CHECK(road.approval.words() == Words{"after", "no"});
  CHECK(log.lines({"exchange.sent_anew", "instead_of"}) == 2);
  CHECK(road.portal.column("SELECT bundle_id FROM exchange_built WHERE payload IS NOT NULL").empty());
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

TEST_CASE("a receipt that its own unit does not take is told until it does, and comes again by itself") {
  Road road;
  road.inner.weather.is_older = true;
  road.portal.enqueue("a", "one");
  const auto troubles = [&] {
    Words list;
    for (const auto& one : road.approval.service().health().value().troubles) list.push_back(one.what + " " + one.code);
    return list;
  };
  REQUIRE(road.eventually([&] { return troubles() == Words{"reporting policy.newer_fields"}; }));
  CHECK(road.approval.words() == Words{"one"});
  road.inner.weather.is_older = false;
  REQUIRE(road.eventually([&] { return contains(road.portal.rungs("a"), "applied"); }));
  CHECK(road.eventually([&] { return troubles().empty(); }));
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

TEST_CASE("what its unit's disk has damaged before it crossed, a service hands over again, and it arrives") {
  Road road;
  road.portal.enqueue("s", "one");
  for (const auto until = std::chrono::steady_clock::now() + 60s; !contains(road.portal.rungs("s"), "verified");) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    std::this_thread::sleep_for(10ms);
  }
  REQUIRE(road.outer.unit().journal().write(
      [](Transaction& t) { t.execute("UPDATE bundle_bytes SET bundle = $1", {Bytes(100, 'x')}); }));
  // Its receipts let the service ask its unit again at once.
  road.portal.enqueue("t", "two");
  REQUIRE(road.eventually([&] { return road.approval.words().size() == 2; }));
  CHECK(contains(road.approval.words(), "one"));
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

TEST_CASE("a unit whose receipts are not believed has taken what they are about: nothing of it is signed anew") {
  Road road;
  road.stop_portal();
  const auto& names = road.names();
  const auto lists = [&](const crypto::Certificate* revoked) {
    return names.trust(names.roots(), names.root.list(revoked) + names.other_root.list(nullptr));
  };
  road.start_portal(lists(&names["gateway-outer"].certificate));
  const CapturedLog log;
  road.portal.enqueue("a", "one");
  REQUIRE(road.eventually([&] { return road.portal.trouble("sending").has_value(); }));
  CHECK(road.portal.trouble("sending")->code == "exchange.unit_receipt");
  CHECK(log.lines({"exchange.signed_anew"}) == 0);
  road.stop_portal();
  road.start_portal(lists(nullptr));
  REQUIRE(road.eventually([&] { return contains(road.portal.rungs("a"), "applied"); }));
  CHECK(road.approval.words() == Words{"one"});
}

TEST_CASE(
    "a receipt that cannot be verified yet is not lost: what is lacking is said, and the rest is told meanwhile") {
  struct Lacking {
    const char* code;
    std::function<evidence::NodeTrust(const Names&)> trust;
  };
  const std::vector<Lacking> cases{
      {"certificate.unknown_issuer", [](const Names& n) { return n.trust(n.root.certificate.pem(), ""); }},
      {"certificate.crl_missing", [](const Names& n) { return n.trust(n.roots(), n.root.list(nullptr)); }},
      {"certificate.crl_expired",
       [](const Names& n) {
         return n.trust(n.roots(), n.root.list(nullptr) + n.other_root.list(nullptr, "20260102000000Z"));
       }},
  };
  for (const auto& lacking : cases) {
    INFO(lacking.code);
    Road road;
    road.portal.enqueue("before", "zero");
    REQUIRE(road.eventually([&] { return contains(road.portal.rungs("before"), "applied"); }));
    CHECK(contains(road.portal.rungs("before"), "delivered"));
    road.stop_portal();
    road.start_portal(lacking.trust(road.names()));
    road.portal.enqueue("a", "one");
    REQUIRE(road.eventually([&] { return contains(road.portal.rungs("a"), "applied"); }));
    REQUIRE(road.eventually([&] { return road.portal.trouble("receipts").has_value(); }));
    CHECK(road.portal.trouble("receipts")->code == lacking.code);
    const auto cursor = [&] {
      return road.portal.column("SELECT CAST(value AS TEXT) FROM exchange_state WHERE name = 'receipts-cursor'");
    };
    const auto stays = cursor();
    {
      // What comes behind it is followed as before, and it itself is asked for with growing pauses, told once.
      const CapturedLog log;
      const int asked = road.outer.weather.asked_for_receipts;
      const auto began = std::chrono::steady_clock::now();
      road.portal.enqueue("b", "two");
      REQUIRE(road.eventually([&] { return contains(road.portal.rungs("b"), "applied"); }));
      while (std::chrono::steady_clock::now() - began < 3s) REQUIRE(road.eventually([] { return true; }));
      CHECK(road.outer.weather.asked_for_receipts - asked < 60);
      CHECK(log.lines({"exchange.stands_still"}) == 0);
      CHECK(log.lines({"exchange.bad_receipt"}) == 0);
    }
    CHECK(cursor() == stays);
    CHECK_FALSE(contains(road.portal.rungs("a"), "delivered"));
    CHECK_FALSE(contains(road.portal.rungs("b"), "delivered"));
    // With what it lacked, it hears what it was told meanwhile.
    road.stop_portal();
    road.start_portal(road.names().trust(road.names().roots(),
                                         road.names().root.list(nullptr) + road.names().other_root.list(nullptr)));
    for (const char* subject : {"a", "b"})
      REQUIRE(road.eventually([&] { return contains(road.portal.rungs(subject), "delivered"); }));
    CHECK_FALSE(road.portal.trouble("receipts"));
    CHECK(cursor() != stays);
  }
}

TEST_CASE("a receipt whose signer is revoked is told in the log and keeps nothing behind it waiting") {
  Road road;
  road.stop_portal();
  const auto& names = road.names();
  road.start_portal(names.trust(names.roots(),
                                names.root.list(nullptr) + names.other_root.list(&names["gateway-inner"].certificate)));
  const CapturedLog log;
  road.portal.enqueue("a", "one");
  REQUIRE(road.eventually([&] { return contains(road.portal.rungs("a"), "applied"); }));
  REQUIRE(road.eventually([&] { return log.lines({"exchange.bad_receipt", "certificate.revoked"}) > 0; }));
  CHECK_FALSE(contains(road.portal.rungs("a"), "delivered"));
  CHECK_FALSE(road.portal.trouble("receipts"));
  const auto last = [&](const std::string& word) {
    road.portal.enqueue("b", word);
    return road.eventually([&] { return contains(road.approval.words(), word); }) && road.eventually([&] {
      const auto health = road.portal.service().health().value();
      return health.under_way + health.waiting == 0;
    });
  };
  REQUIRE(last("two"));
  const auto before =
      road.portal.column("SELECT CAST(value AS TEXT) FROM exchange_state WHERE name = 'receipts-cursor'");
  REQUIRE(last("three"));
  CHECK(road.portal.column("SELECT CAST(value AS TEXT) FROM exchange_state WHERE name = 'receipts-cursor'") != before);
}

TEST_CASE("a message whose file is gone holds up its own subject, says so, and goes by itself when the file is back") {
  Road road;
  const auto file = std::filesystem::temp_directory_path() / ("jindu-gone-" + random_code(12));
  const CapturedLog log;
  road.portal.enqueue("a", exchange::FileSlice{file, 0, 5, {}});
  road.portal.enqueue("a", "behind it");
  road.portal.enqueue("b", "another");
  REQUIRE(road.eventually([&] { return road.approval.words() == Words{"another"}; }));
  const auto aside = road.portal.trouble("aside");
  REQUIRE(aside);
  CHECK(aside->code == "exchange.file_missing");
  CHECK(aside->messages == 1);
  CHECK_FALSE(road.portal.service().sending_stopped());
  CHECK(log.lines({"exchange.put_aside", "exchange.file_missing", "material"}) == 1);
  std::ofstream(file) << "12345";
  REQUIRE(road.eventually([&] { return road.approval.words() == Words{"another", "12345", "behind it"}; }));
  CHECK_FALSE(road.portal.trouble("aside"));
  CHECK(log.lines({"exchange.put_aside"}) == 1);
  CHECK(log.lines({"exchange.taken_up_again"}) == 1);
  std::filesystem::remove(file);
}

TEST_CASE(
    "a bundle whose bytes are gone stops sending: the log and health say so, since when and why, until it goes on") {
  Road road;
  const auto file = std::filesystem::temp_directory_path() / ("jindu-gone-" + random_code(12));
  std::ofstream(file) << "12345";
  road.outer.weather.away = true;
  road.portal.enqueue("a", exchange::FileSlice{file, 0, 5, {}});
  REQUIRE(road.eventually([&] { return road.portal.column("SELECT bundle_id FROM exchange_built").size() == 1; }));
  // Started again, it has to read the file.
  road.stop_portal();
  std::filesystem::remove(file);
  const CapturedLog log;
  road.outer.weather.away = false;
  road.start_portal(road.names().trust());
  road.portal.enqueue("b", "another");
  REQUIRE(road.eventually([&] { return road.portal.trouble("sending").has_value(); }));
  CHECK(road.portal.trouble("sending")->code == "exchange.file_missing");
  CHECK(road.portal.trouble("sending")->since <= SystemClock().now());
  CHECK(road.portal.service().sending_stopped().value().code == "exchange.file_missing");
  const auto began = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - began < 1s) REQUIRE(road.eventually([] { return true; }));
  CHECK(road.approval.words().empty());
  CHECK(log.lines({"exchange.stands_still", "exchange.file_missing"}) == 1);
  std::ofstream(file) << "12345";
  REQUIRE(road.eventually([&] { return road.approval.words().size() == 2; }));
  REQUIRE(road.eventually([&] { return !road.portal.service().sending_stopped(); }));
  CHECK(log.lines({"exchange.goes_on", "sending"}) == 1);
  std::filesystem::remove(file);
}

TEST_CASE("a bundle whose bytes do not come back, and that the unit never had, gives its place up to those behind it") {
  Road road;
  const auto file = std::filesystem::temp_directory_path() / ("jindu-gone-" + random_code(12));
  std::ofstream(file) << "12345";
  road.outer.weather.away = true;
  road.portal.enqueue("a", exchange::FileSlice{file, 0, 5, {}});
  road.portal.enqueue("a", "behind it");
  road.portal.enqueue("b", "another");
  REQUIRE(road.eventually([&] { return road.portal.column("SELECT bundle_id FROM exchange_built").size() == 3; }));
  road.stop_portal();
  std::filesystem::remove(file);
  const CapturedLog log;
  road.outer.weather.away = false;
  road.portal.gives_up_place = 1s;
  road.start_portal(road.names().trust());
  REQUIRE(road.eventually([&] { return road.approval.words() == Words{"another"}; }));
  CHECK(log.lines({"exchange.stands_still", "exchange.file_missing"}) == 1);
  CHECK(log.lines({"exchange.channel_freed", "exchange.file_missing"}) == 1);
  REQUIRE(road.eventually([&] { return !road.portal.service().sending_stopped(); }));
  CHECK(road.portal.trouble("aside")->code == "exchange.file_missing");
  std::ofstream(file) << "12345";
  REQUIRE(road.eventually([&] { return road.approval.words() == Words{"another", "12345", "behind it"}; }));
  CHECK_FALSE(road.portal.trouble("aside"));
  std::filesystem::remove(file);
}

TEST_CASE("a bundle for somebody else, or from one we do not know, is refused, and keeps nothing waiting") {
  Road road;
  const auto now = SystemClock().now();
  const auto made = [&](const std::string& from, const std::string& to) {
    const exchange::BundleDraft draft{
        exchange::new_bundle_id(now), from, to, "dossier", Bytes(16, 7), 1, now, now + 24h, {1, 1, {}, 1}};
    return exchange::build_bundle(draft, bytes_of("a secret"), road.names()["portal"].key,
                                  road.names()["approval"].certificate.public_key())
        .value()
        .bytes;
  };
  for (const auto& bundle : {made("portal", "archive"), made("stranger", "approval")}) {
    const auto id = exchange::to_text(exchange::parse_bundle(bundle).value().id);
    const std::vector<exchange::Numbered> deliveries{{0, bundle}};
    {
      const std::lock_guard lock(road.inner.weather.mutex);
      road.inner.weather.delivers_instead =
          exchange::batch_of(deliveries, [](const exchange::Numbered& one) { return one; });
    }
    road.inner.unit().for_service().tell();
    const auto code = [&]() -> std::string {
      const std::lock_guard lock(road.inner.weather.mutex);
      for (const auto& batch : road.inner.weather.told)
        for (const auto& one : exchange::open_receipts(batch, road.names().trust()).value())
          if (one && exchange::to_text(one->receipt.bundle) == id && one->receipt.rung == jindu::v1::RUNG_REFUSED)
            return one->receipt.code;
      return "";
    };
    REQUIRE(road.eventually([&] { return !code().empty(); }));
    CHECK(code() == "exchange.misdelivered");
    CHECK(road.approval.column("SELECT outcome FROM exchange_inbox WHERE bundle_id = '" + id + "'") ==
          Words{"refused"});
  }
  CHECK(road.prepared == 0);
  road.portal.enqueue("a", "one");
  REQUIRE(road.eventually([&] { return road.approval.words() == Words{"one"}; }));
}

}  // namespace jindu::gateway
