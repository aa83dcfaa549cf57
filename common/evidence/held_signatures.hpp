#pragma once
// Signatures that many things share, because they were signed together: each asks for the same one, which is checked
// once. Thread-safe.
#include <mutex>
#include <set>

#include "common/crypto/key.hpp"

namespace jindu::evidence {

class HeldSignatures {
 public:
  // Whether the signature by the key over the message holds. Only what holds is remembered, of the last 1,024.
  bool holds(const crypto::PublicKey& key, BytesView message, BytesView signature);

 private:
  static constexpr std::size_t kMax = 1024;
  std::mutex mutex_;
  std::set<crypto::Digest> held_;
};

}  // namespace jindu::evidence
