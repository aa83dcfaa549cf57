#include "exchange-gateway/carriers/batch.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <map>
#include <set>

#include "common/exchange/codec/batch.hpp"
#include "common/runtime/messages.hpp"

namespace jindu::gateway {
namespace {

// [number of the sheet, index in it]
std::optional<exchange::ReceiptBytes> receipt_at(const boost::json::value& place,
                                                 const std::vector<std::shared_ptr<const evidence::Sheet>>& sheets) {
  const auto* pair = place.if_array();
  if (pair == nullptr || pair->size() != 2 || !pair->at(0).is_int64() || !pair->at(1).is_int64()) return {};
  const auto number = pair->at(0).as_int64(), index = pair->at(1).as_int64();
  if (number < 0 || number >= static_cast<std::int64_t>(sheets.size())) return {};
  const auto& sheet = sheets[static_cast<std::size_t>(number)];
  if (index < 0 || index >= static_cast<std::int64_t>(sheet->together().size())) return {};
  const auto at = static_cast<std::size_t>(index);
  return exchange::ReceiptBytes{sheet->together().bodies[at], sheet, at};
}

}  // namespace

Bytes batch_of(const std::vector<Unit::Load>& loads) {
  return exchange::batch_of(loads, [](const Unit::Load& load) { return BytesView(load.bundle); });
}

Bytes encode_custody(const std::vector<Custody>& custody, bool together) {
  // Those of a sheet are named by its number in the batch, and their own among those of it that are sent.
  std::vector<exchange::ReceiptBytes> receipts;
  std::map<const evidence::Sheet*, std::pair<std::size_t, std::set<std::size_t>>> sheets;
  if (together)
    for (const auto& one : custody)
      if (one.receipt.sheet) {
        const auto at = sheets.try_emplace(one.receipt.sheet.get(), sheets.size(), std::set<std::size_t>{});
        at.first->second.second.insert(one.receipt.index);
        receipts.push_back(one.receipt);
      }
  boost::json::array list;
  for (const auto& one : custody) {
    boost::json::object entry{{"id", one.id}};
    if (one.error) {
      entry["error"] = one.error->code;
    } else if (together && one.receipt.sheet) {
      const auto& [number, indices] = sheets.at(one.receipt.sheet.get());
      entry["together"] = {number, std::distance(indices.begin(), indices.find(one.receipt.index))};
    } else {
      entry["receipt"] = to_base64(one.receipt.whole());
    }
    list.push_back(std::move(entry));
  }
  const auto text = boost::json::serialize(boost::json::object{{"custody", std::move(list)}});
  if (!together) return {text.begin(), text.end()};
  Bytes parts;
  exchange::append_to_batch(parts, bytes_of(text));
  exchange::append_to_batch(parts, exchange::encode_receipts(receipts));
  return parts;
}

result<std::vector<Custody>> custody_from(BytesView body) {
  const Error bad{Fault::invalid, "link.custody", "the list of custody is not understood"};
  auto text = body;
  std::vector<std::shared_ptr<const evidence::Sheet>> sheets;
  // The length of a part that begins like an object would be 2 GiB.
  if (!body.empty() && body.front() != '{') {
    const auto parts = exchange::parts_of_batch(body);
    jindu::v1::ReceiptBatch batch;
    if (!parts || parts->size() != 2 || !parse_perhaps_newer(parts->at(1), batch)) return bad;
    text = parts->front();
    for (const auto& one : batch.together()) {
      auto sheet = evidence::together_from(one);
      if (!sheet || sheet->bodies.empty()) return bad;
      sheets.push_back(std::make_shared<const evidence::Sheet>(std::move(*sheet)));
    }
  }
  boost::system::error_code code;
  const auto value = boost::json::parse(text_of(text), code);
  if (code || !value.is_object() || !value.as_object().contains("custody") || !value.at("custody").is_array())
    return bad;
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
      one.receipt = {std::move(*bytes)};
    } else if (const auto* place = object->if_contains("together")) {
      auto of_sheet = receipt_at(*place, sheets);
      if (!of_sheet) return bad;
      one.receipt = std::move(*of_sheet);
    } else {
      const auto* reason = object->if_contains("error");
      const bool told = reason && reason->is_string() && reason->as_string().size() <= 100;
      one.error = Error{Fault::unavailable, told ? std::string(reason->as_string()) : "link.not_taken",
                        "the other unit did not take it"};
    }
    custody.push_back(std::move(one));
  }
  return custody;
}

}  // namespace jindu::gateway
