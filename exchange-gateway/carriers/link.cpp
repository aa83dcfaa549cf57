#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "common/runtime/log.hpp"
#include "common/runtime/worker.hpp"
#include "exchange-gateway/api/unit_api.hpp"
#include "exchange-gateway/carriers/carrier.hpp"

namespace jindu::gateway {
namespace {

using std::chrono::milliseconds;
constexpr std::int64_t kAtOnce = 256;
constexpr std::size_t kBatchBytes = 4 * 1024 * 1024;
constexpr std::size_t kBatchMax = 40 * 1024 * 1024;  // one large bundle and what stands before it
constexpr int kPollSeconds = 20;

boost::json::value to_json(const std::vector<Custody>& custody) {
  boost::json::array list;
  for (const auto& one : custody) {
    boost::json::object entry{{"id", one.id}};
    if (one.error) entry["error"] = one.error->code;
    else entry["receipt"] = to_base64(one.receipt);
    list.push_back(std::move(entry));
  }
  return {{"custody", std::move(list)}};
}

result<std::vector<Custody>> custody_from(BytesView body) {
  const Error bad{Fault::invalid, "link.custody", "the list of custody is not understood"};
  boost::system::error_code code;
  const auto value = boost::json::parse(text_of(body), code);
  if (code || !value.is_object() || !value.as_object().contains("custody") || !value.at("custody").is_array()) return bad;
  std::vector<Custody> custody;
  for (const auto& entry : value.at("custody").as_array()) {
    const auto* object = entry.if_object();
    const auto* id = object ? object->if_contains("id") : nullptr;
    if (!id || !id->is_string()) return bad;
    Custody one;
    one.id = id->as_string();
    if (const auto* receipt = object->if_contains("receipt"); receipt && receipt->is_string()) {
      auto bytes = from_base64(receipt->as_string());
      if (!bytes) return bad;
      one.receipt = std::move(*bytes);
    } else {
      one.error = Error{Fault::unavailable, "link.not_taken", "the other unit did not take it"};
    }
    custody.push_back(std::move(one));
  }
  return custody;
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
  LinkInner(Unit& unit, const http::ClientOptions& outer)
      : unit_(unit), pull_client_(outer), push_client_(outer), pull_("link-pull", [this] { return guarded(&LinkInner::pull); }),
        push_("link-push", [this] { return guarded(&LinkInner::push); }) {}

  void stop() override {
    stopped_ = true;
    pull_client_.cancel();
    push_client_.cancel();
    unit_.for_carrier().close();
    pull_.stop();
    push_.stop();
  }

 private:
  milliseconds guarded(result<void> (LinkInner::*work)()) {
    if (stopped_) return milliseconds(0);
    auto ok = (this->*work)();
    const bool up = ok.has_value();
    if (up_.exchange(up) != up && !stopped_) {
      if (up) log::info("link.up");
      else log::warn("link.down", log::of(ok.error()));
    }
    return up ? milliseconds(0) : milliseconds(500);
  }

  // Fetches what the outer unit has for us, takes it, and says so with receipts.
  result<void> pull() {
    auto answer = pull_client_.send("GET", "/link/v1/batch?wait=" + std::to_string(kPollSeconds), {}, "application/octet-stream", milliseconds(60'000));
    if (!answer) return answer.error();
    if (auto ok = answer->succeeded(); !ok) return ok;
    auto bundles = unframe(answer->body);
    if (!bundles) return bundles.error();
    if (bundles->empty()) return unit_.heard_from_peer();
    const auto custody = unit_.take_from_carrier(*bundles);
    const auto body = boost::json::serialize(to_json(custody));
    auto told = pull_client_.send("POST", "/link/v1/custody", bytes_of(body), "application/json");
    if (!told) return told.error();
    if (auto ok = told->succeeded(); !ok) return ok;
    for (const auto& one : custody)
      if (one.error) return *one.error;
    return {};
  }

  result<void> push() {
    const auto seen = unit_.for_carrier().count();
    auto loads = unit_.load(kAtOnce, kBatchBytes, false);
    if (!loads) return loads.error();
    if (loads->empty()) {
      unit_.for_carrier().wait(seen, milliseconds(2'000));
      return {};
    }
    auto answer = push_client_.send("PUT", "/link/v1/batch", frame(*loads));
    if (!answer) return answer.error();
    if (auto ok = answer->succeeded(); !ok) return ok;
    auto custody = custody_from(answer->body);
    if (!custody) return custody.error();
    if (auto ok = unit_.carried(*custody); !ok) return ok;
    for (const auto& one : *custody)
      if (one.error) return *one.error;
    return {};
  }

  Unit& unit_;
  http::Client pull_client_, push_client_;
  std::atomic<bool> stopped_ = false, up_ = false;
  Worker pull_, push_;
};

}  // namespace

Bytes frame(const std::vector<Unit::Load>& loads) {
  Bytes batch;
  for (const auto& load : loads) {
    for (int shift = 24; shift >= 0; shift -= 8) batch.push_back(static_cast<std::uint8_t>(load.bundle.size() >> shift));
    batch.insert(batch.end(), load.bundle.begin(), load.bundle.end());
  }
  return batch;
}

result<std::vector<Bytes>> unframe(BytesView batch) {
  std::vector<Bytes> bundles;
  while (!batch.empty()) {
    if (batch.size() < 4) return Error{Fault::invalid, "link.frame", "a batch ends within a length"};
    const std::size_t length = std::size_t{batch[0]} << 24 | std::size_t{batch[1]} << 16 | std::size_t{batch[2]} << 8 | batch[3];
    if (batch.size() - 4 < length) return Error{Fault::invalid, "link.frame", "a batch ends within a bundle"};
    bundles.emplace_back(batch.begin() + 4, batch.begin() + 4 + static_cast<std::ptrdiff_t>(length));
    batch = batch.subspan(4 + length);
  }
  return bundles;
}

result<std::unique_ptr<Carrier>> start_link_outer(Unit& unit, http::ServerOptions listener) {
  using http::Method;
  using http::Request;
  using http::Response;
  const auto peer = only_node(unit.options().peer);
  std::vector<http::Route> routes;
  routes.push_back({Method::get, "/link/v1/batch", peer, 0, [&unit](Request& request) -> result<Response> {
                      const bool wait = request.query_value("wait") != "0";
                      const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(wait ? kPollSeconds : 0);
                      if (auto ok = unit.heard_from_peer(); !ok) return ok.error();
                      for (;;) {
                        const auto seen = unit.for_carrier().count();
                        auto loads = unit.load(kAtOnce, kBatchBytes, false);
                        if (!loads) return loads.error();
                        const auto left = std::chrono::duration_cast<milliseconds>(until - std::chrono::steady_clock::now());
                        if (!loads->empty() || left.count() <= 0) return Response::bytes(frame(*loads), "application/octet-stream");
                        const auto before = std::chrono::steady_clock::now();
                        unit.for_carrier().wait(seen, left);
                        if (unit.for_carrier().count() == seen && std::chrono::steady_clock::now() - before < left)
                          return Response::bytes({}, "application/octet-stream");
                      }
                    }});
  routes.push_back({Method::post, "/link/v1/custody", peer, 4 * 1024 * 1024, [&unit](Request& request) -> result<Response> {
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
