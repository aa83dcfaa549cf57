#pragma once
// What a unit states of a stretch of a channel: docs/formats.md, "Reconciliation".
#include <jindu/v1/reconciliation.pb.h>

#include "common/evidence/signed.hpp"

namespace jindu::exchange {

// The body of an encoded Signed of type "jindu/reconciliation/v1". Signature and certificate are the caller's to check,
// as of the time and for the unit that it names. Codes: signed.malformed, signed.type, reconciliation.malformed.
result<jindu::v1::Reconciliation> read_reconciliation(BytesView encoded);

}  // namespace jindu::exchange
