#pragma once
// The sending end of a diode as a pure state machine: frames and the time go in, paced datagrams come out. Frames of a
// lane follow one another through blocks; a block's data and parity symbols are spread over `span_of(shape)`, between
// those of other blocks, so that neither scattered loss nor a burst takes more of a block than can be repaired.
#include <deque>
#include <map>
#include <queue>

#include "exchange-gateway/carriers/diode/frame.hpp"

namespace jindu::gateway::diode {

struct Shape {
  std::size_t datagram = 1'400;                 // bytes of UDP payload
  int data = 64;                                // data symbols of a full block
  int repair = 32;                              // its parity symbols in each round
  int rounds = 1;                               // further rounds repeat with other parity rows
  std::uint64_t bytes_per_second = 12'500'000;  // of IP packets
  std::chrono::milliseconds burst{500};         // of total loss, which is survived at the full rate
  std::chrono::milliseconds flush{5};           // a block that is not full goes out after this
  std::size_t memory = 16 * 1024 * 1024;        // for blocks under way; the receiving end takes twice as much
};
inline constexpr std::size_t kPacketHeaders = 28;  // IPv4 and UDP

// Code config.key, with the key of the configuration that is to blame.
result<void> check(const Shape& shape);
// How long the symbols of one round are spread: so long that a burst takes fewer of them than there are parity symbols.
std::chrono::milliseconds span_of(const Shape& shape);
// How long so many bytes take on the line.
Moment time_of(const Shape& shape, std::size_t bytes);
// Blocks that are under way at once at the full rate, in bytes.
std::size_t memory_needed(const Shape& shape);

class Encoder {
 public:
  // Blocks are numbered from `first_block`, which must be above all numbers used before with the same key.
  Encoder(Shape shape, Key key, std::uint64_t first_block);

  // Whether the lane has little waiting: back-pressure on whoever reads from the disk.
  bool wants(Lane lane) const;
  // Gives the place of its end among all bytes of the lane.
  std::uint64_t put(Lane lane, FrameKind kind, Bytes bytes, Moment now);
  // The place up to which all rows of a lane have been on the line, but for what is asked for again.
  std::uint64_t left_up_to(Lane lane) const;
  // Puts rows that the reader lacks on the line again, before anything else. Only of blocks that have ended and are
  // still kept: of one under way more will come by itself.
  void send_again(const Wanted& wanted);
  // Begins no block of bulk before `until`: the reader cannot keep up. What is urgent, and blocks under way, go on. The
  // newest word counts.
  void pause(Moment until) { pause_until_ = until; }
  // The next datagram if one may leave now. Nothing: ask again at `due`.
  std::optional<Bytes> next(Moment now);
  Moment due(Moment now) const;
  std::uint64_t next_block() const { return next_block_; }
  bool idle() const;  // nothing waits and nothing is under way
  // Whether what was asked for before (FrameKind::wanted, pause) is on the line: asks never queue up.
  bool may_ask() const { return asks_waiting_ == 0; }
  std::size_t bytes_held() const { return held_ + kept_bytes_; }

 private:
  struct Block {
    Lane lane;
    std::uint64_t number;
    int data;
    std::size_t length;  // of a symbol
    Bytes bytes;         // data symbols side by side
    int rows;            // to be sent in all
    int at_once;         // rows that are due at the start
    int per_round;       // rows of the first round
    Moment start, span;
    Moment told{};  // to the reader: how long until all of it should have come
    double reserved = 0;
    int next_row = 0;
    std::uint64_t from = 0;  // its place in the lane
    Bytes parity{};          // of the rows that are sent next, from `parity_row` on
    int parity_row = 0;
    Moment due() const;
  };
  using Number = std::pair<std::size_t, std::uint64_t>;  // lane and number
  // A block that has ended, for as long as the memory for it lasts.
  struct Kept {
    Block block;
    Moment until;              // a reader has given it up by then
    Rows queued;               // in `again_`
    int rows_left = kRowsMax;  // that may go again
  };
  // The header of a frame, or what it is about: as it was given, for it may be large.
  struct Waiting {
    Bytes bytes;
    Moment since;
    bool begins = false;  // a frame
    bool asks = false;    // the last of a frame that asks the other side for something
  };
  struct LaneState {
    std::deque<Waiting> waiting;
    std::size_t offset = 0;  // into the first of them
    std::size_t bytes = 0;
    std::uint64_t put = 0;  // bytes that there ever were
    using Turn = std::pair<Moment, std::uint64_t>;
    std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns;  // of its blocks, by number
    std::uint64_t number = 0;                                            // of its next block
    double reserved = 0;  // bytes per second that its blocks need until they have ended
  };

  static int rounds_of(const Block& block);
  std::size_t symbol_max() const { return shape_.datagram - kHeaderBytes - kTagBytes; }
  std::size_t room() const;  // bytes of a full block
  bool has_line_room(Lane lane) const;
  bool cuttable(const LaneState& lane, Moment now) const;
  Moment cuttable_at(const LaneState& lane) const;
  std::optional<Moment> lane_due(Lane lane, Moment now) const;
  void cut(Lane lane, Moment now);
  Bytes send_row(Lane lane, Moment now);
  std::optional<Bytes> send_wanted();
  Bytes datagram_of(Block& block, int row);
  static BytesView parity_of(Block& block, int row);
  Moment told_span(const Block& block) const;
  void keep(Block block, Moment now);
  void forget_some(Moment now);
  static std::size_t weight(const Block& block);
  std::optional<Lane> choose(Moment now);

  Shape shape_;
  Key key_;
  Moment span_;
  std::uint64_t next_block_;
  std::array<LaneState, 2> lanes_;
  std::map<Number, Block> blocks_;
  std::size_t held_ = 0;
  std::map<Number, Kept> kept_;
  std::deque<Number> kept_order_;  // oldest first
  std::size_t kept_bytes_ = 0;
  std::deque<std::pair<Number, int>> again_;
  int asks_waiting_ = 0;
  int urgent_run_ = 0;  // datagrams of the urgent lane in a row
  Moment pause_until_{};
  Moment line_free_{};  // when everything given out has left at the rate
};

}  // namespace jindu::gateway::diode
