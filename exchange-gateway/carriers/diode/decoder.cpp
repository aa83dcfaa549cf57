#include "exchange-gateway/carriers/diode/decoder.hpp"

#include <algorithm>
#include <utility>

#include "common/exchange/codec/big_endian.hpp"
#include "exchange-gateway/carriers/diode/code.hpp"

namespace jindu::gateway::diode {
namespace {

// Blocks further apart than this are not of one run of the sender.
constexpr std::uint64_t kRun = 1 << 20;
// Blocks before the first one heard that are still waited for.
constexpr std::uint64_t kBefore = 4'096;
// For this long nothing but older blocks: the sender's numbers went back, such as after a restored backup.
constexpr Moment kWentBack{10'000'000};
// A block is given up when its symbols should all have come, and half as long again and this besides.
constexpr Moment kSlack{500'000};
// Symbols may be late by this after their time; and nothing came for this long of a block that is not spread.
constexpr Moment kLate{20'000}, kQuiet{100'000};
// What was asked for is asked for again after this, then twice as long and so on.
constexpr Moment kAnswer{100'000};
constexpr int kAskedEarly = 2, kAskedMost = 4;

}  // namespace

Decoder::Decoder(std::vector<Key> keys, std::size_t memory) : keys_(std::move(keys)), memory_(memory) {}

Moment Decoder::patience(const Symbol& symbol) {
  return std::chrono::duration_cast<Moment>(symbol.span) * 3 / 2 + kSlack;
}

std::size_t Decoder::weight(const Block& block) { return block.bytes.size() + block.parity.size() * block.length; }

void Decoder::take(BytesView datagram, Moment now) {
  const auto symbol = parse_datagram(datagram);
  const auto key =
      symbol ? std::find_if(keys_.begin(), keys_.end(), [&](const Key& one) { return one.id() == symbol->key_id; })
             : keys_.end();
  if (key == keys_.end()) {
    ++counts_.foreign;
    return;
  }
  if (!authentic(datagram, *key)) {
    ++counts_.unauthentic;
    return;
  }
  if (!place(lanes_[index_of(symbol->lane)], *symbol, now)) {
    ++counts_.spare;
    return;
  }
  add(symbol->lane, *symbol, now);
  advance(symbol->lane, now);
}

// Whether the symbol's block is still to come; moves on when the sender began anew.
bool Decoder::place(LaneState& lane, const Symbol& symbol, Moment now) {
  const bool far_ahead = symbol.block > lane.expected + kRun;
  if (!lane.begun || far_ahead) {
    begin_at(symbol.lane, symbol.block);
  } else if (symbol.block < lane.expected) {
    // Symbols of a block that was read, or given up, come late for as long as they are spread. However little a new run
    // is behind, it would else be turned away until it had sent as many blocks.
    if (lane.behind_since == Moment{}) lane.behind_since = now;
    if (now - lane.behind_since < std::max(kWentBack, patience(symbol))) return false;
    begin_at(symbol.lane, symbol.block);
  }
  lane.behind_since = Moment{};
  return true;
}

void Decoder::begin_at(Lane which, std::uint64_t block) {
  auto& lane = lanes_[index_of(which)];
  if (lane.begun) ++counts_.restarts;
  // Whole blocks of the run before are of use yet; what is not whole will not become so.
  for (auto& [number, old] : lane.blocks) {
    if (number != lane.expected) gap(lane, 0);
    if (old.whole)
      read(which, old.bytes);
    else
      gap(lane, 1);
    lane.expected = number + 1;
    held_ -= weight(old);
  }
  lane.blocks.clear();
  gap(lane, 0);
  lane.begun = lane.fresh = true;
  // A sender begins at a round number; of a run under way, a little before what was heard first may still come.
  const auto into_run = block % kFirstBlockStep;
  lane.expected = block - std::min({block, kBefore, into_run});
}

void Decoder::add(Lane which, const Symbol& symbol, Moment now) {
  auto& lane = lanes_[index_of(which)];
  auto [found, fresh] = lane.blocks.try_emplace(symbol.block);
  auto& block = found->second;
  if (fresh) {
    block.data = symbol.data;
    block.length = symbol.bytes.size();
    block.bytes.resize(static_cast<std::size_t>(block.data) * block.length);
    block.has.resize(static_cast<std::size_t>(block.data));
    block.first_seen = now;
    block.span = std::chrono::duration_cast<Moment>(symbol.span);
    block.patience = patience(symbol);
    held_ += weight(block);
  }
  if (block.data != symbol.data || block.length != symbol.bytes.size()) {
    ++counts_.contradictory;
    return;
  }
  const auto row = static_cast<std::size_t>(symbol.row);
  const bool is_data = symbol.row < block.data;
  if (block.whole || (is_data ? block.has[row] : block.parity.contains(symbol.row))) {
    ++counts_.spare;
    return;
  }
  ++counts_.taken;
  block.last_seen = now;
  if (is_data) {
    block.has[row] = true;
    std::copy(symbol.bytes.begin(), symbol.bytes.end(),
              block.bytes.begin() + static_cast<std::ptrdiff_t>(row * block.length));
  } else {
    block.parity.emplace(symbol.row, Bytes(symbol.bytes.begin(), symbol.bytes.end()));
    held_ += block.length;
  }
  if (++block.present == block.data) {
    if (!block.parity.empty()) {
      held_ -= block.parity.size() * block.length;
      repair(block.bytes.data(), block.data, block.length, block.has, block.parity);
      block.parity.clear();
      ++counts_.repaired;
    }
    block.whole = true;
    ++counts_.blocks;
  }
  make_room();
}

// The oldest is given up first: what comes after it can be read then.
void Decoder::make_room() {
  while (held_ > memory_) {
    auto& lane = lanes_[lanes_[0].blocks.size() > lanes_[1].blocks.size() ? 0 : 1];
    if (lane.blocks.empty()) return;
    const auto oldest = lane.blocks.begin();
    if (oldest->second.whole) {
      // Only something before it that was never heard of keeps it.
      skip_to(lane, oldest->first);
      advance(&lane == &lanes_[0] ? Lane::urgent : Lane::bulk, oldest->second.first_seen);
      continue;
    }
    skip_to(lane, oldest->first);
    gap(lane, 1);
    ++lane.expected;
    held_ -= weight(oldest->second);
    lane.blocks.erase(oldest);
  }
}

void Decoder::look(Moment now) {
  for (const auto lane : kLanes) advance(lane, now);
}

bool Decoder::has_ended(const Block& block, Moment now) {
  return block.span > Moment(0) ? now >= block.first_seen + block.span + kLate : now >= block.last_seen + kQuiet;
}

Rows Decoder::missing(const Block& block) {
  const int lacking = block.data - block.present;
  int left = lacking + lacking / 3 + 1;
  Rows rows;
  for (int row = 0; row < kRowsMax && left > 0; ++row) {
    const bool there = row < block.data ? block.has[static_cast<std::size_t>(row)] : block.parity.contains(row);
    if (there) continue;
    rows.set(static_cast<std::size_t>(row));
    --left;
  }
  return rows;
}

std::vector<Wanted> Decoder::wanted(Moment now) {
  std::vector<Wanted> wanted;
  for (const auto which : kLanes) {
    bool newer_is_whole = false;
    struct Late {
      std::uint64_t number;
      Block* block;
      int* times;
    };
    std::vector<Late> late;  // newest first
    auto& blocks = lanes_[index_of(which)].blocks;
    for (auto it = blocks.rbegin(); it != blocks.rend(); ++it) {
      auto& block = it->second;
      if (block.whole) {
        newer_is_whole = true;
        continue;
      }
      // A newer block that is whole is a sign only: where blocks are spread, this one may be under way yet, and its
      // sender heeds no such word. So that is said apart from what is said when its time is over.
      const bool over = has_ended(block, now);
      if (over ? block.asked < kAskedMost && (block.asked == 0 || now >= block.ask_at)
               : newer_is_whole && block.early < kAskedEarly && now >= block.ask_at)
        late.push_back({it->first, &block, over ? &block.asked : &block.early});
    }
    // The oldest holds up its lane, and has the least time.
    for (auto it = late.rbegin(); it != late.rend() && wanted.size() < kWantedMax; ++it) {
      it->block->ask_at = now + kAnswer * (1 << (*it->times)++);
      ++counts_.asked;
      wanted.push_back({which, it->number, missing(*it->block)});
    }
  }
  return wanted;
}

void Decoder::advance(Lane which, Moment now) {
  auto& lane = lanes_[index_of(which)];
  while (!lane.blocks.empty()) {
    const auto first = lane.blocks.begin();
    auto& block = first->second;
    const bool overdue = now - block.first_seen >= block.patience;
    if (first->first != lane.expected) {
      // Of what is before it not one symbol came. It was begun earlier, so it has had its time with this one.
      if (!overdue) return;
      skip_to(lane, first->first);
    }
    lane.fresh = false;
    if (block.whole)
      read(which, block.bytes);
    else if (overdue)
      gap(lane, 1);
    else
      return;
    held_ -= weight(block);
    lane.blocks.erase(first);
    ++lane.expected;
  }
}

void Decoder::skip_to(LaneState& lane, std::uint64_t block) {
  gap(lane, lane.fresh ? 0 : block - lane.expected);
  lane.expected = block;
}

void Decoder::gap(LaneState& lane, std::uint64_t blocks) {
  counts_.lost += blocks;
  if (!lane.header.empty()) ++counts_.broken;
  lane.header.clear();
  lane.partial = Bytes();
  lane.skipping = true;
}

void Decoder::read(Lane which, BytesView bytes) {
  auto& lane = lanes_[index_of(which)];
  const auto block = parse_block(bytes);
  if (!block) {
    gap(lane, 1);
    return;
  }
  if (!lane.skipping) return read_frames(which, block->bytes);
  if (block->first == kNoFrame) return;
  lane.skipping = false;
  read_frames(which, block->bytes.subspan(block->first));
}

// A frame may be large: it grows where it stays.
void Decoder::read_frames(Lane which, BytesView bytes) {
  auto& lane = lanes_[index_of(which)];
  const auto take = [&bytes](Bytes& into, std::size_t size) {
    const auto part = bytes.first(std::min(size - into.size(), bytes.size()));
    into.insert(into.end(), part.begin(), part.end());
    bytes = bytes.subspan(part.size());
    return into.size() == size;
  };
  while (!bytes.empty()) {
    const bool goes_on = lane.header.size() == kFrameHeaderBytes;
    if (!goes_on && !take(lane.header, kFrameHeaderBytes)) return;
    const auto kind = lane.header[0];
    const auto size = exchange::big_endian(BytesView(lane.header).subspan(1, 4));
    if (kind == 0 || size > kFrameMax) return gap(lane, 0);
    if (!goes_on) lane.partial.reserve(size);
    if (!take(lane.partial, size)) return;
    // What a newer sender may have besides is passed over.
    const auto known = kind <= static_cast<std::uint8_t>(FrameKind::pause);
    auto frame = std::exchange(lane.partial, {});
    if (known) frames_.push_back({which, static_cast<FrameKind>(kind), std::move(frame)});
    ++(known ? counts_.frames : counts_.unknown);
    lane.header.clear();
  }
}

std::optional<Frame> Decoder::next() {
  if (frames_.empty()) return {};
  auto frame = std::move(frames_.front());
  frames_.pop_front();
  return frame;
}

}  // namespace jindu::gateway::diode
