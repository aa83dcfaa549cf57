// A service for trying the gateway: sends numbered messages about a few subjects and writes down what it applies. It is
// the portal's and the approval system's own way of sending and receiving, with nothing else around it.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "common/exchange/service/exchange.hpp"
#include "common/runtime/command_line.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/memory.hpp"
#include "common/runtime/worker.hpp"

namespace {

using namespace jindu;

struct Options {
  std::string name, peer, unit, url, pki, database, kind, peer_certificates, other;
  std::int64_t number = 0, subjects = 7, large_every = 0, batch = 1, size = 0, pause_ms = 25, bulk = 0;
};

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

int fail(const Error& error) {
  std::cerr << error << "\n";
  return 1;
}

// One attachment as the portal sends it: slices of 8 MiB of a file, less urgent than all else. It is about subject -1.
constexpr std::uint64_t kSliceBytes = 8 * 1024 * 1024;
result<void> send_attachment(storage::Database& database, const std::string& file, std::int64_t slices) {
  if (slices == 0) return {};
  // Without blocks of its own: what is sealed is zeros, and as hard to seal as anything.
  std::ofstream(file).close();
  std::filesystem::resize_file(file, kSliceBytes * static_cast<std::uint64_t>(slices));
  return database.write([&](storage::Transaction& t) {
    if (t.query_one("SELECT value FROM probe_bulk")->integer(0) != 0) return;
    for (std::int64_t n = 0; n < slices; ++n) {
      const auto head = "-1:" + std::to_string(n) + ":" + std::to_string(now_us()) + ":";
      const auto bytes = bytes_of(head);
      exchange::enqueue(t,
                        {"material", "attachment", 3,
                         exchange::FileSlice{file, kSliceBytes * static_cast<std::uint64_t>(n), kSliceBytes,
                                             Bytes(bytes.begin(), bytes.end())}},
                        SystemClock().now());
    }
    t.execute("UPDATE probe_bulk SET value = $1", {slices});
  });
}

// What is large comes from a file in the product, too.
constexpr std::size_t kLarge = 256 * 1024;
std::string padding_of(const Options& o) { return o.database + ".padding"; }

// Messages are "subject:number-within-it:time", some of them, or all, padded to be large.
std::chrono::milliseconds send_some(storage::Database& database, exchange::Service& service, const Options& o) {
  bool finished = false;
  auto ok = database.write([&](storage::Transaction& t) {
    const auto sent = t.query_one("SELECT value FROM probe_sent")->integer(0);
    for (auto n = sent; n < std::min(o.number, sent + o.batch); ++n) {
      auto text =
          std::to_string(n % o.subjects) + ":" + std::to_string(n / o.subjects) + ":" + std::to_string(now_us()) + ":";
      if (o.large_every > 0 && n % o.large_every == 0) text.resize(1'000'000, 'x');
      const auto size = static_cast<std::size_t>(o.size);
      if (size < kLarge && text.size() < size) text.resize(size, 'x');
      const auto view = bytes_of(text);
      Bytes bytes(view.begin(), view.end());
      exchange::Outgoing message{o.kind, "subject-" + std::to_string(n % o.subjects), 1, bytes};
      if (size >= kLarge) message.payload = exchange::FileSlice{padding_of(o), 0, size, bytes};
      exchange::enqueue(t, message, SystemClock().now());
      t.execute("UPDATE probe_sent SET value = $1", {n + 1});
    }
    finished = sent >= o.number;
  });
  service.wake();
  return std::chrono::milliseconds(finished || !ok ? 500 : o.pause_ms);
}

int run(const Options& o) {
  auto opened = storage::Database::open("sqlite:" + o.database);
  if (!opened) return fail(opened.error());
  auto& database = **opened;
  const std::vector<storage::Migration> migrations{
      {1, "probe",
       "CREATE TABLE probe_sent (value BIGINT NOT NULL);"
       "INSERT INTO probe_sent (value) VALUES (0);"
       "CREATE TABLE probe_applied (number $SERIAL, subject BIGINT NOT NULL, place BIGINT NOT NULL, sent_us BIGINT NOT "
       "NULL, applied_us BIGINT NOT NULL)"},
      {2, "bulk",
       "CREATE TABLE probe_bulk (value BIGINT NOT NULL);"
       "INSERT INTO probe_bulk (value) VALUES (0)"}};
  if (auto ok = database.migrate("probe", migrations); !ok) return fail(ok.error());
  std::ofstream(padding_of(o)).close();
  std::filesystem::resize_file(padding_of(o), static_cast<std::uintmax_t>(o.size));
  const auto file = [&](const std::string& name) { return o.pki + "/" + name; };
  const auto mine = file("node-" + o.name + ".pem"), key = file("node-" + o.name + ".key");
  auto signer = evidence::node_signer_from_files(mine, key, "", o.name);
  auto trust = evidence::node_trust_from_files(file("root.pem"), file("crl.pem"), mine);
  const auto peer_file = file(o.peer_certificates.empty() ? "node-" + o.peer + ".pem" : o.peer_certificates);
  auto peer = crypto::Certificate::all_from_pem_file(peer_file);
  if (!signer || !trust || !peer) return fail(!signer ? signer.error() : !trust ? trust.error() : peer.error());
  auto rollover = exchange::read_rollover({o.peer, peer_file, o.name, o.other.empty() ? "" : file(o.other + ".pem"),
                                           o.other.empty() ? "" : file(o.other + ".key"), ""});
  if (!rollover) return fail(rollover.error());

  const exchange::Receiver receiver = [](const exchange::Incoming& incoming) -> result<exchange::Effects> {
    const std::string text(text_of(incoming.payload));
    const auto second = text.find(':') + 1, third = text.find(':', second) + 1;
    const std::int64_t subject = std::stoll(text), place = std::stoll(text.substr(second, 20)),
                       sent_us = std::stoll(text.substr(third, 20));
    return exchange::Effects([subject, place, sent_us](storage::Transaction& t) {
      t.execute("INSERT INTO probe_applied (subject, place, sent_us, applied_us) VALUES ($1, $2, $3, $4)",
                {subject, place, sent_us, now_us()});
    });
  };
  std::map<std::string, exchange::Receiver> receivers;
  for (const auto* kind : {"dossier", "material", "status", "notice"}) receivers.emplace(kind, receiver);
  exchange::ServiceOptions options;
  options.node = o.name;
  options.peer = o.peer;
  options.unit = o.unit;
  options.rollover = std::move(*rollover);
  options.client = {o.url, file("root.pem"), mine, key};
  options.client.expected_peer.name = o.unit;
  options.client.crl_file = file("crl.pem");
  auto service =
      exchange::Service::start(database, std::move(*signer), std::move(*trust), peer->front(), options,
                               std::move(receivers), [](storage::Transaction&, const exchange::Progress&) {});
  if (!service) return fail(service.error());
  if (auto ok = send_attachment(database, o.database + ".attachment", o.bulk); !ok) return fail(ok.error());
  (*service)->wake();
  {
    Worker sender("probe-send", [&] { return send_some(database, **service, o); });
    wait_for_stop_signal();
  }
  (*service)->stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  keep_memory_small();
  CommandLine app("Sends numbered messages through a unit and writes down what it applies.");
  Options o;
  app.option("--name", o.name).required();
  app.option("--peer", o.peer).required();
  app.option("--unit", o.unit).required();
  app.option("--url", o.url).required();
  app.option("--pki", o.pki).required();
  app.option("--database", o.database).required();
  app.option("--kind", o.kind).required();
  app.option("--number", o.number);
  app.option("--large-every", o.large_every);
  app.option("--subjects", o.subjects);
  app.option("--size", o.size, "Bytes of each message");
  app.option("--bulk", o.bulk, "Slices of 8 MiB of an attachment that waits before anything else is sent");
  app.option("--batch", o.batch, "Messages enqueued in one transaction");
  app.option("--peer-certificates", o.peer_certificates, "File in the PKI with all certificates of the peer");
  app.option("--other", o.other, "Name in the PKI of a further key and certificate of this node, which opens");
  app.option("--pause-ms", o.pause_ms, "Between two such transactions");
  if (const auto ended = app.read(argc, argv)) return *ended;
  block_stop_signals();
  log::start("probe-" + o.name, "info");
  return run(o);
}
