#pragma once
// Where a bundle stands in a unit, which receipts move it, and who may say which rung. Pure; nothing ever moves back.
#include <jindu/v1/receipt.pb.h>

#include <optional>
#include <string_view>

namespace jindu::gateway {

// waiting: to be carried. carried: in the other unit's custody. ready: for our service to fetch. early: one before it
// about the same subject is missing; of a control bundle, something in it cannot be verified yet. held: for a releaser.
// ended: applied, refused, quarantined or expired.
enum class State { waiting, carried, ready, early, held, ended };
std::string_view to_text(State state);
std::optional<State> state_from_text(std::string_view text);

// Applied, refused, quarantined, expired: nothing comes after these.
bool ends(jindu::v1::Rung rung);

// Who signed a receipt, seen from the bundle.
enum class Teller { unit_of_sender, unit_of_destination, destination, stranger };
// Each rung belongs to a party: units tell of custody, the destination alone of its effects.
bool may_say(Teller teller, jindu::v1::Rung rung);

// Where a bundle that we sent stands after a receipt from the other side.
State after_receipt(State state, jindu::v1::Rung rung);

// A unit says "expired" only of what it alone has. What a carrier was given may be on the other side already, and what
// the service has fetched may be applied: of these only the one who has it can tell.
struct Holding {
  State state = State::waiting;
  bool outward = false;  // came from our service
  bool offered = false;  // a carrier was given it, or is about to be
  bool fetched = false;  // our service was given it
};
bool may_expire(const Holding& bundle);

}  // namespace jindu::gateway
