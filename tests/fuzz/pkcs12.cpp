// A PKCS#12 file from outside: refused, or a key with its certificate.
#include "common/crypto/certificate.hpp"

#include "tests/fuzz/world.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu;
  using namespace jindu::fuzz;
  const auto identity = crypto::identity_from_pkcs12({data, size}, "secret");
  if (!identity) {
    promise(identity.error().code == "key.pkcs12" || identity.error().code.starts_with("certificate."),
            "a file is refused by name");
    return 0;
  }
  (void)identity->certificate.common_name();
  (void)identity->key.key_id();
  return 0;
}
