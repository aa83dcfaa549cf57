// Stands in the place of common/http/server.cpp: the same table of routes, asked over the simulated network.
#include "common/http/router.hpp"
#include "common/http/server.hpp"
#include "tests/sim/network/network.hpp"

namespace jindu::http {
namespace {

using namespace jindu::sim;

Response answer(const Router& router, Request& request, const std::string& target) {
  const auto match = router.find(request.method, target);
  if (match.route == nullptr) return problem({Fault::not_found, "http.no_such_path", target}, "");
  request.parameters = match.parameters;
  if (auto ok = match.route->guard(request); !ok) return problem(ok.error(), "");
  if (request.body.size() > match.route->body_limit)
    return problem({Fault::too_large, "http.body_limit", "the body is too large"}, "");
  try {
    auto response = match.route->handler(request);
    return response ? std::move(*response) : problem(response.error(), "");
  } catch (const ErrorException& e) {
    return problem(e.error, "");
  } catch (const std::exception& e) {
    return problem({Fault::internal, "http.internal", e.what()}, "");
  }
}

class SimulatedServer final : public Server {
 public:
  SimulatedServer(const ServerOptions& options, std::vector<Route> routes)
      : place_(options.address + ":" + std::to_string(options.port)),
        port_(options.port),
        router_(std::make_shared<Router>(std::move(routes))) {
    auto& network = Network::active();
    auto* process = network.kernel().current();
    auto work = std::make_shared<std::function<Response(Request&, const std::string&)>>(
        [this, router = router_](Request& request, const std::string& target) {
          ++busy_;
          auto response = answer(*router, request, target);
          if (--busy_ == 0) Network::active().kernel().wake(&busy_, true);
          return response;
        });
    network.listeners[place_] = {process, process->starts, std::move(work)};
  }
  ~SimulatedServer() override { stop(std::chrono::seconds(0)); }
  std::uint16_t port() const override { return port_; }
  void stop(std::chrono::seconds) override {
    auto& network = Network::active();
    network.listeners.erase(place_);
    while (busy_ > 0) network.kernel().park(&busy_);
  }

 private:
  std::string place_;
  std::uint16_t port_;
  std::shared_ptr<Router> router_;
  int busy_ = 0;
};

}  // namespace

result<std::unique_ptr<Server>> Server::start(ServerOptions options, std::vector<Route> routes) {
  return std::unique_ptr<Server>(std::make_unique<SimulatedServer>(options, std::move(routes)));
}

}  // namespace jindu::http
