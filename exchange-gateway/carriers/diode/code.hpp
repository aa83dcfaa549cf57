#pragma once
// The erasure code: a systematic Reed-Solomon code over GF(2^8) from a Cauchy matrix, by ISA-L. Any `data` of a block's
// symbols give the whole block. Pure.
#include <map>
#include <vector>

#include "common/runtime/bytes.hpp"

namespace jindu::gateway::diode {

// Row `row` (at least `data`) of parity over `data` symbols of equal length; written to `out`.
void parity(const std::vector<const std::uint8_t*>& data, std::size_t length, int row, std::uint8_t* out);

// Fills in the data symbols that are missing in `block` (`data` symbols of `length` bytes side by side). `has[i]` says
// which are there; `rows` are parity rows by number, at least as many as are missing. Solves only for the missing ones.
void repair(std::uint8_t* block, int data, std::size_t length, const std::vector<bool>& has,
            const std::map<int, Bytes>& rows);

}  // namespace jindu::gateway::diode
