#pragma once
// What a diode keeps in the unit's journal. A bundle that was sent has the negative of its lane's mark as its voyage:
// -(2 * mark + lane). It waits until receipts for it arrive; when the other side has read past its mark without them,
// it was lost and is sent again.
#include "exchange-gateway/carriers/diode/frame.hpp"
#include "exchange-gateway/unit/unit.hpp"

namespace jindu::gateway::diode {

class Ledger {
 public:
  explicit Ledger(Unit& unit) : unit_(unit) {}

  // What an earlier run sent is sent again; numbers go on where it stopped.
  result<void> begin();
  std::uint64_t next_mark() const { return mark_ + 1; }

  struct Sent {
    std::string id;
    Lane lane;
  };
  // Uses up `next_mark`. Before the bytes leave: what is not marked would be taken to have never been sent.
  result<void> mark_sent(const std::vector<Sent>& bundles);
  // Sent up to the mark, and still without a receipt.
  result<std::vector<std::string>> unanswered(Lane lane, std::uint64_t mark, std::int64_t limit);
  result<void> send_again(const std::vector<std::string>& ids);

  // The first of at least `count` block numbers that no run ever used, also after a crash.
  result<std::uint64_t> reserve_blocks(std::uint64_t count);
  result<void> reserve_up_to(std::uint64_t block);

  struct Standing {
    std::uint64_t control_sent = 0;
    std::uint64_t control_received = 0;
    std::int64_t first_untold_receipt = 0;  // the largest number when all are in control bundles
    std::int64_t last_receipt = 0;
  };
  result<Standing> standing();
  // The other unit has our control bundles up to here; places in control channels are as position_of says.
  result<void> control_arrived(std::uint64_t position);

 private:
  Unit& unit_;
  std::uint64_t mark_ = 0;
};

}  // namespace jindu::gateway::diode
