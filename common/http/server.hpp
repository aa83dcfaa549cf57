#pragma once
// The HTTP server of every program: a table of routes, limits on everything, problem documents, graceful drain.
// Connections are coroutines on a few I/O threads; handlers are plain functions on a pool of worker threads, because
// what they do (database, files, cryptography) blocks anyway.
#include <any>
#include <boost/json/value.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/runtime/bytes.hpp"
#include "common/runtime/result.hpp"

namespace jindu::http {

enum class Method { get, head, post, put, patch, del };

struct Request {
  Method method = Method::get;
  std::string path;                               // decoded, without query
  std::map<std::string, std::string> parameters;  // from "{name}" in the route's path
  std::multimap<std::string, std::string> query;  // decoded
  std::map<std::string, std::string> headers;     // names in lower case
  Bytes body;                                     // at most the route's body limit
  std::string request_id;                         // for logs and problem documents
  std::string remote_address;
  std::optional<Bytes> client_certificate;  // DER, verified by TLS against the listener's client CA
  std::any principal;                       // set by the route's guard: who asks

  std::string_view header(std::string_view lower_case_name) const;  // empty when absent
  std::string_view query_value(std::string_view name) const;        // first, empty when absent
  std::string_view parameter(std::string_view name) const;          // of the path
  std::optional<std::string> cookie(std::string_view name) const;
  result<boost::json::value> json() const;  // depth at most 32; Fault::invalid "http.json" otherwise
  // Member of the JSON body that must be a string (or integer, object); Fault::invalid "http.member" with its pointer.
};

// A part of a file, sent without reading it into memory. Range and If-None-Match are answered by the server.
struct FileBody {
  std::string path;
  std::string etag = {};  // without quotes; empty: made from size and time
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::variant<std::string, Bytes, FileBody> body = std::string{};

  static Response json(const boost::json::value& value, int status = 200);
  static Response bytes(Bytes body, std::string content_type, int status = 200);
  static Response file(std::string path, std::string content_type);
  static Response empty(int status = 204);
  Response&& with(std::string name, std::string value) &&;
};

int status_of(Fault fault);
// application/problem+json (RFC 9457): type "urn:jindu:problem:<code>", title, status, code, detail, field, request_id.
Response problem(const Error& error, std::string_view request_id);

using Handler = std::function<result<Response>(Request&)>;
// Decides who asks and whether they may; sets Request::principal. Runs before the body is read.
using Guard = std::function<result<void>(Request&)>;

// One row of the table in which a newcomer sees the whole API. Nothing is reachable without a guard; `anyone` must be
// written out.
struct Route {
  Method method;
  std::string path;  // "/api/v1/declarations/{id}"; "{rest...}" takes all that follows
  Guard guard;
  std::size_t body_limit;  // bytes
  Handler handler;
};

Guard anyone();

struct TlsOptions {
  std::string certificate_chain_file;  // PEM, leaf first
  std::string private_key_file;        // PEM, may be encrypted
  std::string private_key_passphrase_file = {};
  std::string client_ca_file = {};  // PEM; empty: no client certificates asked for
  std::string crl_file = {};        // PEM; empty: none known to be revoked
  bool client_certificate_required = false;
};

struct ServerLimits {
  std::size_t header_bytes = 16 * 1024;
  std::chrono::seconds header_timeout{10};
  std::chrono::seconds body_idle_timeout{30};  // without a single byte
  std::size_t body_bytes_per_second = 2'000;   // slower than this over the whole body is not waited for (after 30 s)
  std::chrono::seconds keep_alive_timeout{60};
  std::size_t connections = 4096;
  std::size_t connections_per_address = 256;
  std::size_t waiting_requests = 1024;  // for a worker; more are answered 503
};

struct ServerOptions {
  std::string name;  // in logs and metrics, such as "portal"
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one, see Server::port
  std::optional<TlsOptions> tls = {};
  ServerLimits limits = {};
  int io_threads = 1;
  int workers = 8;
  std::string static_directory = {};  // built front-end; unknown paths outside /api answer its index.html
  std::vector<std::pair<std::string, std::string>> headers = {};  // on every answer, such as Content-Security-Policy
};

class Server {
 public:
  // Listens and serves until stopped. Codes: http.listen, http.tls.
  static result<std::unique_ptr<Server>> start(ServerOptions options, std::vector<Route> routes);
  virtual ~Server() = default;
  virtual std::uint16_t port() const = 0;
  // No new connections; requests under way are finished, at most `patience` long.
  virtual void stop(std::chrono::seconds patience = std::chrono::seconds(15)) = 0;
};

// The headers of a browser-facing listener: strict CSP without third-party origins, HSTS, no sniffing, no framing.
std::vector<std::pair<std::string, std::string>> browser_headers();

// /healthz (the process runs), /readyz (each named check holds), /metrics (Prometheus text).
struct ReadyCheck {
  std::string name;
  std::function<result<void>()> holds;
};
std::vector<Route> operations_routes(std::vector<ReadyCheck> checks);

}  // namespace jindu::http
