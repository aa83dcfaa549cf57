#pragma once
// What passes over the link: batches of bundles, and what the other unit says it did with each of them.
#include "exchange-gateway/unit/unit.hpp"

namespace jindu::gateway {

Bytes batch_of(const std::vector<Unit::Load>& loads);  // as common/exchange/codec/batch.hpp takes it apart

// A batch of two parts: a JSON object, and a ReceiptBatch in which most of the receipts stand together. For a unit that
// has not said that it reads those (`together`), the object alone, with all receipts in it.
Bytes encode_custody(const std::vector<Custody>& custody, bool together);
result<std::vector<Custody>> custody_from(BytesView body);  // either; code link.custody

}  // namespace jindu::gateway
