#pragma once
// The receiving end of a diode as a pure state machine: datagrams and the time go in, frames come out, in the order of
// each lane. What is foreign or changed is turned away before it can touch a block. Nothing is dropped silently: every
// datagram and every block that is given up is counted.
#include <deque>
#include <map>

#include "exchange-gateway/carriers/diode/frame.hpp"

namespace jindu::gateway::diode {

struct Counts {
  std::uint64_t taken = 0;          // symbols that a block was waiting for
  std::uint64_t spare = 0;          // symbols of blocks that are whole already, or that came twice
  std::uint64_t foreign = 0;        // not of this format or key
  std::uint64_t unauthentic = 0;    // ours by shape, but the tag does not hold
  std::uint64_t contradictory = 0;  // unlike what its block was before
  std::uint64_t blocks = 0;         // whole
  std::uint64_t repaired = 0;       // of these, with the help of parity
  std::uint64_t lost = 0;           // blocks given up
  std::uint64_t asked = 0;          // blocks of which rows were asked for again, each time
  std::uint64_t frames = 0;
  std::uint64_t unknown = 0;   // of kinds that this version does not know
  std::uint64_t broken = 0;    // frames of which a part was in a lost block, or malformed
  std::uint64_t restarts = 0;  // the other side began anew
};

class Decoder {
 public:
  Decoder(std::vector<Key> keys, std::size_t memory);

  void take(BytesView datagram, Moment now);
  void look(Moment now);  // gives up what is overdue
  std::optional<Frame> next();
  // What the sender is to be asked for again, through the opposite direction: of blocks whose symbols should all have
  // come, as many rows as are missing and a few for the way.
  std::vector<Wanted> wanted(Moment now);
  const Counts& counts() const { return counts_; }
  std::size_t bytes_held() const { return held_; }

 private:
  struct Block {
    int data = 0;
    std::size_t length = 0;
    Bytes bytes;            // data symbols side by side
    std::vector<bool> has;  // of the data symbols
    std::map<int, Bytes> parity;
    int present = 0;
    bool whole = false;
    Moment first_seen{}, last_seen{}, span{}, patience{};
    int early = 0, asked = 0;  // how often its rows were asked for: before its time was over, and after
    Moment ask_at{};           // not again before
  };
  struct LaneState {
    bool begun = false;
    bool fresh = true;           // nothing was read of this run: what came before was not for us
    std::uint64_t expected = 0;  // the next block to be read
    std::map<std::uint64_t, Block> blocks;
    Bytes header, partial;  // of the frame that goes on in the next block
    bool skipping = true;   // until a block in which a frame begins
    Moment behind_since{};  // older blocks come, and nothing else
  };

  bool place(LaneState& lane, const Symbol& symbol, Moment now);
  void begin_at(Lane lane, std::uint64_t block);
  void add(Lane lane, const Symbol& symbol, Moment now);
  void advance(Lane lane, Moment now);
  void read(Lane lane, BytesView block);
  void read_frames(Lane lane, BytesView bytes);
  void skip_to(LaneState& lane, std::uint64_t block);
  void gap(LaneState& lane, std::uint64_t blocks);
  void make_room();
  static Moment patience(const Symbol& symbol);
  static bool has_ended(const Block& block, Moment now);
  static Rows missing(const Block& block);
  static std::size_t weight(const Block& block);

  std::vector<Key> keys_;
  std::size_t memory_;
  std::array<LaneState, 2> lanes_;
  std::deque<Frame> frames_;
  std::size_t held_ = 0;
  Counts counts_;
};

}  // namespace jindu::gateway::diode
