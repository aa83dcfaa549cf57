#include <boost/json/serialize.hpp>

#include <mutex>

#include "common/runtime/ids.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/worker.hpp"
#include "exchange-gateway/api/unit_api.hpp"
#include "exchange-gateway/carriers/batch.hpp"
#include "exchange-gateway/carriers/carrier.hpp"

namespace jindu::gateway {
namespace {

using std::chrono::milliseconds;
constexpr std::int64_t kAtOnce = 256;
constexpr std::size_t kBatchBytes = 4 * 1024 * 1024;
constexpr std::size_t kBatchMax = 40 * 1024 * 1024;  // one large bundle and what stands before it
constexpr int kPollSeconds = 20;
constexpr int kLanes = 2;

class LinkOuter final : public Carrier {
 public:
  explicit LinkOuter(std::unique_ptr<http::Server> server) : server_(std::move(server)) {}
  void stop() override { server_->stop(std::chrono::seconds(5)); }

 private:
  std::unique_ptr<http::Server> server_;
};

class LinkInner final : public Carrier {
 public:
  LinkInner(Unit& unit, const http::ClientOptions& outer) : unit_(unit), session_(random_code(16)) {
    for (int i = 0; i < kLanes; ++i) {
      lanes_.push_back(std::make_unique<Lane>(outer));
      auto& lane = *lanes_.back();
      lane.pull = std::make_unique<Worker>("link-pull", [this, &lane] { return tell(pull(lane.pull_client)); });
      lane.push = std::make_unique<Worker>("link-push", [this, &lane] { return tell(push(lane.push_client)); });
    }
  }
  ~LinkInner() override { stop(); }

  void stop() override {
    stopped_ = true;
    for (auto& lane : lanes_) {
      lane->pull_client.cancel();
      lane->push_client.cancel();
    }
    unit_.for_carrier().close();
    for (auto& lane : lanes_) {
      lane->pull->stop();
      lane->push->stop();
    }
  }

 private:
  // Two of each: while one waits for the other side's disk, the next is on its way. Order does not depend on it.
  struct Lane {
    explicit Lane(const http::ClientOptions& outer) : pull_client(outer), push_client(outer) {}
    http::Client pull_client, push_client;
    std::unique_ptr<Worker> pull, push;
  };

  // Says in the log when the link goes down or comes up.
  milliseconds tell(const result<void>& ok) {
    if (stopped_) return milliseconds(0);
    const bool up = ok.has_value();
    if (up_.exchange(up) != up) {
      if (up)
        log::info("link.up");
      else
        log::warn("link.down", log::of(ok.error()));
    }
    return up ? milliseconds(0) : milliseconds(500);
  }

  // Fetches what the outer unit has for us, takes it, and says so with receipts.
  result<void> pull(http::Client& client) {
    if (stopped_) return {};
    auto answer = client.send("GET", "/link/v1/batch?session=" + session_ + "&wait=" + std::to_string(kPollSeconds), {},
                              "application/octet-stream", milliseconds(60'000));
    if (!answer) return answer.error();
    if (auto ok = answer->succeeded(); !ok) return ok;
    auto bundles = unframe(answer->body);
    if (!bundles) return bundles.error();
    if (bundles->empty()) return unit_.heard_from_peer();
    const auto body = boost::json::serialize(to_json(unit_.take_from_carrier(*bundles)));
    auto told = client.send("POST", "/link/v1/custody", bytes_of(body), "application/json");
    if (!told) return told.error();
    return told->succeeded();
  }

  result<void> push(http::Client& client) {
    if (stopped_) return {};
    const auto seen = unit_.for_carrier().count();
    auto loads = unit_.load(kAtOnce, kBatchBytes);
    if (!loads) return loads.error();
    if (loads->empty()) {
      unit_.for_carrier().wait(seen, milliseconds(1'000));
      return up_ ? result<void>() : unit_.for_carrier().closed() ? result<void>() : probe(client);
    }
    auto custody = push_batch(client, *loads);
    if (!custody) {
      unit_.came_back(*loads);
      return custody.error();
    }
    for (const auto& one : *custody)
      if (one.error) log::warn("link.not_taken", {{"bundle", one.id}, {"code", one.error->code}});
    return unit_.carried(*custody);
  }

  // Nothing to push says nothing about the link.
  result<void> probe(http::Client& client) {
    auto answer = client.send("GET", "/link/v1/batch?session=" + session_ + "&wait=0&limit=0");
    if (!answer) return answer.error();
    return answer->succeeded();
  }

  result<std::vector<Custody>> push_batch(http::Client& client, const std::vector<Unit::Load>& loads) {
    auto answer = client.send("PUT", "/link/v1/batch", frame(loads));
    if (!answer) return answer.error();
    if (auto ok = answer->succeeded(); !ok) return ok.error();
    return custody_from(answer->body);
  }

  Unit& unit_;
  const std::string session_;
  std::atomic<bool> stopped_ = false, up_ = false;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace

result<std::unique_ptr<Carrier>> start_link_outer(Unit& unit, http::ServerOptions listener) {
  using http::Method;
  using http::Request;
  using http::Response;
  const auto peer = only_node(unit.options().peer);
  std::vector<http::Route> routes;
  // When the other side begins anew, what its predecessor had under way is free again.
  const auto session = std::make_shared<std::pair<std::mutex, std::string>>();
  routes.push_back({Method::get, "/link/v1/batch", peer, 0, [&unit, session](Request& request) -> result<Response> {
                      const bool wait = request.query_value("wait") != "0";
                      const auto until =
                          std::chrono::steady_clock::now() + std::chrono::seconds(wait ? kPollSeconds : 0);
                      {
                        const std::lock_guard lock(session->first);
                        const std::string theirs(request.query_value("session"));
                        if (session->second != theirs) unit.forget_leases();
                        session->second = theirs;
                      }
                      if (auto ok = unit.heard_from_peer(); !ok) return ok.error();
                      if (request.query_value("limit") == "0") return Response::bytes({}, "application/octet-stream");
                      for (;;) {
                        const auto seen = unit.for_carrier().count();
                        auto loads = unit.load(kAtOnce, kBatchBytes);
                        if (!loads) return loads.error();
                        const auto left =
                            std::chrono::duration_cast<milliseconds>(until - std::chrono::steady_clock::now());
                        if (!loads->empty() || left.count() <= 0 || unit.for_carrier().closed())
                          return Response::bytes(frame(*loads), "application/octet-stream");
                        // Not longer than a second: what was put off comes due without news.
                        unit.for_carrier().wait(seen, std::min(left, milliseconds(1'000)));
                      }
                    }});
  routes.push_back(
      {Method::post, "/link/v1/custody", peer, 4 * 1024 * 1024, [&unit](Request& request) -> result<Response> {
         auto custody = custody_from(request.body);
         if (!custody) return custody.error();
         if (auto ok = unit.carried(*custody); !ok) return ok.error();
         return Response::empty();
       }});
  routes.push_back({Method::put, "/link/v1/batch", peer, kBatchMax, [&unit](Request& request) -> result<Response> {
                      auto bundles = unframe(request.body);
                      if (!bundles) return bundles.error();
                      return Response::json(to_json(unit.take_from_carrier(*bundles)));
                    }});
  auto server = http::Server::start(std::move(listener), std::move(routes));
  if (!server) return server.error();
  return std::unique_ptr<Carrier>(std::make_unique<LinkOuter>(std::move(*server)));
}

std::unique_ptr<Carrier> start_link_inner(Unit& unit, http::ClientOptions outer) {
  outer.expected_peer = unit.options().peer;
  return std::make_unique<LinkInner>(unit, outer);
}

}  // namespace jindu::gateway
