#pragma once
// Moments as texts.
#include <string>

#include "common/runtime/clock.hpp"

namespace jindu {

// ISO 8601, UTC, to the millisecond: "2026-05-04T03:02:01.000Z".
std::string utc_text(Instant at);

}  // namespace jindu
