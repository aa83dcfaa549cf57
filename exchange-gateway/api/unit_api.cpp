#include "exchange-gateway/api/unit_api.hpp"

#include <charconv>
#include <mutex>

#include "common/exchange/codec/batch.hpp"
#include "common/runtime/files.hpp"

namespace jindu::gateway {
namespace {

constexpr std::size_t kBundlesMax = 24 * 1024 * 1024;  // 8 MiB, or one that is larger
constexpr std::int64_t kWaitMax = 25;
constexpr std::size_t kDeliveredAtOnce = 8 * 1024 * 1024;
constexpr std::size_t kReceiptsMax = 8 * 1024 * 1024;

std::int64_t number(std::string_view text, std::int64_t fallback, std::int64_t least, std::int64_t most) {
  std::int64_t value = fallback;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return std::clamp(value, least, most);
}

// Looks, and when there is nothing, waits for news and looks again.
template <class F>
auto poll(News& news, std::int64_t seconds, F look) -> decltype(look()) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  for (;;) {
    const auto seen = news.count();
    auto found = look();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (!found || !found->empty() || left.count() <= 0) return found;
    if (news.closed()) return found;  // the unit is stopping
    news.wait(seen, left);
  }
}

}  // namespace

http::Guard only_node(Unit& unit, std::string name) {
  // The one that comes with every request is read once.
  struct Last {
    std::mutex mutex;
    Bytes certificate;
  };
  return [&unit, name = std::move(name), last = std::make_shared<Last>()](http::Request& request) -> result<void> {
    if (!request.client_certificate)
      return Error{Fault::unauthorised, "unit.no_certificate", "a client certificate is required"};
    const std::lock_guard lock(last->mutex);
    if (last->certificate == *request.client_certificate) return {};
    auto certificate = crypto::Certificate::from_der(*request.client_certificate);
    if (!certificate) return certificate.error();
    if (certificate->common_name() != name)
      return Error{Fault::forbidden, "unit.not_yours", "this is the unit of another service"};
    if (!unit.knows(name, certificate->key_id()))
      return Error{Fault::forbidden, "unit.unknown_key",
                   "this is not a key by which '" + name + "' is known here; a new certificate is made known first"};
    last->certificate = *request.client_certificate;
    return {};
  };
}

std::vector<http::Route> unit_routes(Unit& unit) {
  using http::Method;
  using http::Request;
  using http::Response;
  const auto service = only_node(unit, unit.options().service);
  std::vector<http::Route> routes;
  // Bundles that follow each other. Those before the first that cannot be taken are taken; gives a receipt of each, in
  // no order.
  routes.push_back(
      {Method::put, "/unit/v1/bundles", service, kBundlesMax, [&unit](Request& request) -> result<Response> {
         auto bundles = exchange::parts_of_batch(request.body);
         if (!bundles) return bundles.error();
         auto taken = unit.take_from_service(*bundles);
         if (taken.error && taken.receipts.empty()) return *taken.error;
         return Response::bytes(exchange::encode_receipts(taken.receipts), "application/octet-stream");
       }});
  // What is to be concluded: of each, u64 its number and its bytes.
  routes.push_back({Method::get, "/unit/v1/deliveries", service, 0, [&unit](Request& request) -> result<Response> {
                      const auto after =
                          number(request.query_value("after"), 0, 0, std::numeric_limits<std::int64_t>::max());
                      const auto limit = number(request.query_value("limit"), 64, 1, 1000);
                      auto list = poll(unit.for_service(), number(request.query_value("wait"), 0, 0, kWaitMax),
                                       [&] { return unit.deliver(after, limit, kDeliveredAtOnce); });
                      if (!list) return list.error();
                      auto batch = exchange::batch_of(*list, [](const Unit::Given& given) {
                        return exchange::Numbered{static_cast<std::uint64_t>(given.number), given.bundle};
                      });
                      return Response::bytes(std::move(batch), "application/octet-stream");
                    }});
  // Receipts of what was concluded. Those that were not taken are named by their place, as they are read.
  routes.push_back(
      {Method::post, "/unit/v1/receipts", service, kReceiptsMax, [&unit](Request& request) -> result<Response> {
         const auto receipts = exchange::open_receipts(request.body, unit.trust());
         if (!receipts) return receipts.error();
         auto refused = unit.service_receipts(*receipts);
         if (!refused) return refused.error();
         boost::json::array list;
         for (const auto& [place, reason] : *refused) list.push_back({{"place", place}, {"code", reason.code}});
         return Response::json({{"refused", std::move(list)}});
       }});
  // Receipts, where there are any, and behind them an object of what this unit asks, with the number of the last one
  // and the digest of its bytes. (In this order neither a service nor a unit of an older version takes one for the
  // other.)
  routes.push_back(
      {Method::get, "/unit/v1/receipts", service, 0, [&unit](Request& request) -> result<Response> {
         const auto after = number(request.query_value("after"), 0, 0, std::numeric_limits<std::int64_t>::max());
         const auto limit = number(request.query_value("limit"), 256, 1, 1000);
         constexpr auto most = std::numeric_limits<std::int64_t>::max();
         const Unit::Handed handed{std::string(request.query_value("channel")),
                                   number(request.query_value("handed_over"), 0, 0, most),
                                   number(request.query_value("delivered"), 0, 0, std::int64_t{1} << 60),
                                   std::string(request.query_value("newest"))};
         // A unit that has forgotten something does not let its service wait with what it remembers.
         auto asked = unit.forgotten(handed.channel);
         if (!asked) return asked.error();
         auto list = poll(unit.for_service(), *asked ? 0 : number(request.query_value("wait"), 0, 0, kWaitMax),
                          [&] { return unit.receipts(after, limit, handed); });
         if (!list) return list.error();
         auto taken = unit.taken_up_to(handed.channel);
         if (!taken) return taken.error();
         boost::json::object answer;
         // Behind it the service hands over again what it still has: this unit has forgotten it.
         if (*taken) {
           answer["taken_up_to"] = (*taken)->sequence;
           answer["taken_newest"] = to_hex((*taken)->manifest_digest);
         }
         auto wanted = unit.wanted_again(handed.channel);
         if (!wanted) return wanted.error();
         if (*wanted) answer["again_from"] = **wanted;
         auto forgotten = unit.forgotten(handed.channel);
         if (!forgotten) return forgotten.error();
         // What it had said itself of these, this unit wants to hear before it goes on.
         if (*forgotten)
           answer["forgotten"] = {{"after", (*forgotten)->after},
                                  {"open", boost::json::array((*forgotten)->open.begin(), (*forgotten)->open.end())}};
         if (!list->empty()) {
           answer["number"] = list->back().number;
           answer["newest"] = to_hex(crypto::sha256(list->back().receipt.whole()));
         }
         std::vector<exchange::ReceiptBytes> receipts;
         for (auto& one : *list) receipts.push_back(std::move(one.receipt));
         Bytes parts;
         if (!receipts.empty()) exchange::append_to_batch(parts, exchange::encode_receipts(receipts));
         exchange::append_to_batch(parts, bytes_of(boost::json::serialize(answer)));
         return Response::bytes(std::move(parts), "application/octet-stream");
       }});
  routes.push_back(
      {Method::post, "/unit/v1/remembered", service, kReceiptsMax, [&unit](Request& request) -> result<Response> {
         auto remembered = exchange::parts_of_batch(request.body);
         if (!remembered) return remembered.error();
         if (auto ok = unit.remember_from_service(*remembered, request.query_value("more").empty()); !ok)
           return ok.error();
         return Response::empty();
       }});
  routes.push_back({Method::get, "/unit/v1/health", service, 0, [&unit](Request&) -> result<Response> {
                      boost::json::object answer;
                      auto ok = unit.journal().read([&](storage::Transaction& t) {
                        answer["other_side_last_heard_ms"] = store::state_value(t, "peer_heard_ms");
                        const auto& own = unit.options().service;
                        answer["waiting"] = store::sum_of(t, own, {State::waiting, State::held}).bundles;
                        answer["oldest_waiting_ms"] = store::oldest_ms(t, State::waiting).value_or(0);
                      });
                      if (!ok) return ok.error();
                      answer["disk_free_bytes"] = files::free_bytes(unit.options().directory);
                      return Response::json(answer);
                    }});
  return routes;
}

}  // namespace jindu::gateway
