// A service for trying the gateway: sends numbered messages about a few subjects and writes down what it applies. It is
// the portal's and the approval system's own way of sending and receiving, with nothing else around it.
#include <CLI/CLI.hpp>
#include <iostream>

#include "common/exchange/service/exchange.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/worker.hpp"

namespace {

using namespace jindu;

struct Options {
  std::string name, peer, unit, url, pki, database, kind;
  std::int64_t number = 0, subjects = 7, large_every = 0;
};

int fail(const Error& error) {
  std::cerr << error << "\n";
  return 1;
}

// Messages are "subject:number-within-it", some of them padded to be large.
std::chrono::milliseconds send_some(storage::Database& database, exchange::Service& service, const Options& o) {
  bool finished = false;
  auto ok = database.write([&](storage::Transaction& t) {
    const auto sent = t.query_one("SELECT value FROM probe_sent")->integer(0);
    for (auto n = sent; n < std::min(o.number, sent + 1); ++n) {
      auto text = std::to_string(n % o.subjects) + ":" + std::to_string(n / o.subjects) + ":";
      if (o.large_every > 0 && n % o.large_every == 0) text.resize(1'000'000, 'x');
      const auto bytes = bytes_of(text);
      exchange::enqueue(t, {o.kind, "subject-" + std::to_string(n % o.subjects), 1, Bytes(bytes.begin(), bytes.end())},
                        SystemClock().now());
      t.execute("UPDATE probe_sent SET value = $1", {n + 1});
    }
    finished = sent >= o.number;
  });
  service.wake();
  return std::chrono::milliseconds(finished || !ok ? 500 : 25);
}

int run(const Options& o) {
  auto opened = storage::Database::open("sqlite:" + o.database);
  if (!opened) return fail(opened.error());
  auto& database = **opened;
  const std::vector<storage::Migration> migrations{
      {1, "probe",
       "CREATE TABLE probe_sent (value BIGINT NOT NULL);"
       "INSERT INTO probe_sent (value) VALUES (0);"
       "CREATE TABLE probe_applied (number $SERIAL, subject BIGINT NOT NULL, place BIGINT NOT NULL)"}};
  if (auto ok = database.migrate("probe", migrations); !ok) return fail(ok.error());
  const auto file = [&](const std::string& name) { return o.pki + "/" + name; };
  const auto mine = file("node-" + o.name + ".pem"), key = file("node-" + o.name + ".key");
  auto signer = evidence::node_signer_from_files(mine, key, "", o.name);
  auto trust = evidence::node_trust_from_files(file("root.pem"), file("crl.pem"), mine);
  auto peer = crypto::Certificate::all_from_pem_file(file("node-" + o.peer + ".pem"));
  if (!signer || !trust || !peer) return fail(!signer ? signer.error() : !trust ? trust.error() : peer.error());

  const exchange::Receiver receiver = [](const exchange::Incoming& incoming) -> result<exchange::Effects> {
    const std::string text(text_of(incoming.payload));
    const auto subject = std::stoll(text), place = std::stoll(text.substr(text.find(':') + 1));
    return exchange::Effects([subject, place](storage::Transaction& t) {
      t.execute("INSERT INTO probe_applied (subject, place) VALUES ($1, $2)",
                {std::int64_t{subject}, std::int64_t{place}});
    });
  };
  std::map<std::string, exchange::Receiver> receivers;
  for (const auto* kind : {"dossier", "material", "status", "notice"}) receivers.emplace(kind, receiver);
  exchange::ServiceOptions options;
  options.node = o.name;
  options.peer = o.peer;
  options.unit = o.unit;
  options.client = {o.url, file("root.pem"), mine, key};
  options.client.expected_peer = o.unit;
  auto service =
      exchange::Service::start(database, std::move(*signer), std::move(*trust), peer->front(), options,
                               std::move(receivers), [](storage::Transaction&, const exchange::Progress&) {});
  if (!service) return fail(service.error());
  {
    Worker sender("probe-send", [&] { return send_some(database, **service, o); });
    wait_for_stop_signal();
  }
  (*service)->stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Sends numbered messages through a unit and writes down what it applies."};
  Options o;
  app.add_option("--name", o.name)->required();
  app.add_option("--peer", o.peer)->required();
  app.add_option("--unit", o.unit)->required();
  app.add_option("--url", o.url)->required();
  app.add_option("--pki", o.pki)->required();
  app.add_option("--database", o.database)->required();
  app.add_option("--kind", o.kind)->required();
  app.add_option("--number", o.number);
  app.add_option("--large-every", o.large_every);
  CLI11_PARSE(app, argc, argv);
  block_stop_signals();
  log::start("probe-" + o.name, "info");
  return run(o);
}
