#include "common/evidence/certificate_apart.hpp"

#include <jindu/v1/signed.pb.h>

#include <catch2/catch.hpp>
#include <random>

#include "common/runtime/messages.hpp"

namespace jindu::evidence {
namespace {

jindu::v1::Signed statement(bool together) {
  jindu::v1::Signed s;
  s.set_type("jindu/receipt/v1");
  s.set_body(std::string(90, 'b'));
  s.set_signature(std::string(71, 's'));
  s.set_signer_key_id(std::string(32, 'k'));
  s.set_certificate(std::string(600, 'c'));
  if (together) {
    s.set_together(300);
    s.set_place(200);
    for (int i = 0; i < 9; ++i) s.add_path(std::string(32, static_cast<char>('0' + i)));
  }
  return s;
}

Bytes joined(std::initializer_list<BytesView> parts) {
  Bytes all;
  for (const auto part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace

TEST_CASE("a certificate is taken out of a statement and put back, byte for byte") {
  for (const bool together : {false, true}) {
    for (const std::size_t size : {1U, 127U, 128U, 600U, 20'000U}) {
      auto message = statement(together);
      message.set_certificate(std::string(size, 'c'));
      const auto encoded = encode(message);
      const auto apart = certificate_apart(encoded);
      REQUIRE(apart);
      CHECK(text_of(apart->certificate) == message.certificate());
      CHECK(apart->rest.size() < encoded.size() - size);
      CHECK(with_certificate(apart->rest, apart->certificate) == encoded);
      jindu::v1::Signed rest;
      REQUIRE(parse_message(apart->rest, rest));
      message.clear_certificate();
      CHECK(encode(rest) == encode(message));
    }
  }
}

TEST_CASE("what would not be the same bytes again stays whole") {
  auto message = statement(true);
  const auto encoded = encode(message);
  const auto apart = certificate_apart(encoded).value();
  message.clear_certificate();
  CHECK_FALSE(certificate_apart(encode(message)));
  CHECK_FALSE(certificate_apart({}));
  const Bytes twice{5 << 3 | 2, 1, 'x'}, wordy{5 << 3 | 2, 0x81, 0x00, 'x'}, group{1 << 3 | 3}, cut{5 << 3 | 2, 9, 'x'},
      endless(11, 0xff);
  CHECK_FALSE(certificate_apart(joined({apart.rest, twice})));  // behind fields with higher numbers
  CHECK_FALSE(certificate_apart(wordy));
  CHECK(certificate_apart(twice));
  CHECK_FALSE(certificate_apart(joined({group, twice})));
  CHECK_FALSE(certificate_apart(cut));
  CHECK_FALSE(certificate_apart(endless));
}

TEST_CASE("whatever the bytes are, what is taken apart is put together again") {
  std::mt19937 random(7);
  const auto encoded = encode(statement(true));
  int apart_ones = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto bytes = encoded;
    for (unsigned n = random() % 4; n > 0; --n) bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    if (const auto apart = certificate_apart(bytes)) {
      ++apart_ones;
      CHECK(with_certificate(apart->rest, apart->certificate) == bytes);
    }
  }
  CHECK(apart_ones > 5'000);
}

}  // namespace jindu::evidence
