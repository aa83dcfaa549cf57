// The portal, from its configuration to its last request: reads top to bottom.
#include <algorithm>
#include <iostream>

#include "common/exchange/service/enquiry.hpp"
#include "common/exchange/service/exchange.hpp"
#include "common/runtime/command_line.hpp"
#include "common/runtime/files.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/memory.hpp"
#include "common/runtime/texts.hpp"
#include "common/runtime/worker.hpp"
#include "extranet-portal/api/openapi.hpp"
#include "extranet-portal/exchange/receivers.hpp"
#include "extranet-portal/settings.hpp"
#include "extranet-portal/store/declarations.hpp"
#include "extranet-portal/store/housekeeping.hpp"
#include "extranet-portal/store/migrations.hpp"
#include "extranet-portal/store/sessions.hpp"

namespace jindu::portal {
namespace {

const Texts& texts() {
  static const Texts list(
      {{"help", "津渡门户：面向申请人的公开服务", "Jindu portal: the public service for applicants"}});
  return list;
}

// Keys, certificates and whom to believe: everything read from files, so that --check-config finds what is wrong.
struct Trusted {
  evidence::NodeSigner node;
  evidence::NodeTrust nodes;
  crypto::Certificate approval;
  crypto::TrustStore applicants;
  crypto::TrustStore companies;
  api::Registration registration;
  exchange::EditorTrust editors;
  jindu::exchange::Rollover rollover;
};

result<api::Registration> registration_of(const Settings& settings) {
  auto identity = crypto::identity_from_files(settings.registration.certificate, settings.registration.key,
                                              settings.registration.passphrase_file);
  if (!identity) return identity.error();
  if (identity->certificate.key_id() != identity->key.key_id())
    return Error{Fault::invalid, "registration.key", "the key is not that of the certificate", "registration.ca_key"};
  return api::Registration{std::move(identity->key), std::move(identity->certificate)};
}

result<Trusted> read_trusted(const Settings& s) {
  auto node =
      evidence::node_signer_from_files(s.node.certificate, s.node.private_key, s.node.passphrase_file, s.node.name);
  if (!node) return node.error();
  auto nodes = evidence::node_trust_from_files(s.node.trust_root, s.node.crl, s.node.certificate);
  if (!nodes) return nodes.error();
  auto approval = crypto::Certificate::all_from_pem_file(s.node.peer_certificate);
  if (!approval) return approval.error();
  if (approval->empty() || approval->front().common_name() != s.node.approval)
    return Error{Fault::invalid, "node.peer", "the certificate is not of " + s.node.approval, "node.peer_certificate"};
  auto rollover =
      jindu::exchange::read_rollover({s.node.approval, s.node.peer_certificate, s.node.name, s.node.other_certificate,
                                      s.node.other_key, s.node.other_passphrase_file});
  if (!rollover) return rollover.error();
  auto companies = crypto::TrustStore::from_files(s.applicants_ca, s.applicants_crl);
  if (!companies) return companies.error();
  auto registration = registration_of(s);
  if (!registration) return registration.error();
  const auto roots = files::read_text(s.applicants_ca);
  if (!roots) return roots.error();
  const auto crl = s.applicants_crl.empty() ? result<std::string>(std::string()) : files::read_text(s.applicants_crl);
  if (!crl) return crl.error();
  auto applicants = crypto::TrustStore::from_pem(*roots + "\n" + registration->certificate.pem(), *crl);
  if (!applicants) return applicants.error();
  auto editors = crypto::TrustStore::from_files(s.editors_ca, s.editors_crl);
  if (!editors) return editors.error();
  exchange::EditorTrust editor_trust{std::move(*editors), s.editor_names, nodes->store, node->chain};
  return Trusted{std::move(*node),      std::move(*nodes),        std::move(approval->front()), std::move(*applicants),
                 std::move(*companies), std::move(*registration), std::move(editor_trust),      std::move(*rollover)};
}

jindu::exchange::ServiceOptions exchange_options(const Settings& s, const Trusted& trusted) {
  jindu::exchange::ServiceOptions options;
  options.rollover = trusted.rollover;
  options.node = s.node.name;
  options.peer = s.node.approval;
  options.unit = s.unit_name;
  options.client.base_url = s.unit_url;
  options.client.ca_file = s.node.trust_root;
  options.client.certificate_file = s.node.certificate;
  options.client.private_key_file = s.node.private_key;
  options.client.private_key_passphrase_file = s.node.passphrase_file;
  options.client.expected_peer.name = s.unit_name;
  options.client.crl_file = s.node.crl;
  return options;
}

std::vector<http::ReadyCheck> ready_checks(storage::Database& database, const store::UploadFiles& files) {
  return {{"database",
           [&database]() -> result<void> {
             return database.read([](storage::Transaction& tx) { tx.query_one("SELECT 1"); });
           }},
          {"disk", [&files]() -> result<void> {
             if (files.has_room(0)) return {};
             return Error{Fault::unavailable, "disk.full", "less room is left than the reserve"};
           }}};
}

// What browsers meet: the API, its description and whether we are ready. Metrics are for the operators' listener alone.
std::vector<http::Route> public_routes(api::Portal& portal, const std::vector<http::ReadyCheck>& checks) {
  auto routes = api::routes(portal);
  routes.push_back(
      {http::Method::get, "/api/openapi.json", http::anyone(), 0, [](http::Request&) -> result<http::Response> {
         return http::Response{200, {{"Content-Type", "application/json"}}, std::string(api::openapi())};
       }});
  for (auto& route : http::operations_routes(checks))
    if (route.path == "/readyz") routes.push_back(std::move(route));
  return routes;
}

result<void> serve(const Settings& s, const Trusted& trusted) {
  const SystemClock clock;
  if (const auto made = files::make_folder(s.data_directory + "/uploads"); !made) return made.error();
  auto database = storage::Database::open(s.database_url, s.database_connections);
  if (!database) return database.error();
  if (const auto done = (*database)->migrate("portal", store::migrations()); !done) return done.error();
  if (const auto done = (*database)->migrate("exchange", jindu::exchange::service_migrations()); !done)
    return done.error();
  Bytes secret;
  const auto read = (*database)->write([&](storage::Transaction& tx) { secret = store::secret(tx, "decoy-salt"); });
  if (!read) return read.error();

  store::UploadFiles upload_files(s.data_directory + "/uploads", s.disk_reserve);
  auto exchange =
      jindu::exchange::Service::start(**database, trusted.node, trusted.nodes, trusted.approval,
                                      exchange_options(s, trusted), exchange::receivers(trusted.editors, clock),
                                      [](storage::Transaction& tx, const jindu::exchange::Progress& progress) {
                                        exchange::note_progress(tx, progress);
                                      });
  if (!exchange) return exchange.error();

  api::PublishedCatalogue catalogue;
  api::Portal portal{**database,
                     clock,
                     s.limits,
                     trusted.node,
                     trusted.applicants,
                     trusted.companies,
                     trusted.registration,
                     upload_files,
                     catalogue,
                     secret,
                     [&] { (*exchange)->wake(); },
                     [&] { return (*exchange)->sending_stopped(); }};
  Worker housekeeping("housekeeping", [&]() -> std::chrono::milliseconds {
    const auto kept =
        store::keep_house(**database, upload_files, {s.limits.session, s.limits.stale_upload}, clock.now());
    if (!kept) log::error("housekeeping.failed", log::of(kept.error()));
    return std::chrono::minutes(1);
  });

  const auto checks = ready_checks(**database, upload_files);
  std::unique_ptr<http::Server> operations;
  if (s.operations.enabled) {
    auto started = http::Server::start(
        {.name = "portal-operations", .address = s.operations.address, .port = s.operations.port, .workers = 2},
        http::operations_routes(checks));
    if (!started) return started.error();
    operations = std::move(*started);
  }
  auto server = http::Server::start({.name = "portal",
                                     .address = s.listen.address,
                                     .port = s.listen.port,
                                     .tls = s.listen.tls,
                                     .io_threads = s.listen.io_threads,
                                     .workers = s.listen.workers,
                                     .static_directory = s.listen.static_directory,
                                     .headers = http::browser_headers()},
                                    public_routes(portal, checks));
  if (!server) return server.error();
  log::info("portal.ready", {{"address", s.listen.address}, {"port", s.listen.port}});

  wait_for_stop_signal();
  log::info("portal.stopping");
  (*server)->stop();
  housekeeping.stop();
  (*exchange)->stop();
  if (operations) operations->stop();
  return {};
}

// By number or id.
std::optional<jindu::exchange::Asked> asked_for(storage::Transaction& tx, const std::string& text) {
  auto declaration = store::declaration_with_number(tx, text);
  if (!declaration) declaration = store::find_declaration(tx, text);
  if (!declaration) return std::nullopt;
  return jindu::exchange::Asked{declaration->declaration_id, declaration->declaration_number};
}

int ask_exchange(const std::string& path, const jindu::exchange::ExchangeCommand& command) {
  const auto settings = read_settings(path);
  if (!settings) {
    std::cerr << settings.error() << '\n';
    return 2;
  }
  return command.run(settings->database_url, asked_for, exchange::note_sent_anew);
}

int run(const CommandLine& app, const std::string& path, bool only_check) {
  const auto settings = read_settings(path);
  const auto trusted = settings ? read_trusted(*settings) : result<Trusted>(settings.error());
  if (!trusted) {
    std::cerr << trusted.error() << '\n';
    return 2;
  }
  if (only_check) {
    std::cout << app.good(path) << "\n";
    return 0;
  }
  log::start("jindu-portal", settings->log_level);
  block_stop_signals();
  const auto served = serve(*settings, *trusted);
  if (!served) {
    log::error("portal.failed", log::of(served.error()));
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace jindu::portal

int main(int argc, char** argv) {
  jindu::keep_memory_small();
  const auto language = jindu::language_of(argc, argv);
  jindu::CommandLine app(jindu::portal::texts().say("help", language), language);
  std::string config;
  bool check = false;
  app.configuration(config, check).required();
  app.language_option();
  const jindu::exchange::ExchangeCommand exchange(app, language);
  if (const auto ended = app.read(argc, argv)) return *ended;
  if (exchange.chosen()) return jindu::portal::ask_exchange(config, exchange);
  return jindu::portal::run(app, config, check);
}
