#pragma once
// The operators' log is a chain of digests without a key: who can write the database can make it anew. What such a
// person cannot make anew are the statements of reconciliation. Each names the last line of its unit's log, is held by
// the other unit, and is named by that unit's signed answer. So they bear witness to the log.
#include <functional>
#include <optional>
#include <vector>

#include "exchange-gateway/store/journal.hpp"

namespace jindu::gateway {

// The last line of a log; number 0: it had none.
struct LogHead {
  std::int64_t number = 0;
  Bytes digest = {};
};

// What one statement says.
struct LogWitness {
  std::string unit, day, channel;
  std::int64_t made_ms = 0;
  LogHead head = {};
  Bytes statement = {};  // SHA-256 of the encoded Signed
  Bytes answers = {};    // of the one that it answers; empty where it asks
};
// Signature and certificate are the caller's to check. Codes: signed.*, reconciliation.malformed.
result<LogWitness> witness_in(BytesView statement);

// What a log says of its line; nothing where it has no such line.
using DigestOfLine = std::function<std::optional<Bytes>(std::int64_t number)>;

struct LogVerdict {
  std::int64_t confirming = 0;              // statements that name a line of the log as it is
  std::optional<LogWitness> newest;         // of these the one that confirms most lines
  std::optional<LogWitness> countersigned;  // the same among those that the other unit has answered
  std::optional<LogWitness> contradicting;  // of those that do not fit the one with the lowest line
};
// Of `all` those of `unit` are compared with its log; those of the other one count as answers.
LogVerdict weigh(const std::vector<LogWitness>& all, std::string_view unit, const DigestOfLine& digest_of);
// The log in the journal against the newest statements there. Their signatures were checked when they came; that they
// are all still there nobody says, so this finds who has changed the log alone. A whole check takes statements that the
// other unit has kept: `ctl log verify --statement`.
LogVerdict weigh_own_log(storage::Transaction& t, std::string_view unit);

}  // namespace jindu::gateway
