#pragma once
// What the journal keeps of having been restored from an older copy. Everything runs inside a transaction of the
// caller.
#include "exchange-gateway/store/journal.hpp"

namespace jindu::gateway::store {

// Halted until a new epoch is approved; healing until the other unit has told what it remembers.
enum class Recovery { none, halted, healing };
std::string_view to_text(Recovery recovery);

struct Restoration {
  std::int64_t number = 0;
  std::int64_t found_ms = 0;
  std::string code;         // by what it was found out, "restored.receipts" …
  std::string detail;       // for operators
  std::uint64_t known = 0;  // the newest position of our control channel that the other side is known to have
  std::int64_t epoch = 0;   // the new one; 0: not approved
  std::int64_t approved_ms = 0;
  Bytes statement = {};  // that begins it, signed
  Bytes recall = {};     // digest of the question that is to be answered
  std::int64_t healed_ms = 0;

  Recovery recovery() const {
    if (number == 0 || healed_ms > 0) return Recovery::none;
    return epoch == 0 ? Recovery::halted : Recovery::healing;
  }
};

// The one that is not over; a default one when there is none.
Restoration open_restoration(storage::Transaction& t);
std::optional<Restoration> last_restoration(storage::Transaction& t);
std::optional<Restoration> restoration_of_epoch(storage::Transaction& t, std::int64_t epoch);  // the newest
void put_restoration(storage::Transaction& t, const Restoration& r);  // a new one where the number is 0
void put_epoch_vote(storage::Transaction& t, std::int64_t restoration, const Vote& vote);
std::vector<Vote> epoch_votes(storage::Transaction& t, std::int64_t restoration);
// Notes that a part of the answer is here; gives how many are.
std::int64_t put_recalled_part(storage::Transaction& t, std::int64_t restoration, std::int64_t part);
void forget_recalled_parts(storage::Transaction& t, std::int64_t restoration);

std::vector<std::int64_t> open_sequences(storage::Transaction& t, const std::string& channel, std::int64_t epoch,
                                         std::int64_t limit);
// Of a control channel, in no order: told every minute, and by the index of what waits alone.
std::vector<std::int64_t> waiting_control(storage::Transaction& t, const std::string& channel, std::int64_t epoch,
                                          std::int64_t limit);
std::optional<Bytes> digest_at(storage::Transaction& t, const std::string& channel, std::int64_t epoch,
                               std::int64_t sequence);
std::vector<std::string> channel_names(storage::Transaction& t);
// The newest sequence of ours for which the party has signed that it has it; 0: none.
std::int64_t newest_taken_by(storage::Transaction& t, const std::string& channel, std::int64_t epoch,
                             const std::string& party);
std::vector<std::int64_t> carried_sequences(storage::Transaction& t, const std::string& channel, std::int64_t epoch,
                                            std::int64_t limit);
std::int64_t newest_ended(storage::Transaction& t, const std::string& channel, std::int64_t epoch);  // 0: none
// What this unit has said of the bundle's end is told to the other side once more.
void send_ends_again(storage::Transaction& t, const Entry& entry, const std::string& unit);

// Control bundles that the other side has: up to this position of our channel nothing waits any more.
void end_control_up_to(storage::Transaction& t, const std::string& channel, std::uint64_t position, std::int64_t at_ms);
// What the other unit had begun to compare, of channels from others than `but_from`: either may have forgotten it, and
// only the one that began can go on.
void forget_open_comparisons(storage::Transaction& t, const std::string& but_from);
// Before a new epoch: control bundles of the old one go nowhere any more, and of what waits or is held nobody knows
// whether it crossed, so that only the other side can tell its end.
void begin_epoch(storage::Transaction& t, const std::string& channel, std::uint32_t epoch, std::int64_t at_ms);

}  // namespace jindu::gateway::store
