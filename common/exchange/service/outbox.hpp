#pragma once
// From rows of the outbox to bundles in their channel. Used by the service's sending worker.
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "common/exchange/service/exchange.hpp"

namespace jindu::exchange {

struct SenderIdentity {
  const evidence::NodeSigner& node;
  const std::string& peer;
  const crypto::PublicKey& peer_key;
  std::chrono::hours expires;
};

// Whether so little of what is built waits to be handed over, fewer than 256 bundles and less than 12 MiB, that more
// may be built.
bool may_build_ahead(storage::Transaction& transaction);
struct Built {
  std::string bundle_id;
  Bytes manifest_digest;
  Bytes bundle;
  std::string instead_of = {};  // the bundle that this one sends anew (sent_anew.hpp)
};
// A message that was put aside, or is none any more.
struct PutAside {
  std::int64_t number = 0;
  std::string kind, subject;
  std::optional<Error> reason;  // none: it was taken up again
};
// Builds what waits, at most 128 bundles or 8 MiB, in the caller's transaction. A message that cannot be built, because
// its payload is not there, is put aside before it has a place in the channel: it and what comes behind it about its
// subject wait, everything else goes on. It is tried again from time to time. `changes` gets each that is put aside for
// a new reason, or taken up again.
std::vector<Built> build_waiting(storage::Transaction& transaction, const SenderIdentity& identity, Instant now,
                                 std::vector<PutAside>* changes = nullptr);

// What was built a moment ago, while memory allows: it need not be sealed again to be handed over. Safe for several
// threads.
class FreshlyBuilt {
 public:
  void put(std::vector<Built>&& built);
  std::optional<Bytes> take(const std::string& bundle_id, BytesView manifest_digest);
  void clear();

 private:
  std::mutex mutex_;
  std::map<std::string, Built> built_;
  std::size_t bytes_ = 0;
};

// The next bundles in sequence that the unit does not have yet: at most `limit`, and `bytes`, but at least one if any
// is there. What stands before one that cannot be read is given; when it is the first, that is thrown: it has its place
// in the channel, and nothing may pass it. Codes exchange.file_missing, exchange.payload_changed,
// exchange.payload_missing, exchange.built_missing.
std::vector<Built> next_to_hand_over(storage::Transaction& transaction, std::int64_t limit, std::size_t bytes,
                                     FreshlyBuilt& fresh);
// What the unit has not taken and does not believe any more by its signature, since our key has been replaced: the same
// bundles by the present key. Gives how many. Only when the unit has said that it did not take the first of them; those
// that a unit had taken once stay as they are.
int sign_waiting_anew(storage::Transaction& transaction, const SenderIdentity& identity);
// The last of our bundles that our unit says it has taken without a gap.
struct Taken {
  std::int64_t sequence = 0;
  Bytes manifest_digest;
};
// What may be done when the next bundle to be handed over cannot be read, and nothing of it can be on its way to the
// unit: what the unit has is marked as handed over; else what it never had is no bundle any more, and waits in the
// outbox again, where what cannot be built is put aside and everything else goes on. Nothing is done where the unit has
// another channel than this one, had taken one of them once, or where one cannot be told or is kept whole, without its
// payload (before migration 4). Gives how many.
struct Freed {
  std::int64_t handed_over = 0, taken_back = 0;
};
Freed free_channel(storage::Transaction& transaction, const std::string& channel, const Taken& taken);
// What we sent, as it stands; changes of the last four are written at the end of the transaction.
struct Sent {
  std::string kind, subject;
  Bytes manifest_digest;
  bool handed_over = false;
  std::int64_t rung = 0;
  bool ended = false;
  std::string code;
};
Sent* find_sent(storage::Transaction& transaction, const std::string& bundle_id);  // nullptr: not ours
// The bytes stay until the other side has the bundle: a unit that is restored from an older copy has forgotten it; and
// its payload until it is applied: what ends otherwise may be sent anew.
void mark_handed_over(storage::Transaction& transaction, const std::string& bundle_id);
// It is applied: nobody needs its bytes any more.
void mark_applied(storage::Transaction& transaction, const std::string& bundle_id);
// It is not to be sent anew any more, or not from here: its payload goes, and what tells of it stays, should our unit
// forget that it has ended it.
void forget_bytes(storage::Transaction& transaction, const std::string& bundle_id);
// Of what our unit has ended itself: all behind a sequence, and those named; as many as go into one batch.
struct Memories {
  std::vector<Bytes> list = {};             // encoded Remembered messages
  std::optional<std::int64_t> behind = {};  // the sequence behind which there is more
};
Memories remembered_for(storage::Transaction& transaction, const std::string& unit, std::int64_t after,
                        const std::set<std::int64_t>& open, std::int64_t behind, std::size_t bytes);
// The unit has forgotten what it took from a sequence on: hand over again what is still here. Gives how many.
std::int64_t hand_over_again(storage::Transaction& transaction, std::int64_t from_sequence);
// Up to where the unit has said that it took them.
std::int64_t handed_over_up_to(storage::Transaction& transaction);

// The pseudonym under which a subject crosses: nobody on the way can tell which declaration it is. Nothing as long as
// this service has never built a bundle.
std::optional<Bytes> subject_pseudonym(storage::Transaction& transaction, std::string_view subject);

}  // namespace jindu::exchange
