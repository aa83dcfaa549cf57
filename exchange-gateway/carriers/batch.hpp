#pragma once
// What passes over the link: batches of bundles, and what the other unit says it did with each of them.
#include <boost/json/value.hpp>

#include "exchange-gateway/unit/unit.hpp"

namespace jindu::gateway {

Bytes batch_of(const std::vector<Unit::Load>& loads);  // as common/exchange/codec/batch.hpp takes it apart

boost::json::value to_json(const std::vector<Custody>& custody);
result<std::vector<Custody>> custody_from(BytesView json);  // code link.custody

}  // namespace jindu::gateway
