#include "exchange-gateway/unit_process.hpp"

#include "common/runtime/files.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/worker.hpp"
#include "exchange-gateway/api/console_api.hpp"
#include "exchange-gateway/api/unit_api.hpp"
#include "exchange-gateway/unit_lock.hpp"

namespace jindu::gateway {
namespace {

constexpr std::chrono::seconds kMailLook{5}, kMailTriedAgain{60};

// Each letter that was not sent has its turn in a round; what fails in one is tried again in the next.
class MailRounds {
 public:
  MailRounds(Unit& unit, const mail::Server& server, const std::atomic<bool>& stopping)
      : unit_(unit), server_(server), stopping_(stopping) {}

  void send_next() {
    const auto seen = unit_.for_mail().count();
    const auto sent =
        unit_.send_warning([&](const std::vector<std::string>& to,
                               std::string_view message) { return mail::send(server_, to, message, stopping_); },
                           round_);
    if (stopping_) return;
    if (!sent) log::error("unit.mail_failed", log::of(sent.error()));
    failed_ = failed_ || !sent;
    // Whom a server refuses is a matter of this letter; else it takes no other one either.
    if (sent ? *sent : sent.error().code == "mail.refused") return;
    unit_.for_mail().wait(seen, std::exchange(failed_, false) ? kMailTriedAgain : kMailLook);
    round_ = unit_.now();
  }

 private:
  Unit& unit_;
  const mail::Server& server_;
  const std::atomic<bool>& stopping_;
  Instant round_ = unit_.now();
  bool failed_ = false;
};

result<void> journal_answers(storage::Database& journal) {
  if (auto ok = journal.read([](storage::Transaction& t) { t.query("SELECT 1"); }); !ok) return ok;
  if (journal.damaged()) return Error{Fault::internal, std::string(storage::kDamaged), "the journal is damaged"};
  return {};
}

}  // namespace

result<void> run_unit(const Settings& settings) {
  for (const auto& folder : {settings.unit.directory, settings.unit.directory + "/bundles"})
    if (auto ok = files::make_folder(folder); !ok) return ok.error();
  auto journal = storage::Database::open("sqlite:" + settings.unit.directory + "/journal.sqlite");
  if (!journal) return journal.error();
  if (auto ok = (*journal)->migrate("gateway", store::migrations()); !ok) return ok.error();
  Unit unit(**journal, settings.signer, settings.trust, settings.unit);
  {
    // Not while an import writes files that the journal does not know yet.
    auto lock = UnitLock::alone(settings.unit.directory);
    if (!lock) return lock.error();
    if (auto ok = unit.remove_orphans(); !ok) return ok.error();
  }

  if (auto ok = unit.log_rules(settings.unit.name); !ok) return ok.error();
  if (auto ok = unit.say_hello(); !ok) return ok.error();

  auto services = http::Server::start(settings.services, unit_routes(unit));
  if (!services) return services.error();

  if (settings.carrier != "diode")
    if (auto ok = unit.forget_marks(); !ok) return ok.error();
  std::unique_ptr<Carrier> carrier;
  if (settings.carrier == "ferry") {
    carrier = start_ferry(unit, settings.ferry);
  } else if (settings.carrier == "diode") {
    auto diode = start_diode(unit, settings.diode);
    if (!diode) return diode.error();
    carrier = std::move(*diode);
  } else if (settings.outer) {
    auto link = start_link_outer(unit, settings.link_listener);
    if (!link) return link.error();
    carrier = std::move(*link);
  } else {
    carrier = start_link_inner(unit, settings.link_outer);
  }

  // Receipts for the other side are gathered for a moment, so that many travel in one bundle.
  Worker control("control", [&] {
    auto built = unit.build_control();
    if (!built) log::error("unit.control_failed", log::of(built.error()));
    return std::chrono::milliseconds(!built || !*built ? 100 : built->more ? 0 : 50);
  });
  Worker upkeep("upkeep", [&] {
    // Not before our service has shown whether this unit has forgotten something: "expired" could not be taken back.
    const auto expired = unit.service_heard() ? unit.expire() : result<void>();
    for (const auto& ok :
         {unit.warn(), expired, unit.sweep(), unit.open_up(), unit.verify_again(), unit.reconcile_if_due()})
      if (!ok) log::error("unit.upkeep_failed", log::of(ok.error()));
    unit.measure();
    return std::chrono::milliseconds(10'000);
  });

  std::atomic<bool> stopping = false;
  std::unique_ptr<Worker> mail;
  std::optional<MailRounds> rounds;
  if (settings.mail) {
    rounds.emplace(unit, *settings.mail, stopping);
    mail = std::make_unique<Worker>("mail", [&] {
      rounds->send_next();
      return std::chrono::milliseconds(0);
    });
  }

  std::unique_ptr<http::Server> console;
  if (settings.has_console) {
    auto started = http::Server::start(settings.console, console_routes(unit, settings.operators, settings.carrier));
    if (!started) return started.error();
    console = std::move(*started);
  }
  auto operations = http::Server::start(
      settings.operations, http::operations_routes({{"journal", [&] { return journal_answers(unit.journal()); }},
                                                    {"disk", [&] { return unit.has_room(); }}}));
  if (!operations) return operations.error();
  log::info("unit.ready", {{"unit", settings.unit.name}, {"carrier", settings.carrier}});

  wait_for_stop_signal();
  log::info("unit.stopping");
  stopping = true;
  unit.for_service().close();
  unit.for_mail().close();
  unit.for_carrier().close();
  control.stop();
  upkeep.stop();
  if (mail) mail->stop();
  carrier->stop();
  (*services)->stop(std::chrono::seconds(5));
  if (console) console->stop(std::chrono::seconds(2));
  (*operations)->stop(std::chrono::seconds(1));
  return {};
}

}  // namespace jindu::gateway
