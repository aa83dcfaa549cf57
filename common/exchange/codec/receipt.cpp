#include "common/exchange/codec/receipt.hpp"

#include <map>

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

// Of each what it is.
std::vector<result<SignedReceipt>> open_sheet(const std::shared_ptr<const evidence::Sheet>& sheet,
                                              const evidence::NodeTrust& trust) {
  std::vector<Receipt> receipts;
  receipts.reserve(sheet->together().size());
  // The certificate had to be good when each receipt was made, which is what the receipt itself proves.
  const auto outcomes = evidence::open_together(sheet->together(), evidence::kReceiptType, trust,
                                                [&](const evidence::Statement& statement) -> result<Instant> {
                                                  auto read = receipt_of(statement);
                                                  receipts.push_back(read ? std::move(*read) : Receipt{});
                                                  if (!read) return read.error();
                                                  return receipts.back().at;
                                                });
  if (!outcomes) return std::vector<result<SignedReceipt>>(sheet->together().size(), outcomes.error());
  std::vector<result<SignedReceipt>> list;
  list.reserve(receipts.size());
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    if (const auto& ok = outcomes->at(i); !ok)
      list.emplace_back(ok.error());
    else
      list.emplace_back(SignedReceipt{std::move(receipts[i]), {sheet->together().bodies[i], sheet, i}});
  }
  return list;
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

std::vector<ReceiptBytes> sign_receipts_as_one(const std::vector<Receipt>& receipts,
                                               const evidence::NodeSigner& signer) {
  if (receipts.empty()) return {};
  if (receipts.size() == 1) return {{sign_receipt(receipts.front(), signer)}};
  std::vector<Bytes> bodies;
  bodies.reserve(receipts.size());
  for (const auto& receipt : receipts) bodies.push_back(body_of(receipt, signer));
  const auto sheet =
      std::make_shared<const evidence::Sheet>(evidence::sign_as_one(evidence::kReceiptType, bodies, signer));
  std::vector<ReceiptBytes> list;
  list.reserve(bodies.size());
  for (std::size_t i = 0; i < bodies.size(); ++i) list.push_back({std::move(bodies[i]), sheet, i});
  return list;
}

std::vector<result<SignedReceipt>> open_receipts(const jindu::v1::SignedTogether& message,
                                                 const evidence::NodeTrust& trust) {
  auto together = evidence::together_from(message);
  if (!together) return {together.error()};
  if (together->bodies.empty()) return {Error{Fault::invalid, "receipt.malformed", "receipts without their bodies"}};
  return open_sheet(std::make_shared<const evidence::Sheet>(std::move(*together)), trust);
}

std::vector<result<SignedReceipt>> open_receipts(const std::vector<ReceiptBytes>& receipts,
                                                 const evidence::NodeTrust& trust) {
  std::map<const evidence::Sheet*, std::vector<result<SignedReceipt>>> sheets;
  std::vector<result<SignedReceipt>> list;
  list.reserve(receipts.size());
  for (const auto& one : receipts) {
    if (one.sheet && !one.sheet->together().bodies.empty()) {
      const auto at = sheets.try_emplace(one.sheet.get());
      auto& opened = at.first->second;
      if (at.second) opened = open_sheet(one.sheet, trust);
      list.push_back(opened[one.index]);
      continue;
    }
    list.push_back(open_whole_receipt(one.whole(), trust));
  }
  return list;
}

void put_receipts(const std::vector<ReceiptBytes>& receipts, jindu::v1::ReceiptBatch& batch) {
  // In the order in which they first come.
  std::vector<std::pair<const evidence::Sheet*, std::map<std::size_t, const Bytes*>>> sheets;
  std::map<const evidence::Sheet*, std::size_t> known;
  for (const auto& one : receipts) {
    if (!one.sheet) {
      batch.add_receipts(one.bytes.data(), one.bytes.size());
      continue;
    }
    const auto at = known.try_emplace(one.sheet.get(), sheets.size());
    if (at.second) sheets.emplace_back(one.sheet.get(), std::map<std::size_t, const Bytes*>{});
    sheets[at.first->second].second.emplace(one.index, &one.bytes);
  }
  for (const auto& [sheet, wanted] : sheets) {
    std::vector<std::size_t> indices;
    for (const auto& [index, body] : wanted) indices.push_back(index);
    auto part = evidence::part_of(sheet->together(), indices);
    if (part.bodies.empty())
      for (const auto& [index, body] : wanted) part.bodies.push_back(*body);
    evidence::put_together(part, *batch.add_together());
  }
}

Bytes encode_receipts(const std::vector<ReceiptBytes>& receipts) {
  jindu::v1::ReceiptBatch batch;
  put_receipts(receipts, batch);
  return encode(batch);
}

result<std::vector<result<SignedReceipt>>> open_receipts(BytesView encoded, const evidence::NodeTrust& trust) {
  jindu::v1::ReceiptBatch batch;
  if (auto ok = parse_message(encoded, batch); !ok || batch.ended_size() > 0)
    return Error{Fault::invalid, "receipt.malformed", "a batch of receipts is not readable"};
  std::vector<result<SignedReceipt>> list;
  for (const auto& one : batch.receipts()) list.push_back(open_whole_receipt(bytes_of(one), trust));
  for (const auto& one : batch.together())
    for (auto& receipt : open_receipts(one, trust)) list.push_back(std::move(receipt));
  return list;
}

result<SignedReceipt> open_whole_receipt(BytesView encoded, const evidence::NodeTrust& trust) {
  auto receipt = open_receipt(encoded, trust);
  if (!receipt) return receipt.error();
  return SignedReceipt{std::move(*receipt), {Bytes(encoded.begin(), encoded.end())}};
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
