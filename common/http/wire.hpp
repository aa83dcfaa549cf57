#pragma once
// What the server hears and says on one connection, with TLS or without, and how long it waits for either.
// Used by one coroutine at a time. Reads and writes are large: each costs a turn of the reactor, whatever its size.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>

#include "common/crypto/tls_session.hpp"

namespace jindu::http {

class Wire {
 public:
  using Code = boost::system::error_code;
  using Socket = boost::asio::ip::tcp::socket;
  using Clock = boost::asio::steady_timer::clock_type;
  template <class T>
  using awaitable = boost::asio::awaitable<T>;

  // Without a context: without TLS.
  Wire(Socket socket, ssl_ctx_st* context);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  awaitable<void> handshake(Code& code);
  // At least one byte and as many as are there; `eof` when the peer has ended, politely or not.
  awaitable<std::size_t> read_some(boost::asio::mutable_buffer into, Code& code);
  // All of both.
  awaitable<void> write(BytesView first, BytesView second, Code& code);
  // Says that nothing follows, and with TLS waits for the peer to say so too.
  awaitable<void> close(Code& code);
  // Nothing is expected soon: gives back the memory that much traffic needed.
  void rest();
  std::optional<Bytes> peer_certificate() const;

  // When this time is over the socket is closed, which ends what waits for it. Given anew for each thing that is waited
  // for, several times with every few KiB, so the timer moves only when it has to.
  void expires_after(Clock::duration time);
  // While it is not the peer that is waited for.
  void never_expires();

 private:
  // Outlives the wire for as long as the timer's handler is queued.
  struct Deadline {
    explicit Deadline(Socket& s) : socket(&s), timer(s.get_executor()) {}
    Socket* socket;
    boost::asio::steady_timer timer;
    Clock::time_point due = Clock::time_point::max();
    bool watched = false;
  };
  static void watch(const std::shared_ptr<Deadline>& deadline);

  template <class Step>
  awaitable<void> drive(Step step, Code& code);
  awaitable<void> receive(Code& code);
  awaitable<void> flush(Code& code);

  Socket socket_;
  std::shared_ptr<Deadline> deadline_;
  std::optional<crypto::TlsSession> session_;
};

}  // namespace jindu::http
