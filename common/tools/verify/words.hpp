#pragma once
// Every sentence that jindu-verify says, in Chinese and English.
#include <string>
#include <string_view>
#include <vector>

#include "common/tools/verify/report.hpp"

namespace jindu::verify {

struct Words {
  std::string_view key;
  std::string_view zh;
  std::string_view en;
};
const std::vector<Words>& all_words();

// The sentence with its values filled in. A key that is not there is a mistake of ours.
std::string say(std::string_view key, Language language, const Values& values = {});
// In plain words why; nothing for a code that has none, where the detail must do.
std::string reason(std::string_view code, Language language);

}  // namespace jindu::verify
