#include <algorithm>
#include <mutex>
#include <set>

#include "common/exchange/codec/batch.hpp"
#include "common/runtime/ids.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/worker.hpp"
#include "exchange-gateway/api/unit_api.hpp"
#include "exchange-gateway/carriers/batch.hpp"
#include "exchange-gateway/carriers/carrier.hpp"

namespace jindu::gateway {
namespace {

using std::chrono::milliseconds;
constexpr std::size_t kBatchMax = 24 * 1024 * 1024;  // 4 MiB, or one bundle that is larger
constexpr int kPollSeconds = 20;
constexpr int kLanes = 3;
// The first lane carries no attachments (docs/formats.md, "Bundle": priority): what is urgent never waits for one of
// them to be through.
constexpr std::string_view kUrgentLane = "0", kPatientLane = "2";
constexpr std::int64_t kUrgent = 2;

// The last one goes by age, so that urgent traffic that never ends does not keep attachments waiting for ever.
store::Choice choice_of(std::string_view lane) {
  return {lane == kUrgentLane ? kUrgent : store::kPriorityLast, lane == kPatientLane};
}
// A slow line may need long for a large bundle; one on which nothing moves at all is given up far sooner.
constexpr milliseconds kTransferMax{30 * 60'000};

// What the outer unit has given to each lane of the inner one. A lane asks for more only when it is done with what it
// had, in whatever way: what it has not told of by then was lost on the way, and is free again.
class Lanes {
 public:
  explicit Lanes(Unit& unit) : unit_(unit) {}

  struct Turn {
    std::string lane;
    std::uint64_t number = 0;
  };

  // A lane asks. When the other side begins anew, what its predecessor had under way is free again, too.
  Turn begins(std::string_view session, std::string_view lane) {
    const std::lock_guard lock(mutex_);
    if (session_ != session) {
      unit_.forget_leases();
      lanes_.clear();
      session_ = session;
    }
    auto& own = lanes_[std::string(lane)];
    unit_.came_back(own.given);
    own.given.clear();
    // Never the same number again, whoever has begun anew meanwhile.
    return {std::string(lane), own.turn = ++turns_};
  }

  // Nothing for a request that its lane has given up and repeated meanwhile: its answer would go nowhere.
  result<std::vector<Unit::Load>> load(const Turn& turn) {
    const std::lock_guard lock(mutex_);
    auto& own = lanes_[turn.lane];
    if (own.turn != turn.number) return std::vector<Unit::Load>{};
    auto loads = unit_.load(kLoadBundles, kLoadBytes, choice_of(turn.lane));
    if (loads)
      for (const auto& one : *loads) own.given.push_back(one.id);
    return loads;
  }
  bool is_over(const Turn& turn) {
    const std::lock_guard lock(mutex_);
    return lanes_[turn.lane].turn != turn.number;
  }

  void told(std::string_view lane, const std::vector<Custody>& custody) {
    const std::lock_guard lock(mutex_);
    auto& given = lanes_[std::string(lane)].given;
    for (const auto& one : custody) std::erase(given, one.id);
  }

 private:
  struct Lane {
    std::uint64_t turn = 0;
    std::vector<std::string> given;
  };
  Unit& unit_;
  std::mutex mutex_;
  std::string session_;
  std::uint64_t turns_ = 0;
  std::map<std::string, Lane> lanes_;
};

// "0" to "9", or nothing.
result<std::string> lane_in(const http::Request& request) {
  const std::string lane(request.query_value("lane"));
  if (lane.empty() || (lane.size() == 1 && lane[0] >= '0' && lane[0] <= '9')) return lane;
  return Error{Fault::invalid, "link.lane", "a lane is one digit", "lane"};
}

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
      lanes_.push_back(std::make_unique<Lane>(outer, std::to_string(i)));
      auto& lane = *lanes_.back();
      lane.pull = part("link-pull", [this, &lane] { return tell(pull(lane.pull_client, lane.name)); });
      lane.push = part("link-push", [this, &lane] { return tell(push(lane.push_client, lane.name)); });
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
  // Several of each: while one waits for the other side's disk, the next is on its way. Order does not depend on it.
  struct Lane {
    Lane(const http::ClientOptions& outer, std::string number)
        : name(std::move(number)), pull_client(outer), push_client(outer) {}
    const std::string name;
    http::Client pull_client, push_client;
    std::unique_ptr<Worker> pull, push;
  };

  std::unique_ptr<Worker> part(const char* name, std::function<milliseconds()> work) {
    return std::make_unique<Worker>(name, std::move(work), [this, name] { unit_.carrier_failed(name); });
  }

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
  result<void> pull(http::Client& client, const std::string& lane) {
    if (stopped_) return {};
    auto answer = client.send(
        "GET", "/link/v1/batch?session=" + session_ + "&lane=" + lane + "&wait=" + std::to_string(kPollSeconds), {},
        "application/octet-stream", kTransferMax);
    if (!answer) return answer.error();
    if (auto ok = answer->succeeded(); !ok) return ok;
    auto bundles = exchange::parts_of_batch(answer->body);
    if (!bundles) return bundles.error();
    if (bundles->empty()) return unit_.heard_from_peer();
    const auto custody = unit_.take_from_carrier(*bundles);
    auto told = client.send("POST", "/link/v1/custody?lane=" + lane,
                            encode_custody(custody, unit_.peer_reads_together()), "application/octet-stream");
    if (!told) return told.error();
    return told->succeeded();
  }

  result<void> push(http::Client& client, const std::string& lane) {
    if (stopped_) return {};
    const auto seen = unit_.for_carrier().count();
    if (up_) unit_.link_is_up();
    auto loads = unit_.load(kLoadBundles, kLoadBytes, choice_of(lane));
    if (!loads) return loads.error();
    if (loads->empty()) {
      unit_.for_carrier().wait(seen, milliseconds(1'000));
      return up_ ? result<void>() : unit_.for_carrier().closed() ? result<void>() : probe(client);
    }
    const auto batch = batch_of(*loads);
    // Not kept beside it while a slow line takes it.
    for (auto& one : *loads) one.bundle = Bytes();
    auto custody = push_batch(client, batch);
    if (!custody) {
      std::vector<std::string> ids;
      for (const auto& one : *loads) ids.push_back(one.id);
      unit_.came_back(ids);
      return custody.error();
    }
    name_unreadable(*loads, *custody);
    return unit_.carried(*custody);
  }

  // What is damaged so much that the other side cannot tell which it was comes again soon, not when its lease is over.
  static void name_unreadable(const std::vector<Unit::Load>& loads, std::vector<Custody>& custody) {
    std::set<std::string_view> named;
    for (const auto& one : custody) named.insert(one.id);
    std::vector<Custody> unreadable;
    for (const auto& one : loads)
      if (!named.contains(one.id))
        unreadable.push_back(
            {one.id, {}, Error{Fault::integrity, "link.unreadable", "the other side could not read which it was"}});
    std::move(unreadable.begin(), unreadable.end(), std::back_inserter(custody));
  }

  // Nothing to push says nothing about the link.
  result<void> probe(http::Client& client) {
    auto answer = client.send("GET", "/link/v1/batch?session=" + session_ + "&wait=0&limit=0");
    if (!answer) return answer.error();
    return answer->succeeded();
  }

  result<std::vector<Custody>> push_batch(http::Client& client, BytesView batch) {
    auto answer = client.send("PUT", "/link/v1/batch", batch, "application/octet-stream", kTransferMax);
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
  const auto peer = only_node(unit, unit.options().peer);
  std::vector<http::Route> routes;
  const auto lanes = std::make_shared<Lanes>(unit);
  routes.push_back({Method::get, "/link/v1/batch", peer, 0, [&unit, lanes](Request& request) -> result<Response> {
                      const bool wait = request.query_value("wait") != "0";
                      const auto until =
                          std::chrono::steady_clock::now() + std::chrono::seconds(wait ? kPollSeconds : 0);
                      const auto lane = lane_in(request);
                      if (!lane) return lane.error();
                      if (auto ok = unit.heard_from_peer(); !ok) return ok.error();
                      if (request.query_value("limit") == "0") return Response::bytes({}, "application/octet-stream");
                      const auto turn = lanes->begins(request.query_value("session"), *lane);
                      for (;;) {
                        const auto seen = unit.for_carrier().count();
                        unit.link_is_up();
                        auto loads = lanes->load(turn);
                        if (!loads) return loads.error();
                        const auto left =
                            std::chrono::duration_cast<milliseconds>(until - std::chrono::steady_clock::now());
                        if (!loads->empty() || left.count() <= 0 || unit.for_carrier().closed() || lanes->is_over(turn))
                          return Response::bytes(batch_of(*loads), "application/octet-stream");
                        // Not longer than a second: what was put off comes due without news.
                        unit.for_carrier().wait(seen, std::min(left, milliseconds(1'000)));
                      }
                    }});
  routes.push_back(
      {Method::post, "/link/v1/custody", peer, 4 * 1024 * 1024, [&unit, lanes](Request& request) -> result<Response> {
         const auto lane = lane_in(request);
         if (!lane) return lane.error();
         auto custody = custody_from(request.body);
         if (!custody) return custody.error();
         if (auto ok = unit.carried(*custody); !ok) return ok.error();
         lanes->told(*lane, *custody);
         return Response::empty();
       }});
  routes.push_back({Method::put, "/link/v1/batch", peer, kBatchMax, [&unit](Request& request) -> result<Response> {
                      auto bundles = exchange::parts_of_batch(request.body);
                      if (!bundles) return bundles.error();
                      const auto custody = unit.take_from_carrier(*bundles);
                      return Response::bytes(encode_custody(custody, unit.peer_reads_together()),
                                             "application/octet-stream");
                    }});
  auto server = http::Server::start(std::move(listener), std::move(routes));
  if (!server) return server.error();
  return std::unique_ptr<Carrier>(std::make_unique<LinkOuter>(std::move(*server)));
}

std::unique_ptr<Carrier> start_link_inner(Unit& unit, http::ClientOptions outer) {
  const auto& peer = unit.options().peer;
  outer.expected_peer.name = peer;
  const auto [first, last] = unit.options().nodes.equal_range(peer);
  std::transform(first, last, std::back_inserter(outer.expected_peer.keys),
                 [](const auto& node) { return node.second.key_id(); });
  return std::make_unique<LinkInner>(unit, outer);
}

}  // namespace jindu::gateway
