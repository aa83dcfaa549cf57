// jindu-gateway: one half of the gateway, or what stands between the halves.
#include <csignal>

#include <CLI/CLI.hpp>
#include <iostream>

#include "common/runtime/files.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/worker.hpp"
#include "exchange-gateway/api/console_api.hpp"
#include "exchange-gateway/api/unit_api.hpp"
#include "exchange-gateway/carriers/commands.hpp"

namespace {

using namespace jindu;
using namespace jindu::gateway;

int fail(const Error& error) {
  std::cerr << error.detail << " [" << error.code << "]\n";
  return 1;
}

int run_unit(const Settings& settings) {
  for (const auto& folder : {settings.unit.directory, settings.unit.directory + "/bundles"})
    if (auto ok = files::make_folder(folder); !ok) return fail(ok.error());
  auto journal = storage::Database::open("sqlite:" + settings.unit.directory + "/journal.sqlite");
  if (!journal) return fail(journal.error());
  if (auto ok = (*journal)->migrate("gateway", store::migrations()); !ok) return fail(ok.error());
  Unit unit(**journal, settings.signer, settings.trust, settings.unit);
  if (auto ok = unit.remove_orphans(); !ok) return fail(ok.error());

  auto services = http::Server::start(settings.services, unit_routes(unit));
  if (!services) return fail(services.error());

  std::unique_ptr<Carrier> carrier;
  if (settings.carrier == "ferry") {
    carrier = start_ferry(unit, settings.ferry);
  } else if (settings.outer) {
    auto link = start_link_outer(unit, settings.link_listener);
    if (!link) return fail(link.error());
    carrier = std::move(*link);
  } else {
    carrier = start_link_inner(unit, settings.link_outer);
  }

  // Receipts for the other side are gathered for a moment, so that many travel in one bundle.
  Worker control("control", [&] {
    auto built = unit.build_control();
    if (!built) log::error("unit.control_failed", log::of(built.error()));
    return std::chrono::milliseconds(built && *built ? 20 : 100);
  });
  Worker upkeep("upkeep", [&] {
    for (const auto& ok : {unit.expire(), unit.sweep()})
      if (!ok) log::error("unit.upkeep_failed", log::of(ok.error()));
    unit.measure();
    return std::chrono::milliseconds(10'000);
  });

  std::unique_ptr<http::Server> console;
  if (settings.has_console) {
    auto started = http::Server::start(settings.console, console_routes(unit, settings.operators, settings.carrier));
    if (!started) return fail(started.error());
    console = std::move(*started);
  }
  auto operations = http::Server::start(
      settings.operations,
      http::operations_routes(
          {{"journal", [&] { return unit.journal().read([](storage::Transaction& t) { t.query("SELECT 1"); }); }},
           {"disk", [&] { return unit.has_room(); }}}));
  if (!operations) return fail(operations.error());
  log::info("unit.ready", {{"unit", settings.unit.name}, {"carrier", settings.carrier}});

  wait_for_stop_signal();
  log::info("unit.stopping");
  unit.for_service().close();
  unit.for_carrier().close();
  control.stop();
  upkeep.stop();
  carrier->stop();
  (*services)->stop(std::chrono::seconds(5));
  if (console) console->stop(std::chrono::seconds(2));
  (*operations)->stop(std::chrono::seconds(1));
  return 0;
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
  CLI11_PARSE(app, argc, argv);

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
  return run_unit(*settings);
}
