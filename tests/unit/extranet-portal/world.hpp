#pragma once
// A small deployment in memory: certificate authorities, a department, an editor, applicants, and a portal over a
// database of the test's own.
#include <jindu/v1/payload.pb.h>

#include <atomic>
#include <boost/json/value.hpp>
#include <functional>
#include <string>

#include "common/dossier/dossier.hpp"
#include "common/http/router.hpp"
#include "extranet-portal/api/portal.hpp"
#include "extranet-portal/exchange/receivers.hpp"

namespace jindu::portal::test {

class TestClock final : public Clock {
 public:
  Instant now() const override { return now_; }
  void advance(std::chrono::milliseconds by) { now_ += by; }

 private:
  Instant now_ = from_unix_ms(1'780'000'000'000);
};

struct Person {
  crypto::PrivateKey key = crypto::PrivateKey::generate_p256();
  crypto::Certificate certificate;
};

// A JSON string, for comparing.
inline boost::json::value word(std::string_view text) { return boost::json::value(text); }

struct Answer {
  int status = 0;
  boost::json::value json;
  Bytes bytes;
  std::map<std::string, std::string> headers;
  std::string code() const;
};

// A browser: keeps its cookie and CSRF token.
class Browser {
 public:
  explicit Browser(const http::Router& router, std::string address = "192.0.2.1")
      : router_(router), address_(std::move(address)) {}
  Answer get(const std::string& target);
  Answer post(const std::string& target, const boost::json::value& body);
  Answer send(http::Method method, const std::string& target, Bytes body, std::map<std::string, std::string> headers);
  void begin(const Answer& login);  // takes cookie and token from an answer that begins a session
  std::string token, cookie;

 private:
  const http::Router& router_;
  std::string address_;
};

class World {
 public:
  explicit World(std::unique_ptr<storage::Database> database);
  ~World();

  crypto::Certificate issue(const crypto::PublicKey& key, const crypto::SubjectName& name) const;
  Person person(const crypto::SubjectName& name) const;

  // Publishes a release with one item; `item_version` and `with` change it.
  std::string catalogue_json(std::uint64_t serial, int item_version = 1) const;
  jindu::v1::CatalogueRelease release(const std::string& json, std::uint64_t serial, const Person& editor) const;
  result<void> receive(const std::string& kind, const google::protobuf::Message& message);
  void publish(std::uint64_t serial = 1, int item_version = 1);

  // A citizen with an account and a session.
  struct Citizen {
    std::string phone;
    crypto::PrivateKey key = crypto::PrivateKey::generate_p256();
    std::vector<crypto::Certificate> chain = {};
    std::string account_id = {};
    crypto::Identity identity() const;
  };
  Answer register_citizen(Browser& browser, Citizen& citizen);
  Answer login_citizen(Browser& browser, const Citizen& citizen);
  Answer login_company(Browser& browser, const crypto::Identity& company);

  dossier::DossierDraft draft(const std::string& declaration_id) const;
  // Uploads the materials; the answer is that of the last part.
  void upload(Browser& browser, const std::string& declaration_id, const dossier::MadeDossier& made);
  Answer submit(Browser& browser, const std::string& declaration_id, const dossier::MadeDossier& made);

  std::int64_t count(const std::string& sql);

  std::unique_ptr<storage::Database> database;
  TestClock clock;
  std::filesystem::path folder;
  Person root, editor, department;
  crypto::TrustStore trust;
  api::Registration registration;
  evidence::NodeSigner node;
  exchange::EditorTrust editors;
  store::UploadFiles files;
  api::PublishedCatalogue catalogue;
  api::Portal portal;
  http::Router router;
  std::atomic<int> woken = 0;
};

// One for each kind of database there is here.
std::vector<std::unique_ptr<World>> worlds();

}  // namespace jindu::portal::test
