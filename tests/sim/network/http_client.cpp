// Stands in the place of common/http/client.cpp: the same interface over the simulated network.
#include "common/http/client.hpp"

#include "common/http/router.hpp"
#include "tests/sim/network/network.hpp"

namespace jindu::http {

using namespace jindu::sim;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

struct Client::State {
  ClientOptions options;
  bool cancelled = false;
  const void* waits_for = nullptr;
};

namespace {

// One request under way; shared by the fiber that asks and the fibers that answer.
struct Call {
  std::optional<result<Answer>> outcome;
  Kernel* kernel = nullptr;
  void end(result<Answer> with) {
    if (!outcome) outcome.emplace(std::move(with));
    kernel->wake(this, true);
  }
};

Error unreachable() { return {Fault::unavailable, "http.unreachable", "nobody answers"}; }

Method method_of(std::string_view verb) {
  return verb == "GET"      ? Method::get
         : verb == "PUT"    ? Method::put
         : verb == "POST"   ? Method::post
         : verb == "DELETE" ? Method::del
                            : Method::patch;
}

Answer answer_of(Response response) {
  Answer answer{response.status, "", {}};
  for (const auto& [name, value] : response.headers)
    if (name == "Content-Type") answer.content_type = value;
  if (const auto* text = std::get_if<std::string>(&response.body))
    answer.body.assign(text->begin(), text->end());
  else if (auto* bytes = std::get_if<Bytes>(&response.body))
    answer.body = std::move(*bytes);
  return answer;
}

void damage(Network& network, Bytes& body, bool is_bundles) {
  auto& random = network.kernel().random();
  if (!is_bundles || body.empty() || !random.chance(network.faults.damaged)) return;
  network.kernel().trace("a byte of " + std::to_string(body.size()) + " is damaged on the way");
  body[random.below(body.size())] ^= static_cast<std::uint8_t>(1u << random.below(8));
}

void serve(Network& network, const std::string& place, const Network::Listener& listener, Request request,
           const std::string& target, const std::string& client, std::shared_ptr<Call> call) {
  auto& kernel = network.kernel();
  // A server that was stopped while the request was on its way has closed the connection, and what its routes stand on
  // may be gone.
  const auto listens = network.listeners.find(place);
  if (listens == network.listeners.end() || listens->second.answer != listener.answer) return call->end(unreachable());
  const auto server = listener.process->name;
  const bool bundles = request.method == Method::put && request.path.starts_with("/link/");
  damage(network, request.body, bundles);
  auto answer = answer_of((*listener.answer)(request, target));
  kernel.look(answer.body.data(), answer.body.size(), "an answer of", server);
  damage(network, answer.body,
         request.method == Method::get && request.path.starts_with("/link/") && answer.status == 200);
  network.pass(server, client);
  if (kernel.random().chance(network.faults.answer_lost) || network.cut_off(client, server)) return;
  call->end(std::move(answer));
}

}  // namespace

Client::Client(ClientOptions options) : state_(new State{std::move(options)}) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
void Client::set_header(const std::string&, const std::string&) {}

void Client::cancel() {
  state_->cancelled = true;
  if (state_->waits_for != nullptr) Kernel::active()->wake(state_->waits_for, true);
}

result<Answer> Client::send(std::string_view method, std::string_view path, BytesView body, std::string_view,
                            milliseconds timeout) {
  auto& network = Network::active();
  auto& kernel = network.kernel();
  const auto client = kernel.current()->name;
  kernel.look(path.data(), path.size(), "the address of a request of", client);
  kernel.look(body.data(), body.size(), "a request of", client);
  kernel.step("a request");
  if (state_->cancelled) return unreachable();
  const auto& options = state_->options;
  const auto place = options.base_url.substr(options.base_url.find("//") + 2);
  const auto called = network.listeners.find(place);
  const auto up = [&](const Network::Listener& l) { return l.process->alive && l.process->starts == l.start; };
  if (called == network.listeners.end() || !up(called->second)) {
    network.pass(client, client);
    return unreachable();
  }
  const auto listener = called->second;
  const auto& server = listener.process->name;
  if (!options.expected_peer.name.empty() && options.expected_peer.name != server)
    return Error{Fault::unavailable, "http.tls", "the peer is not " + options.expected_peer.name};
  if (network.cut_off(client, server)) {
    kernel.sleep(options.connect_timeout);
    return unreachable();
  }
  auto call = std::make_shared<Call>();
  call->kernel = &kernel;
  Request request;
  request.method = method_of(method);
  request.path = std::string(path.substr(0, path.find('?')));
  if (const auto at = path.find('?'); at != std::string_view::npos) request.query = parse_query(path.substr(at + 1));
  request.body.assign(body.begin(), body.end());
  request.headers["x-requested-with"] = "jindu";
  request.remote_address = client;
  if (const auto* certificate = network.certificate(options.certificate_file))
    request.client_certificate = *certificate;
  const std::string target = request.path;
  network.pass(client, server);
  const int copies = kernel.random().chance(network.faults.doubled) ? 2 : 1;
  for (int i = 0; i < copies && up(listener) && !kernel.random().chance(network.faults.request_lost); ++i)
    kernel.spawn(*listener.process, "answers " + client, [&network, place, listener, request, target, client, call] {
      serve(network, place, listener, request, target, client, call);
    });
  const auto until =
      kernel.now_ns() +
      static_cast<std::uint64_t>(std::min<milliseconds>(timeout, options.idle_timeout + milliseconds(25'000)).count()) *
          1'000'000;
  state_->waits_for = call.get();
  while (!call->outcome && !state_->cancelled && kernel.now_ns() < until) {
    // A server that is gone is noticed by the broken connection.
    if (!up(listener)) break;
    kernel.park(call.get(), std::min(nanoseconds(until - kernel.now_ns()), nanoseconds(1'000'000'000)));
  }
  state_->waits_for = nullptr;
  kernel.step("an answer");
  if (!call->outcome) {
    if (kernel.now_ns() >= until) return Error{Fault::unavailable, "http.timeout", "no answer in time"};
    return unreachable();
  }
  auto& outcome = *call->outcome;
  if (outcome && outcome->body.size() > options.answer_limit)
    return Error{Fault::too_large, "http.too_large", "the answer is larger than expected"};
  return std::move(outcome);
}

}  // namespace jindu::http
