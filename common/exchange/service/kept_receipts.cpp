#include "common/exchange/service/kept_receipts.hpp"

#include <algorithm>
#include <deque>

#include "common/crypto/digest.hpp"
#include "common/evidence/certificate_apart.hpp"

namespace jindu::exchange {
namespace {

// Table signer_certificate, so far as a transaction has asked for it.
class SignerCertificates final : public storage::Transaction::Gathered {
 public:
  std::int64_t number_of(storage::Transaction& t, const Bytes& certificate) {
    for (const auto& [number, known] : known_)
      if (known == certificate) return number;
    const auto digest = crypto::sha256(certificate);
    t.execute("INSERT INTO signer_certificate (digest, certificate) VALUES ($1, $2) ON CONFLICT DO NOTHING",
              {digest, certificate});
    const auto number = t.query_one("SELECT number FROM signer_certificate WHERE digest = $1", {digest})->integer(0);
    known_.emplace(number, certificate);
    return number;
  }
  const Bytes& at(storage::Transaction& t, std::int64_t number) {
    auto found = known_.find(number);
    if (found == known_.end()) {
      auto row = t.query_one("SELECT certificate FROM signer_certificate WHERE number = $1", {number});
      if (!row)
        throw ErrorException({Fault::internal, std::string(storage::kDamaged),
                              "the certificate of a receipt is not there: number " + std::to_string(number)});
      found = known_.emplace(number, row->take_blob(0)).first;
    }
    return found->second;
  }
  bool changed() const override { return false; }
  void write(storage::Transaction&) override {}

 private:
  std::map<std::int64_t, Bytes> known_;
};

// Table signed_together: what this transaction has written and read of it.
class Sheets final : public storage::Transaction::Gathered {
 public:
  std::int64_t number_of(storage::Transaction& t, const std::shared_ptr<const evidence::Sheet>& sheet) {
    const auto found = written_.find(sheet.get());
    if (found != written_.end()) return found->second.first;
    const auto& together = sheet->together();
    const auto certificate = t.gathered<SignerCertificates>().number_of(t, together.certificate);
    const auto number = t.query_one("INSERT INTO signed_together (certificate, kept) VALUES ($1, $2) RETURNING number",
                                    {certificate, evidence::kept_form(together)})
                            ->integer(0);
    written_.emplace(sheet.get(), std::pair(number, sheet));
    return number;
  }
  std::shared_ptr<const evidence::Sheet> at(storage::Transaction& t, std::int64_t number) {
    for (const auto& [known, sheet] : read_)
      if (known == number) return sheet;
    const auto row = t.query_one("SELECT certificate, kept FROM signed_together WHERE number = $1", {number});
    auto together =
        row ? evidence::from_kept_form(row->blob(1), t.gathered<SignerCertificates>().at(t, row->integer(0)))
            : result<evidence::Together>(Error{Fault::not_found, std::string(storage::kDamaged), ""});
    if (!together || !evidence::root_of(*together))
      throw ErrorException({Fault::internal, std::string(storage::kDamaged),
                            "what a receipt was signed together with is not there: number " + std::to_string(number)});
    read_.emplace_front(number, std::make_shared<const evidence::Sheet>(std::move(*together)));
    if (read_.size() > kReadMax) read_.pop_back();
    return read_.front().second;
  }
  bool changed() const override { return false; }
  void write(storage::Transaction&) override {}

 private:
  static constexpr std::size_t kReadMax = 8;  // neighbours are mostly read together
  std::map<const evidence::Sheet*, std::pair<std::int64_t, std::shared_ptr<const evidence::Sheet>>> written_;
  std::deque<std::pair<std::int64_t, std::shared_ptr<const evidence::Sheet>>> read_;
};

}  // namespace

KeptReceipt kept_receipt(storage::Transaction& t, const ReceiptBytes& receipt) {
  if (receipt.sheet)
    return {receipt.bytes, 0, t.gathered<Sheets>().number_of(t, receipt.sheet),
            receipt.sheet->together().places[receipt.index]};
  auto apart = evidence::certificate_apart(receipt.bytes);
  if (!apart) return {receipt.bytes};
  return {std::move(apart->rest), t.gathered<SignerCertificates>().number_of(t, apart->certificate)};
}

ReceiptBytes receipt_in(storage::Transaction& t, storage::Row& row, std::size_t first) {
  auto bytes = row.take_blob(first);
  if (const auto number = row.integer(first + 2); number != 0) {
    auto sheet = t.gathered<Sheets>().at(t, number);
    const auto& places = sheet->together().places;
    const auto place = std::lower_bound(places.begin(), places.end(), row.integer(first + 3));
    if (place == places.end() || *place != row.integer(first + 3))
      throw ErrorException({Fault::internal, std::string(storage::kDamaged),
                            "a receipt is not among those it was signed with: number " + std::to_string(number)});
    return {std::move(bytes), std::move(sheet), static_cast<std::size_t>(place - places.begin())};
  }
  if (const auto certificate = row.integer(first + 1); certificate != 0)
    bytes = evidence::with_certificate(bytes, t.gathered<SignerCertificates>().at(t, certificate));
  return {std::move(bytes)};
}

}  // namespace jindu::exchange
