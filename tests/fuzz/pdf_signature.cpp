// A PDF from outside: not signed, or signed over every byte but the signature.
#include "common/evidence/pdf_signature.hpp"

#include "tests/fuzz/world.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu;
  using namespace jindu::fuzz;
  const auto signature = evidence::verify_pdf_signature({data, size});
  if (!signature) {
    promise(!signature.error().code.empty(), "a document is refused by name");
    return 0;
  }
  Bytes longer(data, data + size);
  longer.push_back('\n');
  promise(!evidence::verify_pdf_signature(longer), "nothing can be put behind a signed document");
  return 0;
}
