#pragma once
// Receipts: docs/formats.md, "Receipt". The ladder a bundle climbs, each rung a node's signed statement.
#include <jindu/v1/receipt.pb.h>

#include <memory>

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

// What proves a receipt: an encoded Signed, or its place among those that were signed together.
struct ReceiptBytes {
  Bytes bytes = {};                                        // the Signed, or the body where there is a sheet
  std::shared_ptr<const evidence::Sheet> sheet = nullptr;  // of several receipts
  std::size_t index = 0;                                   // of this one there

  bool empty() const { return bytes.empty(); }
  Bytes whole() const { return sheet ? sheet->statement(index, bytes) : bytes; }  // the Signed, as first made
};
struct SignedReceipt {
  Receipt receipt;
  ReceiptBytes bytes;
};

// An encoded Signed of type "jindu/receipt/v1".
Bytes sign_receipt(const Receipt& receipt, const evidence::NodeSigner& signer);
// Many by one signature, in the order given.
std::vector<Bytes> sign_receipts(const std::vector<Receipt>& receipts, const evidence::NodeSigner& signer);
std::vector<ReceiptBytes> sign_receipts_as_one(const std::vector<Receipt>& receipts,
                                               const evidence::NodeSigner& signer);
// Checks signature, chain and that the signer is the named party. Codes of evidence::open_signed, receipt.malformed.
result<Receipt> open_receipt(BytesView encoded, const evidence::NodeTrust& trust);
// The same, with its bytes.
result<SignedReceipt> open_whole_receipt(BytesView encoded, const evidence::NodeTrust& trust);
// The same of those that were signed together; each may be wrong by itself.
std::vector<result<SignedReceipt>> open_receipts(const jindu::v1::SignedTogether& together,
                                                 const evidence::NodeTrust& trust);
std::vector<result<SignedReceipt>> open_receipts(const std::vector<ReceiptBytes>& receipts,
                                                 const evidence::NodeTrust& trust);  // in the same order
// Puts them into a batch in few bytes. Sheets stand in the order in which they first come; the order of receipts is
// kept only among those of one sheet, and among those of none.
void put_receipts(const std::vector<ReceiptBytes>& receipts, jindu::v1::ReceiptBatch& batch);
// How receipts go between a unit and its service: an encoded ReceiptBatch. Nothing but receipts may be in it; code
// receipt.malformed.
Bytes encode_receipts(const std::vector<ReceiptBytes>& receipts);
result<std::vector<result<SignedReceipt>>> open_receipts(BytesView batch, const evidence::NodeTrust& trust);
// Without checking who signed: for showing and indexing what was checked before.
result<Receipt> read_receipt(BytesView encoded);

std::string_view to_text(jindu::v1::Rung rung);  // "stored", "verified" …
bool is_final(jindu::v1::Rung rung);             // applied, refused, quarantined, expired

}  // namespace jindu::exchange
