#pragma once
// The composition of one unit: journal, interfaces, carrier and what the unit does by itself, until a stop signal. The
// simulator in tests/sim runs this very function.
#include "exchange-gateway/unit/settings.hpp"

namespace jindu::gateway {

result<void> run_unit(const Settings& settings);

}  // namespace jindu::gateway
