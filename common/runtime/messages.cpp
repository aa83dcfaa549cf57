#include "common/runtime/messages.hpp"

#include <google/protobuf/stubs/logging.h>

namespace jindu {
namespace {

// A message that is refused is told by whoever refuses it, with a code; protobuf itself would write lines of its own to
// the standard error output, between those of the log.
const auto former_handler = google::protobuf::SetLogHandler(nullptr);

}  // namespace

bool has_unknown_fields(const google::protobuf::Message& message) {
  const auto* reflection = message.GetReflection();
  if (!reflection->GetUnknownFields(message).empty()) return true;
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      if (has_unknown_fields(reflection->GetMessage(message, field))) return true;
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i)
      if (has_unknown_fields(reflection->GetRepeatedMessage(message, field, i))) return true;
  }
  return false;
}

}  // namespace jindu
