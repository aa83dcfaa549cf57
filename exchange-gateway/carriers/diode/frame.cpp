#include "exchange-gateway/carriers/diode/frame.hpp"

#include <algorithm>

#include "common/crypto/hkdf.hpp"
#include "common/exchange/codec/big_endian.hpp"

namespace jindu::gateway::diode {
namespace {

using exchange::big_endian, exchange::put_big_endian;

constexpr std::string_view kMagic = "JDD1";
constexpr std::uint64_t kNumberMax = std::uint64_t{1} << 60;

std::uint32_t u32_at(BytesView bytes, std::size_t at) {
  return static_cast<std::uint32_t>(big_endian(bytes.subspan(at, 4)));
}

std::uint64_t u64_at(BytesView bytes, std::size_t at) { return big_endian(bytes.subspan(at, 8)); }

Error shape(std::string what) { return {Fault::invalid, "diode.shape", std::move(what)}; }

}  // namespace

result<Key> Key::between(const crypto::PrivateKey& own, const crypto::PublicKey& peer, std::string_view from,
                         std::string_view to) {
  auto shared = own.agree(peer);
  if (!shared) return shared.error();
  const auto root = crypto::hkdf_extract(crypto::HashFunction::sha256, bytes_of("jindu/diode/v1"), *shared);
  const std::string way = std::string(from) + '\0' + std::string(to);
  const auto derived =
      crypto::hkdf_expand(crypto::HashFunction::sha256, root, bytes_of("jindu/diode/v1/datagram" + ('\0' + way)), 36);
  return Key(BytesView(derived).first(32), u32_at(derived, 32));
}

std::array<std::uint8_t, kTagBytes> Key::tag(BytesView message) {
  const auto digest = hmac_.of(message);
  std::array<std::uint8_t, kTagBytes> tag{};
  std::copy_n(digest.begin(), kTagBytes, tag.begin());
  return tag;
}

Bytes build_datagram(const Symbol& symbol, Key& key) {
  Bytes out(kMagic.begin(), kMagic.end());
  out.reserve(kHeaderBytes + symbol.bytes.size() + kTagBytes);
  put_big_endian(out, key.id(), 4);
  out.push_back(static_cast<std::uint8_t>(symbol.lane));
  out.push_back(static_cast<std::uint8_t>(symbol.data));
  out.push_back(static_cast<std::uint8_t>(symbol.row));
  const auto steps = (symbol.span + kSpanStep - std::chrono::milliseconds(1)) / kSpanStep;
  out.push_back(static_cast<std::uint8_t>(std::clamp<std::int64_t>(steps, 0, 255)));
  put_big_endian(out, symbol.block, 8);
  out.insert(out.end(), symbol.bytes.begin(), symbol.bytes.end());
  const auto tag = key.tag(out);
  out.insert(out.end(), tag.begin(), tag.end());
  return out;
}

result<Symbol> parse_datagram(BytesView d) {
  if (d.size() < kHeaderBytes + kSymbolMin + kTagBytes || d.size() > kDatagramMax) return shape("its size");
  if (text_of(d.first(kMagic.size())) != kMagic) return shape("another magic");
  Symbol s;
  s.key_id = u32_at(d, 4);
  if (d[8] > 1) return shape("an unknown lane");
  s.lane = static_cast<Lane>(d[8]);
  s.data = d[9];
  s.row = d[10];
  s.span = kSpanStep * d[11];
  s.block = u64_at(d, 12);
  if (s.data < 1 || s.data > kDataMax) return shape("a block has 1 to " + std::to_string(kDataMax) + " data symbols");
  if (s.row >= kRowsMax) return shape("a block has at most 255 symbols");
  if (s.block > kNumberMax) return shape("the block's number");
  s.bytes = d.subspan(kHeaderBytes, d.size() - kHeaderBytes - kTagBytes);
  return s;
}

bool authentic(BytesView d, Key& key) {
  if (d.size() < kTagBytes) return false;
  const auto expected = key.tag(d.first(d.size() - kTagBytes));
  return crypto::constant_time_equal(expected, d.last(kTagBytes));
}

result<BlockView> parse_block(BytesView block) {
  const auto malformed = [](const char* what) { return Error{Fault::integrity, "diode.block", what}; };
  if (block.size() < kBlockHeaderBytes) return malformed("a block ends within its header");
  BlockView view;
  view.first = u32_at(block, 0);
  const std::size_t used = u32_at(block, 4);
  if (used > block.size() - kBlockHeaderBytes) return malformed("a block has fewer bytes than it says");
  if (view.first != kNoFrame && view.first >= used) return malformed("a frame begins behind the block's end");
  view.bytes = block.subspan(kBlockHeaderBytes, used);
  return view;
}

Bytes encode(const Report& report) {
  Bytes out;
  out.reserve(kReportBytes);
  for (const auto value : {report.mark, report.read[0], report.read[1], report.control_sent, report.control_received})
    put_big_endian(out, value, 8);
  return out;
}

result<Report> parse_report(BytesView bytes) {
  if (bytes.size() != kReportBytes) return Error{Fault::integrity, "diode.report", "a report has 40 bytes"};
  for (std::size_t at = 0; at < kReportBytes; at += 8)
    if (u64_at(bytes, at) > kNumberMax) return Error{Fault::integrity, "diode.report", "a number is out of bounds"};
  return Report{u64_at(bytes, 0), {u64_at(bytes, 8), u64_at(bytes, 16)}, u64_at(bytes, 24), u64_at(bytes, 32)};
}

Bytes encode(const std::vector<Wanted>& blocks) {
  Bytes out;
  out.reserve(blocks.size() * kWantedBytes);
  for (const auto& one : blocks) {
    out.push_back(static_cast<std::uint8_t>(one.lane));
    put_big_endian(out, one.block, 8);
    const auto rows = out.size();
    out.resize(rows + kWantedBytes - 9);
    for (std::size_t row = 0; row < one.rows.size(); ++row)
      if (one.rows[row]) out[rows + row / 8] |= static_cast<std::uint8_t>(1 << row % 8);
  }
  return out;
}

result<std::vector<Wanted>> parse_wanted(BytesView bytes) {
  const auto malformed = [](const char* what) { return Error{Fault::integrity, "diode.wanted", what}; };
  if (bytes.empty() || bytes.size() % kWantedBytes != 0 || bytes.size() > kWantedMax * kWantedBytes)
    return malformed("1 to 64 blocks of 41 bytes are asked for");
  std::vector<Wanted> blocks;
  for (; !bytes.empty(); bytes = bytes.subspan(kWantedBytes)) {
    Wanted one;
    if (bytes[0] > 1) return malformed("an unknown lane");
    one.lane = static_cast<Lane>(bytes[0]);
    one.block = u64_at(bytes, 1);
    if (one.block > kNumberMax) return malformed("the block's number");
    const auto rows = bytes.subspan(9);
    if (rows[kRowsMax / 8] >> kRowsMax % 8 != 0) return malformed("a block has at most 255 symbols");
    for (std::size_t row = 0; row < one.rows.size(); ++row) one.rows[row] = (rows[row / 8] >> row % 8 & 1) != 0;
    if (one.rows.none()) return malformed("no row is asked for");
    blocks.push_back(one);
  }
  return blocks;
}

Bytes encode(std::chrono::milliseconds pause) {
  Bytes out;
  put_big_endian(out, static_cast<std::uint64_t>(std::clamp<std::int64_t>(pause.count(), 1, kPauseMost.count())), 2);
  return out;
}

result<std::chrono::milliseconds> parse_pause(BytesView bytes) {
  const auto pause = std::chrono::milliseconds(bytes.size() == 2 ? big_endian(bytes) : 0);
  if (pause < std::chrono::milliseconds(1) || pause > kPauseMost)
    return Error{Fault::integrity, "diode.pause", "a pause has 2 bytes and 1 to 2,000 ms"};
  return pause;
}

}  // namespace jindu::gateway::diode
