// Signed statements and receipts from outside, alone and in batches, as they are and with a body of the fuzzer's that
// is signed well.
#include "common/exchange/codec/receipt.hpp"

#include "common/evidence/certificate_apart.hpp"
#include "common/runtime/messages.hpp"
#include "tests/fuzz/world.hpp"

namespace jindu::fuzz {
namespace {

void take(BytesView encoded) {
  if (const auto apart = evidence::certificate_apart(encoded))
    promise(text_of(evidence::with_certificate(apart->rest, apart->certificate)) == text_of(encoded),
            "what is taken apart is put together again");
  for (const auto type :
       {evidence::kReceiptType, evidence::kSubmissionReceiptType, evidence::kVoyageType, evidence::kCaseEventType}) {
    const auto read = evidence::read_signed(encoded, type);
    const auto opened = evidence::open_signed(encoded, type, trust(), kNow);
    promise(read || !opened, "what is trusted is readable");
    if (opened)
      promise(opened->type == type && opened->signer == opened->certificate.common_name(),
              "a statement names its signer");
  }
  const auto read = exchange::read_receipt(encoded);
  const auto opened = exchange::open_receipt(encoded, trust());
  promise(read || !opened, "what is trusted is readable");
  if (!opened) return;
  promise(exchange::to_text(opened->rung) != "unspecified" && !opened->party.empty(), "a receipt says what and who");
  promise(opened->bundle == read->bundle && opened->at == read->at, "reading and opening agree");
}

}  // namespace
}  // namespace jindu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu;
  using namespace jindu::fuzz;
  Input input(data, size);
  switch (input.byte() % 3) {
    case 0:
      take(input.rest());
      break;
    case 1:
      take(evidence::sign_statement(evidence::kReceiptType, input.rest(), node("approval")));
      break;
    default: {
      v1::ReceiptBatch batch;
      if (!parse_message(input.rest(), batch)) return 0;
      for (const auto& one : batch.receipts()) take(bytes_of(one));
    }
  }
  return 0;
}
