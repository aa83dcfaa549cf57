#pragma once
// What stands between the units and belongs to neither: the guard of a link and the switch of a medium.
#include <string>

#include "common/runtime/result.hpp"

namespace jindu::gateway {

// Relays bytes between the networks without understanding them: one listener, one target, limits on connections. Runs
// until a stop signal. Addresses are "10.0.0.1:7443".
result<void> run_guard(const std::string& listen, const std::string& forward);

// A switch volume: the medium is attached to one side at a time, never to both, and stays until that unit has finished
// or `patience_ms` have passed. Runs until a stop signal.
result<void> run_switch(const std::string& outer, const std::string& inner, const std::string& medium, int patience_ms);

}  // namespace jindu::gateway
