#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "../../world.hpp"
#include "exchange-gateway/carriers/carrier.hpp"
#include "exchange-gateway/carriers/diode/decoder.hpp"
#include "exchange-gateway/carriers/diode/sockets.hpp"

namespace jindu::gateway::test {
namespace {

using namespace diode;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

std::string free_address() {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(socket);
  return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

// The outer unit's diode, and in the test's hands the ends of both paths where the inner unit would be.
class Paths {
 public:
  explicit Paths(World& w)
      : here_(free_address()),
        in_(ReceivingSocket::open(here_, 1 << 20).value()),
        encoder_(
            {},
            Key::between(w.inner_signer.key, w.outer_signer.key.public_key(), "gateway-inner", "gateway-outer").value(),
            kFirstBlockStep),
        decoder_({Key::between(w.inner_signer.key, w.outer_signer.key.public_key(), "gateway-outer", "gateway-inner")
                      .value()},
                 64 << 20) {
    DiodeOptions options;
    options.listen = free_address();
    options.send_to = here_;
    diode_ = start_diode(w.outer.unit(), options).value();
    out_ = SendingSocket::open(options.listen).value();
  }
  ~Paths() { diode_->stop(); }

  void say(const Report& report) { encoder_.put(Lane::urgent, FrameKind::report, encode(report), now()); }
  // How often each bundle comes within a time.
  std::map<std::string, int> hear(milliseconds time) {
    std::map<std::string, int> came;
    for (const auto end = Steady::now() + time; Steady::now() < end;) {
      while (auto datagram = encoder_.next(now())) REQUIRE(out_->send({std::move(*datagram)}));
      for (const auto& datagram : in_.receive(milliseconds(5)).value()) decoder_.take(datagram, now());
      decoder_.look(now());
      while (auto frame = decoder_.next())
        if (frame->kind == FrameKind::bundle) ++came[World::id_of(frame->bytes)];
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

}  // namespace jindu::gateway::test
