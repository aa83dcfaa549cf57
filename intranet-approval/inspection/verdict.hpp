#pragma once
#include <string>

namespace jindu::approval::inspection {

// clean, or what is wrong: inspection.type_mismatch, .virus, .archive_bomb, .macro, .active_content, .encrypted,
// .unreadable.
struct Verdict {
  bool clean = false;
  std::string code;  // "clean", "unscanned", or one of the above
  std::string detail;
  std::string detected_type;  // media type by the file's own bytes
};

}  // namespace jindu::approval::inspection
