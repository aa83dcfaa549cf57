// jindu-gateway: one half of the gateway, or what stands between the halves.
#include <csignal>

#include <iostream>

#include "common/runtime/command_line.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/memory.hpp"
#include "common/runtime/worker.hpp"
#include "exchange-gateway/carriers/by_hand.hpp"
#include "exchange-gateway/carriers/commands.hpp"
#include "exchange-gateway/console/commands.hpp"
#include "exchange-gateway/unit_process.hpp"

namespace {

using namespace jindu;
using namespace jindu::gateway;

int fail(const Error& error) {
  std::cerr << error.detail << " [" << error.code << "]\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  keep_memory_small();
  CommandLine app("The exchange gateway between two networks that must not be connected.");
  std::string side, config, listen, forward, outer, inner, medium;
  bool check = false;
  int patience_ms = 10'000;
  app.option("--unit", side, "Which half this is").one_of({"outer", "inner"});
  app.option("--config", config, "Configuration in TOML");
  app.flag("--check-config", check, "Read the configuration, say what is wrong, and end");
  auto guard = app.command("guard", "Relay one TCP port to another network without understanding it");
  guard.option("--listen", listen, "ADDRESS:PORT").required();
  guard.option("--forward", forward, "ADDRESS:PORT").required();
  auto volume = app.command("switch", "Attach a medium to one side at a time");
  volume.option("--outer", outer, "Directory in which the outer unit finds the medium").required();
  volume.option("--inner", inner, "Directory in which the inner unit finds the medium").required();
  volume.option("--medium", medium, "The medium itself").required();
  volume.option("--patience-ms", patience_ms, "How long one side may have it at most");
  std::function<int()> console;
  add_ctl(app, console);
  add_policy(app, console);
  add_by_hand(app, console);
  if (const auto ended = app.read(argc, argv)) return *ended;
  if (console) return console();

  block_stop_signals();
  if (guard.chosen()) {
    log::start("gateway-guard", "info");
    // The guard listens for signals by itself.
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, nullptr);
    auto ok = run_guard(listen, forward);
    return ok ? 0 : fail(ok.error());
  }
  if (volume.chosen()) {
    log::start("gateway-switch", "info");
    auto ok = run_switch(outer, inner, medium, patience_ms);
    return ok ? 0 : fail(ok.error());
  }
  if (side.empty() || config.empty()) {
    std::cerr << app.help();
    return 2;
  }
  auto settings = read_settings(config, side);
  if (!settings) return fail(settings.error());
  if (check) {
    std::cout << config << ": good\n";
    return 0;
  }
  log::start("gateway-" + side, settings->log_level);
  auto ok = run_unit(*settings);
  return ok ? 0 : fail(ok.error());
}
