#include "common/exchange/codec/batch.hpp"

#include "common/exchange/codec/big_endian.hpp"

namespace jindu::exchange {
namespace {

constexpr std::size_t kBatchPartHead = 4, kNumber = 8;

Error bad_batch(const char* what) { return {Fault::invalid, "batch.malformed", what}; }

}  // namespace

result<Numbered> numbered(BytesView part) {
  if (part.size() < kNumber) return bad_batch("a part is shorter than its number");
  return Numbered{big_endian(part.first(kNumber)), part.subspan(kNumber)};
}

std::size_t size_in_batch(BytesView part) { return kBatchPartHead + part.size(); }
std::size_t size_in_batch(const Numbered& part) { return kBatchPartHead + kNumber + part.bytes.size(); }

void append_to_batch(Bytes& batch, BytesView part) {
  put_big_endian(batch, part.size(), kBatchPartHead);
  batch.insert(batch.end(), part.begin(), part.end());
}

void append_to_batch(Bytes& batch, const Numbered& part) {
  put_big_endian(batch, kNumber + part.bytes.size(), kBatchPartHead);
  put_big_endian(batch, part.number, kNumber);
  batch.insert(batch.end(), part.bytes.begin(), part.bytes.end());
}

result<std::vector<BytesView>> parts_of_batch(BytesView batch) {
  std::vector<BytesView> parts;
  while (!batch.empty()) {
    if (batch.size() < kBatchPartHead) return bad_batch("a batch ends within a length");
    const auto length = big_endian(batch.first(kBatchPartHead));
    batch = batch.subspan(kBatchPartHead);
    if (batch.size() < length) return bad_batch("a batch ends within a part");
    if (parts.size() == kBatchCountMax) return bad_batch("a batch has too many parts");
    parts.push_back(batch.first(length));
    batch = batch.subspan(length);
  }
  return parts;
}

}  // namespace jindu::exchange
