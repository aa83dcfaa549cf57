#pragma once
// Receipts as databases keep them: the few certificates that signed them are in a table of their own.
#include "common/storage/database.hpp"

namespace jindu::exchange {

inline constexpr std::string_view kSignerCertificates = R"sql(
CREATE TABLE signer_certificate (
  number $SERIAL,
  digest $BLOB NOT NULL UNIQUE,
  certificate $BLOB NOT NULL
);
)sql";

struct KeptReceipt {
  Bytes bytes;
  std::int64_t certificate = 0;  // its number; 0: it has it in itself
};
KeptReceipt kept_receipt(storage::Transaction& transaction, BytesView receipt);
// The very bytes again.
Bytes whole_receipt(storage::Transaction& transaction, Bytes bytes, std::int64_t certificate);

}  // namespace jindu::exchange
