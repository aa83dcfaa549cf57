#include "exchange-gateway/domain/ladder.hpp"

#include <array>
#include <utility>

namespace jindu::gateway {
namespace {

constexpr std::array<std::pair<State, std::string_view>, 6> kStates{{{State::waiting, "waiting"},
                                                                     {State::carried, "carried"},
                                                                     {State::ready, "ready"},
                                                                     {State::early, "early"},
                                                                     {State::held, "held"},
                                                                     {State::ended, "ended"}}};

}  // namespace

std::string_view to_text(State state) {
  for (const auto& [value, text] : kStates)
    if (value == state) return text;
  return "";
}

std::optional<State> state_from_text(std::string_view text) {
  for (const auto& [value, name] : kStates)
    if (name == text) return value;
  return {};
}

bool ends(jindu::v1::Rung rung) {
  switch (rung) {
    case jindu::v1::RUNG_APPLIED:
    case jindu::v1::RUNG_REFUSED:
    case jindu::v1::RUNG_QUARANTINED:
    case jindu::v1::RUNG_EXPIRED:
      return true;
    default:
      return false;
  }
}

bool may_say(Teller teller, jindu::v1::Rung rung) {
  switch (rung) {
    case jindu::v1::RUNG_STORED:
    case jindu::v1::RUNG_VERIFIED:
      return teller == Teller::unit_of_sender;
    case jindu::v1::RUNG_HELD:
    case jindu::v1::RUNG_RELEASED:
    case jindu::v1::RUNG_EXPIRED:
      return teller == Teller::unit_of_sender || teller == Teller::unit_of_destination;
    case jindu::v1::RUNG_CARRIED:
    case jindu::v1::RUNG_QUARANTINED:
      return teller == Teller::unit_of_destination;
    case jindu::v1::RUNG_DELIVERED:
      return teller == Teller::unit_of_destination || teller == Teller::destination;
    case jindu::v1::RUNG_APPLIED:
      return teller == Teller::destination;
    case jindu::v1::RUNG_REFUSED:
      return teller != Teller::stranger;
    default:
      return false;
  }
}

State after_receipt(State state, jindu::v1::Rung rung) {
  if (state == State::ended || ends(rung)) return State::ended;
  // Whoever holds, releases, carried or delivered it over there has it.
  const bool there = rung == jindu::v1::RUNG_HELD || rung == jindu::v1::RUNG_RELEASED ||
                     rung == jindu::v1::RUNG_CARRIED || rung == jindu::v1::RUNG_DELIVERED;
  // Held here, it could only be there if it was released and this unit has forgotten that.
  return (state == State::waiting || state == State::held) && there ? State::carried : state;
}

bool may_expire(const Holding& bundle) {
  switch (bundle.state) {
    case State::waiting:
    case State::held:
      return !bundle.outward || !bundle.offered;
    case State::ready:
      return !bundle.fetched;
    case State::early:
      return true;
    case State::carried:
    case State::ended:
      return false;
  }
  return false;
}

}  // namespace jindu::gateway
