#pragma once
// Checks an operators' log by itself: the chain of digests, and with it that no line was changed, put in or taken out.
// Who has made the whole chain anew, or cut off its end, is found by the statements of reconciliation.
#include "common/evidence/signed.hpp"
#include "exchange-gateway/unit/log_witness.hpp"
#include "exchange-gateway/voice.hpp"

namespace jindu::gateway {

struct CheckedLog {
  std::string unit = {};            // whose it says it is; empty: it was saved by a program that did not say so
  std::vector<Bytes> digests = {};  // of line 1, 2, …

  std::int64_t lines() const { return static_cast<std::int64_t>(digests.size()); }
};
// Codes: log.malformed, log.broken; the field is the number of the line.
result<CheckedLog> check_log(std::string_view lines);

// The statements of a file: one as it is, or the JSON that the console gives, whose certificates between root and
// signers `trust` takes over. Each must hold at the time that it says, and be of the unit that it names. Codes:
// input.statements, input.intermediates, signed.*, reconciliation.malformed, certificate.*.
result<std::vector<LogWitness>> witnesses_in(BytesView file, evidence::NodeTrust& trust);

// Says which lines the statements confirm, and which they contradict. Exit code: 0; 3 where something contradicts; 1
// where nobody can tell whose log it is (code log.unit).
int tell_witnessed(const Voice& voice, const CheckedLog& log, const std::vector<LogWitness>& witnesses);

}  // namespace jindu::gateway
