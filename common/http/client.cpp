#include "common/http/client.hpp"

#include <curl/curl.h>

#include <array>
#include <atomic>
#include <map>
#include <mutex>

#include "common/crypto/tls.hpp"
#include "common/runtime/files.hpp"
#include "common/runtime/silence.hpp"

namespace jindu::http {
namespace {

void start_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

struct Received {
  CURL* handle;
  Bytes body;
  std::size_t limit;
  bool too_large = false;
};

std::size_t receive(char* data, std::size_t, std::size_t count, void* user) {
  auto& received = *static_cast<Received*>(user);
  if (received.body.size() + count > received.limit) {
    received.too_large = true;
    return 0;
  }
  if (received.body.empty()) {
    curl_off_t length = 0;
    if (curl_easy_getinfo(received.handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length) == CURLE_OK && length > 0)
      received.body.reserve(std::min(static_cast<std::size_t>(length), received.limit));
  }
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(data);
  received.body.insert(received.body.end(), bytes, bytes + count);
  return count;
}

}  // namespace

struct Client::State {
  ClientOptions options;
  CURL* handle = nullptr;
  std::string passphrase = {};
  std::optional<Error> broken = {};  // by its configuration
  std::array<char, CURL_ERROR_SIZE> said = {};
  std::atomic<bool> cancelled = false;
  std::map<std::string, std::string> headers = {{"X-Requested-With", "jindu"}};

  ~State() { curl_easy_cleanup(handle); }

  static CURLcode prepare_tls(CURL*, void* ssl_context, void* user) {
    crypto::expect_peer(ssl_context, &static_cast<State*>(user)->options.expected_peer);
    return CURLE_OK;
  }
  static int opened(void*, curl_socket_t socket, curlsocktype) {
    end_when_silent(socket);
    return CURL_SOCKOPT_OK;
  }
  static int progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<State*>(user)->cancelled ? 1 : 0;
  }
};

Client::Client(ClientOptions options) : state_(new State) {
  start_curl();
  state_->options = std::move(options);
  const auto& o = state_->options;
  if (!o.private_key_passphrase_file.empty()) {
    auto text = files::read_text(o.private_key_passphrase_file, 4096);
    if (text) {
      while (text->ends_with('\n')) text->pop_back();
      state_->passphrase = *text;
    } else {
      state_->broken = text.error();
    }
  }
  CURL* h = state_->handle = curl_easy_init();
  curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(h, CURLOPT_ERRORBUFFER, state_->said.data());
  curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "https,http");
  curl_easy_setopt(h, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(h, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  curl_easy_setopt(h, CURLOPT_CAINFO, o.ca_file.c_str());
  if (!o.crl_file.empty()) curl_easy_setopt(h, CURLOPT_CRLFILE, o.crl_file.c_str());
  if (!o.certificate_file.empty()) {
    curl_easy_setopt(h, CURLOPT_SSLCERT, o.certificate_file.c_str());
    curl_easy_setopt(h, CURLOPT_SSLKEY, o.private_key_file.c_str());
    if (!state_->passphrase.empty()) curl_easy_setopt(h, CURLOPT_KEYPASSWD, state_->passphrase.c_str());
  }
  curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(o.connect_timeout.count()));
  curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, static_cast<long>(o.idle_timeout.count() / 1000));
  curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, &State::progress);
  curl_easy_setopt(h, CURLOPT_XFERINFODATA, state_.get());
  curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, &receive);
  curl_easy_setopt(h, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(h, CURLOPT_SOCKOPTFUNCTION, &State::opened);
  if (o.keeps_cookies) curl_easy_setopt(h, CURLOPT_COOKIEFILE, "");
  if (!o.expected_peer.name.empty()) {
    curl_easy_setopt(h, CURLOPT_SSL_CTX_FUNCTION, &State::prepare_tls);
    curl_easy_setopt(h, CURLOPT_SSL_CTX_DATA, state_.get());
  }
}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

void Client::set_header(const std::string& name, const std::string& value) {
  if (value.empty())
    state_->headers.erase(name);
  else
    state_->headers[name] = value;
}

void Client::cancel() { state_->cancelled = true; }

result<Answer> Client::send(std::string_view method, std::string_view path, BytesView body,
                            std::string_view content_type, std::chrono::milliseconds timeout) {
  if (state_->broken) return *state_->broken;
  CURL* h = state_->handle;
  const std::string url = state_->options.base_url + std::string(path);
  const std::string verb(method);
  curl_slist* headers = nullptr;
  headers = curl_slist_append(headers, ("Content-Type: " + std::string(content_type)).c_str());
  headers = curl_slist_append(headers, "Expect:");
  for (const auto& [name, value] : state_->headers) {
    std::string line = name;
    line.append(": ").append(value);
    headers = curl_slist_append(headers, line.c_str());
  }
  const std::unique_ptr<curl_slist, void (*)(curl_slist*)> owned(headers, curl_slist_free_all);
  Received received{h, {}, state_->options.answer_limit};
  curl_easy_setopt(h, CURLOPT_URL, url.c_str());
  curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(h, CURLOPT_WRITEDATA, &received);
  if (verb == "GET") {
    curl_easy_setopt(h, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, nullptr);
  } else {
    curl_easy_setopt(h, CURLOPT_POST, 1L);
    curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(h, CURLOPT_POSTFIELDS, body.empty() ? "" : reinterpret_cast<const char*>(body.data()));
    curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, verb.c_str());
  }
  state_->said[0] = '\0';
  const CURLcode code = curl_easy_perform(h);
  if (received.too_large) return Error{Fault::too_large, "http.too_large", "the answer is larger than expected"};
  if (code != CURLE_OK) {
    // By TLS 1.3 a server says only after the handshake that it does not trust a client.
    const std::string_view said = state_->said.data();
    if (code == CURLE_RECV_ERROR && said.find("alert") != said.npos)
      return Error{Fault::unavailable, "http.tls", std::string(said)};
    const char* name = code == CURLE_OPERATION_TIMEDOUT ? "http.timeout"
                       : code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR ||
                               code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CRL_BADFILE
                           ? "http.tls"
                           : "http.unreachable";
    return Error{Fault::unavailable, name, curl_easy_strerror(code)};
  }
  long status = 0;
  curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
  char* type = nullptr;
  curl_easy_getinfo(h, CURLINFO_CONTENT_TYPE, &type);
  return Answer{static_cast<int>(status), type == nullptr ? "" : type, std::move(received.body)};
}

}  // namespace jindu::http
