#pragma once
// Reading protobuf from outside: exact, without unknown fields, so that nothing rides along unseen.
#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include "common/runtime/bytes.hpp"

namespace jindu {

// Whether the message or one inside it has fields this program does not know.
bool has_unknown_fields(const google::protobuf::Message& message);

// Code message.malformed; the caller says which message it was.
inline result<void> parse_message(BytesView bytes, google::protobuf::Message& message) {
  if (bytes.size() > 0x7fffffff || !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return Error{Fault::invalid, "message.malformed", "not a " + message.GetTypeName()};
  if (has_unknown_fields(message))
    return Error{Fault::invalid, "message.malformed", message.GetTypeName() + " with fields that are not known"};
  return {};
}

inline Bytes encode(const google::protobuf::Message& message) {
  Bytes bytes(message.ByteSizeLong());
  message.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

}  // namespace jindu
