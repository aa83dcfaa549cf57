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

// A place in a unit's control channel as one number that rises over its epochs, so that "up to here" has one meaning
// also after a new beginning: (epoch - 1) * 2^44 + sequence, below 2^60.
inline constexpr std::uint64_t kSequencesOfEpoch = std::uint64_t{1} << 44;
inline constexpr std::uint32_t kEpochMax = 65'535;
constexpr std::uint64_t position_of(std::uint64_t epoch, std::uint64_t sequence) {
  return (epoch - 1) * kSequencesOfEpoch + sequence;
}
inline std::uint64_t position_of(const ChannelHead& head) { return position_of(head.epoch, head.sequence); }
constexpr std::uint32_t epoch_at(std::uint64_t position) {
  return static_cast<std::uint32_t>(position / kSequencesOfEpoch) + 1;
}

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
// bundle.epoch, bundle.fork; bundle.gap: it was here and is lost, and nothing here shows that this is the same.
struct Neighbours {
  std::uint32_t epoch = 1;               // of the channel
  std::optional<crypto::Digest> before;  // manifest digest of sequence - 1
  std::optional<crypto::Digest> named;   // what this place must have, as what follows it or the head says
  bool place_taken = false;              // another bundle with the same sequence
  bool passed = false;                   // the head is not before it
};
result<void> fits(const Neighbours& neighbours, const Link& link);

// Order is kept per subject only.
enum class Turn { now, early, past };
Turn turn_of(std::uint64_t last_delivered, std::uint64_t subject_sequence);

}  // namespace jindu::gateway
