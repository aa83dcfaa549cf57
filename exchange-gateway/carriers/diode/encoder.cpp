#include "exchange-gateway/carriers/diode/encoder.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/exchange/codec/big_endian.hpp"
#include "exchange-gateway/carriers/diode/code.hpp"

namespace jindu::gateway::diode {
namespace {

using std::chrono::milliseconds;
// What may leave at once after a pause: less than the smallest buffers on the way, and enough that a busy machine,
// which wakes the sender late, leaves no gap on the line.
constexpr std::size_t kCreditBytes = 64 * 1024;
constexpr Moment kCreditLeast{2'000}, kCreditMost{10'000};
constexpr std::size_t kWaitingBytes = 1024 * 1024;  // a lane wants no more than this, and the frame that crosses it
constexpr int kUrgentRun = 7;                       // of eight datagrams when bulk waits too
constexpr double kUrgentShare = 7.0 / 8;            // of the line
constexpr int kParityAtOnce = 6;
constexpr int kSmallMargin = 5;             // parity symbols beyond the share: small blocks have no average
constexpr int kKeptShare = 2;               // blocks that have ended may take this part of the memory
constexpr std::size_t kKeptOverhead = 512;  // of a block that is kept: most are small
constexpr std::size_t kAgainMost = 16'384;  // rows that wait to go again
constexpr Moment kShortTime{100'000};       // a reader has more patience than this in any case
constexpr Moment kKeptLeast{2'000'000};     // and less than this besides twice a block's time

Moment credit(const Shape& shape) { return std::clamp(time_of(shape, kCreditBytes), kCreditLeast, kCreditMost); }

double seconds(Moment span) { return static_cast<double>(span.count()) / 1e6; }

}  // namespace

Moment time_of(const Shape& shape, std::size_t bytes) {
  return Moment(
      static_cast<std::int64_t>(static_cast<double>(bytes) * 1e6 / static_cast<double>(shape.bytes_per_second)));
}

milliseconds span_of(const Shape& s) {
  const double rows = s.data + s.repair;
  // A burst covers burst / span of the symbols; 15 % of the parity are kept for what is lost besides.
  return milliseconds(static_cast<std::int64_t>(static_cast<double>(s.burst.count()) * rows / s.repair * 1.15));
}

std::size_t memory_needed(const Shape& s) {
  const double packets = static_cast<double>(s.bytes_per_second) / static_cast<double>(s.datagram + kPacketHeaders);
  const double seconds = static_cast<double>(span_of(s).count()) / 1000 * s.rounds;
  const double rows = s.data + s.repair * s.rounds;
  return static_cast<std::size_t>(packets * seconds * s.data / rows * static_cast<double>(s.datagram));
}

result<void> check(const Shape& s) {
  const auto wrong = [](const char* key, const std::string& what) {
    return Error{Fault::invalid, "config.key", std::string("carrier.") + key + ": " + what, key};
  };
  if (s.datagram < 256 || s.datagram > kDatagramMax) return wrong("datagram_bytes", "is 256 to 8972");
  if (s.data < 1 || s.data > kDataMax) return wrong("data_symbols", "is 1 to " + std::to_string(kDataMax));
  if (s.repair < 1 || s.rounds < 1 || s.data + s.repair * s.rounds > kRowsMax)
    return wrong("repair_symbols", "with data_symbols, and times rounds, at most 255 and at least 1");
  if (s.bytes_per_second < 12'500) return wrong("rate_kbit", "is at least 100");
  if (span_of(s) > kSpanMax)
    return wrong("burst_ms", "symbols would be spread over " + std::to_string(span_of(s).count()) +
                                 " ms, at most 25500: raise repair_symbols or lower burst_ms");
  if (memory_needed(s) > s.memory / 8 * 7)
    return wrong("memory_bytes", "bursts of " + std::to_string(s.burst.count()) + " ms at this rate need " +
                                     std::to_string(memory_needed(s)) +
                                     " bytes: raise repair_symbols or memory_bytes, or lower burst_ms");
  return {};
}

Moment Encoder::Block::due() const {
  if (next_row < at_once) return start;
  // What is not due at once is spread evenly; further rounds follow in as many spans.
  const auto spread = std::max(1, per_round - at_once);
  return start + span * (next_row - at_once) / spread;
}

// Spans until the last row.
int Encoder::rounds_of(const Block& block) {
  const int spread = std::max(1, block.per_round - block.at_once);
  return std::max(1, (block.rows - block.at_once + spread - 1) / spread);
}

Encoder::Encoder(Shape shape, Key key, std::uint64_t first_block)
    : shape_(shape), key_(std::move(key)), span_(span_of(shape)), next_block_(first_block) {
  for (auto& lane : lanes_) lane.number = first_block;
}

std::size_t Encoder::room() const { return static_cast<std::size_t>(shape_.data) * symbol_max() - kBlockHeaderBytes; }

bool Encoder::wants(Lane lane) const { return lanes_[index_of(lane)].bytes < kWaitingBytes; }

bool Encoder::idle() const {
  return blocks_.empty() && again_.empty() && lanes_[0].waiting.empty() && lanes_[1].waiting.empty();
}

std::uint64_t Encoder::left_up_to(Lane lane) const {
  const auto oldest = blocks_.lower_bound({index_of(lane), 0});
  if (oldest != blocks_.end() && oldest->first.first == index_of(lane)) return oldest->second.from;
  const auto& state = lanes_[index_of(lane)];
  return state.put - state.bytes;
}

std::uint64_t Encoder::put(Lane lane, FrameKind kind, Bytes bytes, Moment now) {
  Bytes header{static_cast<std::uint8_t>(kind)};
  exchange::put_big_endian(header, bytes.size(), 4);
  auto& state = lanes_[index_of(lane)];
  state.bytes += header.size() + bytes.size();
  state.put += header.size() + bytes.size();
  state.waiting.push_back({std::move(header), now, true});
  if (!bytes.empty()) state.waiting.push_back({std::move(bytes), now});
  if (kind == FrameKind::wanted || kind == FrameKind::pause) {
    state.waiting.back().asks = true;
    ++asks_waiting_;
  }
  return state.put;
}

Moment Encoder::cuttable_at(const LaneState& lane) const {
  const auto at = lane.bytes >= room() ? Moment::min() : lane.waiting.front().since + shape_.flush;
  return &lane == &lanes_[index_of(Lane::bulk)] ? std::max(at, pause_until_) : at;
}

// A block is begun only if the line can send all of it in its time: what is late would be crowded together, and a burst
// would take more of it. Where no burst is to be survived, blocks follow one another.
bool Encoder::cuttable(const LaneState& lane, Moment now) const {
  if (lane.waiting.empty() || now < cuttable_at(lane)) return false;
  // One block of each lane always goes.
  if (lane.turns.empty()) return true;
  if (span_ == Moment(0)) return false;
  const bool urgent = &lane == &lanes_[index_of(Lane::urgent)];
  const auto rate = static_cast<double>(shape_.bytes_per_second);
  const auto full = static_cast<double>((shape_.datagram + kPacketHeaders) *
                                        static_cast<std::size_t>(shape_.data + shape_.repair * shape_.rounds));
  const double needs = full / seconds(span_ * shape_.rounds);
  const double free = urgent ? rate * kUrgentShare - lane.reserved : rate - lanes_[0].reserved - lanes_[1].reserved;
  // An eighth of the memory is kept for what is urgent.
  return needs <= free && held_ + room() <= (urgent ? shape_.memory : shape_.memory / 8 * 7);
}

// Whether the line is mostly free. What is urgent goes before bulk, so only its own counts for it.
bool Encoder::has_line_room(Lane lane) const {
  const auto reserved =
      lanes_[index_of(Lane::urgent)].reserved + (lane == Lane::bulk ? lanes_[index_of(Lane::bulk)].reserved : 0);
  return reserved < static_cast<double>(shape_.bytes_per_second) / 4;
}

// Takes as much as a block holds, or as there is.
void Encoder::cut(Lane lane, Moment now) {
  auto& state = lanes_[index_of(lane)];
  const auto used = std::min(room(), state.bytes);
  std::uint32_t first = kNoFrame;
  Bytes content;
  content.reserve(used);
  while (content.size() < used) {
    auto& [front, since, begins, asks] = state.waiting.front();
    if (state.offset == 0 && begins && first == kNoFrame) first = static_cast<std::uint32_t>(content.size());
    const auto count = std::min(front.size() - state.offset, used - content.size());
    const auto from = front.begin() + static_cast<std::ptrdiff_t>(state.offset);
    content.insert(content.end(), from, from + static_cast<std::ptrdiff_t>(count));
    state.offset += count;
    if (state.offset < front.size()) {
      // The next one is read when little is left of it: they are not to stand in memory together.
      if (state.offset > kWaitingBytes && front.size() - state.offset < kWaitingBytes)
        front = Bytes(front.begin() + static_cast<std::ptrdiff_t>(std::exchange(state.offset, 0)), front.end());
      continue;
    }
    if (asks) --asks_waiting_;
    state.waiting.pop_front();
    state.offset = 0;
  }
  state.bytes -= used;

  Block block{lane, state.number++, 0, 0, {}, 0, 0, 0, now, Moment(0)};
  block.from = state.put - state.bytes - used;
  next_block_ = std::max(next_block_, state.number);
  const auto bytes = kBlockHeaderBytes + used;
  block.data = static_cast<int>((bytes + symbol_max() - 1) / symbol_max());
  block.length =
      std::max(kSymbolMin, (bytes + static_cast<std::size_t>(block.data) - 1) / static_cast<std::size_t>(block.data));
  block.bytes.reserve(static_cast<std::size_t>(block.data) * block.length);
  exchange::put_big_endian(block.bytes, first, 4);
  exchange::put_big_endian(block.bytes, used, 4);
  block.bytes.insert(block.bytes.end(), content.begin(), content.end());
  block.bytes.resize(static_cast<std::size_t>(block.data) * block.length);
  block.span = span_;
  const double share = static_cast<double>(shape_.repair) / (shape_.data + shape_.repair);
  // While the line has room, data goes at once, with so much parity behind it that the burst may take all of that data;
  // the first parity is for scattered loss and goes at once as well. When the line is full, everything is spread.
  if (span_ > Moment(0) && has_line_room(lane)) {
    const int parity_rows = static_cast<int>(std::ceil(block.data / (1 - share))) + kSmallMargin;
    block.rows = block.per_round = std::min(kRowsMax, block.data + parity_rows);
    const int soon = static_cast<int>(std::ceil(block.data * share / (1 - share))) + 1;
    block.at_once = std::min(block.rows, block.data + soon);
  } else {
    const int parity_rows =
        static_cast<int>(std::ceil(block.data * share / (1 - share))) + (block.data < shape_.data ? kSmallMargin : 0);
    block.per_round = std::min(kRowsMax, block.data + parity_rows);
    block.rows = std::min(kRowsMax, block.data + parity_rows * shape_.rounds);
  }
  const auto packet = static_cast<double>(block.length + kHeaderBytes + kTagBytes + kPacketHeaders);
  if (span_ > Moment(0))
    block.reserved = packet * (block.rows - block.at_once) / seconds(block.span * rounds_of(block));
  block.told = told_span(block);
  state.reserved += block.reserved;
  held_ += block.bytes.size();
  state.turns.emplace(block.due(), block.number);
  blocks_.emplace(Number(index_of(lane), block.number), std::move(block));
  forget_some(now);
}

std::size_t Encoder::weight(const Block& block) { return block.bytes.size() + kKeptOverhead; }

void Encoder::keep(Block block, Moment now) {
  const Number number(index_of(block.lane), block.number);
  kept_bytes_ += weight(block);
  kept_order_.push_back(number);
  const auto until = now + block.told * 2 + kKeptLeast;
  kept_.emplace(number, Kept{std::move(block), until, {}});
  forget_some(now);
}

// What has ended has the memory that what is under way leaves it, for as long as anybody may ask for it.
void Encoder::forget_some(Moment now) {
  while (!kept_order_.empty()) {
    const auto oldest = kept_.find(kept_order_.front());
    const bool room = kept_bytes_ <= shape_.memory / kKeptShare && kept_bytes_ + held_ <= shape_.memory;
    if (room && now < oldest->second.until) return;
    kept_bytes_ -= weight(oldest->second.block);
    kept_.erase(oldest);
    kept_order_.pop_front();
  }
}

void Encoder::send_again(const Wanted& wanted) {
  const Number number(index_of(wanted.lane), wanted.block);
  const auto found = kept_.find(number);
  if (found == kept_.end()) return;
  auto& kept = found->second;
  for (std::size_t row = 0; row < wanted.rows.size() && kept.rows_left > 0; ++row) {
    if (!wanted.rows[row] || kept.queued[row] || again_.size() >= kAgainMost) continue;
    kept.queued.set(row);
    --kept.rows_left;
    again_.emplace_back(number, static_cast<int>(row));
  }
}

std::optional<Bytes> Encoder::send_wanted() {
  while (!again_.empty()) {
    const auto [number, row] = again_.front();
    again_.pop_front();
    const auto found = kept_.find(number);
    if (found == kept_.end()) continue;
    auto& [block, until, queued, rows_left] = found->second;
    queued.reset(static_cast<std::size_t>(row));
    auto datagram = datagram_of(block, row);
    block.parity = Bytes();
    return datagram;
  }
  return {};
}

// Where nothing is spread a block takes as long as its bytes; of bulk, eight times as long beside a flood of what is
// urgent. A reader has to know where that is long.
Moment Encoder::told_span(const Block& block) const {
  if (block.span > Moment(0)) return block.span * rounds_of(block);
  const auto bytes = (block.length + kHeaderBytes + kTagBytes + kPacketHeaders) * static_cast<std::size_t>(block.rows);
  const auto time = time_of(shape_, bytes) * (block.lane == Lane::bulk ? kUrgentRun + 1 : 1);
  return time > kShortTime ? time : Moment(0);
}

BytesView Encoder::parity_of(Block& block, int row) {
  const auto offset = [&] { return static_cast<std::size_t>(row - block.parity_row) * block.length; };
  if (row < block.parity_row || offset() >= block.parity.size()) {
    std::vector<const std::uint8_t*> data;
    for (std::size_t at = 0; at < block.bytes.size(); at += block.length) data.push_back(block.bytes.data() + at);
    // What is kept of it is little beside the block.
    const int rows = std::min(kParityAtOnce, block.data / 8);
    block.parity = parity(data, block.length, row, std::max(1, std::min(rows, block.rows - row)));
    block.parity_row = row;
  }
  return BytesView(block.parity).subspan(offset(), block.length);
}

Bytes Encoder::datagram_of(Block& block, int row) {
  Symbol symbol;
  symbol.lane = block.lane;
  symbol.data = block.data;
  symbol.row = row;
  symbol.block = block.number;
  symbol.span = std::chrono::ceil<milliseconds>(block.told);
  symbol.bytes = row < block.data
                     ? BytesView(block.bytes).subspan(static_cast<std::size_t>(row) * block.length, block.length)
                     : parity_of(block, row);
  return build_datagram(symbol, key_);
}

Bytes Encoder::send_row(Lane lane, Moment now) {
  auto& state = lanes_[index_of(lane)];
  const auto found = blocks_.find({index_of(lane), state.turns.top().second});
  auto& block = found->second;
  state.turns.pop();
  auto datagram = datagram_of(block, block.next_row);
  if (++block.next_row < block.rows) {
    state.turns.emplace(block.due(), block.number);
  } else {
    held_ -= block.bytes.size();
    state.reserved -= block.reserved;
    block.parity = Bytes();
    keep(std::move(block), now);
    blocks_.erase(found);
  }
  return datagram;
}

std::optional<Moment> Encoder::lane_due(Lane lane, Moment now) const {
  const auto& state = lanes_[index_of(lane)];
  std::optional<Moment> due;
  if (!state.turns.empty()) due = state.turns.top().first;
  if (state.waiting.empty()) return due;
  // A block that would have no room yet is cut when another one has ended; that has a turn of its own.
  if (!cuttable(state, now) && now >= cuttable_at(state)) return due;
  const auto at = std::max(cuttable_at(state), Moment::min());
  return due ? std::min(*due, at) : at;
}

// Urgent before bulk, but one of eight is for bulk when it has something. Cuts blocks where that is due.
std::optional<Lane> Encoder::choose(Moment now) {
  const auto ready = [&](Lane lane) {
    const auto& state = lanes_[index_of(lane)];
    return !state.turns.empty() && state.turns.top().first <= now;
  };
  const auto open = [&](Lane lane) {
    if (cuttable(lanes_[index_of(lane)], now)) cut(lane, now);
  };
  open(Lane::urgent);
  // Bulk fills what the line has left: a block of it is begun only when nothing else is due.
  if (!ready(Lane::bulk) && (!ready(Lane::urgent) || urgent_run_ >= kUrgentRun)) open(Lane::bulk);
  const bool urgent = ready(Lane::urgent), bulk = ready(Lane::bulk);
  if (urgent && (!bulk || urgent_run_ < kUrgentRun)) return Lane::urgent;
  if (bulk) return Lane::bulk;
  return {};
}

std::optional<Bytes> Encoder::next(Moment now) {
  if (line_free_ > now + credit(shape_)) return {};
  auto datagram = send_wanted();
  if (!datagram) {
    const auto lane = choose(now);
    if (!lane) return {};
    urgent_run_ = *lane == Lane::urgent ? urgent_run_ + 1 : 0;
    datagram = send_row(*lane, now);
  }
  line_free_ = std::max(line_free_, now) + time_of(shape_, datagram->size() + kPacketHeaders);
  return datagram;
}

Moment Encoder::due(Moment now) const {
  std::optional<Moment> earliest;
  for (const auto lane : kLanes)
    if (const auto due = lane_due(lane, now)) earliest = earliest ? std::min(*earliest, *due) : *due;
  if (!again_.empty()) earliest = now;
  if (!earliest) return Moment::max();
  return std::max(*earliest, line_free_ - credit(shape_));
}

}  // namespace jindu::gateway::diode
