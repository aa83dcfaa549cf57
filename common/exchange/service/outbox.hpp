#pragma once
// From rows of the outbox to bundles in their channel. Used by the service's sending worker.
#include "common/exchange/service/exchange.hpp"

namespace jindu::exchange {

struct SenderIdentity {
  const evidence::NodeSigner& node;
  const std::string& peer;
  const crypto::PublicKey& peer_key;
  std::chrono::hours expires;
};

// Builds what waits, at most 128 bundles or 8 MiB, in the caller's transaction. Returns how many.
int build_waiting(storage::Transaction& transaction, const SenderIdentity& identity, Instant now);

struct Built {
  std::string bundle_id;
  Bytes bundle;
};
// The next bundles in sequence that the unit does not have yet: at most `limit`, and `bytes`, but at least one if any
// is there.
std::vector<Built> next_to_hand_over(storage::Transaction& transaction, std::int64_t limit, std::size_t bytes);
// What the unit has not taken and does not believe any more by its signature, since our key has been replaced: the same
// bundles by the present key. Gives how many. Only when the unit has said that it did not take the first of them.
int sign_waiting_anew(storage::Transaction& transaction, const SenderIdentity& identity);
void mark_handed_over(storage::Transaction& transaction, const std::string& bundle_id);

// The pseudonym under which a subject crosses: nobody on the way can tell which declaration it is.
Bytes subject_pseudonym(storage::Transaction& transaction, std::string_view subject);

}  // namespace jindu::exchange
