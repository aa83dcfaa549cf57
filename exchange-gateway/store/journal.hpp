#pragma once
// The unit's durable journal: every bundle that was ever here, where it stands, its receipts, and its bytes until it
// has ended and some time after. Everything below runs inside a transaction of the caller.
#include <jindu/v1/receipt.pb.h>

#include <optional>

#include "common/exchange/codec/bundle.hpp"
#include "common/exchange/codec/receipt.hpp"
#include "common/storage/database.hpp"
#include "exchange-gateway/domain/channel.hpp"
#include "exchange-gateway/domain/ladder.hpp"

namespace jindu::gateway::store {

const std::vector<storage::Migration>& migrations();  // component "gateway"

struct Entry {
  std::string id;
  bool outward = false;  // came from our side
  State state = State::waiting;
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
  bool offered = false;       // a carrier was given it
  std::int64_t voyage = 0;    // the newest voyage it was loaded on; 0: to be loaded
  std::string file;           // where its bytes are; empty: in the database, or gone
  std::int64_t ended_ms = 0;
  std::string code;
};

std::optional<Entry> find(storage::Transaction& t, const std::string& id);
void insert(storage::Transaction& t, const Entry& entry);
void set_state(storage::Transaction& t, const std::string& id, State state);
void end(storage::Transaction& t, const std::string& id, const std::string& code, std::int64_t at_ms);
void make_ready(storage::Transaction& t, const std::string& id);

ChannelHead channel_head(storage::Transaction& t, const std::string& channel);
void set_channel_head(storage::Transaction& t, const std::string& channel, const Link& link);
// Moves the head of a channel from the other side over everything that is there without a gap.
void advance_over_present(storage::Transaction& t, const std::string& channel);
Neighbours neighbours(storage::Transaction& t, const Entry& entry);

std::uint64_t last_delivered(storage::Transaction& t, const Entry& entry);
void set_last_delivered(storage::Transaction& t, const Entry& entry);
std::optional<Entry> next_of_subject(storage::Transaction& t, const Entry& entry);

struct Waiting {
  std::string id;
  std::int64_t size = 0;
  bool offered = false;
};
// What is to be carried, most urgent first; `unloaded_only`: not what is on a voyage already.
std::vector<Waiting> to_carry(storage::Transaction& t, bool unloaded_only, std::int64_t limit);
std::vector<Entry> deliveries(storage::Transaction& t, const std::string& to, std::int64_t after, std::int64_t limit);
std::vector<Entry> out_of_time(storage::Transaction& t, std::int64_t now_ms, std::int64_t limit);

struct BundleFilter {
  std::string state = {}, kind = {}, channel = {};
  std::string before = {};  // id of the last one shown
  std::int64_t limit = 50;
};
std::vector<Entry> list(storage::Transaction& t, const BundleFilter& filter);

// The receipt of a rung by a party about a manifest exists once; the first one made stays.
std::optional<Bytes> receipt_of(storage::Transaction& t, const std::string& id, BytesView manifest_digest,
                                jindu::v1::Rung rung, const std::string& party);
// `for_service`: our service sent the bundle. `to_send`: the other side must see it. False when it was there already.
bool add_receipt(storage::Transaction& t, const exchange::Receipt& receipt, BytesView encoded, bool for_service,
                 bool to_send);
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

// Small bundles live in the database, so that one commit makes them durable; large ones in a file that is synced
// before.
void put_small(storage::Transaction& t, const std::string& id, BytesView bundle);
std::optional<Bytes> small(storage::Transaction& t, const std::string& id);

// What no node of ours made, or what contradicts what is here: kept aside for people to look at, at most `kStraysMax`.
inline constexpr std::int64_t kStraysMax = 1000;
bool put_stray(storage::Transaction& t, const Entry& entry, const Error& reason, BytesView bundle);  // false: too many
bool is_stray(storage::Transaction& t, const Entry& entry);

struct VoyageRow {
  std::string direction;  // "loaded", "unloaded", "refused"
  std::string id;
  std::int64_t number = 0;
  std::int64_t at_ms = 0;
  std::int64_t bundles = 0;
  std::int64_t bytes = 0;
  std::int64_t damaged = 0;
  std::string code = {};
};
void put_voyage(storage::Transaction& t, const VoyageRow& voyage);
std::vector<VoyageRow> voyages(storage::Transaction& t, std::int64_t limit);

std::int64_t state_value(storage::Transaction& t, const std::string& name);
void set_state_value(storage::Transaction& t, const std::string& name, std::int64_t value);

// Every act of an operator, each line holding the digest of the one before it.
struct Act {
  std::int64_t number = 0;
  std::int64_t at_ms = 0;
  std::string who;
  std::string act;
  std::string about;
  std::string reason;
  Bytes digest = {};
};
void log_act(storage::Transaction& t, const Act& act);
std::vector<Act> acts(storage::Transaction& t, std::int64_t limit);  // newest first
bool acts_hold(storage::Transaction& t);                             // whether the chain of digests is whole

}  // namespace jindu::gateway::store
