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
  const auto language = language_of(argc, argv);
  const Voice voice(language);
  const auto help = [&](const char* name) { return voice.text(std::string("help.") + name); };
  CommandLine app(help("gateway"), language);
  std::string side, config, listen, forward, outer, inner, medium;
  bool check = false;
  int patience_ms = 10'000, idle_seconds = static_cast<int>(kGuardIdle.count());
  app.option("--unit", side, help("unit")).one_of({"outer", "inner"});
  app.configuration(config, check);
  app.language_option();
  auto guard = app.command("guard", help("guard"));
  guard.option("--listen", listen, "ADDRESS:PORT").required();
  guard.option("--forward", forward, "ADDRESS:PORT").required();
  guard.option("--idle-seconds", idle_seconds, help("idle")).between(kGuardIdleLeast.count(), 24 * 3600);
  auto volume = app.command("switch", help("switch"));
  volume.option("--outer", outer, help("outer")).required();
  volume.option("--inner", inner, help("inner")).required();
  volume.option("--medium", medium, help("medium")).required();
  volume.option("--patience-ms", patience_ms, help("patience"));
  std::function<int()> console;
  add_ctl(app, voice, console);
  add_policy(app, voice, console);
  add_by_hand(app, voice, console);
  if (const auto ended = app.read(argc, argv)) return *ended;
  if (console) return console();

  block_stop_signals();
  if (guard.chosen()) {
    log::start("gateway-guard", "info");
    // The guard listens for signals by itself.
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, nullptr);
    auto ok = run_guard(listen, forward, std::chrono::seconds(idle_seconds));
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
    std::cout << app.good(config) << "\n";
    return 0;
  }
  log::start("gateway-" + side, settings->log_level);
  auto ok = run_unit(*settings);
  return ok ? 0 : fail(ok.error());
}
