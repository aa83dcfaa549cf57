#include "common/http/wire.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <limits>

namespace jindu::http {

namespace asio = boost::asio;
using Outcome = crypto::TlsSession::Outcome;

namespace {

// Sealed and sent at once: large for a system call, small for the processor's cache.
constexpr std::size_t kSentAtOnce = 64 * 1024;
// Read on after the end, so that the peer, which is still speaking, hears our last words before a reset.
constexpr std::size_t kDiscarded = 1024 * 1024;

auto redirected(Wire::Code& code) { return asio::redirect_error(asio::use_awaitable, code); }

// Asio would send no more than 64 KiB by one call.
std::size_t all(const Wire::Code& code, std::size_t) { return code ? 0 : std::numeric_limits<std::size_t>::max(); }

}  // namespace

Wire::Wire(Socket socket, ssl_ctx_st* context)
    : socket_(std::move(socket)), deadline_(std::make_shared<Deadline>(socket_)) {
  if (context != nullptr) session_.emplace(context);
}

Wire::~Wire() {
  deadline_->socket = nullptr;
  deadline_->timer.cancel();
}

void Wire::expires_after(Clock::duration time) {
  deadline_->due = Clock::now() + time;
  if (!deadline_->watched || deadline_->due < deadline_->timer.expiry()) watch(deadline_);
}

void Wire::never_expires() { deadline_->due = Clock::time_point::max(); }

void Wire::watch(const std::shared_ptr<Deadline>& deadline) {
  deadline->watched = true;
  deadline->timer.expires_at(deadline->due);  // ends an earlier wait
  deadline->timer.async_wait([deadline](Code code) {
    if (code || deadline->socket == nullptr) return;
    deadline->watched = false;
    if (deadline->due == Clock::time_point::max()) return;
    if (deadline->due > Clock::now()) return watch(deadline);
    deadline->socket->close(code);
  });
}

std::optional<Bytes> Wire::peer_certificate() const {
  if (!session_) return {};
  return session_->peer_certificate();
}

void Wire::rest() {
  if (session_) session_->rest();
}

Wire::awaitable<void> Wire::receive(Code& code) {
  const auto room = session_->room();
  session_->received(co_await socket_.async_read_some(asio::buffer(room.data(), room.size()), redirected(code)));
}

Wire::awaitable<void> Wire::flush(Code& code) {
  const auto outgoing = session_->outgoing();
  if (outgoing.empty()) co_return;
  co_await asio::async_write(socket_, asio::buffer(outgoing.data(), outgoing.size()), all, redirected(code));
  session_->sent();
}

// Takes a step of TLS, and again when what it lacked has come from the peer. What it has for the peer is sent when the
// peer is waited for, or else with what follows.
template <class Step>
Wire::awaitable<void> Wire::drive(Step step, Code& code) {
  for (;;) {
    const Outcome outcome = step();
    if (outcome == Outcome::done) co_return;
    co_await flush(code);
    if (!code && outcome == Outcome::ended) code = asio::error::eof;
    if (!code) co_await receive(code);
    if (code) co_return;
  }
}

Wire::awaitable<void> Wire::handshake(Code& code) {
  if (!session_) co_return;
  const auto step = [this] { return session_->handshake(); };
  co_await drive(step, code);
  if (!code) co_await flush(code);
}

Wire::awaitable<std::size_t> Wire::read_some(asio::mutable_buffer into, Code& code) {
  if (!session_) co_return co_await socket_.async_read_some(into, redirected(code));
  const std::span<std::uint8_t> room(static_cast<std::uint8_t*>(into.data()), into.size());
  std::size_t count = 0;
  const auto step = [this, room, &count] { return session_->read(room, count); };
  co_await drive(step, code);
  co_return count;
}

Wire::awaitable<void> Wire::write(BytesView first, BytesView second, Code& code) {
  if (!session_) {
    const std::array<asio::const_buffer, 2> both{asio::buffer(first.data(), first.size()),
                                                 asio::buffer(second.data(), second.size())};
    co_await asio::async_write(socket_, both, all, redirected(code));
    co_return;
  }
  const std::array<BytesView, 2> parts{first, second};
  for (BytesView part : parts)
    while (!part.empty()) {
      const auto piece = part.first(std::min(part.size(), kSentAtOnce));
      part = part.subspan(piece.size());
      const auto step = [this, piece] { return session_->write(piece); };
      co_await drive(step, code);
      if (!code && session_->outgoing().size() >= kSentAtOnce) co_await flush(code);
      if (code) co_return;
    }
  co_await flush(code);
}

Wire::awaitable<void> Wire::close(Code& code) {
  if (!session_) co_return;
  session_->close();
  co_await flush(code);
  if (!code) socket_.shutdown(Socket::shutdown_send, code);
  for (std::size_t discarded = 0; !code && discarded < kDiscarded;) {
    const auto room = session_->room();
    discarded += co_await socket_.async_read_some(asio::buffer(room.data(), room.size()), redirected(code));
  }
}

}  // namespace jindu::http
