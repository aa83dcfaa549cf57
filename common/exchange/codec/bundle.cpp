#include "common/exchange/codec/bundle.hpp"

#include "common/evidence/merkle.hpp"
#include "common/exchange/codec/big_endian.hpp"
#include "common/runtime/ids.hpp"
#include "common/runtime/messages.hpp"

namespace jindu::exchange {
namespace {

constexpr std::string_view kMagic = "JDB1";
constexpr std::size_t kChunkDigestsMax = 1024;

Error malformed(std::string detail) { return {Fault::integrity, "bundle.malformed", std::move(detail)}; }

std::string binding_of(std::string_view from, std::string_view to, const BundleId& id) {
  return "bundle/" + std::string(from) + "/" + std::string(to) + "/" + channel_of(from, to) + "/" + to_hex(id);
}

std::vector<crypto::Digest> digests_of(BytesView seal) {
  std::vector<crypto::Digest> digests;
  for (std::size_t at = 0; at < seal.size(); at += kChunkBytes)
    digests.push_back(crypto::sha256(seal.subspan(at, std::min(kChunkBytes, seal.size() - at))));
  return digests;
}

crypto::Digest root_over(const std::vector<crypto::Digest>& digests) {
  std::vector<crypto::Digest> leaves;
  leaves.reserve(digests.size());
  for (const auto& digest : digests) leaves.push_back(evidence::merkle_leaf(digest));
  return evidence::merkle_root(leaves);
}

bool is_node_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// Everything about the manifest that can be told without a key.
result<void> check_manifest(const jindu::v1::BundleManifest& m, std::size_t seal_bytes) {
  if (m.version() != 1)
    return Error{Fault::unsupported, "bundle.version", "version " + std::to_string(m.version()) + " is not known"};
  const auto bad = [](const char* what) { return Error{Fault::integrity, "bundle.manifest", what}; };
  if (m.bundle_id().size() != 16) return bad("bundle_id has 16 bytes");
  if (!is_node_name(m.from()) || !is_node_name(m.to()) || m.from() == m.to())
    return bad("from and to are names of two nodes");
  if (m.channel() != channel_of(m.from(), m.to())) return bad("channel is not that of from and to");
  if (m.epoch() == 0 || m.sequence() == 0 || m.subject_sequence() == 0) return bad("epoch and sequences begin at 1");
  if (m.previous_digest().size() != 32) return bad("previous_digest has 32 bytes");
  if (m.sequence() == 1 && m.previous_digest() != std::string(32, '\0')) return bad("the first has no previous digest");
  if (!is_node_name(m.kind())) return bad("kind is a word");
  if (m.subject().size() != 16) return bad("subject has 16 bytes");
  if (m.priority() > 3) return bad("priority is 0 to 3");
  if (m.created_ms() <= 0 || m.expires_ms() <= m.created_ms()) return bad("it expires after it is created");
  if (m.signer_key_id().size() != 32) return bad("signer_key_id has 32 bytes");
  if (m.payload_length() != seal_bytes) return bad("payload_length is not the length of the seal");
  const std::size_t chunks = (seal_bytes + kChunkBytes - 1) / kChunkBytes;
  if (chunks > kChunkDigestsMax) {
    if (m.chunk_digests_size() != 0 || m.merkle_root().size() != 32)
      return bad("above 1,024 chunks there is a Merkle root");
  } else {
    if (static_cast<std::size_t>(m.chunk_digests_size()) != chunks || !m.merkle_root().empty())
      return bad("there is one digest for each chunk");
    for (const auto& digest : m.chunk_digests())
      if (digest.size() != 32) return bad("a chunk digest has 32 bytes");
  }
  return {};
}

result<UnsignedBundle> unsigned_bundle(const jindu::v1::BundleManifest& m, Bytes seal) {
  if (auto ok = check_manifest(m, seal.size()); !ok) return ok.error();
  Bytes manifest = encode(m);
  if (manifest.size() > kManifestMax) return Error{Fault::too_large, "bundle.too_large", "the manifest is over 64 KiB"};
  const auto digest = crypto::sha256(manifest);
  return UnsignedBundle{std::move(manifest), digest, std::move(seal)};
}

BuiltBundle put_together(const UnsignedBundle& one, BytesView signature) {
  BuiltBundle built{{}, one.manifest_digest};
  built.bytes.reserve(10 + one.manifest.size() + signature.size() + one.seal.size());
  built.bytes.assign(kMagic.begin(), kMagic.end());
  put_big_endian(built.bytes, one.manifest.size(), 4);
  built.bytes.insert(built.bytes.end(), one.manifest.begin(), one.manifest.end());
  put_big_endian(built.bytes, signature.size(), 2);
  built.bytes.insert(built.bytes.end(), signature.begin(), signature.end());
  built.bytes.insert(built.bytes.end(), one.seal.begin(), one.seal.end());
  return built;
}

}  // namespace

BundleId new_bundle_id(Instant now) { return uuid_v7(now); }
std::string to_text(const BundleId& id) { return uuid_text(id); }

result<BundleId> bundle_id_from_text(std::string_view text) {
  if (!is_uuid(text)) return Error{Fault::invalid, "bundle.id", "a bundle id is a UUID in lower case"};
  std::string digits;
  for (char c : text)
    if (c != '-') digits += c;
  auto bytes = from_hex(digits);
  if (!bytes) return bytes.error();
  BundleId id;
  std::copy(bytes->begin(), bytes->end(), id.begin());
  return id;
}

std::string channel_of(std::string_view from, std::string_view to) { return std::string(from) + ">" + std::string(to); }

result<UnsignedBundle> seal_bundle(const BundleDraft& draft, BytesView payload, const crypto::PublicKey& sender,
                                   const crypto::PublicKey& destination, const seal::FileKey& key,
                                   const crypto::PrivateKey* ephemeral) {
  auto seal = seal::seal_to({destination}, binding_of(draft.from, draft.to, draft.id), payload, key, ephemeral);
  if (!seal) return seal.error();
  jindu::v1::BundleManifest m;
  m.set_version(1);
  m.set_bundle_id(draft.id.data(), draft.id.size());
  m.set_from(draft.from);
  m.set_to(draft.to);
  m.set_channel(channel_of(draft.from, draft.to));
  m.set_epoch(draft.place.epoch);
  m.set_sequence(draft.place.sequence);
  m.set_previous_digest(draft.place.previous_digest.data(), 32);
  m.set_kind(draft.kind);
  m.set_subject(draft.subject.data(), draft.subject.size());
  m.set_subject_sequence(draft.place.subject_sequence);
  m.set_priority(draft.priority);
  m.set_created_ms(to_unix_ms(draft.created));
  m.set_expires_ms(to_unix_ms(draft.expires));
  m.set_payload_length(seal->size());
  const auto digests = digests_of(*seal);
  if (digests.size() > kChunkDigestsMax) {
    const auto root = root_over(digests);
    m.set_merkle_root(root.data(), root.size());
  } else {
    for (const auto& digest : digests) m.add_chunk_digests(digest.data(), digest.size());
  }
  const auto key_id = sender.key_id();
  m.set_signer_key_id(key_id.data(), key_id.size());
  return unsigned_bundle(m, std::move(*seal));
}

std::vector<BuiltBundle> sign_bundles(const std::vector<UnsignedBundle>& bundles, const crypto::PrivateKey& sender) {
  std::vector<crypto::Digest> manifests;
  manifests.reserve(bundles.size());
  for (const auto& one : bundles) manifests.push_back(one.manifest_digest);
  const auto signatures = sign_manifests(manifests, sender);
  std::vector<BuiltBundle> built;
  built.reserve(bundles.size());
  for (std::size_t i = 0; i < bundles.size(); ++i) built.push_back(put_together(bundles[i], signatures[i]));
  return built;
}

result<BuiltBundle> build_bundle(const BundleDraft& draft, BytesView payload, const crypto::PrivateKey& sender,
                                 const crypto::PublicKey& destination) {
  auto one = seal_bundle(draft, payload, sender.public_key(), destination);
  if (!one) return one.error();
  return std::move(sign_bundles({std::move(*one)}, sender).front());
}

result<BuiltBundle> sign_bundle_anew(const BundleView& view, const crypto::Digest& previous_digest,
                                     const crypto::PrivateKey& sender) {
  auto m = view.manifest;
  m.set_previous_digest(previous_digest.data(), previous_digest.size());
  const auto key_id = sender.key_id();
  m.set_signer_key_id(key_id.data(), key_id.size());
  auto one = unsigned_bundle(m, Bytes(view.seal.begin(), view.seal.end()));
  if (!one) return one.error();
  return std::move(sign_bundles({std::move(*one)}, sender).front());
}

result<BundleHead> head_of_bundle(BytesView bundle) {
  const Error truncated{Fault::integrity, "bundle.truncated", "it ends too early"};
  if (bundle.size() < 8) return truncated;
  if (text_of(bundle.first(4)) != kMagic) return malformed("this is not a bundle");
  const auto manifest_size = big_endian(bundle.subspan(4, 4));
  if (manifest_size > kManifestMax) return Error{Fault::too_large, "bundle.too_large", "the manifest is over 64 KiB"};
  if (bundle.size() < 8 + manifest_size + 2) return truncated;
  BundleHead head;
  head.manifest_bytes = bundle.subspan(8, manifest_size);
  const std::size_t signature_at = 8 + manifest_size + 2;
  const auto signature_size = big_endian(bundle.subspan(signature_at - 2, 2));
  if (signature_size == 0 || signature_size > kSignatureMax) return malformed("the signature has an impossible length");
  if (bundle.size() < signature_at + signature_size) return truncated;
  head.signature = bundle.subspan(signature_at, signature_size);
  head.seal_at = signature_at + signature_size;
  const auto newer = parse_perhaps_newer(head.manifest_bytes, head.manifest);
  if (!newer) return malformed("manifest: " + newer.error().detail);
  head.newer = *newer;
  return head;
}

result<void> check_digests(const BundleView& view) {
  const auto digests = digests_of(view.seal);
  if (view.manifest.merkle_root().empty()) {
    for (std::size_t i = 0; i < digests.size(); ++i)
      if (text_of(digests[i]) != view.manifest.chunk_digests(static_cast<int>(i)))
        return Error{Fault::integrity, "bundle.digest",
                     "MiB " + std::to_string(i + 1) + " has another digest than the manifest says"};
  } else if (text_of(root_over(digests)) != view.manifest.merkle_root()) {
    return Error{Fault::integrity, "bundle.digest", "the seal has another Merkle root than the manifest says"};
  }
  return {};
}

result<BundleView> parse_bundle(BytesView bundle) {
  auto head = head_of_bundle(bundle);
  if (!head) return head.error();
  BundleView view;
  view.manifest = std::move(head->manifest);
  view.manifest_bytes = head->manifest_bytes;
  view.signature = head->signature;
  view.seal = bundle.subspan(head->seal_at);
  view.newer = head->newer;
  if (view.manifest.payload_length() > view.seal.size())
    return Error{Fault::integrity, "bundle.truncated", "it ends too early"};
  if (auto ok = check_manifest(view.manifest, view.seal.size()); !ok) return ok.error();
  std::copy(view.manifest.bundle_id().begin(), view.manifest.bundle_id().end(),
            reinterpret_cast<char*>(view.id.data()));
  view.manifest_digest = crypto::sha256(view.manifest_bytes);
  return view;
}

result<Bytes> beginning_of_bundle(BytesView bundle) {
  const auto view = parse_bundle(bundle);
  if (!view) return view.error();
  const auto sealed = seal::beginning_bytes(view->seal);
  if (!sealed) return sealed.error();
  const auto end = bundle.size() - view->seal.size() + *sealed;
  return Bytes(bundle.begin(), bundle.begin() + static_cast<std::ptrdiff_t>(end));
}

result<Bytes> bundle_from_beginning(BytesView beginning, BytesView payload, const seal::FileKey& key) {
  const auto head = head_of_bundle(beginning);
  if (!head) return head.error();
  Bytes bundle;
  bundle.reserve(beginning.size() + seal::sealed_size(payload.size(), 0));
  bundle.assign(beginning.begin(), beginning.end());
  auto writer = seal::SealWriter::behind(beginning.subspan(head->seal_at), key, [&](BytesView bytes) -> result<void> {
    bundle.insert(bundle.end(), bytes.begin(), bytes.end());
    return {};
  });
  if (!writer) return writer.error();
  if (auto ok = writer->write(payload); !ok) return ok.error();
  if (auto ok = writer->finish(); !ok) return ok.error();
  const auto view = parse_bundle(bundle);
  if (!view) return view.error();
  if (auto ok = check_digests(*view); !ok) return ok.error();
  return bundle;
}

result<void> verify_bundle(const BundleView& view, const crypto::PublicKey& sender) {
  evidence::HeldSignatures none;
  return verify_bundle(view, sender, none);
}

result<void> verify_bundle(const BundleView& view, const crypto::PublicKey& sender, evidence::HeldSignatures& held) {
  if (text_of(sender.key_id()) != view.manifest.signer_key_id())
    return Error{Fault::integrity, "bundle.signer",
                 "signed with another key than that of '" + view.manifest.from() + "'"};
  if (!signs_manifest(sender, view.manifest_digest, view.signature, held))
    return Error{Fault::integrity, "bundle.signature", "the signature of the manifest does not hold"};
  return check_digests(view);
}

result<Bytes> open_bundle(const BundleView& view, const crypto::PrivateKey& destination) {
  return seal::open_seal(view.seal, &destination, binding_of(view.manifest.from(), view.manifest.to(), view.id));
}

}  // namespace jindu::exchange
