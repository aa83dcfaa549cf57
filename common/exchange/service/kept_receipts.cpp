#include "common/exchange/service/kept_receipts.hpp"

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
        throw ErrorException({Fault::internal, "receipt.certificate_missing",
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

}  // namespace

KeptReceipt kept_receipt(storage::Transaction& t, BytesView receipt) {
  auto apart = evidence::certificate_apart(receipt);
  if (!apart) return {Bytes(receipt.begin(), receipt.end()), 0};
  return {std::move(apart->rest), t.gathered<SignerCertificates>().number_of(t, apart->certificate)};
}

Bytes whole_receipt(storage::Transaction& t, Bytes bytes, std::int64_t certificate) {
  if (certificate == 0) return bytes;
  return evidence::with_certificate(bytes, t.gathered<SignerCertificates>().at(t, certificate));
}

}  // namespace jindu::exchange
