#pragma once
// Reading protobuf from outside: exact, without unknown fields, so that nothing rides along unseen.
#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include "common/runtime/bytes.hpp"

namespace jindu {

// Whether the message or one inside it has fields this program does not know.
bool has_unknown_fields(const google::protobuf::Message& message);

// For what is only carried, and may come from a newer program: gives whether it has fields that this one does not know.
// Code message.malformed.
inline result<bool> parse_perhaps_newer(BytesView bytes, google::protobuf::Message& message) {
  if (bytes.size() > 0x7fffffff || !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return Error{Fault::invalid, "message.malformed", "not a " + message.GetTypeName()};
  return has_unknown_fields(message);
}

// Code message.malformed; the caller says which message it was.
inline result<void> parse_message(BytesView bytes, google::protobuf::Message& message) {
  const auto newer = parse_perhaps_newer(bytes, message);
  if (!newer) return newer.error();
  if (*newer)
    return Error{Fault::invalid, "message.malformed", message.GetTypeName() + " with fields that are not known"};
  return {};
}

inline Bytes encode(const google::protobuf::Message& message) {
  Bytes bytes(message.ByteSizeLong());
  message.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

}  // namespace jindu
