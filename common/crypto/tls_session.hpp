#pragma once
// The server's side of one TLS connection without its socket: what came from the peer is put in, what the peer is to
// get is taken out, both in pieces that are large for a socket. Whoever has the socket waits; nothing in here does.
#include <memory>
#include <optional>
#include <span>

#include "common/runtime/bytes.hpp"

struct bio_st;
struct ssl_ctx_st;
struct ssl_st;

namespace jindu::crypto {

class TlsSession {
 public:
  enum class Outcome {
    done,
    starved,  // goes on, with the same call, when more has come from the peer
    ended,    // by the peer, or by what it did wrong; an alert may be left to send
  };

  explicit TlsSession(ssl_ctx_st* context);
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  Outcome handshake();
  // As much as is there and fits; done when that is anything.
  Outcome read(std::span<std::uint8_t> into, std::size_t& count);
  // All of it.
  Outcome write(BytesView text);
  // Tells the peer that nothing follows.
  void close();
  // DER, verified; nothing when the peer gave none.
  std::optional<Bytes> peer_certificate() const;

  // What is to be sent to the peer, until it is told that it was.
  BytesView outgoing() const { return outgoing_; }
  void sent() { outgoing_.clear(); }
  // Where what comes from the peer has its place, when nothing can be done without it, and how much of that came.
  std::span<std::uint8_t> room();
  void received(std::size_t count);
  // Gives back the memory that only much traffic needs.
  void rest();

 private:
  friend struct TlsSessionBio;
  Outcome outcome_of(int returned);

  struct Free {
    void operator()(ssl_st* connection) const;
  };
  std::unique_ptr<ssl_st, Free> connection_;
  bool failed_ = false;
  Bytes outgoing_;
  std::unique_ptr<std::uint8_t[]> incoming_;
  std::size_t capacity_ = 0;  // of incoming_
  bool filled_ = false;       // by the last that was received
  BytesView unread_ = {};     // within incoming_
};

}  // namespace jindu::crypto
