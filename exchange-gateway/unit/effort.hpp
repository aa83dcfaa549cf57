#pragma once
// What a statement of the other unit makes this one do. Its control bundles are taken in one commit each, during which
// nothing else is: whatever that unit says, it must not keep this one busy for long.
#include <string_view>

#include "common/runtime/bytes.hpp"

namespace jindu::gateway {

// So much in one commit, in rows of the journal that are read, about: a few seconds.
inline constexpr std::int64_t kEffortAtOnce = 1'100'000;

// Of a statement by its type and body. What cannot be read costs nothing.
std::int64_t effort_of(std::string_view type, BytesView body);

}  // namespace jindu::gateway
