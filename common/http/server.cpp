#include "common/http/server.hpp"

#include <fcntl.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <sys/stat.h>
#include <unistd.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <future>
#include <thread>

#include "common/crypto/tls.hpp"
#include "common/http/range.hpp"
#include "common/http/router.hpp"
#include "common/http/static_files.hpp"
#include "common/http/wire.hpp"
#include "common/runtime/ids.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/metrics.hpp"
#include "common/runtime/silence.hpp"

namespace jindu::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using tcp = asio::ip::tcp;
using Code = boost::system::error_code;
template <class T>
using awaitable = asio::awaitable<T>;
constexpr auto kToken = asio::use_awaitable;
constexpr std::size_t kHeaderAtOnce = 4 * 1024, kHeardAtOnce = 64 * 1024;
constexpr std::uint64_t kSentTogether = 16 * 1024, kPiece = 256 * 1024;

std::optional<Method> method_of(bhttp::verb verb) {
  switch (verb) {
    case bhttp::verb::get:
      return Method::get;
    case bhttp::verb::head:
      return Method::head;
    case bhttp::verb::post:
      return Method::post;
    case bhttp::verb::put:
      return Method::put;
    case bhttp::verb::patch:
      return Method::patch;
    case bhttp::verb::delete_:
      return Method::del;
    default:
      return {};
  }
}

// An identifier given by a proxy or client is taken only when it can do no harm in a log.
std::string request_id_of(std::string_view given, Instant now) {
  const bool harmless = given.size() >= 8 && given.size() <= 64 && std::all_of(given.begin(), given.end(), [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
                        });
  return harmless ? std::string(given) : new_uuid(now);
}

// The header of an answer, as it is sent.
std::string text_of(const bhttp::response<bhttp::empty_body>& head) {
  bhttp::response_serializer<bhttp::empty_body> serializer(head);
  std::string text;
  Code code;
  serializer.next(code, [&text](Code&, const auto& buffers) {
    for (const asio::const_buffer part : beast::buffers_range_ref(buffers))
      text.append(static_cast<const char*>(part.data()), part.size());
  });
  return text;
}

struct Connection {
  Wire wire;
  beast::flat_buffer buffer;  // what was heard and not yet understood
  const std::string address;
  std::optional<Bytes> certificate = {};

  // Hears what comes next; in large pieces when much is expected.
  awaitable<void> hear(std::size_t at_once, Code& code) {
    const auto room = std::min(at_once, buffer.max_size() - buffer.size());
    code = room == 0 ? make_error_code(bhttp::error::buffer_overflow) : Code();
    if (code) co_return;
    const auto into = buffer.prepare(room);
    buffer.commit(co_await wire.read_some(into, code));
  }
};

class ServerImpl final : public Server {
 public:
  ServerImpl(ServerOptions options, std::vector<Route> routes)
      : options_(std::move(options)),
        router_(std::move(routes)),
        io_(options_.io_threads),
        acceptor_(io_),
        pool_(static_cast<std::size_t>(options_.workers)) {
    const metrics::Labels listener{{"listener", options_.name}};
    open_ = &metrics::gauge("jindu_http_connections", "Open connections", listener);
    took_ =
        &metrics::seconds("jindu_http_request_seconds", "From the end of a request to the end of its answer", listener);
  }
  ~ServerImpl() override { stop(std::chrono::seconds(1)); }

  result<void> listen() {
    if (options_.tls) {
      const auto& tls = *options_.tls;
      auto made =
          crypto::tls_server_context({tls.certificate_chain_file, tls.private_key_file, tls.private_key_passphrase_file,
                                      tls.client_ca_file, tls.crl_file, tls.client_certificate_required});
      if (!made) return made.error();
      tls_ = *made;
    }
    Code code;
    const auto address = asio::ip::make_address(options_.address, code);
    const tcp::endpoint endpoint(address, options_.port);
    if (!code) acceptor_.open(endpoint.protocol(), code);
    if (!code) acceptor_.set_option(asio::socket_base::reuse_address(true), code);
    if (!code) acceptor_.bind(endpoint, code);
    if (!code) acceptor_.listen(1024, code);
    if (code)
      return Error{Fault::unavailable, "http.listen",
                   options_.address + ":" + std::to_string(options_.port) + ": " + code.message()};
    port_ = acceptor_.local_endpoint().port();
    asio::co_spawn(io_, accept(), asio::detached);
    for (int i = 0; i < options_.io_threads; ++i) threads_.emplace_back([this] { io_.run(); });
    return {};
  }

  std::uint16_t port() const override { return port_; }

  void stop(std::chrono::seconds patience) override {
    if (stopped_.exchange(true)) return;
    asio::post(io_, [this] {
      Code ignored;
      acceptor_.close(ignored);
      accept_pause_.cancel();
    });
    const auto until = std::chrono::steady_clock::now() + patience;
    // Idle connections end at once, those with a request under way when it is answered.
    while (busy_ > 0 && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    io_.stop();
    for (auto& thread : threads_) thread.join();
    pool_.join();
  }

 private:
  struct Busy {
    ServerImpl& server;
    explicit Busy(ServerImpl& s) : server(s) { ++server.busy_; }
    ~Busy() { --server.busy_; }
  };

  awaitable<void> accept() {
    for (;;) {
      Code code;
      auto socket = co_await acceptor_.async_accept(executor(), asio::redirect_error(kToken, code));
      if (stopped_) co_return;
      if (code) {  // out of descriptors, most likely: let others finish first
        accept_pause_.expires_after(std::chrono::milliseconds(50));
        co_await accept_pause_.async_wait(asio::redirect_error(kToken, code));
        continue;
      }
      const auto endpoint = socket.remote_endpoint(code);
      if (code) continue;
      auto address = endpoint.address().to_string();
      if (!admit(address)) continue;
      socket.set_option(tcp::no_delay(true), code);
      // Who must show a certificate is one of our programs, or an official at a desk.
      if (options_.tls && options_.tls->client_certificate_required) end_when_silent(socket.native_handle());
      auto own = socket.get_executor();
      asio::co_spawn(own, serve(std::move(socket), std::move(address)), asio::detached);
    }
  }

  // Where all of one connection runs. A single thread needs no strand, which takes a turn of its own for each step.
  asio::any_io_executor executor() {
    if (options_.io_threads == 1) return io_.get_executor();
    return asio::make_strand(io_);
  }

  bool admit(const std::string& address) {
    const std::lock_guard lock(mutex_);
    if (connections_ >= options_.limits.connections) return false;
    auto& here = by_address_[address];
    if (here >= options_.limits.connections_per_address) return false;
    ++here;
    ++connections_;
    open_->Set(static_cast<double>(connections_));
    return true;
  }
  void leave(const std::string& address) {
    const std::lock_guard lock(mutex_);
    --connections_;
    if (--by_address_[address] == 0) by_address_.erase(address);
    open_->Set(static_cast<double>(connections_));
  }

  awaitable<void> serve(tcp::socket socket, std::string address) {
    const std::shared_ptr<void> gone(nullptr, [this, address](void*) { leave(address); });
    try {
      Connection c{{std::move(socket), tls_.get()},
                   beast::flat_buffer(options_.limits.header_bytes + kHeardAtOnce),
                   std::move(address)};
      Code code;
      c.wire.expires_after(options_.limits.header_timeout);
      co_await c.wire.handshake(code);
      if (code) co_return;
      c.certificate = c.wire.peer_certificate();
      co_await converse(c);
      c.wire.expires_after(std::chrono::seconds(3));
      co_await c.wire.close(code);
    } catch (const std::exception& e) {
      log::debug("http.connection_failed", {{"listener", options_.name}, {"detail", e.what()}});
    }
  }

  awaitable<void> converse(Connection& c) {
    bool first = true;
    while (!stopped_) {
      // Waiting for the first byte of a request is idle; from then on the header has little time.
      if (c.buffer.size() == 0) {
        c.buffer.shrink_to_fit();
        c.wire.rest();
        c.wire.expires_after(first ? options_.limits.header_timeout : options_.limits.keep_alive_timeout);
        Code code;
        co_await c.hear(kHeaderAtOnce, code);
        if (code) co_return;
      }
      first = false;
      const Busy busy(*this);
      if (!co_await exchange(c)) co_return;
    }
  }

  awaitable<void> read_header(Connection& c, bhttp::request_parser<bhttp::empty_body>& head, Code& code) {
    c.wire.expires_after(options_.limits.header_timeout);
    for (;;) {
      c.buffer.consume(head.put(c.buffer.data(), code));
      if (code != bhttp::error::need_more) co_return;
      co_await c.hear(kHeaderAtOnce, code);
      if (code == asio::error::eof && head.got_some()) head.put_eof(code);
      if (code) co_return;
    }
  }

  // One request and its answer; false when the connection is to be closed.
  awaitable<bool> exchange(Connection& c) {
    Code code;
    bhttp::request_parser<bhttp::empty_body> head;
    head.header_limit(static_cast<std::uint32_t>(options_.limits.header_bytes));
    head.body_limit(std::numeric_limits<std::uint64_t>::max());  // the route's own limit comes below
    co_await read_header(c, head, code);
    const Instant now = SystemClock().now();
    if (code) {
      // Made before it is waited for: GCC 12 destroys twice what is built from braces within a co_await.
      const Request none;
      if (code == bhttp::error::header_limit) {
        Response refusal = problem({Fault::too_large, "http.header_limit", "the header is too large"}, "");
        co_await answer(c, std::move(refusal), false, false, 11, none);
      } else if (code.category() == bhttp::make_error_code(bhttp::error::bad_method).category()) {
        Response refusal = problem({Fault::invalid, "http.malformed", "this is not an HTTP request"}, "");
        co_await answer(c, std::move(refusal), false, false, 11, none);
      }
      co_return false;
    }
    const auto started = std::chrono::steady_clock::now();
    Request request;
    request.remote_address = c.address;
    request.client_certificate = c.certificate;
    for (const auto& field : head.get()) {
      std::string name(field.name_string());
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
      auto& value = request.headers[name];
      if (!value.empty()) value += name == "cookie" ? "; " : ", ";
      value += std::string_view(field.value().data(), field.value().size());
    }
    request.request_id = request_id_of(request.header("x-request-id"), now);
    const bool keep_alive = head.get().keep_alive() && !stopped_;
    const bool is_head = head.get().method() == bhttp::verb::head;
    const unsigned version = head.get().version();
    const std::string_view target(head.get().target().data(), head.get().target().size());
    const auto question = target.find('?');
    const std::string raw_path(target.substr(0, question));
    if (question != std::string_view::npos) request.query = parse_query(target.substr(question + 1));
    const auto method = method_of(head.get().method());
    const auto path = percent_decoded(raw_path);

    bool body_unread = true;
    Response response;
    const Route* route = nullptr;
    if (!method || !path || !raw_path.starts_with('/')) {
      response =
          problem({Fault::invalid, "http.malformed", "the method or the path is not understood"}, request.request_id);
    } else {
      request.method = *method;
      request.path = *path;
      auto match = router_.find(*method, raw_path);
      route = match.route;
      request.parameters = std::move(match.parameters);
      const bool page = !route && match.allowed.empty() && !options_.static_directory.empty() &&
                        (*method == Method::get || *method == Method::head) && !path->starts_with("/api/");
      if (page) {
        response = static_file(options_.static_directory, *path, request.header("accept-encoding"));
      } else if (!route && !match.allowed.empty()) {
        response = problem({Fault::invalid, "http.method", "allowed: " + match.allowed}, request.request_id);
        response.status = 405;
        response.headers.emplace_back("Allow", match.allowed);
      } else if (!route) {
        response =
            problem({Fault::not_found, "http.no_such_path", "there is nothing at this path"}, request.request_id);
      } else if (const auto length = head.content_length(); length && *length > route->body_limit) {
        response = problem(
            {Fault::too_large, "http.body_limit", "the body may have " + std::to_string(route->body_limit) + " bytes"},
            request.request_id);
      } else {
        auto admitted = co_await in_pool<result<void>>(c, [&] { return route->guard(request); });
        if (!admitted) {
          response = problem(admitted.error(), request.request_id);
        } else {
          const auto read = co_await read_body(c, head, *route, request);
          if (!read) {
            if (read.error().fault == Fault::internal) co_return false;  // the client has gone
            response = problem(read.error(), request.request_id);
          } else {
            body_unread = false;
            response = co_await handled(c, *route, request);
          }
        }
      }
      if (body_unread && !head.content_length() && !head.chunked()) body_unread = false;
      if (const auto length = head.content_length(); body_unread && length && *length == 0) body_unread = false;
    }
    response.headers.emplace_back("X-Request-Id", request.request_id);
    const int status = response.status;
    // A body that nobody reads cannot be stepped over: the connection ends after the answer.
    const bool stay = keep_alive && !body_unread;
    const bool sent = co_await answer(c, std::move(response), is_head, stay, version, request);
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    took_->Observe(seconds);
    metrics::counter("jindu_http_requests_total", "Requests by status",
                     {{"listener", options_.name}, {"status", std::to_string(status)}})
        .Increment();
    log::info("http.request",
              {{"listener", options_.name},
               {"request_id", request.request_id},
               {"route", route ? std::string_view(route->path) : std::string_view("-")},
               {"method", std::string_view(head.get().method_string().data(),
                                           std::min<std::size_t>(head.get().method_string().size(), 16))},
               {"status", status},
               {"ms", static_cast<std::int64_t>(seconds * 1000)}});
    co_return sent&& stay;
  }

  awaitable<Response> handled(Connection& c, const Route& route, Request& request) {
    auto outcome = co_await in_pool<result<Response>>(c, [&]() -> result<Response> { return route.handler(request); });
    if (outcome) co_return std::move(*outcome);
    if (outcome.error().fault == Fault::internal || outcome.error().code.starts_with("storage."))
      log::error("http.handler_failed", {{"request_id", request.request_id},
                                         {"route", route.path},
                                         {"code", outcome.error().code},
                                         {"detail", outcome.error().detail}});
    co_return problem(outcome.error(), request.request_id);
  }

  // Runs on a worker thread, for as long as it takes; exceptions become answers.
  template <class T, class F>
  awaitable<T> in_pool(Connection& c, F work) {
    if (waiting_ >= options_.limits.waiting_requests)
      co_return Error{Fault::unavailable, "http.busy", "too many requests are waiting"};
    ++waiting_;
    std::optional<T> outcome;
    c.wire.never_expires();
    co_await asio::post(asio::bind_executor(pool_, kToken));
    // From here on a pool thread runs the coroutine, until it is posted back to its own strand below.
    try {
      outcome.emplace(work());
    } catch (const ErrorException& e) {
      outcome.emplace(e.error);
    } catch (const std::exception& e) {
      outcome.emplace(Error{Fault::internal, "internal", e.what()});
    }
    --waiting_;
    co_await asio::post(kToken);
    co_return std::move(*outcome);
  }

  awaitable<result<void>> read_body(Connection& c, bhttp::request_parser<bhttp::empty_body>& head, const Route& route,
                                    Request& request) {
    if (head.is_done()) co_return result<void>{};
    Code code;
    c.wire.expires_after(options_.limits.body_idle_timeout);
    if (request.header("expect") == "100-continue") {
      const auto go_on = bytes_of("HTTP/1.1 100 Continue\r\n\r\n");
      co_await c.wire.write(go_on, {}, code);
    }
    if (const auto length = head.content_length()) co_return co_await read_sized(c, *length, request);
    co_return co_await read_chunks(c, head, route, request);
  }

  // A body whose length is known needs no parser: it is heard where it is to stay.
  awaitable<result<void>> read_sized(Connection& c, std::uint64_t length, Request& request) {
    auto& body = request.body;
    body.reserve(length);
    const auto heard = static_cast<const std::uint8_t*>(c.buffer.data().data());
    body.assign(heard, heard + std::min<std::uint64_t>(c.buffer.size(), length));
    c.buffer.consume(body.size());
    const auto started = std::chrono::steady_clock::now();
    while (body.size() < length) {
      const auto got = body.size();
      body.resize(std::min<std::uint64_t>(got + kHeardAtOnce, length));
      const auto into = asio::buffer(body.data() + got, body.size() - got);
      Code code;
      c.wire.expires_after(options_.limits.body_idle_timeout);
      const auto count = co_await c.wire.read_some(into, code);
      if (code) co_return Error{Fault::internal, "http.gone", code.message()};
      body.resize(got + count);
      if (auto soon = in_time(started, body.size()); !soon) co_return soon;
    }
    co_return result<void>{};
  }

  awaitable<result<void>> read_chunks(Connection& c, bhttp::request_parser<bhttp::empty_body>& head, const Route& route,
                                      Request& request) {
    bhttp::request_parser<bhttp::vector_body<std::uint8_t>> parser(std::move(head));
    parser.body_limit(route.body_limit);
    parser.eager(true);  // takes all it is given, also several chunks
    const auto started = std::chrono::steady_clock::now();
    std::uint64_t got = 0;
    for (;;) {
      Code code;
      const auto count = parser.put(c.buffer.data(), code);
      c.buffer.consume(count);
      got += count;
      if (code == bhttp::error::body_limit)
        co_return Error{Fault::too_large, "http.body_limit",
                        "the body may have " + std::to_string(route.body_limit) + " bytes"};
      if (auto soon = in_time(started, got); !soon) co_return soon;
      if (parser.is_done()) break;
      if (!code || code == bhttp::error::need_more) {
        c.wire.expires_after(options_.limits.body_idle_timeout);
        co_await c.hear(kHeardAtOnce, code);
      }
      if (code) co_return Error{Fault::internal, "http.gone", code.message()};
    }
    request.body = std::move(parser.get().body());
    co_return result<void>{};
  }

  result<void> in_time(std::chrono::steady_clock::time_point started, std::uint64_t got) const {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started).count();
    if (seconds > 30 && got / static_cast<std::uint64_t>(seconds) < options_.limits.body_bytes_per_second)
      return Error{Fault::limited, "http.too_slow", "the body arrives too slowly"};
    return {};
  }

  awaitable<bool> answer(Connection& c, Response response, bool is_head, bool keep_alive, unsigned version,
                         const Request& request) {
    bhttp::response<bhttp::empty_body> head;
    head.version(version);
    head.result(static_cast<unsigned>(response.status));
    head.keep_alive(keep_alive);
    for (const auto& [name, value] : options_.headers) head.set(name, value);
    for (const auto& [name, value] : response.headers)
      if (name == "Set-Cookie")
        head.insert(name, value);
      else
        head.set(name, value);
    if (request.path.starts_with("/api/") && head.find(bhttp::field::cache_control) == head.end())
      head.set(bhttp::field::cache_control, "no-store");

    struct Descriptor {
      int number = -1;
      ~Descriptor() {
        if (number >= 0) ::close(number);
      }
    } file;
    std::uint64_t offset = 0, length = 0;
    BytesView memory;
    if (const auto* text = std::get_if<std::string>(&response.body)) {
      memory = bytes_of(*text);
      length = memory.size();
    } else if (const auto* bytes = std::get_if<Bytes>(&response.body)) {
      memory = *bytes;
      length = memory.size();
    } else {
      const auto& body = std::get<FileBody>(response.body);
      file.number = ::open(body.path.c_str(), O_RDONLY | O_CLOEXEC);
      struct stat info {};
      if (file.number < 0 || ::fstat(file.number, &info) != 0 || !S_ISREG(info.st_mode)) {
        Response missing =
            problem({Fault::not_found, "http.no_such_file", "the file is not there"}, request.request_id);
        co_return co_await answer(c, std::move(missing), is_head, keep_alive, version, request);
      }
      length = static_cast<std::uint64_t>(info.st_size);
      const std::string etag =
          '"' +
          (body.etag.empty() ? std::to_string(info.st_size) + "-" + std::to_string(info.st_mtim.tv_sec) + "-" +
                                   std::to_string(info.st_mtim.tv_nsec)
                             : body.etag) +
          '"';
      head.set(bhttp::field::etag, etag);
      head.set(bhttp::field::accept_ranges, "bytes");
      if (request.header("if-none-match") == etag) {
        head.result(304u);
        length = 0;
      } else if (const auto range = parse_range(request.header("range"), length); range.asked) {
        if (!range.satisfiable) {
          head.result(416u);
          head.set(bhttp::field::content_range, "bytes */" + std::to_string(length));
          length = 0;
        } else {
          head.result(206u);
          head.set(bhttp::field::content_range, "bytes " + std::to_string(range.first) + "-" +
                                                    std::to_string(range.last) + "/" + std::to_string(length));
          offset = range.first;
          length = range.last - range.first + 1;
        }
      }
    }
    const bool bodiless = response.status == 204 || head.result_int() == 304;
    if (!bodiless) head.content_length(length);
    const bool with_body = length > 0 && !bodiless && !is_head;
    std::string header = text_of(head);
    Code code;
    if (!with_body || (file.number < 0 && length <= kSentTogether)) {
      // A small body leaves with its header, as one record of TLS by one call.
      if (with_body) header.append(memory.begin(), memory.end());
      memory = {};
      length = 0;
    }
    // In pieces, so that a slow but living client gets its time for each.
    Bytes read(file.number < 0 ? 0 : std::min<std::uint64_t>(length, kPiece));
    for (BytesView before = bytes_of(header); !before.empty() || length > 0; before = {}) {
      BytesView piece = memory.first(std::min<std::size_t>(memory.size(), kPiece));
      memory = memory.subspan(piece.size());
      if (!read.empty()) {
        const auto count =
            ::pread(file.number, read.data(), std::min<std::uint64_t>(read.size(), length), static_cast<off_t>(offset));
        if (count <= 0) co_return false;
        piece = BytesView(read).first(static_cast<std::size_t>(count));
        offset += piece.size();
      }
      c.wire.expires_after(std::chrono::seconds(30));
      co_await c.wire.write(before, piece, code);
      if (code) co_return false;
      length -= piece.size();
    }
    co_return true;
  }

  // What connections use stands before io_: its destructor ends those that are left.
  ServerOptions options_;
  Router router_;
  std::shared_ptr<ssl_ctx_st> tls_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopped_ = false;
  std::atomic<int> busy_ = 0;
  std::atomic<std::size_t> waiting_ = 0;
  std::mutex mutex_;
  std::size_t connections_ = 0;
  std::unordered_map<std::string, std::size_t> by_address_;
  prometheus::Gauge* open_;
  prometheus::Histogram* took_;
  asio::io_context io_;
  tcp::acceptor acceptor_;
  asio::steady_timer accept_pause_{io_};
  asio::thread_pool pool_;
  std::vector<std::thread> threads_;
};

}  // namespace

result<std::unique_ptr<Server>> Server::start(ServerOptions options, std::vector<Route> routes) {
  auto server = std::make_unique<ServerImpl>(std::move(options), std::move(routes));
  if (auto ok = server->listen(); !ok) return ok.error();
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace jindu::http
