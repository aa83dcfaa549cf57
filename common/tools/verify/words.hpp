#pragma once
// Every sentence that jindu-verify says, in Chinese and English.
#include "common/runtime/texts.hpp"

namespace jindu::verify {

const Texts& all_words();

std::string say(std::string_view key, Language language, const Values& values = {});
// In plain words why; nothing for a code that has none, where the detail must do.
std::string reason(std::string_view code, Language language);

}  // namespace jindu::verify
