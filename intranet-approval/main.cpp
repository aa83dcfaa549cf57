// The approval service, from its configuration to its last request: reads top to bottom.
#include <filesystem>
#include <iostream>

#include "common/exchange/service/enquiry.hpp"
#include "common/runtime/command_line.hpp"
#include "common/runtime/config.hpp"
#include "common/runtime/files.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/memory.hpp"
#include "common/runtime/texts.hpp"
#include "common/runtime/worker.hpp"
#include "intranet-approval/api/api.hpp"
#include "intranet-approval/api/openapi.hpp"
#include "intranet-approval/exchange/history.hpp"
#include "intranet-approval/exchange/receivers.hpp"
#include "intranet-approval/settings.hpp"
#include "intranet-approval/store/case_rows.hpp"
#include "intranet-approval/store/migrations.hpp"
#include "intranet-approval/store/officials.hpp"

namespace jindu::approval {
namespace {

const Texts& texts() {
  static const Texts list(
      {{"help", "津渡审批：隔离网络内的审批系统", "Jindu approval: the approval service on the isolated network"}});
  return list;
}

// Keys, certificates, people: everything read from files, so that --check-config finds what is wrong.
struct Trusted {
  evidence::NodeSigner node;
  evidence::NodeTrust nodes;
  crypto::Certificate portal;
  crypto::TrustStore applicants, officials;
  std::map<std::string, crypto::Identity> departments;
  std::vector<store::RegisteredOfficial> people;
  exchange::Rollover rollover;
};

result<std::vector<store::RegisteredOfficial>> read_people(const std::string& path) {
  auto config = Config::from_file(path);
  if (!config) return config.error();
  std::vector<store::RegisteredOfficial> people;
  for (auto& table : config->tables("official")) {
    const auto file = table.existing_file("certificate");
    store::RegisteredOfficial person;
    person.official.name = table.text("name");
    person.official.department = table.text("department");
    for (auto& role : table.texts("roles")) person.official.roles.insert(std::move(role));
    if (file.empty()) continue;
    auto certificates = crypto::Certificate::all_from_pem_file(file);
    if (!certificates) return certificates.error();
    person.official.fingerprint = to_hex(certificates->front().fingerprint());
    person.certificate = certificates->front().der();
    people.push_back(std::move(person));
  }
  if (auto ok = config->finish(); !ok) return ok.error();
  return people;
}

result<Trusted> read_trusted(const Settings& s) {
  auto node = evidence::node_signer_from_files(s.node_certificate, s.node_key, s.node_passphrase_file, s.node_name);
  if (!node) return node.error();
  auto nodes = evidence::node_trust_from_files(s.trust_root, s.node_crl, s.node_certificate);
  if (!nodes) return nodes.error();
  auto portal = crypto::Certificate::all_from_pem_file(s.portal_certificate);
  if (!portal) return portal.error();
  if (portal->front().common_name() != s.portal)
    return Error{Fault::invalid, "node.portal", s.portal_certificate + " is not of '" + s.portal + "'",
                 "node.portal_certificate"};
  auto rollover = exchange::read_rollover({s.portal, s.portal_certificate, s.node_name, s.node_other_certificate,
                                           s.node_other_key, s.node_other_passphrase_file});
  if (!rollover) return rollover.error();
  auto applicants = crypto::TrustStore::from_files(s.applicants_ca, s.applicants_crl);
  if (!applicants) return applicants.error();
  auto officials = crypto::TrustStore::from_files(s.officials_ca, s.officials_crl);
  if (!officials) return officials.error();
  std::map<std::string, crypto::Identity> departments;
  for (const auto& d : s.departments) {
    auto identity = crypto::identity_from_files(d.certificate, d.private_key, d.passphrase_file);
    if (!identity) return identity.error();
    departments.emplace(d.id, std::move(*identity));
  }
  auto people = read_people(s.officials_register);
  if (!people) return people.error();
  return Trusted{std::move(*node),      std::move(*nodes),      std::move(portal->front()), std::move(*applicants),
                 std::move(*officials), std::move(departments), std::move(*people),         std::move(*rollover)};
}

http::ServerOptions listener(const Settings& s) {
  http::ServerOptions options;
  options.name = "approval";
  options.address = s.listen.address;
  options.port = s.listen.port;
  // Whoever has no certificate still gets the pages, which say what to do; every call demands one.
  options.tls = http::TlsOptions{s.listen.certificate, s.listen.private_key, s.listen.passphrase_file,
                                 s.officials_ca,       s.officials_crl,      false};
  options.static_directory = s.listen.static_directory;
  options.headers = http::browser_headers();
  return options;
}

exchange::ServiceOptions exchange_options(const Settings& s, const Trusted& trusted) {
  exchange::ServiceOptions options;
  options.rollover = trusted.rollover;
  options.node = s.node_name;
  options.peer = s.portal;
  options.unit = s.unit_name;
  options.client = {s.unit_url,    s.trust_root, s.node_certificate, s.node_key, s.node_passphrase_file,
                    {s.unit_name}, s.node_crl};
  return options;
}

result<void> serve(const Settings& s, Trusted trusted) {
  for (const auto& folder :
       {s.data_directory, s.data_directory + "/materials", s.data_directory + "/scratch", s.data_directory + "/opened"})
    if (auto ok = files::make_folder(folder); !ok) return ok;
  // What a crash left opened is not kept.
  for (const auto* folder : {"/scratch", "/opened"})
    for (const auto& left : std::filesystem::directory_iterator(s.data_directory + folder))
      std::filesystem::remove(left.path());

  auto database = storage::Database::open(s.database_url, s.database_connections);
  if (!database) return database.error();
  if (auto ok = (*database)->migrate("approval", store::migrations()); !ok) return ok;
  if (auto ok = (*database)->write([&](storage::Transaction& t) { store::replace_officials(t, trusted.people); }); !ok)
    return ok;

  Office office(**database, trusted.node, trusted.nodes, std::move(trusted.applicants), std::move(trusted.officials),
                std::move(trusted.departments), inspection::Inspector({s.clamd_socket}),
                {s.portal, s.portal_public_url, s.data_directory});
  if (s.clamd_socket.empty())
    log::warn("inspection.no_scanner", {{"detail", "materials are not scanned for viruses; every verdict says so"}});

  auto exchange = exchange::Service::start(**database, trusted.node, trusted.nodes, trusted.portal,
                                           exchange_options(s, trusted), receivers(office), {});
  if (!exchange) return exchange.error();
  Worker clocks("clocks", [&]() -> std::chrono::milliseconds {
    auto accepted = accept_silent_cases(office);
    if (!accepted)
      log::error("clocks.failed", log::of(accepted.error()));
    else if (*accepted > 0)
      (*exchange)->wake();
    office.forget_opened(std::chrono::minutes(10));
    return std::chrono::minutes(1);
  });
  // Once at start, in case another process published meanwhile, and after each release.
  Worker deadlines("deadlines", [&]() -> std::chrono::milliseconds {
    auto refreshed = refresh_rows(office);
    if (!refreshed)
      log::error("deadlines.failed", log::of(refreshed.error()));
    else if (*refreshed > 0)
      log::info("deadlines.refreshed", {{"cases", *refreshed}});
    return refreshed ? std::chrono::hours(24) : std::chrono::minutes(1);
  });

  const std::vector<http::ReadyCheck> checks{
      {"database",
       [&]() -> result<void> { return (*database)->read([](storage::Transaction& t) { t.query("SELECT 1"); }); }}};
  auto routes = api::routes({office, **exchange, std::string(api::openapi()), [&] { deadlines.wake(); }});
  for (auto& route : http::operations_routes(checks))
    if (route.path == "/readyz") routes.push_back(std::move(route));
  auto server = http::Server::start(listener(s), std::move(routes));
  if (!server) return server.error();
  std::unique_ptr<http::Server> operations;
  if (s.has_operations) {
    http::ServerOptions options;
    options.name = "approval-operations";
    options.address = s.operations_address;
    options.port = s.operations_port;
    options.workers = 2;
    auto started = http::Server::start(options, http::operations_routes(checks));
    if (!started) return started.error();
    operations = std::move(*started);
  }
  log::info("approval.ready", {{"address", s.listen.address}, {"port", s.listen.port}});

  wait_for_stop_signal();
  log::info("approval.stopping");
  (*server)->stop();
  (*exchange)->stop();
  clocks.stop();
  deadlines.stop();
  if (operations) operations->stop(std::chrono::seconds(1));
  return {};
}

int fail(const Error& error) {
  std::cerr << error.detail << " [" << error.code << "]\n";
  return 1;
}

// By number or id.
std::optional<exchange::Asked> asked_for(storage::Transaction& t, const std::string& text) {
  auto row = store::case_with_number(t, text);
  if (!row) row = store::find_case_row(t, text);
  if (!row) return std::nullopt;
  return exchange::Asked{row->case_id, row->declaration_number};
}

int run(int argc, char** argv) {
  const auto language = language_of(argc, argv);
  CommandLine app(texts().say("help", language), language);
  std::string config;
  bool check = false;
  app.configuration(config, check).required();
  app.language_option();
  const exchange::ExchangeCommand exchange_command(app, language);
  if (const auto ended = app.read(argc, argv)) return *ended;
  if (exchange_command.chosen()) {
    const auto where = read_settings(config);
    return where ? exchange_command.run(where->database_url, asked_for) : fail(where.error());
  }
  block_stop_signals();
  auto settings = read_settings(config);
  if (!settings) return fail(settings.error());
  auto trusted = read_trusted(*settings);
  if (!trusted) return fail(trusted.error());
  if (check) {
    std::cout << app.good(config) << "\n";
    return 0;
  }
  log::start("approval", settings->log_level);
  const auto served = serve(*settings, std::move(*trusted));
  return served ? 0 : fail(served.error());
}

}  // namespace
}  // namespace jindu::approval

int main(int argc, char** argv) {
  jindu::keep_memory_small();
  return jindu::approval::run(argc, argv);
}
