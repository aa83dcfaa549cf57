#pragma once
// A person is the carrier: `jindu-gateway export` writes voyages to a medium, `jindu-gateway import` reads them from
// one, beside the running unit. Any number of media may be under way. A medium is read and never changed by import, so
// that it may be a disc; export takes away what the other side has said it has read.
#include <cstdint>
#include <functional>
#include <vector>

#include "common/runtime/command_line.hpp"
#include "exchange-gateway/voice.hpp"

namespace jindu::gateway {

// What a person types to run jindu-gateway with these words as another account of this machine.
std::string command_as(std::uint32_t account, const std::vector<std::string>& words);

// Adds both subcommands; the one that was chosen sets `work`. Exit codes: 0 done; 1 it cannot be; 2 not asked rightly;
// 3 done, and something on the medium was refused, damaged or is out of turn; 4 there was nothing.
void add_by_hand(Command& app, const Voice& voice, std::function<int()>& work);

}  // namespace jindu::gateway
