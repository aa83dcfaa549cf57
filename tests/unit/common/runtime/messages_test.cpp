#include "common/runtime/messages.hpp"

#include <google/protobuf/type.pb.h>
#include <google/protobuf/wrappers.pb.h>
#include <catch2/catch.hpp>

namespace jindu {
namespace {

// A message of a field that nobody knows: number 99, a varint.
const Bytes kUnknown{0x98, 0x06, 0x01};

Bytes joined(Bytes a, BytesView b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

TEST_CASE("a message is read as it was written") {
  google::protobuf::StringValue made, read;
  made.set_value("津渡");
  REQUIRE(parse_message(encode(made), read));
  CHECK(read.value() == "津渡");
  REQUIRE(parse_message({}, read));
  CHECK(read.value().empty());
}

TEST_CASE("bytes that are no message of the type are refused") {
  google::protobuf::StringValue read;
  for (const Bytes& bytes : {Bytes{0xff}, Bytes{0x0a, 0x05, 'a'}, Bytes{0x0a, 0x01, 0xff}}) {
    const auto ok = parse_message(bytes, read);
    REQUIRE_FALSE(ok);
    CHECK(ok.error().code == "message.malformed");
  }
}

TEST_CASE("fields that are not known are refused, at the top and deep within") {
  google::protobuf::StringValue top;
  CHECK(parse_message(kUnknown, top).error().code == "message.malformed");

  // A message without a map: under ThreadSanitizer protobuf's headers give each map two members more than Debian's
  // library, which is built without it, knows of.
  google::protobuf::Type type, read;
  type.add_fields()->set_name("a");
  type.mutable_source_context()->set_file_name("b");
  REQUIRE(parse_message(encode(type), read));
  // The same with an unknown field within its only field, and within the single message inside.
  for (const auto& [number, inside] :
       {std::pair(std::uint8_t{2}, encode(type.fields(0))), {std::uint8_t{5}, encode(type.source_context())}}) {
    const auto more = joined(inside, kUnknown);
    const Bytes outer{static_cast<std::uint8_t>(number << 3 | 2), static_cast<std::uint8_t>(more.size())};
    CHECK(parse_message(joined(outer, more), read).error().code == "message.malformed");
  }
}

}  // namespace jindu
