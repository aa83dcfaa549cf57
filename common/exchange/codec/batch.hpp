#pragma once
// Several byte strings in one: u32 big-endian length and bytes of each. How services and units hand bundles and
// receipts over in one request, so that one commit and one round trip serve many.
#include <vector>

#include "common/runtime/bytes.hpp"
#include "common/runtime/result.hpp"

namespace jindu::exchange {

inline constexpr std::size_t kBatchCountMax = 4096;

// A part that begins with a number, u64.
struct Numbered {
  std::uint64_t number = 0;
  BytesView bytes;
};
result<Numbered> numbered(BytesView part);  // code batch.malformed: it is shorter than a number

void append_to_batch(Bytes& batch, BytesView part);
void append_to_batch(Bytes& batch, const Numbered& part);
std::size_t size_in_batch(BytesView part);
std::size_t size_in_batch(const Numbered& part);

// Of each element what `part_of` gives, in one allocation.
template <class Range, class PartOf>
Bytes batch_of(const Range& range, const PartOf& part_of) {
  std::size_t bytes = 0;
  for (const auto& one : range) bytes += size_in_batch(part_of(one));
  Bytes batch;
  batch.reserve(bytes);
  for (const auto& one : range) append_to_batch(batch, part_of(one));
  return batch;
}
inline Bytes batch_of(const std::vector<Bytes>& parts) {
  return batch_of(parts, [](const Bytes& part) { return BytesView(part); });
}
// Views point into `batch`. Code batch.malformed: it ends within a part, or has more than kBatchCountMax.
result<std::vector<BytesView>> parts_of_batch(BytesView batch);

}  // namespace jindu::exchange
