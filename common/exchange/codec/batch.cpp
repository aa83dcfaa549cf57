#include "common/exchange/codec/batch.hpp"

namespace jindu::exchange {

void append_to_batch(Bytes& batch, BytesView one) {
  for (int shift = 24; shift >= 0; shift -= 8) batch.push_back(static_cast<std::uint8_t>(one.size() >> shift));
  batch.insert(batch.end(), one.begin(), one.end());
}

result<std::vector<BytesView>> parts_of_batch(BytesView batch) {
  const auto malformed = [](const char* what) { return Error{Fault::invalid, "batch.malformed", what}; };
  std::vector<BytesView> parts;
  while (!batch.empty()) {
    if (batch.size() < 4) return malformed("a batch ends within a length");
    const std::size_t length =
        std::size_t{batch[0]} << 24 | std::size_t{batch[1]} << 16 | std::size_t{batch[2]} << 8 | batch[3];
    batch = batch.subspan(4);
    if (batch.size() < length) return malformed("a batch ends within a part");
    if (parts.size() == kBatchCountMax) return malformed("a batch has too many parts");
    parts.push_back(batch.first(length));
    batch = batch.subspan(length);
  }
  return parts;
}

}  // namespace jindu::exchange
