// What arrives by a diode: datagrams as they are; symbols of the fuzzer's that are tagged well; and a real transmission
// of which some is lost, doubled, put off or changed.
#include "exchange-gateway/carriers/diode/decoder.hpp"
#include "exchange-gateway/carriers/diode/encoder.hpp"
#include "tests/fuzz/world.hpp"

namespace jindu::fuzz {
namespace {

using namespace gateway::diode;
constexpr std::size_t kMemory = 1 << 20;

Key& key() {
  static Key known(Bytes(32, 7), 0x01020304);
  return known;
}

void take(Decoder& decoder, BytesView datagram, Moment now) {
  if (const auto symbol = parse_datagram(datagram))
    promise(symbol->bytes.size() <= datagram.size() && symbol->row < kRowsMax && symbol->data >= 1 &&
                symbol->data <= kDataMax,
            "a symbol is within its datagram");
  decoder.take(datagram, now);
  promise(decoder.bytes_held() <= kMemory, "the memory for blocks is bounded");
  while (const auto frame = decoder.next()) {
    promise(frame->bytes.size() <= kFrameMax, "a frame is bounded");
    if (const auto report = parse_report(frame->bytes))
      promise(encode(*report) == frame->bytes, "a report has one spelling");
    if (const auto wanted = parse_wanted(frame->bytes))
      promise(encode(*wanted) == frame->bytes, "what is wanted has one spelling");
    if (const auto pause = parse_pause(frame->bytes))
      promise(encode(*pause) == frame->bytes, "a pause has one spelling");
  }
}

// Each part is a datagram; a time goes by between them.
void take_foreign(Input& input, bool tagged) {
  Decoder decoder({key()}, kMemory);
  Moment now{1'000'000};
  for (int count = 0; count < 64; ++count) {
    const int shape = input.byte(), row = input.byte(), block = input.byte();
    const auto bytes = input.part();
    if (bytes.empty()) break;
    now += Moment(1'000) * (shape >> 4);
    if (!tagged) {
      take(decoder, bytes, now);
    } else if (bytes.size() >= kSymbolMin && bytes.size() <= kDatagramMax - kHeaderBytes - kTagBytes) {
      Symbol symbol{key().id(),
                    shape & 1 ? Lane::bulk : Lane::urgent,
                    1 + (shape >> 1) % 8,
                    row % 16,
                    kFirstBlockStep + static_cast<std::uint64_t>(block % 32),
                    kSpanStep * (block >> 5),
                    bytes};
      take(decoder, build_datagram(symbol, key()), now);
    }
    decoder.look(now);
  }
  decoder.look(now + std::chrono::hours(1));
}

// Frames of several sizes cross; the fuzzer says what becomes of each datagram.
void carry(Input& input) {
  Shape shape;
  shape.datagram = 200;
  shape.data = 4;
  shape.repair = 4;
  shape.burst = std::chrono::milliseconds(0);
  shape.bytes_per_second = 1'000'000;
  shape.memory = kMemory / 2;
  Encoder encoder(shape, key(), kFirstBlockStep);
  Decoder decoder({key()}, kMemory);
  Moment now{1'000'000};
  std::vector<Bytes> sent;
  for (int i = 0; i < 6; ++i) {
    sent.push_back(Bytes(1 + static_cast<std::size_t>(input.byte()) * 9, static_cast<std::uint8_t>(i + 1)));
    encoder.put(Lane::bulk, FrameKind::bundle, sent.back(), now);
  }
  std::vector<Bytes> late, got;
  const auto collect = [&] {
    while (auto frame = decoder.next()) got.push_back(std::move(frame->bytes));
  };
  bool hurt = false;
  for (int turns = 0; turns < 4'000 && !encoder.idle(); ++turns) {
    auto datagram = encoder.next(now);
    if (!datagram) {
      now = std::max(now + Moment(50), std::min(encoder.due(now), now + Moment(10'000)));
      continue;
    }
    const auto fate = input.byte();
    switch (fate % 8) {
      case 1:
        hurt = true;
        break;
      case 2:
        decoder.take(*datagram, now);
        decoder.take(*datagram, now);
        break;
      case 3:
        late.push_back(*datagram);
        break;
      case 4:
        hurt = true;
        (*datagram)[fate % datagram->size()] ^= 1;
        decoder.take(*datagram, now);
        break;
      default:
        decoder.take(*datagram, now);
    }
    promise(decoder.bytes_held() <= kMemory, "the memory for blocks is bounded");
    promise(encoder.bytes_held() <= shape.memory, "the memory for what may go again is bounded");
    for (const auto& one : decoder.wanted(now)) encoder.send_again(one);
    collect();
  }
  for (const auto& one : late) decoder.take(one, now);
  collect();
  decoder.look(now + std::chrono::hours(1));
  collect();
  // Whatever came is what was sent, in order.
  std::size_t at = 0;
  for (const auto& frame : got) {
    while (at < sent.size() && sent[at] != frame) ++at;
    promise(at < sent.size(), "frames arrive unchanged and in order");
    ++at;
  }
  if (!hurt && late.empty() && encoder.idle())
    promise(got.size() == sent.size(), "nothing is lost where nothing was lost");
}

}  // namespace
}  // namespace jindu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu::fuzz;
  Input input(data, size);
  const auto mode = input.byte() % 3;
  if (mode == 2)
    carry(input);
  else
    take_foreign(input, mode == 1);
  return 0;
}
