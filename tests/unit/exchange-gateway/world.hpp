#pragma once
// Two units in memory with journals on disk, the two services' keys, and a clock that the test moves.
#include <filesystem>
#include <functional>
#include <random>

#include "common/runtime/ids.hpp"
#include "exchange-gateway/unit/unit.hpp"

namespace jindu::gateway::test {

class TestClock final : public Clock {
 public:
  Instant now() const override {
    if (auto once = std::exchange(at_next_look, {})) once();
    return from_unix_ms(ms_.load());
  }
  // Something that happens just when somebody asks for the time.
  mutable std::function<void()> at_next_look = {};
  void advance(std::chrono::milliseconds by) { ms_ += by.count(); }

 private:
  std::atomic<std::int64_t> ms_ = 1'780'000'000'000;
};

// A service that makes bundles in its channel, as the outbox does.
struct Sender {
  std::string name, peer;
  evidence::NodeSigner signer;
  crypto::PublicKey peer_key;
  std::shared_ptr<TestClock> clock;
  exchange::Place place = {};
  std::map<int, std::uint64_t> subjects = {};
  std::string kind = "dossier";
  std::uint32_t priority = 1;
  std::chrono::milliseconds lives = std::chrono::hours(24);

  // The next of the channel about a subject.
  Bytes next(int subject, BytesView payload);
  Bytes next(int subject, std::string_view payload) { return next(subject, bytes_of(payload)); }
};

// One unit; `restart` opens its journal anew, as after a crash.
class Side {
 public:
  Side(std::filesystem::path folder, evidence::NodeSigner signer, evidence::NodeTrust trust, UnitOptions options,
       std::shared_ptr<TestClock> clock);
  // `asked`: its service has asked it already, as the first thing that one does.
  void restart(bool asked = true);
  // The whole journal, as a backup has it; and such a one put back, as after the loss of a disk.
  void back_up(const std::filesystem::path& to);
  void restore(const std::filesystem::path& from);
  void restart_with(const Policy& policy);
  void restart_with(const std::function<void(UnitOptions&)>& change);
  void restart_with(evidence::NodeTrust trust);
  Unit& unit() { return *unit_; }
  Unit* operator->() { return unit_.get(); }
  std::int64_t count(const std::string& sql);
  std::string text(const std::string& sql);
  std::string state_of(const std::string& id);

 private:
  std::filesystem::path folder_;
  evidence::NodeSigner signer_;
  evidence::NodeTrust trust_;
  UnitOptions options_;
  std::shared_ptr<TestClock> clock_;
  std::unique_ptr<storage::Database> journal_;
  std::unique_ptr<Unit> unit_;
};

class World {
 public:
  World();
  ~World();

  evidence::NodeTrust trust() const;
  evidence::NodeTrust trust_with_an_old_crl() const;
  Policy policy() const;                                   // dossiers and materials in, status out
  Policy slow_policy() const;                              // of dossiers two at once, and one more a second
  std::vector<std::string> deliverable(Side& side) const;  // ids in order of delivery
  Bytes receipt(const evidence::NodeSigner& by, BytesView bundle, jindu::v1::Rung rung, std::string code = {}) const;
  // Fetches and applies everything that is deliverable; the ids in the order in which it was applied.
  std::vector<std::string> apply_all(Side& side, const evidence::NodeSigner& service) const;
  // Carries everything both ways until nothing moves.
  void carry_all();
  static std::string id_of(BytesView bundle);
  static std::vector<Bytes> bytes_of_loads(const std::vector<Unit::Load>& loads);
  static std::vector<std::string> ids_of(const std::vector<Unit::Load>& loads);

  std::shared_ptr<TestClock> clock = std::make_shared<TestClock>();
  std::filesystem::path folder;
  crypto::PrivateKey root_key;
  crypto::Certificate root;
  evidence::NodeSigner portal, approval, outer_signer, inner_signer, stranger;
  Side outer, inner;
  Sender from_portal, from_approval;

 private:
  evidence::NodeSigner node(const std::string& name) const;
  UnitOptions options(const std::string& name, const std::string& peer, const std::string& service) const;
};

// As newer programs write: with a field more.
void say_more(google::protobuf::Message& message);
// The same bundle as a newer program of its sender makes it: with a field more in its manifest, or of another version.
Bytes newer(BytesView bundle, const evidence::NodeSigner& sender, std::uint32_t version = 1);

// The rung of a receipt, "stored" …
std::string rung_of(const result<Bytes>& receipt);
std::string code_of(const result<Bytes>& receipt);  // of the receipt, or of the error

}  // namespace jindu::gateway::test
