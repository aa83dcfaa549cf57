#include "common/runtime/messages.hpp"

#include <google/protobuf/struct.pb.h>
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

  google::protobuf::Struct inner;
  google::protobuf::Value one;
  one.set_string_value("x");
  (*inner.mutable_fields())["a"] = one;
  google::protobuf::ListValue list;
  *list.add_values()->mutable_struct_value() = inner;
  google::protobuf::ListValue read;
  REQUIRE(parse_message(encode(list), read));
  // The same list with an unknown field within its only value.
  const auto value = joined(encode(list.values(0)), kUnknown);
  Bytes outer{0x0a, static_cast<std::uint8_t>(value.size())};
  CHECK(parse_message(joined(outer, value), read).error().code == "message.malformed");
  // And one within a single message inside.
  auto structure = joined(encode(inner), kUnknown);
  Bytes holder{0x2a, static_cast<std::uint8_t>(structure.size())};
  google::protobuf::Value single;
  CHECK(parse_message(joined(holder, structure), single).error().code == "message.malformed");
}

}  // namespace jindu
