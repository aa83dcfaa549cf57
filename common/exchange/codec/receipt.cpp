#include "common/exchange/codec/receipt.hpp"

#include "common/runtime/messages.hpp"

namespace jindu::exchange {
namespace {

constexpr std::size_t kDetailMax = 1000;

result<Receipt> receipt_of(const evidence::Statement& statement) {
  jindu::v1::Receipt message;
  const auto bad = [](const char* what) { return Error{Fault::integrity, "receipt.malformed", what}; };
  const auto newer = parse_perhaps_newer(statement.body, message);
  if (!newer) return Error{Fault::integrity, "receipt.malformed", newer.error().detail};
  if (message.version() != 1) return Error{Fault::unsupported, "receipt.malformed", "the version is not known"};
  if (message.bundle_id().size() != 16 || message.manifest_digest().size() != 32)
    return bad("ids have 16 bytes, digests 32");
  if (message.rung() == jindu::v1::RUNG_UNSPECIFIED || !jindu::v1::Rung_IsValid(message.rung()))
    return bad("the rung is not known");
  if (message.party() != statement.signer)
    return Error{Fault::integrity, "signed.signer", "the party is not the signer"};
  if (message.code().size() > 100 || message.detail().size() > 4 * kDetailMax) return bad("code or detail is too long");
  Receipt receipt;
  std::copy(message.bundle_id().begin(), message.bundle_id().end(), reinterpret_cast<char*>(receipt.bundle.data()));
  std::copy(message.manifest_digest().begin(), message.manifest_digest().end(),
            reinterpret_cast<char*>(receipt.manifest_digest.data()));
  receipt.rung = message.rung();
  receipt.party = message.party();
  receipt.at = from_unix_ms(message.at_ms());
  receipt.code = message.code();
  receipt.detail = message.detail();
  receipt.newer = *newer;
  return receipt;
}

Bytes body_of(const Receipt& receipt, const evidence::NodeSigner& signer) {
  jindu::v1::Receipt message;
  message.set_version(1);
  message.set_bundle_id(receipt.bundle.data(), receipt.bundle.size());
  message.set_manifest_digest(receipt.manifest_digest.data(), receipt.manifest_digest.size());
  message.set_rung(receipt.rung);
  message.set_party(signer.name);
  message.set_at_ms(to_unix_ms(receipt.at));
  message.set_code(receipt.code.substr(0, 100));
  message.set_detail(receipt.detail.substr(0, kDetailMax));
  return encode(message);
}

}  // namespace

Bytes sign_receipt(const Receipt& receipt, const evidence::NodeSigner& signer) {
  return evidence::sign_statement(evidence::kReceiptType, body_of(receipt, signer), signer);
}

std::vector<Bytes> sign_receipts(const std::vector<Receipt>& receipts, const evidence::NodeSigner& signer) {
  std::vector<Bytes> bodies;
  bodies.reserve(receipts.size());
  for (const auto& receipt : receipts) bodies.push_back(body_of(receipt, signer));
  return evidence::sign_together(evidence::kReceiptType, bodies, signer);
}

result<Receipt> open_receipt(BytesView encoded, const evidence::NodeTrust& trust) {
  std::optional<Receipt> receipt;
  // The certificate had to be good when the receipt was made, which is what the receipt itself proves.
  const auto checked = evidence::open_signed(encoded, evidence::kReceiptType, trust,
                                             [&](const evidence::Statement& statement) -> result<Instant> {
                                               auto read = receipt_of(statement);
                                               if (!read) return read.error();
                                               receipt = std::move(*read);
                                               return receipt->at;
                                             });
  if (!checked) return checked.error();
  return std::move(*receipt);
}

result<Receipt> read_receipt(BytesView encoded) {
  auto statement = evidence::read_signed(encoded, evidence::kReceiptType);
  if (!statement) return statement.error();
  return receipt_of(*statement);
}

std::string_view to_text(jindu::v1::Rung rung) {
  switch (rung) {
    case jindu::v1::RUNG_STORED:
      return "stored";
    case jindu::v1::RUNG_VERIFIED:
      return "verified";
    case jindu::v1::RUNG_HELD:
      return "held";
    case jindu::v1::RUNG_RELEASED:
      return "released";
    case jindu::v1::RUNG_CARRIED:
      return "carried";
    case jindu::v1::RUNG_DELIVERED:
      return "delivered";
    case jindu::v1::RUNG_APPLIED:
      return "applied";
    case jindu::v1::RUNG_REFUSED:
      return "refused";
    case jindu::v1::RUNG_QUARANTINED:
      return "quarantined";
    case jindu::v1::RUNG_EXPIRED:
      return "expired";
    default:
      return "unspecified";
  }
}

bool is_final(jindu::v1::Rung rung) {
  return rung == jindu::v1::RUNG_APPLIED || rung == jindu::v1::RUNG_REFUSED || rung == jindu::v1::RUNG_QUARANTINED ||
         rung == jindu::v1::RUNG_EXPIRED;
}

}  // namespace jindu::exchange
