#include "exchange-gateway/carriers/batch.hpp"

#include <boost/json/parse.hpp>

#include "common/exchange/codec/batch.hpp"

namespace jindu::gateway {

Bytes batch_of(const std::vector<Unit::Load>& loads) {
  return exchange::batch_of(loads, [](const Unit::Load& load) { return BytesView(load.bundle); });
}

boost::json::value to_json(const std::vector<Custody>& custody) {
  boost::json::array list;
  for (const auto& one : custody) {
    boost::json::object entry{{"id", one.id}};
    if (one.error)
      entry["error"] = one.error->code;
    else
      entry["receipt"] = to_base64(one.receipt.whole());
    list.push_back(std::move(entry));
  }
  return {{"custody", std::move(list)}};
}

result<std::vector<Custody>> custody_from(BytesView body) {
  const Error bad{Fault::invalid, "link.custody", "the list of custody is not understood"};
  boost::system::error_code code;
  const auto value = boost::json::parse(text_of(body), code);
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
