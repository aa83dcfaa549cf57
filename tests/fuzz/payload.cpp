// What bundles bring to the portal, as it is read before anything is written: status, notice, document record,
// catalogue release; and a catalogue of the fuzzer's in a release that is signed well.
#include <jindu/v1/payload.pb.h>

#include "common/runtime/messages.hpp"
#include "extranet-portal/exchange/receivers.hpp"
#include "tests/fuzz/world.hpp"

namespace jindu::fuzz {
namespace {

Bytes release_of(BytesView catalogue) {
  const auto& editor = node("editor");
  const auto signature = crypto::cms_sign(catalogue, editor.key, editor.certificate).value();
  v1::CatalogueRelease release;
  release.set_serial(1);
  release.set_published_at_ms(to_unix_ms(kNow));
  release.set_catalogue_json(catalogue.data(), catalogue.size());
  release.set_signature(signature.data(), signature.size());
  return encode(release);
}

}  // namespace
}  // namespace jindu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu;
  using namespace jindu::fuzz;
  static const portal::exchange::EditorTrust editors{trust().store, {"editor"}, trust().store, {}};
  Input input(data, size);
  const auto mode = input.byte() % 5;
  const auto rest = input.rest();
  exchange::Incoming incoming;
  incoming.from = "approval";
  incoming.created = kNow;
  incoming.payload = mode == 4 ? release_of(rest) : Bytes(rest.begin(), rest.end());
  const auto effects = [&] {
    switch (mode) {
      case 0:
        return portal::exchange::receive_status(incoming, kNow);
      case 1:
        return portal::exchange::receive_notice(incoming);
      case 2:
        return portal::exchange::receive_document(incoming);
      default:
        return portal::exchange::receive_catalogue(editors, incoming, kNow);
    }
  }();
  if (effects)
    promise(static_cast<bool>(*effects), "what is taken has effects");
  else
    promise(!effects.error().code.empty(), "a payload is refused by name");
  return 0;
}
