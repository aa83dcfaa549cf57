#pragma once
// What a warning by mail says, which is in both languages: Chinese first, English second.
#include "common/runtime/texts.hpp"

namespace jindu::gateway {

const Texts& warning_texts();

}  // namespace jindu::gateway
