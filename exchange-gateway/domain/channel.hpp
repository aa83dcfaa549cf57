#pragma once
// The rules of a channel: what may follow what, and in which order subjects are delivered. Pure.
#include <cstdint>
#include <optional>

#include "common/crypto/digest.hpp"

namespace jindu::gateway {

// The newest bundle of a channel up to which nothing is missing.
struct ChannelHead {
  std::uint32_t epoch = 1;
  std::uint64_t sequence = 0;
  crypto::Digest manifest_digest{};
};

struct Link {
  std::uint32_t epoch = 1;
  std::uint64_t sequence = 0;
  crypto::Digest previous_digest{};
  crypto::Digest manifest_digest{};
};

// At the sending unit nothing may be missing: the next bundle continues the chain. Codes: bundle.epoch, bundle.gap
// (field: the sequence that is expected), bundle.fork.
result<void> continues(const ChannelHead& head, const Link& next);

// At the receiving unit bundles may come in any order: one that stands beside a known one must fit to it. Codes:
// bundle.epoch, bundle.fork.
struct Neighbours {
  std::uint32_t epoch = 1;                       // of the channel
  std::optional<crypto::Digest> before;          // manifest digest of sequence - 1
  std::optional<crypto::Digest> after_previous;  // previous_digest of sequence + 1
  bool place_taken = false;                      // another bundle with the same sequence
};
result<void> fits(const Neighbours& neighbours, const Link& link);

// Order is kept per subject only.
enum class Turn { now, early, past };
Turn turn_of(std::uint64_t last_delivered, std::uint64_t subject_sequence);

}  // namespace jindu::gateway
