#pragma once
// How portal and approval send and receive: an outbox whose rows commit with the state change they tell of, and an
// inbox whose rows commit with the effects of what arrived. Threads of its own build bundles, hand them to the unit,
// fetch deliveries and receipts. docs/exchange.md, "Services".
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/exchange/codec/bundle.hpp"
#include "common/exchange/codec/keys.hpp"
#include "common/exchange/codec/receipt.hpp"
#include "common/http/client.hpp"
#include "common/storage/database.hpp"

namespace jindu::exchange {

const std::vector<storage::Migration>& service_migrations();  // component "exchange"

// A part of a file as payload bytes: `head` then length bytes of the file. For slices of large materials. The file must
// stay as it is until the other side has applied its bundle, or nobody can have it sent anew any more: is_needed.
struct FileSlice {
  std::string path;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  Bytes head;  // what precedes the file's bytes in the payload (an encoded protobuf prefix)
};

struct Outgoing {
  std::string kind;     // "dossier", "material", "status", "notice", "document", "catalogue"
  std::string subject;  // what must stay in order, such as the declaration id; becomes a keyed pseudonym
  std::uint32_t priority = 1;
  std::variant<Bytes, FileSlice> payload;
};

// Inside the caller's transaction: committed with its state change, or not at all.
void enqueue(storage::Transaction& transaction, const Outgoing& outgoing, Instant now);
// Whether something that was enqueued may still have to be read from this file.
bool is_needed(storage::Transaction& transaction, const std::string& path);

struct Incoming {
  BundleId id{};
  std::string from;
  std::string kind;
  Instant created{};
  Bytes payload;
  std::string subject = {};  // the sender's pseudonym for what it is about, in hex digits
};

// Says what a sender's pseudonym (Incoming::subject) stands for here, such as a declaration id: for those who ask where
// something about it is (enquiry.hpp). Among the effects of what arrived, or when it is refused.
void note_about(storage::Transaction& transaction, const std::string& subject, const std::string& about);

// Effects of an incoming bundle. `prepare` may take long and touch files (scanning, opening); it runs outside the
// transaction and returns what runs inside it, together with the inbox row. Both may run again after a crash.
// Fault::unavailable and Fault::internal are tried again later, in order; every other Error refuses the bundle for good
// with a signed receipt that tells its code, and `refused` of the sender's side sees it.
using Effects = std::function<void(storage::Transaction&)>;
using Receiver = std::function<result<Effects>(const Incoming&)>;

// What became of a bundle we sent; called once for each new receipt, inside the transaction that records it.
struct Progress {
  std::string kind;
  std::string subject;  // as enqueued
  Receipt receipt;
};

struct ServiceOptions {
  std::string node;  // our name, such as "portal"
  std::string peer;  // the service on the other side, such as "approval"
  std::string unit;  // our unit's node name, such as "gateway-outer"
  http::ClientOptions client;
  std::chrono::hours expires{24 * 30};
  Rollover rollover = {};
  // A bundle that cannot be read and was never taken keeps its place in the channel for so long, by a unit that
  // answers: five times as long as a request to it may take. Then it and those behind it are built anew.
  std::chrono::milliseconds gives_up_place{300'000};
  // So long after it was made, what ended without being applied can be sent anew (sent_anew.hpp): time to notice it and
  // to settle it between two offices. Then its content is no business of a transport any more.
  std::chrono::hours keeps_stopped{24 * 180};
};

// Something that stands still until somebody does something.
struct Trouble {
  // "sending": nothing is handed over; "building": nothing is built, what was built goes on; "receipts": what was told
  // of some bundles cannot be verified; "reporting": our unit does not take receipts of ours, as it does not know
  // fields of theirs; "aside": messages that cannot be built wait, and with them what comes behind them about their
  // subjects.
  std::string what;
  std::string code;            // why, of the oldest
  Instant since{};             // as far as this run of the program knows; of "aside", from the beginning
  std::uint64_t messages = 0;  // that were put aside
};

struct TransitHealth {
  std::uint64_t waiting = 0;    // outgoing, not yet with the unit
  std::uint64_t under_way = 0;  // with the unit, not yet applied on the other side
  std::optional<Instant> oldest_under_way;
  std::uint64_t refused = 0;  // or quarantined, or expired; and not sent anew
  bool unit_reachable = false;
  std::optional<Instant> unit_last_heard;
  std::optional<Instant> other_side_last_heard;  // the newest receipt signed on the other side
  std::vector<Trouble> troubles;
};

// A rung of a bundle about a subject, for showing the way of a dossier.
struct Rung {
  std::string bundle;  // id
  std::string kind;
  std::string rung;
  std::string party;
  Instant at{};
  std::string code;
};

class Service {
 public:
  // `peer_certificate`: whose signature incoming bundles must carry; outgoing ones are sealed to the newest of this and
  // the others.
  static result<std::unique_ptr<Service>> start(storage::Database& database, evidence::NodeSigner node,
                                                evidence::NodeTrust trust, crypto::Certificate peer_certificate,
                                                ServiceOptions options, std::map<std::string, Receiver> receivers,
                                                std::function<void(storage::Transaction&, const Progress&)> progress);
  virtual ~Service() = default;
  virtual void wake() = 0;  // something was enqueued
  virtual void stop() = 0;
  virtual result<TransitHealth> health() = 0;
  virtual std::optional<Trouble> sending_stopped() const = 0;  // "sending" or "building"; asks no database
};

std::vector<Rung> timeline(storage::Transaction& transaction, std::string_view subject);

// What about a subject the unit does not have yet.
struct Unsent {
  bool any = false;
  std::optional<Trouble> aside;  // the first of it was put aside
};
Unsent unsent(storage::Transaction& transaction, std::string_view subject);

}  // namespace jindu::exchange
