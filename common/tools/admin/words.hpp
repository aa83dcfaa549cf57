#pragma once
// Every sentence that jindu-admin says, in Chinese and English.
#include "common/runtime/texts.hpp"

namespace jindu::admin {

const Texts& all_words();

}  // namespace jindu::admin
