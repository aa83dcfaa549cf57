#pragma once
// Several byte strings in one: u32 big-endian length and bytes of each. How services and units hand bundles and
// receipts over in one request, so that one commit and one round trip serve many.
#include <vector>

#include "common/runtime/bytes.hpp"
#include "common/runtime/result.hpp"

namespace jindu::exchange {

inline constexpr std::size_t kBatchCountMax = 4096;

inline constexpr std::size_t kBatchPartHead = 4;  // bytes that each part takes beside its own
void append_to_batch(Bytes& batch, BytesView one);
void append_to_batch(Bytes& batch, BytesView head, BytesView rest);  // one part
// Views point into `batch`. Code batch.malformed: it ends within a part, or has more than kBatchCountMax.
result<std::vector<BytesView>> parts_of_batch(BytesView batch);

}  // namespace jindu::exchange
