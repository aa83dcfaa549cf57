#include "common/runtime/bytes.hpp"

#include <catch2/catch.hpp>

namespace jindu {
namespace {

Bytes all_bytes() {
  Bytes bytes(256);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
  return bytes;
}

template <class T>
std::string code_of(const result<T>& r) {
  return r ? "" : r.error().code;
}

}  // namespace

TEST_CASE("bytes of every length come back from each way of writing them down") {
  const auto all = all_bytes();
  for (std::size_t length = 0; length <= all.size(); ++length) {
    const Bytes bytes(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(length));
    CHECK(from_hex(to_hex(bytes)).value() == bytes);
    CHECK(from_base64(to_base64(bytes)).value() == bytes);
    CHECK(from_base64url(to_base64url(bytes)).value() == bytes);
  }
}

TEST_CASE("the vectors of RFC 4648 hold") {
  CHECK(to_base64(bytes_of("")) == "");
  CHECK(to_base64(bytes_of("f")) == "Zg==");
  CHECK(to_base64(bytes_of("fo")) == "Zm8=");
  CHECK(to_base64(bytes_of("foo")) == "Zm9v");
  CHECK(to_base64(bytes_of("foob")) == "Zm9vYg==");
  CHECK(to_base64(bytes_of("fooba")) == "Zm9vYmE=");
  CHECK(to_base64(bytes_of("foobar")) == "Zm9vYmFy");
  CHECK(to_base64url(Bytes{0xfb, 0xff}) == "-_8");
  CHECK(to_base64(Bytes{0xfb, 0xff}) == "+/8=");
  CHECK(to_hex(bytes_of("foobar")) == "666f6f626172");
  CHECK(from_hex("666F6f626172").value() == Bytes{'f', 'o', 'o', 'b', 'a', 'r'});
}

TEST_CASE("a value has one spelling in base64, and every other is refused") {
  for (const char* text :
       {"Zg", "Zg=", "Zg===", "Z", "Zh==", "Zm9=", " Zg==", "Zg==\n", "Zm9v=Zg=", "====", "Zm-v", "Zg==Zg=="}) {
    INFO(text);
    CHECK(code_of(from_base64(text)) == "encoding.base64");
  }
  for (const char* text : {"Zg==", "Z", "Zh", "Zm9", "Zm+v", "Zm/v", "Z g", "Zg\n"}) {
    INFO(text);
    CHECK(code_of(from_base64url(text)) == "encoding.base64url");
  }
}

TEST_CASE("hex with a lone digit or a foreign character is refused") {
  for (const char* text : {"0", "0g", "g0", "0x00", " 00", "000"}) {
    INFO(text);
    CHECK(code_of(from_hex(text)) == "encoding.hex");
  }
}

}  // namespace jindu
