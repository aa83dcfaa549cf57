#pragma once
// The receipts that one transaction of the unit makes. They are signed together at its end, by one signature: a batch
// of bundles costs little more than one.
#include <map>
#include <string>
#include <vector>

#include "common/evidence/signed.hpp"
#include "exchange-gateway/store/journal.hpp"

namespace jindu::gateway {

class ReceiptBook {
 public:
  ReceiptBook(storage::Transaction& transaction, const evidence::NodeSigner& signer, Instant now)
      : t_(transaction), signer_(signer), now_(now) {}

  struct Where {
    bool for_service = false, to_send = false;
  };
  // The receipt of a rung is made once; asked again, the first one is given. `answer`, which must stay where it is,
  // has it after `keep`.
  void add(const store::Outline& entry, jindu::v1::Rung rung, const std::string& code, const std::string& detail,
           Where where, exchange::ReceiptBytes* answer = nullptr);
  // What was answered when the bundle came for the first time, even if that was in this transaction. False: nothing.
  bool first_answer(const store::Outline& entry, exchange::ReceiptBytes& answer);
  // Signs them and writes them into the journal.
  void keep();

 private:
  struct Pending {
    exchange::Receipt receipt;
    Where where;
    std::vector<exchange::ReceiptBytes*> answers;
  };
  Pending* pending(const store::Outline& entry, jindu::v1::Rung rung);

  storage::Transaction& t_;
  const evidence::NodeSigner& signer_;
  Instant now_;
  std::vector<Pending> pending_;
  std::map<std::pair<std::string, int>, std::size_t> places_;  // by bundle and rung
};

}  // namespace jindu::gateway
