#include <catch2/catch.hpp>
#include <cstring>
#include <functional>
#include <random>

#include "exchange-gateway/carriers/diode/code.hpp"
#include "exchange-gateway/carriers/diode/decoder.hpp"
#include "exchange-gateway/carriers/diode/encoder.hpp"

namespace jindu::gateway::diode::test {
namespace {

using std::chrono::milliseconds;
constexpr std::uint64_t kFirst = 7 * kFirstBlockStep;
Key kKey(Bytes(32, 7), 0x01020304);

using Random = std::mt19937_64;

Bytes noise(Random& random, std::size_t size) {
  Bytes bytes(size);
  for (std::size_t at = 0; at < size; at += sizeof(Random::result_type)) {
    const auto eight = random();
    std::memcpy(bytes.data() + at, &eight, std::min(sizeof eight, size - at));
  }
  return bytes;
}

// One way, in simulated time. `way` says what becomes of a datagram that leaves at a time: the arrivals it causes.
struct Line {
  using Way = std::function<void(Bytes datagram, Moment at, const std::function<void(Bytes, Moment)>& arrive)>;

  explicit Line(Shape s, Way w)
      : shape(s), way(std::move(w)), encoder(s, kKey, kFirst), decoder({kKey}, s.memory * 2) {}

  // Runs until nothing is under way on either side.
  void run(const std::function<void(Moment)>& feed = [](Moment) {}) {
    for (;;) {
      feed(now);
      while (auto datagram = encoder.next(now)) {
        sent += datagram->size() + kPacketHeaders;
        way(std::move(*datagram), now, [&](Bytes d, Moment at) { arriving.emplace(at, std::move(d)); });
      }
      while (!arriving.empty() && arriving.begin()->first <= now) {
        decoder.take(arriving.begin()->second, now);
        arriving.erase(arriving.begin());
      }
      if (asks)
        for (const auto& one : decoder.wanted(now)) asking.emplace(now + *asks, one);
      while (!asking.empty() && asking.begin()->first <= now) {
        encoder.send_again(asking.begin()->second);
        asking.erase(asking.begin());
      }
      decoder.look(now);
      while (auto frame = decoder.next()) frames.emplace_back(now, std::move(*frame));
      held = std::max({held, encoder.bytes_held(), decoder.bytes_held()});
      held_to_send = std::max(held_to_send, encoder.bytes_held());
      if (encoder.idle() && arriving.empty() && decoder.bytes_held() == 0) return;
      REQUIRE(now < Moment(600'000'000));
      auto next = encoder.due(now);
      if (!arriving.empty()) next = std::min(next, arriving.begin()->first);
      if (!asking.empty()) next = std::min(next, asking.begin()->first);
      now = std::max(now + Moment(50), std::min(next, now + Moment(10'000)));
    }
  }
  std::vector<Bytes> of(Lane lane) const {
    std::vector<Bytes> list;
    for (const auto& [at, frame] : frames)
      if (frame.lane == lane) list.push_back(frame.bytes);
    return list;
  }

  Shape shape;
  Way way;
  Encoder encoder;
  Decoder decoder;
  Moment now{1'000'000};
  std::multimap<Moment, Bytes> arriving;
  std::optional<Moment> asks;  // how long the opposite direction takes, where there is one
  std::multimap<Moment, Wanted> asking;
  std::vector<std::pair<Moment, Frame>> frames;
  std::size_t sent = 0, held = 0, held_to_send = 0;
};

constexpr Moment kDelay{200};

Line::Way losing(std::shared_ptr<Random> random, double share) {
  return [random, share](Bytes d, Moment at, const auto& arrive) {
    if (std::uniform_real_distribution<>(0, 1)(*random) >= share) arrive(std::move(d), at + kDelay);
  };
}

// Nothing passes for 500 ms of every `period`.
Line::Way bursts(Moment period) {
  return [period](Bytes d, Moment at, const auto& arrive) {
    if (at % period >= Moment(500'000)) arrive(std::move(d), at + kDelay);
  };
}

Shape strong() {
  Shape shape;
  shape.repair = 64;
  return shape;
}

std::vector<Bytes> put_all(Line& line, Random& random, Lane lane, int number, std::size_t largest) {
  std::vector<Bytes> frames;
  for (int i = 0; i < number; ++i) {
    frames.push_back(noise(random, random() % (largest + 1)));
    line.encoder.put(lane, FrameKind::bundle, frames.back(), line.now);
  }
  return frames;
}

}  // namespace

TEST_CASE("any symbols of a block, as many as it has data, give the whole block") {
  Random random(1);
  for (const auto& [data, rows] : {std::pair{1, 5}, {2, 8}, {64, 96}, {64, 128}, {200, 255}, {17, 255}}) {
    for (const std::size_t length : {16u, 31u, 200u, 1364u}) {
      const auto whole = noise(random, static_cast<std::size_t>(data) * length);
      std::vector<const std::uint8_t*> symbols;
      for (int i = 0; i < data; ++i) symbols.push_back(whole.data() + static_cast<std::size_t>(i) * length);
      std::vector<int> chosen(static_cast<std::size_t>(rows));
      for (int i = 0; i < rows; ++i) chosen[static_cast<std::size_t>(i)] = i;
      std::shuffle(chosen.begin(), chosen.end(), random);
      chosen.resize(static_cast<std::size_t>(data));
      Bytes block(whole.size());
      std::vector<bool> has(static_cast<std::size_t>(data));
      std::map<int, Bytes> parities;
      for (const int row : chosen) {
        if (row < data) {
          has[static_cast<std::size_t>(row)] = true;
          std::copy_n(symbols[static_cast<std::size_t>(row)], length, block.begin() + row * static_cast<int>(length));
        } else {
          // However many are made with it, a row is the same.
          const auto made = parity(symbols, length, row, std::min(1 + row % 7, rows - row));
          parities.emplace(row, Bytes(made.begin(), made.begin() + static_cast<std::ptrdiff_t>(length)));
        }
      }
      repair(block.data(), data, length, has, parities);
      REQUIRE((block == whole));
    }
  }
}

TEST_CASE("a datagram is taken apart as it was built, and every changed byte is noticed") {
  Symbol s;
  const Bytes bytes(100, 9);
  s.lane = Lane::bulk;
  s.data = 64;
  s.row = 200;
  s.block = 0x0102030405060708;
  s.span = milliseconds(1'750);
  s.bytes = bytes;
  auto datagram = build_datagram(s, kKey);
  CHECK(datagram.size() == kHeaderBytes + 100 + kTagBytes);
  const auto read = parse_datagram(datagram).value();
  CHECK((read.lane == Lane::bulk && read.data == 64 && read.row == 200 && read.block == s.block));
  CHECK(read.span == milliseconds(1'800));  // rounded up
  CHECK(read.key_id == 0x01020304);
  CHECK(authentic(datagram, kKey));
  Key other(Bytes(32, 8), 0x01020304);
  CHECK_FALSE(authentic(datagram, other));
  for (std::size_t i = 0; i < datagram.size(); ++i) {
    datagram[i] ^= 1;
    CHECK((!parse_datagram(datagram) || !authentic(datagram, kKey)));
    datagram[i] ^= 1;
  }
  for (std::size_t size = 0; size < datagram.size(); ++size)
    CHECK((!parse_datagram(BytesView(datagram).first(size)) || !authentic(BytesView(datagram).first(size), kKey)));
}

TEST_CASE("both ends derive the same key, and each direction another") {
  const auto a = crypto::PrivateKey::generate_p256(), b = crypto::PrivateKey::generate_p256();
  auto sends = Key::between(a, b.public_key(), "outer", "inner").value();
  auto receives = Key::between(b, a.public_key(), "outer", "inner").value();
  auto back = Key::between(a, b.public_key(), "inner", "outer").value();
  const Bytes message(50, 1);
  CHECK(sends.tag(message) == receives.tag(message));
  CHECK(sends.id() == receives.id());
  CHECK(sends.tag(message) != back.tag(message));
  const auto stranger = crypto::PrivateKey::generate_p256();
  CHECK(Key::between(stranger, a.public_key(), "outer", "inner").value().tag(message) != sends.tag(message));
}

TEST_CASE("a report is read as it was written, and nothing else is") {
  const Report report{5, {6, 7}, 8, 9};
  const auto bytes = encode(report);
  REQUIRE(bytes.size() == kReportBytes);
  const auto read = parse_report(bytes).value();
  CHECK((read.mark == 5 && read.read[0] == 6 && read.read[1] == 7 && read.control_sent == 8 &&
         read.control_received == 9));
  CHECK_FALSE(parse_report(BytesView(bytes).first(39)));
  auto large = bytes;
  large[0] = 0xff;
  CHECK_FALSE(parse_report(large));
}

TEST_CASE("what is wanted again is read as it was written, and nothing else is") {
  std::vector<Wanted> wanted(2);
  wanted[0] = {Lane::bulk, 0x0102030405060708, {}};
  for (const std::size_t row : {0u, 7u, 8u, 254u}) wanted[0].rows.set(row);
  wanted[1].rows.set(100);
  const auto bytes = encode(wanted);
  REQUIRE(bytes.size() == 2 * kWantedBytes);
  CHECK((bytes[9] == 0x81 && bytes[10] == 0x01 && bytes[40] == 0x40));
  const auto read = parse_wanted(bytes).value();
  REQUIRE(read.size() == 2);
  CHECK((read[0].lane == Lane::bulk && read[0].block == wanted[0].block && read[0].rows == wanted[0].rows));
  CHECK((read[1].lane == Lane::urgent && read[1].block == 0 && read[1].rows == wanted[1].rows));

  const auto refused = [&](auto&& change) {
    auto changed = bytes;
    change(changed);
    const auto code = parse_wanted(changed);
    return !code && code.error().code == "diode.wanted";
  };
  CHECK(refused([](Bytes& b) { b.clear(); }));
  CHECK(refused([](Bytes& b) { b.pop_back(); }));
  CHECK(refused([](Bytes& b) { b[0] = 2; }));
  CHECK(refused([](Bytes& b) { b[1] = 0xff; }));
  CHECK(refused([](Bytes& b) { b[40] |= 0x80; }));
  CHECK(refused([](Bytes& b) { std::fill(b.begin() + 9, b.begin() + 41, std::uint8_t{0}); }));
  CHECK(refused([&](Bytes& b) {
    while (b.size() <= kWantedMax * kWantedBytes) b.insert(b.end(), bytes.begin(), bytes.end());
  }));
}

TEST_CASE("a pause is read as it was written, and nothing else is") {
  CHECK(encode(milliseconds(300)) == Bytes{0x01, 0x2c});
  for (const auto pause : {milliseconds(1), milliseconds(40), kPauseMost})
    CHECK(parse_pause(encode(pause)).value() == pause);
  for (const Bytes& bytes : {Bytes{}, Bytes{1}, Bytes{0, 0}, Bytes{0x07, 0xd1}, Bytes{0xff, 0xff}, Bytes{0, 1, 0}}) {
    const auto pause = parse_pause(bytes);
    REQUIRE_FALSE(pause);
    CHECK(pause.error().code == "diode.pause");
  }
}

TEST_CASE("without loss frames of every size arrive whole, in order, and soon") {
  auto random = std::make_shared<Random>(2);
  Line line(strong(), losing(random, 0));
  auto urgent = put_all(line, *random, Lane::urgent, 40, 3'000);
  auto bulk = put_all(line, *random, Lane::bulk, 10, 2'000'000);
  urgent.push_back({});
  line.encoder.put(Lane::urgent, FrameKind::report, {}, line.now);
  const auto begin = line.now;
  line.run();
  CHECK((line.of(Lane::urgent) == urgent));
  CHECK((line.of(Lane::bulk) == bulk));
  CHECK(line.frames.front().second.lane == Lane::urgent);
  CHECK(line.frames.front().first - begin < Moment(30'000));
  CHECK(line.decoder.counts().lost == 0);
  CHECK(line.decoder.counts().broken == 0);
  CHECK(line.decoder.counts().repaired == 0);
}

TEST_CASE("scattered loss up to what the parity covers loses nothing") {
  for (const int percent : {1, 5, 10, 20, 30, 40}) {
    DYNAMIC_SECTION(percent << " %") {
      auto random = std::make_shared<Random>(100 + percent);
      auto shape = strong();
      if (percent == 40) shape.repair = 100;
      Line line(shape, losing(random, percent / 100.0));
      const auto urgent = put_all(line, *random, Lane::urgent, 60, 3'000);
      const auto bulk = put_all(line, *random, Lane::bulk, 12, 2'000'000);
      line.run();
      CHECK((line.of(Lane::urgent) == urgent));
      CHECK((line.of(Lane::bulk) == bulk));
      CHECK(line.decoder.counts().lost == 0);
      CHECK(line.decoder.counts().repaired > 0);
    }
  }
}

TEST_CASE("bursts of 500 ms at the full rate lose nothing") {
  for (const int repair : {8, 16, 32, 64}) {
    DYNAMIC_SECTION(repair << " parity symbols") {
      auto random = std::make_shared<Random>(3);
      Shape shape;
      shape.repair = repair;
      shape.bytes_per_second = 5'000'000;
      shape.memory = 32u << 20;  // with 8 the symbols of a block are spread over five seconds
      REQUIRE(check(shape));
      // So far apart that no block meets two of them.
      Line line(shape, bursts(std::chrono::duration_cast<Moment>(span_of(shape)) * 2));
      std::vector<Bytes> urgent;
      const auto bulk = put_all(line, *random, Lane::bulk, 20, 4'000'000);
      auto next = line.now;
      line.run([&](Moment now) {
        if (now < next || urgent.size() == 200) return;
        next = now + Moment(37'000);
        urgent.push_back(noise(*random, 700));
        line.encoder.put(Lane::urgent, FrameKind::bundle, urgent.back(), now);
      });
      CHECK((line.of(Lane::bulk) == bulk));
      CHECK((line.of(Lane::urgent) == urgent));
      CHECK(line.decoder.counts().lost == 0);
      CHECK(line.held <= shape.memory * 2);
    }
  }
}

TEST_CASE("a single small frame survives a burst that takes all its data") {
  auto random = std::make_shared<Random>(4);
  Line line(strong(), [start = Moment(-1)](Bytes d, Moment at, const auto& arrive) mutable {
    if (start < Moment(0)) start = at;
    if (at - start >= Moment(500'000)) arrive(std::move(d), at + kDelay);
  });
  const auto urgent = put_all(line, *random, Lane::urgent, 1, 5'000);
  line.run();
  CHECK((line.of(Lane::urgent) == urgent));
}

TEST_CASE("rows that are asked for make good what parity alone does not") {
  const bool spread = GENERATE(false, true);
  CAPTURE(spread);
  auto random = std::make_shared<Random>(21);
  Shape shape;
  shape.data = 200;
  shape.repair = 8;
  shape.memory = 64 * 1024 * 1024;
  shape.burst = milliseconds(spread ? 20 : 0);
  const auto cross = [&](std::optional<Moment> asks) {
    // 4 % of the rows are parity; where the line is spread and has room, 22 %.
    auto line = std::make_unique<Line>(shape, losing(random, spread ? 0.26 : 0.08));
    line->asks = asks;
    const auto frames = put_all(*line, *random, Lane::bulk, 20, 2'000'000);
    line->run();
    return std::pair(std::move(line), frames);
  };
  const auto [alone, of_alone] = cross({});
  CHECK(alone->decoder.counts().lost > 30);
  const auto [asking, frames] = cross(Moment(20'000));
  CHECK(asking->decoder.counts().lost == 0);
  CHECK((asking->of(Lane::bulk) == frames));
  // What went again is what was missing and little more: 8 % of the line, less the parity, and margins.
  std::size_t bytes = 0;
  for (const auto& frame : frames) bytes += frame.size();
  if (!spread) CHECK(static_cast<double>(asking->sent) / static_cast<double>(bytes) < 1.18);
  CHECK(asking->held_to_send <= shape.memory);
}

TEST_CASE("a short burst is made good by asking") {
  Shape shape;
  shape.burst = milliseconds(0);
  // 8 ms are 70 of the 96 rows of a block.
  const auto burst = [](Bytes d, Moment at, const auto& arrive) {
    if (at < Moment(1'050'000) || at > Moment(1'058'000)) arrive(std::move(d), at + kDelay);
  };
  const auto cross = [&](std::optional<Moment> asks) {
    Random random(22);
    Line line(shape, burst);
    line.asks = asks;
    const auto frames = put_all(line, random, Lane::bulk, 30, 200'000);
    line.run();
    return std::pair(line.decoder.counts().lost, line.of(Lane::bulk) == frames);
  };
  CHECK(cross({}) == std::pair(std::uint64_t{1}, false));
  CHECK(cross(Moment(5'000)) == std::pair(std::uint64_t{0}, true));
}

TEST_CASE(
    "whoever asks again and again gets no row of a block more often than a block has rows, and is asked for no more") {
  Random random(23);
  Shape shape;
  shape.burst = milliseconds(0);
  Encoder encoder(shape, kKey, kFirst);
  Moment now{1'000'000};
  encoder.put(Lane::urgent, FrameKind::bundle, noise(random, 50'000), now);
  std::vector<Bytes> first;
  while (!encoder.idle()) {
    while (auto datagram = encoder.next(now)) first.push_back(std::move(*datagram));
    now += Moment(1'000);
  }
  Wanted all{Lane::urgent, kFirst, {}};
  all.rows.set();
  std::size_t again = 0;
  for (int i = 0; i < 10; ++i) {
    encoder.send_again(all);
    encoder.send_again(all);
    while (!encoder.idle()) {
      while (auto datagram = encoder.next(now)) {
        if (again < first.size()) CHECK((*datagram == first[again]));
        ++again;
      }
      now += Moment(1'000);
    }
  }
  CHECK(again == kRowsMax);
  encoder.send_again({Lane::urgent, kFirst + 1, all.rows});
  encoder.send_again({Lane::bulk, kFirst, all.rows});
  CHECK(encoder.idle());

  // A reader whose words nobody hears asks four times.
  Decoder decoder({kKey}, shape.memory);
  for (std::size_t i = 0; i < 10; ++i) decoder.take(first[i], now);
  std::size_t asked = 0;
  for (int i = 0; i < 450; ++i, now += Moment(1'000)) asked += decoder.wanted(now).size();
  CHECK(asked == 3);
  for (int i = 0; i < 5'000; ++i, now += Moment(1'000)) asked += decoder.wanted(now).size();
  CHECK(asked == 4);
  decoder.look(now);
  CHECK(decoder.wanted(now + Moment(10'000)).empty());
}

TEST_CASE("blocks that have ended are kept for as long as memory lasts, and what is under way goes before") {
  Random random(24);
  Shape shape;
  shape.memory = 2'000'000;
  shape.burst = milliseconds(20);
  Encoder encoder(shape, kKey, kFirst);
  Moment now{1'000'000};
  for (int i = 0; i < 400 || !encoder.idle(); ++i) {
    if (i < 400) encoder.put(Lane::bulk, FrameKind::bundle, noise(random, 80'000), now);
    while (encoder.next(now)) {
    }
    CHECK(encoder.bytes_held() <= shape.memory);
    now += Moment(5'000);
  }
  CHECK((encoder.bytes_held() > shape.memory / 3 && encoder.bytes_held() <= shape.memory / 2));
}

TEST_CASE("blocks that nobody may ask for any more are forgotten, and small ones have their weight") {
  Shape shape;
  shape.burst = milliseconds(0);
  Encoder encoder(shape, kKey, kFirst);
  Moment now{1'000'000};
  const auto send_one = [&] {
    encoder.put(Lane::urgent, FrameKind::report, encode(Report{}), now);
    now += shape.flush;
    while (encoder.next(now) || !encoder.idle()) now += Moment(10);
  };
  for (int i = 0; i < 1'000; ++i) {
    send_one();
    now += Moment(995'000);
  }
  CHECK(encoder.bytes_held() < 10'000);  // of a thousand within as many seconds
  for (int i = 0; i < 300; ++i) send_one();
  CHECK(encoder.bytes_held() >= 300 * 512);
}

TEST_CASE(
    "a sender that is asked to pause begins nothing large, goes on with what is urgent, and with all of it by itself") {
  Random random(27);
  Shape shape = strong();
  SECTION("blocks that follow one another") { shape.burst = milliseconds(0); }
  SECTION("blocks that are spread") {}
  Line line(shape, losing(std::make_shared<Random>(28), 0));
  const auto begin = line.now, pause = Moment(3'000'000);
  line.encoder.pause(begin + pause);
  const auto bulk = put_all(line, random, Lane::bulk, 3, 300'000);
  const auto urgent = put_all(line, random, Lane::urgent, 3, 20'000);
  line.run();
  REQUIRE((line.of(Lane::bulk) == bulk));
  REQUIRE((line.of(Lane::urgent) == urgent));
  for (const auto& [at, frame] : line.frames)
    CHECK((frame.lane == Lane::urgent ? at - begin < Moment(500'000) : at - begin >= pause));
  CHECK(line.now - begin < pause + Moment(5'000'000));

  // The newest word counts, a shorter one too.
  line.encoder.pause(line.now + Moment(60'000'000));
  const auto again = line.now;
  line.encoder.pause(line.now + Moment(100'000));
  put_all(line, random, Lane::bulk, 1, 1'000);
  line.run();
  CHECK(line.now - again < Moment(10'000'000));
}

TEST_CASE("one ask at a time waits for the line") {
  Shape shape;
  shape.burst = milliseconds(0);
  Encoder encoder(shape, kKey, kFirst);
  Moment now{1'000'000};
  CHECK(encoder.may_ask());
  SECTION("for rows") { encoder.put(Lane::urgent, FrameKind::wanted, encode({Wanted{Lane::bulk, 1, Rows(1)}}), now); }
  SECTION("for a pause") { encoder.put(Lane::urgent, FrameKind::pause, encode(milliseconds(40)), now); }
  CHECK_FALSE(encoder.may_ask());
  while (!encoder.idle()) {
    now += Moment(1'000);
    encoder.next(now);
  }
  CHECK(encoder.may_ask());
}

TEST_CASE("a slow line that spreads nothing is waited for as long as a block takes on it") {
  Random random(25);
  Shape shape;
  shape.burst = milliseconds(0);
  shape.bytes_per_second = 12'500;
  Line line(shape, losing(std::make_shared<Random>(26), 0));
  const auto frames = put_all(line, random, Lane::bulk, 3, 200'000);
  const auto urgent = put_all(line, random, Lane::urgent, 3, 20'000);
  line.run();
  CHECK((line.of(Lane::bulk) == frames));
  CHECK((line.of(Lane::urgent) == urgent));
  CHECK(line.decoder.counts().lost == 0);
}

TEST_CASE("disorder and duplicates change nothing") {
  auto random = std::make_shared<Random>(5);
  Line line(strong(), [random](Bytes d, Moment at, const auto& arrive) {
    const auto later = [&] { return at + Moment((*random)() % 200'000); };
    if ((*random)() % 10 == 0) arrive(d, later());
    if ((*random)() % 10 != 0) arrive(std::move(d), later());
  });
  const auto urgent = put_all(line, *random, Lane::urgent, 60, 3'000);
  const auto bulk = put_all(line, *random, Lane::bulk, 10, 1'000'000);
  line.run();
  CHECK((line.of(Lane::urgent) == urgent));
  CHECK((line.of(Lane::bulk) == bulk));
  CHECK(line.decoder.counts().spare > 0);
}

TEST_CASE("changed and foreign datagrams never reach a block") {
  auto random = std::make_shared<Random>(6);
  Line line(strong(), [random](Bytes d, Moment at, const auto& arrive) {
    auto changed = d;
    changed[(*random)() % changed.size()] ^= static_cast<std::uint8_t>(1 + (*random)() % 255);
    arrive(std::move(changed), at + kDelay / 2);
    auto false_key = d;
    false_key[kHeaderBytes] ^= 1;
    const auto tag = Key(Bytes(32, 99), kKey.id()).tag(BytesView(false_key).first(false_key.size() - kTagBytes));
    std::copy(tag.begin(), tag.end(), false_key.end() - kTagBytes);
    arrive(std::move(false_key), at + kDelay / 2);
    arrive(noise(*random, (*random)() % 1'500), at);
    arrive(std::move(d), at + kDelay);
  });
  const auto bulk = put_all(line, *random, Lane::bulk, 5, 1'000'000);
  line.run();
  CHECK((line.of(Lane::bulk) == bulk));
  CHECK(line.decoder.counts().unauthentic > 0);
  CHECK(line.decoder.counts().foreign > 0);
  CHECK(line.decoder.counts().contradictory == 0);
}

TEST_CASE("what is lost for good is counted, and what follows it is read") {
  auto random = std::make_shared<Random>(7);
  bool cut = false;
  Line line(strong(), [&](Bytes d, Moment at, const auto& arrive) {
    if (!cut) arrive(std::move(d), at + kDelay);
  });
  const auto first = put_all(line, *random, Lane::urgent, 3, 3'000);
  line.run();
  cut = true;
  put_all(line, *random, Lane::urgent, 5, 400'000);
  line.run();
  cut = false;
  const auto last = put_all(line, *random, Lane::urgent, 3, 3'000);
  line.run();
  auto expected = first;
  expected.insert(expected.end(), last.begin(), last.end());
  CHECK((line.of(Lane::urgent) == expected));
  CHECK(line.decoder.counts().lost > 0);
}

TEST_CASE("a frame of which a block is lost is not given out, and its neighbours are") {
  auto random = std::make_shared<Random>(8);
  Line line(strong(), [&](Bytes d, Moment at, const auto& arrive) {
    if (parse_datagram(d)->block != kFirst + 4) arrive(std::move(d), at + kDelay);
  });
  std::vector<Bytes> frames;
  for (int i = 0; i < 12; ++i) {
    frames.push_back(noise(*random, 60'000));
    line.encoder.put(Lane::bulk, FrameKind::bundle, frames.back(), line.now);
  }
  line.run();
  const auto got = line.of(Lane::bulk);
  CHECK(got.size() >= 9);
  CHECK(got.size() < 12);
  for (const auto& one : got) CHECK(std::find(frames.begin(), frames.end(), one) != frames.end());
  CHECK((got.back() == frames.back()));
  CHECK(line.decoder.counts().lost == 1);
}

TEST_CASE("a frame of a kind that is not known is passed over, and its neighbours are read") {
  Line line({}, losing(std::make_shared<Random>(30), 0));
  line.encoder.put(Lane::urgent, FrameKind::bundle, Bytes(300, 1), line.now);
  line.encoder.put(Lane::urgent, static_cast<FrameKind>(9), Bytes(200'000, 2), line.now);
  line.encoder.put(Lane::urgent, FrameKind::report, encode(Report{}), line.now);
  line.run();
  REQUIRE(line.of(Lane::urgent).size() == 2);
  CHECK((line.of(Lane::urgent)[0] == Bytes(300, 1) && line.of(Lane::urgent)[1] == encode(Report{})));
  CHECK((line.decoder.counts().unknown == 1 && line.decoder.counts().broken == 0));

  // There is no kind 0: whatever follows it in its block is lost, and counted.
  Line other({}, losing(std::make_shared<Random>(31), 0));
  other.encoder.put(Lane::urgent, static_cast<FrameKind>(0), Bytes(10, 2), other.now);
  other.encoder.put(Lane::urgent, FrameKind::bundle, Bytes(300, 1), other.now);
  other.run();
  CHECK((other.frames.empty() && other.decoder.counts().broken == 1));
}

TEST_CASE("a sender that begins anew is read at once, and one whose numbers went back after a while") {
  Random random(9);
  Decoder decoder({kKey}, 1 << 20);
  Moment now{0};
  const auto send = [&](std::uint64_t first_block) {
    Encoder encoder(strong(), kKey, first_block);
    encoder.put(Lane::urgent, FrameKind::bundle, Bytes(100, 1), now);
    int frames = 0;
    for (const auto end = now + Moment(4'000'000); now < end; now += Moment(1'000)) {
      while (auto datagram = encoder.next(now)) decoder.take(*datagram, now);
      decoder.look(now);
      while (decoder.next()) ++frames;
    }
    return frames;
  };
  CHECK(send(100 * kFirstBlockStep) == 1);
  CHECK(send(200 * kFirstBlockStep) == 1);
  CHECK(decoder.counts().restarts == 1);
  CHECK(send(50 * kFirstBlockStep) == 0);
  CHECK(send(51 * kFirstBlockStep) == 0);
  CHECK(send(52 * kFirstBlockStep) + send(53 * kFirstBlockStep) + send(54 * kFirstBlockStep) >= 1);
  CHECK(decoder.bytes_held() == 0);
}

TEST_CASE("a sender whose numbers went back by little is not turned away until it has used as many") {
  Decoder decoder({kKey}, 1 << 20);
  Moment now{0};
  const auto run = [&](std::uint64_t first_block) {
    Encoder encoder(strong(), kKey, first_block);
    int frames = 0;
    for (int i = 0; i < 15; ++i) {
      encoder.put(Lane::urgent, FrameKind::report, Bytes(40, 1), now);
      for (const auto end = now + Moment(1'000'000); now < end; now += Moment(10'000)) {
        while (auto datagram = encoder.next(now)) decoder.take(*datagram, now);
        decoder.look(now);
        while (decoder.next()) ++frames;
      }
    }
    return frames;
  };
  CHECK(run(kFirst) == 15);
  CHECK(run(kFirst - kFirstBlockStep) >= 4);
  CHECK(run(kFirst - kFirstBlockStep) >= 4);  // the very same numbers again
  CHECK(decoder.counts().restarts == 2);
}

TEST_CASE("parity that comes long after its block was read does not begin it anew") {
  Shape shape;
  shape.repair = 8;
  shape.burst = milliseconds(2'000);
  REQUIRE(span_of(shape) > std::chrono::seconds(15));
  Line line(shape, [](Bytes d, Moment at, const auto& arrive) { arrive(std::move(d), at + kDelay); });
  line.encoder.put(Lane::bulk, FrameKind::bundle, Bytes(100, 1), line.now);
  const auto begin = line.now;
  line.run();
  CHECK(line.now - begin > Moment(15'000'000));
  CHECK(line.frames.size() == 1);
  CHECK(line.decoder.counts().restarts == 0);
}

TEST_CASE("memory stays within its limit when nothing can be completed") {
  Random random(10);
  Decoder decoder({kKey}, 1 << 20);
  const Bytes symbol(1'300, 1);
  for (std::uint64_t block = 0; block < 5'000; ++block) {
    Symbol s;
    s.lane = block % 3 == 0 ? Lane::urgent : Lane::bulk;
    s.data = 200;
    s.row = static_cast<int>(random() % 255);
    s.block = kFirst + block;
    s.span = kSpanMax;
    s.bytes = symbol;
    decoder.take(build_datagram(s, kKey), Moment(1));
    REQUIRE(decoder.bytes_held() <= (1 << 20));
  }
  CHECK(decoder.counts().lost > 4'000);
}

TEST_CASE("symbols unlike their block are counted and not believed") {
  Decoder decoder({kKey}, 1 << 20);
  const Bytes symbol(100, 1);
  Symbol s;
  s.data = 2;
  s.block = kFirst;
  s.bytes = symbol;
  decoder.take(build_datagram(s, kKey), Moment(1));
  s.data = 3;
  decoder.take(build_datagram(s, kKey), Moment(1));
  s.data = 2;
  s.row = 1;
  s.bytes = BytesView(symbol).first(90);
  decoder.take(build_datagram(s, kKey), Moment(1));
  CHECK(decoder.counts().contradictory == 2);
  CHECK(decoder.counts().taken == 1);
}

TEST_CASE("what has left a lane is told once all its rows have been on the line") {
  Shape shape;
  shape.burst = milliseconds(0);
  Encoder encoder(shape, kKey, kFirst);
  CHECK(encoder.left_up_to(Lane::bulk) == 0);
  const auto first = encoder.put(Lane::bulk, FrameKind::bundle, Bytes(1'000'000, 'x'), Moment(0));
  const auto second = encoder.put(Lane::bulk, FrameKind::bundle, Bytes(10, 'y'), Moment(0));
  const auto other = encoder.put(Lane::urgent, FrameKind::bundle, Bytes(10, 'z'), Moment(0));
  CHECK(second == first + 15);
  CHECK(other == 15);
  std::uint64_t before = 0;
  std::size_t bytes = 0;
  for (Moment at(0); !encoder.idle(); at += Moment(1'000)) {
    while (const auto datagram = encoder.next(at)) bytes += datagram->size();
    const auto left = encoder.left_up_to(Lane::bulk);
    CHECK(left >= before);
    CHECK(left <= bytes);
    before = left;
  }
  CHECK(before == second);
  CHECK(encoder.left_up_to(Lane::urgent) == other);
}

TEST_CASE("the rate is kept from the first packet to the last") {
  auto random = std::make_shared<Random>(11);
  Shape shape = strong();
  shape.bytes_per_second = 1'250'000;
  std::map<std::int64_t, std::size_t> per_tenth;
  Line line(shape, [&](Bytes d, Moment at, const auto& arrive) {
    per_tenth[at / Moment(100'000)] += d.size() + kPacketHeaders;
    arrive(std::move(d), at + kDelay);
  });
  put_all(line, *random, Lane::bulk, 3, 2'000'000);
  line.run();
  // At most what leaves at once after a pause, 10 ms, beside the rate; and never more over the whole.
  std::size_t all = 0;
  for (const auto& [tenth, bytes] : per_tenth) {
    CHECK(bytes <= 125'000 + 12'500 + 2'000);
    all += bytes;
    CHECK(all <= static_cast<std::size_t>(tenth + 1) * 125'000 + 12'500 + 2'000);
  }
}

TEST_CASE("bulk never keeps what is urgent waiting, and a flood of what is urgent leaves bulk its share") {
  auto random = std::make_shared<Random>(12);
  Shape shape = strong();
  shape.bytes_per_second = 2'500'000;
  Line line(shape, losing(random, 0));
  std::map<Bytes, Moment> put_at;
  SECTION("urgent under a load of bulk") {
    put_all(line, *random, Lane::bulk, 10, 2'000'000);
    auto next = line.now;
    line.run([&](Moment now) {
      if (now < next || put_at.size() == 50) return;
      next = now + Moment(50'000);
      auto bytes = noise(*random, 1'500);
      put_at[bytes] = now;
      line.encoder.put(Lane::urgent, FrameKind::bundle, bytes, now);
    });
    for (const auto& [at, frame] : line.frames)
      if (frame.lane == Lane::urgent) CHECK(at - put_at[frame.bytes] < Moment(50'000));
  }
  SECTION("bulk under a flood") {
    const auto bulk = put_all(line, *random, Lane::bulk, 1, 400'000);
    const auto begin = line.now;
    line.run([&](Moment now) {
      if (now - begin < Moment(20'000'000) && line.encoder.wants(Lane::urgent))
        line.encoder.put(Lane::urgent, FrameKind::bundle, noise(*random, 100'000), now);
    });
    REQUIRE((line.of(Lane::bulk) == bulk));
    for (const auto& [at, frame] : line.frames)
      if (frame.lane == Lane::bulk) CHECK(at - begin < Moment(15'000'000));
  }
}

TEST_CASE("a shape that cannot hold its promise is refused with the key that is to blame") {
  const auto code = [](Shape shape) {
    const auto ok = check(shape);
    return ok ? std::string() : ok.error().field;
  };
  CHECK(code({}).empty());
  Shape s;
  s.datagram = 100;
  CHECK(code(s) == "datagram_bytes");
  s = {};
  s.data = 241;
  CHECK(code(s) == "data_symbols");
  s = {};
  s.repair = 192;
  CHECK(code(s) == "repair_symbols");
  s = {};
  s.rounds = 6;
  CHECK(code(s) == "repair_symbols");
  s = {};
  s.bytes_per_second = 125'000'000;
  s.repair = 8;
  CHECK(code(s) == "memory_bytes");
  // What a unit may need, docs/operations.md: more is nobody's default.
  s.bytes_per_second = 5'000'000;
  CHECK(code(s) == "memory_bytes");
  s.memory *= 2;
  CHECK(code(s).empty());
  s = {};
  s.burst = std::chrono::seconds(20);
  CHECK(code(s) == "burst_ms");
  s = {};
  s.bytes_per_second = 0;
  CHECK(code(s) == "rate_kbit");
}

TEST_CASE("rounds repeat a block with other parity rows") {
  auto random = std::make_shared<Random>(13);
  Shape shape;
  shape.repair = 16;
  shape.rounds = 3;
  std::map<std::uint64_t, std::set<int>> rows;
  Line line(shape, [&](Bytes d, Moment at, const auto& arrive) {
    const auto symbol = parse_datagram(d).value();
    CHECK(rows[symbol.block].insert(symbol.row).second);
    if ((*random)() % 100 >= 35) arrive(std::move(d), at + kDelay);
  });
  const auto bulk = put_all(line, *random, Lane::bulk, 10, 2'000'000);
  line.run();
  CHECK(line.of(Lane::bulk).size() >= 9);
  std::size_t most = 0;
  for (const auto& [block, set] : rows) most = std::max(most, set.size());
  CHECK(most >= 64 + 48);
}

}  // namespace jindu::gateway::diode::test
