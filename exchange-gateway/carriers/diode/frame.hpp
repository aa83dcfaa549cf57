#pragma once
// What crosses a diode, byte by byte: docs/formats.md, "Diode datagram". Shapes only; nothing here keeps state.
#include <array>
#include <bitset>
#include <chrono>
#include <optional>
#include <vector>

#include "common/crypto/key.hpp"
#include "common/exchange/codec/bundle.hpp"

namespace jindu::gateway::diode {

// Time on this machine's steady clock, passed in.
using Moment = std::chrono::microseconds;

inline constexpr std::size_t kHeaderBytes = 20, kTagBytes = 16;
inline constexpr std::size_t kSymbolMin = 16;             // the smallest symbol: a block is never empty
inline constexpr std::size_t kDatagramMax = 8'972;        // of a jumbo frame
inline constexpr int kDataMax = 240;                      // data symbols of a block
inline constexpr int kRowsMax = 255;                      // data and parity together: the field has 256 elements
inline constexpr std::uint64_t kFirstBlockStep = 65'536;  // a sender's first block is a multiple of this
inline constexpr std::size_t kBlockHeaderBytes = 8;
inline constexpr std::size_t kFrameHeaderBytes = 5;
inline constexpr std::size_t kFrameMax = exchange::kMessageBundleMax + 2 * exchange::kManifestMax;

// What is urgent has blocks of its own, so that it never waits behind what is large.
enum class Lane : std::uint8_t { urgent = 0, bulk = 1 };
inline constexpr std::array<Lane, 2> kLanes{Lane::urgent, Lane::bulk};
constexpr std::size_t index_of(Lane lane) { return static_cast<std::size_t>(lane); }

// Authenticates the datagrams of one direction between two units. Both derive it from their keys, so there is nothing
// to hand over: HKDF-SHA-256 over ECDH of the two certified keys. For one thread at a time.
class Key {
 public:
  // Code key.unsupported where either key is not of P-256.
  static result<Key> between(const crypto::PrivateKey& own, const crypto::PublicKey& peer, std::string_view from,
                             std::string_view to);
  explicit Key(BytesView secret, std::uint32_t id) : hmac_(secret), id_(id) {}
  std::uint32_t id() const { return id_; }
  std::array<std::uint8_t, kTagBytes> tag(BytesView message);

 private:
  crypto::HmacSha256 hmac_;
  std::uint32_t id_;
};

// One symbol of a block. Rows below `data` are the block's own bytes, the others parity.
struct Symbol {
  std::uint32_t key_id = 0;
  Lane lane = Lane::urgent;
  int data = 1;
  int row = 0;
  std::uint64_t block = 0;
  std::chrono::milliseconds span{};  // over which the block's symbols are spread; in steps of 100 ms
  BytesView bytes;
};
inline constexpr std::chrono::milliseconds kSpanStep{100};
inline constexpr std::chrono::milliseconds kSpanMax = kSpanStep * 255;

Bytes build_datagram(const Symbol& symbol, Key& key);
// Views point into `datagram`. Code diode.shape.
result<Symbol> parse_datagram(BytesView datagram);
bool authentic(BytesView datagram, Key& key);  // of one that was parsed

// A block is u32 offset of the first frame that begins in it (kNoFrame: none), u32 number of bytes in use, bytes.
inline constexpr std::uint32_t kNoFrame = 0xffffffff;
struct BlockView {
  std::uint32_t first = kNoFrame;
  BytesView bytes;
};
result<BlockView> parse_block(BytesView block);  // code diode.block

// Frames follow one another through the blocks of a lane: u8 kind, u32 length, bytes.
enum class FrameKind : std::uint8_t { bundle = 1, report = 2, wanted = 3, pause = 4 };
struct Frame {
  Lane lane = Lane::urgent;
  FrameKind kind = FrameKind::bundle;
  Bytes bytes;
};

// What a unit says of itself within each lane: how far it has sent, how far it has read, and what it knows of the
// control channels. Everything before it in its lane has the mark or a lower one.
struct Report {
  std::uint64_t mark = 0;               // of this lane
  std::array<std::uint64_t, 2> read{};  // newest marks of the other side, by lane, up to which all is settled here
  std::uint64_t control_sent = 0;       // the receipts about what was read are in own control bundles up to here
  std::uint64_t control_received = 0;   // other side's control bundles without a gap
};
inline constexpr std::size_t kReportBytes = 40;
Bytes encode(const Report& report);
result<Report> parse_report(BytesView bytes);  // code diode.report

// Rows of a block of the other direction that its reader lacks and asks for again.
using Rows = std::bitset<kRowsMax>;
struct Wanted {
  Lane lane = Lane::urgent;
  std::uint64_t block = 0;
  Rows rows;
};
inline constexpr std::size_t kWantedBytes = 41;  // of one block
inline constexpr std::size_t kWantedMax = 64;    // blocks in a frame
Bytes encode(const std::vector<Wanted>& blocks);
result<std::vector<Wanted>> parse_wanted(BytesView bytes);  // code diode.wanted

// For how long a reader that cannot keep up asks its sender to begin no more of what is large. It ends by itself, so
// that no word is missed that would end it.
inline constexpr std::chrono::milliseconds kPauseMost{2'000};
Bytes encode(std::chrono::milliseconds pause);
result<std::chrono::milliseconds> parse_pause(BytesView bytes);  // code diode.pause

}  // namespace jindu::gateway::diode
