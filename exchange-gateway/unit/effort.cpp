#include "exchange-gateway/unit/effort.hpp"

#include <jindu/v1/epoch.pb.h>
#include <jindu/v1/reconciliation.pb.h>

#include "common/runtime/messages.hpp"
#include "exchange-gateway/unit/unit.hpp"

namespace jindu::gateway {
namespace {

constexpr std::int64_t kOfAnswer = kEffortAtOnce / 2;  // to a unit that has forgotten: all that it could have forgotten
constexpr std::int64_t kOfLook = 1'000;                // a few rows, and a signature
constexpr std::int64_t kOfWhole = 10'000;              // a bundle of ours, to see whether it still holds
constexpr std::int64_t kOfRow = 10;                    // a row that is changed, or a receipt that is verified

std::int64_t range_of(std::uint64_t first, std::uint64_t last) {
  return last < first ? 0 : static_cast<std::int64_t>(std::min<std::uint64_t>(last - first + 1, kEffortAtOnce));
}

}  // namespace

std::int64_t effort_of(std::string_view type, BytesView body) {
  if (type == kReconciliationType) {
    jindu::v1::Reconciliation one;
    return parse_message(body, one) ? kOfLook + range_of(one.count().first(), one.count().last()) : 0;
  }
  if (type == kRequestType) {
    jindu::v1::BundleRequest one;
    return parse_message(body, one) ? kOfLook + std::min(kRequestMax, range_of(one.first(), one.last())) * kOfRow : 0;
  }
  if (type == kSeenType) {
    jindu::v1::Seen one;
    std::int64_t named = 0;
    if (!parse_message(body, one)) return 0;
    for (const auto& standing : one.taken()) named += standing.open_size();
    return kOfLook + named;
  }
  if (type == kRecalledType) {
    jindu::v1::Recalled one;
    return parse_message(body, one) ? kOfLook + one.bundles_size() * kOfLook : 0;
  }
  if (type == kRecallType) return kOfAnswer;
  if (type == kNotTakenType) return kOfWhole;
  return kOfLook;
}

}  // namespace jindu::gateway
