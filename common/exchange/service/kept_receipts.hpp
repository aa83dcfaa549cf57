#pragma once
// Receipts as databases keep them: what several have in common, because they were signed together, and the few
// certificates that signed them, are in tables of their own.
#include "common/exchange/codec/receipt.hpp"
#include "common/storage/database.hpp"

namespace jindu::exchange {

inline constexpr std::string_view kSignerCertificates = R"sql(
CREATE TABLE signer_certificate (
  number $SERIAL,
  digest $BLOB NOT NULL UNIQUE,
  certificate $BLOB NOT NULL
);
)sql";

inline constexpr std::string_view kSignedTogether = R"sql(
CREATE TABLE signed_together (
  number $SERIAL,
  certificate BIGINT NOT NULL,
  kept $BLOB NOT NULL
);
)sql";

// In the columns receipt, certificate, together and place of whatever table.
struct KeptReceipt {
  Bytes bytes;                   // a Signed, or the body alone
  std::int64_t certificate = 0;  // of a Signed: its number; 0: it has it in itself
  std::int64_t together = 0;     // number of those it was signed with; 0: it is a Signed
  std::int64_t place = 0;        // among those
};
KeptReceipt kept_receipt(storage::Transaction& transaction, const ReceiptBytes& receipt);
// From these four columns of a row, the first of them at `first`.
ReceiptBytes receipt_in(storage::Transaction& transaction, storage::Row& row, std::size_t first);

}  // namespace jindu::exchange
