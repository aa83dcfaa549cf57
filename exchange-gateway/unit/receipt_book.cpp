#include "exchange-gateway/unit/receipt_book.hpp"

#include "exchange-gateway/unit/parts.hpp"

namespace jindu::gateway {

ReceiptBook::Pending* ReceiptBook::pending(const store::Outline& entry, jindu::v1::Rung rung) {
  const auto found = places_.find({entry.id, rung});
  if (found == places_.end()) return nullptr;
  auto& one = pending_[found->second];
  return one.receipt.manifest_digest == digest_of(entry.manifest_digest) ? &one : nullptr;
}

void ReceiptBook::add(const store::Outline& entry, jindu::v1::Rung rung, const std::string& code,
                      const std::string& detail, Where where, exchange::ReceiptBytes* answer) {
  if (auto* one = pending(entry, rung)) {
    if (answer != nullptr) one->answers.push_back(answer);
    return;
  }
  places_[{entry.id, rung}] = pending_.size();
  pending_.push_back({{*exchange::bundle_id_from_text(entry.id), digest_of(entry.manifest_digest), rung, signer_.name,
                       now_, code, detail},
                      where,
                      {}});
  if (answer != nullptr) pending_.back().answers.push_back(answer);
}

bool ReceiptBook::first_answer(const store::Outline& entry, exchange::ReceiptBytes& answer) {
  const auto rungs = entry.outward
                         ? std::vector{jindu::v1::RUNG_STORED, jindu::v1::RUNG_REFUSED}
                         : std::vector{jindu::v1::RUNG_CARRIED, jindu::v1::RUNG_QUARANTINED, jindu::v1::RUNG_EXPIRED};
  for (const auto rung : rungs) {
    if (auto* one = pending(entry, rung)) {
      one->answers.push_back(&answer);
      return true;
    }
    if (auto receipt = store::receipt_of(t_, entry.id, entry.manifest_digest, rung, signer_.name)) {
      answer = std::move(*receipt);
      return true;
    }
  }
  return false;
}

void ReceiptBook::keep() {
  std::vector<exchange::Receipt> receipts;
  receipts.reserve(pending_.size());
  for (const auto& one : pending_) receipts.push_back(one.receipt);
  const auto made = exchange::sign_receipts_as_one(receipts, signer_);
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const auto& one = pending_[i];
    const auto* said = &made[i];
    std::optional<exchange::ReceiptBytes> first;
    if (!store::add_receipt(t_, one.receipt, made[i], one.where.for_service, one.where.to_send) &&
        !one.answers.empty()) {
      first = store::receipt_of(t_, exchange::to_text(one.receipt.bundle), one.receipt.manifest_digest,
                                one.receipt.rung, signer_.name);
      if (first) said = &*first;
    }
    for (auto* answer : one.answers) *answer = *said;
  }
  pending_.clear();
  places_.clear();
}

}  // namespace jindu::gateway
