#pragma once
// The same client behind TLS, which a test leads by each byte: how what it says is cut, and whether it ends politely.
#include <openssl/ssl.h>

#include "certificates.hpp"
#include "connection.hpp"

namespace jindu::http::test {

class TlsConnection : public Connection {
 public:
  // Each send has at most `at_once` bytes. The handshake is made at once, with the client's certificate.
  explicit TlsConnection(std::uint16_t port, std::size_t at_once = 1 << 20, int version = TLS1_3_VERSION)
      : Connection(port), at_once_(at_once), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    const auto& pki = Certificates::all();
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    SSL_CTX_use_certificate_file(context_.get(), pki.pem("client").c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context_.get(), pki.key("client").c_str(), SSL_FILETYPE_PEM);
    tls_.reset(SSL_new(context_.get()));
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(tls_.get(), in_, out_);
    SSL_set_connect_state(tls_.get());
    int done = 0;
    while ((done = SSL_do_handshake(tls_.get())) != 1 && send_sealed() && receive_sealed()) {
    }
    open_ = done == 1 && send_sealed();
  }

  bool open() const { return open_; }
  bool say(std::string_view text) override {
    return text.empty() || (SSL_write(tls_.get(), text.data(), static_cast<int>(text.size())) > 0 && send_sealed());
  }
  // New keys for what we say; and for what we hear, when the server is asked for that too.
  void update_keys() { SSL_key_update(tls_.get(), SSL_KEY_UPDATE_REQUESTED); }
  // As it would be sent, but not sent.
  std::string sealed(std::string_view text) {
    SSL_write(tls_.get(), text.data(), static_cast<int>(text.size()));
    return sealed();
  }
  bool say_sealed(std::string_view bytes) { return send(bytes); }
  // Whether the server said that nothing follows.
  bool ended_politely() const { return (SSL_get_shutdown(tls_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

 protected:
  std::string hear() override {
    for (;;) {
      char buffer[65536];
      const int count = SSL_read(tls_.get(), buffer, sizeof buffer);
      if (count > 0) return {buffer, static_cast<std::size_t>(count)};
      if (!send_sealed() || !receive_sealed()) return {};
    }
  }

 private:
  std::string sealed() {
    std::string bytes(BIO_ctrl_pending(out_), '\0');
    if (!bytes.empty()) BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }
  bool send_sealed() {
    const auto bytes = sealed();
    for (std::size_t from = 0; from < bytes.size(); from += at_once_)
      if (!send(std::string_view(bytes).substr(from, at_once_))) return false;
    return true;
  }
  bool receive_sealed() {
    const auto bytes = receive();
    return !bytes.empty() && BIO_write(in_, bytes.data(), static_cast<int>(bytes.size())) > 0;
  }

  std::size_t at_once_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<SSL, void (*)(SSL*)> tls_{nullptr, SSL_free};
  BIO *in_ = nullptr, *out_ = nullptr;  // the session's
  bool open_ = false;
};

}  // namespace jindu::http::test
