// A bundle from outside: as it is; with a manifest of the fuzzer's that is signed well; and with one that is whole in
// every digest, so that the checks behind the signature are reached; or with a path to others it was signed with.
#include "common/exchange/codec/bundle.hpp"

#include "common/evidence/merkle.hpp"
#include "common/runtime/messages.hpp"
#include "tests/fuzz/world.hpp"

namespace jindu::fuzz {
namespace {

Bytes framed(BytesView manifest, BytesView signature, BytesView seal) {
  Bytes bundle{'J', 'D', 'B', '1', 0, 0};
  put_part(bundle, manifest);
  put_part(bundle, signature);
  bundle.insert(bundle.end(), seal.begin(), seal.end());
  return bundle;
}

Bytes framed(BytesView manifest, BytesView seal) {
  const auto digest = crypto::sha256(manifest);
  constexpr std::string_view domain = "jindu/bundle/v1";
  Bytes message(domain.begin(), domain.end());
  message.push_back(0);
  message.insert(message.end(), digest.begin(), digest.end());
  return framed(manifest, node("portal").key.sign(message), seal);
}

// Signed together with others, as the fuzzer says.
Bytes framed_together(BytesView manifest, BytesView share, BytesView seal) {
  Bytes signature{'J', 'D', 'T', '1', 0, 0};
  signature.insert(signature.end(), share.begin(), share.end());
  return framed(manifest, signature, seal);
}

void take(BytesView bytes) {
  const auto view = exchange::parse_bundle(bytes);
  if (!view) {
    promise(view.error().code.starts_with("bundle."), "a bundle is refused by name");
    return;
  }
  promise(view->seal.size() == view->manifest.payload_length() && view->manifest_bytes.size() <= exchange::kManifestMax,
          "the parts of a bundle are within their limits");
  promise(exchange::bundle_id_from_text(exchange::to_text(view->id)).value() == view->id, "an id has one text");
  if (exchange::verify_bundle(*view, node("portal").key.public_key()))
    (void)exchange::open_bundle(*view, node("approval").key);
}

Bytes made_whole(BytesView manifest, BytesView seal) {
  jindu::v1::BundleManifest m;
  if (!parse_message(manifest, m)) return {};
  m.set_version(1);
  m.set_payload_length(seal.size());
  m.clear_chunk_digests();
  for (std::size_t at = 0; at < seal.size(); at += exchange::kChunkBytes) {
    const auto digest = crypto::sha256(seal.subspan(at, std::min(exchange::kChunkBytes, seal.size() - at)));
    m.add_chunk_digests(digest.data(), digest.size());
  }
  const auto key_id = node("portal").key.key_id();
  m.set_signer_key_id(key_id.data(), key_id.size());
  return encode(m);
}

}  // namespace
}  // namespace jindu::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jindu::fuzz;
  Input input(data, size);
  switch (input.byte() % 4) {
    case 0:
      take(input.rest());
      break;
    case 1: {
      const auto manifest = input.part();
      take(framed(manifest, input.rest()));
      break;
    }
    case 2: {
      const auto manifest = input.part(), share = input.part();
      const auto seal = input.rest();
      take(framed_together(made_whole(manifest, seal), share, seal));
      break;
    }
    default: {
      const auto manifest = input.part();
      const auto seal = input.rest();
      take(framed(made_whole(manifest, seal), seal));
    }
  }
  return 0;
}
