#pragma once
// The HTTP server of every program: a table of routes, limits on everything, problem documents, graceful drain.
#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <any>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/runtime/bytes.hpp"
#include "common/runtime/result.hpp"

namespace jindu::http {

template <class T>
using awaitable = boost::asio::awaitable<T>;

enum class Method { get, head, post, put, patch, del };

struct Request {
  Method method;
  std::string path;                                  // decoded, without query
  std::map<std::string, std::string> parameters;     // from "{name}" in the route's path
  std::multimap<std::string, std::string> query;     // decoded
  std::map<std::string, std::string> headers;        // names in lower case
  Bytes body;                                        // at most the route's body limit
  std::string request_id;                            // for logs and problem documents
  std::string remote_address;
  std::optional<Bytes> client_certificate;           // DER, verified by TLS against the listener's client CA
  std::any principal;                                // set by the route's guard: who asks

  std::string_view header(std::string_view lower_case_name) const;     // empty when absent
  std::string_view query_value(std::string_view name) const;           // first, empty when absent
  result<boost::json::value> json() const;                             // depth at most 32; Fault::invalid otherwise
};

// A part of a file, sent without reading it into memory. Range and ETag requests are answered by the server.
struct FileBody {
  std::string path;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length = {};
};

// Server-sent events: called until it returns nothing (the stream ends) or the client goes.
struct EventStream {
  std::function<awaitable<std::optional<std::string>>()> next;
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::variant<Bytes, std::string, FileBody, EventStream> body = std::string{};

  static Response json(const boost::json::value& value, int status = 200);
  static Response bytes(Bytes body, std::string content_type, int status = 200);
  static Response empty(int status = 204);
};

// application/problem+json (RFC 9457) from an Error: type "urn:jindu:problem:<code>", title, status, detail, field, request id.
Response problem(const Error& error, std::string_view request_id);

using Handler = std::function<awaitable<result<Response>>(Request&)>;
// Decides who asks and whether they may; sets Request::principal. Runs before the body is read.
using Guard = std::function<awaitable<result<void>>(Request&)>;

// One row of the table in which a newcomer sees the whole API. Nothing is reachable without a guard; `anyone` must be written out.
struct Route {
  Method method;
  std::string_view path;       // "/api/v1/declarations/{id}"
  Guard guard;
  std::size_t body_limit;      // bytes
  Handler handler;
};

Guard anyone();

struct TlsOptions {
  std::string certificate_chain_file;   // PEM
  std::string private_key_file;         // PEM, may be encrypted
  std::string private_key_passphrase = {};
  std::string client_ca_file = {};      // PEM; empty: no client certificates asked for
  bool client_certificate_required = false;
};

struct ServerLimits {
  std::size_t header_bytes = 16 * 1024;
  std::chrono::seconds header_timeout{10};
  std::chrono::seconds body_idle_timeout{30};
  std::chrono::seconds keep_alive_timeout{60};
  std::size_t connections = 4096;
  std::size_t connections_per_address = 256;
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;               // 0: any free one, see Server::port
  std::optional<TlsOptions> tls;        // none only for tests and for metrics on loopback
  ServerLimits limits;
  std::string static_directory = {};    // built front-end; unknown non-API paths answer its index.html
  std::vector<std::pair<std::string, std::string>> headers = {};  // on every answer, such as Content-Security-Policy
};

}  // namespace jindu::http
