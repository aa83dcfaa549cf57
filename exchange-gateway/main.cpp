// jindu-gateway: one half of the gateway, or what stands between the halves.
#include <csignal>

#include <CLI/CLI.hpp>
#include <iostream>

#include "common/runtime/log.hpp"
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
  CLI::App app{"The exchange gateway between two networks that must not be connected."};
  std::string side, config, listen, forward, outer, inner, medium;
  bool check = false;
  int patience_ms = 10'000;
  app.add_option("--unit", side, "Which half this is")->check(CLI::IsMember({"outer", "inner"}));
  app.add_option("--config", config, "Configuration in TOML");
  app.add_flag("--check-config", check, "Read the configuration, say what is wrong, and end");
  auto* guard = app.add_subcommand("guard", "Relay one TCP port to another network without understanding it");
  guard->add_option("--listen", listen, "ADDRESS:PORT")->required();
  guard->add_option("--forward", forward, "ADDRESS:PORT")->required();
  auto* volume = app.add_subcommand("switch", "Attach a medium to one side at a time");
  volume->add_option("--outer", outer, "Directory in which the outer unit finds the medium")->required();
  volume->add_option("--inner", inner, "Directory in which the inner unit finds the medium")->required();
  volume->add_option("--medium", medium, "The medium itself")->required();
  volume->add_option("--patience-ms", patience_ms, "How long one side may have it at most");
  std::function<int()> console;
  add_ctl(app, console);
  add_policy(app, console);
  add_by_hand(app, console);
  CLI11_PARSE(app, argc, argv);
  if (console) return console();

  block_stop_signals();
  if (*guard) {
    log::start("gateway-guard", "info");
    // The guard listens for signals by itself.
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, nullptr);
    auto ok = run_guard(listen, forward);
    return ok ? 0 : fail(ok.error());
  }
  if (*volume) {
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
