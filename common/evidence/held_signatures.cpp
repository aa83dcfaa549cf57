#include "common/evidence/held_signatures.hpp"

namespace jindu::evidence {

bool HeldSignatures::holds(const crypto::PublicKey& key, BytesView message, BytesView signature) {
  crypto::Sha256 hash;
  hash.update(key.key_id());
  hash.update(crypto::sha256(message));
  hash.update(signature);
  const auto asked = hash.finish();
  {
    const std::lock_guard lock(mutex_);
    if (held_.contains(asked)) return true;
  }
  if (!key.verify(message, signature)) return false;
  const std::lock_guard lock(mutex_);
  if (held_.size() >= kMax) held_.clear();
  held_.insert(asked);
  return true;
}

}  // namespace jindu::evidence
