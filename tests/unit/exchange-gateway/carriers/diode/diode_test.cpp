#include <prometheus/counter.h>

#include <catch2/catch.hpp>
#include <random>

#include "common/runtime/metrics.hpp"
#include "exchange-gateway/carriers/carrier.hpp"
#include "exchange-gateway/carriers/diode/decoder.hpp"
#include "exchange-gateway/carriers/diode/sockets.hpp"
#include "tests/unit/exchange-gateway/carriers/diode/free_address.hpp"
#include "tests/unit/exchange-gateway/world.hpp"

namespace jindu::gateway::test {
namespace {

using namespace diode;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

// The outer unit's diode, and in the test's hands the ends of both paths where the inner unit would be.
class Paths {
 public:
  static Shape shape() {
    Shape shape;
    shape.bytes_per_second = 50'000'000;
    shape.burst = milliseconds(0);
    return shape;
  }
  // `back`: bytes per second of the way from that diode to here.
  explicit Paths(World& w, std::uint64_t back = Shape{}.bytes_per_second,
                 std::chrono::seconds resend_after = DiodeOptions{}.resend_after)
      : here_(free_address()),
        in_(ReceivingSocket::open(here_, 1 << 20).value()),
        encoder_(
            shape(),
            Key::between(w.inner_signer.key, w.outer_signer.key.public_key(), "gateway-inner", "gateway-outer").value(),
            kFirstBlockStep),
        decoder_({Key::between(w.inner_signer.key, w.outer_signer.key.public_key(), "gateway-outer", "gateway-inner")
                      .value()},
                 64 << 20) {
    DiodeOptions options;
    options.listen = free_address();
    options.send_to = here_;
    options.shape.bytes_per_second = back;
    options.resend_after = resend_after;
    if (back < Shape{}.bytes_per_second) options.shape.burst = milliseconds(0);
    diode_ = start_diode(w.outer.unit(), options).value();
    out_ = SendingSocket::open(options.listen).value();
  }
  ~Paths() { diode_->stop(); }

  void say(const Report& report) { encoder_.put(Lane::urgent, FrameKind::report, encode(report), now()); }
  void say(milliseconds pause) { encoder_.put(Lane::urgent, FrameKind::pause, encode(pause), now()); }
  void send(const Bytes& bundle) { encoder_.put(Lane::bulk, FrameKind::bundle, bundle, now()); }
  void lose(double share) { lost_ = std::bernoulli_distribution(share); }  // of what is sent to it
  int pauses() const { return pauses_; }                                   // that were asked for
  int asks() const { return asks_; }                                       // for rows
  // How often each bundle comes within a time.
  std::map<std::string, int> hear(milliseconds time) {
    std::map<std::string, int> came;
    for (const auto end = Steady::now() + time; Steady::now() < end;) {
      while (auto datagram = encoder_.next(now()))
        if (!lost_(random_)) REQUIRE(out_->send({std::move(*datagram)}));
      for (const auto& datagram : in_.receive(milliseconds(5)).value()) decoder_.take(datagram, now());
      decoder_.look(now());
      while (auto frame = decoder_.next())
        if (frame->kind == FrameKind::bundle)
          ++came[World::id_of(frame->bytes)];
        else if (frame->kind == FrameKind::pause)
          ++pauses_;
        else if (frame->kind == FrameKind::wanted)
          ++asks_;
    }
    return came;
  }

 private:
  static Moment now() { return std::chrono::duration_cast<Moment>(Steady::now().time_since_epoch()); }

  std::string here_;
  ReceivingSocket in_;
  std::optional<SendingSocket> out_;
  Encoder encoder_;
  Decoder decoder_;
  int pauses_ = 0, asks_ = 0;
  std::mt19937_64 random_{29};
  std::bernoulli_distribution lost_{0};
  std::unique_ptr<Carrier> diode_;
};

}  // namespace

TEST_CASE("a diode sends again what is lost under marks that were read before its unit was restored") {
  World w;
  Paths paths(w);
  const auto before = Report{1, {50, 50}, 0, 0};
  paths.say(before);
  paths.hear(milliseconds(700));
  const auto bundle = w.from_portal.next(1, "x");
  REQUIRE(w.outer->take_from_service(bundle));
  // All of it was read there as far as the other side knows, so it is taken to be lost.
  CHECK(paths.hear(milliseconds(1'500))[World::id_of(bundle)] == 2);

  // The newest word counts, not the highest: what is under way is not taken to be lost.
  paths.say({2, {1, 1}, 0, 0});
  paths.hear(milliseconds(700));
  const auto next = w.from_portal.next(1, "y");
  REQUIRE(w.outer->take_from_service(next));
  CHECK(paths.hear(milliseconds(1'500))[World::id_of(next)] == 1);
}

TEST_CASE("a diode whose journal cannot keep up asks its sender to pause, until it can") {
  World w;
  Paths paths(w);
  std::vector<std::string> ids;
  for (int i = 0; i < 24; ++i) {
    const auto bundle = w.from_approval.next(i, std::string(1 << 20, 'x'));
    ids.push_back(World::id_of(bundle));
    paths.send(bundle);
  }
  REQUIRE(w.outer->journal().write([&](storage::Transaction&) { paths.hear(milliseconds(3'000)); }));
  // One for each 20 ms of the time that it was behind, and not at each datagram.
  CHECK(paths.pauses() > 20);
  CHECK(paths.pauses() < 151);
  for (const auto end = Steady::now() + std::chrono::seconds(30); Steady::now() < end;) {
    paths.hear(milliseconds(200));
    if (w.outer.count("SELECT count(*) FROM bundle WHERE outward = 0 AND kind <> 'control'") == 24) break;
  }
  // Taken all the same, if only to be refused for their size.
  for (const auto& id : ids) CHECK(w.outer.state_of(id) == "ended");
  const auto before = paths.pauses();
  paths.hear(milliseconds(300));
  CHECK(paths.pauses() == before);
}

TEST_CASE("a diode that is asked to pause sends nothing large meanwhile") {
  World w;
  w.from_portal.priority = 2;
  Paths paths(w);
  paths.hear(milliseconds(200));
  paths.say(milliseconds(1'500));
  paths.hear(milliseconds(200));
  const auto bundle = w.from_portal.next(1, std::string(100'000, 'x'));
  REQUIRE(w.outer->take_from_service(bundle));
  CHECK(paths.hear(milliseconds(700)).empty());
  CHECK(paths.hear(milliseconds(1'500))[World::id_of(bundle)] == 1);
}

TEST_CASE("of a stopped channel a diode brings nothing in and nothing out, but what the units tell each other") {
  World w;
  Paths paths(w);
  const auto heard_until = [&](const std::function<bool()>& seen) {
    std::map<std::string, int> came;
    for (const auto end = Steady::now() + std::chrono::seconds(20); Steady::now() < end && !seen();)
      came.merge(paths.hear(milliseconds(50)));
    CHECK(seen());
    return came;
  };
  const auto out = w.from_portal.next(1, "out"), in = w.from_approval.next(1, "in");
  REQUIRE(w.outer->take_from_service(out));
  paths.hear(milliseconds(300));
  for (const auto* channel : {"portal>approval", "approval>portal"})
    REQUIRE(w.outer->stop_channel(channel, "谢运 3", "a drill"));
  CHECK(code_of(w.outer->take_from_service(w.from_portal.next(1, "later"))) == "policy.stopped");
  REQUIRE(w.outer->forget_marks());  // as if it were to go only now
  REQUIRE(w.inner->say_hello());
  REQUIRE(w.inner->build_control().value());
  paths.send(in);
  for (const auto& one : w.inner->load(10, 1 << 20).value()) paths.send(one.bundle);
  heard_until(
      [&] { return w.outer.count("SELECT COUNT(*) FROM bundle WHERE kind = 'receipts' AND outward = 0") == 1; });
  CHECK(w.outer.state_of(World::id_of(in)).empty());
  REQUIRE(w.outer->say_hello());
  REQUIRE(w.outer->build_control().value());
  const auto control = w.outer.text("SELECT id FROM bundle WHERE kind = 'receipts' AND outward = 1");
  auto came = paths.hear(milliseconds(1'500));
  CHECK(came[control] == 1);
  CHECK(came[World::id_of(out)] == 0);
  for (const auto* channel : {"portal>approval", "approval>portal"})
    REQUIRE(w.outer->resume_channel(channel, "谢运 3", "it is over"));
  paths.send(in);
  came = heard_until([&] { return w.outer.state_of(World::id_of(in)) == "ready"; });
  came.merge(paths.hear(milliseconds(1'500)));
  CHECK(came[World::id_of(out)] == 1);
}

TEST_CASE("on a slow way back asks leave room for what is urgent") {
  World w;
  Paths paths(w, 12'500);
  paths.lose(0.45);
  for (int i = 0; i < 60; ++i) paths.send(w.from_approval.next(i, std::string(400'000, 'x')));
  paths.hear(milliseconds(1'500));
  CHECK(paths.asks() >= 1);
  const auto bundle = w.from_portal.next(1, "x");
  REQUIRE(w.outer->take_from_service(bundle));
  const auto begin = Steady::now();
  while (Steady::now() - begin < std::chrono::seconds(30) && paths.hear(milliseconds(50))[World::id_of(bundle)] == 0) {
  }
  // An ask is at most 64 blocks, and takes 0.9 s there with its parity; none waits behind another.
  CHECK(std::chrono::duration_cast<milliseconds>(Steady::now() - begin) < milliseconds(2'500));
}

TEST_CASE("a diode does not take for lost what is still on a line that is slower than an answer") {
  World w;
  w.from_portal.priority = 2;
  Paths paths(w, 60'000, std::chrono::seconds(1));
  auto& again =
      metrics::counter("jindu_gateway_diode_sent_again_total", "Bundles that were sent again without a receipt");
  const auto before = again.Value();
  const auto bundle = w.from_portal.next(1, std::string(150'000, 'x'));
  REQUIRE(w.outer->take_from_service(bundle));
  const auto begin = Steady::now();
  while (Steady::now() - begin < std::chrono::seconds(20) && paths.hear(milliseconds(50))[World::id_of(bundle)] == 0) {
  }
  const auto took = Steady::now() - begin;
  CHECK(took > milliseconds(2'500));
  CHECK(took < std::chrono::seconds(20));
  CHECK(again.Value() == before);
  // Nobody has answered, so it comes once more.
  CHECK(paths.hear(std::chrono::seconds(8))[World::id_of(bundle)] == 1);
  CHECK(again.Value() > before);
}

TEST_CASE("however much waits that is urgent, bulk has its share of a diode") {
  World w;
  std::set<std::string> urgent;
  w.from_portal.priority = 1;
  for (int i = 0; i < 1'000; ++i) {
    const auto bundle = w.from_portal.next(i, std::string(400, 'x'));
    urgent.insert(World::id_of(bundle));
    REQUIRE(w.outer->take_from_service(bundle));
  }
  w.from_portal.priority = 2;
  const auto bulk = w.from_portal.next(5'000, std::string(10'000, 'x'));
  REQUIRE(w.outer->take_from_service(bulk));
  Paths paths(w, 250'000);  // only now: none is through before the others are here
  std::size_t before = 0;
  bool came = false;
  for (const auto end = Steady::now() + std::chrono::seconds(40); Steady::now() < end && !came;)
    for (const auto& [id, times] : paths.hear(milliseconds(20))) {
      came = came || id == World::id_of(bulk);
      before += urgent.contains(id) ? 1 : 0;
    }
  CHECK(came);
  CHECK(before < 600);
}

}  // namespace jindu::gateway::test
