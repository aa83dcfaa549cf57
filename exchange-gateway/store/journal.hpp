#pragma once
// The unit's durable journal: every bundle that was ever here, where it stands, its receipts, and its bytes until it
// has ended and some time after. Everything below runs inside a transaction of the caller.
#include <jindu/v1/receipt.pb.h>

#include <limits>
#include <optional>

#include "common/exchange/codec/bundle.hpp"
#include "common/exchange/codec/receipt.hpp"
#include "common/storage/database.hpp"
#include "exchange-gateway/domain/channel.hpp"
#include "exchange-gateway/domain/ladder.hpp"
#include "exchange-gateway/domain/policy.hpp"
#include "exchange-gateway/domain/rate.hpp"
#include "exchange-gateway/domain/reconcile.hpp"

namespace jindu::gateway::store {

const std::vector<storage::Migration>& migrations();  // component "gateway"

// Of a bundle what is needed to know it again and to move it: most of what is done with one asks no more.
struct Outline {
  std::string id;
  bool outward = false;  // came from our side
  State state = State::waiting;
  std::string channel;
  std::string to;
  std::string kind;
  std::int64_t size = 0;
  Bytes manifest_digest;
  std::int64_t ended_ms = 0;
  std::string code;
};
struct Entry : Outline {
  std::int64_t epoch = 1;
  std::int64_t sequence = 0;
  std::string from;
  Bytes subject;
  std::int64_t subject_sequence = 0;
  std::int64_t priority = 0;
  Bytes previous_digest;
  Bytes manifest;
  Bytes signature;
  std::int64_t created_ms = 0;
  std::int64_t expires_ms = 0;
  std::int64_t stored_ms = 0;
  std::int64_t delivery = 0;  // number in the order of delivery; 0 before
  bool offered = false;       // a carrier was given it, or is about to be
  std::int64_t voyage = 0;    // the newest voyage it was loaded on; 0: to be loaded
  std::string file;           // where its bytes are (see BundleFiles); empty: in the database, or gone
  std::int64_t checksum = 0;  // of its bytes, when they were taken; 0: not known (see checksum_of)
};

std::optional<Entry> find(storage::Transaction& t, const std::string& id);
std::optional<Outline> outline(storage::Transaction& t, const std::string& id);
bool is_here(storage::Transaction& t, const std::string& id);
bool is_outward(storage::Transaction& t, const std::string& id);
void insert(storage::Transaction& t, const Entry& entry);
// These move the entry and the row, and keep the counts.
void set_state(storage::Transaction& t, Outline& entry, State state);
void end(storage::Transaction& t, Outline& entry, const std::string& code, std::int64_t at_ms);
void make_ready(storage::Transaction& t, Entry& entry);
// The same for one that is not inserted yet.
void become_ready(storage::Transaction& t, Entry& entry);

ChannelHead channel_head(storage::Transaction& t, const std::string& channel);
void set_channel_head(storage::Transaction& t, const std::string& channel, const Link& link);
// Moves the head of a channel from the other side over everything that is there without a gap.
void advance_over_present(storage::Transaction& t, const std::string& channel);
// Whether something is there behind what is missing after the head.
bool has_behind_gap(storage::Transaction& t, const std::string& channel);
// The same when this one has just been inserted.
void advance_over(storage::Transaction& t, const Entry& entry);
Neighbours neighbours(storage::Transaction& t, const Entry& entry);

std::uint64_t last_delivered(storage::Transaction& t, const Entry& entry);
void set_last_delivered(storage::Transaction& t, const Entry& entry);
std::optional<Entry> next_of_subject(storage::Transaction& t, const Entry& entry);

struct Waiting {
  std::string id;
  std::int64_t size = 0;
  bool offered = false;
  std::string channel = {};
  std::int64_t priority = 0;
  std::string file = {};
};
// The kinds that wait in each channel.
struct Lane {
  std::string channel;
  std::string kind;
  auto operator<=>(const Lane&) const = default;
};
std::vector<Lane> lanes(storage::Transaction& t);
// What of these lanes is to be carried, most urgent first, of this priority and more urgent ones; `unloaded_only`: not
// what is on a voyage already.
inline constexpr std::int64_t kPriorityLast = 3;
struct Choice {
  std::int64_t least_urgent = kPriorityLast;
  // Of the most urgent of each lane what waits longest, so that urgent traffic that never ends leaves a share for the
  // rest.
  bool oldest_first = false;
  std::int64_t most_urgent = 0;
  bool marked_too = false;  // beside what no voyage has, what a diode has sent and nobody has confirmed
};
std::vector<Waiting> to_carry(storage::Transaction& t, const std::vector<Lane>& lanes, bool unloaded_only,
                              std::int64_t limit, Choice choice = {});
// What is ready for a destination: the kinds that there are in each channel; and of such, in the order of delivery.
std::vector<Lane> ready_lanes(storage::Transaction& t, const std::string& to);
std::vector<Entry> deliveries(storage::Transaction& t, const std::string& to, const std::vector<Lane>& lanes,
                              std::int64_t after, std::int64_t limit);
// The kinds of those that are ready and come before this one about its subject.
std::vector<std::string> ready_before(storage::Transaction& t, const Entry& entry);
// What waits for its turn, in the order of storing, behind the one that was stored at that time under that id.
std::vector<Entry> early(storage::Transaction& t, std::int64_t after_ms, const std::string& after, std::int64_t limit);
// Control bundles of the other unit in which something cannot be verified yet (their code says what is lacking), in the
// same order; how many by that code, and since when; and another one for the code.
std::vector<Entry> unverified(storage::Transaction& t, std::int64_t after_ms, const std::string& after,
                              std::int64_t limit);
struct Unverified {
  std::string code;
  std::int64_t number = 0;
  std::int64_t since_ms = 0;
};
std::vector<Unverified> unverified_by_code(storage::Transaction& t);
void set_unverified(storage::Transaction& t, const std::string& id, const std::string& code);
std::vector<Entry> quarantined(storage::Transaction& t, std::int64_t limit);  // with a place in a channel
std::int64_t quarantined_count(storage::Transaction& t);                      // these and the strays; up to 10,000
std::vector<std::string> channels_from(storage::Transaction& t, const std::string& sender);
// Lets a bundle of ours cross again: it is to be carried, or if it has ended, its end is to be told again.
void carry_again(storage::Transaction& t, Entry& entry);
std::vector<Entry> between(storage::Transaction& t, const std::string& channel, std::int64_t epoch, std::int64_t first,
                           std::int64_t last, std::int64_t limit);
// Those of a channel that were stored after a moment.
struct StoredAfter {
  std::string channel;
  std::int64_t stored_ms = 0;
};
// Neither what is from the other side and was created before `not_before_ms`.
std::vector<Entry> out_of_time(storage::Transaction& t, std::int64_t now_ms, std::int64_t limit,
                               const std::vector<StoredAfter>& but_not = {}, std::int64_t not_before_ms = 0);

// What of a channel was stored before a moment and has not ended: how many, up to `kLateCounted` for each state, and
// the oldest.
inline constexpr std::int64_t kLateCounted = 10'000, kLateNamed = 10;
struct Late {
  struct One {
    std::string id, state;
    std::int64_t stored_ms = 0;
  };
  std::int64_t bundles = 0;
  std::vector<One> oldest = {};
};
Late late(storage::Transaction& t, const std::string& channel, std::int64_t before_ms);
std::int64_t newest_stored_before(storage::Transaction& t, const std::string& channel,
                                  std::int64_t before_ms);  // 0: none

// A warning by mail, and its letter as it is sent.
struct Warning {
  std::int64_t number = 0;
  std::string channel;
  std::int64_t at_ms = 0;
  std::int64_t bundles = 0;
  std::int64_t oldest_ms = 0;
  std::string recipients;  // addresses, with a space between
  Bytes message;
  std::int64_t sent_ms = 0;   // 0: not yet
  std::string code = {};      // why it could not be sent, at the last try
  std::int64_t tried_ms = 0;  // 0: never
  std::string refused = {};   // of the recipients those whom the mail server refused, at the last try
};
void put_warning(storage::Transaction& t, const Warning& warning);
// Those that a clock ahead of ours has dated count when their time has come: until then they are in nobody's way.
std::vector<std::int64_t> warned_ms(storage::Transaction& t, const std::string& channel, std::int64_t now_ms,
                                    std::int64_t limit);
std::optional<Warning> newest_warning(storage::Transaction& t, const std::string& channel, std::int64_t now_ms);
std::optional<Warning> oldest_unsent(storage::Transaction& t);
// The one that was tried longest ago, and not since a moment: so one that is never taken keeps no other waiting.
std::optional<Warning> next_to_send(storage::Transaction& t, std::int64_t not_since_ms, std::int64_t now_ms);
// What a try has come to: `sent_ms`, `code`, `tried_ms` and `refused`.
void set_tried(storage::Transaction& t, const Warning& warning);
std::vector<Warning> warnings(storage::Transaction& t, std::int64_t limit);  // the newest first

// What is asked for; empty members ask for everything. `state` may also be "not_applied" or "quarantined".
struct BundleFilter {
  std::string state = {}, kind = {}, channel = {};
  Bytes subject = {};
  std::int64_t from_ms = 0;
  std::int64_t to_ms = std::numeric_limits<std::int64_t>::max();
  std::string cursor = {};  // of the page before
  std::int64_t limit = 50;
};
struct BundlePage {
  std::vector<Entry> entries;  // newest first
  std::string cursor = {};     // empty: there is no more
};
// Looks at no more than `kScanned` rows a page, so that a rare thing among a million costs several pages, not a wait.
inline constexpr std::int64_t kScanned = 20'000;
BundlePage search(storage::Transaction& t, const BundleFilter& filter);

// How many there are in each place of each channel, without the control bundles; kept, not counted.
struct Tally {
  std::string channel;
  std::string place;  // a state, or "applied", "not_applied"
  std::int64_t bundles = 0;
  std::int64_t bytes = 0;
};
std::vector<Tally> tallies(storage::Transaction& t);
struct Sum {
  std::int64_t bundles = 0, bytes = 0;
};
// Of one sender's, in all its channels, what stands in any of these.
Sum sum_of(storage::Transaction& t, std::string_view sender, std::initializer_list<State> states);
// Of a kind from one node to another, how many were taken within this time, second by second: not what was refused at
// once.
std::vector<Rate::Passed> taken_within(storage::Transaction& t, const PolicyRule& rule, Instant after, Instant up_to);
// When the oldest that stands there was stored.
std::optional<std::int64_t> oldest_ms(storage::Transaction& t, State state);
std::int64_t voyage_of_oldest_waiting(storage::Transaction& t);  // 0: it is on none, or nothing waits
// The first places of a channel that are empty although a later one is filled.
struct Missing {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t since_ms = 0;  // when the one behind them came
};
std::optional<Missing> missing(storage::Transaction& t, const std::string& channel);

// The receipt of a rung by a party about a manifest exists once; the first one made stays.
std::optional<Bytes> receipt_at(storage::Transaction& t, std::int64_t number);
std::vector<Bytes> receipts_of(storage::Transaction& t, const Entry& entry);  // as they were first made
std::optional<exchange::ReceiptBytes> receipt_of(storage::Transaction& t, const std::string& id,
                                                 BytesView manifest_digest, jindu::v1::Rung rung,
                                                 const std::string& party);
bool has_receipt(storage::Transaction& t, const std::string& id, BytesView manifest_digest, jindu::v1::Rung rung,
                 const std::string& party);
// `for_service`: our service sent the bundle. `to_send`: the other side must see it. False when it was there already.
bool add_receipt(storage::Transaction& t, const exchange::Receipt& receipt, const exchange::ReceiptBytes& bytes,
                 bool for_service, bool to_send);
struct StoredReceipt {
  std::int64_t number = 0;
  std::string id;
  std::int64_t rung = 0;
  std::string party;
  std::int64_t at_ms = 0;
  std::string code;
  exchange::ReceiptBytes receipt;
};
std::vector<StoredReceipt> receipts_for_service(storage::Transaction& t, std::int64_t after, std::int64_t limit);
std::vector<StoredReceipt> receipts_to_send(storage::Transaction& t, std::int64_t limit);
std::optional<std::int64_t> first_to_send(storage::Transaction& t);  // its number
void mark_sent(storage::Transaction& t, std::int64_t up_to);         // in the order of receipts_to_send
// All that was said of an arrived bundle, told to the other unit once more, where it is older than `before_ms` (or was
// said by a clock that was ahead); not as soon again, and later and later while it comes again and again.
void tell_again(storage::Transaction& t, const Outline& e, std::int64_t now_ms, std::int64_t before_ms);
std::vector<StoredReceipt> receipts_about(storage::Transaction& t, const std::string& id);

// Bytes that live in the database; the others see BundleFiles.
void put_small(storage::Transaction& t, const std::string& id, BytesView bundle);
void replace_bytes(storage::Transaction& t, const Entry& entry, BytesView bundle);  // by those in its file, or these
std::optional<Bytes> small(storage::Transaction& t, const std::string& id);
// When the bytes of a bundle could not be read, or were not those that were taken, and the other unit was asked for
// them (of one that came from there) or its operators are told; 0: not since they were replaced or went on a voyage.
std::int64_t bytes_missed_ms(storage::Transaction& t, const std::string& id);
void set_bytes_missed(storage::Transaction& t, const std::string& id, std::int64_t at_ms);
// The first of a channel that waits to be carried and whose bytes are missed.
std::optional<std::int64_t> first_missed(storage::Transaction& t, const std::string& channel);
// Of those that wait to be carried: how many since a moment, at most `kUnreadableCounted`, and the first.
inline constexpr std::int64_t kUnreadableCounted = 10'000;
struct Unreadable {
  std::int64_t bundles = 0;
  std::string first = {};
  std::int64_t since_ms = 0;
};
Unreadable unreadable(storage::Transaction& t, std::int64_t since_ms);
// Of what ended up to a moment, among the next 5,000 between two ids. Gives behind which id the next call begins; empty
// at the end.
std::string remove_bytes(storage::Transaction& t, const std::string& after, const std::string& before,
                         std::int64_t ended_up_to_ms);

// What no node of ours made, or what contradicts what is here: kept aside for people to look at, at most `kStraysMax`.
// Of a large one only what stands before its seal is kept.
inline constexpr std::int64_t kStraysMax = 1000;
bool put_stray(storage::Transaction& t, const Entry& entry, const Error& reason, BytesView bundle);  // false: too many
bool is_stray(storage::Transaction& t, const Entry& entry);
struct Stray {
  std::string id;
  Bytes manifest_digest;
  std::int64_t at_ms = 0;
  std::string code;
  std::string detail;
  Bytes bundle;
  bool told = false;  // the other unit has heard of it; only `stray` says so
};
// Whether the sender that it names has really signed it: of what contradicts another that is so, of a false signature
// nobody can tell who made it.
inline bool is_vouched_for(const Stray& stray) { return stray.code == "bundle.fork"; }
// The oldest first; of their bytes only the first `kStrayHead`, where nearly every manifest ends.
inline constexpr std::int64_t kStrayHead = 4096;
std::vector<Stray> strays(storage::Transaction& t);
std::vector<Stray> strays_about(storage::Transaction& t, const std::string& id);
std::optional<Stray> stray(storage::Transaction& t, const std::string& id, BytesView manifest_digest);
void remove_stray(storage::Transaction& t, const std::string& id, BytesView manifest_digest);
std::int64_t stray_count(storage::Transaction& t);
// Falsely signed ones of which the other unit has not heard; with the beginning of their bytes.
std::vector<Stray> untold_strays(storage::Transaction& t, std::int64_t limit);
void mark_told(storage::Transaction& t, const Stray& stray);

// What the other unit says that it did not take, because the signature does not hold; at most `kStraysMax`.
struct NotTaken {
  std::string id;
  Bytes manifest_digest;
  std::string channel;  // what it says of itself
  std::int64_t sequence = 0;
  std::int64_t at_ms = 0;
  std::string here;  // of ours: "sound" or "damaged"; "foreign": we have sent nothing like it
};
// One that is over (of ours, which does not wait any more; of others, told before `foreign_since_ms`) gives way to it
// where there are too many, those of others first, and none that is younger than that moment. False: too many.
bool put_not_taken(storage::Transaction& t, const NotTaken& one, std::int64_t foreign_since_ms);
bool is_not_taken_full(storage::Transaction& t, std::int64_t foreign_since_ms);
void remove_not_taken(storage::Transaction& t, const std::string& id, BytesView manifest_digest);
std::vector<NotTaken> not_taken_about(storage::Transaction& t, const std::string& id);
// The oldest first: of ours what still waits to be carried, of others what was told since then.
std::vector<NotTaken> not_taken_open(storage::Transaction& t, std::int64_t foreign_since_ms);
// What was dismissed, and the signed record that says so.
struct Dismissal {
  std::string id;
  Bytes manifest_digest;
  std::int64_t at_ms = 0;
  std::string who;
  std::string reason;
  Bytes record;
};
void put_dismissal(storage::Transaction& t, const Dismissal& dismissal);
std::vector<Dismissal> dismissals(storage::Transaction& t, const std::string& id);
std::vector<Dismissal> newest_dismissals(storage::Transaction& t, std::int64_t limit);
// Quarantined ones that have their place in a channel: dismissed, they are swept like everything else.
void end_quarantine(storage::Transaction& t, const Entry& entry, std::int64_t at_ms);

// What releasers have said of a held bundle.
struct Vote {
  std::string who;
  std::string act;  // "release" or "refuse"
  std::int64_t at_ms = 0;
  std::string reason;
};
void put_vote(storage::Transaction& t, const std::string& id, const Vote& vote);
void take_back_vote(storage::Transaction& t, const std::string& id, const std::string& who);
std::vector<Vote> votes(storage::Transaction& t, const std::string& id);

// Emergency stops: nothing of the channel is taken, carried or delivered.
struct Stop {
  std::string channel;
  std::int64_t at_ms = 0;
  std::string who;
  std::string reason;
};
std::vector<Stop> stops(storage::Transaction& t);
bool is_stopped(storage::Transaction& t, const std::string& channel);
void put_stop(storage::Transaction& t, const Stop& stop);
void remove_stop(storage::Transaction& t, const std::string& channel);

// Statements of this unit to the other one; they go with the next control bundle.
std::int64_t tell_peer(storage::Transaction& t, BytesView message);           // its number
void untell(storage::Transaction& t, std::int64_t first, std::int64_t last);  // what of these was not told yet
struct Told {
  std::int64_t number = 0;
  Bytes message;
};
std::vector<Told> to_tell(storage::Transaction& t, std::int64_t limit);
void told(storage::Transaction& t, std::int64_t number);

struct VoyageRow {
  std::string direction;  // "loaded", "unloaded", "refused"
  std::string id;
  std::int64_t number = 0;
  std::int64_t at_ms = 0;
  std::int64_t bundles = 0;
  std::int64_t bytes = 0;
  std::int64_t damaged = 0;
  std::string code = {};
  // Of one that was refused: what it says itself, and whose certificate signed it. Nobody has vouched for either.
  std::string sender = {};  // empty: it cannot be told
  std::string signer = {};  // empty: nobody whose signature holds
  std::string detail = {};
  std::string manifest_sha256 = {};  // of what could be read of it
  std::int64_t dismissed_ms = 0;
};
void put_voyage(storage::Transaction& t, const VoyageRow& voyage);
std::vector<VoyageRow> voyages(storage::Transaction& t, std::int64_t limit);
std::vector<VoyageRow> damaged_voyages(storage::Transaction& t, std::int64_t since_ms);  // since then; at most 100
std::vector<VoyageRow> refused_voyages(storage::Transaction& t, std::int64_t limit);  // not dismissed, the oldest first
std::int64_t refused_count(storage::Transaction& t);
bool knows_refused(storage::Transaction& t, const std::string& id);                       // also when it was dismissed
std::optional<VoyageRow> refused_voyage(storage::Transaction& t, const std::string& id);  // that is not dismissed
void dismiss_voyage(storage::Transaction& t, const std::string& id, std::int64_t at_ms);
// The voyage that was taken in last, and which of the other unit's last hundred have not come although later ones have.
struct TakenIn {
  std::int64_t number = 0;  // 0: none
  std::int64_t at_ms = 0;
  std::vector<std::int64_t> absent = {};
};
TakenIn taken_in(storage::Transaction& t);
// How many bundles have gone on a voyage that the other side has not confirmed, without the control bundles.
inline constexpr std::int64_t kOnVoyagesCounted = 100'000;
std::int64_t on_voyages(storage::Transaction& t);
// How many bundles of our voyage have no receipt from the other side yet; of control bundles there is none.
std::int64_t unreceipted(storage::Transaction& t, std::int64_t voyage);

// A stretch of a channel that both units compare, and what came of it.
struct Stretch {
  std::string day;  // "2026-11-24", or "2026-11-24/2" for a further one of that day
  std::string channel;
  std::int64_t epoch = 1;
  std::int64_t first = 0;  // sequences, both included; last < first: nothing
  std::int64_t last = 0;
  std::int64_t made_ms = 0;
  std::string verdict = "asked";  // "asked", "agrees", "open": something is under way; "differs"
  Bytes mine = {};                // signed statements
  Bytes theirs = {};
};
void put_stretch(storage::Transaction& t, const Stretch& stretch);  // replaces what is there of that day and channel
std::optional<Stretch> stretch(storage::Transaction& t, const std::string& day, const std::string& channel);
std::vector<Stretch> stretches(storage::Transaction& t, std::int64_t limit);  // the newest first
std::vector<Stretch> unsettled(storage::Transaction& t, std::int64_t made_before_ms, std::int64_t limit);
std::int64_t reconciled_up_to(storage::Transaction& t, const std::string& channel, std::int64_t epoch);

struct DifferenceRow {
  std::int64_t sequence = 0;
  std::string id;  // of the bundle here; empty when it is not here
  std::string what;
  std::string here;
  std::string there;
};
void put_difference(storage::Transaction& t, const std::string& day, const std::string& channel,
                    const DifferenceRow& difference);
void remove_differences(storage::Transaction& t, const std::string& day, const std::string& channel, std::int64_t first,
                        std::int64_t last);
std::vector<DifferenceRow> differences(storage::Transaction& t, const std::string& day, const std::string& channel,
                                       std::int64_t limit);
std::int64_t difference_count(storage::Transaction& t, const std::string& day, const std::string& channel);
// What is known here of a stretch, in order; at most `limit` from `first` on.
std::vector<Known> known(storage::Transaction& t, const std::string& channel, std::int64_t epoch, std::int64_t first,
                         std::int64_t last, std::int64_t limit);
std::string id_at(storage::Transaction& t, const std::string& channel, std::int64_t epoch, std::int64_t sequence);

std::int64_t state_value(storage::Transaction& t, const std::string& name);
void set_state_value(storage::Transaction& t, const std::string& name, std::int64_t value);
// Whether the other unit said in its newest control bundle that it reads voyages whose small bundles lie in one file.
inline constexpr const char* kPeerReadsPacked = "peer_reads_packed";

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
// What an act "request" is about; and when that was asked for last, 0 when never.
std::string about_request(const std::string& channel, std::int64_t first, std::int64_t last);
std::int64_t requested_ms(storage::Transaction& t, const std::string& channel, std::int64_t first, std::int64_t last);
// Newest first, before line `before` (0: from the end).
std::vector<Act> acts(storage::Transaction& t, std::int64_t limit, std::int64_t before = 0);
std::vector<Act> acts_after(storage::Transaction& t, std::int64_t number, std::int64_t limit);  // oldest first
bool acts_hold(storage::Transaction& t);  // whether the chain of digests is whole
std::optional<Bytes> digest_of_act(storage::Transaction& t, std::int64_t number);
std::optional<Act> last_act(storage::Transaction& t);
std::optional<Act> last_act(storage::Transaction& t, const std::string& act);  // of this kind; reads back to it
// The digest of a line after the one before it (32 zero bytes before the first).
Bytes digest_after(BytesView previous, const Act& act);

}  // namespace jindu::gateway::store
