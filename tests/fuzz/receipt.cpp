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

void take(const v1::SignedTogether& message) {
  const auto together = evidence::together_from(message);
  if (!together) return;
  const auto kept = evidence::from_kept_form(evidence::kept_form(*together), together->certificate);
  promise(kept && kept->leaves == together->leaves && kept->places == together->places, "what is kept is read again");
  promise(evidence::root_of(*kept) == evidence::root_of(*together), "what is kept leads to the same root");
  if (evidence::root_of(*together) && together->size() > 1) {
    const auto part = evidence::part_of(*together, {0, together->size() - 1});
    promise(evidence::root_of(part) == evidence::root_of(*together), "a part leads to the same root");
  }
  for (const auto& one : exchange::open_receipts(message, trust()))
    if (one) {
      const auto alone = exchange::open_receipt(one->bytes.whole(), trust());
      promise(alone && alone->bundle == one->receipt.bundle && alone->at == one->receipt.at &&
                  alone->party == one->receipt.party,
              "what is trusted together is trusted alone");
    }
}

// The fuzzer's bodies, signed well together, and some of them sent.
void take_signed_together(Input& input) {
  std::vector<Bytes> bodies;
  const auto number = 2 + input.byte() % 9U;
  std::vector<std::size_t> wanted;
  for (std::size_t i = 0; i < number; ++i) {
    const bool sent = input.byte() % 2 == 0;
    const auto body = input.part();
    bodies.emplace_back(body.begin(), body.end());
    if (sent) wanted.push_back(i);
  }
  if (wanted.empty()) wanted.push_back(number - 1);
  const auto whole = evidence::sign_as_one(evidence::kReceiptType, bodies, node("approval"));
  v1::SignedTogether message;
  evidence::put_together(evidence::part_of(whole, wanted), message);
  const auto read = evidence::together_from(message);
  promise(read && evidence::open_together(*read, evidence::kReceiptType, trust(),
                                          [](const evidence::Statement&) -> result<Instant> { return kNow; }),
          "what was signed together is trusted");
  take(message);
}

}  // namespace
}  // namespace jindu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu;
  using namespace jindu::fuzz;
  Input input(data, size);
  switch (input.byte() % 4) {
    case 0:
      take(input.rest());
      break;
    case 1:
      take(evidence::sign_statement(evidence::kReceiptType, input.rest(), node("approval")));
      break;
    case 3:
      take_signed_together(input);
      break;
    default: {
      v1::ReceiptBatch batch;
      if (!parse_message(input.rest(), batch)) return 0;
      for (const auto& one : batch.receipts()) take(bytes_of(one));
      for (const auto& one : batch.together()) take(one);
    }
  }
  return 0;
}
