#pragma once
// One half of the gateway: takes bundles in, keeps them until they have ended, gives them out, and signs a receipt for each
// rung. It cannot open what it carries. Thread-safe.
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "common/evidence/signed.hpp"
#include "exchange-gateway/domain/policy.hpp"
#include "exchange-gateway/store/journal.hpp"

namespace jindu::gateway {

// Lets long polls wait for news. Missing one is not possible: the caller reads the count before it looks.
class News {
 public:
  std::uint64_t count() const;
  void tell();
  void wait(std::uint64_t seen, std::chrono::milliseconds most);
  void close();  // nobody waits any more

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t count_ = 0;
  bool closed_ = false;
};

struct UnitOptions {
  std::string name;          // "gateway-outer"
  std::string peer;          // "gateway-inner"
  std::string service;       // whose unit this is: "portal"
  std::string directory;     // journal and large bundles
  std::uint64_t minimum_free_bytes = 0;
  std::map<std::string, crypto::Certificate> nodes;  // who may sign what: certificates by node name
  Policy policy;
};

// What another unit or a carrier gets for a bundle it brought.
struct Custody {
  std::string id;
  Bytes receipt;                // "carried" or "quarantined"; empty for control bundles
  std::optional<Error> error;   // not taken: bring it again
};

class Unit {
 public:
  Unit(storage::Database& journal, evidence::NodeSigner signer, evidence::NodeTrust trust, UnitOptions options);

  // From our service. Gives the signed receipt "stored" or "refused"; the same bundle again, the same receipt. Codes:
  // bundle.*, unit.disk_full, unit.not_yours.
  result<Bytes> take_from_service(BytesView bundle);
  // From the other side, by a carrier. All in one commit.
  std::vector<Custody> take_from_carrier(const std::vector<Bytes>& bundles);

  struct Delivery {
    std::int64_t number;
    std::string id;
    std::int64_t size;
  };
  result<std::vector<Delivery>> deliveries(std::int64_t after, std::int64_t limit);
  result<Bytes> deliver(const std::string& id);     // signs "delivered" the first time
  result<void> service_receipt(BytesView receipt);  // "applied" or "refused" by our service
  result<std::vector<store::StoredReceipt>> receipts(std::int64_t after, std::int64_t limit);

  struct Load {
    std::string id;
    Bytes bundle;
    std::int64_t voyage;
  };
  // What is to be carried next, most urgent first, at most `bytes` (but at least one bundle).
  result<std::vector<Load>> load(std::int64_t limit, std::size_t bytes, bool unloaded_only);
  // The other unit has custody: by its signed receipts, or for control bundles by its word over the carrier.
  result<void> carried(const std::vector<Custody>& custody);
  result<void> loaded(const std::vector<std::string>& ids, std::int64_t voyage, std::int64_t bytes);
  // The other unit says that it unloaded our voyages up to `number`, without `damaged`.
  result<void> voyages_read(std::int64_t number, const std::vector<std::string>& damaged);
  // Voyages after `number` are lost with their medium: load their bundles again.
  result<void> load_again_after(std::int64_t number);

  // Makes a control bundle of the receipts that wait for the other side. True when there was something.
  result<bool> build_control();
  result<void> expire();  // signs "expired" for what is out of time
  result<void> sweep();   // removes the bytes of what has ended

  result<void> release(const std::string& id, const std::string& who, const std::string& reason);
  result<void> refuse(const std::string& id, const std::string& who, const std::string& reason);

  result<void> heard_from_peer();
  storage::Database& journal() { return journal_; }
  const UnitOptions& options() const { return options_; }
  const evidence::NodeSigner& signer() const { return signer_; }
  const evidence::NodeTrust& trust() const { return trust_; }
  News& for_service() { return for_service_; }
  News& for_carrier() { return for_carrier_; }
  Instant now() const { return SystemClock().now(); }

 private:
  struct Checked;
  result<Checked> check(BytesView bundle);
  store::Entry entry_of(const exchange::BundleView& view, std::size_t size, bool outward) const;
  Bytes sign(storage::Transaction& t, const store::Entry& entry, jindu::v1::Rung rung, const std::string& code, const std::string& detail, bool for_service, bool to_send);
  void end(storage::Transaction& t, const store::Entry& entry, const std::string& code);
  void arrive(storage::Transaction& t, store::Entry entry, Ruling ruling);
  void promote(storage::Transaction& t, store::Entry entry);
  Custody take_one(storage::Transaction& t, const Bytes& bundle);
  void apply_control(storage::Transaction& t, const jindu::v1::ReceiptBatch& batch);
  void apply_peer_receipt(storage::Transaction& t, BytesView encoded);
  result<void> room_for(std::size_t bytes) const;
  result<void> keep_file(const std::string& id, BytesView bundle) const;
  std::string file_of(const std::string& id) const;
  result<Bytes> bytes_of_bundle(storage::Transaction& t, const store::Entry& entry) const;

  storage::Database& journal_;
  evidence::NodeSigner signer_;
  evidence::NodeTrust trust_;
  UnitOptions options_;
  News for_service_, for_carrier_;
};

}  // namespace jindu::gateway
