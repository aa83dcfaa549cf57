#include "common/crypto/tls_session.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>

#include "common/crypto/openssl.hpp"
#include "common/crypto/tls.hpp"

namespace jindu::crypto {
namespace {

// A record and its frame fit into the least; the most is what a connection with much traffic gets by one call.
constexpr std::size_t kLeastReceived = 20 * 1024;
constexpr std::size_t kMostReceived = 160 * 1024;

}  // namespace

// OpenSSL reads from what was received and writes to what is to be sent without a memory BIO's copies.
struct TlsSessionBio {
  static TlsSession& session(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, std::size_t size, std::size_t* count) {
    auto& unread = session(bio).unread_;
    BIO_clear_retry_flags(bio);
    *count = std::min(size, unread.size());
    if (*count == 0) {
      BIO_set_retry_read(bio);
      return 0;
    }
    std::memcpy(into, unread.data(), *count);
    unread = unread.subspan(*count);
    return 1;
  }
  static int write(BIO* bio, const char* data, std::size_t size, std::size_t* count) {
    auto& outgoing = session(bio).outgoing_;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(data);
    outgoing.insert(outgoing.end(), bytes, bytes + size);
    *count = size;
    return 1;
  }
  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static const BIO_METHOD* method() {
    static const BIO_METHOD* const made = [] {
      BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "TLS session");
      must(m != nullptr, "BIO_meth_new");
      BIO_meth_set_read_ex(m, &read);
      BIO_meth_set_write_ex(m, &write);
      BIO_meth_set_ctrl(m, &control);
      return m;
    }();
    return made;
  }
};

void TlsSession::Free::operator()(ssl_st* connection) const { SSL_free(connection); }

TlsSession::TlsSession(ssl_ctx_st* context) : connection_(SSL_new(context)) {
  must(connection_ != nullptr, "SSL_new");
  BIO* bio = BIO_new(TlsSessionBio::method());
  must(bio != nullptr, "BIO_new");
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(connection_.get(), bio, bio);
  SSL_set_accept_state(connection_.get());
  // An idle connection needs no buffers; many are idle.
  SSL_set_mode(connection_.get(), SSL_MODE_RELEASE_BUFFERS);
}

TlsSession::Outcome TlsSession::outcome_of(int returned) {
  if (returned == 1) return Outcome::done;
  const int error = SSL_get_error(connection_.get(), returned);
  if (error == SSL_ERROR_WANT_READ) return Outcome::starved;
  failed_ = failed_ || error != SSL_ERROR_ZERO_RETURN;
  ERR_clear_error();
  return Outcome::ended;
}

TlsSession::Outcome TlsSession::handshake() {
  ERR_clear_error();
  return outcome_of(SSL_do_handshake(connection_.get()));
}

TlsSession::Outcome TlsSession::read(std::span<std::uint8_t> into, std::size_t& count) {
  count = 0;
  for (;;) {
    ERR_clear_error();
    std::size_t got = 0;
    const auto outcome = outcome_of(SSL_read_ex(connection_.get(), into.data() + count, into.size() - count, &got));
    count += got;
    // Why it does not go on is told by the next call.
    if (outcome != Outcome::done) return count > 0 ? Outcome::done : outcome;
    if (count == into.size()) return Outcome::done;
  }
}

TlsSession::Outcome TlsSession::write(BytesView text) {
  ERR_clear_error();
  outgoing_.reserve(outgoing_.size() + text.size() + text.size() / 256 + 512);  // with the frames of its records
  std::size_t count = 0;
  return outcome_of(SSL_write_ex(connection_.get(), text.data(), text.size(), &count));
}

void TlsSession::close() {
  if (failed_ || SSL_is_init_finished(connection_.get()) == 0) return;
  ERR_clear_error();
  SSL_shutdown(connection_.get());
  ERR_clear_error();
}

std::optional<Bytes> TlsSession::peer_certificate() const { return verified_peer_certificate(connection_.get()); }

std::span<std::uint8_t> TlsSession::room() {
  if (capacity_ == 0 || (filled_ && capacity_ < kMostReceived)) {
    capacity_ = std::clamp(2 * capacity_, kLeastReceived, kMostReceived);
    incoming_ = std::make_unique_for_overwrite<std::uint8_t[]>(capacity_);
  }
  return {incoming_.get(), capacity_};
}

void TlsSession::received(std::size_t count) {
  filled_ = count == capacity_;
  unread_ = {incoming_.get(), count};
}

void TlsSession::rest() {
  if (unread_.empty() && capacity_ > kLeastReceived) {
    incoming_.reset();
    capacity_ = 0;
    filled_ = false;
  }
  if (outgoing_.empty() && outgoing_.capacity() > kLeastReceived) Bytes().swap(outgoing_);
}

}  // namespace jindu::crypto
