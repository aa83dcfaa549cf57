#include "common/exchange/codec/batch.hpp"

#include "common/exchange/codec/big_endian.hpp"

namespace jindu::exchange {

void append_to_batch(Bytes& batch, BytesView one) { append_to_batch(batch, {}, one); }

void append_to_batch(Bytes& batch, BytesView head, BytesView rest) {
  put_big_endian(batch, head.size() + rest.size(), kBatchPartHead);
  batch.insert(batch.end(), head.begin(), head.end());
  batch.insert(batch.end(), rest.begin(), rest.end());
}

result<std::vector<BytesView>> parts_of_batch(BytesView batch) {
  const auto malformed = [](const char* what) { return Error{Fault::invalid, "batch.malformed", what}; };
  std::vector<BytesView> parts;
  while (!batch.empty()) {
    if (batch.size() < kBatchPartHead) return malformed("a batch ends within a length");
    const auto length = big_endian(batch.first(kBatchPartHead));
    batch = batch.subspan(kBatchPartHead);
    if (batch.size() < length) return malformed("a batch ends within a part");
    if (parts.size() == kBatchCountMax) return malformed("a batch has too many parts");
    parts.push_back(batch.first(length));
    batch = batch.subspan(length);
  }
  return parts;
}

}  // namespace jindu::exchange
