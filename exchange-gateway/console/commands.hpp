#pragma once
// The console on the command line: `jindu-gateway ctl`, which has the powers of the web console over the same
// interface, and `jindu-gateway policy`, which reads a policy file and needs no unit.
#include <functional>
#include <string>

#include "common/runtime/command_line.hpp"
#include "exchange-gateway/voice.hpp"

namespace jindu::gateway {

// Each adds its subcommands, which speak with this voice; the one that was chosen sets `work`, which gives the exit
// code: 0 done, 1 it cannot be, 3 (alarms, reconcile, log verify) there is something to look after.
void add_ctl(Command& app, const Voice& voice, std::function<int()>& work);
void add_policy(Command& app, const Voice& voice, std::function<int()>& work);

}  // namespace jindu::gateway
