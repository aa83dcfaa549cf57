#pragma once
// The unit's durable journal: every bundle that was ever here, where it stands, its receipts, and its bytes until it has ended.
#include <jindu/v1/receipt.pb.h>

#include <optional>

#include "common/exchange/codec/bundle.hpp"
#include "common/exchange/codec/receipt.hpp"
#include "common/storage/database.hpp"
#include "exchange-gateway/domain/channel.hpp"

namespace jindu::gateway::store {

const std::vector<storage::Migration>& migrations();  // component "gateway"

// waiting: to be carried. carried: in the other unit's custody. ready: for our service to fetch. early: one before it about
// the same subject is missing. held: for a releaser. ended: applied, refused, quarantined or expired.
struct Entry {
  std::string id;
  bool outward = false;  // came from our side
  std::string state;
  std::string channel;
  std::int64_t epoch = 1;
  std::int64_t sequence = 0;
  std::string from;
  std::string to;
  std::string kind;
  Bytes subject;
  std::int64_t subject_sequence = 0;
  std::int64_t priority = 0;
  std::int64_t size = 0;
  Bytes manifest_digest;
  Bytes previous_digest;
  Bytes manifest;
  Bytes signature;
  std::int64_t created_ms = 0;
  std::int64_t expires_ms = 0;
  std::int64_t stored_ms = 0;
  std::int64_t delivery = 0;  // number in the order of delivery; 0 before
  std::int64_t voyage = 0;    // the newest voyage it was loaded on
  std::string code;
};

std::optional<Entry> find(storage::Transaction& t, const std::string& id);
void insert(storage::Transaction& t, const Entry& entry);
void set_state(storage::Transaction& t, const std::string& id, const std::string& state, const std::string& code = {});

ChannelHead channel_head(storage::Transaction& t, const std::string& channel);
void advance(storage::Transaction& t, const std::string& channel, const Link& link);
Neighbours neighbours(storage::Transaction& t, const Entry& entry);

std::uint64_t last_delivered(storage::Transaction& t, const Entry& entry);
void set_last_delivered(storage::Transaction& t, const Entry& entry);
std::optional<Entry> early_successor(storage::Transaction& t, const Entry& entry);
std::int64_t next_delivery_number(storage::Transaction& t);

std::vector<Entry> to_carry(storage::Transaction& t, bool unloaded_only, std::int64_t limit);
std::vector<Entry> deliveries(storage::Transaction& t, const std::string& to, std::int64_t after, std::int64_t limit);
std::vector<Entry> expired(storage::Transaction& t, std::int64_t now_ms);

struct BundleFilter {
  std::string state = {}, kind = {}, channel = {};
  std::string before = {};  // id of the last one shown
  std::int64_t limit = 50;
};
std::vector<Entry> list(storage::Transaction& t, const BundleFilter& filter);

// The receipt of a rung by a party exists once; the first one made stays.
std::optional<Bytes> receipt_of(storage::Transaction& t, const std::string& id, jindu::v1::Rung rung, const std::string& party);
// `for_service`: our service sent the bundle. `to_send`: the other side must see it. False when it was there already.
bool add_receipt(storage::Transaction& t, const exchange::Receipt& receipt, BytesView encoded, bool for_service, bool to_send);
struct StoredReceipt {
  std::int64_t number = 0;
  std::string id;
  std::int64_t rung = 0;
  std::string party;
  std::int64_t at_ms = 0;
  std::string code;
  Bytes receipt;
};
std::vector<StoredReceipt> receipts_for_service(storage::Transaction& t, std::int64_t after, std::int64_t limit);
std::vector<StoredReceipt> receipts_to_send(storage::Transaction& t, std::int64_t limit);
void mark_sent(storage::Transaction& t, std::int64_t number);
std::vector<StoredReceipt> receipts_about(storage::Transaction& t, const std::string& id);

// Small bundles live in the database, so that one commit makes them durable; large ones in a file that is synced before.
void put_small(storage::Transaction& t, const std::string& id, BytesView bundle);
std::optional<Bytes> small(storage::Transaction& t, const std::string& id);
void forget_small(storage::Transaction& t, const std::string& id);

std::int64_t state_value(storage::Transaction& t, const std::string& name);
void set_state_value(storage::Transaction& t, const std::string& name, std::int64_t value);

// Every act of an operator, each line holding the digest of the one before it.
void log_act(storage::Transaction& t, const std::string& who, const std::string& act, const std::string& about, const std::string& reason, std::int64_t at_ms);

}  // namespace jindu::gateway::store
