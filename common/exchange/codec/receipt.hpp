#pragma once
// Receipts: docs/formats.md, "Receipt". The ladder a bundle climbs, each rung a node's signed statement.
#include <jindu/v1/receipt.pb.h>

#include "common/evidence/signed.hpp"
#include "common/exchange/codec/bundle.hpp"

namespace jindu::exchange {

struct Receipt {
  BundleId bundle{};
  crypto::Digest manifest_digest{};
  jindu::v1::Rung rung{};
  std::string party;
  Instant at{};
  std::string code;
  std::string detail;
  bool newer = false;  // it has fields that this program does not know; its bytes are kept and passed on as they came
};

// An encoded Signed of type "jindu/receipt/v1".
Bytes sign_receipt(const Receipt& receipt, const evidence::NodeSigner& signer);
// Many by one signature, in the order given.
std::vector<Bytes> sign_receipts(const std::vector<Receipt>& receipts, const evidence::NodeSigner& signer);
// Checks signature, chain and that the signer is the named party. Codes of evidence::open_signed, receipt.malformed.
result<Receipt> open_receipt(BytesView encoded, const evidence::NodeTrust& trust);
// Without checking who signed: for showing and indexing what was checked before.
result<Receipt> read_receipt(BytesView encoded);

std::string_view to_text(jindu::v1::Rung rung);  // "stored", "verified" …
bool is_final(jindu::v1::Rung rung);             // applied, refused, quarantined, expired

}  // namespace jindu::exchange
