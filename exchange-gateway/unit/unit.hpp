#pragma once
// One half of the gateway: takes bundles in, keeps them until they have ended, gives them out, and signs a receipt for
// each rung. It cannot open what it carries. Thread-safe.
#include <atomic>
#include <condition_variable>
#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "common/evidence/signed.hpp"
#include "common/exchange/codec/keys.hpp"
#include "common/mail/smtp.hpp"
#include "exchange-gateway/domain/alarms.hpp"
#include "exchange-gateway/domain/ladder.hpp"
#include "exchange-gateway/domain/policy.hpp"
#include "exchange-gateway/domain/rate.hpp"
#include "exchange-gateway/domain/warnings.hpp"
#include "exchange-gateway/store/bundle_files.hpp"
#include "exchange-gateway/unit/recent.hpp"

namespace jindu::v1 {
class ChannelCount;
class Reconciliation;
class ReconciliationDetail;
class BundleRequest;
class NotTaken;
class Seen;
class Recall;
class Standing;
class Recalled;
class Remembered;
}  // namespace jindu::v1

namespace jindu::gateway {

namespace store {
struct Restoration;
}

// What a unit tells the other one beside receipts; in the same control bundles.
using evidence::kReconciliationType;
inline constexpr std::string_view kReconciliationDetailType = "jindu/reconciliation-detail/v1";
inline constexpr std::string_view kRequestType = "jindu/request/v1";
inline constexpr std::string_view kNotTakenType = "jindu/not-taken/v1";
inline constexpr std::string_view kEpochType = "jindu/epoch/v1";
inline constexpr std::string_view kSeenType = "jindu/seen/v1";
inline constexpr std::string_view kRecallType = "jindu/recall/v1";
inline constexpr std::string_view kRecalledType = "jindu/recalled/v1";
// What a unit signs about itself: that something was dismissed.
using evidence::kRecordType;

// How many places of a channel one request of the other unit names at most.
inline constexpr std::int64_t kRequestMax = 10'000;

// Lets long polls wait for news. Missing one is not possible: the caller reads the count before it looks.
class News {
 public:
  std::uint64_t count() const;
  void tell();
  void wait(std::uint64_t seen, std::chrono::milliseconds most);
  void close();  // nobody waits any more
  bool closed() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t count_ = 0;
  bool closed_ = false;
};

// What a link asks for at once.
inline constexpr std::int64_t kLoadBundles = 256;
inline constexpr std::size_t kLoadBytes = 4 * 1024 * 1024;

struct UnitOptions {
  std::string name;                     // "gateway-outer"
  std::string peer;                     // "gateway-inner"
  std::string service;                  // whose unit this is: "portal"
  bool inner = false;                   // it stands in the isolated network
  std::string directory;                // journal, and files with bytes of bundles
  std::size_t shared_from = 64 * 1024;  // bytes of small bundles that come together, from which on they share a file
  std::size_t packed_from = 64;         // bundles on a voyage, from which on the small ones share a file
  std::uint64_t minimum_free_bytes = 0;
  std::chrono::hours keep_finished{24};  // how long the bytes of what has ended stay
  // Who may sign what: certificates by node name, during a rollover the old one and the new one.
  std::multimap<std::string, crypto::Certificate> nodes;
  std::vector<crypto::Identity> other_keys = {};  // the unit's next or last one: opens, and does not sign
  Policy policy;
  AlarmLimits alarms = {};
  std::vector<std::pair<std::string, Instant>> other_certificates = {};  // of interfaces: whose, and until when
  std::vector<crypto::RevocationList> other_lists = {};                  // by which interfaces alone go
  std::vector<Contact> contacts = {};  // who is warned of what is not delivered in time
  std::string mail_from = {};
  // By what this unit goes: "policy", "nodes", "operators", and the SHA-256 of each in hexadecimal digits.
  std::map<std::string, std::string> rules = {};
  int utc_offset_minutes = 8 * 60;  // where the day of a reconciliation begins
};

// What a unit answers for a bundle that a carrier brought.
struct Custody {
  std::string id;
  exchange::ReceiptBytes receipt = {};  // "carried", "quarantined" or "expired"; empty for control bundles
  std::optional<Error> error = {};      // not taken: bring it again
};

class ReceiptBook;

class Unit {
 public:
  Unit(storage::Database& journal, evidence::NodeSigner signer, evidence::NodeTrust trust, UnitOptions options,
       std::shared_ptr<const Clock> clock = std::make_shared<SystemClock>());

  // From our service. Gives the signed receipt "stored" or "refused"; the same bundle again, the same receipt. Codes:
  // bundle.*, policy.rate, policy.quota, policy.stopped, unit.disk_full, unit.not_yours.
  result<Bytes> take_from_service(BytesView bundle);
  // Several that follow each other, in one commit; the first that cannot be taken ends it. `receipts` are of those
  // before.
  struct Taken {
    std::vector<exchange::ReceiptBytes> receipts;
    std::optional<Error> error = {};
  };
  Taken take_from_service(const std::vector<BytesView>& bundles);
  // Whether the other unit has said, in the last control bundle since this one was started, that it reads receipts that
  // were signed together as such. Its answer to our hello is one.
  bool peer_reads_together() const { return peer_reads_together_; }
  // From the other side, by a carrier, in any order and any number of times. All in one commit.
  std::vector<Custody> take_from_carrier(std::span<const BytesView> bundles);
  std::vector<Custody> take_from_carrier(const std::vector<Bytes>& bundles);

  struct Delivery {
    std::int64_t number;
    std::string id;
    std::int64_t size;
  };
  result<std::vector<Delivery>> deliveries(std::int64_t after, std::int64_t limit);
  result<Bytes> deliver(const std::string& id);  // signs "delivered" the first time
  struct Given {
    std::int64_t number;
    Bytes bundle;
    store::Entry entry;
    bool told;  // "delivered" was signed before
  };
  // What our service has still to conclude, behind the delivery `after`; at most `bytes`, but at least one. What cannot
  // be read, is stopped or is out of its hours is passed over until the service begins at 0 again, and with it what
  // comes behind it about its subject. Nothing where this process has seen no beginning at 0.
  result<std::vector<Given>> deliver(std::int64_t after, std::int64_t limit, std::size_t bytes);
  result<void> service_receipt(BytesView receipt);  // "delivered", "applied" or "refused" by our service
  // Several in one commit; gives which were not taken, and why.
  result<std::vector<std::pair<std::size_t, Error>>> service_receipts(
      const std::vector<result<exchange::SignedReceipt>>& receipts);
  // Receipts for our service, behind a number. What the service says with it shows whether this unit has forgotten: the
  // number and the digest of the receipt that it was given under it, up to where its bundles of a channel were taken as
  // far as it knows, and the newest delivery it has concluded.
  struct Handed {
    std::string channel = {};
    std::int64_t up_to = 0;
    std::int64_t delivered = 0;
    std::string newest = {};  // SHA-256 in hexadecimal digits; nothing: it does not say
  };
  result<std::vector<store::StoredReceipt>> receipts(std::int64_t after, std::int64_t limit, const Handed& handed);
  result<std::vector<store::StoredReceipt>> receipts(std::int64_t after, std::int64_t limit) {
    return receipts(after, limit, {});
  }
  // Up to where the service's bundles are here; nothing while that is not known.
  result<std::optional<ChannelHead>> taken_up_to(const std::string& channel);
  // From which of its bundles on the service is to hand over again what it still has, as our disk has lost or changed
  // bytes of it, or the whole bundle; told once a day, as the service may lack them, too, and its sending stands still
  // for a while then.
  result<std::optional<std::int64_t>> wanted_again(const std::string& channel);
  // What a healing unit must hear from its service: how it had ended, by itself, any of these. Nothing: it wants
  // nothing.
  struct Forgotten {
    std::int64_t after = 0;               // all behind this sequence,
    std::vector<std::int64_t> open = {};  // and these
  };
  result<std::optional<Forgotten>> forgotten(const std::string& channel);
  // The answer: encoded Remembered messages, none where there is nothing to tell.
  result<void> remember_from_service(const std::vector<BytesView>& remembered, bool is_all);
  // Says to the other unit, and asks it, how far each has the other's; when a process begins.
  result<void> say_hello();
  bool service_heard() const { return service_heard_; }  // since this process began

  struct Load {
    std::string id;
    Bytes bundle;
  };
  // For a carrier that answers at once: what is to be carried next, most urgent first, at most `bytes` (but at least
  // one). What is given out is not given to another caller until `carried`, `came_back` or kLease has passed.
  result<std::vector<Load>> load(std::int64_t limit, std::size_t bytes, store::Choice choice = {});
  // The other unit's answer: its signed receipts, or for control bundles its word over the carrier.
  result<void> carried(std::vector<Custody> custody);
  void came_back(const std::vector<std::string>& ids);  // they did not reach the other side
  void forget_leases();                                 // the other side has begun anew
  // A link says so again and again while it is up: what fits its next request counts as offered from the start.
  void link_is_up();

  // For a carrier that is gone for long: what no voyage has yet; marked as given out before its bytes are. At most
  // `bytes`, but at least one, and never more than `room`.
  struct ToLoad {
    std::vector<store::Waiting> list = {};
    bool no_room = false;  // there is more, and the next one does not fit
  };
  result<ToLoad> to_load(std::int64_t limit, std::size_t bytes, store::Choice choice = {},
                         std::size_t room = std::numeric_limits<std::size_t>::max());
  // The bytes of these, which wait to be carried, cannot be read, and why (a code): they are given out again in a
  // while, keep nothing behind them waiting, and an alarm names them.
  using Unread = std::vector<std::pair<std::string, std::string>>;
  void bytes_missing(const Unread& unread);
  result<Bytes> bytes_of(const std::string& id);
  result<Bytes> read_bytes(storage::Transaction& t, const store::Entry& entry) const;
  result<void> loaded(const store::VoyageRow& voyage, const std::vector<std::string>& ids);
  // A voyage of the other side is unloaded; `last_read` and `control_received` are what it says of ours. As long as it
  // is `behind_others` that are not done, the other side does not hear that it was read.
  result<void> unloaded(const store::VoyageRow& voyage, std::int64_t last_read, std::int64_t control_received,
                        bool behind_others = false);
  // Our voyages after `after` up to `up_to` are lost with their medium: load again what they had.
  result<void> load_again(std::int64_t after, std::int64_t up_to);

  // A person carries what this object writes and reads: each voyage, and each that is written again, leaves a line in
  // the operators' log, in the commit that makes it true.
  void is_carried_by(std::string who, std::string medium);
  void log_by_hand(storage::Transaction& t, const std::string& act, const std::string& about);  // nothing by no person

  // An operator wants what waits to go on the medium that is there although it was finished, and what the other unit
  // has not confirmed to go once more.
  struct VoyageWanted {
    std::int64_t waiting = 0;    // on no voyage yet
    std::int64_t under_way = 0;  // on one that is not confirmed
  };
  result<VoyageWanted> start_voyage(const std::string& who, const std::string& reason);
  result<bool> voyage_is_wanted();
  // `on_medium`: ids of our voyages that lie there already; what they have need not be written twice.
  result<void> voyage_was_started(const std::set<std::string>& on_medium);

  // A part of the carrier has failed by something nobody had thought of, and begins again.
  void carrier_failed(const std::string& part);

  // What a diode sent and nobody has confirmed is to be carried anew: no other carrier knows its marks.
  result<void> forget_marks();

  struct Control {
    bool built = false;
    bool more = false;  // it was full, and receipts are left for another one
    explicit operator bool() const { return built; }
  };
  // Makes a control bundle of the receipts that wait for the other side.
  result<Control> build_control();
  // Writes the warnings that are due to the contacts of channels.
  result<void> warn();
  // Gives a letter that was not sent to `send`, and keeps what came of it. Of several the one that was tried longest
  // ago, and none that was tried since `round` began: then, or where there is none, false. One that nobody was to have
  // is an error, mail.refused.
  using SendLetter =
      std::function<result<std::vector<mail::Refused>>(const std::vector<std::string>& to, std::string_view message)>;
  result<bool> send_warning(const SendLetter& send, Instant round = Instant::max());
  result<void> expire();  // signs "expired" for what is out of time
  result<void> sweep();   // removes the bytes of what has ended long enough ago
  result<void> remove_orphans() { return files_.remove_orphans(); }
  void measure();  // for /metrics

  // A releaser's word about a held bundle. It takes effect when as many different ones as the rule wants say the same.
  struct Decided {
    bool done = false;
    std::size_t said = 0;    // how many say the same
    std::size_t needed = 1;  // how many must
  };
  result<Decided> release(const std::string& id, const std::string& who, const std::string& reason);
  result<Decided> refuse(const std::string& id, const std::string& who, const std::string& reason);
  std::size_t releasers_for(const store::Entry& entry) const;

  // A unit that was restored from an older copy of its journal has forgotten what it took, gave out and signed. As soon
  // as it finds that out it takes, delivers, sends and ends nothing, until two different people have approved a new
  // epoch of its control channel and the other unit has told what it remembers. Codes: epoch.not_due,
  // epoch.said_already.
  static constexpr std::size_t kApprovals = 2;
  result<Decided> approve_epoch(const std::string& who, const std::string& reason);
  // The other unit's word about how far it has our control channel, as position_of.
  void control_arrived(storage::Transaction& t, std::uint64_t position);
  std::string control_channel() const { return exchange::channel_of(options_.name, options_.peer); }

  // Emergency stop: from now on nothing of the channel is taken, carried or delivered here; it stays so over a restart.
  // Codes: channel.unknown, channel.stopped, channel.not_stopped.
  result<void> stop_channel(const std::string& channel, const std::string& who, const std::string& reason);
  result<void> resume_channel(const std::string& channel, const std::string& who, const std::string& reason);
  std::vector<std::string> channels() const;  // that the policy knows

  // What is quarantined, or a voyage that was refused (by its id and the SHA-256 of its manifest).
  // Dismissing keeps a signed record of what it was and why; `retry` checks it again, as if it had
  // come now, and keeps such a record when the real one is here. Codes: quarantine.unknown, quarantine.told,
  // quarantine.no_bytes, and those of the check.
  result<void> dismiss(const std::string& id, BytesView manifest_digest, const std::string& who,
                       const std::string& reason);
  result<std::string> retry(const std::string& id, BytesView manifest_digest, const std::string& who,
                            const std::string& reason);  // the rung it reached
  // Asks the other unit to bring these of a channel to us again.
  result<void> request_again(const std::string& channel, std::int64_t first, std::int64_t last, const std::string& who,
                             const std::string& reason);

  // Says what is known of each channel from our service since the last time, and asks the other unit what it knows;
  // what is not settled of earlier times is asked again. Gives how many stretches were asked about.
  result<std::size_t> reconcile(const std::string& who);
  result<void> reconcile_if_due();  // once a day, and hourly what is not settled
  result<void> open_up();           // gives their turn to those that waited for opening hours
  result<void> verify_again();      // looks again at what of the other unit's word could not be verified

  // Of each of the rules that is not the one that stands last in the operators' log, a line with the old digest ("-" at
  // first) and the new one: a policy or register that was exchanged leaves its trace, whoever has restarted the unit.
  result<void> log_rules(const std::string& who);

  std::vector<Alarm> alarms(storage::Transaction& t) const;
  // Of the last day, the newest first: refused, or not all of it could be taken.
  std::vector<store::VoyageRow> damaged_voyages(storage::Transaction& t) const;
  const Recent& recent() const { return recent_; }

  result<void> heard_from_peer();
  result<void> has_room() const { return room_for(0, free_bytes()); }
  storage::Database& journal() { return journal_; }
  const UnitOptions& options() const { return options_; }
  const evidence::NodeSigner& signer() const { return signer_; }
  const evidence::NodeTrust& trust() const { return trust_; }
  News& for_service() { return for_service_; }
  News& for_carrier() { return for_carrier_; }
  News& for_mail() { return for_mail_; }
  Instant now() const { return clock_->now(); }
  bool knows(const std::string& name, const crypto::Digest& key_id);  // a node, by this key

  static constexpr std::chrono::minutes kLease{30};  // as long as a slow line may need for one

 private:
  struct Checked;
  struct Offer;
  result<Offer> examine(BytesView bundle);
  result<void> recognise(storage::Transaction& t, ReceiptBook& book, Offer& offer) const;
  result<void> has_its_turn(storage::Transaction& t, const Offer& offer);
  void settle(storage::Transaction& t, ReceiptBook& book, Offer& offer);
  result<Given> give(storage::Transaction& t, const store::Entry& entry, files::Parts& parts) const;
  result<void> say_delivered(std::vector<Given>& given);
  result<void> ask_for_bytes(const std::vector<store::Entry>& lacking);
  void note_damaged(const std::string& id);
  void has_sent_bytes_of(const std::string& id);
  result<Bytes> bytes_to_carry(storage::Transaction& t, const store::Entry& entry, files::Parts& parts);
  Bytes request_for(const std::string& channel, std::int64_t epoch, std::int64_t first, std::int64_t last) const;
  result<void> take_receipt(storage::Transaction& t, const exchange::SignedReceipt& receipt);
  struct Arrival;
  result<exchange::KnownNode*> node(const std::string& name);
  result<crypto::PublicKey> signer_of(const jindu::v1::BundleManifest& manifest);  // by what it says of itself
  // The same, whatever has become of the key's certificate.
  result<crypto::PublicKey> known_signer_of(const jindu::v1::BundleManifest& manifest);
  store::Entry entry_of(const exchange::BundleView& view, std::size_t size, bool outward) const;
  result<Ruling> judge_by_policy(const exchange::BundleView& view, const store::Entry& entry) const;
  result<void> forget_away();
  void recall_rates();
  // Asks the rate of the rule that lets the entry pass.
  bool in_time(const store::Entry& entry);
  void promote(storage::Transaction& t, store::Entry entry);
  // Whether it may be delivered: those before it about its subject are through, and its hours have begun.
  bool is_next(storage::Transaction& t, const store::Entry& entry);
  void promote_if_next(storage::Transaction& t, const store::Entry& entry);

  Arrival prepare(BytesView bundle);
  void prepare_control(Arrival& arrival);
  std::optional<Error> end_by_its_key(const exchange::BundleView& view, const store::Entry& entry, const Error& reason);
  bool is_awaited(const Arrival& arrival) const;
  void apply_control(storage::Transaction& t, Arrival& arrival, const store::Entry& entry);
  void settle(storage::Transaction& t, ReceiptBook& book, Arrival& arrival);
  void settle_stray(storage::Transaction& t, ReceiptBook& book, Arrival& arrival, const store::Entry& entry,
                    const Error& reason);
  // `recalled`: the other unit tells it because this one has forgotten; it may be our own.
  // Whether it is the first word that the bundle is on the other side.
  bool apply_receipt(storage::Transaction& t, const exchange::SignedReceipt& receipt, bool recalled = false);
  // What a manifest says that came without its body; an error when its node did not make it, or it is of others.
  result<store::Entry> entry_of_manifest(BytesView manifest, BytesView signature);
  void bring_again(storage::Transaction& t, store::Entry& entry);
  void apply_ended(storage::Transaction& t, store::Entry entry);

  Decided act_on_held(storage::Transaction& t, const std::string& id, bool release, const std::string& who,
                      const std::string& reason);
  // Bundles and bytes of a sender that stand here for our service; filled when they are asked for first.
  struct Guests {
    store::Sum with_turn, early;
  };
  using GuestsOf = std::map<std::string, Guests>;
  result<void> may_come_now(const store::Entry& entry, bool passes, GuestsOf& guests);
  result<void> check_quota_here(const store::Entry& entry, GuestsOf& guests);
  bool is_open_now(const store::Entry& entry) const;
  std::vector<store::Lane> open_lanes(storage::Transaction& t);
  // Of what is ready for our service, what it may be given now, and what is stopped, out of its hours or `passed` over.
  struct Doors {
    std::vector<store::Lane> open, closed;
  };
  Doors doors(storage::Transaction& t, const std::set<store::Lane>& passed = {}) const;
  std::int64_t oldest_to_fetch_ms(storage::Transaction& t) const;  // 0: none that may be fetched now
  bool is_behind(storage::Transaction& t, const std::vector<store::Lane>& closed, const store::Entry& entry) const;
  std::vector<store::StoredAfter> not_yet_expiring(storage::Transaction& t) const;
  void note_refused_addresses(storage::Transaction& t, Facts& facts) const;
  result<void> check_quota(storage::Transaction& t, const store::Entry& entry) const;

  struct Found {
    std::string code, detail;
    std::uint64_t known = 0;  // the newest position of our control channel that the other side is known to have
  };
  void found_restored(storage::Transaction& t, const Found& found);
  std::int64_t service_ahead(storage::Transaction& t, const Handed& handed) const;
  std::optional<Found> service_knows_more(storage::Transaction& t, std::int64_t receipts, const Handed& handed) const;
  void step_over_remembered(storage::Transaction& t, const std::string& channel);
  void service_skips(storage::Transaction& t, const store::Entry& entry);
  void control_refused(storage::Transaction& t, const store::Entry& entry);
  bool control_may_stand(storage::Transaction& t, Custody& custody, const store::Entry& entry, const Bytes* approval);
  void receipt_of_unknown(storage::Transaction& t);
  void other_side_forgot(storage::Transaction& t, Custody& custody, const store::Entry& entry);
  void begin_epoch(storage::Transaction& t, store::Restoration& r, std::uint32_t epoch,
                   const std::vector<std::string>& approved_by, const std::string& reason);
  void begin_later_epoch(storage::Transaction& t, store::Restoration& r, std::uint64_t known);
  bool begin_epoch_of_peer(storage::Transaction& t, const store::Entry& entry, BytesView approval);
  bool owes_seen(storage::Transaction& t) const;
  static bool is_epoch_confirmed(storage::Transaction& t, const ChannelHead& head);
  bool seen_is_due(storage::Transaction& t) const;
  Bytes say_seen(storage::Transaction& t, bool asks);
  void heal_if_told(storage::Transaction& t, store::Restoration& r);
  std::optional<std::uint64_t> lacks_taken(storage::Transaction& t, const jindu::v1::Standing& taken) const;
  void apply_seen(storage::Transaction& t, const jindu::v1::Seen& seen);
  void ask_anew(storage::Transaction& t, store::Restoration& r);
  void ask_again(storage::Transaction& t, store::Restoration& r, std::uint64_t seen_up_to);
  Bytes ask_recall(storage::Transaction& t);
  void apply_recall(storage::Transaction& t, const store::Entry& bundle, const jindu::v1::Recall& recall,
                    BytesView encoded);
  bool is_sent_here(std::string_view channel) const;  // by our service
  std::vector<const jindu::v1::Standing*> questions_in(const jindu::v1::Recall& recall) const;
  void apply_recalled(storage::Transaction& t, const jindu::v1::Recalled& recalled);
  void remember(storage::Transaction& t, const jindu::v1::Remembered& one);
  bool has_end_by_us(const jindu::v1::Remembered& one, const store::Entry& entry) const;
  static std::optional<std::string> end_of(const jindu::v1::Remembered& one);
  // What is from the other side and older than this may have been here before this unit was restored.
  static std::int64_t forgotten_before_ms(storage::Transaction& t);
  bool may_have_been_here(storage::Transaction& t, const store::Entry& entry) const;

  // What stands in a control bundle beside receipts.
  void apply_message(storage::Transaction& t, const store::Entry& bundle, const std::string& type, BytesView body,
                     BytesView encoded);
  void apply_reconciliation(storage::Transaction& t, const jindu::v1::Reconciliation& theirs, BytesView encoded);
  void apply_detail(storage::Transaction& t, const jindu::v1::ReconciliationDetail& theirs);
  void apply_request(storage::Transaction& t, const jindu::v1::BundleRequest& request);
  // What was signed falsely is told to the unit that could have sent it, and that it is dealt with.
  void tell_not_taken(storage::Transaction& t);
  void tell_not_taken(storage::Transaction& t, const store::Stray& stray, bool settled);
  struct Record;
  std::string keep_record(storage::Transaction& t, Record record);
  std::string put_away(storage::Transaction& t, const store::Stray& stray, Record record);
  result<std::string> check_again(const store::Stray& stray);  // the rung it reached, as if it had come now
  void apply_not_taken(storage::Transaction& t, const jindu::v1::NotTaken& one);
  std::string copy_here(storage::Transaction& t, const std::string& id, const crypto::Digest& manifest_digest);
  void ask(storage::Transaction& t, const store::Stretch& stretch);
  Bytes say_count(storage::Transaction& t, const store::Stretch& stretch, BytesView answers,
                  const jindu::v1::ChannelCount& count);
  void tell_differing(storage::Transaction& t, const store::Stretch& stretch, const jindu::v1::ChannelCount& mine,
                      const jindu::v1::ChannelCount& theirs);
  // Those asked before a moment, and of those without an answer only what was asked before the other unit was heard.
  std::size_t reconcile_unsettled(storage::Transaction& t, std::int64_t before_ms, std::int64_t heard_ms);
  std::size_t reconcile_new(storage::Transaction& t, const std::string& day, bool also_nothing);
  std::uint64_t free_bytes() const;
  result<void> room_for(std::size_t bytes, std::uint64_t free) const;  // asked once for all that come together
  result<Bytes> read_bytes(storage::Transaction& t, const std::string& id, const std::string& file, std::int64_t size,
                           files::Parts& parts) const;

  storage::Database& journal_;
  evidence::NodeSigner signer_;
  evidence::NodeTrust trust_;
  UnitOptions options_;
  std::shared_ptr<const Clock> clock_;
  store::BundleFiles files_;
  std::string bytes_swept_up_to_;  // of `sweep` alone, as the next
  unsigned byte_rounds_ = 0;
  News for_service_, for_carrier_, for_mail_;

  std::mutex rates_mutex_;
  std::map<const PolicyRule*, Rate> rates_;
  std::map<std::string, exchange::KnownNode> nodes_;

  // What carriers have under way or what the other side did not take just now.
  struct Away {
    std::chrono::steady_clock::time_point until;
    int failures = 0;
  };
  std::mutex unreadable_mutex_;
  // Of the service's round of deliveries, from 0 to the end: what was not given stays out until the next one. What
  // comes behind it about its subject has a later number, and would be given without it.
  struct Round {
    std::set<std::pair<std::string, Bytes>> unreadable = {};  // channels and subjects
    std::set<store::Lane> passed = {};                        // stopped or out of their hours
  };
  std::optional<Round> round_;  // nothing: none since the start
  std::mutex loading_mutex_;    // one caller of `load` at a time
  std::atomic<std::chrono::steady_clock::time_point> link_is_up_until_ = {};
  std::atomic<std::int64_t> heard_written_ms_ = 0;
  std::mutex away_mutex_;
  std::map<std::string, Away> away_;
  std::set<std::string> away_now() const;  // by the caller's lock
  // Channels and kinds, all where none is named, that the other side does not take just now: until when we do not try.
  std::map<std::pair<std::string, std::string>, std::chrono::steady_clock::time_point> refused_there_;

  std::string carried_by_, medium_;  // nobody: a carrier that runs by itself

  Recent recent_;
  const Instant started_;
  mutable std::mutex failures_mutex_;
  std::map<std::string, Instant> carrier_failures_;  // the newest of each part
  std::string damaged_bytes_of_;  // the newest since the start: of what the disk cannot be trusted with
  static constexpr std::chrono::hours kServiceAskedAgain{24};
  std::chrono::steady_clock::time_point asks_service_at_ = {};  // for bytes that are missed here
  // Of `verify_again` alone: when it is due, and behind which one it goes on.
  std::chrono::steady_clock::time_point verifies_again_ = {};
  std::pair<std::int64_t, std::string> verified_up_to_ = {};
  std::mutex hours_mutex_;
  std::optional<std::set<const PolicyRule*>> closed_;  // when looked at last; nothing: not since the start
  std::atomic<bool> log_whole_ = true;
  std::atomic<bool> peer_reads_together_ = false;
  std::int64_t log_checked_ms_ = 0;
  std::atomic<bool> service_heard_ = false;
};

}  // namespace jindu::gateway
