#pragma once
// A small intranet in memory: an office with two departments over a database of the test's own, officials with
// certificates, an applicant outside, and the portal's side of the way.
#include <jindu/v1/payload.pb.h>

#include <boost/json/object.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "common/dossier/dossier.hpp"
#include "common/http/router.hpp"
#include "intranet-approval/api/api.hpp"

namespace jindu::approval::test {

struct Answer {
  int status = 0;
  boost::json::value json;
  Bytes bytes;
  std::map<std::string, std::string> headers;
  std::string code() const;
  std::string text(const std::string& member) const;
  std::int64_t number(const std::string& member) const;
};

// An official at his browser.
struct Seat {
  const http::Router& router;
  crypto::Identity identity;
  std::string fingerprint() const { return to_hex(identity.certificate.fingerprint()); }
  Answer get(const std::string& target) const;
  Answer post(const std::string& target, const boost::json::value& body) const;
  Answer send(http::Method method, const std::string& target, Bytes body,
              const std::map<std::string, std::string>& headers) const;
};

// The service's side of the exchange without threads: rows stay in the outbox, where tests read them.
class QuietExchange final : public exchange::Service {
 public:
  void wake() override { ++woken; }
  void stop() override {}
  result<exchange::TransitHealth> health() override {
    exchange::TransitHealth health;
    health.troubles = troubles;
    return health;
  }
  std::optional<exchange::Trouble> sending_stopped() const override { return {}; }
  int woken = 0;
  std::vector<exchange::Trouble> troubles;
};

struct OutboxRow {
  std::string kind;
  std::string subject;
  Bytes payload;
};

class World {
 public:
  explicit World(std::unique_ptr<storage::Database> given);
  ~World();

  crypto::Identity identity(const crypto::SubjectName& name) const;
  Seat seat(const std::string& name) const;  // acceptor, reviewer, rereviewer, determiner, editor, neighbour, stranger

  // The catalogue as text; `change` edits it before it is written.
  std::string catalogue_json(std::uint64_t serial, const std::function<void(boost::json::object&)>& change = {}) const;
  Answer publish(const Seat& by, const std::string& catalogue) const;
  void publish(std::uint64_t serial = 1);

  dossier::DossierDraft draft(const std::string& declaration_id, const std::string& item = "food") const;
  jindu::v1::DossierDelivery delivery(const dossier::DossierDraft& draft, const dossier::MadeDossier& made,
                                      Instant received) const;
  result<void> receive(const std::string& kind, const google::protobuf::Message& message, std::string from = "portal");
  // Seals as the applicant and delivers all of it.
  result<void> submit(const dossier::DossierDraft& draft, const crypto::Identity& by, Instant received);
  std::string new_case(Instant received, const std::string& item = "food");

  Answer command(const Seat& by, const std::string& id, const std::string& name, boost::json::object members = {});
  std::int64_t sequence(const std::string& id) const;
  // Asks for the record, signs it, and determines.
  Answer determine(const Seat& by, const std::string& id, const std::string& outcome, const std::string& reasons = "");

  std::vector<OutboxRow> outbox() const;
  std::vector<std::string> statuses(const std::string& id) const;  // sent to the portal, in order
  // What the applicant reads in the last notice of a kind.
  jindu::v1::NoticeContent notice(const std::string& id, const std::string& kind, const crypto::Identity& by) const;

  std::unique_ptr<storage::Database> database;
  std::filesystem::path folder;
  crypto::Identity root;
  crypto::TrustStore trust;
  std::map<std::string, crypto::Identity> people;
  crypto::Identity applicant;
  evidence::NodeSigner portal;
  Office office;
  QuietExchange exchange;
  http::Router router;
};

// One for each kind of database there is here.
std::vector<std::unique_ptr<World>> worlds();

Bytes small_pdf();

}  // namespace jindu::approval::test
