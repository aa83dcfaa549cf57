#pragma once
// What stands between the units and belongs to neither: the guard of a link and the switch of a medium.
#include <chrono>
#include <string>

#include "common/runtime/result.hpp"

namespace jindu::gateway {

// How long a connection may carry nothing, either way, before the guard gives it up: one end of it may be gone without
// a word. By default longer than the units keep one that they do not use (60 s), and never shorter than the inner unit
// waits for a byte of an answer (30 s), which itself is longer than the outer one lets it wait for news (20 s).
inline constexpr std::chrono::seconds kGuardIdle{90}, kGuardIdleLeast{30};

// Relays bytes between the networks without understanding them: one listener, one target, limits on connections. Runs
// until a stop signal. Addresses are "10.0.0.1:7443". Codes: guard.address, guard.listen.
result<void> run_guard(const std::string& listen, const std::string& forward, std::chrono::seconds idle);

// A switch volume: the medium is attached to one side at a time, never to both, and stays until that unit has finished
// or `patience_ms` have passed. Runs until a stop signal.
result<void> run_switch(const std::string& outer, const std::string& inner, const std::string& medium, int patience_ms);

}  // namespace jindu::gateway
