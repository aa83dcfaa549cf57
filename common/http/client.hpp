#pragma once
// HTTPS requests to one peer over one kept-alive connection, with the node's certificate. Blocking; one thread at a
// time.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "common/crypto/tls.hpp"
#include "common/runtime/bytes.hpp"
#include "common/runtime/result.hpp"

namespace jindu::http {

struct ClientOptions {
  std::string base_url;               // "https://10.77.1.2:7001"
  std::string ca_file;                // PEM
  std::string certificate_file = {};  // PEM, leaf first
  std::string private_key_file = {};
  std::string private_key_passphrase_file = {};
  crypto::ExpectedPeer expected_peer = {};  // without a name the host name is checked
  std::string crl_file = {};                // PEM, of all issuers; empty: revocation is not looked at
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds idle_timeout{30'000};  // without a byte moving
  std::size_t answer_limit = 64 * 1024 * 1024;
  bool keeps_cookies = false;  // as a browser does
};

struct Answer {
  int status = 0;
  std::string content_type;
  Bytes body;
  // Error with the code of a problem document, when the status is not 2xx.
  result<void> succeeded() const;
};

class Client {
 public:
  explicit Client(ClientOptions options);
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  // Codes: http.unreachable, http.timeout, http.tls, http.too_large; all but the last Fault::unavailable.
  result<Answer> send(std::string_view method, std::string_view path, BytesView body = {},
                      std::string_view content_type = "application/octet-stream",
                      std::chrono::milliseconds timeout = std::chrono::seconds(60));
  // Sent with every request from now on; an empty value takes it away.
  void set_header(const std::string& name, const std::string& value);
  // Ends a request under way from another thread.
  void cancel();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace jindu::http
