#pragma once
// What kinds of bundles and rungs of their way are called, wherever a command line speaks of them.
#include "common/runtime/texts.hpp"

namespace jindu::exchange {

// These texts, and the words under "kind." and "rung.", after which the codes stand.
std::vector<Text> with_exchange_words(std::vector<Text> texts);

}  // namespace jindu::exchange
