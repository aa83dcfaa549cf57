#pragma once
// The erasure code: a systematic Reed-Solomon code over GF(2^8) from a Cauchy matrix, by ISA-L. Any `data` of a block's
// symbols give the whole block. Pure.
#include <map>
#include <vector>

#include "common/runtime/bytes.hpp"

namespace jindu::gateway::diode {

// Rows of parity over `data` symbols of equal length, side by side; `first` is at least the number of symbols. Six cost
// little more than one: what they are made of is read once.
Bytes parity(const std::vector<const std::uint8_t*>& data, std::size_t length, int first, int rows);

// Fills in the data symbols that are missing in `block` (`data` symbols of `length` bytes side by side). `has[i]` says
// which are there; `rows` are parity rows by number, at least as many as are missing. Solves only for the missing ones.
void repair(std::uint8_t* block, int data, std::size_t length, const std::vector<bool>& has,
            const std::map<int, Bytes>& rows);

}  // namespace jindu::gateway::diode
