#include "common/evidence/together.hpp"

#include <jindu/v1/signed.pb.h>

#include <algorithm>
#include <functional>

#include "common/evidence/merkle.hpp"
#include "common/runtime/messages.hpp"

namespace jindu::evidence {
namespace {

constexpr std::size_t kAroundBody = 16 * 34 + 64;  // the longest path, and numbers and lengths
constexpr std::size_t kDigestBytes = std::tuple_size_v<crypto::Digest>;

std::string joined(const std::vector<crypto::Digest>& digests) {
  std::string all;
  all.reserve(digests.size() * kDigestBytes);
  for (const auto& one : digests) all.append(reinterpret_cast<const char*>(one.data()), one.size());
  return all;
}

// Nothing where the bytes are no whole number of digests.
std::optional<std::vector<crypto::Digest>> digests_in(const std::string& bytes) {
  if (bytes.size() % kDigestBytes != 0) return {};
  std::vector<crypto::Digest> digests(bytes.size() / kDigestBytes);
  for (std::size_t i = 0; i < digests.size(); ++i)
    std::copy_n(reinterpret_cast<const std::uint8_t*>(bytes.data()) + i * kDigestBytes, kDigestBytes,
                digests[i].begin());
  return digests;
}

Bytes to_bytes(const std::string& bytes) { return {bytes.begin(), bytes.end()}; }

Error malformed(const char* what) { return {Fault::invalid, "signed.malformed", what}; }

// Walks the tree from the left: what stands below a node is a leaf that is here, or nothing that is here, or more.
class Walk {
 public:
  explicit Walk(const Together& t) : t_(t) {}

  std::optional<crypto::Digest> root() {
    auto root = visit(0, t_.together);
    if (next_hash_ != t_.hashes.size()) return {};
    return root;
  }
  // Of each that is here the hashes beside its way up; to be asked for before root().
  void collect_paths(std::vector<std::vector<crypto::Digest>>& paths) { paths_ = &paths; }
  // What part_of a tree needs: hashes of the largest subtrees with none of the wanted.
  void collect_hashes(const std::vector<std::uint32_t>& wanted, std::vector<crypto::Digest>& hashes) {
    wanted_ = &wanted;
    wanted_hashes_ = &hashes;
  }

 private:
  static bool has_any(const std::vector<std::uint32_t>& places, std::uint32_t first, std::uint32_t count) {
    const auto found = std::lower_bound(places.begin(), places.end(), first);
    return found != places.end() && *found - first < count;
  }

  std::optional<crypto::Digest> visit(std::uint32_t first, std::uint32_t count, bool wanted_above = true) {
    const bool wanted = wanted_ != nullptr && has_any(*wanted_, first, count);
    const auto begin = next_place_;
    std::optional<crypto::Digest> hash;
    if (next_place_ == t_.places.size() || t_.places[next_place_] - first >= count) {
      if (next_hash_ == t_.hashes.size()) return {};
      hash = t_.hashes[next_hash_++];
    } else if (count == 1) {
      hash = t_.leaves[next_place_++];
    } else {
      const auto half = static_cast<std::uint32_t>(merkle_half(count));
      const auto left = visit(first, half, wanted);
      const auto middle = next_place_;
      const auto right = left ? visit(first + half, count - half, wanted) : std::nullopt;
      if (!right) return {};
      if (paths_ != nullptr) {
        for (auto i = begin; i < middle; ++i) (*paths_)[i].push_back(*right);
        for (auto i = middle; i < next_place_; ++i) (*paths_)[i].push_back(*left);
      }
      hash = merkle_node(*left, *right);
    }
    if (wanted_ != nullptr && wanted_above && !wanted) wanted_hashes_->push_back(*hash);
    return hash;
  }

  const Together& t_;
  std::size_t next_place_ = 0, next_hash_ = 0;
  std::vector<std::vector<crypto::Digest>>* paths_ = nullptr;
  const std::vector<std::uint32_t>* wanted_ = nullptr;
  std::vector<crypto::Digest>* wanted_hashes_ = nullptr;
};

void put_common(const Together& t, jindu::v1::SignedTogether& message) {
  message.set_type(t.type);
  message.set_signature(t.signature.data(), t.signature.size());
  message.set_signer_key_id(t.key_id.data(), t.key_id.size());
  message.set_together(t.together);
  message.mutable_places()->Assign(t.places.begin(), t.places.end());
  message.set_hashes(joined(t.hashes));
}

}  // namespace

result<Together> together_from(const jindu::v1::SignedTogether& message) {
  Together t{message.type(), to_bytes(message.signature()), to_bytes(message.signer_key_id()),
             to_bytes(message.certificate()), message.together()};
  if (t.together < 2 || t.together > kTogetherMax) return malformed("2 to 65,536 are signed together");
  t.places.assign(message.places().begin(), message.places().end());
  if (t.places.empty() || t.places.back() >= t.together ||
      std::adjacent_find(t.places.begin(), t.places.end(), std::greater_equal<>()) != t.places.end())
    return malformed("its places among those signed together are impossible");
  auto leaves = digests_in(message.leaves()), hashes = digests_in(message.hashes());
  if (!leaves || !hashes) return malformed("hashes have 32 bytes");
  if (message.bodies().empty() == leaves->empty()) return malformed("it has either bodies or their hashes");
  t.leaves = std::move(*leaves);
  t.hashes = std::move(*hashes);
  t.bodies.reserve(static_cast<std::size_t>(message.bodies_size()));
  // Each has to be one that can be shown by itself.
  const auto common = t.type.size() + t.signature.size() + t.key_id.size() + t.certificate.size() + kAroundBody;
  const auto most = kSignedMax - std::min(kSignedMax, common);
  for (const auto& body : message.bodies()) {
    if (body.size() > most) return malformed("a statement has at most 64 KiB, with all that belongs to it");
    t.bodies.push_back(to_bytes(body));
    t.leaves.push_back(merkle_leaf(t.bodies.back()));
  }
  if (t.leaves.size() != t.places.size()) return malformed("it has more or fewer statements than places");
  return t;
}

void put_together(const Together& t, jindu::v1::SignedTogether& message) {
  put_common(t, message);
  message.set_certificate(t.certificate.data(), t.certificate.size());
  for (const auto& body : t.bodies) message.add_bodies(body.data(), body.size());
}

Bytes kept_form(const Together& t) {
  jindu::v1::SignedTogether message;
  put_common(t, message);
  message.set_leaves(joined(t.leaves));
  return encode(message);
}

result<Together> from_kept_form(BytesView kept, Bytes certificate) {
  jindu::v1::SignedTogether message;
  if (auto ok = parse_message(kept, message); !ok) return malformed("what is kept of those signed together");
  auto together = together_from(message);
  if (together) together->certificate = std::move(certificate);
  return together;
}

std::optional<crypto::Digest> root_of(const Together& together) { return Walk(together).root(); }

Together part_of(const Together& t, const std::vector<std::size_t>& wanted) {
  Together part{t.type, t.signature, t.key_id, t.certificate, t.together};
  for (const auto index : wanted) {
    part.places.push_back(t.places[index]);
    part.leaves.push_back(t.leaves[index]);
    if (!t.bodies.empty()) part.bodies.push_back(t.bodies[index]);
  }
  Walk walk(t);
  walk.collect_hashes(part.places, part.hashes);
  walk.root();
  return part;
}

Bytes Sheet::statement(std::size_t index, BytesView body) const {
  std::call_once(walked_, [&] {
    paths_.resize(together_.size());
    Walk walk(together_);
    walk.collect_paths(paths_);
    if (!walk.root()) throw ErrorException(malformed("its hashes do not lead to a root"));
  });
  jindu::v1::Signed message;
  message.set_type(together_.type);
  message.set_body(body.data(), body.size());
  message.set_signature(together_.signature.data(), together_.signature.size());
  message.set_signer_key_id(together_.key_id.data(), together_.key_id.size());
  message.set_certificate(together_.certificate.data(), together_.certificate.size());
  message.set_together(together_.together);
  message.set_place(together_.places[index]);
  for (const auto& hash : paths_[index]) message.add_path(hash.data(), hash.size());
  return encode(message);
}

}  // namespace jindu::evidence
