// A CMS signature from outside, over any content: it does not hold, or it tells by whom it is.
#include "common/crypto/cms.hpp"

#include "tests/fuzz/world.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu;
  using namespace jindu::fuzz;
  Input input(data, size);
  const auto content = input.part();
  const auto signature = input.rest();
  const auto checked = crypto::cms_verify(signature, content);
  const auto trusted = crypto::cms_verify_trusted(signature, content, trust().store, kNow);
  promise(checked || !trusted, "what is trusted holds");
  if (!checked) return 0;
  (void)checked->signer.common_name();
  Bytes changed(content.begin(), content.end());
  changed.push_back(1);
  promise(!crypto::cms_verify(signature, changed), "it holds for this content alone");
  return 0;
}
