#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <charconv>

#include "common/runtime/log.hpp"
#include "common/runtime/silence.hpp"
#include "exchange-gateway/carriers/commands.hpp"

namespace jindu::gateway {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Code = boost::system::error_code;
using Steady = std::chrono::steady_clock;
constexpr int kConnectionsMax = 64;
// Who dials gives up after as long. A target that is cut off in silence would else hold each attempt for two minutes,
// until there is room for no other, also when it can be reached again.
constexpr std::chrono::seconds kConnectMax{5};

result<tcp::endpoint> endpoint_of(const std::string& text) {
  const auto colon = text.rfind(':');
  Code code;
  if (colon != std::string::npos) {
    const auto address = asio::ip::make_address(text.substr(0, colon), code);
    std::uint16_t port = 0;
    const auto [end, bad] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
    if (!code && bad == std::errc{} && end == text.data() + text.size() && port > 0)
      return tcp::endpoint(address, port);
  }
  return Error{Fault::invalid, "guard.address", "'" + text + "' is not ADDRESS:PORT"};
}

// Writes what it can at once, so that one who reads slowly is seen to read.
asio::awaitable<void> pump(tcp::socket& from, tcp::socket& to, Steady::time_point& moved) {
  std::array<std::uint8_t, 64 * 1024> buffer;
  Code code;
  const auto redirected = [&code] { return asio::redirect_error(asio::use_awaitable, code); };
  while (!code) {
    auto left = asio::buffer(buffer, co_await from.async_read_some(asio::buffer(buffer), redirected()));
    moved = Steady::now();
    while (!code && left.size() > 0) {
      left += co_await to.async_write_some(left, redirected());
      moved = Steady::now();
    }
  }
  Code ignored;
  to.shutdown(tcp::socket::shutdown_both, ignored);
  from.shutdown(tcp::socket::shutdown_both, ignored);
}

// Ends when nothing has moved for so long.
asio::awaitable<void> stillness(const Steady::time_point& moved, std::chrono::seconds most) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  Code code;
  while (!code && Steady::now() < moved + most) {
    timer.expires_at(moved + most);
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, code));
  }
}

asio::awaitable<void> relay(tcp::socket client, tcp::endpoint target, std::chrono::seconds idle,
                            std::shared_ptr<int> open) {
  const std::shared_ptr<void> leave(nullptr, [open](void*) { --*open; });
  tcp::socket server(client.get_executor());
  using namespace asio::experimental::awaitable_operators;
  Code code = asio::error::timed_out;
  auto moved = Steady::now();
  co_await (server.async_connect(target, asio::redirect_error(asio::use_awaitable, code)) ||
            stillness(moved, kConnectMax));
  if (code) co_return;
  client.set_option(tcp::no_delay(true), code);
  server.set_option(tcp::no_delay(true), code);
  for (auto* one : {&client, &server}) end_when_silent(one->native_handle());
  moved = Steady::now();
  co_await ((pump(client, server, moved) && pump(server, client, moved)) || stillness(moved, idle));
}

}  // namespace

result<void> run_guard(const std::string& listen, const std::string& forward, std::chrono::seconds idle) {
  auto here = endpoint_of(listen), there = endpoint_of(forward);
  if (!here) return here.error();
  if (!there) return there.error();
  asio::io_context io;
  tcp::acceptor acceptor(io);
  Code code;
  acceptor.open(here->protocol(), code);
  if (!code) acceptor.set_option(asio::socket_base::reuse_address(true), code);
  if (!code) acceptor.bind(*here, code);
  if (!code) acceptor.listen(64, code);
  if (code) return Error{Fault::unavailable, "guard.listen", listen + ": " + code.message()};
  auto open = std::make_shared<int>(0);
  asio::co_spawn(
      io,
      [&]() -> asio::awaitable<void> {
        for (;;) {
          Code failed;
          auto client = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, failed));
          if (failed == asio::error::operation_aborted) co_return;
          if (failed || *open >= kConnectionsMax) continue;
          ++*open;
          asio::co_spawn(io, relay(std::move(client), *there, idle, open), asio::detached);
        }
      },
      asio::detached);
  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](Code, int) { io.stop(); });
  log::info("guard.ready", {{"listen", listen}, {"forward", forward}});
  io.run();
  return {};
}

}  // namespace jindu::gateway
