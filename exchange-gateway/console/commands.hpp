#pragma once
// The console on the command line: `jindu-gateway ctl`, which has the powers of the web console over the same
// interface, and `jindu-gateway policy`, which reads a policy file and needs no unit.
#include <functional>
#include <string>

#include "common/runtime/command_line.hpp"

namespace jindu::gateway {

// Each adds its subcommands; the one that was chosen sets `work`, which gives the exit code: 0 done, 1 it cannot be, 2
// not asked rightly, 3 (alarms, reconcile, log verify) there is something to look after.
void add_ctl(Command& app, std::function<int()>& work);
void add_policy(Command& app, std::function<int()>& work);

}  // namespace jindu::gateway
